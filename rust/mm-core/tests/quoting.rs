//! The ladder's signs, monotonicities and exact explanations.
#![allow(clippy::unwrap_used)]

use mm_core::book::MAX_PRICE;
use mm_core::quoting::ladder::{LadderParams, quotes};
use mm_core::quoting::stages::{FairShift, Inputs};
use mm_core::quoting::{MICRO_TICKS, Quotes};
use mm_core::units::{Lots, Side, Ticks};
use proptest::prelude::*;

fn params() -> impl Strategy<Value = LadderParams> {
    let spread = (0.0..2.0, 0.0..30.0, 0.0..30.0, 1_u8..=10, prop_oneof![Just(0.0), 0.0..2.0]);
    let rest = (0.0..20.0, prop_oneof![Just(0.0), Just(1.0), 0.0..1.0], 0.0..5.0, 0.0..5.0);
    (spread, rest).prop_map(|((k, min, more, levels, spacing), (skew, weight, safety, adverse))| LadderParams {
        k_vola_spread: k,
        min_spread_bps: min,
        max_spread_bps: min + more,
        levels,
        level_spacing_coeff: spacing,
        skew_bps: skew,
        microprice_weight: weight,
        safety_bps: safety,
        adverse_bps: adverse,
    })
}

fn inputs() -> impl Strategy<Value = Inputs> {
    let prices = prop_oneof![1_i64..50, 1_i64..2_000_000, 1_i64..MAX_PRICE.0 - 500];
    let spread = prop_oneof![Just(1_i64), 1_i64..400];
    let sigma = prop_oneof![Just(None), (0.0..60.0).prop_map(Some)];
    (prices, spread, 0.0..=1.0, sigma, -1.2..1.2, -5.0..5.0).prop_map(|(bid, spread, share, sigma, ratio, fee)| Inputs {
        best_bid: Ticks(bid),
        best_ask: Ticks(bid + spread),
        microprice_ticks: float(bid) + float(spread) * share,
        sigma_1m_bps: sigma,
        inventory_ratio: ratio,
        maker_fee_bps: fee,
        order_qty: Lots(3),
        inventory_quotes: 0.0,
        max_inventory_quotes: 10,
        fair_shift: FairShift::default(),
        toxicity_bps: 0.0,
        colour: 2,
    })
}

#[allow(clippy::cast_precision_loss)]
fn float(value: i64) -> f64 {
    value as f64
}

fn prices(quotes: &Quotes, side: Side) -> Vec<i64> {
    quotes.side(side).map(|quote| quote.price.0).collect()
}

