//! What clients ask for, past JSON and before every business check, and how they are answered.

use alloc::string::String;

use mm_core::ids::{ClientId, MarketIx, OrderId};
use mm_core::units::{Amount, Lots, Side, Ticks};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderType {
    Limit,
    Market,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInForce {
    Gtc,
    PostOnly,
    /// What does not trade at once is cancelled.
    Ioc,
    /// All of it trades at once, or none.
    Fok,
}

/// What happens when an order comes upon one of the same owner: the incoming order's word decides, the resting one's is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfMatch {
    /// They trade with each other.
    Allow,
    CancelMaker,
    CancelTaker,
    CancelBoth,
}

/// How far from the touch a market order may trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slippage {
    Ticks(i64),
    /// Of the touch, as a fraction.
    Fraction(Amount),
}

/// `order.create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceOrder {
    pub market: MarketIx,
    pub side: Side,
    pub order_type: OrderType,
    /// A market order's is the exchange's to set.
    pub price: Ticks,
    pub qty: Lots,
    /// A spot market buy may say what it spends, in quote coin, instead of what it buys.
    pub quote_qty: Option<Amount>,
    pub slippage: Option<Slippage>,
    /// A market order is always immediate-or-cancel.
    pub time_in_force: TimeInForce,
    pub reduce_only: bool,
    /// Reduce-only with all of the position, whatever `qty` says.
    pub close_position: bool,
    pub self_match: SelfMatch,
    /// Empty when the client sent none.
    pub client_id: ClientId,
}

impl PlaceOrder {
    /// A plain limit order: no client id, not reduce-only, free to meet its owner's orders.
    #[must_use]
    pub fn limit(market: MarketIx, side: Side, price: Ticks, qty: Lots, time_in_force: TimeInForce) -> Self {
        Self {
            market,
            side,
            order_type: OrderType::Limit,
            price,
            qty,
            quote_qty: None,
            slippage: None,
            time_in_force,
            reduce_only: false,
            close_position: false,
            self_match: SelfMatch::Allow,
            client_id: ClientId::EMPTY,
        }
    }

    /// A plain market order of `qty`.
    #[must_use]
    pub fn market(market: MarketIx, side: Side, qty: Lots) -> Self {
        Self { order_type: OrderType::Market, ..Self::limit(market, side, Ticks::ZERO, qty, TimeInForce::Ioc) }
    }
}

/// How an amend or a cancel names its order: the venue's id wins over the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderRef {
    Venue(OrderId),
    Client(ClientId),
}

/// `order.amend`: the new total size and price; `None` leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmendOrder {
    pub market: MarketIx,
    pub order: OrderRef,
    pub price: Option<Ticks>,
    pub qty: Option<Lots>,
}

/// A refusal before the ack, in the venue's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub code: i32,
    pub msg: String,
}

/// What an accepted request is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderAck {
    pub order_id: OrderId,
    pub client_id: ClientId,
}
