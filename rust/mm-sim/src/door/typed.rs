//! Public messages past their text, for a listener in this process.

use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::input::{BookUpdate, Message, TickerUpdate, Trade};
use mm_core::units::Amount;

use super::ticker::TickerFields;
use crate::api::TradeRow;
use crate::publisher::BookFrame;

/// What the text of one public message says; its markets are numbered as the exchange numbers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicMessage {
    Book(BookFrame),
    Trades { market: MarketIx, trades: Vec<Trade> },
    Ticker { update: TickerUpdate, snapshot: bool },
}

impl PublicMessage {
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
        PublicMessage::Trades { market, trades: rows.iter().map(trade).collect() }
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
        Some(PublicMessage::Ticker { update, snapshot })
    }

    /// The market whose book it shows.
    #[must_use]
    pub fn book_of(&self) -> Option<MarketIx> {
        match self {
            PublicMessage::Book(frame) => Some(frame.market),
            PublicMessage::Trades { .. } | PublicMessage::Ticker { .. } => None,
        }
    }

    /// `type` is `delta`.
    #[must_use]
    pub fn is_delta(&self) -> bool {
        match self {
            PublicMessage::Book(frame) => !frame.snapshot,
            PublicMessage::Trades { .. } => false,
            PublicMessage::Ticker { snapshot, .. } => !snapshot,
        }
    }

    /// As a decoder hands it on.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        match self {
            PublicMessage::Book(frame) => Message::Book(BookUpdate {
                market: frame.market,
                depth: frame.depth,
                snapshot: frame.snapshot,
                update_id: frame.update_id,
                seq: frame.seq,
                engine_ms: frame.engine_ms,
                bids: &frame.bids,
                asks: &frame.asks,
            }),
            PublicMessage::Trades { market, trades } => Message::Trades(*market, trades),
            PublicMessage::Ticker { update, .. } => Message::Ticker(*update),
        }
    }
}
