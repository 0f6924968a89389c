//! Messages past their text, for a listener in this process.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::slice::from_ref;

use mm_core::ids::{Coin, MarketIx};
use mm_core::input::{
    BookUpdate, CoinBalance, ExecKind, Execution, Message, OrderUpdate, Outcome, PositionUpdate, RateHeaders, Reply, ReplyBody,
    TickerUpdate, Trade, VenueStatus,
};
use mm_core::units::{Amount, Lots, Ticks};
use mm_wire::errors::outcome;

use super::commands::Done;
use super::holdings::shown;
use super::limits::Grant;
use super::listing::Listing;
use super::parsed::Fields;
use super::rows::{average_price, leaves};
use super::ticker::TickerFields;
use super::words;
use crate::api::{ApiError, ExecutionRow, FillReason, OrderAck, OrderRow, OrderStatus, OrderType, PositionRow, TradeRow};
use crate::publisher::BookFrame;

/// What the text of one push, or of an answer to orders, says; its markets are numbered as the exchange numbers them.
#[derive(Clone, Debug, PartialEq)]
pub enum TypedMessage {
    Book(BookFrame),
    Trades {
        market: MarketIx,
        trades: Vec<Trade>,
    },
    Ticker {
        update: TickerUpdate,
        snapshot: bool,
    },
    Order(Box<OrderUpdate>),
    Execution(Box<Execution>),
    Position(PositionUpdate),
    Wallet(Vec<CoinBalance>),
    /// An answer on the trade socket; whether it is one to cancels.
    TradeReply {
        req_id: u64,
        cancels: bool,
        reply: Reply,
    },
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

    /// (coin, (wallet, unrealised PnL)) of each coin that changed, on the grid of what is shown.
    #[must_use]
    pub fn wallet(coins: impl Iterator<Item = (Coin, (Amount, Amount))>, told_ms: i64) -> Self {
        let balance =
            |(coin, (wallet, unrealised))| CoinBalance { coin, wallet: shown(wallet), equity: shown(wallet + unrealised), told_ms };
        TypedMessage::Wallet(coins.map(balance).collect())
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

    /// The answer to a request that `message` numbers; `None` if the request is not about orders, or its number is none.
    #[must_use]
    pub fn trade_reply(op: &str, message: &Fields<'_>, answer: &Result<Done<'_>, ApiError>, grant: Option<Grant>) -> Option<Self> {
        let batch = op.strip_prefix("order.")?.ends_with("-batch");
        let req_id = message.get("reqId")?.as_str()?.parse::<u64>().ok().filter(|id| i64::try_from(*id).is_ok())?;
        let told = |error: &ApiError| outcome(error.code.into(), error.msg.as_bytes());
        let accepted = |ack: &OrderAck| (Outcome::Accepted, Some(ack.order_id));
        let (outcome, body) = match answer {
            Ok(Done::One(ack)) => (Outcome::Accepted, ReplyBody::Acks([accepted(ack)].into())),
            Ok(Done::Batch { items, .. }) => {
                let acks = items.iter().map(|(_, done)| done.as_ref().map_or_else(|error| (told(error), None), accepted));
                (Outcome::Accepted, ReplyBody::Acks(acks.collect()))
            }
            Ok(Done::All(_)) => return None,
            Err(error) if batch => (told(error), ReplyBody::Empty),
            Err(error) => (told(error), ReplyBody::Acks([(told(error), None)].into())),
        };
        let rate = grant.map(|grant| RateHeaders { limit: grant.limit, remaining: grant.remaining, reset_ms: grant.reset_ms });
        Some(TypedMessage::TradeReply { req_id, cancels: op.starts_with("order.cancel"), reply: Reply { outcome, rate, body } })
    }

    /// Every code but 0 that an answer tells, of itself or of its items.
    #[must_use]
    pub fn codes(&self) -> Vec<i64> {
        let code = |outcome: &Outcome| match outcome {
            Outcome::Accepted => None,
            Outcome::Rejected(_, code) | Outcome::Ambiguous(code) => Some(*code),
        };
        match self {
            TypedMessage::TradeReply { reply: Reply { outcome: Outcome::Accepted, body: ReplyBody::Acks(acks), .. }, .. } => {
                acks.iter().filter_map(|(outcome, _)| code(outcome)).collect()
            }
            TypedMessage::TradeReply { reply, .. } => code(&reply.outcome).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Nobody asked for it.
    #[must_use]
    pub fn is_push(&self) -> bool {
        !matches!(self, TypedMessage::TradeReply { .. })
    }

    #[must_use]
    pub fn is_fill(&self) -> bool {
        matches!(self, TypedMessage::Execution(_))
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
            TypedMessage::Execution(row) => Message::Executions(from_ref(row)),
            TypedMessage::Position(update) => Message::Positions(from_ref(update)),
            TypedMessage::Wallet(coins) => Message::Wallet(coins),
            TypedMessage::TradeReply { req_id, reply, .. } => Message::TradeReply { req_id: *req_id, reply: reply.clone() },
        }
    }
}

/// As it is pushed and listed; `None` for an exact price that is none of a settlement.
#[must_use]
pub fn execution(row: &ExecutionRow) -> Option<Execution> {
    let kind = match row.reason {
        FillReason::Liquidated => ExecKind::Liquidation,
        FillReason::Deleveraged => ExecKind::Adl,
        FillReason::Funding => ExecKind::Funding,
        _ => ExecKind::Trade,
    };
    let settles = kind == ExecKind::Funding;
    if row.mark.is_some() && !settles {
        return None;
    }
    Some(Execution {
        market: row.market,
        exec_id: row.exec_id,
        order_id: row.order_id,
        client_id: row.client_id,
        side: row.side,
        price: if settles { Ticks::ZERO } else { row.price },
        price_rest: Amount::ZERO,
        qty: row.qty,
        leaves_qty: row.leaves_qty,
        fee: row.fee,
        fee_coin: row.fee_coin,
        is_maker: row.is_maker,
        kind,
        exec_ms: row.exec_ns.div_euclid(1_000_000),
    })
}
