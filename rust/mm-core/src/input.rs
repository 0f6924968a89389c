//! The typed vocabulary between the wire codec and the engine. Past tense: these things happened.
//!
//! The codec (`mm-wire`) makes these from bytes; the engine consumes them. Nothing here holds JSON.

use alloc::string::String;
use alloc::vec::Vec;

use crate::account::{AccountInfo, ApiKeyInfo, DcpInfo, Maintenance};
use crate::ids::{Category, ClientId, Coin, ExecId, MarketIx, OrderId};
use crate::instrument::Instrument;
use crate::units::{Amount, Lots, Side, Ticks};

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StreamRole {
    Public(Category),
    Private,
    Trade,
}

/// One decoded socket frame. Slices borrow the decoder's scratch space and live for one step.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    Book(BookUpdate<'a>),
    Trades(MarketIx, &'a [Trade]),
    Ticker(TickerUpdate),
    Orders(&'a [OrderUpdate]),
    Executions(&'a [Execution]),
    /// `execution.fast`: the same trades earlier and without fee; they are booked from [`Message::Executions`].
    FastExecutions(&'a [FastExecution]),
    Positions(&'a [PositionUpdate]),
    Wallet(&'a [CoinBalance]),
    Candles(MarketIx, &'a [Candle]),
    SystemStatus(&'a [Maintenance]),
    /// A subscribe acknowledgement; on failure the venue's words.
    Subscribed {
        ok: bool,
        text: &'a str,
    },
    Pong,
    /// A reply on the trade socket: the request's number and what was answered.
    TradeReply {
        req_id: u64,
        reply: Reply,
    },
    /// A valid frame that asks for nothing: the acknowledgement of an auth or of an unsubscribe.
    Ignored,
    /// A row for an instrument outside the configured table: never dropped in silence.
    UnknownInstrument,
}

/// An order book message of one `orderbook.{depth}` topic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BookUpdate<'a> {
    pub market: MarketIx,
    pub depth: u16,
    /// True for `type: snapshot`; the engine also treats `update_id == 1` as a reset.
    pub snapshot: bool,
    /// `u`: contiguous per topic.
    pub update_id: u64,
    /// `seq`: comparable with a trade's, never contiguous.
    pub seq: u64,
    /// Matching-engine time (`cts`), or the publisher's `ts` where `cts` is absent.
    pub engine_ms: i64,
    /// (price, size); size 0 removes the level.
    pub bids: &'a [(Ticks, Lots)],
    pub asks: &'a [(Ticks, Lots)],
}

/// One public trade; `side` is the taker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    pub engine_ms: i64,
    pub side: Side,
    pub price: Ticks,
    pub qty: Lots,
    /// Comparable with a book's; older frames do not carry it.
    pub seq: Option<u64>,
    /// Block and RPI trades do not trade against the displayed book.
    pub off_book: bool,
}

/// The fields of a ticker frame that we use; `None` where a delta leaves it unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TickerUpdate {
    pub market: MarketIx,
    pub mark_price: Option<Amount>,
    pub index_price: Option<Amount>,
    pub funding_rate: Option<Amount>,
    pub next_funding_ms: Option<i64>,
}

/// The venue's order status, as far as it decides an order's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VenueStatus {
    New,
    PartiallyFilled,
    Filled,
    Cancelled,
    Rejected,
}

impl VenueStatus {
    /// The order can neither rest nor fill any more.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, VenueStatus::Filled | VenueStatus::Cancelled | VenueStatus::Rejected)
    }
}

/// One order row from the stream or from a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderUpdate {
    pub market: MarketIx,
    pub order_id: OrderId,
    pub client_id: ClientId,
    pub side: Side,
    pub price: Ticks,
    pub qty: Lots,
    pub cum_qty: Lots,
    pub leaves_qty: Lots,
    pub status: VenueStatus,
    /// The reason was `EC_PostOnlyWillTakeLiquidity`.
    pub post_only_crossed: bool,
    pub updated_ms: i64,
}

/// What moved a position or a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecKind {
    Trade,
    Funding,
    Liquidation,
    Adl,
    Other,
}

