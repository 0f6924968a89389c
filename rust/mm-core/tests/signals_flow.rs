//! Order flow, depth imbalance, funding and the toxicity guard: figures by hand and signs.
#![allow(clippy::unwrap_used)]

use mm_core::book::L2Book;
use mm_core::signals::flow::{Best, OrderFlow, depth_imbalance, funding_shift_bps, order_flow_event};
use mm_core::signals::toxicity::{MAX_WAITING, Toxicity};
use mm_core::units::{Lots, Side, Ticks};

const SECOND: i64 = 1_000_000_000;

fn close(ours: f64, expected: f64) {
    assert!((ours - expected).abs() < 1e-9, "{ours} is not {expected}");
}

fn bests(bid: i64, bid_size: i64, ask: i64, ask_size: i64) -> [Best; 2] {
    [(Ticks(bid), Lots(bid_size)), (Ticks(ask), Lots(ask_size))]
}

#[test]
fn order_flow_counts_what_joins_and_leaves_the_bests() {
    let before = bests(100, 10, 102, 20);
    let cases = [
        ("nothing", bests(100, 10, 102, 20), 0),
        ("bid grows", bests(100, 14, 102, 20), 4),
        ("ask grows", bests(100, 10, 102, 25), -5),
        ("bid improves", bests(101, 7, 102, 20), 7),
        ("bid gone", bests(99, 30, 102, 20), -10),
        ("ask improves", bests(100, 10, 101, 6), -6),
        ("ask gone", bests(100, 10, 103, 50), 20),
    ];
    for (name, after, expected) in cases {
        assert_eq!(order_flow_event(before, after), expected, "{name}");
    }
}

#[test]
fn the_predicted_move_is_the_fading_flow_over_twice_the_depth() {
    let mut flow = OrderFlow::new(2.0).unwrap();
    flow.update(0, bests(100, 20, 101, 20));
    close(flow.predicted_ticks(), 0.0);
    flow.update(0, bests(100, 30, 101, 20));
    // +10 lots against a depth of 20.
    close(flow.predicted_ticks(), 0.25);
    let before = flow.predicted_ticks();
    flow.update(2 * SECOND, bests(100, 30, 101, 20));
    // Half of the flow is left, and depth is half way to 25.
    close(flow.predicted_ticks(), 5.0 / (2.0 * 22.5));
    assert!(flow.predicted_ticks() < before);
    flow.clear();
    flow.update(3 * SECOND, bests(200, 1, 201, 1));
    close(flow.predicted_ticks(), 0.0);
    assert!(OrderFlow::new(0.0).is_none() && OrderFlow::new(f64::NAN).is_none());
}

#[test]
fn depth_imbalance_sums_levels_without_our_own_size() {
    let mut book = L2Book::new();
    let bids = [(Ticks(100), Lots(30)), (Ticks(99), Lots(30)), (Ticks(98), Lots(900))];
    let asks = [(Ticks(101), Lots(10)), (Ticks(102), Lots(10))];
    book.apply_snapshot(&bids, &asks).unwrap();
    close(depth_imbalance(&book, 2, [&[], &[]]).unwrap(), 0.5);
    close(depth_imbalance(&book, 1, [&[(Ticks(100), Lots(20))], &[]]).unwrap(), 0.0);
    close(depth_imbalance(&book, 3, [&[(Ticks(98), Lots(900))], &[]]).unwrap(), 0.5);
    assert_eq!(depth_imbalance(&L2Book::new(), 3, [&[], &[]]), None);
}

