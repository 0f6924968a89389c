//! Decisions of a strategy outside the core: when it is asked, what its answer does, and what becomes of a bad one.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{AskParams, EngineConfig, Input, Model, Sink};
use mm_core::fact::Fact;
use mm_core::ids::Category;
use mm_core::input::{Outcome, StreamRole, VenueStatus};
use mm_core::output::Output;
use mm_core::quoting::declared::{Declared, Fault};
use mm_core::units::{Lots, Side, Ticks};
use support::{M, MS, Venue, amends, cancels, config, has, orders};

const ASK: AskParams = AskParams { decide_every_ms: 100, answer_within_ms: 250, failures_to_halt: 3, view_levels: 5 };

fn asked() -> EngineConfig {
    EngineConfig { model: Model::Asked { params: ASK, calibration_window_s: 0.0 }, explain: true, ..config() }
}

/// The decision that a step asked for.
fn due(sink: &Sink) -> Option<u64> {
    sink.outputs.iter().find_map(|out| if let Output::DecisionDue { decision_seq, .. } = out { Some(*decision_seq) } else { None })
}

/// A quote at a price in micro-ticks.
fn quote(side: Side, price: i64, qty: i64) -> Declared {
    Declared { side, colour: 7, price, qty: Lots(qty) }
}

fn pair(bid_ticks: i64, ask_ticks: i64) -> [Declared; 2] {
    [quote(Side::Sell, ask_ticks * 1_000_000, 10), quote(Side::Buy, bid_ticks * 1_000_000, 10)]
}

fn answer(venue: &mut Venue, decision_seq: u64, answer: Result<&[Declared], Fault>) -> Sink {
    venue.step(Input::StrategyAnswer { decision_seq, market: M, answer })
}

/// Everything up, and the first decision asked for.
fn begun() -> (Venue, u64) {
    let mut venue = Venue::with(asked());
    venue.step(Input::Timer);
    for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
        venue.up(role);
    }
    let sink = venue.book(10_000, 10_010, true);
    let seq = due(&sink).unwrap();
    (venue, seq)
}

/// The pair at 9990 and 10020 rests.
fn quoting() -> Venue {
    let (mut venue, seq) = begun();
    let placed = answer(&mut venue, seq, Ok(&pair(9990, 10_020)));
    venue.ack(&placed, Outcome::Accepted);
    for (id, ..) in orders(&placed) {
        let row = venue.row(id, VenueStatus::New, 0);
        venue.push(row);
    }
    venue
}

#[test]
fn an_answer_is_rounded_away_from_the_touch_and_becomes_orders_of_its_colour() {
    let (mut venue, seq) = begun();
    let rows = [quote(Side::Buy, 9_990_999_999, 10), quote(Side::Sell, 10_020_000_001, 12), quote(Side::Buy, 9_980_500_000, 6)];
    let placed = orders(&answer(&mut venue, seq, Ok(&rows)));
    let shape: Vec<_> = placed.iter().map(|(_, side, price, qty)| (*side, *price, *qty)).collect();
    assert_eq!(
        shape,
        [(Side::Buy, Ticks(9990), Lots(10)), (Side::Buy, Ticks(9980), Lots(6)), (Side::Sell, Ticks(10_021), Lots(12))],
        "bids then asks, from the touch outward"
    );
    assert!(placed.iter().all(|(id, ..)| id.as_str().starts_with("t-7-")), "{placed:?}");
}

#[test]
fn inventory_room_bounds_what_is_declared() {
    let (mut venue, seq) = begun();
    let rows: Vec<_> = (0..4).map(|level| quote(Side::Buy, (9990 - level) * 1_000_000, 10)).collect();
    let placed = orders(&answer(&mut venue, seq, Ok(&rows)));
    assert_eq!(placed.len(), 3, "max_position holds three quotes: {placed:?}");
}

#[test]
fn one_decision_is_open_and_the_next_waits_its_time() {
    let (mut venue, seq) = begun();
    assert_eq!(due(&venue.book(10_000, 10_011, true)), None, "one is open");
    let sink = answer(&mut venue, seq, Ok(&pair(9990, 10_020)));
    assert_eq!(due(&sink), None, "too early for the next");
    let sink = venue.wait(99);
    assert_eq!(due(&sink), None);
    let sink = venue.wait(2);
    assert_eq!(due(&sink), Some(seq + 1), "the change in between is asked about by itself");
    answer(&mut venue, seq + 1, Ok(&pair(9990, 10_020)));
    assert_eq!(due(&venue.wait(2000)), None, "nothing changed, nothing to ask");
}

