//! Both models end in the ladder's stages: exact explanations, passive prices, bounded skew.
#![allow(clippy::unwrap_used)]

use mm_core::calibration::Intensity;
use mm_core::quoting::avellaneda_stoikov::{self, AvellanedaStoikovParams};
use mm_core::quoting::glft::{Glft, GlftParams};
use mm_core::quoting::ladder::LadderParams;
use mm_core::quoting::stages::{FairShift, Inputs};
use mm_core::quoting::{MICRO_TICKS, Quotes};
use mm_core::units::{Lots, Side, Ticks};
use proptest::prelude::*;

const AS: AvellanedaStoikovParams = AvellanedaStoikovParams { gamma: 0.05, decay_per_bps: 0.5, horizon_s: 60.0 };
const GLFT: GlftParams = GlftParams { gamma: 0.05, intensity_per_s: 1.0, decay_per_bps: 0.5, drift_bps_per_s: 0.0 };

fn limits() -> LadderParams {
    LadderParams {
        k_vola_spread: 0.0,
        min_spread_bps: 0.0,
        max_spread_bps: 1000.0,
        levels: 1,
        level_spacing_coeff: 0.5,
        skew_bps: 100.0,
        microprice_weight: 0.0,
        safety_bps: 0.0,
        adverse_bps: 0.0,
    }
}

/// 1 bp is 10 ticks; sigma is 1 bp per √s.
fn inputs() -> Inputs {
    Inputs {
        best_bid: Ticks(99_999),
        best_ask: Ticks(100_001),
        microprice_ticks: 100_000.0,
        sigma_1m_bps: Some(libm::sqrt(60.0)),
        inventory_ratio: 0.2,
        inventory_quotes: 2.0,
        max_inventory_quotes: 10,
        maker_fee_bps: 0.0,
        fair_shift: FairShift::default(),
        toxicity_bps: 0.0,
        order_qty: Lots(5),
        colour: 1,
    }
}

fn both(inputs: &Inputs, limits: &LadderParams) -> [Quotes; 2] {
    [avellaneda_stoikov::quotes(&AS, None, limits, inputs), Glft::default().quotes(&GLFT, None, limits, inputs)]
}

fn prices(quotes: &Quotes) -> Vec<i64> {
    quotes.as_slice().iter().map(|quote| quote.price.0).collect()
}

#[test]
fn avellaneda_stoikov_by_hand() {
    let quotes = avellaneda_stoikov::quotes(&AS, None, &limits(), &inputs());
    // Reservation 2 · 0.05 · 60 = 6 bps lower; half spread 1.5 + 20 · ln 1.1 = 3.40620 bps.
    let e = quotes.as_slice()[1].explanation;
    assert_eq!((e.skew, e.half_spread), (-60_000_000, 34_062_036));
    assert_eq!(prices(&quotes), [99_905, 99_999 + 1], "the ask stops one tick above the best bid");
    let steeper = avellaneda_stoikov::quotes(&AS, Some(1.0), &limits(), &inputs());
    assert!(steeper.as_slice()[1].explanation.half_spread < e.half_spread, "a calibrated k counts");
}

#[test]
fn glft_quotes_stand_at_the_solved_depths() {
    let (limits, inputs) = (limits(), Inputs { inventory_quotes: 0.0, ..inputs() });
    let mut glft = Glft::default();
    let flat = glft.quotes(&GLFT, None, &limits, &inputs);
    let depth = glft.depth(Side::Buy, 0.0).unwrap();
    let e = flat.as_slice()[1].explanation;
    assert!((libm::round(depth * 1e7) - e.half_spread as f64).abs() < 2.0, "{depth} {e:?}");
    assert_eq!(e.skew, 0);
    let busy = glft.quotes(&GLFT, Some(Intensity { per_second: 50.0, decay: 0.5 }), &limits, &inputs);
    assert!(busy.as_slice()[1].explanation.half_spread < e.half_spread, "a calibrated A counts");
    let toxic = glft.quotes(&GLFT, None, &limits, &Inputs { toxicity_bps: 2.0, ..inputs });
    assert!(toxic.as_slice()[1].explanation.half_spread > e.half_spread, "the guard is the model's xi");
}

