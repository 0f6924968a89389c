//! What the host must do, as Python classes.

use mm_core::instrument::Instruments;
use mm_wire::bot::BotOutput;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Open the socket at `path`; with `auth`, sign in before reporting it up.
#[pyclass(frozen, get_all, module = "mmbot._native")]
pub struct Connect {
    conn: u32,
    path: &'static str,
    auth: bool,
}

/// Close the socket.
#[pyclass(frozen, get_all, module = "mmbot._native")]
pub struct Close {
    conn: u32,
}

/// Send one text frame.
#[pyclass(frozen, get_all, module = "mmbot._native")]
pub struct Send {
    conn: u32,
    data: Py<PyBytes>,
}

/// One HTTP request; signed with `ts_ms` over the exact query or body if `signed`.
#[pyclass(frozen, get_all, module = "mmbot._native")]
pub struct Http {
    req_id: u64,
    method: &'static str,
    path: &'static str,
    query: String,
    body: Py<PyBytes>,
    ts_ms: i64,
    signed: bool,
}

/// Ask the strategy for the quotes of `market`, and answer with this number.
#[pyclass(frozen, get_all, module = "mmbot._native")]
pub struct DecisionDue {
    decision_seq: u64,
    market: String,
}

/// One output as its class.
pub fn to_python(py: Python<'_>, output: &BotOutput, instruments: &Instruments) -> PyResult<Py<PyAny>> {
    Ok(match output {
        BotOutput::Connect { conn, path, auth } => Py::new(py, Connect { conn: conn.0, path, auth: *auth })?.into_any(),
        BotOutput::Close { conn } => Py::new(py, Close { conn: conn.0 })?.into_any(),
        BotOutput::Send { conn, bytes } => Py::new(py, Send { conn: conn.0, data: PyBytes::new(py, bytes).unbind() })?.into_any(),
        BotOutput::Http { req_id, method, path, raw_query, body, ts_ms, signed } => {
            let body = PyBytes::new(py, body).unbind();
            Py::new(py, Http { req_id: req_id.0, method, path, query: raw_query.clone(), body, ts_ms: *ts_ms, signed: *signed })?.into_any()
        }
        BotOutput::DecisionDue { decision_seq, market } => {
            let market = instruments.id(*market).map(|id| id.to_string()).unwrap_or_default();
            Py::new(py, DecisionDue { decision_seq: *decision_seq, market })?.into_any()
        }
    })
}
