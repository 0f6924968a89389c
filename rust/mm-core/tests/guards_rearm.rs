//! An operator's re-arming of a latched loss stop: proposed, confirmed by its number within a minute, for minutes; and a restart that comes
//! to the day's best again.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{EngineConfig, Input, Operator, Sink};
use mm_core::fact::Fact;
use mm_core::guards::Guard;
use mm_core::guards::config::GuardConfig;
use mm_core::ids::{Category, ClientId, Coin, ExecId, OrderId};
use mm_core::input::{ExecKind, Execution, StreamRole};
use mm_core::units::{Amount, Lots, Side, Ticks};
use support::{M, Venue, amount, config, has};

fn guarded(daily_loss: Option<&str>, drawdown: Option<&str>) -> EngineConfig {
    let guards = GuardConfig { daily_loss: daily_loss.map(amount), drawdown: drawdown.map(amount), ..GuardConfig::default() };
    EngineConfig { guards, ..config() }
}

fn steps(sink: &Sink) -> Vec<(u32, &'static str)> {
    let step = |fact: &Fact| if let Fact::RearmMoved { number, step, .. } = fact { Some((*number, *step)) } else { None };
    sink.facts.iter().filter_map(step).collect()
}

fn propose(venue: &mut Venue, minutes: u16) -> (u32, &'static str) {
    steps(&venue.step(Input::Operator(Operator::ProposeRearm(minutes))))[0]
}

fn confirm(venue: &mut Venue, number: u32) -> (&'static str, Sink) {
    let sink = venue.step(Input::Operator(Operator::ConfirmRearm(number)));
    (steps(&sink)[0].1, sink)
}

fn tripped(sink: &Sink) -> bool {
    has(sink, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::DailyLoss, .. }))
}

fn cleared(sink: &Sink) -> bool {
    has(sink, |fact| matches!(fact, Fact::GuardCleared { guard: Guard::DailyLoss, .. }))
}

/// A bid was filled, the price fell, the stop is latched.
fn latched() -> Venue {
    let mut venue = Venue::started(guarded(Some("0.1"), None));
    let placed = venue.book(10_000, 10_001, true);
    let news = support::orders(&placed);
    venue.ack(&placed, mm_core::input::Outcome::Accepted);
    for (id, ..) in &news {
        let row = venue.row(*id, mm_core::input::VenueStatus::New, 0);
        venue.push(row);
    }
    let bid = news.iter().find(|order| order.1 == Side::Buy).unwrap().0;
    venue.fill(bid, "e1", 10);
    let fallen = venue.book(9_850, 9_851, true);
    let fallen = if tripped(&fallen) { fallen } else { venue.wait(300) };
    assert!(tripped(&fallen), "{:?}", fallen.facts);
    venue
}

#[test]
fn a_stop_is_lifted_in_two_steps_for_minutes_and_is_back() {
    let mut venue = latched();
    let (number, step) = propose(&mut venue, 1);
    assert_eq!(step, "proposed");
    let (step, lifted) = confirm(&mut venue, number);
    assert_eq!(step, "confirmed");
    assert!(cleared(&lifted));
    assert!(!tripped(&venue.wait(59_000)));
    assert!(tripped(&venue.wait(2_000)), "its minute is over");
}

#[test]
fn what_is_wrong_with_a_step_is_said_and_changes_nothing() {
    let mut venue = Venue::started(guarded(Some("0.1"), None));
    assert_eq!(propose(&mut venue, 5).1, "refused_nothing_is_latched");
    let mut venue = latched();
    assert_eq!(propose(&mut venue, 0).1, "refused_minutes_out_of_bounds");
    assert_eq!(propose(&mut venue, 241).1, "refused_minutes_out_of_bounds");
    assert_eq!(confirm(&mut venue, 1).0, "refused_nothing_is_proposed");
    let (number, _) = propose(&mut venue, 5);
    assert_eq!(confirm(&mut venue, number + 1).0, "refused_not_this_number_or_too_late");
    assert_eq!(confirm(&mut venue, number).0, "refused_nothing_is_proposed", "a proposal is used once");
    let (number, _) = propose(&mut venue, 5);
    venue.wait(60_000);
    let (step, sink) = confirm(&mut venue, number);
    assert_eq!(step, "refused_not_this_number_or_too_late");
    assert!(!cleared(&sink));
}

