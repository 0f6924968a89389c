//! The typed words between the door (JSON, routes, topics), the exchange (accounts, life cycle) and its liquidity.

use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{ClientId, Coin, ExecId, MarketIx, OrderId};
use mm_core::units::{Amount, Lots, Side, Ticks};

mod requests;

pub use crate::identity::TradeId;
pub use requests::{AmendOrder, ApiError, OrderAck, OrderRef, OrderType, PlaceOrder, SelfMatch, Slippage, TimeInForce};

/// One unified account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uid(pub u32);

/// The exchange's own number of an order; [`OrderId`] is derived from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderKey(pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    New,
    PartiallyFilled,
    Filled,
    Cancelled,
    /// Spot only: post-only that would have taken.
    Rejected,
}

/// Why an order ended without filling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    None,
    User,
    PostOnlyWouldTake,
    /// Immediate-or-cancel: what did not trade at once.
    NotImmediate,
    /// Fill-or-kill: not all of it could trade at once.
    NotWhole,
    /// It met an order of the same owner.
    SelfMatch,
    /// A spot market order: what is left lies beyond the price limit.
    PriceLimit,
    /// A spot market order that spends an amount: what is left of it buys nothing more.
    NotFull,
    /// The position left nothing for it to reduce.
    ReduceOnly,
    /// Its account is being liquidated.
    Liquidation,
    /// Its account's position is being auto-deleveraged.
    Deleveraging,
    /// Disconnect protection: the account's connections were gone for too long.
    Disconnected,
    /// The contract is being settled.
    Settlement,
    /// The market has stopped, or its grid has changed.
    Admin,
}

/// Who made an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creator {
    User,
    /// A position that its account no longer bears.
    Takeover,
    Deleveraging,
}

/// An order as the exchange's books hold it: what `order` pushes and the queries show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    pub uid: Uid,
    pub key: OrderKey,
    pub order_id: OrderId,
    pub client_id: ClientId,
    /// Of the order that this one is a part of; else empty.
    pub parent_id: ClientId,
    pub market: MarketIx,
    pub side: Side,
    pub price: Ticks,
    /// Where `quote_qty` says what it spends, this is no more than a bound.
    pub qty: Lots,
    pub quote_qty: Option<Amount>,
    pub cum_qty: Lots,
    /// Σ price × size of its fills, in quote coin.
    pub cum_value: Amount,
    /// Σ fee charged in the settle coin (spot: the quote coin).
    pub cum_fee: Amount,
    /// Σ fee charged in the base coin: spot only.
    pub cum_base_fee: Amount,
    pub order_type: OrderType,
    pub time_in_force: TimeInForce,
    pub reduce_only: bool,
    pub creator: Creator,
    pub self_match: SelfMatch,
    /// The account's self-match group when it was placed; 0 for none.
    pub smp_group: u32,
    pub status: OrderStatus,
    pub end_reason: EndReason,
    /// The order of the same owner that it met, if that ended it; else empty.
    pub counter_id: OrderId,
    pub created_ns: i64,
    pub updated_ns: i64,
}

/// Why an account's holdings changed: no execution without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FillReason {
    /// Price-time matching against another order in the local book.
    Matched,
    /// A recorded trade printed at our price after the queue ahead was used up.
    TapeQueue,
    /// A recorded trade printed through our price.
    TapeThrough,
    /// A limit order that took recorded displayed size on arrival; the tape does not move.
    TapeTaken,
    /// A seeded taker (`--takers`), never on the recorded tape.
    TakerSeed,
    /// The position was taken over in liquidation.
    Liquidated,
    /// The position was auto-deleveraged.
    Deleveraged,
    /// A funding settlement: cash only, no fill.
    Funding,
}

impl FillReason {
    /// The code that the record prints.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            FillReason::Matched => "MATCHED",
            FillReason::TapeQueue => "TAPE_QUEUE",
            FillReason::TapeThrough => "TAPE_THROUGH",
            FillReason::TapeTaken => "TAPE_TAKEN",
            FillReason::TakerSeed => "TAKER_SEED",
            FillReason::Liquidated => "LIQUIDATION",
            FillReason::Deleveraged => "ADL",
            FillReason::Funding => "FUNDING",
        }
    }
}

/// One fill of an account's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionRow {
    pub uid: Uid,
    pub exec_id: ExecId,
    pub order_id: OrderId,
    pub client_id: ClientId,
    pub market: MarketIx,
    pub side: Side,
    pub order_type: OrderType,
    pub order_price: Ticks,
    pub order_qty: Lots,
    pub order_quote_qty: Option<Amount>,
    pub leaves_qty: Lots,
    /// Of funding the tick nearest to the mark.
    pub price: Ticks,
    /// The exact price of a funding settlement.
    pub mark: Option<Amount>,
    pub qty: Lots,
    pub value: Amount,
    /// In `fee_coin`; negative for a rebate.
    pub fee: Amount,
    pub fee_rate: Amount,
    pub fee_coin: Coin,
    pub is_maker: bool,
    /// Size that reduced an open position.
    pub closed_qty: Lots,
    /// What that realised, before fees, in the settle coin.
    pub pnl: Amount,
    /// What opening and closing that size cost in fees: its share of what was paid, at 1e-8.
    pub open_fee: Amount,
    pub close_fee: Amount,
    pub reason: FillReason,
    pub exec_ns: i64,
    pub seq: u64,
}

/// A one-way position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionRow {
    pub uid: Uid,
    pub market: MarketIx,
    /// Signed: negative is short.
    pub size: Lots,
    /// Σ signed cost of what is open, in settle coin (≥ 0 for a long): average price = |cost| / |size|.
    pub cost: Amount,
    pub realised: Amount,
    pub leverage: u32,
    pub mark_price: Amount,
    pub updated_ns: i64,
    pub seq: u64,
}

/// One coin of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoinRow {
    pub uid: Uid,
    pub coin: Coin,
    pub wallet: Amount,
    /// What open spot orders may still spend.
    pub locked: Amount,
    /// Of the contracts that settle in this coin.
    pub unrealised: Amount,
    pub orders_initial_margin: Amount,
    pub positions_initial_margin: Amount,
    pub positions_maintenance_margin: Amount,
}

/// One public trade; `side` is the taker's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeRow {
    pub engine_ms: i64,
    pub side: Side,
    pub price: Ticks,
    pub qty: Lots,
    pub trade_id: TradeId,
    pub seq: u64,
    /// `BT`: a block trade, off the displayed book.
    pub block: bool,
    /// `RPI`: against a retail-only quote, off the displayed book.
    pub rpi: bool,
}

/// What the exchange tells the door to push. Order within one `drain` is the order of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Order(OrderRow),
    Execution(ExecutionRow),
    Position(PositionRow),
    /// Coins of an account changed; what there is of them is asked for where it is told.
    Wallet {
        uid: Uid,
        coins: Vec<Coin>,
    },
    /// The published book of a market changed at engine time `engine_ms`; the publisher reads the levels.
    Book {
        market: MarketIx,
        engine_ms: i64,
        publish_ms: i64,
        seq: u64,
        update_id: Option<u64>,
        reset: bool,
    },
    /// One publicTrade message.
    Trades {
        market: MarketIx,
        publish_ms: i64,
        trades: Vec<TradeRow>,
    },
    /// A ticker message: changed fields as (wire name, wire value), verbatim from the tape or made by matching.
    Ticker {
        market: MarketIx,
        publish_ms: i64,
        snapshot: bool,
        cross_seq: u64,
        fields: Vec<(String, String)>,
    },
}
