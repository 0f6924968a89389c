//! The ladder's figures by hand, and what it refuses.
#![allow(clippy::unwrap_used)]

use mm_core::book::MAX_PRICE;
use mm_core::quoting::ladder::{LadderParams, quotes};
use mm_core::quoting::stages::{FairShift, Inputs};
use mm_core::quoting::{MAX_LEVELS, MICRO_TICKS, Quotes};
use mm_core::units::{Lots, Side, Ticks};

fn prices(quotes: &Quotes, side: Side) -> Vec<i64> {
    quotes.side(side).map(|quote| quote.price.0).collect()
}

fn plain() -> (LadderParams, Inputs) {
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
    let inputs = Inputs {
        best_bid: Ticks(99_999),
        best_ask: Ticks(100_001),
        microprice_ticks: 100_000.5,
        sigma_1m_bps: Some(10.0),
        inventory_ratio: 0.5,
        maker_fee_bps: 1.0,
        order_qty: Lots(7),
        inventory_quotes: 0.0,
        max_inventory_quotes: 10,
        fair_shift: FairShift::default(),
        toxicity_bps: 0.0,
        colour: 3,
    };
    (params, inputs)
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
    let quotes = quotes(&LadderParams { skew_bps: 100.0, ..params }, &Inputs { inventory_ratio: -1.0, ..inputs });
    // Short at the limit: the bid wants to be far above the ask of 100001, and its second level follows it.
    assert_eq!(prices(&quotes, Side::Buy), [100_000, 99_999]);
    assert!(quotes.as_slice()[0].explanation.post_only < 0);
    assert!(prices(&quotes, Side::Sell)[0] > 100_900);
}

#[test]
fn even_a_zero_spread_keeps_the_own_bid_below_the_own_ask() {
    let (params, inputs) = plain();
    let params = LadderParams { min_spread_bps: 0.0, max_spread_bps: 0.0, safety_bps: 0.0, adverse_bps: 0.0, levels: 1, ..params };
    let inputs = Inputs { microprice_ticks: 100_000.0, inventory_ratio: 0.0, maker_fee_bps: -1.0, ..inputs };
    let quotes = quotes(&params, &inputs);
    assert_eq!((prices(&quotes, Side::Buy), prices(&quotes, Side::Sell)), (vec![99_999], vec![100_001]));
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
    let inputs = Inputs { best_bid: Ticks(1), best_ask: Ticks(top), maker_fee_bps: 1000.0, inventory_ratio: -1.0, ..inputs };
    for inputs in [inputs, Inputs { best_bid: Ticks(top - 1), microprice_ticks: 1e300, ..inputs }] {
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
        Inputs { best_bid: good.best_ask, ..good },
        Inputs { best_bid: Ticks(0), ..good },
        Inputs { best_ask: Ticks(MAX_PRICE.0 + 1), ..good },
        Inputs { microprice_ticks: f64::NAN, ..good },
        Inputs { sigma_1m_bps: Some(f64::INFINITY), ..good },
        Inputs { inventory_ratio: f64::NAN, ..good },
        Inputs { maker_fee_bps: f64::NAN, ..good },
        Inputs { order_qty: Lots(0), ..good },
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
