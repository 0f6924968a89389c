//! The Python face of the compiled half: composes the crates, holds signatures and one error map, no logic.

mod book;
mod bot;
mod calibration;
mod capture;
mod errors;
mod exchange;
mod models;
mod outputs;
mod strategy;
mod world;

use pyo3::prelude::*;

/// The compiled half of mmbot.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<book::L2Book>()?;
    module.add("BookGapError", module.py().get_type::<book::BookGapError>())?;
    module.add_class::<bot::Bot>()?;
    module.add_class::<outputs::Connect>()?;
    module.add_class::<outputs::Close>()?;
    module.add_class::<outputs::Send>()?;
    module.add_class::<outputs::Http>()?;
    module.add_class::<outputs::DecisionDue>()?;
    module.add_class::<capture::CaptureReader>()?;
    module.add_class::<capture::CaptureWriter>()?;
    module.add_class::<capture::Replayer>()?;
    module.add_class::<exchange::Exchange>()?;
    module.add_class::<models::AvellanedaStoikov>()?;
    module.add_class::<models::GlftModel>()?;
    module.add_class::<models::Ladder>()?;
    module.add_class::<models::LadderQuote>()?;
    module.add_class::<calibration::Calibration>()?;
    module.add_class::<calibration::IntensityFit>()?;
    module.add_function(wrap_pyfunction!(calibration::fit_intensity, module)?)?;
    module.add_function(wrap_pyfunction!(capture::replay, module)?)?;
    module.add("FAULTS", world::fault_names(module.py())?)?;
    module.add_function(wrap_pyfunction!(world::simulate, module)?)?;
    Ok(())
}
