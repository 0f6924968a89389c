//! The one error map: every refusal of the compiled half becomes a Python `ValueError` or `OSError` with its own words.

use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyValueError};

/// Bad input: names the field and the value.
pub fn value_error(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The system refused.
pub fn os_error(error: impl std::fmt::Display) -> PyErr {
    PyOSError::new_err(error.to_string())
}
