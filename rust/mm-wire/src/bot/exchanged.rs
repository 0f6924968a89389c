//! What goes in and out of the bot: inputs and outputs as bytes.

use alloc::string::String;
use alloc::vec::Vec;

use mm_core::engine::Operator;
use mm_core::ids::{ConnId, MarketIx, ReqId};
use mm_core::input::RateHeaders;

/// The closed list of inputs, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BotInput<'a> {
    Frame {
        conn: ConnId,
        bytes: &'a [u8],
    },
    HttpReply {
        req_id: ReqId,
        status: u16,
        rate: Option<RateHeaders>,
        bytes: &'a [u8],
    },
    SendFailed {
        req_id: ReqId,
        definite: bool,
    },
    StreamUp {
        conn: ConnId,
    },
    StreamDown {
        conn: ConnId,
    },
    /// The opening handshake was answered with this HTTP status.
    StreamRefused {
        conn: ConnId,
        status: u16,
    },
    Timer,
    ClockOffset {
        offset_ns: i64,
    },
    Operator(Operator),
    /// See [`answer`](super::answer).
    StrategyAnswer {
        decision_seq: u64,
        bytes: &'a [u8],
    },
    /// A change of parameters as JSON, with the keys of the configuration.
    Params {
        json: &'a [u8],
    },
}

/// What the transports must do, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BotOutput {
    /// Open the socket at this path; with `auth`, sign in before reporting `StreamUp`.
    Connect {
        conn: ConnId,
        path: &'static str,
        auth: bool,
    },
    Close {
        conn: ConnId,
    },
    Send {
        conn: ConnId,
        bytes: Vec<u8>,
    },
    /// One HTTP request. `ts_ms` is the time to sign with; market data is not signed.
    Http {
        req_id: ReqId,
        method: &'static str,
        path: &'static str,
        raw_query: String,
        body: Vec<u8>,
        ts_ms: i64,
        signed: bool,
    },
    /// Ask the strategy for this market's quotes.
    DecisionDue {
        decision_seq: u64,
        market: MarketIx,
    },
}
