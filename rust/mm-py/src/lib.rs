use pyo3::prelude::*;

mod exchange;

/// The compiled half of mmbot.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<exchange::Exchange>()?;
    Ok(())
}
