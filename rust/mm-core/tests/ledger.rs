//! The ledger's identity and the execution memory.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;

use mm_core::execution_ids::ExecutionIds;
use mm_core::ids::{ExecId, Text};
use mm_core::ledger::{Entry, Fill, Ledger, LedgerError, Pnl};
use mm_core::units::{Amount, Lots, Side, Ticks};
use proptest::prelude::*;

/// 0.1 × 0.001, as a BTC contract has.
const TICK_LOT: Amount = Amount(100_000_000_000_000);

#[derive(Clone, Copy, Debug)]
enum Step {
    Mid(i64),
    Entry(Entry),
}

fn fill() -> impl Strategy<Value = Fill> {
    let sides = prop::sample::select(vec![Side::Buy, Side::Sell]);
    (sides, 1_i64..2_000_000, 1_i64..5_000, -10_i128.pow(20)..10_i128.pow(20), 1_i64..4_000_000)
        .prop_map(|(side, price, qty, fee, mid_x2)| Fill { side, price: Ticks(price), qty: Lots(qty), fee: Amount(fee), mid_x2 })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_i64..4_000_000).prop_map(Step::Mid),
        4 => fill().prop_map(|fill| Step::Entry(Entry::Fill(fill))),
        1 => fill().prop_map(|fill| Step::Entry(Entry::Liquidation(fill))),
        1 => fill().prop_map(|fill| Step::Entry(Entry::Adl(fill))),
        1 => (-10_i128.pow(21)..10_i128.pow(21)).prop_map(|amount| Step::Entry(Entry::Funding(Amount(amount)))),
        1 => (-10_i128.pow(20)..10_i128.pow(20)).prop_map(|cost| Step::Entry(Entry::OffTick(Amount(cost)))),
        1 => (-10_i128.pow(16)..10_i128.pow(16), -10_i128.pow(20)..10_i128.pow(20))
            .prop_map(|(coin, value)| Step::Entry(Entry::BaseFee { coin: Amount(coin), value: Amount(value) })),
    ];
    prop::collection::vec(step, 0..60)
}

fn run(start: i64, steps: &[Step]) -> Ledger {
    let mut ledger = Ledger::new(Lots(start), TICK_LOT).unwrap();
    for step in steps {
        match *step {
            Step::Mid(mid_x2) => ledger.mark(mid_x2).unwrap(),
            Step::Entry(entry) => ledger.apply(entry).unwrap(),
        }
    }
    ledger
}

fn fills(steps: &[Step]) -> impl Iterator<Item = Fill> + '_ {
    steps.iter().filter_map(|step| match step {
        Step::Entry(Entry::Fill(fill) | Entry::Liquidation(fill) | Entry::Adl(fill)) => Some(*fill),
        _ => None,
    })
}

fn base_fee_values(steps: &[Step]) -> i128 {
    let values = steps.iter().map(|step| match step {
        Step::Entry(Entry::BaseFee { value, .. }) => value.0,
        _ => 0,
    });
    values.sum()
}

fn funding(steps: &[Step]) -> i128 {
    let received = steps.iter().map(|step| match step {
        Step::Entry(Entry::Funding(amount)) => amount.0,
        _ => 0,
    });
    received.sum()
}

fn off_tick(steps: &[Step]) -> i128 {
    let costs = steps.iter().map(|step| match step {
        Step::Entry(Entry::OffTick(cost)) => cost.0,
        _ => 0,
    });
    costs.sum()
}

/// Total profit from the definition alone: cash, last and first mid, nothing accumulated on the way.
fn total_by_definition(start: i64, steps: &[Step]) -> i128 {
    let mids: Vec<i64> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Mid(mid_x2) => Some(*mid_x2),
            Step::Entry(Entry::Fill(fill) | Entry::Liquidation(fill) | Entry::Adl(fill)) => Some(fill.mid_x2),
            Step::Entry(Entry::Funding(_) | Entry::BaseFee { .. } | Entry::OffTick(_)) => None,
        })
        .collect();
    let signed = |fill: &Fill| i128::from(fill.side.sign() * fill.qty.0);
    let cash: i128 = fills(steps).map(|fill| -signed(&fill) * i128::from(fill.price.0) * TICK_LOT.0).sum();
    let fees: i128 = fills(steps).map(|fill| fill.fee.0).sum();
    let position = i128::from(start) + fills(steps).map(|fill| signed(&fill)).sum::<i128>();
    let first = i128::from(mids.first().copied().unwrap_or(0));
    let last = i128::from(mids.last().copied().unwrap_or(0));
    cash + (position * last - i128::from(start) * first) * TICK_LOT.0 / 2 - fees - base_fee_values(steps) + funding(steps) - off_tick(steps)
}