/// True if every price of `a` is at or below that of `b`; the lower side may have dropped its deepest levels.
fn all_at_or_below(a: &[i64], b: &[i64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn every_explanation_sums_exactly_and_rounds_away_from_the_touch(params in params(), inputs in inputs()) {
        let quotes = quotes(&params, &inputs);
        for quote in quotes.as_slice() {
            let e = quote.explanation;
            let fair = e.mid + e.microprice + e.imbalance + e.order_flow + e.funding;
            let sum = fair + e.half_spread + e.floor_top_up + e.toxicity + e.level + e.skew + e.post_only + e.rounding;
            prop_assert_eq!(sum, quote.price.0 * MICRO_TICKS);
            prop_assert_eq!(e.price(), sum);
            let outward = -quote.side.sign();
            for away in [e.half_spread, e.floor_top_up, e.toxicity, e.level, e.post_only, e.rounding] {
                prop_assert!(outward * away >= 0, "{:?}", quote);
            }
            prop_assert!(e.rounding.abs() < MICRO_TICKS);
            prop_assert_eq!((quote.qty, quote.colour), (inputs.order_qty, inputs.colour));
        }
    }

    #[test]
    fn quotes_never_take_never_cross_each_other_and_step_outward(params in params(), inputs in inputs()) {
        let quotes = quotes(&params, &inputs);
        let (bids, asks) = (prices(&quotes, Side::Buy), prices(&quotes, Side::Sell));
        prop_assert_eq!(asks.len(), usize::from(params.levels));
        prop_assert!(bids.iter().all(|&bid| 0 < bid && bid < inputs.best_ask.0));
        prop_assert!(asks.iter().all(|&ask| ask > inputs.best_bid.0));
        prop_assert!(bids.iter().zip(&asks).all(|(bid, ask)| bid < ask));
        prop_assert!(bids.windows(2).all(|pair| pair[0] > pair[1]) && asks.windows(2).all(|pair| pair[0] < pair[1]));
        for (index, quote) in quotes.side(Side::Buy).enumerate() {
            prop_assert_eq!(usize::from(quote.level), index);
        }
    }

    #[test]
    fn more_volatility_never_tightens(params in params(), inputs in inputs(), more in 0.0..60.0_f64) {
        let calm = quotes(&params, &inputs);
        let wild = Inputs { sigma_1m_bps: Some(inputs.sigma_1m_bps.unwrap_or(0.0) + more), ..inputs };
        let wild = quotes(&params, &wild);
        prop_assert!(all_at_or_below(&prices(&wild, Side::Buy), &prices(&calm, Side::Buy)));
        prop_assert!(all_at_or_below(&prices(&calm, Side::Sell), &prices(&wild, Side::Sell)));
    }

    #[test]
    fn more_inventory_lowers_both_sides_by_the_same_amount(params in params(), inputs in inputs(), more in 0.0..2.0_f64) {
        let light = quotes(&params, &inputs);
        let heavy = quotes(&params, &Inputs { inventory_ratio: inputs.inventory_ratio + more, ..inputs });
        for side in Side::BOTH {
            prop_assert!(all_at_or_below(&prices(&heavy, side), &prices(&light, side)));
        }
        let shifts: Vec<i64> = heavy.as_slice().iter().map(|quote| quote.explanation.skew).collect();
        prop_assert!(shifts.windows(2).all(|pair| pair[0] == pair[1]));
        let flat = quotes(&params, &Inputs { inventory_ratio: 0.0, ..inputs });
        prop_assert!(flat.as_slice().iter().all(|quote| quote.explanation.skew == 0));
        let long = inputs.inventory_ratio + more;
        prop_assert!(shifts.iter().all(|&shift| float(shift) * long <= 0.0));
    }

    #[test]
    fn skew_is_odd_in_the_inventory(params in params(), inputs in inputs()) {
        let skew = |ratio| quotes(&params, &Inputs { inventory_ratio: ratio, ..inputs }).as_slice().last().map(|q| q.explanation.skew);
        prop_assert_eq!(skew(inputs.inventory_ratio), skew(-inputs.inventory_ratio).map(|skew| -skew));
        prop_assert_eq!(skew(1.0), skew(7.0));
    }

    #[test]
    fn a_rebate_lowers_the_floor_by_exactly_its_size(params in params(), fee in -8.0..5.0_f64, rebate in 0.0..10.0_f64) {
        let (without, with) = (params.floor_bps(fee), params.floor_bps(fee - rebate));
        prop_assert!(with >= 0.0);
        if with > 0.0 {
            prop_assert!((without - with - rebate).abs() < 1e-12);
        } else {
            prop_assert!(without <= rebate + 1e-12);
        }
    }

    #[test]
    fn a_binding_floor_moves_the_quotes_by_exactly_the_rebate(params in params(), inputs in inputs(), rebate in 0.0..4.0_f64) {
        let params = LadderParams { min_spread_bps: 0.0, max_spread_bps: 0.0, levels: 1, adverse_bps: 10.0, ..params };
        let half = |fee| {
            let quotes = quotes(&params, &Inputs { maker_fee_bps: fee, ..inputs });
            quotes.as_slice().last().map(|quote| quote.explanation.half_spread + quote.explanation.floor_top_up).unwrap()
        };
        let moved = half(0.0) - half(-rebate);
        let mid = float(inputs.best_bid.0 + inputs.best_ask.0) / 2.0;
        prop_assert!((float(moved) - mid * rebate * 100.0).abs() <= 2.0, "{moved}");
    }

    #[test]
    fn the_microprice_pulls_both_sides_its_way(params in params(), inputs in inputs(), share in 0.0..1.0) {
        let up = Inputs { microprice_ticks: inputs.microprice_ticks + share * 400.0, ..inputs };
        let (low, high) = (quotes(&params, &inputs), quotes(&params, &up));
        for side in Side::BOTH {
            prop_assert!(all_at_or_below(&prices(&low, side), &prices(&high, side)));
        }
        let pull = |quotes: &Quotes| quotes.as_slice().last().map(|quote| quote.explanation.microprice);
        prop_assert!(pull(&low) <= pull(&high));
    }

    #[test]
    fn no_input_panics(
        floats in prop::array::uniform9(prop_oneof![1 => any::<f64>(), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 40 => 0.0..1.0]),
        integers in prop::array::uniform3(prop_oneof![1 => any::<i64>(), 9 => 1_i64..MAX_PRICE.0 + 3]),
        levels in prop_oneof![any::<u8>(), 1_u8..=10],
    ) {
        let [k, min, max, spacing, skew, a, b, c, d] = floats;
        let params = LadderParams {
            k_vola_spread: k, min_spread_bps: min, max_spread_bps: max, levels, level_spacing_coeff: spacing, skew_bps: skew,
            microprice_weight: a, safety_bps: b, adverse_bps: c,
        };
        let [best_bid, best_ask, qty] = integers;
        let inputs = Inputs {
            best_bid: Ticks(best_bid), best_ask: Ticks(best_ask), microprice_ticks: a, sigma_1m_bps: Some(b), inventory_ratio: c,
            maker_fee_bps: d, order_qty: Lots(qty), inventory_quotes: a, max_inventory_quotes: 3,
            fair_shift: FairShift { imbalance_bps: k, order_flow_bps: min, funding_bps: spacing }, toxicity_bps: skew, colour: 0,
        };
        let quotes = quotes(&params, &inputs);
        prop_assert!(params.validate().is_ok() || quotes.is_empty());
        prop_assert!(best_bid < best_ask || quotes.is_empty());
    }
}
