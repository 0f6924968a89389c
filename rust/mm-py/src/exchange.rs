use mm_sim::api::{ApiError, Uid};
use mm_sim::door::{CHOICES, Door, DoorBuilder, HttpAnswer, TRADED};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator};

use crate::errors::value_error;
use crate::strategy::side_of;

/// Key, expires, signature, request id as JSON.
type Auth = (String, String, String, Option<String>);
/// Status, headers, body.
type Answer<'py> = (u16, Vec<(&'static str, String)>, Bound<'py, PyBytes>);

fn answer(py: Python<'_>, answer: HttpAnswer) -> Answer<'_> {
    (answer.status, answer.headers, PyBytes::new(py, &answer.body))
}

/// The local exchange behind its Bybit V5 door.
#[pyclass(module = "mmbot._native")]
pub struct Exchange {
    door: Door,
}

#[pymethods]
impl Exchange {
    /// The account that a verified key stands for.
    #[classattr]
    const ACCOUNT: u32 = TRADED.0;

    #[new]
    #[pyo3(signature = (settings, instruments = Vec::new(), lines = None))]
    fn new(py: Python<'_>, settings: &[u8], instruments: Vec<Vec<u8>>, lines: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut builder = DoorBuilder::new(settings).map_err(value_error)?;
        for item in &instruments {
            builder.add_instrument(item).map_err(value_error)?;
        }
        if let Some(lines) = lines {
            for line in PyIterator::from_object(lines)? {
                builder.line(line?.extract::<&[u8]>()?).map_err(value_error)?;
            }
        }
        let door = py.detach(|| builder.build()).map_err(value_error)?;
        Ok(Self { door })
    }

    #[staticmethod]
    fn is_signed(method: &str, path: &str) -> bool {
        Door::is_signed(method, path)
    }

    #[staticmethod]
    fn refusal<'py>(py: Python<'py>, now_ns: i64, code: i32, msg: &str) -> Answer<'py> {
        answer(py, Door::refusal(now_ns, code, msg))
    }

    #[pyo3(signature = (now_ns, account, method, path, raw_query, body))]
    #[allow(clippy::too_many_arguments)]
    fn http<'py>(
        &mut self,
        py: Python<'py>,
        now_ns: i64,
        account: Option<u32>,
        method: &str,
        path: &str,
        raw_query: &str,
        body: &[u8],
    ) -> Answer<'py> {
        answer(py, self.door.http(now_ns, account.map(Uid), method, path, raw_query, body))
    }

    fn open(&mut self, path: &str) -> PyResult<u32> {
        self.door.open(path).map_err(value_error)
    }

    /// A connection's number, or the answer that refuses it.
    fn connect<'py>(&mut self, py: Python<'py>, now_ns: i64, address: &str, path: &str) -> (Option<u32>, Option<Answer<'py>>) {
        match self.door.connect(now_ns, address, path) {
            Ok(conn) => (Some(conn), None),
            Err(refused) => (None, Some(answer(py, refused))),
        }
    }

    fn admit<'py>(&mut self, py: Python<'py>, now_ns: i64, address: &str) -> Option<Answer<'py>> {
        self.door.admit(now_ns, address).map(|refused| answer(py, refused))
    }

    fn alive(&mut self, now_ns: i64, conn: u32) {
        self.door.alive(now_ns, conn);
    }

    fn take_closed(&mut self) -> Vec<u32> {
        self.door.take_closed()
    }

    /// (name, default, least, most, what it decides) of every option.
    #[staticmethod]
    fn options() -> Vec<(&'static str, i64, i64, i64, &'static str)> {
        CHOICES.iter().map(|row| (row.name, row.default, row.range.0, row.range.1, row.about)).collect()
    }

    fn close(&mut self, now_ns: i64, conn: u32) {
        self.door.close(now_ns, conn);
    }

    fn control<'py>(&mut self, py: Python<'py>, now_ns: i64, command: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let done = self.door.control(now_ns, command).map_err(value_error)?;
        Ok(PyBytes::new(py, &done))
    }

    fn drop_subscriptions(&mut self, conn: u32) {
        self.door.drop_subscriptions(conn);
    }

    fn frame(&mut self, now_ns: i64, conn: u32, data: &[u8]) -> PyResult<Option<Auth>> {
        let request = self.door.frame(now_ns, conn, data).map_err(value_error)?;
        Ok(request.map(|auth| (auth.api_key, auth.expires, auth.signature, auth.request_id)))
    }

    #[pyo3(signature = (now_ns, conn, account, request_id = None))]
    fn authenticated(&mut self, now_ns: i64, conn: u32, account: u32, request_id: Option<&str>) {
        self.door.authenticate(now_ns, conn, Ok(Uid(account)), request_id);
    }

    #[pyo3(signature = (now_ns, conn, code, msg, request_id = None))]
    fn refused(&mut self, now_ns: i64, conn: u32, code: i32, msg: String, request_id: Option<&str>) {
        self.door.authenticate(now_ns, conn, Err(ApiError { code, msg }), request_id);
    }

    fn next_due(&self) -> Option<i64> {
        self.door.next_due()
    }

    fn advance(&mut self, py: Python<'_>, now_ns: i64) {
        py.detach(|| self.door.advance(now_ns));
    }

    /// A stranger takes up to `qty` of a market at `limit_price` or better.
    fn take(&mut self, now_ns: i64, market: &str, side: &str, limit_price: &str, qty: &str) -> PyResult<()> {
        let side = side_of(side)?;
        self.door.take(now_ns, market, side, limit_price, qty).map_err(value_error)
    }

    fn take_outgoing<'py>(&mut self, py: Python<'py>) -> Vec<(u32, i64, Bound<'py, PyBytes>)> {
        self.door.take_outgoing().into_iter().map(|message| (message.conn, message.due_ns, PyBytes::new(py, &message.bytes))).collect()
    }

    fn announce(&mut self, now_ns: i64, announcement: &[u8]) -> PyResult<()> {
        self.door.announce(now_ns, announcement).map_err(value_error)
    }

    fn drop_next_delta(&mut self, topic: &str) -> PyResult<()> {
        self.door.drop_next_delta(topic).map_err(value_error)
    }

    fn record<'py>(&self, py: Python<'py>, now_ns: i64) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.door.record(now_ns))
    }

    fn status<'py>(&self, py: Python<'py>, now_ns: i64) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.door.status(now_ns))
    }
}
