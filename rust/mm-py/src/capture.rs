//! Captures from Python: reading, writing, replaying.

use std::path::PathBuf;

use mm_core::engine::Engine;
use mm_io::RunReader as Reader;
use mm_wire::bot::replay::{Command, Replay};
use mm_wire::bot::{Bot, answer, config};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::errors::{os_error, value_error};
use crate::strategy::GivenQuote;

type RecordTuple = (u64, i64, u8, u64, Py<PyBytes>);

/// Iterates a run's records, all parts of it, as (seq, ts_ns, kind, key, payload).
#[pyclass(module = "mmbot._native")]
pub struct CaptureReader {
    reader: Reader,
}

#[pymethods]
impl CaptureReader {
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        Ok(Self { reader: Reader::open(&path).map_err(os_error)? })
    }

    /// The header's JSON.
    #[getter]
    fn header<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.reader.header())
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<RecordTuple>> {
        let Some(record) = self.reader.next().transpose().map_err(os_error)? else { return Ok(None) };
        Ok(Some((record.seq, record.ts_ns, record.kind, record.key, PyBytes::new(py, &record.payload).unbind())))
    }
}

/// Writes a capture record by record; `close` makes it complete.
#[pyclass(module = "mmbot._native")]
pub struct CaptureWriter {
    writer: Option<mm_io::CaptureWriter>,
}

#[pymethods]
impl CaptureWriter {
    #[new]
    fn new(path: PathBuf, header: &[u8]) -> PyResult<Self> {
        Ok(Self { writer: Some(mm_io::CaptureWriter::create(&path, header).map_err(os_error)?) })
    }

    fn push(&self, seq: u64, ts_ns: i64, kind: u8, key: u64, payload: &[u8]) -> PyResult<()> {
        let writer = self.writer.as_ref().ok_or_else(|| value_error("the capture is closed"))?;
        writer.push(seq, ts_ns, kind, key, payload).map_err(os_error)
    }

    fn close(&mut self) -> PyResult<(u64, u64)> {
        let writer = self.writer.take().ok_or_else(|| value_error("the capture is closed"))?;
        let summary = writer.close().map_err(os_error)?;
        Ok((summary.records, summary.bytes))
    }
}

/// Steps a capture record by record, for a host that wants to look at the core in between.
#[pyclass(module = "mmbot._native")]
pub struct Replayer {
    run: Replay,
}

#[pymethods]
impl Replayer {
    #[new]
    fn new(config: &[u8]) -> PyResult<Self> {
        Ok(Self { run: Replay::new(bot(config)?) })
    }

    /// Takes the next record.
    fn record(&mut self, seq: u64, ts_ns: i64, kind: u8, key: u64, payload: &[u8]) -> PyResult<()> {
        if self.run.record(seq, ts_ns, kind, key, payload) { Ok(()) } else { Err(unknown_kind(seq, kind)) }
    }

    /// What the strategy of a market is shown now.
    fn view<'py>(&self, py: Python<'py>, market: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        crate::strategy::view(py, self.run.bot().engine(), market)
    }

    /// The payload that an answer makes.
    fn answer<'py>(&self, py: Python<'py>, market: &str, quotes: Vec<GivenQuote>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = crate::strategy::answer(self.run.bot().engine().instruments(), market, &quotes)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The payload that a failure makes.
    fn failure<'py>(&self, py: Python<'py>, market: &str, why: &str) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = crate::strategy::failure(self.run.bot().engine().instruments(), market, why)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The market that a recorded answer is for.
    fn answered_market(&self, payload: &[u8]) -> PyResult<String> {
        let market = answer::decode(payload).and_then(|(market, _)| self.run.bot().engine().instruments().id(market));
        market.map(|id| id.to_string()).ok_or_else(|| value_error("the payload is no strategy answer"))
    }
}

fn bot(config: &[u8]) -> PyResult<Bot> {
    let engine = Engine::new(config::parse(config).map_err(value_error)?)
        .map_err(|error| value_error(format_args!("config.strategy.{}: {}", error.field, error.why)))?;
    Ok(Bot::new(engine))
}

fn unknown_kind(seq: u64, kind: u8) -> PyErr {
    value_error(format_args!("record {seq} has kind {kind}, which this build does not know"))
}

/// Steps a capture's inputs again with the core configuration `config` and compares every command.
///
/// Returns inputs, commands, recorded_hash, replayed_hash, broken_off (None, or why the file ends early) and difference (None, or
/// seq, command, recorded and replayed as text).
#[pyfunction]
pub fn replay<'py>(py: Python<'py>, path: PathBuf, config: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let mut run = Replay::new(bot(config)?);
    let mut broken_off = None;
    for record in Reader::open(&path).map_err(os_error)? {
        match record {
            Ok(record) => {
                if !run.record(record.seq, record.ts_ns, record.kind, record.key, &record.payload) {
                    return Err(unknown_kind(record.seq, record.kind));
                }
            }
            Err(error) => {
                broken_off = Some(error.to_string());
                break;
            }
        }
    }
    let outcome = run.finish();
    let dict = PyDict::new(py);
    dict.set_item("inputs", outcome.inputs)?;
    dict.set_item("commands", outcome.commands)?;
    dict.set_item("recorded_hash", outcome.recorded_hash)?;
    dict.set_item("replayed_hash", outcome.replayed_hash)?;
    dict.set_item("broken_off", broken_off)?;
    let difference = outcome.difference.map(|found| {
        let row = PyDict::new(py);
        row.set_item("seq", found.seq)?;
        row.set_item("command", found.command)?;
        row.set_item("recorded", found.recorded.as_ref().map(show))?;
        row.set_item("replayed", found.replayed.as_ref().map(show))?;
        Ok::<_, PyErr>(row)
    });
    dict.set_item("difference", difference.transpose()?)?;
    Ok(dict)
}

fn show(command: &Command) -> String {
    let kind = match command.kind {
        101 => "connect",
        102 => "close",
        103 => "send",
        104 => "http",
        _ => "decision_due",
    };
    format!("{kind} {} {}", command.key, String::from_utf8_lossy(&command.payload))
}
