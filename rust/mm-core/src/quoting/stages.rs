//! What every model's wish goes through to become quotes: fair price, limits, floor, levels, skew bound, post-only, rounding.
//!
//! ```text
//! fair        = mid + microprice_weight · (microprice − mid) + imbalance + order flow + funding
//! half spread = max(clamp(model's, min / 2, max / 2), floor)
//! floor       = max(maker_fee + adverse + safety, 0), and what the toxicity guard adds to adverse
//! level i     = half spread · (1 + i · level_spacing_coeff)
//! bid, ask    = fair ∓ level i + clamp(model's shift, ±skew)
//! ```
//! All `_bps` are basis points of the mid.

use super::ladder::LadderParams;
use super::{Explanation, MICRO_TICKS, Quote, Quotes};
use crate::book::MAX_PRICE;
use crate::units::{Lots, Side, Ticks};

/// How far signals move the fair price away from the microprice; 0 where a signal is off or not warm.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FairShift {
    pub imbalance_bps: f64,
    pub order_flow_bps: f64,
    pub funding_bps: f64,
}

/// What a model sees at one decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inputs {
    /// Best prices of the others.
    pub best_bid: Ticks,
    pub best_ask: Ticks,
    /// In ticks; taken as the nearest of the two bests if it lies outside them.
    pub microprice_ticks: f64,
    /// `None` until the estimate is warm.
    pub sigma_1m_bps: Option<f64>,
    /// Position / maximum position; taken as ±1 beyond.
    pub inventory_ratio: f64,
    /// Position / `order_qty`.
    pub inventory_quotes: f64,
    /// Maximum position in whole `order_qty`.
    pub max_inventory_quotes: u32,
    /// Negative is a rebate.
    pub maker_fee_bps: f64,
    pub fair_shift: FairShift,
    /// What the toxicity guard adds to the expected adverse selection: 0 or more.
    pub toxicity_bps: f64,
    pub order_qty: Lots,
    /// The parameter set's mark on every quote.
    pub colour: u8,
}

impl Inputs {
    fn is_usable(&self) -> bool {
        let prices = Ticks::ZERO < self.best_bid && self.best_bid < self.best_ask && self.best_ask <= MAX_PRICE;
        let floats = [self.microprice_ticks, self.inventory_ratio, self.inventory_quotes, self.sigma_1m_bps.unwrap_or(0.0)];
        let FairShift { imbalance_bps, order_flow_bps, funding_bps } = self.fair_shift;
        let bounded = [self.maker_fee_bps, imbalance_bps, order_flow_bps, funding_bps, self.toxicity_bps];
        prices && self.order_qty > Lots::ZERO && floats.iter().all(|x| x.is_finite()) && bounded.iter().all(|x| x.abs() <= 1000.0)
    }

    /// Volatility in bps per √s, as the models with a clock want it.
    #[must_use]
    pub fn sigma_bps_per_sqrt_s(&self) -> Option<f64> {
        self.sigma_1m_bps.map(|sigma| sigma / libm::sqrt(60.0))
    }
}

/// What a model wants, before anything limits it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wish {
    pub half_spread_bps: f64,
    /// Of both quotes, against the inventory.
    pub shift_bps: f64,
    /// Which sides to quote, bids first.
    pub sides: [bool; 2],
}

/// The contributions that both sides share, in micro-ticks.
struct Terms {
    mid: i64,
    microprice: i64,
    imbalance: i64,
    order_flow: i64,
    funding: i64,
    half_spread: i64,
    floor_top_up: i64,
    toxicity: i64,
    skew: i64,
}

/// The desired quotes of a model that wishes something; none of one that does not.
pub(super) fn finish(params: &LadderParams, inputs: &Inputs, wish: Option<Wish>) -> Quotes {
    let mut out = Quotes::new();
    if let Some(wish) = wish.filter(|_| params.validate().is_ok()) {
        fill(params, inputs, &wish, &mut out);
    }
    out
}

/// Appends the desired quotes of parameters that have been validated. None if inputs or the wish are unusable (out of range, crossed, not
/// finite). A bid that would lie below one tick is left out.
pub(crate) fn fill(params: &LadderParams, inputs: &Inputs, wish: &Wish, out: &mut Quotes) {
    let finite = wish.half_spread_bps.is_finite() && wish.shift_bps.is_finite();
    if !finite || !inputs.is_usable() {
        return;
    }
    let terms = terms(params, inputs, wish);
    for side in Side::BOTH.into_iter().filter(|side| wish.sides[side.index()]) {
        let mut inner = None;
        for level in 0..params.levels {
            let (explanation, price) = explain(params, inputs, &terms, side, level, inner);
            if price <= Ticks::ZERO {
                break;
            }
            inner = Some(price);
            out.push(Quote { side, level, colour: inputs.colour, price, qty: inputs.order_qty, explanation });
        }
    }
}

