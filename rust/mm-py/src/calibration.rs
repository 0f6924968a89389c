//! Calibration of the trade intensity, as a library.

use mm_core::calibration::{self, Bin, Fit};
use mm_core::units::Ticks;
use pyo3::prelude::*;

use crate::errors::value_error;
use crate::strategy::side_of;

/// A fit of intensity · exp(−decay · depth), with standard errors.
#[pyclass(frozen, get_all, module = "mmbot._native")]
pub struct IntensityFit {
    intensity_per_s: f64,
    intensity_error: f64,
    decay: f64,
    decay_error: f64,
    hits: u32,
}

impl From<Fit> for IntensityFit {
    fn from(fit: Fit) -> Self {
        Self {
            intensity_per_s: fit.intensity.per_second,
            intensity_error: fit.per_second_error,
            decay: fit.intensity.decay,
            decay_error: fit.decay_error,
            hits: fit.hits,
        }
    }
}

/// Counts how deep market orders reach, and fits at the end of each window.
#[pyclass(module = "mmbot._native")]
pub struct Calibration {
    counts: calibration::Calibration,
}

#[pymethods]
impl Calibration {
    #[new]
    #[pyo3(signature = (*, step_ns, window_ns, range_bps))]
    fn new(step_ns: i64, window_ns: i64, range_bps: f64) -> PyResult<Self> {
        let counts = calibration::Calibration::new(step_ns, window_ns, range_bps);
        let counts = counts.ok_or_else(|| value_error("must hold: 0 < step_ns <= window_ns and 0 < range_bps <= 1000"))?;
        Ok(Self { counts })
    }

    fn quoted(&mut self, ts_ns: i64, best_bid_ticks: i64, best_ask_ticks: i64) {
        self.counts.quoted(ts_ns, Ticks(best_bid_ticks), Ticks(best_ask_ticks));
    }

    fn traded(&mut self, ts_ns: i64, taker_side: &str, price_ticks: i64) -> PyResult<()> {
        self.counts.traded(ts_ns, side_of(taker_side)?, Ticks(price_ticks));
        Ok(())
    }

    #[getter]
    fn fit(&self) -> Option<IntensityFit> {
        self.counts.fit().map(IntensityFit::from)
    }
}

/// Fits counts per depth bin: (lower, upper, hits, exposed steps).
#[pyfunction]
pub fn fit_intensity(bins: Vec<(f64, f64, u32, u32)>, step_s: f64) -> PyResult<Option<IntensityFit>> {
    let holds = |row: &(f64, f64, u32, u32)| row.1.is_finite() && 0.0 <= row.0 && row.0 < row.1 && row.2 <= row.3;
    if let Some(bad) = bins.iter().find(|row| !holds(row)) {
        return Err(value_error(format_args!("bin {bad:?} must hold 0 <= lower < upper and hits <= exposed")));
    }
    if !(step_s.is_finite() && step_s > 0.0) {
        return Err(value_error(format_args!("step_s {step_s} must be positive")));
    }
    let rows: Vec<Bin> = bins.into_iter().map(|(lower, upper, hits, exposed)| Bin { lower, upper, hits, exposed }).collect();
    Ok(calibration::fit(&rows, step_s).map(IntensityFit::from))
}
