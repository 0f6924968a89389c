//! Socket frames and HTTP answers to typed inputs.

mod control;
mod envelope;
mod fields;
mod http;
mod instruments;
mod private;
mod public;
mod rows;
#[cfg(test)]
mod tests;
mod trade;

use alloc::string::String;
use alloc::vec::Vec;

use mm_core::input::{CoinBalance, Execution, Message, OrderUpdate, PositionUpdate, RateHeaders, Reply, StreamRole, Trade};
use mm_core::instrument::Instruments;
use mm_core::output::Query;
use mm_core::units::{Lots, Ticks};

use crate::error::DecodeError;
use crate::grid::Grids;

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
    bids: Vec<(Ticks, Lots)>,
    asks: Vec<(Ticks, Lots)>,
    trades: Vec<Trade>,
    orders: Vec<OrderUpdate>,
    executions: Vec<Execution>,
    positions: Vec<PositionUpdate>,
    coins: Vec<CoinBalance>,
    text: String,
}

/// What was passed over so far: never an error, never uncounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Fields that we do not read.
    pub unknown_fields: u64,
    /// Rows for an instrument outside the table, also those beside rows of ours in one frame.
    pub unknown_rows: u64,
}

impl Decoder {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many fields were read past, since the decoder was made, because we do not use them.
    #[must_use]
    pub fn unknown_fields(&self) -> u64 {
        self.counts.unknown_fields
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
        let _ = (role, instruments, bytes);
        Ok(Message::Ignored)
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
        let _ = (query, instruments, answer);
        Err(DecodeError { field: "json", why: crate::error::Why::Syntax })
    }
}

/// The three rate headers of an answer, or `None` unless all are there and are numbers.
#[must_use]
pub fn rate_headers(limit: Option<&[u8]>, remaining: Option<&[u8]>, reset_ms: Option<&[u8]>) -> Option<RateHeaders> {
    let number = |text: Option<&[u8]>| core::str::from_utf8(text?).ok()?.parse::<u64>().ok();
    Some(RateHeaders {
        limit: number(limit)?.try_into().ok()?,
        remaining: number(remaining)?.try_into().ok()?,
        reset_ms: number(reset_ms)?.try_into().ok()?,
    })
}
