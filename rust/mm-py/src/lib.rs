use pyo3::prelude::*;

/// The compiled half of mmbot.
#[pymodule]
fn _native(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