#[test]
fn a_positive_funding_rate_lowers_the_fair_price_more_and_more_until_it_is_paid() {
    // 1 bp to pay in 300 s of a ramp of 600 s: half.
    close(funding_shift_bps(0.0001, 300.0, 600.0), -0.5);
    close(funding_shift_bps(-0.0001, 300.0, 600.0), 0.5);
    close(funding_shift_bps(0.0001, 0.0, 600.0), -1.0);
    for (rate, to, ramp) in
        [(0.0001, 600.0, 600.0), (0.0001, -1.0, 600.0), (0.0001, 1.0, 0.0), (f64::NAN, 1.0, 600.0), (0.1, f64::NAN, 9.0)]
    {
        close(funding_shift_bps(rate, to, ramp), 0.0);
    }
}

fn guard() -> Toxicity {
    Toxicity::new(60.0, 8.0).unwrap()
}

#[test]
fn a_price_that_runs_against_fills_widens_and_one_that_does_not_narrows_nothing() {
    for (side, mid_x2, markout) in
        [(Side::Buy, 19_990, -5.0), (Side::Sell, 20_010, -5.0), (Side::Buy, 20_010, 5.0), (Side::Sell, 19_990, 5.0)]
    {
        let mut guard = guard();
        guard.mid(0, 20_000);
        guard.filled(SECOND, side, Ticks(10_000), Lots(1), 20_000);
        guard.mid(3 * SECOND, mid_x2);
        assert_eq!(guard.markout_bps(), None, "not judged before 5 s");
        guard.mid(6 * SECOND, mid_x2);
        close(guard.markout_bps().unwrap(), markout);
        close(guard.widening_bps(6 * SECOND), (-markout).max(0.0));
    }
}

#[test]
fn a_fill_is_judged_by_the_mid_that_stood_five_seconds_later() {
    let mut guard = guard();
    guard.mid(0, 20_000);
    guard.filled(0, Side::Buy, Ticks(10_000), Lots(1), 20_000);
    guard.mid(4 * SECOND, 19_996);
    guard.mid(9 * SECOND, 18_000);
    close(guard.markout_bps().unwrap(), -2.0);
}

#[test]
fn the_average_is_weighted_by_notional_and_age() {
    let mut guard = guard();
    guard.mid(0, 20_000);
    guard.filled(0, Side::Buy, Ticks(10_000), Lots(3), 20_000);
    guard.filled(0, Side::Sell, Ticks(10_000), Lots(1), 20_000);
    guard.mid(5 * SECOND, 19_992);
    close(guard.markout_bps().unwrap(), (3.0 * -4.0 + 4.0) / 4.0);
    // One half-life later the old weight of 4 counts 2.
    guard.filled(60 * SECOND, Side::Buy, Ticks(10_000), Lots(2), 20_000);
    guard.mid(65 * SECOND, 20_000);
    close(guard.markout_bps().unwrap(), -1.0);
}

#[test]
fn the_widening_is_bounded_and_fades_while_nothing_is_judged() {
    let mut guard = guard();
    guard.mid(0, 20_000);
    guard.filled(0, Side::Buy, Ticks(10_000), Lots(1), 20_000);
    guard.mid(5 * SECOND, 19_980);
    close(guard.widening_bps(5 * SECOND), 8.0);
    close(guard.widening_bps(65 * SECOND), 5.0);
    close(guard.widening_bps(125 * SECOND), 2.5);
}

#[test]
fn a_lost_book_and_too_many_fills_leave_fills_unjudged() {
    let mut lost = guard();
    lost.filled(0, Side::Buy, Ticks(10_000), Lots(1), 20_000);
    lost.interrupt();
    lost.mid(9 * SECOND, 18_000);
    assert_eq!(lost.markout_bps(), None);
    let mut full = guard();
    full.filled(0, Side::Buy, Ticks(10_000), Lots(1_000_000), 20_000);
    for _ in 0..MAX_WAITING {
        full.filled(0, Side::Sell, Ticks(10_000), Lots(1), 20_000);
    }
    full.mid(5 * SECOND, 19_980);
    close(full.markout_bps().unwrap(), 10.0);
    assert!(Toxicity::new(0.0, 1.0).is_none() && Toxicity::new(1.0, 0.0).is_none());
}
