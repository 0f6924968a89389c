//! The fault simulator from Python: one seed a call, without the interpreter's lock.

use mm_sim::world::{self, Fault, Plan, Way};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::errors::value_error;

/// Runs one seed of the fault simulator, from boot through faults and healing to the ordered stop.
///
/// With `fault` (its row in the fault matrix, one of those that `faults` counts) that fault alone strikes; with `soak_hours` two
/// markets trade that long with few faults. ValueError for another name, or for both.
/// Most pushes reach the bot typed; with `through_bytes` as the text of a socket, which must change nothing that is returned.
/// Returns seed, steps, timers, facts, orders, fills, overlapping, virtual_ns, commands, command_hash, faults (times each struck, by its row in the
/// fault matrix), figures (what single faults are measured by, in the unit that the name ends with: clock_wrong_ns, the longest that the
/// bot's idea of the venue's time was wrong by more than 250 ms; changes_per_100_fills, new and moved orders; refusals_per_change, after
/// one change of rules; drawdown_usdt), thin (what the seed lacks to count as one, or ""), phase and failure (None, or where and what broke),
/// repro, cancels (that left over the trade socket), late_cancels (of these, such as the budget held back for more than 200 ms), and the
/// longest times in ns: cancel_wait_ns (the budget held a cancel back), settled_ns (from the last fault to two-sided quotes with everything
/// booked), unknown_ns (an order of unknown
/// fate), unbooked_ns (an execution not booked), pulled_ns (orders standing after their book lost its trust).
#[pyfunction]
#[pyo3(signature = (seed, fault=None, soak_hours=None, through_bytes=false))]
pub fn simulate<'py>(
    py: Python<'py>,
    seed: u64,
    fault: Option<&str>,
    soak_hours: Option<u32>,
    through_bytes: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let plan = match (fault, soak_hours) {
        (None, None) => Plan::Swarm,
        (Some(fault), None) => Plan::Only(Fault::named(fault).map_err(value_error)?),
        (None, Some(hours)) => Plan::Soak { hours },
        (Some(_), Some(_)) => return Err(value_error("fault and soak_hours exclude each other: give one")),
    };
    let way = if through_bytes { Way::Bytes } else { Way::Typed };
    let outcome = py.detach(|| world::run_with(seed, plan, way)).map_err(value_error)?;
    let dict = PyDict::new(py);
    dict.set_item("seed", outcome.seed)?;
    dict.set_item("steps", outcome.steps)?;
    dict.set_item("timers", outcome.timers)?;
    dict.set_item("facts", outcome.facts)?;
    dict.set_item("orders", outcome.orders)?;
    dict.set_item("fills", outcome.fills)?;
    dict.set_item("overlapping", outcome.overlapping)?;
    dict.set_item("virtual_ns", outcome.virtual_ns)?;
    dict.set_item("settled_ns", outcome.settled_ns)?;
    dict.set_item("unknown_ns", outcome.unknown_ns)?;
    dict.set_item("unbooked_ns", outcome.unbooked_ns)?;
    dict.set_item("pulled_ns", outcome.pulled_ns)?;
    dict.set_item("cancels", outcome.cancels)?;
    dict.set_item("late_cancels", outcome.late_cancels)?;
    dict.set_item("cancel_wait_ns", outcome.cancel_wait_ns)?;
    dict.set_item("commands", outcome.commands)?;
    dict.set_item("command_hash", &outcome.command_hash)?;
    let faults = PyDict::new(py);
    for (name, count) in &outcome.faults {
        faults.set_item(name, count)?;
    }
    dict.set_item("faults", faults)?;
    let figures = PyDict::new(py);
    for (name, value) in &outcome.figures {
        figures.set_item(name, value)?;
    }
    dict.set_item("figures", figures)?;
    dict.set_item("thin", outcome.thin.as_str())?;
    dict.set_item("phase", outcome.failure.as_ref().map(|failure| failure.phase))?;
    dict.set_item("failure", outcome.failure.as_ref().map(|failure| failure.what.as_str()))?;
    dict.set_item("repro", outcome.repro())?;
    Ok(dict)
}

/// Every fault of the simulator by its row in the fault matrix.
pub fn fault_names(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
    let all: &[Fault] = &Fault::ALL;
    PyTuple::new(py, all.iter().map(|fault| fault.id()))
}
