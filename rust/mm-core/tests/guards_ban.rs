//! An address that the venue answers 403: quotes gone, one request a minute by HTTP, sockets not sought in a hurry, cancels over a socket
//! that lives, and everything back with the first answer.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{Input, Operator, Sink};
use mm_core::fact::Fact;
use mm_core::guards::Guard;
use mm_core::guards::ban::REST_NS;
use mm_core::ids::{Category, ReqId};
use mm_core::input::{Message, Outcome, RejectKind, Reply, ReplyBody, StreamRole, VenueStatus};
use mm_core::output::{Output, Query};
use support::{MS, Venue, cancels, has, orders};

const SHUT_OUT: Outcome = Outcome::Rejected(RejectKind::RateLimited, 403);

fn asked(sink: &Sink) -> Vec<(ReqId, Query)> {
    let query = |out: &Output| if let Output::Query { req_id, query } = out { Some((*req_id, query.clone())) } else { None };
    sink.outputs.iter().filter_map(query).collect()
}

fn connects(sink: &Sink) -> usize {
    sink.outputs.iter().filter(|out| matches!(out, Output::Connect { .. })).count()
}

fn refuse(venue: &mut Venue, req_id: ReqId) -> Sink {
    venue.step(Input::HttpReply { req_id, reply: Reply { outcome: SHUT_OUT, rate: None, body: ReplyBody::Empty } })
}

/// Lets `ms` pass, answers 403 to every request, says how many there were.
fn sit_out(venue: &mut Venue, ms: i64) -> (usize, Sink) {
    let (until_ns, mut count, mut all) = (venue.now_ns + ms * MS, 0, Sink::default());
    while let Some(due_ns) = venue.engine.deadline().filter(|due_ns| *due_ns <= until_ns) {
        venue.now_ns = venue.now_ns.max(due_ns);
        let mut sink = venue.step(Input::Timer);
        for conn in venue.engine.streams().open().collect::<Vec<_>>() {
            let alive = venue.step(Input::Frame { conn, message: Message::Pong });
            sink.outputs.extend(alive.outputs);
            sink.facts.extend(alive.facts);
        }
        for (req_id, _) in asked(&sink) {
            count += 1;
            let after = refuse(venue, req_id);
            sink.outputs.extend(after.outputs.into_iter().filter(|out| !matches!(out, Output::Query { .. })));
            sink.facts.extend(after.facts);
        }
        all.outputs.extend(sink.outputs);
        all.facts.extend(sink.facts);
    }
    venue.now_ns = until_ns;
    (count, all)
}

/// Quotes stand, and the canary's questions are answered 403.
fn shut_out() -> (Venue, Sink) {
    let (mut venue, ..) = Venue::quoting();
    venue.answering = false;
    let mut told = Sink::default();
    while asked(&told).is_empty() {
        venue.pong();
        venue.book(10_000, 10_001, false);
        told = venue.wait(1_000);
    }
    let mut after = Sink::default();
    for (req_id, _) in asked(&told) {
        let sink = refuse(&mut venue, req_id);
        assert!(asked(&sink).is_empty(), "nothing follows a 403");
        after.outputs.extend(sink.outputs);
        after.facts.extend(sink.facts);
    }
    (venue, after)
}

#[test]
fn quotes_go_over_the_socket_at_once_and_one_probe_a_minute_is_all_that_is_asked() {
    let (mut venue, told) = shut_out();
    assert!(has(&told, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::AddressBanned, .. })));
    let gone = cancels(&told);
    assert_eq!(gone.len(), 2, "a socket that lives still takes cancels");
    venue.ack(&told, Outcome::Accepted);
    for id in gone {
        let row = venue.row(id, VenueStatus::Cancelled, 0);
        venue.push(row);
    }
    for minute in 1..=10 {
        let (count, sink) = sit_out(&mut venue, 60_000);
        assert!(count <= 1, "{count} requests in minute {minute}");
        assert!(orders(&sink).is_empty());
    }
}

#[test]
fn the_first_other_answer_ends_it_and_quotes_come_back() {
    let (mut venue, told) = shut_out();
    let gone = cancels(&told);
    venue.ack(&told, Outcome::Accepted);
    for id in gone {
        let row = venue.row(id, VenueStatus::Cancelled, 0);
        venue.push(row);
    }
    sit_out(&mut venue, REST_NS / MS - 1_000);
    venue.answering = true;
    let back = venue.wait(2_000);
    assert!(has(&back, |fact| matches!(fact, Fact::GuardCleared { guard: Guard::AddressBanned, .. })));
    assert_eq!(orders(&venue.book(10_000, 10_001, true)).len(), 2);
}