#[test]
fn glft_drops_the_side_that_would_pass_the_limit() {
    for (q, left) in [(10.0, Side::Sell), (9.5, Side::Sell), (-10.0, Side::Buy)] {
        let quotes = Glft::default().quotes(&GLFT, None, &limits(), &Inputs { inventory_quotes: q, inventory_ratio: q / 10.0, ..inputs() });
        assert_eq!(quotes.as_slice().iter().map(|quote| quote.side).collect::<Vec<_>>(), [left], "{q}");
    }
}

#[test]
fn without_a_volatility_there_is_no_quote() {
    for quotes in both(&Inputs { sigma_1m_bps: None, ..inputs() }, &limits()) {
        assert!(quotes.is_empty());
    }
}

#[test]
fn the_toxicity_guard_raises_the_floor_and_is_named() {
    let limits = LadderParams { max_spread_bps: 2.0, adverse_bps: 2.0, ..limits() };
    for quotes in both(&Inputs { toxicity_bps: 1.5, ..inputs() }, &limits) {
        let e = quotes.as_slice()[0].explanation;
        assert_eq!((e.half_spread, e.floor_top_up, e.toxicity), (-10_000_000, -10_000_000, -15_000_000));
    }
}

#[test]
fn fair_shifts_move_both_sides_alike_and_are_named() {
    let shift = FairShift { imbalance_bps: 0.3, order_flow_bps: 0.2, funding_bps: -1.0 };
    for (moved, still) in both(&Inputs { fair_shift: shift, ..inputs() }, &limits()).iter().zip(both(&inputs(), &limits())) {
        for (moved, still) in moved.as_slice().iter().zip(still.as_slice()) {
            let (e, base) = (moved.explanation, still.explanation);
            assert_eq!((e.imbalance, e.order_flow, e.funding), (3_000_000, 2_000_000, -10_000_000));
            assert_eq!((e.half_spread, e.skew), (base.half_spread, base.skew));
            assert!(moved.price <= still.price);
        }
    }
}

proptest! {
    #[test]
    fn prices_are_explained_exactly_and_stay_passive(q in -12.0..12.0_f64, sigma in 0.0..80.0_f64, bound in 0.0..20.0_f64, shift in -3.0..3.0_f64, levels in 1_u8..5) {
        let limits = LadderParams { skew_bps: bound, levels, max_spread_bps: 40.0, ..limits() };
        let fair_shift = FairShift { imbalance_bps: shift, order_flow_bps: -shift / 3.0, funding_bps: shift / 7.0 };
        let inputs = Inputs { inventory_quotes: q, sigma_1m_bps: Some(sigma), fair_shift, ..inputs() };
        for quotes in both(&inputs, &limits) {
            for quote in quotes.as_slice() {
                let e = quote.explanation;
                let fair = e.mid + e.microprice + e.imbalance + e.order_flow + e.funding;
                let sum = fair + e.half_spread + e.floor_top_up + e.toxicity + e.level + e.skew + e.post_only + e.rounding;
                prop_assert_eq!(sum, quote.price.0 * MICRO_TICKS);
                #[allow(clippy::cast_precision_loss)]
                let skew = e.skew as f64;
                prop_assert!(skew.abs() <= bound * 1e7 + 1.0 && skew * q <= 0.0, "{:?}", e);
                let passive = if quote.side == Side::Buy { quote.price < inputs.best_ask } else { quote.price > inputs.best_bid };
                prop_assert!(passive);
            }
        }
    }

    #[test]
    fn more_inventory_never_raises_a_quote(q in -9.0..8.0_f64, more in 0.0..1.0_f64) {
        let [light, heavy] = [q, q + more].map(|q| both(&Inputs { inventory_quotes: q, ..inputs() }, &limits()));
        for (light, heavy) in light.iter().zip(&heavy) {
            prop_assert!(prices(heavy).iter().zip(prices(light)).all(|(heavy, light)| *heavy <= light));
        }
    }
}
