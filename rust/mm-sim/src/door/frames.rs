//! Public topics and their messages.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::Category;
use mm_core::units::Ticks;
use serde_json::{Value, json};

use super::candles::Candle;
use super::interval::Interval;
use super::listing::Listing;
use super::numbers::{levels, padded_price, padded_qty};
use crate::api::TradeRow;
use crate::publisher::BookFrame;

/// A public topic of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PublicTopic {
    Book(u16),
    Trades,
    Ticker,
    Kline(Interval),
    PriceLimit,
}

impl PublicTopic {
    /// The topic's wire name.
    #[must_use]
    pub fn name(self, symbol: &str) -> String {
        match self {
            PublicTopic::Book(depth) => format!("orderbook.{depth}.{symbol}"),
            PublicTopic::Trades => format!("publicTrade.{symbol}"),
            PublicTopic::Ticker => format!("tickers.{symbol}"),
            PublicTopic::Kline(interval) => format!("kline.{}.{symbol}", interval.name()),
            PublicTopic::PriceLimit => format!("priceLimit.{symbol}"),
        }
    }
}

/// One encoded public message.
#[derive(Clone, Debug)]
pub struct Frame {
    pub topic: PublicTopic,
    /// True for what replaces all before it.
    pub snapshot: bool,
    pub bytes: Vec<u8>,
}

/// A book message.
#[must_use]
pub fn book_frame(listing: &Listing, frame: &BookFrame) -> Frame {
    let topic = PublicTopic::Book(frame.depth);
    let message = json!({
        "topic": topic.name(listing.symbol()), "type": if frame.snapshot { "snapshot" } else { "delta" }, "ts": frame.publish_ms,
        "data": {"s": listing.symbol(), "b": levels(listing, &frame.bids), "a": levels(listing, &frame.asks), "u": frame.update_id, "seq": frame.seq},
        "cts": frame.engine_ms,
    });
    Frame { topic, snapshot: frame.snapshot, bytes: message.to_string().into_bytes() }
}

/// A publicTrade message; `directions` are the tick directions of `trades`.
#[must_use]
pub fn trades_frame(listing: &Listing, publish_ms: i64, trades: &[TradeRow], directions: &[&str]) -> Frame {
    let items: Value = trades
        .iter()
        .zip(directions)
        .map(|(trade, direction)| {
            let mut item = json!({
                "T": trade.engine_ms, "s": listing.symbol(), "S": trade.side.as_str(), "v": padded_qty(listing, trade.qty),
                "p": padded_price(listing, trade.price), "i": trade.trade_id, "BT": trade.block, "RPI": trade.rpi, "seq": trade.seq,
            });
            if listing.category() == Category::Linear {
                item["L"] = json!(direction);
            }
            item
        })
        .collect();
    let message = json!({"topic": PublicTopic::Trades.name(listing.symbol()), "type": "snapshot", "ts": publish_ms, "data": items});
    Frame { topic: PublicTopic::Trades, snapshot: false, bytes: message.to_string().into_bytes() }
}

/// A ticker message of these fields.
#[must_use]
pub fn ticker_frame(listing: &Listing, ts: i64, snapshot: bool, seq: u64, fields: impl Iterator<Item = (String, String)>) -> Frame {
    let mut data: serde_json::Map<String, Value> = fields.map(|(key, value)| (key, Value::String(value))).collect();
    data.insert("symbol".to_string(), Value::String(listing.symbol().to_string()));
    let kind = if snapshot { "snapshot" } else { "delta" };
    let message = json!({"topic": PublicTopic::Ticker.name(listing.symbol()), "type": kind, "data": data, "cs": seq, "ts": ts});
    Frame { topic: PublicTopic::Ticker, snapshot, bytes: message.to_string().into_bytes() }
}

/// A kline message of one candle; `confirm` once it has ended.
#[must_use]
pub fn kline_frame(listing: &Listing, now_ns: i64, interval: Interval, candle: &Candle, confirm: bool) -> Frame {
    let (topic, now_ms) = (PublicTopic::Kline(interval), now_ns.div_euclid(1_000_000));
    let message = json!({
        "topic": topic.name(listing.symbol()), "type": "snapshot", "ts": now_ms,
        "data": [{
            "start": candle.start_ms, "end": candle.end_ms, "interval": interval.name(), "open": candle.open.to_string(),
            "close": candle.close.to_string(), "high": candle.high.to_string(), "low": candle.low.to_string(),
            "volume": candle.volume.to_string(), "turnover": candle.turnover.to_string(), "confirm": confirm, "timestamp": now_ms,
        }],
    });
    Frame { topic, snapshot: false, bytes: message.to_string().into_bytes() }
}

/// A priceLimit message: (highest buy, lowest sell).
#[must_use]
pub fn price_limit_frame(listing: &Listing, now_ns: i64, (buy, sell): (Ticks, Ticks)) -> Frame {
    let topic = PublicTopic::PriceLimit;
    let data = json!({"symbol": listing.symbol(), "buyLmt": padded_price(listing, buy), "sellLmt": padded_price(listing, sell)});
    let message = json!({"topic": topic.name(listing.symbol()), "data": data, "ts": now_ns.div_euclid(1_000_000)});
    Frame { topic, snapshot: false, bytes: message.to_string().into_bytes() }
}
