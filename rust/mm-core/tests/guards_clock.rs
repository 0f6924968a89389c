//! A cancel must pass whatever the clocks do: a refused time stamp is corrected from the refusal, and the time is asked for.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{Input, Sink};
use mm_core::fact::Fact;
use mm_core::guards::Guard;
use mm_core::input::{Outcome, RejectKind};
use mm_core::output::{Output, Query};
use support::{M, MS, Venue, cancels, has, orders};

const SECOND_NS: i64 = 1000 * MS;

/// Two quotes stand, our clock is right, and the venue's leaps by so much; then both are to be cancelled, 40 ms before the answer.
fn leapt(by_ns: i64) -> (Venue, Sink) {
    let (mut venue, ..) = Venue::quoting();
    venue.step(Input::ClockOffset { offset_ns: 0 });
    venue.wait(500);
    venue.offset_ns = by_ns;
    let pulled = venue.step(Input::Operator(mm_core::engine::Operator::Pause(M)));
    assert_eq!(cancels(&pulled).len(), 2);
    venue.answering = false;
    (venue, pulled)
}

fn refuse(venue: &mut Venue, sent: &Sink, told_ns: Option<i64>) -> Sink {
    venue.now_ns += 40 * MS;
    venue.ack(sent, Outcome::Rejected(RejectKind::ClockSkew(told_ns.map(|ns| ns / MS)), 10_002))
}

fn asks_the_time(sink: &Sink) -> bool {
    sink.outputs.iter().any(|out| matches!(out, Output::Query { query: Query::ServerTime, .. }))
}

#[test]
fn a_refusal_that_tells_the_time_corrects_it_and_the_cancel_leaves_at_once() {
    for by_ns in [-3 * SECOND_NS, 9 * SECOND_NS] {
        let (mut venue, pulled) = leapt(by_ns);
        let told_ns = venue.now_ns + 20 * MS + by_ns;
        let again = refuse(&mut venue, &pulled, Some(told_ns));
        assert_eq!(cancels(&again), cancels(&pulled), "in the same step");
        let off_ms = venue.engine.venue_ms() - (venue.now_ns + by_ns) / MS;
        assert!(off_ms.abs() <= 1, "{off_ms}");
        assert!(asks_the_time(&again), "a reading must confirm it");
        assert!(has(&again, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::ClockDoubt, .. })));
    }
}

#[test]
fn a_refusal_that_tells_nothing_usable_has_the_time_asked_for_and_the_cancel_follows_its_answer() {
    let wild_ns = 1_000 * SECOND_NS;
    for told_ns in [None, Some(wild_ns), Some(i64::MAX), Some(i64::MIN)] {
        let (mut venue, pulled) = leapt(-3 * SECOND_NS);
        let refused = refuse(&mut venue, &pulled, told_ns);
        assert!(cancels(&refused).is_empty(), "the same stamp would be refused again");
        assert_eq!(venue.engine.venue_ms(), venue.now_ns / MS, "{told_ns:?} is not believed");
        let asked = refused.outputs.iter().find_map(|out| match out {
            Output::Query { req_id, query: Query::ServerTime } => Some(*req_id),
            _ => None,
        });
        let (req_id, reply) = (asked.unwrap(), venue.answer(&Query::ServerTime));
        venue.step(Input::HttpReply { req_id, reply });
        assert_eq!(venue.engine.venue_ms(), (venue.now_ns - 3 * SECOND_NS) / MS);
        assert_eq!(cancels(&venue.wait(200)), cancels(&pulled));
    }
}

#[test]
fn a_refusal_after_a_slow_exchange_says_nothing_of_the_time() {
    let (mut venue, pulled) = leapt(0);
    let told_ns = venue.now_ns + 1_500 * MS;
    venue.now_ns += 1_500 * MS;
    venue.ack(&pulled, Outcome::Rejected(RejectKind::ClockSkew(Some(told_ns / MS + 800)), 10_002));
    assert_eq!(venue.engine.venue_ms(), venue.now_ns / MS);
}

#[test]
fn the_same_refusal_again_and_again_is_no_loop_at_the_speed_of_the_network() {
    let (mut venue, mut sent) = leapt(-3 * SECOND_NS);
    let mut leaving = 0;
    for _ in 0..20 {
        let told_ns = venue.now_ns + 20 * MS - 3 * SECOND_NS;
        // The figures are right by now, and it refuses all the same.
        sent = refuse(&mut venue, &sent, Some(told_ns));
        leaving += cancels(&sent).len();
    }
    assert_eq!(leaving, 2, "corrected once; the rest waits its 200 ms");
}

#[test]
fn nothing_new_is_tried_until_a_reading_agrees() {
    let (mut venue, pulled) = leapt(-3 * SECOND_NS);
    let told_ns = venue.now_ns + 20 * MS - 3 * SECOND_NS;
    let again = refuse(&mut venue, &pulled, Some(told_ns));
    venue.ack(&again, Outcome::Accepted);
    for id in cancels(&again) {
        let row = venue.row(id, mm_core::input::VenueStatus::Cancelled, 0);
        venue.push(row);
    }
    venue.step(Input::Operator(mm_core::engine::Operator::Resume(M)));
    assert!(orders(&venue.wait(300)).is_empty());
    let agreed = venue.step(Input::ClockOffset { offset_ns: -3 * SECOND_NS });
    assert!(has(&agreed, |fact| matches!(fact, Fact::GuardCleared { guard: Guard::ClockDoubt, .. })));
    venue.answering = true;
    assert_eq!(orders(&venue.book(10_000, 10_001, true)).len() + orders(&agreed).len(), 2);
}
