//! What must be pulled is pulled now: past an amend that is under way, and past a socket that swallows everything.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{Input, Sink};
use mm_core::ids::Category;
use mm_core::input::{Message, Outcome, RejectKind, Reply, ReplyBody, StreamRole, VenueStatus};
use mm_core::output::{Output, Query};
use support::{M, Venue, amends, cancels};

const PUBLIC: StreamRole = StreamRole::Public(Category::Linear);

#[test]
fn a_lost_book_cancels_an_order_whose_amend_is_under_way() {
    let (mut venue, bid, ask) = Venue::quoting();
    let moved = venue.book(10_001, 10_002, true);
    assert_eq!(amends(&moved).len(), 2, "both follow the book");
    let conn = venue.conn(PUBLIC);
    let down = venue.step(Input::StreamDown { conn });
    assert_eq!(cancels(&down), [bid, ask]);

    // The amends are answered and shown first, then the cancels.
    venue.ack(&moved, Outcome::Accepted);
    assert!(cancels(&venue.wait(10)).is_empty(), "once is enough");
    venue.ack(&down, Outcome::Accepted);
    for id in [bid, ask] {
        let row = venue.row(id, VenueStatus::Cancelled, 0);
        venue.push(row);
    }
    assert!(venue.engine.orders().of(M).is_empty());
}

/// Too many requests, says the venue to the amend and to the cancel that overtook it: the cancel leaves again as soon as its lane is free,
/// without asking first what became of the order.
#[test]
fn a_cancel_over_an_amend_that_is_refused_with_it_leaves_again() {
    let (mut venue, bid, ask) = Venue::quoting();
    let moved = venue.book(10_001, 10_002, true);
    assert_eq!(amends(&moved).len(), 2);
    let conn = venue.conn(PUBLIC);
    let down = venue.step(Input::StreamDown { conn });
    assert_eq!(cancels(&down), [bid, ask]);
    venue.answering = false;
    let refused = Outcome::Rejected(RejectKind::RateLimited, 10_006);
    let mut again = cancels(&venue.ack(&moved, refused));
    again.extend(cancels(&venue.ack(&down, refused)));
    again.extend(cancels(&venue.wait(2_000)));
    assert_eq!(again, [bid, ask]);
}

#[test]
fn a_trade_socket_that_answers_nothing_is_left_when_the_first_request_times_out() {
    let (mut venue, ..) = Venue::quoting();
    venue.answering = false;
    let trade = venue.conn(StreamRole::Trade);
    let conn = venue.conn(PUBLIC);
    venue.wait(10);
    assert_eq!(cancels(&venue.step(Input::StreamDown { conn })).len(), 2);
    let cancel_all = |out: &Output| matches!(out, Output::Query { query: Query::CancelAll(_), .. });
    assert!(!venue.wait(2_900).outputs.iter().any(cancel_all));
    let late = venue.wait(200);
    assert!(late.outputs.contains(&Output::Close { conn: trade }), "{late:?}");
    assert!(late.outputs.iter().any(cancel_all), "{late:?}");
}

/// A venue in maintenance refuses each cancel within milliseconds: it is asked again twice a second, not as often as the budget allows.
#[test]
fn a_refused_pull_is_not_hammered() {
    let (mut venue, ..) = Venue::quoting();
    venue.answering = false;
    venue.wait(10);
    let conn = venue.conn(StreamRole::Trade);
    let mut sink = venue.step(Input::StreamDown { conn });
    let (mut asked_ms, begun_ns) = (Vec::new(), venue.now_ns);
    for _ in 0..300 {
        let asked: Vec<_> = sink
            .outputs
            .iter()
            .filter_map(|out| if let Output::Query { req_id, query } = out { Some((*req_id, query.clone())) } else { None })
            .collect();
        sink = Sink::default();
        for (req_id, query) in asked {
            if matches!(query, Query::CancelAll(_)) {
                asked_ms.push((venue.now_ns - begun_ns) / support::MS);
            }
            let reply = Reply { outcome: Outcome::Ambiguous(503), rate: None, body: ReplyBody::Empty };
            sink.outputs.extend(venue.step(Input::HttpReply { req_id, reply }).outputs);
        }
        sink.outputs.extend(venue.wait(10).outputs);
    }
    assert_eq!(asked_ms, [0, 500, 1_000, 1_500, 2_000, 2_500]);
}

#[test]
fn a_trade_socket_that_answers_something_else_is_kept() {
    let (mut venue, ..) = Venue::quoting();
    venue.answering = false;
    let trade = venue.conn(StreamRole::Trade);
    let conn = venue.conn(PUBLIC);
    venue.wait(10);
    venue.step(Input::StreamDown { conn });
    venue.wait(1_000);
    venue.step(Input::Frame { conn: trade, message: Message::Pong });
    let late = venue.wait(2_500);
    assert!(!late.outputs.contains(&Output::Close { conn: trade }));
}
