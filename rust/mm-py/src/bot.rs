//! `Bot`: the pure machine with its capture, as Python drives it. Signatures only; the logic is in mm-wire and mm-core.

use std::path::PathBuf;

use mm_core::engine::{Engine, Operator};
use mm_core::fact::Fact;
use mm_core::ids::{Category, ConnId, ReqId};
use mm_core::input::RateHeaders;
use mm_io::{CaptureWriter, PartRule};
use mm_wire::bot::describe::{Value, describe};
use mm_wire::bot::{BotInput, BotOutput, config, record};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::errors::{os_error, value_error};
use crate::outputs::to_python;
use crate::strategy::{self, GivenQuote};

/// The trading core of one account, with its capture.
#[pyclass(module = "mmbot._native")]
pub struct Bot {
    bot: mm_wire::bot::Bot,
    capture: Option<CaptureWriter>,
    capture_error: Option<String>,
    seq: u64,
    outputs: Vec<BotOutput>,
    facts: Vec<Fact>,
    /// The time of each input that brought facts, and how many there were after it.
    told_until: Vec<(i64, usize)>,
    payload: Vec<u8>,
    made: Vec<Py<PyAny>>,
}

impl Bot {
    fn step<'py>(&mut self, py: Python<'py>, ts_ns: i64, input: &BotInput<'_>) -> PyResult<Bound<'py, PyList>> {
        self.seq += 1;
        if self.capture.is_some() {
            let (kind, key) = record::input(input, &mut self.payload);
            self.keep(ts_ns, kind, key);
        }
        let told = self.facts.len();
        self.bot.step(ts_ns, input.clone(), &mut self.outputs, &mut self.facts);
        if self.facts.len() > told {
            self.told_until.push((ts_ns, self.facts.len()));
        }
        self.made.clear();
        let mut outputs = std::mem::take(&mut self.outputs);
        for output in &outputs {
            if self.capture.is_some() {
                let (kind, key) = record::output(output, &mut self.payload);
                self.keep(ts_ns, kind, key);
            }
            self.made.push(to_python(py, output, self.bot.engine().instruments())?);
        }
        self.bot.recycle(&mut outputs);
        self.outputs = outputs;
        PyList::new(py, self.made.drain(..))
    }

    /// Hands `self.payload` to the capture. Its first failure is remembered for the host, which halts.
    fn keep(&mut self, ts_ns: i64, kind: u8, key: u64) {
        if let Some(capture) = &self.capture
            && let Err(error) = capture.push(self.seq, ts_ns, kind, key, &self.payload)
        {
            self.capture_error = Some(error.to_string());
            self.capture = None;
        }
    }
}

#[pymethods]
impl Bot {
    /// `config` is the core's JSON; `capture` a new file, `header` its JSON header; with `capture_part_bytes` the capture is in parts.
    #[new]
    #[pyo3(signature = (config, capture = None, header = None, capture_part_bytes = None))]
    fn new(config: &[u8], capture: Option<PathBuf>, header: Option<&[u8]>, capture_part_bytes: Option<u64>) -> PyResult<Self> {
        let engine = Engine::new(config::parse(config).map_err(value_error)?)
            .map_err(|error| value_error(format_args!("config.strategy.{}: {}", error.field, error.why)))?;
        let header = header.unwrap_or(b"{}");
        let begun = |path: PathBuf| match capture_part_bytes {
            Some(bytes) => CaptureWriter::create_in_parts(&path, header, PartRule { bytes }),
            None => CaptureWriter::create(&path, header),
        };
        let capture = capture.map(begun).transpose().map_err(os_error)?;
        let bot = mm_wire::bot::Bot::new(engine);
        Ok(Self {
            bot,
            capture,
            capture_error: None,
            seq: 0,
            outputs: Vec::new(),
            facts: Vec::new(),
            told_until: Vec::new(),
            payload: Vec::new(),
            made: Vec::new(),
        })
    }

