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

use super::stages::{Inputs, Wish, finish};
use super::{MAX_LEVELS, ParamError, Quotes};

/// What an operator sets. The other models take their limits, levels and floor from here too: everything but `k_vola_spread`. Ranges: see [`LadderParams::validate`].
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
        self.clamped_half_bps(sigma_1m_bps.map_or(0.0, |sigma| self.k_vola_spread * sigma / 2.0))
    }

    /// A model's half spread inside the operator's limits.
    pub(super) fn clamped_half_bps(&self, half_bps: f64) -> f64 {
        half_bps.max(self.min_spread_bps / 2.0).min(self.max_spread_bps / 2.0)
    }

    /// The least half spread in bps at which a fill is expected to pay: never below 0.
    #[must_use]
    pub fn floor_bps(&self, maker_fee_bps: f64) -> f64 {
        (maker_fee_bps + self.adverse_bps + self.safety_bps).max(0.0)
    }
}

/// The desired quotes. Empty if the parameters or the inputs are unusable (out of range, crossed, not finite).
#[must_use]
pub fn quotes(params: &LadderParams, inputs: &Inputs) -> Quotes {
    finish(params, inputs, Some(wish(params, inputs)))
}

/// What the ladder wishes.
pub(crate) fn wish(params: &LadderParams, inputs: &Inputs) -> Wish {
    Wish {
        half_spread_bps: params.half_spread_bps(inputs.sigma_1m_bps),
        shift_bps: -params.skew_bps * inputs.inventory_ratio.clamp(-1.0, 1.0),
        sides: [true; 2],
    }
}
