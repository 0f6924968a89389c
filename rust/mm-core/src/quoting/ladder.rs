//! The ladder: a volatility-scaled spread around a fair price, floored by fees, skewed against the inventory, in evenly spaced levels.
//!
//! ```text
//! fair        = mid + microprice_weight · (microprice − mid)
//! half spread = max(clamp(k_vola_spread · sigma_1m, min, max) / 2, floor)
//! floor       = max(maker_fee + adverse + safety, 0)
//! level i     = half spread · (1 + i · level_spacing_coeff)
//! bid, ask    = fair ∓ level i − skew · inventory_ratio
//! ```
//! All `_bps` are basis points of the mid. The floor wins over `max_spread_bps`: a wide quote costs nothing, one that loses does.
//! A rebate (negative `maker_fee_bps`) lowers the floor by exactly its size until the floor is 0; a larger one changes nothing
//! more, since being paid to trade is no reason to quote inside the model's own spread.

use super::{Explanation, MAX_LEVELS, MICRO_TICKS, ParamError, Quote, Quotes};
use crate::book::MAX_PRICE;
use crate::units::{Lots, Side, Ticks};

/// What an operator sets. Ranges: see [`LadderParams::validate`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LadderParams {
    /// Full spread in bps per bps of one-minute volatility.
    pub k_vola_spread: f64,
    pub min_spread_bps: f64,
    pub max_spread_bps: f64,
    /// Quotes a side.
    pub levels: u8,
    /// Distance between levels, in half spreads.
    pub level_spacing_coeff: f64,
    /// Shift of both quotes at full inventory.
    pub skew_bps: f64,
    /// 0: quote around the mid; 1: around the microprice.
    pub microprice_weight: f64,
    /// Margin wanted above fee and adverse selection.
    pub safety_bps: f64,
    /// Expected loss to adverse selection per fill.
    pub adverse_bps: f64,
}

impl LadderParams {
    /// Checks every field.
    ///
    /// # Errors
    /// [`ParamError`]: the first field outside its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        let bps = "must lie in 0..=1000";
        let ranges = [
            ("k_vola_spread", self.k_vola_spread, 100.0, "must lie in 0..=100"),
            ("min_spread_bps", self.min_spread_bps, 1000.0, bps),
            ("max_spread_bps", self.max_spread_bps, 1000.0, bps),
            ("level_spacing_coeff", self.level_spacing_coeff, 10.0, "must lie in 0..=10"),
            ("skew_bps", self.skew_bps, 1000.0, bps),
            ("microprice_weight", self.microprice_weight, 1.0, "must lie in 0..=1"),
            ("safety_bps", self.safety_bps, 1000.0, bps),
            ("adverse_bps", self.adverse_bps, 1000.0, bps),
        ];
        for (field, value, most, why) in ranges {
            if !(0.0..=most).contains(&value) {
                return Err(ParamError { field, why });
            }
        }
        if self.min_spread_bps > self.max_spread_bps {
            return Err(ParamError { field: "min_spread_bps", why: "must not exceed max_spread_bps" });
        }
        if self.levels == 0 || usize::from(self.levels) > MAX_LEVELS {
            return Err(ParamError { field: "levels", why: "must lie in 1..=10" });
        }
        Ok(())
    }

    /// The model's half spread in bps, before the floor. Without a volatility it is the least.
    #[must_use]
    pub fn half_spread_bps(&self, sigma_1m_bps: Option<f64>) -> f64 {
        let wanted = sigma_1m_bps.map_or(0.0, |sigma| self.k_vola_spread * sigma);
        wanted.max(self.min_spread_bps).min(self.max_spread_bps) / 2.0
    }

    /// The least half spread in bps at which a fill is expected to pay: never below 0.
    #[must_use]
    pub fn floor_bps(&self, maker_fee_bps: f64) -> f64 {
        (maker_fee_bps + self.adverse_bps + self.safety_bps).max(0.0)
    }
}

/// What the model sees at one decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LadderInputs {
    /// Best prices of the others.
    pub best_bid: Ticks,
    pub best_ask: Ticks,
    /// In ticks; taken as the nearest of the two bests if it lies outside them.
    pub microprice_ticks: f64,
    /// `None` until the estimate is warm.
    pub sigma_1m_bps: Option<f64>,
    /// Position / maximum position; taken as ±1 beyond.
    pub inventory_ratio: f64,
    /// Negative is a rebate.
    pub maker_fee_bps: f64,
    pub order_qty: Lots,
    /// The parameter set's mark on every quote.
    pub colour: u8,
}