fn terms(params: &LadderParams, inputs: &Inputs, wish: &Wish) -> Terms {
    let (bid, ask) = (inputs.best_bid.0, inputs.best_ask.0);
    let mid = (bid + ask) * (MICRO_TICKS / 2);
    let bid_to_micro = inputs.microprice_ticks.clamp(float(bid), float(ask)) - float(bid);
    let off_mid = params.microprice_weight * (bid_to_micro - float(ask - bid) / 2.0);
    let half_bps = params.clamped_half_bps(wish.half_spread_bps);
    let top_up = of_mid(mid, (params.floor_bps(inputs.maker_fee_bps) - half_bps).max(0.0));
    let guarded = of_mid(mid, (params.floor_bps(inputs.maker_fee_bps + inputs.toxicity_bps.max(0.0)) - half_bps).max(0.0));
    Terms {
        mid,
        microprice: micro_ticks(off_mid),
        imbalance: of_mid(mid, inputs.fair_shift.imbalance_bps),
        order_flow: of_mid(mid, inputs.fair_shift.order_flow_bps),
        funding: of_mid(mid, inputs.fair_shift.funding_bps),
        // At least one micro-tick, so that the own bid stays below the own ask.
        half_spread: of_mid(mid, half_bps).max(1),
        floor_top_up: top_up,
        toxicity: guarded - top_up,
        skew: of_mid(mid, wish.shift_bps.clamp(-params.skew_bps, params.skew_bps)),
    }
}

/// Prices one level; `inner` is the price of the level before it. Out of line: a copy for each side would crowd the instruction cache.
#[inline(never)]
fn explain(params: &LadderParams, inputs: &Inputs, terms: &Terms, side: Side, level: u8, inner: Option<Ticks>) -> (Explanation, Ticks) {
    let outward = -side.sign();
    let half = terms.half_spread + terms.floor_top_up + terms.toxicity;
    let further = rounded(float(half) * params.level_spacing_coeff * f64::from(level));
    let mut e = Explanation {
        mid: terms.mid,
        microprice: terms.microprice,
        imbalance: terms.imbalance,
        order_flow: terms.order_flow,
        funding: terms.funding,
        half_spread: outward * terms.half_spread,
        floor_top_up: outward * terms.floor_top_up,
        toxicity: outward * terms.toxicity,
        level: outward * further,
        skew: terms.skew,
        ..Explanation::default()
    };
    let limit = match side {
        Side::Buy => inputs.best_ask.0 - 1,
        Side::Sell => inputs.best_bid.0 + 1,
    };
    // Summed once; what follows is added to both.
    let wished = e.unrounded();
    e.post_only = outward * (outward * (limit * MICRO_TICKS - wished)).max(0);
    e.rounding = to_grid(wished + e.post_only, side);
    let mut price = wished + e.post_only + e.rounding;
    if let Some(inner) = inner {
        let least = (inner.0 + outward) * MICRO_TICKS;
        let apart = outward * (outward * (least - price)).max(0);
        e.level += apart;
        price += apart;
    }
    (e, Ticks(price / MICRO_TICKS))
}

/// What takes a price to the grid away from the touch: a bid down, an ask up.
pub(super) fn to_grid(price: i64, side: Side) -> i64 {
    match side {
        Side::Buy => -price.rem_euclid(MICRO_TICKS),
        Side::Sell => (-price).rem_euclid(MICRO_TICKS),
    }
}

/// `bps` of the mid, in micro-ticks.
fn of_mid(mid: i64, bps: f64) -> i64 {
    rounded(float(mid) * bps / 10_000.0)
}

fn micro_ticks(ticks: f64) -> i64 {
    rounded(ticks * 1e6)
}

#[allow(clippy::cast_precision_loss)]
fn float(value: i64) -> f64 {
    value as f64
}

/// [`libm::round`] as an integer: the cast cuts off what rounding would. Inputs are bounded far inside 64 bits
/// ([`LadderParams::validate`], [`MAX_PRICE`]); the cast saturates in any case.
#[allow(clippy::cast_possible_truncation)]
fn rounded(value: f64) -> i64 {
    (value + libm::copysign(BELOW_HALF, value)) as i64
}

/// The greatest number below a half: what half way is rounded up, what is less is not.
const BELOW_HALF: f64 = 0.5 - f64::EPSILON / 4.0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[allow(clippy::cast_possible_truncation)]
    fn check(value: f64) {
        assert_eq!(rounded(value), libm::round(value) as i64, "{value}");
    }

    proptest! {
        #[test]
        fn rounds_as_libm_does(value in proptest::num::f64::ANY, near in -1_000_000_i64..1_000_000, ulps in -3_i64..4) {
            check(value);
            let half = float(near) + 0.5;
            check(f64::from_bits(half.to_bits().wrapping_add_signed(ulps)));
        }
    }

    #[test]
    fn rounds_half_way_away_from_zero() {
        for value in [0.0, -0.0, 0.5, -0.5, 0.499_999_999_999_999_94, 1.5, 2.5, -2.5, 4_503_599_627_370_495.5, f64::NAN, f64::INFINITY] {
            check(value);
        }
    }
}
