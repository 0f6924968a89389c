//! The model of Guéant, Lehalle and Fernandez-Tapia, "Dealing with the inventory risk", Mathematics and Financial Economics 7, 2013,
//! 477–507 (arXiv 1105.3115), without an end of time.
//!
//! Fills d away from the mid come at rate A·exp(−k·d); |q| ≤ Q. With the smallest eigenvalue's eigenvector f of the tridiagonal M,
//!
//! ```text
//! M: diagonal alpha·q² − k·mu·q, off-diagonal −eta    alpha = k·gamma·sigma²/2    eta = A·(1 + gamma/k)^−(1 + k/gamma)·exp(−k·xi/2)
//! bid depth(q) = ln(f(q)/f(q+1))/k + c + xi/2      ask depth(q) = ln(f(q)/f(q−1))/k + c + xi/2      c = ln(1 + gamma/k)/gamma
//! ```
//! and, where Q is far away, in closed form with w = sqrt(gamma·sigma²/(2·k·A)·(1 + gamma/k)^(1 + k/gamma))·exp(k·xi/4):
//!
//! ```text
//! bid depth = c + xi/2 + (1 + 2q)/2·w − mu/(gamma·sigma²)·w     ask depth = c + xi/2 + (1 − 2q)/2·w + mu/(gamma·sigma²)·w
//! ```
//! `mu` is the drift of the mid, `xi` its jump against us at each fill. Any price unit P does: `sigma` in P/√s, `mu` in P/s, `xi` in P,
//! `gamma` in 1/(P·unit of q), `k` in 1/P, A in 1/s; depths in P. [`Glft::quotes`] uses basis points and quotes as
//! `avellaneda_stoikov` does.

use alloc::vec::Vec;

use super::ladder::LadderParams;
use super::stages::{Inputs, Wish, finish};
use super::tridiagonal::{Workspace, smallest_eigenvector};
use super::{ParamError, Quotes, check_positive, check_ranges};
use crate::calibration::Intensity;
use crate::units::Side;

/// Above this Q the boundary is out of sight and the closed form is used.
pub const MAX_EXACT_INVENTORY: u32 = 200;

/// The model's figures in one consistent unit of price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Market {
    pub gamma: f64,
    pub sigma: f64,
    pub intensity: f64,
    pub k: f64,
    pub mu: f64,
    pub xi: f64,
}

impl Market {
    fn is_usable(&self) -> bool {
        let positive = [self.gamma, self.sigma, self.intensity, self.k].iter().all(|figure| *figure > 0.0 && figure.is_finite());
        positive && self.mu.is_finite() && self.xi.is_finite()
    }

    /// c + xi/2: the half spread of a maker without inventory risk.
    fn riskless_half(&self) -> f64 {
        libm::log1p(self.gamma / self.k) / self.gamma + self.xi / 2.0
    }

    /// eta: the off-diagonal of M without its sign.
    #[must_use]
    pub fn eta(&self) -> f64 {
        let exponent = (1.0 + self.k / self.gamma) * libm::log1p(self.gamma / self.k);
        self.intensity * libm::exp(-exponent - self.k * self.xi / 2.0)
    }

    /// M's diagonal entry at inventory `q`.
    #[must_use]
    pub fn diagonal(&self, q: f64) -> f64 {
        self.k * self.gamma * self.sigma * self.sigma / 2.0 * q * q - self.k * self.mu * q
    }

    /// Depths of bid and ask by the closed form.
    #[must_use]
    pub fn closed_form(&self, q: f64) -> [f64; 2] {
        let variance = self.gamma * self.sigma * self.sigma;
        // alpha / (k² · eta) = gamma · sigma² / (2 · k · eta): the powers and exp(k·xi/4) of the formula are inside eta.
        let w = libm::sqrt(variance / (2.0 * self.k * self.eta()));
        let drift = self.mu / variance * w;
        [self.riskless_half() + (1.0 + 2.0 * q) / 2.0 * w - drift, self.riskless_half() + (1.0 - 2.0 * q) / 2.0 * w + drift]
    }
}

/// A solved model. The eigenvector is found once per set of figures; asking again for the same ones is free.
#[derive(Clone, Debug, Default)]
pub struct Glft {
    solved: Option<(Market, u32)>,
    exact: bool,
    limit: f64,
    diagonal: Vec<f64>,
    /// f(−Q) … f(Q).
    eigenvector: Vec<f64>,
    room: Workspace,
}

impl Glft {
    /// Takes figures and the largest absolute inventory. False if they are unusable; depths are then `None`.
    pub fn solve(&mut self, market: Market, limit: u32) -> bool {
        if self.solved == Some((market, limit)) {
            return true;
        }
        self.solved = None;
        if !market.is_usable() || limit == 0 {
            return false;
        }
        self.exact = limit <= MAX_EXACT_INVENTORY && {
            self.diagonal.clear();
            let bound = i32::try_from(limit).unwrap_or(i32::MAX);
            self.diagonal.extend((-bound..=bound).map(|q| market.diagonal(f64::from(q))));
            smallest_eigenvector(&self.diagonal, -market.eta(), &mut self.eigenvector, &mut self.room)
        };
        self.limit = f64::from(limit);
        self.solved = Some((market, limit));
        true
    }

