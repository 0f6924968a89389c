//! What the budget holds a cancel back: nothing while either form of request has a token, and said when neither has.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{EngineConfig, Input, Operator, Sink};
use mm_core::fact::Fact;
use mm_core::input::{Outcome, VenueStatus};
use support::{M, Venue, cancels, config, orders};

fn waits(sink: &Sink) -> Vec<i64> {
    let waited = |fact: &Fact| if let Fact::CancelWaited { waited_ns, .. } = fact { Some(*waited_ns) } else { None };
    sink.facts.iter().filter_map(waited).collect()
}

/// Both quotes stand, and the venue allows one request a second of each form.
fn narrow() -> Venue {
    let mut venue = Venue::started(EngineConfig { orders_per_s: 1, ..config() });
    let mut placed = venue.book(10_000, 10_001, true);
    for _ in 0..2 {
        let [(id, ..)] = orders(&placed)[..] else { panic!("{placed:?}") };
        venue.ack(&placed, Outcome::Accepted);
        let row = venue.row(id, VenueStatus::New, 0);
        venue.push(row);
        placed = venue.wait(1_001);
    }
    venue
}

#[test]
fn a_cancel_without_a_token_waits_for_the_next_and_the_wait_is_told() {
    let mut venue = narrow();
    venue.book(10_000, 10_001, false);
    let first = venue.step(Input::Operator(Operator::Pause(M)));
    assert_eq!((cancels(&first).len(), waits(&first)), (1, vec![]), "one of two leaves at once");
    venue.ack(&first, Outcome::Accepted);
    let early = venue.wait(999);
    assert_eq!(cancels(&early).len(), 0);
    let second = venue.wait(10);
    assert_eq!((cancels(&second).len(), waits(&second)), (1, vec![1_000_000_000]));
}

#[test]
fn an_order_that_is_wanted_again_starts_its_next_wait_anew() {
    let mut venue = narrow();
    venue.book(10_000, 10_001, false);
    let first = venue.step(Input::Operator(Operator::Pause(M)));
    venue.ack(&first, Outcome::Accepted);
    venue.wait(500);
    venue.step(Input::Operator(Operator::Resume(M)));
    venue.wait(300);
    venue.step(Input::Operator(Operator::Pause(M)));
    let second = venue.wait(300);
    assert_eq!((cancels(&second).len(), waits(&second)), (1, vec![200_000_000]));
}
