//! Socket frames and HTTP answers to typed inputs.

mod account;
mod book;
mod compact;
mod control;
mod documented;
mod fields;
mod http;
mod instruments;
mod market;
mod private;
mod public;
mod rows;
mod seen;
mod trade;

use alloc::string::String;
use alloc::vec::Vec;

use mm_core::account::Maintenance;
use mm_core::ids::{Category, FieldName, MarketIx};
use mm_core::input::{
    Candle, CoinBalance, Execution, FastExecution, Message, OrderUpdate, PositionUpdate, RateHeaders, Reply, StreamRole, Trade,
};
use mm_core::instrument::Instruments;
use mm_core::output::Query;
use mm_core::units::{Lots, Ticks};

use crate::answer::Answered;
use crate::grid::{Grids, Scale};
use crate::json::{Reader, Str};
use crate::refusal::{DecodeError, Why};
use crate::scope::{self, Scope};
use compact::Head;
pub(crate) use compact::Shape;
use fields::{Fields, MAX_MS, for_each};
use seen::Seen;
pub use trade::NO_REQUEST;

/// What the transport hands over of an HTTP answer.
#[derive(Clone, Copy, Debug)]
pub struct HttpAnswer<'b> {
    pub status: u16,
    /// The `X-Bapi-Limit*` headers, where there were any: see [`rate_headers`].
    pub rate: Option<RateHeaders>,
    pub body: &'b [u8],
}

/// A decoder with scratch space that is reused from frame to frame.
#[derive(Debug, Default)]
pub struct Decoder {
    scratch: Scratch,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Scratch {
    grids: Grids,
    head: Head,
    bids: Vec<(Ticks, Lots)>,
    asks: Vec<(Ticks, Lots)>,
    trades: Vec<Trade>,
    orders: Vec<OrderUpdate>,
    executions: Vec<Execution>,
    positions: Vec<PositionUpdate>,
    coins: Vec<CoinBalance>,
    fast_executions: Vec<FastExecution>,
    candles: Vec<Candle>,
    maintenances: Vec<Maintenance>,
    text: String,
}

/// The names of more fields than this are only counted.
const MAX_UNKNOWN_NAMES: usize = 64;

/// What was passed over so far: never an error, never uncounted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counts {
    /// Fields that the venue documents and we do not read.
    passed_fields: u64,
    /// Fields that the venue does not document.
    unknown_fields: u64,
    /// Each of their names once, in the order in which they came.
    unknown_names: Vec<FieldName>,
    /// Rows for an instrument outside the table, also those beside rows of ours in one frame.
    unknown_rows: u64,
}

impl Counts {
    /// Notes a field that is read past.
    fn pass(&mut self, name: &[u8]) {
        if documented::is_documented(name) {
            self.passed_fields += 1;
            return;
        }
        self.unknown_fields += 1;
        // A name that is none is a name all the same: the fact must say that there was something.
        let name = FieldName::new(name).or_else(|| FieldName::new(b"?")).unwrap_or(FieldName::EMPTY);
        if self.unknown_names.len() < MAX_UNKNOWN_NAMES && !self.unknown_names.contains(&name) {
            self.unknown_names.push(name);
        }
    }
}

impl Decoder {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many documented fields were read past, since the decoder was made, because we do not use them.
    #[must_use]
    pub fn passed_fields(&self) -> u64 {
        self.counts.passed_fields
    }

    /// How many fields were read past that the venue does not document.
    #[must_use]
    pub fn unknown_fields(&self) -> u64 {
        self.counts.unknown_fields
    }

    /// Their names, each once, at most 64, oldest first; `?` stands for a name that is longer than any or not printable.
    #[must_use]
    pub fn unknown_names(&self) -> &[FieldName] {
        &self.counts.unknown_names
    }

    /// How many rows named an instrument outside the table. A frame with nothing else is [`Message::UnknownInstrument`]; in a frame that
    /// also has rows of ours, these rows are delivered and only this count tells of the others.
    #[must_use]
    pub fn unknown_rows(&self) -> u64 {
        self.counts.unknown_rows
    }

