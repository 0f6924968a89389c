//! The fault simulator from Python: one seed a call, without the interpreter's lock.

use mm_sim::world;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::value_error;

/// Runs one seed of the fault simulator, from boot through faults and healing to the ordered stop.
///
/// Returns seed, steps, timers, orders, fills, overlapping, virtual_ns, commands, command_hash, faults (times each struck, by its row in the
/// fault matrix), thin (what the seed lacks to count as one, or ""), phase and failure (None, or where and what broke), repro.
#[pyfunction]
pub fn simulate(py: Python<'_>, seed: u64) -> PyResult<Bound<'_, PyDict>> {
    let outcome = py.detach(|| world::run(seed)).map_err(value_error)?;
    let dict = PyDict::new(py);
    dict.set_item("seed", outcome.seed)?;
    dict.set_item("steps", outcome.steps)?;
    dict.set_item("timers", outcome.timers)?;
    dict.set_item("orders", outcome.orders)?;
    dict.set_item("fills", outcome.fills)?;
    dict.set_item("overlapping", outcome.overlapping)?;
    dict.set_item("virtual_ns", outcome.virtual_ns)?;
    dict.set_item("commands", outcome.commands)?;
    dict.set_item("command_hash", &outcome.command_hash)?;
    let faults = PyDict::new(py);
    for (name, count) in &outcome.faults {
        faults.set_item(name, count)?;
    }
    dict.set_item("faults", faults)?;
    dict.set_item("thin", outcome.thin())?;
    dict.set_item("phase", outcome.failure.as_ref().map(|failure| failure.phase))?;
    dict.set_item("failure", outcome.failure.as_ref().map(|failure| failure.what.as_str()))?;
    dict.set_item("repro", outcome.repro())?;
    Ok(dict)
}