/// Legal and illegal integers of every magnitude.
fn wide() -> impl Strategy<Value = i64> {
    (any::<i64>(), 0_u32..63, prop::bool::weighted(0.9)).prop_map(|(bits, shift, positive)| {
        let value = bits >> shift;
        if positive { value.saturating_abs() } else { value }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_attribution_sums_to_the_total_exactly(start in -3_000_i64..3_000, steps in steps()) {
        for end in 0..=steps.len() {
            let steps = &steps[..end];
            let ledger = run(start, steps);
            prop_assert_eq!(ledger.pnl().difference(), Amount::ZERO);
            prop_assert_eq!(ledger.pnl().total.0, total_by_definition(start, steps));
            let signed: i64 = fills(steps).map(|fill| fill.side.sign() * fill.qty.0).sum();
            prop_assert_eq!(ledger.position(), Lots(start + signed));
            prop_assert_eq!(ledger.fees().0, fills(steps).map(|fill| fill.fee.0).sum::<i128>());
            prop_assert_eq!(ledger.pnl().funding.0, funding(steps));
            let capture: i128 = fills(steps)
                .map(|fill| i128::from(fill.side.sign() * fill.qty.0) * i128::from(fill.mid_x2 - 2 * fill.price.0) * TICK_LOT.0 / 2)
                .sum();
            prop_assert_eq!(ledger.pnl().spread_capture.0, capture - off_tick(steps));
        }
    }

    #[test]
    fn splitting_a_fill_changes_nothing(before in steps(), fill in fill(), cuts in (1_i64..5_000, -10_i128.pow(19)..10_i128.pow(19))) {
        let whole = Fill { qty: Lots(fill.qty.0 + cuts.0), ..fill };
        let first = Fill { qty: Lots(cuts.0), fee: Amount(cuts.1), ..fill };
        let second = Fill { fee: fill.fee - Amount(cuts.1), ..fill };
        let (mut one, mut two) = (run(7, &before), run(7, &before));
        one.apply(Entry::Fill(whole)).unwrap();
        two.apply(Entry::Fill(first)).unwrap();
        two.apply(Entry::Fill(second)).unwrap();
        prop_assert_eq!(one, two);
    }

    #[test]
    fn money_does_not_depend_on_the_order_of_fills(fills in prop::collection::vec(fill(), 1..20)) {
        let steps: Vec<Step> = fills.into_iter().map(|fill| Step::Entry(Entry::Fill(fill))).collect();
        let reversed: Vec<Step> = steps.iter().rev().copied().collect();
        let (one, two) = (run(0, &steps), run(0, &reversed));
        prop_assert_eq!((one.position(), one.cash(), one.fees()), (two.position(), two.cash(), two.fees()));
        prop_assert_eq!(one.pnl().spread_capture, two.pnl().spread_capture);
    }

    #[test]
    fn no_input_panics_and_a_refused_one_changes_nothing(
        start in any::<i64>(),
        tick_lot in prop_oneof![Just(TICK_LOT.0), Just(2), any::<i128>()],
        entries in prop::collection::vec((any::<bool>(), wide(), wide(), any::<i128>(), wide()), 1..12),
    ) {
        let Ok(mut ledger) = Ledger::new(Lots(start), Amount(tick_lot & !1)) else { return Ok(()) };
        for (buy, price, qty, fee, mid_x2) in entries {
            let side = if buy { Side::Buy } else { Side::Sell };
            let fill = Fill { side, price: Ticks(price), qty: Lots(qty), fee: Amount(fee >> (mid_x2 & 127)), mid_x2 };
            let before = ledger;
            let booked = ledger.apply(Entry::Fill(fill));
            prop_assert!(booked.is_ok() || ledger == before);
            let before = ledger;
            let marked = ledger.mark(mid_x2);
            prop_assert!(marked.is_ok() || ledger == before);
            prop_assert_eq!(ledger.pnl().difference(), Amount::ZERO);
        }
    }

    #[test]
    fn an_execution_applies_once_while_it_is_remembered(capacity in 0_usize..6, ids in prop::collection::vec(0_u8..9, 0..60)) {
        let mut memory = ExecutionIds::new(capacity);
        let mut model: VecDeque<u8> = VecDeque::new();
        for id in ids {
            let exec_id: ExecId = Text::new(format!("exec-{id}").as_bytes()).unwrap();
            prop_assert_eq!(memory.contains(&exec_id), model.contains(&id));
            let is_new = !model.contains(&id);
            prop_assert_eq!(memory.insert(exec_id), is_new);
            if is_new {
                model.push_back(id);
                if model.len() > capacity.max(1) {
                    model.pop_front();
                }
            }
            prop_assert_eq!(memory.len(), model.len());
        }
    }
}

#[test]
fn a_round_trip_by_hand() {
    // Buy 2 lots at 100 under a mid of 100.5, sell 3 at 103 over a mid of 102.5; a rebate of 1 unit each; then the mid is 102.
    let mut ledger = Ledger::new(Lots(0), Amount(10)).unwrap();
    let fill = |side, price, qty, mid_x2| Entry::Fill(Fill { side, price: Ticks(price), qty: Lots(qty), fee: Amount(-1), mid_x2 });
    ledger.apply(fill(Side::Buy, 100, 2, 201)).unwrap();
    ledger.apply(fill(Side::Sell, 103, 3, 205)).unwrap();
    ledger.apply(Entry::Funding(Amount(-7))).unwrap();
    // The second was made at 103.1, a tenth of a tick beyond the grid.
    ledger.apply(Entry::OffTick(Amount(-3))).unwrap();
    ledger.mark(204).unwrap();
    assert_eq!((ledger.position(), ledger.cash(), ledger.fees()), (Lots(-1), Amount(-2000 + 3093), Amount(-2)));
    let expected =
        Pnl { total: Amount(1093 - 1020 + 2 - 7), spread_capture: Amount(28), fees: Amount(2), inventory: Amount(45), funding: Amount(-7) };
    assert_eq!(ledger.pnl(), expected);
}

#[test]
fn a_starting_position_earns_from_the_first_mid_on() {
    let mut ledger = Ledger::new(Lots(-4), Amount(2)).unwrap();
    assert_eq!(ledger.pnl(), Pnl::default());
    ledger.mark(1_000).unwrap();
    assert_eq!(ledger.pnl(), Pnl::default());
    ledger.mark(990).unwrap();
    assert_eq!((ledger.pnl().total, ledger.pnl().inventory), (Amount(40), Amount(40)));
}

#[test]
fn what_cannot_be_exact_is_refused_and_leaves_the_ledger() {
    assert_eq!(Ledger::new(Lots(0), Amount(3)), Err(LedgerError::TickLot));
    assert_eq!(Ledger::new(Lots(0), Amount(0)), Err(LedgerError::TickLot));
    let mut ledger = Ledger::new(Lots(1), TICK_LOT).unwrap();
    ledger.mark(200).unwrap();
    let before = ledger;
    let fill = Fill { side: Side::Buy, price: Ticks(100), qty: Lots(1), fee: Amount(0), mid_x2: 300 };
    assert_eq!(ledger.apply(Entry::Fill(Fill { qty: Lots(0), ..fill })), Err(LedgerError::NotPositive));
    assert_eq!(ledger.apply(Entry::Fill(Fill { price: Ticks(0), ..fill })), Err(LedgerError::NotPositive));
    assert_eq!(ledger.apply(Entry::Fill(Fill { fee: Amount(i128::MAX), ..fill })), Err(LedgerError::TooLarge));
    assert_eq!(ledger.apply(Entry::Fill(Fill { qty: Lots(i64::MAX), ..fill })), Err(LedgerError::TooLarge));
    assert_eq!(ledger.mark(0), Err(LedgerError::NotPositive));
    assert_eq!(ledger, before);
}

#[test]
fn fees_taken_in_coin_add_up_apart() {
    let mut ledger = Ledger::new(Lots(0), TICK_LOT).unwrap();
    for coin in [5, -2] {
        ledger.apply(Entry::BaseFee { coin: Amount(coin), value: Amount(10 * coin) }).unwrap();
    }
    assert_eq!((ledger.base_fees(), ledger.fees(), ledger.position()), (Amount(3), Amount(0), Lots(0)));
}

#[test]
fn a_sum_may_reach_the_largest_amount_and_not_pass_it() {
    let largest = i128::MAX / 16;
    let paid = |fee| Entry::Fill(Fill { side: Side::Buy, price: Ticks(100), qty: Lots(1), fee: Amount(fee), mid_x2: 200 });
    let mut ledger = Ledger::new(Lots(0), TICK_LOT).unwrap();
    assert_eq!(ledger.apply(paid(largest + 1)), Err(LedgerError::TooLarge));
    assert_eq!(ledger.apply(paid(largest)), Ok(()));
    assert_eq!(ledger.apply(paid(1)), Err(LedgerError::TooLarge));
    assert_eq!(ledger.fees(), Amount(largest));
}

#[test]
fn a_ledger_tells_its_start_and_the_last_mid() {
    let mut ledger = Ledger::new(Lots(-7), TICK_LOT).unwrap();
    assert_eq!((ledger.start(), ledger.position(), ledger.mid_x2()), (Lots(-7), Lots(-7), None));
    ledger.mark(2001).unwrap();
    assert_eq!((ledger.start(), ledger.mid_x2()), (Lots(-7), Some(2001)));
}

#[test]
fn the_difference_is_what_the_terms_leave_over() {
    let pnl = Pnl { total: Amount(100), spread_capture: Amount(1), fees: Amount(-20), inventory: Amount(300), funding: Amount(-4000) };
    assert_eq!(pnl.difference(), Amount(100 - 1 + 20 - 300 + 4000));
}
