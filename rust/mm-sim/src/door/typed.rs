//! Messages past their text, for a listener in this process.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::slice::from_ref;

use mm_core::ids::MarketIx;
use mm_core::input::{BookUpdate, Message, OrderUpdate, PositionUpdate, TickerUpdate, Trade, VenueStatus};
use mm_core::units::{Amount, Lots};

use super::listing::Listing;
use super::rows::{average_price, leaves};
use super::ticker::TickerFields;
use super::words;
use crate::api::{OrderRow, OrderStatus, OrderType, PositionRow, TradeRow};
use crate::publisher::BookFrame;

/// What the text of one push says; its markets are numbered as the exchange numbers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedMessage {
    Book(BookFrame),
    Trades { market: MarketIx, trades: Vec<Trade> },
    Ticker { update: TickerUpdate, snapshot: bool },
    Order(Box<OrderUpdate>),
    Position(PositionUpdate),
}

impl TypedMessage {
    #[must_use]
    pub fn trades(market: MarketIx, rows: &[TradeRow]) -> Self {
        let trade = |row: &TradeRow| Trade {
            engine_ms: row.engine_ms,
            side: row.side,
            price: row.price,
            qty: row.qty,
            seq: Some(row.seq),
            off_book: row.block || row.rpi,
        };
        TypedMessage::Trades { market, trades: rows.iter().map(trade).collect() }
    }

    /// `None` if a field cannot be told but as text.
    #[must_use]
    pub fn ticker(market: MarketIx, snapshot: bool, fields: &TickerFields) -> Option<Self> {
        let text = |name: &str| fields.get(name).filter(|text| !text.is_empty());
        let amount = |name| text(name).map(|text| Amount::parse(text.as_bytes())).transpose().ok();
        let update = TickerUpdate {
            market,
            mark_price: amount("markPrice")?,
            index_price: amount("indexPrice")?,
            funding_rate: amount("fundingRate")?,
            next_funding_ms: text("nextFundingTime").map(|text| text.parse()).transpose().ok()?,
        };
        Some(TypedMessage::Ticker { update, snapshot })
    }

    /// `None` for orders whose price or size is told in terms of its own: market orders, and what spends an amount.
    #[must_use]
    pub fn order(row: &OrderRow) -> Option<Self> {
        if row.order_type == OrderType::Market || row.quote_qty.is_some() {
            return None;
        }
        let status = match row.status {
            OrderStatus::New => VenueStatus::New,
            OrderStatus::PartiallyFilled => VenueStatus::PartiallyFilled,
            OrderStatus::Filled => VenueStatus::Filled,
            OrderStatus::Rejected if row.cum_qty == Lots::ZERO => VenueStatus::Rejected,
            OrderStatus::Cancelled | OrderStatus::Rejected => VenueStatus::Cancelled,
        };
        Some(TypedMessage::Order(Box::new(OrderUpdate {
            market: row.market,
            order_id: row.order_id,
            client_id: row.client_id,
            side: row.side,
            price: row.price,
            qty: row.qty,
            cum_qty: row.cum_qty,
            leaves_qty: leaves(row),
            status,
            post_only_crossed: words::ending(row).1 == "EC_PostOnlyWillTakeLiquidity",
            updated_ms: row.updated_ns.div_euclid(1_000_000),
        })))
    }

    #[must_use]
    pub fn position(listing: &Listing, row: &PositionRow) -> Self {
        TypedMessage::Position(PositionUpdate {
            market: row.market,
            size: row.size,
            entry: average_price(listing, row.cost, row.size).unwrap_or(Amount::ZERO),
            seq: i64::try_from(row.seq).unwrap_or(i64::MAX),
        })
    }

    /// The market whose book it shows.
    #[must_use]
    pub fn book_of(&self) -> Option<MarketIx> {
        match self {
            TypedMessage::Book(frame) => Some(frame.market),
            _ => None,
        }
    }

    /// `type` is `delta`.
    #[must_use]
    pub fn is_delta(&self) -> bool {
        match self {
            TypedMessage::Book(frame) => !frame.snapshot,
            TypedMessage::Ticker { snapshot, .. } => !snapshot,
            _ => false,
        }
    }

    /// As a decoder hands it on.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        match self {
            TypedMessage::Book(frame) => Message::Book(BookUpdate {
                market: frame.market,
                depth: frame.depth,
                snapshot: frame.snapshot,
                update_id: frame.update_id,
                seq: frame.seq,
                engine_ms: frame.engine_ms,
                bids: &frame.bids,
                asks: &frame.asks,
            }),
            TypedMessage::Trades { market, trades } => Message::Trades(*market, trades),
            TypedMessage::Ticker { update, .. } => Message::Ticker(*update),
            TypedMessage::Order(update) => Message::Orders(from_ref(update)),
            TypedMessage::Position(update) => Message::Positions(from_ref(update)),
        }
    }
}
