//! The Python face of the compiled half: composes the crates, holds signatures and one error map, no logic.

mod book;
mod bot;
mod capture;
mod errors;
mod exchange;
mod world;

use pyo3::prelude::*;

/// The compiled half of mmbot.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<book::L2Book>()?;
    module.add("BookGapError", module.py().get_type::<book::BookGapError>())?;
    module.add_class::<bot::Bot>()?;
    module.add_class::<bot::Connect>()?;
    module.add_class::<bot::Close>()?;
    module.add_class::<bot::Send>()?;
    module.add_class::<bot::Http>()?;
    module.add_class::<capture::CaptureReader>()?;
    module.add_class::<capture::CaptureWriter>()?;
    module.add_class::<exchange::Exchange>()?;
    module.add_function(wrap_pyfunction!(capture::replay, module)?)?;
    module.add_function(wrap_pyfunction!(world::simulate, module)?)?;
    Ok(())
}
