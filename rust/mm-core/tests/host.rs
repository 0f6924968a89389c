//! A host that stands still, and a person who pauses a market.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{Input, Operator};
use mm_core::fact::{Distrust, Fact};
use mm_core::ids::Category;
use mm_core::input::{Outcome, RejectKind, Reply, ReplyBody, StreamRole, VenueStatus};
use mm_core::output::{Output, Query, Topics};
use support::{M, MS, Venue, amends, cancels, has, orders};

#[test]
fn after_a_stall_of_the_host_the_old_book_is_not_quoted_on() {
    let (mut venue, bid, ask) = Venue::quoting();
    // The frames of three seconds wait in the socket; the first of them is read late.
    venue.now_ns += 3_000 * MS;
    let late = venue.book(10_100, 10_101, false);
    assert!(has(&late, |fact| matches!(fact, Fact::HostStalled { late_ns } if *late_ns > 2_000 * MS)));
    assert!(has(&late, |fact| matches!(fact, Fact::TrustLost { why: Distrust::HostStalled, .. })));
    assert_eq!(cancels(&late), [bid, ask]);
    assert_eq!(late.outputs.iter().filter(|out| matches!(out, Output::Resync { .. })).count(), 1);
    assert!(orders(&late).is_empty());
    let next = venue.book(10_110, 10_111, false);
    assert!(amends(&next).is_empty() && orders(&next).is_empty(), "still what waited: {next:?}");
    for id in [bid, ask] {
        let row = venue.row(id, VenueStatus::Cancelled, 0);
        venue.push(row);
    }
    let fresh = venue.book(10_120, 10_121, true);
    assert!(has(&fresh, |fact| matches!(fact, Fact::TrustGained { .. })));
    assert_eq!(orders(&fresh).len(), 2);
}

#[test]
fn a_timer_that_is_a_little_late_is_no_stall() {
    let (mut venue, ..) = Venue::quoting();
    venue.now_ns = venue.engine.deadline().unwrap() + 900 * MS;
    let sink = venue.step(Input::Timer);
    assert!(!has(&sink, |fact| matches!(fact, Fact::HostStalled { .. })) && cancels(&sink).is_empty());
}

#[test]
fn a_stop_with_a_refused_key_does_not_try_for_long() {
    let (mut venue, ..) = Venue::quoting();
    venue.answering = false;
    let stop = venue.step(Input::Operator(Operator::Stop));
    let asked = stop.outputs.iter().find_map(|out| if let Output::Query { req_id, .. } = out { Some(*req_id) } else { None });
    let refused = Reply { outcome: Outcome::Rejected(RejectKind::Fatal, 10_003), rate: None, body: ReplyBody::Empty };
    let done = venue.step(Input::HttpReply { req_id: asked.unwrap(), reply: refused });
    assert!(has(&done, |fact| matches!(fact, Fact::Stopped { clean: false, open_orders: 2 })), "{done:?}");
    assert_eq!(venue.engine.deadline(), None);
}

#[test]
fn a_paused_market_loses_its_quotes_until_it_is_resumed() {
    let (mut venue, bid, ask) = Venue::quoting();
    let paused = venue.step(Input::Operator(Operator::Pause(M)));
    assert!(has(&paused, |fact| matches!(fact, Fact::MarketPaused { paused: true, .. })));
    assert_eq!(cancels(&paused), [bid, ask]);
    for id in [bid, ask] {
        let row = venue.row(id, VenueStatus::Cancelled, 0);
        assert!(orders(&venue.push(row)).is_empty());
    }
    assert!(orders(&venue.book(10_000, 10_001, true)).is_empty());
    let again = venue.step(Input::Operator(Operator::Pause(M)));
    assert!(!has(&again, |fact| matches!(fact, Fact::MarketPaused { .. })), "said once");
    venue.wait(100);
    assert_eq!(orders(&venue.step(Input::Operator(Operator::Resume(M)))).len(), 2);
}

#[test]
fn a_market_is_subscribed_once_its_rules_are_known_in_either_order() {
    let public = StreamRole::Public(Category::Linear);
    let subscribes = |sink: &mm_core::engine::Sink| {
        let market = |out: &&Output| matches!(out, Output::Subscribe { topics: Topics::Market { .. }, .. });
        sink.outputs.iter().filter(market).count()
    };
    let mut slow = Venue::new();
    slow.answering = false;
    let first = slow.step(Input::Timer);
    let conn = slow.conn(public);
    assert_eq!(subscribes(&slow.step(Input::StreamUp { conn })), 0, "its grid is not known");
    let rules = first.outputs.iter().find_map(|out| match out {
        Output::Query { req_id, query: query @ Query::Instrument(_) } => Some((*req_id, slow.answer(query))),
        _ => None,
    });
    let (req_id, reply) = rules.unwrap();
    assert_eq!(subscribes(&slow.step(Input::HttpReply { req_id, reply })), 1);
    let mut quick = Venue::new();
    assert_eq!(subscribes(&quick.step(Input::Timer)), 0);
    let conn = quick.conn(public);
    assert_eq!(subscribes(&quick.step(Input::StreamUp { conn })), 1);
}