    /// Decodes one text frame of a socket of this role. The message borrows the decoder's scratch space.
    ///
    /// # Errors
    /// [`DecodeError`] names the field that could not be understood; the frame as a whole is then unusable.
    pub fn frame<'a>(&'a mut self, role: StreamRole, instruments: &Instruments, bytes: &[u8]) -> Result<Message<'a>, DecodeError> {
        if let StreamRole::Public(category) = role
            && let Some((market, depth, around, body)) = self.compact_book(category, instruments, bytes)
        {
            return Ok(self.book_message(market, depth, around, body));
        }
        let mut reader = Reader::new(bytes)?;
        if let StreamRole::Public(category) = role {
            let mut ahead = reader;
            if let Some(topic) = book::leading_topic(&mut ahead) {
                return self.leading_book(category, instruments, topic, ahead);
            }
        }
        let envelope = Fields::read(&mut reader, &ENVELOPE, &mut self.counts)?;
        reader.finish()?;
        match (role, envelope.text_or_empty("topic")?) {
            (_, b"system.status") => self.system_status(&envelope),
            (StreamRole::Trade, b"") => self.trade_reply(&envelope),
            (_, b"") => self.control(&envelope),
            (StreamRole::Public(category), topic) => self.public(category, instruments, topic, &envelope),
            (StreamRole::Private, topic) => self.private(instruments, topic, &envelope),
            (StreamRole::Trade, topic) => Err(DecodeError { field: "topic", why: Why::OutOfScope(scope::topic(topic)) }),
        }
    }

    fn system_status<'a>(&'a mut self, envelope: &Fields<'_, ENVELOPE_FIELDS>) -> Result<Message<'a>, DecodeError> {
        let (rows, counts) = (&mut self.scratch.maintenances, &mut self.counts);
        rows.clear();
        for_each(envelope.required_nested("data")?, "data", |reader| {
            rows.push(account::maintenance(reader, counts)?);
            Ok(())
        })?;
        Ok(Message::SystemStatus(rows))
    }

    /// Decodes the answer to a request of any documented HTTP path, asked about `category`.
    ///
    /// # Errors
    /// As [`Decoder::reply`]; for a path that is not read, [`Why::OutOfScope`] with the reason.
    pub fn answer(
        &mut self,
        path: &str,
        category: Option<Category>,
        instruments: &Instruments,
        answer: HttpAnswer<'_>,
    ) -> Result<Answered, DecodeError> {
        match scope::endpoint(path) {
            Scope::Read(payload) => http::answered(http::Asked { payload, category, instruments }, answer, &mut self.counts),
            Scope::Refused(reason) => Err(DecodeError { field: "path", why: Why::OutOfScope(reason) }),
        }
    }

    /// Decodes the HTTP answer to `query`.
    ///
    /// An answer that is none (a status other than 200, HTML, truncated JSON) is a [`Reply`] with
    /// [`Outcome::Ambiguous`](mm_core::input::Outcome::Ambiguous) of the status and no body: a read is asked again, a cancel-all may have
    /// happened. 403 is the IP ban: rate limited. 401 is fatal.
    ///
    /// # Errors
    /// [`DecodeError`] for a well-formed success whose payload breaks the protocol: names the field.
    pub fn reply(&mut self, query: &Query, instruments: &Instruments, answer: HttpAnswer<'_>) -> Result<Reply, DecodeError> {
        http::reply(query, instruments, answer, &mut self.counts)
    }
}

/// Every field of a socket frame's outer object that we read, on any socket.
const ENVELOPE: [&str; ENVELOPE_FIELDS] = [
    "topic",
    "type",
    "ts",
    "cts",
    "creationTime",
    "data",
    "op",
    "success",
    "ret_msg",
    "reqId",
    "retCode",
    "retMsg",
    "retExtInfo",
    "header",
    "args",
];
const ENVELOPE_FIELDS: usize = 15;

/// The scale of a market of ours.
fn market_scale<'i>(grids: &mut Grids, market: MarketIx, instruments: &'i Instruments) -> Result<Scale<'i>, DecodeError> {
    grids.scale(market, instruments).ok_or(DecodeError { field: "topic", why: Why::NoSpec })
}

/// Refuses a row whose symbol is not the topic's.
fn same_symbol(text: Str<'_>, symbol: &[u8], field: &'static str) -> Result<(), DecodeError> {
    if text.raw() == symbol { Ok(()) } else { Err(DecodeError { field, why: Why::Contradiction }) }
}

/// The three rate headers of an answer, or `None` unless all are there and are numbers.
#[must_use]
pub fn rate_headers(limit: Option<&[u8]>, remaining: Option<&[u8]>, reset_ms: Option<&[u8]>) -> Option<RateHeaders> {
    let number = |text: Option<&[u8]>| core::str::from_utf8(text?).ok()?.parse::<u64>().ok();
    Some(RateHeaders {
        limit: number(limit)?.try_into().ok()?,
        remaining: number(remaining)?.try_into().ok()?,
        reset_ms: number(reset_ms)?.try_into().ok().filter(|reset_ms| *reset_ms < MAX_MS)?,
    })
}
