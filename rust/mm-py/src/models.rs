//! The quoting models as a library: the same lines that trade, one call at a time.

use mm_core::quoting::glft::{Glft, Market};
use mm_core::quoting::ladder::{self, LadderParams};
use mm_core::quoting::stages::{FairShift, Inputs};
use mm_core::quoting::{Quote, avellaneda_stoikov};
use mm_core::units::{Lots, Side, Ticks};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::value_error;

/// `ValueError` unless every figure is positive and finite.
fn positive(figures: &[(&str, f64)]) -> PyResult<()> {
    let bad = figures.iter().find(|(_, figure)| !(figure.is_finite() && *figure > 0.0));
    bad.map_or(Ok(()), |(name, figure)| Err(value_error(format_args!("{name} {figure} must be positive"))))
}

/// `ValueError` unless every figure is finite.
fn finite(figures: &[(&str, f64)]) -> PyResult<()> {
    let bad = figures.iter().find(|(_, figure)| !figure.is_finite());
    bad.map_or(Ok(()), |(name, figure)| Err(value_error(format_args!("{name} {figure} must be finite"))))
}

/// Reservation price and spread of Avellaneda and Stoikov (2008).
#[pyclass(frozen, module = "mmbot._native")]
pub struct AvellanedaStoikov {
    gamma: f64,
    sigma: f64,
    decay: f64,
}

#[pymethods]
impl AvellanedaStoikov {
    #[new]
    #[pyo3(signature = (*, gamma, sigma, decay))]
    fn new(gamma: f64, sigma: f64, decay: f64) -> PyResult<Self> {
        positive(&[("gamma", gamma), ("sigma", sigma), ("decay", decay)])?;
        Ok(Self { gamma, sigma, decay })
    }

    fn reservation(&self, mid: f64, inventory: f64, time_left_s: f64) -> f64 {
        avellaneda_stoikov::reservation(mid, inventory, self.gamma, self.sigma, time_left_s)
    }

    fn spread(&self, time_left_s: f64) -> f64 {
        avellaneda_stoikov::spread(self.gamma, self.decay, self.sigma, time_left_s)
    }

    fn quotes(&self, mid: f64, inventory: f64, time_left_s: f64) -> (f64, f64) {
        let (centre, half) = (self.reservation(mid, inventory, time_left_s), self.spread(time_left_s) / 2.0);
        (centre - half, centre + half)
    }
}

/// Depths of Guéant, Lehalle and Fernandez-Tapia (2013) without an end of time.
#[pyclass(name = "GLFT", frozen, module = "mmbot._native")]
pub struct GlftModel {
    market: Market,
    solved: Glft,
}

#[pymethods]
impl GlftModel {
    #[new]
    #[pyo3(signature = (*, gamma, sigma, intensity, decay, max_inventory, drift = 0.0, adverse = 0.0))]
    fn new(gamma: f64, sigma: f64, intensity: f64, decay: f64, max_inventory: u32, drift: f64, adverse: f64) -> PyResult<Self> {
        positive(&[("gamma", gamma), ("sigma", sigma), ("intensity", intensity), ("decay", decay)])?;
        finite(&[("drift", drift), ("adverse", adverse)])?;
        let market = Market { gamma, sigma, intensity, k: decay, mu: drift, xi: adverse };
        let mut solved = Glft::default();
        if !solved.solve(market, max_inventory) {
            return Err(value_error(format_args!("max_inventory {max_inventory} must be at least 1")));
        }
        Ok(Self { market, solved })
    }

    #[getter]
    fn is_exact(&self) -> bool {
        self.solved.is_exact()
    }

    fn depths(&self, inventory: f64) -> (Option<f64>, Option<f64>) {
        (self.solved.depth(Side::Buy, inventory), self.solved.depth(Side::Sell, inventory))
    }

    fn closed_form(&self, inventory: f64) -> (f64, f64) {
        let [bid, ask] = self.market.closed_form(inventory);
        (bid, ask)
    }
}

/// One quote of the ladder, with the parts of its price in micro-ticks.
#[pyclass(frozen, get_all, module = "mmbot._native")]
pub struct LadderQuote {
    side: &'static str,
    level: u8,
    price_ticks: i64,
    qty_lots: i64,
    parts: Py<PyDict>,
}

impl LadderQuote {
    fn new(py: Python<'_>, quote: &Quote) -> PyResult<Self> {
        let parts = PyDict::new(py);
        for (name, part) in quote.explanation.parts() {
            parts.set_item(name, part)?;
        }
        let Quote { side, level, price, qty, .. } = *quote;
        Ok(Self { side: side.as_str(), level, price_ticks: price.0, qty_lots: qty.0, parts: parts.unbind() })
    }
}

/// A spread by volatility around a fair price, floored by fees, skewed against the inventory.
#[pyclass(frozen, module = "mmbot._native")]
pub struct Ladder {
    params: LadderParams,
}

#[pymethods]
impl Ladder {
    #[new]
    #[pyo3(signature = (*, k_vola_spread, min_spread_bps, max_spread_bps, levels = 1, level_spacing_coeff = 0.0, skew_bps = 0.0,
        microprice_weight = 0.0, safety_bps = 0.0, adverse_bps = 0.0))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        k_vola_spread: f64,
        min_spread_bps: f64,
        max_spread_bps: f64,
        levels: u8,
        level_spacing_coeff: f64,
        skew_bps: f64,
        microprice_weight: f64,
        safety_bps: f64,
        adverse_bps: f64,
    ) -> PyResult<Self> {
        let params = LadderParams {
            k_vola_spread,
            min_spread_bps,
            max_spread_bps,
            levels,
            level_spacing_coeff,
            skew_bps,
            microprice_weight,
            safety_bps,
            adverse_bps,
        };
        params.validate().map_err(value_error)?;
        Ok(Self { params })
    }

    #[pyo3(signature = (best_bid_ticks, best_ask_ticks, order_qty_lots, *, microprice_ticks = None, sigma_1m_bps = None,
        inventory_ratio = 0.0, maker_fee_bps = 0.0, toxicity_bps = 0.0))]
    #[allow(clippy::too_many_arguments, clippy::cast_precision_loss)]
    fn quotes(
        &self,
        py: Python<'_>,
        best_bid_ticks: i64,
        best_ask_ticks: i64,
        order_qty_lots: i64,
        microprice_ticks: Option<f64>,
        sigma_1m_bps: Option<f64>,
        inventory_ratio: f64,
        maker_fee_bps: f64,
        toxicity_bps: f64,
    ) -> PyResult<Vec<LadderQuote>> {
        let inputs = Inputs {
            best_bid: Ticks(best_bid_ticks),
            best_ask: Ticks(best_ask_ticks),
            microprice_ticks: microprice_ticks.unwrap_or(f64::midpoint(best_bid_ticks as f64, best_ask_ticks as f64)),
            sigma_1m_bps,
            inventory_ratio,
            inventory_quotes: 0.0,
            max_inventory_quotes: 1,
            maker_fee_bps,
            fair_shift: FairShift::default(),
            toxicity_bps,
            order_qty: Lots(order_qty_lots),
            colour: 0,
        };
        let quotes = ladder::quotes(&self.params, &inputs);
        if quotes.is_empty() {
            return Err(value_error("bests must be positive and uncrossed, the size positive, bps within 1000 and everything finite"));
        }
        quotes.as_slice().iter().map(|quote| LadderQuote::new(py, quote)).collect()
    }
}