impl LadderInputs {
    fn is_usable(&self) -> bool {
        let prices = Ticks::ZERO < self.best_bid && self.best_bid < self.best_ask && self.best_ask <= MAX_PRICE;
        let floats = [self.microprice_ticks, self.inventory_ratio, self.sigma_1m_bps.unwrap_or(0.0)];
        prices && self.order_qty > Lots::ZERO && floats.iter().all(|x| x.is_finite()) && self.maker_fee_bps.abs() <= 1000.0
    }
}

/// The contributions that both sides share, in micro-ticks.
struct Terms {
    mid: i64,
    microprice: i64,
    half_spread: i64,
    floor_top_up: i64,
    skew: i64,
}

/// The desired quotes. Empty if the parameters or the inputs are unusable (out of range, crossed, not finite).
/// A bid that would lie below one tick is left out.
#[must_use]
pub fn quotes(params: &LadderParams, inputs: &LadderInputs) -> Quotes {
    let mut out = Quotes::new();
    if params.validate().is_err() || !inputs.is_usable() {
        return out;
    }
    let terms = terms(params, inputs);
    for side in Side::BOTH {
        let mut inner = None;
        for level in 0..params.levels {
            let explanation = explain(params, inputs, &terms, side, level, inner);
            let price = Ticks(explanation.price() / MICRO_TICKS);
            if price <= Ticks::ZERO {
                break;
            }
            inner = Some(price);
            out.push(Quote { side, level, colour: inputs.colour, price, qty: inputs.order_qty, explanation });
        }
    }
    out
}

fn terms(params: &LadderParams, inputs: &LadderInputs) -> Terms {
    let (bid, ask) = (inputs.best_bid.0, inputs.best_ask.0);
    let mid = (bid + ask) * (MICRO_TICKS / 2);
    let bid_to_micro = inputs.microprice_ticks.clamp(float(bid), float(ask)) - float(bid);
    let off_mid = params.microprice_weight * (bid_to_micro - float(ask - bid) / 2.0);
    let half_bps = params.half_spread_bps(inputs.sigma_1m_bps);
    let top_up_bps = (params.floor_bps(inputs.maker_fee_bps) - half_bps).max(0.0);
    let skew_bps = params.skew_bps * inputs.inventory_ratio.clamp(-1.0, 1.0);
    Terms {
        mid,
        microprice: micro_ticks(off_mid),
        // At least one micro-tick, so that the own bid stays below the own ask.
        half_spread: of_mid(mid, half_bps).max(1),
        floor_top_up: of_mid(mid, top_up_bps),
        skew: -of_mid(mid, skew_bps),
    }
}

/// Prices one level; `inner` is the price of the level before it.
fn explain(params: &LadderParams, inputs: &LadderInputs, terms: &Terms, side: Side, level: u8, inner: Option<Ticks>) -> Explanation {
    let outward = -side.sign();
    let half = terms.half_spread + terms.floor_top_up;
    let further = libm::round(float(half) * params.level_spacing_coeff * f64::from(level));
    let mut e = Explanation {
        mid: terms.mid,
        microprice: terms.microprice,
        half_spread: outward * terms.half_spread,
        floor_top_up: outward * terms.floor_top_up,
        level: outward * integer(further),
        skew: terms.skew,
        post_only: 0,
        rounding: 0,
    };
    let limit = match side {
        Side::Buy => inputs.best_ask.0 - 1,
        Side::Sell => inputs.best_bid.0 + 1,
    };
    let inside = outward * (limit * MICRO_TICKS - e.unrounded());
    e.post_only = outward * inside.max(0);
    e.rounding = to_grid(e.unrounded(), side);
    if let Some(inner) = inner {
        let least = (inner.0 + outward) * MICRO_TICKS;
        e.level += outward * (outward * (least - e.price())).max(0);
    }
    e
}

/// What takes a price to the grid away from the touch: a bid down, an ask up.
fn to_grid(price: i64, side: Side) -> i64 {
    match side {
        Side::Buy => -price.rem_euclid(MICRO_TICKS),
        Side::Sell => (-price).rem_euclid(MICRO_TICKS),
    }
}

/// `bps` of the mid, in micro-ticks.
fn of_mid(mid: i64, bps: f64) -> i64 {
    integer(libm::round(float(mid) * bps / 10_000.0))
}

fn micro_ticks(ticks: f64) -> i64 {
    integer(libm::round(ticks * 1e6))
}

#[allow(clippy::cast_precision_loss)]
fn float(value: i64) -> f64 {
    value as f64
}

/// Inputs are bounded far inside 64 bits ([`LadderParams::validate`], [`MAX_PRICE`]); the cast saturates in any case.
#[allow(clippy::cast_possible_truncation)]
fn integer(value: f64) -> i64 {
    value as i64
}