    fn frame<'py>(&mut self, py: Python<'py>, ts_ns: i64, conn: u32, data: &[u8]) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::Frame { conn: ConnId(conn), bytes: data })
    }

    /// `rate` is (limit, remaining, reset_ms) from the answer's headers.
    #[pyo3(signature = (ts_ns, req_id, status, rate, body))]
    fn http_reply<'py>(
        &mut self,
        py: Python<'py>,
        ts_ns: i64,
        req_id: u64,
        status: u16,
        rate: Option<(u32, u32, i64)>,
        body: &[u8],
    ) -> PyResult<Bound<'py, PyList>> {
        let rate = rate.map(|(limit, remaining, reset_ms)| RateHeaders { limit, remaining, reset_ms });
        self.step(py, ts_ns, &BotInput::HttpReply { req_id: ReqId(req_id), status, rate, bytes: body })
    }

    /// `definite`: not one byte of the request left this machine.
    fn send_failed<'py>(&mut self, py: Python<'py>, ts_ns: i64, req_id: u64, definite: bool) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::SendFailed { req_id: ReqId(req_id), definite })
    }

    /// Fields that the venue does not document, met so far.
    #[getter]
    fn unknown_fields(&self) -> u64 {
        self.bot.unknown_fields()
    }

    fn stream_up<'py>(&mut self, py: Python<'py>, ts_ns: i64, conn: u32) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::StreamUp { conn: ConnId(conn) })
    }

    fn stream_down<'py>(&mut self, py: Python<'py>, ts_ns: i64, conn: u32) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::StreamDown { conn: ConnId(conn) })
    }

    /// The opening handshake was answered with this HTTP status instead of being accepted.
    fn stream_refused<'py>(&mut self, py: Python<'py>, ts_ns: i64, conn: u32, status: u16) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::StreamRefused { conn: ConnId(conn), status })
    }

    fn timer<'py>(&mut self, py: Python<'py>, ts_ns: i64) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::Timer)
    }

    fn clock_offset<'py>(&mut self, py: Python<'py>, ts_ns: i64, offset_ns: i64) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::ClockOffset { offset_ns })
    }

    /// The ordered stop; a repeated one changes nothing.
    fn stop<'py>(&mut self, py: Python<'py>, ts_ns: i64) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::Operator(Operator::Stop))
    }

    /// Stops (or resumes) the quoting of one market, by its name.
    fn pause<'py>(&mut self, py: Python<'py>, ts_ns: i64, market: &str, paused: bool) -> PyResult<Bound<'py, PyList>> {
        let found = self.bot.engine().instruments().iter().find(|(_, id, _)| id.to_string() == market).map(|(index, ..)| index);
        let index = found.ok_or_else(|| value_error(format_args!("market {market:?} is not configured")))?;
        let order = if paused { Operator::Pause(index) } else { Operator::Resume(index) };
        self.step(py, ts_ns, &BotInput::Operator(order))
    }

    /// Asks to lift the latched loss stops for so many minutes; the fact `rearm_moved` tells the number to confirm, or why not.
    fn propose_rearm<'py>(&mut self, py: Python<'py>, ts_ns: i64, minutes: u16) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::Operator(Operator::ProposeRearm(minutes)))
    }

    /// Confirms a proposal by its number, within a minute.
    fn confirm_rearm<'py>(&mut self, py: Python<'py>, ts_ns: i64, number: u32) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::Operator(Operator::ConfirmRearm(number)))
    }

    /// The strategy's quotes as (side, price, size, colour); ValueError for an unknown market or side.
    fn strategy_answer<'py>(
        &mut self,
        py: Python<'py>,
        ts_ns: i64,
        decision_seq: u64,
        market: &str,
        quotes: Vec<GivenQuote>,
    ) -> PyResult<Bound<'py, PyList>> {
        let bytes = strategy::answer(self.bot.engine().instruments(), market, &quotes)?;
        self.step(py, ts_ns, &BotInput::StrategyAnswer { decision_seq, bytes: &bytes })
    }

    /// The strategy gave no quotes: `why` is "raised" or "shape".
    fn strategy_failed<'py>(
        &mut self,
        py: Python<'py>,
        ts_ns: i64,
        decision_seq: u64,
        market: &str,
        why: &str,
    ) -> PyResult<Bound<'py, PyList>> {
        let bytes = strategy::failure(self.bot.engine().instruments(), market, why)?;
        self.step(py, ts_ns, &BotInput::StrategyAnswer { decision_seq, bytes: &bytes })
    }

    /// A change of parameters as JSON.
    fn params<'py>(&mut self, py: Python<'py>, ts_ns: i64, change: &[u8]) -> PyResult<Bound<'py, PyList>> {
        self.step(py, ts_ns, &BotInput::Params { json: change })
    }

    /// What the strategy of a market is shown now; None before its first decision.
    fn view<'py>(&self, py: Python<'py>, market: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        strategy::view(py, self.bot.engine(), market)
    }

    /// When a `timer` is wanted (ns), or None once stopped.
    #[getter]
    fn deadline_ns(&self) -> Option<i64> {
        self.bot.deadline()
    }

    #[getter]
    fn stopped(&self) -> bool {
        self.bot.engine().is_stopped()
    }

    #[getter]
    fn command_hash(&self) -> String {
        self.bot.command_hash()
    }

    #[getter]
    fn commands(&self) -> u64 {
        self.bot.commands()
    }

    /// Why the capture broke off, or None: trading without a record must stop.
    #[getter]
    fn capture_error(&self) -> Option<String> {
        self.capture_error.clone()
    }

    /// Everything that happened since the last call: dicts with a `fact` name, `ts_ns` and its fields.
    fn facts<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.bot.settle();
        let list = PyList::empty(py);
        let mut told = self.told_until.drain(..).peekable();
        for (index, fact) in self.facts.drain(..).enumerate() {
            while told.next_if(|(_, until)| *until <= index).is_some() {}
            let ts_ns = told.peek().map_or(0, |(ts_ns, _)| *ts_ns);
            let (name, fields) = describe(&fact, self.bot.engine().instruments());
            let dict = PyDict::new(py);
            dict.set_item("fact", name)?;
            dict.set_item("ts_ns", ts_ns)?;
            for (key, value) in fields {
                match value {
                    Value::None => dict.set_item(key, py.None())?,
                    Value::Bool(value) => dict.set_item(key, value)?,
                    Value::Int(value) => dict.set_item(key, value)?,
                    Value::Text(value) => dict.set_item(key, value)?,
                }
            }
            list.append(dict)?;
        }
        Ok(list)
    }

    /// Per market name: position, cash before fees, fees (exact strings) and decisions so far. Spot: position is the base coin gained,
    /// fees are those in quote coin, `base_fees` those in base coin.
    fn accounts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        let engine = self.bot.engine();
        for (market, id, spec) in engine.instruments().iter() {
            let (Some(row), Some(spec)) = (engine.market(market), spec) else { continue };
            let entry = PyDict::new(py);
            let spot = id.category == Category::Spot;
            let position = if spot { row.coin_moved(spec) } else { spec.qty(row.position()) };
            entry.set_item("position", position.to_string())?;
            entry.set_item("cash", row.ledger.map_or_else(|| "0".into(), |ledger| ledger.cash().to_string()))?;
            entry.set_item("fees", row.ledger.map_or_else(|| "0".into(), |ledger| ledger.fees().to_string()))?;
            if spot {
                entry.set_item("base_fees", row.ledger.map_or_else(|| "0".into(), |ledger| ledger.base_fees().to_string()))?;
            }
            entry.set_item("decisions", row.decisions)?;
            all.set_item(id.to_string(), entry)?;
        }
        Ok(all)
    }

    /// Flushes and closes the capture; returns (records, bytes), or None without one.
    fn close_capture(&mut self) -> PyResult<Option<(u64, u64)>> {
        let closed = self.capture.take().map(CaptureWriter::close).transpose().map_err(os_error)?;
        Ok(closed.map(|summary| (summary.records, summary.bytes)))
    }
}
