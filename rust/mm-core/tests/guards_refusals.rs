//! Refusals: what the venue turns down is not asked again at the speed of the network, and nothing waits for a time-out in vain.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::Input;
use mm_core::fact::Fact;
use mm_core::guards::Guard;
use mm_core::input::{Message, Outcome, RejectKind, Reply, ReplyBody, StreamRole, VenueStatus};
use mm_core::orders::OrderState;
use mm_core::output::{OrderCommand, Output, Query};
use mm_core::units::Side;
use support::{M, Venue, amends, cancels, has, orders};

const REFUSED: Outcome = Outcome::Rejected(RejectKind::Other, 110_007);

/// Order requests per kind in a step: creates, amends, cancels.
fn requests(sink: &mm_core::engine::Sink) -> [usize; 3] {
    let mut counts = [0; 3];
    for out in &sink.outputs {
        if let Output::Order { command, .. } = out {
            counts[match command.command() {
                OrderCommand::Place(_) => 0,
                OrderCommand::Amend(_) => 1,
                OrderCommand::Cancel(_) => 2,
            }] += 1;
        }
    }
    counts
}

#[test]
fn a_venue_that_refuses_every_create_is_asked_a_few_times_a_minute_and_that_is_said() {
    let (mut venue, bid, ask) = Venue::quoting();
    venue.open = vec![venue.row(ask, VenueStatus::New, 0)];
    let mut sent = venue.fill(bid, "e1", 10);
    let (mut creates, mut tripped) = (0, false);
    for step in 0..600 {
        let answered = venue.ack(&sent, REFUSED);
        tripped |= has(&answered, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::RejectBackoff, .. }));
        venue.book(10_000, 10_001 + step % 2, false);
        sent = venue.wait(100);
        creates += orders(&sent).len();
    }
    // 1 + 2 + 4 + 8 + 16 + 30 s of pauses in a minute.
    assert!((4..=7).contains(&creates), "{creates} creates in 60 s");
    assert!(tripped);
    let id = orders(&sent).first().map(|order| order.0);
    let stands = id.map(|id| {
        venue.ack(&sent, Outcome::Accepted);
        let row = venue.row(id, VenueStatus::New, 0);
        venue.push(row)
    });
    assert!(stands.is_none_or(|sink| has(&sink, |fact| matches!(fact, Fact::GuardCleared { guard: Guard::RejectBackoff, .. }))));
}

#[test]
fn a_refused_amend_is_not_repeated_with_every_book() {
    let (mut venue, ..) = Venue::quoting();
    let mut sent = venue.book(10_001, 10_002, true);
    assert_eq!(amends(&sent).len(), 2);
    let mut asked = 0;
    for step in 0..50 {
        venue.ack(&sent, REFUSED);
        sent = venue.book(10_001 + step % 2, 10_002 + step % 2, true);
        asked += requests(&sent)[1];
        let later = venue.wait(20);
        asked += requests(&later)[1];
        sent.outputs.extend(later.outputs);
    }
    assert!(asked <= 2, "{asked} requests in a second for one retry a level");
}

#[test]
fn a_refused_cancel_is_repeated_after_a_fifth_of_a_second() {
    let (mut venue, bid, ask) = Venue::quoting();
    let gap = venue.book(10_050, 10_001, false);
    assert_eq!(cancels(&gap), [bid, ask]);
    let refused = venue.ack(&gap, REFUSED);
    assert!(cancels(&refused).is_empty());
    assert!(cancels(&venue.wait(150)).is_empty());
    assert_eq!(cancels(&venue.wait(60)), [bid, ask]);
}

#[test]
fn an_amend_that_changes_nothing_means_that_our_table_is_wrong_so_the_order_is_asked_for() {
    let (mut venue, bid, _) = Venue::quoting();
    let sent = venue.book(10_001, 10_002, true);
    venue.answering = false;
    let after = venue.ack(&sent, Outcome::Rejected(RejectKind::NotModified, 110_043));
    assert!(has(&after, |fact| matches!(fact, Fact::OrderMoved { to: OrderState::Unknown, .. })));
    let asked = |out: &Output| matches!(out, Output::Query { query: Query::OrderByClientId { client_id, .. }, .. } if *client_id == bid);
    assert!(after.outputs.iter().any(asked));
}

#[test]
fn an_order_that_the_venue_takes_off_by_itself_is_not_placed_again_at_once() {
    let (mut venue, bid, _) = Venue::quoting();
    let row = venue.row(bid, VenueStatus::Cancelled, 0);
    assert!(orders(&venue.push(row)).is_empty());
    assert!(orders(&venue.wait(900)).is_empty());
    assert_eq!(orders(&venue.wait(200)).len(), 1);
}

#[test]
fn a_refusal_without_a_number_has_everything_in_flight_asked_about_at_once() {
    let (mut venue, bid, _) = Venue::quoting();
    let sent = venue.fill(bid, "e1", 10);
    let fresh = orders(&sent)[0].0;
    venue.answering = false;
    let conn = venue.conn(StreamRole::Trade);
    let reply = Reply { outcome: Outcome::Rejected(RejectKind::Other, 10_404), rate: None, body: ReplyBody::Empty };
    let after = venue.step(Input::Frame { conn, message: Message::TradeReply { req_id: 0, reply } });
    assert!(has(&after, |fact| matches!(fact, Fact::RequestFailed { what: "unnumbered", code: 10_404 })));
    let asked = |out: &Output| matches!(out, Output::Query { query: Query::OrderByClientId { client_id, .. }, .. } if *client_id == fresh);
    assert!(after.outputs.iter().any(asked), "{after:?}");
    assert!(venue.engine.orders().of(M).iter().any(|order| order.client_id == fresh && order.state == OrderState::Unknown));
}

#[test]
fn post_only_refusals_in_a_row_slow_down_to_one_a_second_even_at_better_prices() {
    let (mut venue, bid, _) = Venue::quoting();
    let (mut id, mut price, mut tries) = (bid, 10_000, 0);
    for _ in 0..300 {
        if venue.engine.orders().of(M).iter().any(|order| order.client_id == id) {
            let mut row = venue.row(id, VenueStatus::Cancelled, 0);
            row.post_only_crossed = true;
            venue.push(row);
        }
        price -= 5;
        let mut sink = venue.book(price, price + 1, true);
        sink.outputs.extend(venue.wait(10).outputs);
        if let Some(order) = orders(&sink).into_iter().find(|order| order.1 == Side::Buy) {
            (id, tries) = (order.0, tries + 1);
        }
    }
    // 100, 200, 400, 800 ms, then each second: not the 29 that 100 ms apart would be.
    assert!((3..=6).contains(&tries), "{tries} tries in 3 s");
}