#[test]
fn standing_quotes_stay_off_a_touch_that_comes_to_them() {
    let mut venue = quoting();
    venue.now_ns += 20 * MS;
    let sink = venue.book(10_030, 10_040, true);
    assert_eq!(amends(&sink).iter().map(|row| row.1).collect::<Vec<_>>(), [Some(Ticks(10_031))]);
}

#[test]
fn an_answer_thought_of_with_another_position_is_dropped() {
    let mut venue = quoting();
    venue.now_ns += 200 * MS;
    let seq = due(&venue.book(10_001, 10_011, true)).unwrap();
    let bid = venue.engine.orders().of(M)[0].client_id;
    let sink = venue.fill(bid, "e1", 10);
    assert_eq!(due(&sink), None, "the same 100 ms hold");
    let sink = answer(&mut venue, seq, Ok(&pair(9000, 11_000)));
    assert!(has(&sink, |fact| matches!(fact, Fact::AnswerDropped { why: "filled", .. })));
    assert_eq!(amends(&sink), []);
    assert!(due(&venue.wait(120)).is_some(), "asked again");
    let sink = answer(&mut venue, seq, Ok(&pair(9000, 11_000)));
    assert!(has(&sink, |fact| matches!(fact, Fact::AnswerDropped { why: "superseded", .. })));
}

#[test]
fn a_lost_book_pulls_the_quotes_and_voids_the_answer() {
    let mut venue = quoting();
    venue.now_ns += 200 * MS;
    let seq = due(&venue.book(10_001, 10_011, true)).unwrap();
    venue.update_id += 5;
    let lost = venue.book(10_001, 10_011, false);
    assert_eq!(cancels(&lost).len(), 2);
    let sink = answer(&mut venue, seq, Ok(&pair(9990, 10_020)));
    assert!(has(&sink, |fact| matches!(fact, Fact::AnswerDropped { why: "untrusted", .. })));
    assert_eq!(orders(&sink), []);
    venue.now_ns += 200 * MS;
    assert!(due(&venue.book(10_001, 10_011, true)).is_some(), "asked anew once the book is back");
}

#[test]
fn a_quote_of_another_colour_is_an_order_of_its_own() {
    let mut venue = quoting();
    venue.now_ns += 200 * MS;
    let seq = due(&venue.book(10_001, 10_011, true)).unwrap();
    let [ask, bid] = pair(9990, 10_020);
    let sink = answer(&mut venue, seq, Ok(&[ask, Declared { colour: 8, ..bid }]));
    assert_eq!(cancels(&sink).len(), 1, "the bid at the same price and size, of the old colour");
    let mut row = venue.row(cancels(&sink)[0], VenueStatus::Cancelled, 0);
    row.leaves_qty = Lots::ZERO;
    let placed = orders(&venue.push(row));
    assert_eq!(placed.len(), 1);
    assert!(placed[0].0.as_str().starts_with("t-8-"), "{placed:?}");
}

#[test]
fn each_unusable_answer_pulls_the_quotes_and_says_why() {
    let eleven: Vec<_> = (0..11).map(|level| quote(Side::Buy, (9990 - level) * 1_000_000, 6)).collect();
    let cases: [(Result<&[Declared], Fault>, &str); 9] = [
        (Err(Fault::Raised), "raised"),
        (Err(Fault::Shape), "shape"),
        (Ok(&[quote(Side::Buy, 0, 10)]), "price"),
        (Ok(&[quote(Side::Buy, -1_000_000, 10)]), "price"),
        (Ok(&[quote(Side::Buy, 9_990_000_000, 0)]), "qty"),
        // 4.995 USDT, the venue wants 5.
        (Ok(&[quote(Side::Buy, 9_990_000_000, 5)]), "qty"),
        (Ok(&[quote(Side::Buy, 9_990_000_000, 100_001)]), "qty"),
        (Ok(&eleven), "levels"),
        (Ok(&pair(10_000, 10_000)), "crossed"),
    ];
    for (given, wanted) in cases {
        let mut venue = quoting();
        venue.now_ns += 200 * MS;
        let seq = due(&venue.book(10_001, 10_011, true)).unwrap();
        let sink = answer(&mut venue, seq, given);
        assert_eq!(cancels(&sink).len(), 2, "{wanted}");
        assert!(has(&sink, |fact| matches!(fact, Fact::StrategyFailed { why, in_a_row: 1, .. } if *why == wanted)), "{:?}", sink.facts);
    }
}

