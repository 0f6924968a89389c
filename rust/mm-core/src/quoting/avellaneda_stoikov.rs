//! The model of Avellaneda and Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8(3), 2008, 217–224.
//!
//! The mid is a Brownian motion of volatility sigma, orders d away from it are filled at rate A·exp(−k·d), utility is exponential
//! with risk aversion gamma, and `tau` is the time left:
//!
//! ```text
//! reservation price r = mid − q · gamma · sigma² · tau
//! spread              = gamma · sigma² · tau + (2 / gamma) · ln(1 + gamma / k)
//! bid, ask            = r ∓ spread / 2
//! ```
//! The pure functions hold in any price unit P: `mid` in P, `sigma` in P/√s, `gamma` in 1/(P·unit of q), `k` in 1/P, `tau` in s.
//! A market that never closes has no end, so [`quotes`] takes `tau` as a constant. Its price unit is the basis point of the mid and its
//! unit of inventory is one quote (`order_qty`), so that one set of parameters serves markets of any price.

use super::ladder::LadderParams;
use super::stages::{Inputs, Wish, finish};
use super::{ParamError, Quotes, check_positive};

/// The price at which the holder of `inventory` is indifferent between having it and not.
#[must_use]
pub fn reservation(mid: f64, inventory: f64, gamma: f64, sigma: f64, tau: f64) -> f64 {
    mid - inventory * gamma * sigma * sigma * tau
}

/// The total optimal spread around the reservation price. `gamma` and `k` must be positive.
#[must_use]
pub fn spread(gamma: f64, k: f64, sigma: f64, tau: f64) -> f64 {
    gamma * sigma * sigma * tau + 2.0 / gamma * libm::log1p(gamma / k)
}

/// What an operator sets. Everything else a quote needs (limits, levels, floor) is [`LadderParams`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AvellanedaStoikovParams {
    /// Risk aversion, per bp and quote of inventory.
    pub gamma: f64,
    /// Decay of the fill rate, per bp; the value until (and unless) a calibration has one.
    pub decay_per_bps: f64,
    /// The constant time left, in seconds.
    pub horizon_s: f64,
}

impl AvellanedaStoikovParams {
    /// # Errors
    /// [`ParamError`]: the first field outside its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        check_positive(&[
            ("gamma", self.gamma, 100.0, "must lie above 0, at most 100"),
            ("decay_per_bps", self.decay_per_bps, 1000.0, "must lie above 0, at most 1000"),
            ("horizon_s", self.horizon_s, 86_400.0, "must lie above 0, at most 86400"),
        ])
    }
}

/// The desired quotes; `decay_per_bps` is the calibrated k, if there is one. Empty without a volatility, or if something is unusable.
#[must_use]
pub fn quotes(params: &AvellanedaStoikovParams, decay_per_bps: Option<f64>, ladder: &LadderParams, inputs: &Inputs) -> Quotes {
    finish(ladder, inputs, wish(params, decay_per_bps, inputs))
}

/// What the model wishes; `None` without a volatility, or if its parameters are unusable.
pub(crate) fn wish(params: &AvellanedaStoikovParams, decay_per_bps: Option<f64>, inputs: &Inputs) -> Option<Wish> {
    let sigma = inputs.sigma_bps_per_sqrt_s().filter(|_| params.validate().is_ok())?;
    let k = decay_per_bps.unwrap_or(params.decay_per_bps);
    Some(Wish {
        half_spread_bps: spread(params.gamma, k, sigma, params.horizon_s) / 2.0,
        shift_bps: reservation(0.0, inputs.inventory_quotes, params.gamma, sigma, params.horizon_s),
        sides: [true; 2],
    })
}
