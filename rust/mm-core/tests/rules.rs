//! The venue changes the rules of a market while the bot quotes it.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::Sink;
use mm_core::fact::Fact;
use mm_core::guards::Guard;
use mm_core::input::{Outcome, RejectKind, Reply, ReplyBody};
use mm_core::instrument::Instrument;
use mm_core::output::{Output, Query};
use mm_core::units::Lots;
use support::{M, Venue, amount, cancels, has, instrument, orders};

fn asks_rules(sink: &Sink) -> bool {
    sink.outputs.iter().any(|out| matches!(out, Output::Query { query: Query::Instrument(_), .. }))
}

/// Time passes with a live book, then an order is refused: what the refusal brings.
fn refused(venue: &mut Venue) -> Sink {
    for _ in 0..7 {
        venue.wait(900);
        venue.book(10_000, 10_001, false);
    }
    let moved = venue.book(10_050, 10_051, true);
    venue.ack(&moved, Outcome::Rejected(RejectKind::Other, 110_094))
}

fn tripped(sink: &Sink) -> bool {
    has(sink, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::Rules, .. }))
}

#[test]
fn rules_are_read_again_every_hour() {
    let (mut venue, ..) = Venue::quoting();
    let asked = (0..3_700).filter(|_| asks_rules(&venue.wait(1_000))).count();
    assert_eq!(asked, 1);
}

#[test]
fn a_minimum_above_our_orders_pulls_them_until_it_falls() {
    assert!(!tripped(&refused(&mut Venue::quoting().0)), "the rules are as they were");
    let (mut venue, bid, ask) = Venue::quoting();
    venue.spec = Instrument { min_notional: amount("500"), ..instrument() };
    let raised = refused(&mut venue);
    assert!(asks_rules(&raised) && tripped(&raised));
    assert_eq!(cancels(&raised), [bid, ask]);
    assert!(orders(&venue.book(10_000, 10_001, true)).is_empty());
    venue.spec = instrument();
    let later = venue.wait(31_000);
    assert!(has(&later, |fact| matches!(fact, Fact::GuardCleared { guard: Guard::Rules, .. })), "read again by itself");
    assert_eq!(venue.engine.instruments().get(M).unwrap().min_notional, amount("5"));
}

#[test]
fn a_market_that_is_not_traded_is_pulled_and_comes_back_by_itself() {
    let unlisted = Reply { outcome: Outcome::Accepted, rate: None, body: ReplyBody::Instruments(Vec::new()) };
    let closed = Reply { outcome: Outcome::Rejected(RejectKind::NotTrading, 0), rate: None, body: ReplyBody::Empty };
    for reply in [unlisted, closed] {
        let (mut venue, bid, ask) = Venue::quoting();
        venue.rules_reply = Some(reply.clone());
        let told = refused(&mut venue);
        assert!(tripped(&told), "{reply:?}");
        assert!(!has(&told, |fact| matches!(fact, Fact::Fatal(_))), "a pause is no reason to end: {reply:?}");
        assert_eq!(cancels(&told), [bid, ask], "{reply:?}");
        assert!(orders(&venue.book(10_000, 10_001, true)).is_empty(), "{reply:?}");
        venue.rules_reply = None;
        let later = venue.wait(6_000);
        assert!(asks_rules(&later), "asked again without being refused anew: {reply:?}");
        assert!(has(&later, |fact| matches!(fact, Fact::GuardCleared { guard: Guard::Rules, .. })), "{reply:?}");
    }
}

#[test]
fn a_size_out_of_the_new_limits_and_a_new_grid_are_not_quoted() {
    for (spec, kept) in [
        (Instrument { min_qty: Lots(11), ..instrument() }, false),
        (Instrument { max_qty: Lots(9), ..instrument() }, false),
        (Instrument { tick_size: amount("0.5"), ..instrument() }, true),
        (Instrument { qty_step: amount("0.0001"), ..instrument() }, true),
    ] {
        let (mut venue, bid, ask) = Venue::quoting();
        venue.spec = spec.clone();
        let told = refused(&mut venue);
        assert!(tripped(&told), "{spec}");
        assert_eq!(cancels(&told), [bid, ask], "{spec}");
        assert!(orders(&venue.book(10_000, 10_001, true)).is_empty(), "{spec}");
        assert_eq!(venue.engine.instruments().get(M) == Some(&instrument()), kept, "the integers of a grid keep their worth");
        assert_eq!(has(&told, |fact| matches!(fact, Fact::GridChanged { .. })), kept, "a new run quotes the new grid");
    }
}