#[test]
fn a_silent_strategy_is_a_failed_one() {
    let mut venue = quoting();
    venue.now_ns += 200 * MS;
    let seq = due(&venue.book(10_001, 10_011, true)).unwrap();
    assert_eq!(cancels(&venue.wait(250)), []);
    let sink = venue.wait(2);
    assert_eq!(cancels(&sink).len(), 2);
    assert!(has(&sink, |fact| matches!(fact, Fact::StrategyFailed { why: "late", .. })));
    let sink = answer(&mut venue, seq, Ok(&pair(9990, 10_020)));
    assert_eq!(orders(&sink), []);
}

#[test]
fn failures_in_a_row_halt_the_market_until_it_gets_parameters() {
    let (mut venue, mut seq) = begun();
    for failure in 1..=3 {
        let sink = answer(&mut venue, seq, Err(Fault::Raised));
        assert_eq!(has(&sink, |fact| matches!(fact, Fact::StrategyHalted { .. })), failure == 3);
        venue.now_ns += 150 * MS;
        let sink = venue.book(10_000, 10_010 + failure, true);
        assert_eq!(due(&sink).is_none(), failure == 3);
        seq = due(&sink).unwrap_or(seq);
    }
    let params = *venue.engine.params(M).unwrap();
    let sink = venue.step(Input::Params(&[(M, params)]));
    let seq = due(&sink).unwrap();
    assert_eq!(orders(&answer(&mut venue, seq, Ok(&pair(9990, 10_020)))).len(), 2);
}

#[test]
fn a_usable_answer_ends_a_row_of_failures() {
    let (mut venue, mut seq) = begun();
    for round in 0..6 {
        let sink = if round % 2 == 0 { answer(&mut venue, seq, Err(Fault::Raised)) } else { answer(&mut venue, seq, Ok(&[])) };
        assert!(!has(&sink, |fact| matches!(fact, Fact::StrategyFailed { in_a_row: 2.., .. })));
        venue.now_ns += 150 * MS;
        seq = due(&venue.book(10_000, 10_010 + round, true)).unwrap();
    }
}

#[test]
fn what_it_is_shown_is_the_market_without_our_orders() {
    let venue = quoting();
    let view = venue.engine.view(M).unwrap();
    assert_eq!(view.levels, [vec![(Ticks(10_000), Lots(5000))], vec![(Ticks(10_010), Lots(5000))]]);
    assert_eq!(view.own.len(), 2);
    assert_eq!((view.inputs.best_bid, view.inputs.best_ask, view.position), (Ticks(10_000), Ticks(10_010), Lots::ZERO));
    let plain = Venue::quoting().0;
    assert!(plain.engine.view(M).is_none(), "no strategy is asked there");
}

#[test]
fn explanations_of_declared_quotes_sum_to_their_price() {
    let (mut venue, seq) = begun();
    // The ask would cross: post-only has a part in its price.
    let rows = [quote(Side::Buy, 9_990_300_000, 10), quote(Side::Sell, 9_995_000_000, 10)];
    let sink = answer(&mut venue, seq, Ok(&rows));
    let mut seen = Vec::new();
    for fact in &sink.facts {
        if let Fact::QuoteExplained { side, price, explanation, colour: 7, .. } = fact {
            let parts: i64 = explanation.parts().iter().map(|part| part.1).sum();
            assert_eq!(parts, price.0 * 1_000_000);
            seen.push((*side, *price, explanation.strategy, explanation.post_only, explanation.rounding));
        }
    }
    let mid = 10_005_000_000;
    assert_eq!(
        seen,
        [
            (Side::Buy, Ticks(9990), 9_990_300_000 - mid, 0, -300_000),
            (Side::Sell, Ticks(10_001), 9_995_000_000 - mid, 10_001_000_000 - 9_995_000_000, 0),
        ]
    );
}
