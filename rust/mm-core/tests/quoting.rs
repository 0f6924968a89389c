//! The ladder's signs, monotonicities and exact explanations.
#![allow(clippy::unwrap_used)]

use mm_core::book::MAX_PRICE;
use mm_core::quoting::ladder::{LadderInputs, LadderParams, quotes};
use mm_core::quoting::{MAX_LEVELS, MICRO_TICKS, Quotes};
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

fn inputs() -> impl Strategy<Value = LadderInputs> {
    let prices = prop_oneof![1_i64..50, 1_i64..2_000_000, 1_i64..MAX_PRICE.0 - 500];
    let spread = prop_oneof![Just(1_i64), 1_i64..400];
    let sigma = prop_oneof![Just(None), (0.0..60.0).prop_map(Some)];
    (prices, spread, 0.0..=1.0, sigma, -1.2..1.2, -5.0..5.0).prop_map(|(bid, spread, share, sigma, ratio, fee)| LadderInputs {
        best_bid: Ticks(bid),
        best_ask: Ticks(bid + spread),
        microprice_ticks: float(bid) + float(spread) * share,
        sigma_1m_bps: sigma,
        inventory_ratio: ratio,
        maker_fee_bps: fee,
        order_qty: Lots(3),
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

fn plain() -> (LadderParams, LadderInputs) {
    let params = LadderParams {
        k_vola_spread: 1.0,
        min_spread_bps: 2.0,
        max_spread_bps: 25.0,
        levels: 2,
        level_spacing_coeff: 0.5,
        skew_bps: 2.0,
        microprice_weight: 0.5,
        safety_bps: 0.5,
        adverse_bps: 1.0,
    };
    let inputs = LadderInputs {
        best_bid: Ticks(99_999),
        best_ask: Ticks(100_001),
        microprice_ticks: 100_000.5,
        sigma_1m_bps: Some(10.0),
        inventory_ratio: 0.5,
        maker_fee_bps: 1.0,
        order_qty: Lots(7),
        colour: 3,
    };
    (params, inputs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn every_explanation_sums_exactly_and_rounds_away_from_the_touch(params in params(), inputs in inputs()) {
        let quotes = quotes(&params, &inputs);
        for quote in quotes.as_slice() {
            let e = quote.explanation;
            let sum = e.mid + e.microprice + e.half_spread + e.floor_top_up + e.level + e.skew + e.post_only + e.rounding;
            prop_assert_eq!(sum, quote.price.0 * MICRO_TICKS);
            prop_assert_eq!(e.price(), sum);
            let outward = -quote.side.sign();
            for away in [e.half_spread, e.floor_top_up, e.level, e.post_only, e.rounding] {
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
        let wild = LadderInputs { sigma_1m_bps: Some(inputs.sigma_1m_bps.unwrap_or(0.0) + more), ..inputs };
        let wild = quotes(&params, &wild);
        prop_assert!(all_at_or_below(&prices(&wild, Side::Buy), &prices(&calm, Side::Buy)));
        prop_assert!(all_at_or_below(&prices(&calm, Side::Sell), &prices(&wild, Side::Sell)));
    }

    #[test]
    fn more_inventory_lowers_both_sides_by_the_same_amount(params in params(), inputs in inputs(), more in 0.0..2.0_f64) {
        let light = quotes(&params, &inputs);
        let heavy = quotes(&params, &LadderInputs { inventory_ratio: inputs.inventory_ratio + more, ..inputs });
        for side in Side::BOTH {
            prop_assert!(all_at_or_below(&prices(&heavy, side), &prices(&light, side)));
        }
        let shifts: Vec<i64> = heavy.as_slice().iter().map(|quote| quote.explanation.skew).collect();
        prop_assert!(shifts.windows(2).all(|pair| pair[0] == pair[1]));
        let flat = quotes(&params, &LadderInputs { inventory_ratio: 0.0, ..inputs });
        prop_assert!(flat.as_slice().iter().all(|quote| quote.explanation.skew == 0));
        let long = inputs.inventory_ratio + more;
        prop_assert!(shifts.iter().all(|&shift| float(shift) * long <= 0.0));
    }

    #[test]
    fn skew_is_odd_in_the_inventory(params in params(), inputs in inputs()) {
        let skew = |ratio| quotes(&params, &LadderInputs { inventory_ratio: ratio, ..inputs }).as_slice().last().map(|q| q.explanation.skew);
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
    fn a_binding_floor_moves_the_quotes_by_exactly_the_rebate(inputs in inputs(), rebate in 0.0..4.0_f64) {
        let (params, _) = plain();
        let params = LadderParams { min_spread_bps: 0.0, max_spread_bps: 0.0, levels: 1, adverse_bps: 10.0, ..params };
        let half = |fee| {
            let quotes = quotes(&params, &LadderInputs { maker_fee_bps: fee, ..inputs });
            quotes.as_slice().last().map(|quote| quote.explanation.half_spread + quote.explanation.floor_top_up).unwrap()
        };
        let moved = half(0.0) - half(-rebate);
        let mid = float(inputs.best_bid.0 + inputs.best_ask.0) / 2.0;
        prop_assert!((float(moved) - mid * rebate * 100.0).abs() <= 2.0, "{moved}");
    }

    #[test]
    fn the_microprice_pulls_both_sides_its_way(params in params(), inputs in inputs(), share in 0.0..1.0) {
        let up = LadderInputs { microprice_ticks: inputs.microprice_ticks + share * 400.0, ..inputs };
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
        let inputs = LadderInputs {
            best_bid: Ticks(best_bid), best_ask: Ticks(best_ask), microprice_ticks: a, sigma_1m_bps: Some(b), inventory_ratio: c,
            maker_fee_bps: d, order_qty: Lots(qty), colour: 0,
        };
        let quotes = quotes(&params, &inputs);
        prop_assert!(params.validate().is_ok() || quotes.is_empty());
        prop_assert!(best_bid < best_ask || quotes.is_empty());
    }
}

#[test]
fn one_decision_by_hand() {
    let (params, inputs) = plain();
    let quotes = quotes(&params, &inputs);
    // Fair 100000.25, half spread 10 bps / 2 = 50 ticks, skew -2 bps · 0.5 = -10 ticks, second level 25 ticks further.
    assert_eq!(prices(&quotes, Side::Buy), [99_940, 99_915]);
    assert_eq!(prices(&quotes, Side::Sell), [100_041, 100_066]);
    let e = quotes.as_slice()[1].explanation;
    assert_eq!((e.mid, e.microprice, e.half_spread, e.floor_top_up), (100_000_000_000, 250_000, -50_000_000, 0));
    assert_eq!((e.level, e.skew, e.post_only, e.rounding), (-25_000_000, -10_000_000, 0, -250_000));
}

#[test]
fn the_floor_wins_over_a_tighter_model_and_over_the_maximum() {
    let (params, inputs) = plain();
    let params = LadderParams { adverse_bps: 20.0, levels: 1, ..params };
    let quotes = quotes(&params, &inputs);
    let e = quotes.as_slice()[1].explanation;
    assert_eq!((e.half_spread, e.floor_top_up), (50_000_000, 165_000_000));
    assert!((params.half_spread_bps(Some(1e9)) - 12.5).abs() < 1e-12);
    assert!((params.half_spread_bps(None) - 1.0).abs() < 1e-12);
}

#[test]
fn levels_that_share_a_price_step_out_by_one_tick() {
    let (params, inputs) = plain();
    let params = LadderParams { level_spacing_coeff: 0.0, levels: 10, ..params };
    let quotes = quotes(&params, &inputs);
    assert_eq!(prices(&quotes, Side::Buy), (0..10).map(|i| 99_940 - i).collect::<Vec<_>>());
    assert_eq!(prices(&quotes, Side::Sell), (0..10).map(|i| 100_041 + i).collect::<Vec<_>>());
    assert_eq!(quotes.as_slice().len(), 2 * MAX_LEVELS);
}

#[test]
fn a_quote_that_would_take_stops_one_tick_short() {
    let (params, inputs) = plain();
    let quotes = quotes(&LadderParams { skew_bps: 100.0, ..params }, &LadderInputs { inventory_ratio: -1.0, ..inputs });
    // Short at the limit: the bid wants to be far above the ask of 100001, and its second level follows it.
    assert_eq!(prices(&quotes, Side::Buy), [100_000, 99_999]);
    assert!(quotes.as_slice()[0].explanation.post_only < 0);
    assert!(prices(&quotes, Side::Sell)[0] > 100_900);
}

#[test]
fn the_largest_legal_figures_do_not_overflow() {
    let params = LadderParams {
        k_vola_spread: 100.0,
        min_spread_bps: 1000.0,
        max_spread_bps: 1000.0,
        levels: 10,
        level_spacing_coeff: 10.0,
        skew_bps: 1000.0,
        microprice_weight: 1.0,
        safety_bps: 1000.0,
        adverse_bps: 1000.0,
    };
    let (_, inputs) = plain();
    let top = MAX_PRICE.0;
    let inputs = LadderInputs { best_bid: Ticks(1), best_ask: Ticks(top), maker_fee_bps: 1000.0, inventory_ratio: -1.0, ..inputs };
    for inputs in [inputs, LadderInputs { best_bid: Ticks(top - 1), microprice_ticks: 1e300, ..inputs }] {
        assert_eq!(params.validate(), Ok(()));
        let quotes = quotes(&params, &inputs);
        assert_eq!(quotes.side(Side::Sell).count(), 10);
        assert!(quotes.as_slice().iter().all(|quote| quote.explanation.price() == quote.price.0 * MICRO_TICKS));
    }
}

#[test]
fn unusable_inputs_give_no_quotes() {
    let (params, good) = plain();
    let bad = [
        LadderInputs { best_bid: good.best_ask, ..good },
        LadderInputs { best_bid: Ticks(0), ..good },
        LadderInputs { best_ask: Ticks(MAX_PRICE.0 + 1), ..good },
        LadderInputs { microprice_ticks: f64::NAN, ..good },
        LadderInputs { sigma_1m_bps: Some(f64::INFINITY), ..good },
        LadderInputs { inventory_ratio: f64::NAN, ..good },
        LadderInputs { maker_fee_bps: f64::NAN, ..good },
        LadderInputs { order_qty: Lots(0), ..good },
    ];
    for inputs in bad {
        assert!(quotes(&params, &inputs).is_empty(), "{inputs:?}");
    }
    assert!(quotes(&LadderParams { levels: 0, ..params }, &good).is_empty());
}

#[test]
fn each_parameter_has_a_range() {
    let (good, _) = plain();
    assert_eq!(good.validate(), Ok(()));
    let bad = [
        ("k_vola_spread", LadderParams { k_vola_spread: -0.1, ..good }),
        ("min_spread_bps", LadderParams { min_spread_bps: 26.0, ..good }),
        ("max_spread_bps", LadderParams { max_spread_bps: f64::NAN, ..good }),
        ("levels", LadderParams { levels: 0, ..good }),
        ("levels", LadderParams { levels: 11, ..good }),
        ("level_spacing_coeff", LadderParams { level_spacing_coeff: f64::INFINITY, ..good }),
        ("skew_bps", LadderParams { skew_bps: -1.0, ..good }),
        ("microprice_weight", LadderParams { microprice_weight: 1.1, ..good }),
        ("safety_bps", LadderParams { safety_bps: -1.0, ..good }),
        ("adverse_bps", LadderParams { adverse_bps: 1001.0, ..good }),
    ];
    for (field, params) in bad {
        assert_eq!(params.validate().unwrap_err().field, field);
    }
}
