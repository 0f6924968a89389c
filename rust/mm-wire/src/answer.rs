//! Answers to any documented question, beyond those that the engine asks: named rows with exact decimals, no instrument table needed.

use alloc::vec::Vec;

use mm_core::ids::{ExecId, Symbol};
use mm_core::input::{Outcome, RateHeaders, ReplyBody};
use mm_core::units::{Amount, Side};

/// An answer that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub outcome: Outcome,
    pub rate: Option<RateHeaders>,
    /// `None` unless accepted.
    pub answer: Option<Answer>,
}

/// The payload of an accepted answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What the engine may also ask.
    Account(ReplyBody),
    /// Nanoseconds since the epoch.
    ServerTime(i64),
    Book(BookSnapshot),
    Tickers(Vec<Ticker>),
    /// Newest first.
    Trades(Vec<PublicTrade>),
    /// Newest first.
    Candles(Vec<CandleRow>),
    /// Newest first.
    FundingRates(Vec<FundingRate>),
}

/// `market/orderbook`: best levels first, (price, size).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSnapshot {
    pub symbol: Symbol,
    pub bids: Vec<(Amount, Amount)>,
    pub asks: Vec<(Amount, Amount)>,
    pub update_id: u64,
    pub seq: u64,
    /// When the venue made the answer, and when its matching engine made the book.
    pub ts_ms: i64,
    pub engine_ms: i64,
}

/// One row of `market/tickers`; what the category does not have, or leaves empty, is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticker {
    pub symbol: Symbol,
    pub bid_price: Option<Amount>,
    pub bid_qty: Option<Amount>,
    pub ask_price: Option<Amount>,
    pub ask_qty: Option<Amount>,
    pub last_price: Option<Amount>,
    pub mark_price: Option<Amount>,
    pub index_price: Option<Amount>,
    pub funding_rate: Option<Amount>,
    pub next_funding_ms: Option<i64>,
    /// Quote coin.
    pub turnover_24h: Option<Amount>,
    /// Base coin.
    pub volume_24h: Option<Amount>,
    pub open_interest: Option<Amount>,
}

/// One row of `market/recent-trade`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicTrade {
    pub symbol: Symbol,
    pub exec_id: ExecId,
    pub price: Amount,
    pub qty: Amount,
    /// The taker's.
    pub side: Side,
    pub engine_ms: i64,
    /// Block and RPI trades do not trade against the displayed book.
    pub off_book: bool,
}

/// One row of `market/kline` and its kin; mark, index and premium candles have no volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandleRow {
    pub start_ms: i64,
    pub open: Amount,
    pub high: Amount,
    pub low: Amount,
    pub close: Amount,
    pub volume: Option<Amount>,
    pub turnover: Option<Amount>,
}

/// One row of `market/funding/history`: the rate as a fraction, positive when longs pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingRate {
    pub symbol: Symbol,
    pub rate: Amount,
    pub settled_ms: i64,
}