#[test]
fn a_lost_socket_is_sought_once_and_then_left_until_the_ban_is_over() {
    let (mut venue, _) = shut_out();
    let mut tries = 0;
    for _ in 0..55 {
        let (_, sink) = sit_out(&mut venue, 1_000);
        tries += connects(&sink);
        for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
            let open = venue.engine.streams().open().find(|conn| venue.engine.streams().role(*conn) == Some(role));
            if let Some(conn) = open {
                venue.step(Input::StreamDown { conn });
            }
        }
    }
    assert_eq!(tries, 3, "each of three sockets once");
    venue.answering = true;
    let back = venue.wait(65_000);
    assert!(has(&back, |fact| matches!(fact, Fact::GuardCleared { guard: Guard::AddressBanned, .. })));
    assert!(connects(&back) >= 3);
}

/// Quotes stand, the private socket is lost, and its next handshake is answered so.
fn refused_at_the_door(status: u16) -> (Venue, Sink) {
    let (mut venue, ..) = Venue::quoting();
    venue.answering = false;
    let conn = venue.conn(StreamRole::Private);
    let mut all = venue.step(Input::StreamDown { conn });
    while connects(&all) == 0 {
        let sink = venue.wait(100);
        all.outputs.extend(sink.outputs);
    }
    let again = all.outputs.iter().find_map(|out| if let Output::Connect { conn, .. } = out { Some(*conn) } else { None }).unwrap();
    let told = venue.step(Input::StreamRefused { conn: again, status });
    (venue, told)
}

#[test]
fn a_handshake_answered_403_is_the_same_ban() {
    let (mut venue, told) = refused_at_the_door(403);
    assert!(has(&told, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::AddressBanned, .. })));
    assert!(has(&told, |fact| matches!(fact, Fact::StreamDown { role: StreamRole::Private, .. })));
    let (count, sink) = sit_out(&mut venue, REST_NS / MS - 1_000);
    assert_eq!((count, connects(&sink)), (0, 0), "no request and no further handshake within its minute");
    assert!(orders(&sink).is_empty());
    venue.answering = true;
    let back = venue.wait(5_000);
    assert!(has(&back, |fact| matches!(fact, Fact::GuardCleared { guard: Guard::AddressBanned, .. })));
    assert!(connects(&back) >= 1, "the private socket is sought again");
}

#[test]
fn a_handshake_refused_otherwise_is_a_socket_that_did_not_open() {
    let (mut venue, told) = refused_at_the_door(503);
    assert!(!has(&told, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::AddressBanned, .. })));
    assert!(has(&told, |fact| matches!(fact, Fact::StreamDown { role: StreamRole::Private, .. })));
    assert!(connects(&venue.wait(10_000)) >= 1);
}

#[test]
fn without_a_trade_socket_the_minutes_request_is_a_cancel() {
    let (mut venue, ..) = Venue::quoting();
    venue.answering = false;
    let conn = venue.conn(StreamRole::Trade);
    let pulled = venue.step(Input::StreamDown { conn });
    let [(req_id, Query::CancelAll(_))] = asked(&pulled)[..] else { panic!("{:?}", asked(&pulled)) };
    assert!(asked(&refuse(&mut venue, req_id)).is_empty(), "orders stand, and still it rests");
    let mut probes = Vec::new();
    for _ in 0..61 {
        probes.extend(asked(&venue.wait(1_000)));
    }
    assert!(matches!(probes[..], [(_, Query::CancelAll(_))]), "{probes:?}");
}

#[test]
fn an_ordered_stop_may_ask_once_at_once() {
    let (mut venue, _) = shut_out();
    let stop = venue.step(Input::Operator(Operator::Stop));
    let [(req_id, Query::CancelAll(_))] = asked(&stop)[..] else { panic!("{:?}", asked(&stop)) };
    refuse(&mut venue, req_id);
    let (count, sink) = sit_out(&mut venue, 30_000);
    assert_eq!(count, 0);
    assert!(has(&sink, |fact| matches!(fact, Fact::Stopped { clean: false, .. })), "what cannot be verified is not called clean");
}