#[test]
fn a_day_has_two_and_the_next_has_two_again() {
    let mut venue = latched();
    let again = |venue: &mut Venue| {
        let (number, _) = propose(venue, 1);
        let (step, _) = confirm(venue, number);
        venue.wait(61_000);
        step
    };
    assert_eq!([again(&mut venue), again(&mut venue), again(&mut venue)], ["confirmed", "confirmed", "refused_too_often_today"]);
}

fn execution(exec: &str, side: Side, price: i64, exec_ms: i64) -> Execution {
    Execution {
        market: M,
        exec_id: ExecId::new(exec.as_bytes()).unwrap(),
        order_id: OrderId::EMPTY,
        client_id: ClientId::new(b"old-0-1").unwrap(),
        side,
        price: Ticks(price),
        price_rest: Amount::ZERO,
        qty: Lots(10),
        leaves_qty: Lots::ZERO,
        fee: amount("0"),
        fee_coin: Coin::EMPTY,
        is_maker: true,
        kind: ExecKind::Trade,
        exec_ms,
    }
}

/// A restart after a day that won 0.2 and then lost 0.15.
fn restarted(guards: EngineConfig) -> Sink {
    restarted_after(guards, |ms| {
        vec![
            execution("d", Side::Sell, 9_850, ms - 1_000),
            execution("c", Side::Buy, 10_000, ms - 2_000),
            execution("b", Side::Sell, 10_200, ms - 3_000),
            execution("a", Side::Buy, 10_000, ms - 4_000),
        ]
    })
}

fn restarted_after(guards: EngineConfig, day: impl Fn(i64) -> Vec<Execution>) -> Sink {
    let mut venue = Venue::with(guards);
    venue.day = day(venue.now_ns / 1_000_000);
    let mut all = venue.step(Input::Timer);
    for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
        let sink = venue.up(role);
        all.outputs.extend(sink.outputs);
        all.facts.extend(sink.facts);
    }
    all
}

#[test]
fn a_restart_comes_to_the_days_best_again_and_to_a_drawdown_from_it() {
    let fallen = |sink: &Sink| has(sink, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::Drawdown, .. }));
    assert!(fallen(&restarted(guarded(None, Some("0.15")))), "from 0.2 to 0.05, though the day is in profit");
    assert!(!fallen(&restarted(guarded(None, Some("0.16")))));
}

#[test]
fn what_was_traded_in_a_finer_grid_counts_to_the_last_digit() {
    // Bought half a tick higher than it was sold: 10 lots of 0.001 by 0.05.
    let day = |ms: i64| {
        let bought = Execution { price_rest: amount("0.05"), ..execution("a", Side::Buy, 10_000, ms - 2_000) };
        vec![execution("b", Side::Sell, 10_000, ms - 1_000), bought]
    };
    let lost = |sink: &Sink| has(sink, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::DailyLoss, .. }));
    let at_limit = restarted_after(guarded(Some("0.0005"), None), day);
    assert!(lost(&at_limit));
    assert!(has(&at_limit, |fact| matches!(fact, Fact::FillBooked { price_rest, .. } if *price_rest == amount("0.05"))));
    assert!(!lost(&restarted_after(guarded(Some("0.000500000000000001"), None), day)));
}

#[test]
fn a_restart_keeps_a_loss_stop_that_had_latched_and_recovered_since() {
    let lost = |sink: &Sink| has(sink, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::DailyLoss, .. }));
    assert!(!lost(&restarted(guarded(Some("0.01"), None))), "this day never lost");
    let mut venue = Venue::with(guarded(Some("0.1"), None));
    let ms = venue.now_ns / 1_000_000;
    let rows = [(Side::Buy, 10_000), (Side::Sell, 9_900), (Side::Buy, 9_900), (Side::Sell, 10_100)];
    venue.day = (0_i64..).zip(rows).map(|(at, (side, price))| execution(&format!("x{at}"), side, price, ms - 9_000 + at)).collect();
    venue.day.reverse();
    let mut all = venue.step(Input::Timer);
    for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
        all.facts.extend(venue.up(role).facts);
    }
    assert!(lost(&all), "it had lost 0.1 before it won 0.2");
}