    /// True if the depths come from the eigenvector, false if from the closed form.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// Distance of the quote of `side` from the mid at inventory `q`; between whole numbers by linear interpolation.
    /// `None`: not solved, or the fill would leave |q| ≤ Q.
    #[must_use]
    pub fn depth(&self, side: Side, q: f64) -> Option<f64> {
        let (market, _) = self.solved?;
        let after = q + if side == Side::Buy { 1.0 } else { -1.0 };
        if after.is_nan() || libm::fabs(after) > self.limit {
            return None;
        }
        let q = q.clamp(-self.limit, self.limit);
        if !self.exact {
            return Some(market.closed_form(q)[side.index()]);
        }
        let (low, high) = (libm::floor(q), libm::ceil(q));
        let (at_low, at_high) = (self.exact_depth(&market, side, low)?, self.exact_depth(&market, side, high)?);
        Some(at_low + (q - low) * (at_high - at_low))
    }

    fn exact_depth(&self, market: &Market, side: Side, q: f64) -> Option<f64> {
        let after = if side == Side::Buy { q + 1.0 } else { q - 1.0 };
        let (here, there) = (self.entry(q)?, self.entry(after)?);
        Some(libm::log(here / there) / market.k + market.riskless_half())
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn entry(&self, q: f64) -> Option<f64> {
        let index = q + self.limit;
        if index < 0.0 { None } else { self.eigenvector.get(index as usize).copied() }
    }

    /// The desired quotes; `intensity` is the calibrated A and k, if there is one. Empty without a volatility, or if something is unusable.
    #[must_use]
    pub fn quotes(&mut self, params: &GlftParams, intensity: Option<Intensity>, ladder: &LadderParams, inputs: &Inputs) -> Quotes {
        let wish = self.wish(params, intensity, ladder, inputs);
        finish(ladder, inputs, wish)
    }

    /// What the model wishes; `None` without a volatility, or if something is unusable.
    pub(crate) fn wish(
        &mut self,
        params: &GlftParams,
        intensity: Option<Intensity>,
        ladder: &LadderParams,
        inputs: &Inputs,
    ) -> Option<Wish> {
        let sigma = inputs.sigma_bps_per_sqrt_s().filter(|_| params.validate().is_ok())?;
        let intensity = intensity.unwrap_or(Intensity { per_second: params.intensity_per_s, decay: params.decay_per_bps });
        let market = Market {
            gamma: params.gamma,
            sigma: to_grid(sigma.max(LEAST_SIGMA)),
            intensity: intensity.per_second,
            k: intensity.decay,
            mu: params.drift_bps_per_s,
            xi: libm::rint((ladder.adverse_bps + inputs.toxicity_bps) / XI_GRID_BPS) * XI_GRID_BPS,
        };
        if !self.solve(market, inputs.max_inventory_quotes) {
            return None;
        }
        let q = inputs.inventory_quotes;
        Some(match (self.depth(Side::Buy, q), self.depth(Side::Sell, q)) {
            (Some(bid), Some(ask)) => Wish { half_spread_bps: f64::midpoint(bid, ask), shift_bps: (ask - bid) / 2.0, sides: [true; 2] },
            // At the limit one side is left: the flat maker's half spread, and the rest is inventory.
            (bid, ask) => {
                let half = self.depth(Side::Buy, 0.0)?;
                let shift = bid.map_or(0.0, |bid| half - bid) + ask.map_or(0.0, |ask| ask - half);
                Wish { half_spread_bps: half, shift_bps: shift, sides: [bid.is_some(), ask.is_some()] }
            }
        })
    }
}

/// Below this volatility (bps per √s) the eigenvector spans more than doubles hold and inventory costs nothing.
const LEAST_SIGMA: f64 = 1e-3;
const XI_GRID_BPS: f64 = 0.05;

/// To the nearest of 32 steps an octave (±1.1 %): a volatility that trembles must not cost a new eigenvector at each frame.
fn to_grid(sigma: f64) -> f64 {
    libm::exp2(libm::rint(libm::log2(sigma) * 32.0) / 32.0)
}

/// What an operator sets. Everything else a quote needs (limits, levels, floor) is [`LadderParams`]; its `adverse_bps` and the
/// toxicity guard's widening are the model's xi.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GlftParams {
    /// Risk aversion, per bp and quote of inventory.
    pub gamma: f64,
    /// Fill rate at the mid, per second; this and the next are the values until (and unless) a calibration has them.
    pub intensity_per_s: f64,
    /// Decay of the fill rate, per bp.
    pub decay_per_bps: f64,
    /// Expected drift of the mid.
    pub drift_bps_per_s: f64,
}

impl GlftParams {
    /// # Errors
    /// [`ParamError`]: the first field outside its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        check_positive(&[
            ("gamma", self.gamma, 100.0, "must lie above 0, at most 100"),
            ("intensity_per_s", self.intensity_per_s, 1e6, "must lie above 0, at most 1000000"),
            ("decay_per_bps", self.decay_per_bps, 1000.0, "must lie above 0, at most 1000"),
        ])?;
        check_ranges(&[("drift_bps_per_s", self.drift_bps_per_s, -100.0, 100.0, "must lie in -100..=100")])
    }
}
