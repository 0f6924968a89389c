//! Pauses that our own orders and fills bring: the daily order cap, and losing markouts.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{EngineConfig, Input, Sink};
use mm_core::fact::Fact;
use mm_core::guards::Guard;
use mm_core::guards::config::{GuardConfig, RepeatParams};
use mm_core::guards::order_cap::OrderCap;
use mm_core::ids::ClientId;
use mm_core::input::{Outcome, VenueStatus};
use mm_core::units::Side;
use support::{M, MS, Venue, amends, cancels, config, has, orders};

fn tripped(sink: &Sink, wanted: Guard) -> bool {
    has(sink, |fact| matches!(fact, Fact::GuardTripped { guard, .. } if *guard == wanted))
}

fn cleared(sink: &Sink, wanted: Guard) -> bool {
    has(sink, |fact| matches!(fact, Fact::GuardCleared { guard, .. } if *guard == wanted))
}

/// The venue does at once what a step asks of it, and what follows from that; returns all new orders and facts.
fn obey(venue: &mut Venue, sink: Sink) -> (Vec<(ClientId, Side)>, Sink) {
    let (mut news, mut facts, mut waiting) = (Vec::new(), Sink::default(), vec![sink]);
    while let Some(sink) = waiting.pop() {
        facts.facts.extend(sink.facts.iter().cloned());
        let (placed, moved, gone) = (orders(&sink), amends(&sink), cancels(&sink));
        waiting.push(venue.ack(&sink, Outcome::Accepted));
        let open = placed.iter().map(|order| order.0).chain(moved.iter().map(|row| row.0)).map(|id| (id, VenueStatus::New));
        let rows: Vec<_> = open.chain(gone.into_iter().map(|id| (id, VenueStatus::Cancelled))).collect();
        for (id, status) in rows {
            if venue.engine.orders().of(M).iter().any(|order| order.client_id == id) {
                let row = venue.row(id, status, 0);
                waiting.push(venue.push(row));
            }
        }
        news.extend(placed.into_iter().map(|order| (order.0, order.1)));
        waiting.retain(|sink| !sink.outputs.is_empty() || !sink.facts.is_empty());
    }
    (news, facts)
}

/// So many seconds with a book that shows `bid` and `bid` + 1; returns all new orders and facts.
fn seconds(venue: &mut Venue, count: usize, bid: i64) -> (Vec<(ClientId, Side)>, Sink) {
    let (mut news, mut facts) = (Vec::new(), Sink::default());
    for _ in 0..count {
        venue.pong();
        let sink = venue.book(bid, bid + 1, true);
        for sink in [sink, venue.wait(1_000)] {
            let (more, told) = obey(venue, sink);
            news.extend(more);
            facts.facts.extend(told.facts);
        }
    }
    (news, facts)
}

fn started(guards: GuardConfig) -> Venue {
    Venue::started(EngineConfig { guards, ..config() })
}

#[test]
fn the_day_holds_so_many_new_orders_and_not_one_more_until_it_turns() {
    let mut venue = started(GuardConfig { max_orders_per_day: Some(3), ..GuardConfig::default() });
    let sink = venue.book(10_000, 10_001, true);
    let (news, _) = obey(&mut venue, sink);
    assert_eq!(news.len(), 2);
    // Both are filled, and both would be followed: one may.
    let (mut later, mut facts) = (Vec::new(), Sink::default());
    for (index, (id, _)) in news.iter().enumerate() {
        let sink = venue.fill(*id, &format!("e{index}"), 10);
        let (more, told) = obey(&mut venue, sink);
        later.extend(more);
        facts.facts.extend(told.facts);
    }
    let (more, told) = seconds(&mut venue, 10, 10_000);
    later.extend(more);
    facts.facts.extend(told.facts);
    assert_eq!(later.len(), 1);
    assert!(tripped(&facts, Guard::OrderCap));
    assert!(venue.engine.orders().iter().all(|(_, order)| order.state.is_terminal()), "what stood is taken down: cancels have no cap");
    let day_ms = 86_400_000;
    venue.now_ns += (day_ms - (venue.now_ns / MS) % day_ms) * MS;
    let tomorrow = venue.step(Input::Timer);
    assert!(cleared(&tomorrow, Guard::OrderCap));
}

#[test]
fn what_earlier_runs_of_the_day_have_placed_counts_against_the_cap() {
    let day = Venue::new().now_ns / MS / 86_400_000;
    for (before, placed) in [(OrderCap::of(day, 2), 1), (OrderCap::of(day, 3), 0), (OrderCap::of(day - 1, 3), 2)] {
        let mut venue = started(GuardConfig { max_orders_per_day: Some(3), orders_before: before, ..GuardConfig::default() });
        let sink = venue.book(10_000, 10_001, true);
        assert_eq!(support::orders(&sink).len(), placed, "{before:?}");
    }
}

/// Our bid is filled; five seconds later the market shows `bid`, `bid` + 1.
fn marked_out(venue: &mut Venue, exec: &str, bid: i64) -> Sink {
    let id = venue.engine.orders().of(M).iter().find(|order| order.side == Side::Buy && !order.state.is_terminal()).unwrap().client_id;
    let sink = venue.fill(id, exec, 1);
    obey(venue, sink);
    seconds(venue, 6, bid).1
}

#[test]
fn fills_that_lose_one_after_the_other_pause_the_market() {
    let repeat = RepeatParams { pause_ns: 8_000 * MS, ..GuardConfig::default().repeat };
    let mut venue = started(GuardConfig { losing_markouts: Some(2), repeat, ..GuardConfig::default() });
    let sink = venue.book(10_000, 10_001, true);
    obey(&mut venue, sink);
    for (exec, bid) in [("e1", 9_990), ("e2", 10_000), ("e3", 9_990)] {
        // The second gained, which ends the row.
        assert!(!tripped(&marked_out(&mut venue, exec, bid), Guard::LosingMarkouts), "{exec}");
    }
    assert!(tripped(&marked_out(&mut venue, "e4", 9_980), Guard::LosingMarkouts));
    assert!(venue.engine.orders().of(M).iter().all(|order| order.state.is_terminal()));
    let (news, facts) = seconds(&mut venue, 9, 9_980);
    assert!(cleared(&facts, Guard::LosingMarkouts));
    assert_eq!(news.len(), 2);
}