/// One row of the execution stream or list. `fee` < 0 is a rebate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    pub market: MarketIx,
    pub exec_id: ExecId,
    pub order_id: OrderId,
    pub client_id: ClientId,
    pub side: Side,
    pub price: Ticks,
    /// What the price has beyond whole ticks: 0, unless the trade was made in another grid.
    pub price_rest: Amount,
    pub qty: Lots,
    /// The order's remaining size after this execution, as the venue says.
    pub leaves_qty: Lots,
    pub fee: Amount,
    pub fee_coin: Coin,
    pub is_maker: bool,
    pub kind: ExecKind,
    pub exec_ms: i64,
}

/// One row of `execution.fast`: trades only. The venue leaves `client_id` empty for maker fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FastExecution {
    pub market: MarketIx,
    pub exec_id: ExecId,
    pub order_id: OrderId,
    pub client_id: ClientId,
    pub side: Side,
    pub price: Ticks,
    pub qty: Lots,
    /// Older frames do not say.
    pub is_maker: Option<bool>,
    pub exec_ms: i64,
    pub seq: u64,
}

/// One candle of the stream; prices in quote coin. Until `confirmed` it still changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    pub start_ms: i64,
    pub end_ms: i64,
    pub open: Amount,
    pub high: Amount,
    pub low: Amount,
    pub close: Amount,
    /// Base coin.
    pub volume: Amount,
    /// Quote coin.
    pub turnover: Amount,
    pub confirmed: bool,
}

/// A position row, one-way mode: signed size, negative is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionUpdate {
    pub market: MarketIx,
    pub size: Lots,
    /// Average entry price in quote coin, as the venue rounds it; zero without a position.
    pub entry: Amount,
    /// The venue's sequence of this symbol's changes, never falling; −1 where it says none.
    pub seq: i64,
}

/// One coin of the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoinBalance {
    pub coin: Coin,
    pub wallet: Amount,
    pub equity: Amount,
    /// When the venue said so, by its clock; 0 where it tells no time.
    pub told_ms: i64,
}

/// Maker and taker rate of one instrument as fractions; a maker rebate is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRate {
    pub market: MarketIx,
    pub maker: Amount,
    pub taker: Amount,
}

/// What an answer means for the thing that was asked; the error table is `mm-wire`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted into the venue's queue (an ack is not a fill, nor even a resting order).
    Accepted,
    /// Definitely not done.
    Rejected(RejectKind, i64),
    /// It may or may not have happened: ask, never re-send.
    Ambiguous(i64),
}

/// Why something was definitely refused, as far as the engine reacts differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectKind {
    /// 10006 and kin: nothing happened, wait for the window.
    RateLimited,
    /// The order is already gone or done: for a cancel, success.
    OrderGone,
    /// The amend changed nothing.
    NotModified,
    /// Our time stamp lies outside the window; the venue's time in ms, where the refusal tells it.
    ClockSkew(Option<i64>),
    /// Key, signature, permission, account: a person must act.
    Fatal,
    /// Positions are kept in another mode than one-way.
    PositionMode,
    /// An instrument that is not traded now: before its launch, in settlement, closed.
    NotTrading,
    /// Anything else: parameter, balance, limits.
    Other,
}

/// Limits the venue tells with each answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateHeaders {
    pub limit: u32,
    pub remaining: u32,
    pub reset_ms: i64,
}

/// A decoded answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub outcome: Outcome,
    pub rate: Option<RateHeaders>,
    pub body: ReplyBody,
}

/// The payload of an answer, by what was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplyBody {
    /// Nothing usable: an error answer, or one whose payload is not needed.
    Empty,
    /// One outcome per order of the request, in its order.
    Acks(Vec<(Outcome, Option<OrderId>)>),
    Orders {
        rows: Vec<OrderUpdate>,
        next: String,
    },
    Executions {
        rows: Vec<Execution>,
        next: String,
    },
    Positions(Vec<PositionUpdate>),
    Wallet(Vec<CoinBalance>),
    Instruments(Vec<Instrument>),
    FeeRates(Vec<FeeRate>),
    Account(AccountInfo),
    ApiKey(ApiKeyInfo),
    /// Only the products for which it is switched on.
    Dcp(Vec<DcpInfo>),
    SystemStatus(Vec<Maintenance>),
    /// Nanoseconds since the epoch.
    ServerTime(i64),
}
