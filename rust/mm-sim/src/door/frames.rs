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
use super::numbers::{padded_price, put_levels, put_price, put_qty};
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

/// Messages of one moment; what nobody listens to is not written down.
pub struct Frames<'a> {
    pub heard: &'a dyn Fn(PublicTopic) -> bool,
    pub rows: Vec<Frame>,
}

impl Frames<'_> {
    pub fn push(&mut self, topic: PublicTopic, snapshot: bool, write: impl FnOnce() -> Frame) {
        let row = if (self.heard)(topic) { write() } else { Frame { topic, snapshot, bytes: Vec::new() } };
        self.rows.push(row);
    }
}

/// A book message, in the order in which the venue's documentation shows its fields: books are most of what is sent.
#[must_use]
pub fn book_frame(listing: &Listing, frame: &BookFrame) -> Frame {
    let topic = PublicTopic::Book(frame.depth);
    let (symbol, kind) = (listing.symbol(), if frame.snapshot { "snapshot" } else { "delta" });
    let mut bytes = Vec::with_capacity(160 + 32 * (frame.bids.len() + frame.asks.len()));
    put_head(&mut bytes, listing, topic, kind, frame.publish_ms);
    bytes.extend_from_slice(format!(r#"{{"s":"{symbol}","b":"#).as_bytes());
    put_levels(&mut bytes, listing, &frame.bids);
    bytes.extend_from_slice(br#","a":"#);
    put_levels(&mut bytes, listing, &frame.asks);
    bytes.extend_from_slice(format!(r#","u":{},"seq":{}}},"cts":{}}}"#, frame.update_id, frame.seq, frame.engine_ms).as_bytes());
    Frame { topic, snapshot: frame.snapshot, bytes }
}

/// Up to its data a message of contracts says what it is and then when, one of spot the other way round.
fn put_head(out: &mut Vec<u8>, listing: &Listing, topic: PublicTopic, kind: &str, publish_ms: i64) {
    let name = topic.name(listing.symbol());
    let head = match listing.category() {
        Category::Linear => format!(r#"{{"topic":"{name}","type":"{kind}","ts":{publish_ms},"data":"#),
        Category::Spot => format!(r#"{{"topic":"{name}","ts":{publish_ms},"type":"{kind}","data":"#),
    };
    out.extend_from_slice(head.as_bytes());
}

/// A publicTrade message; `directions` are the tick directions of `trades`.
#[must_use]
pub fn trades_frame(listing: &Listing, publish_ms: i64, trades: &[TradeRow], directions: &[&str]) -> Frame {
    let symbol = listing.symbol();
    let mut bytes = Vec::with_capacity(96 + 192 * trades.len());
    put_head(&mut bytes, listing, PublicTopic::Trades, "snapshot", publish_ms);
    bytes.push(b'[');
    for (index, (trade, direction)) in trades.iter().zip(directions).enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (time_ms, side) = (trade.engine_ms, trade.side.as_str());
        bytes.extend_from_slice(format!(r#"{comma}{{"T":{time_ms},"s":"{symbol}","S":"{side}","v":""#).as_bytes());
        put_qty(&mut bytes, listing, trade.qty);
        bytes.extend_from_slice(br#"","p":""#);
        put_price(&mut bytes, listing, trade.price);
        if listing.category() == Category::Linear {
            bytes.extend_from_slice(format!(r#"","L":"{direction}"#).as_bytes());
        }
        let (id, block, rpi, seq) = (json!(trade.trade_id), trade.block, trade.rpi, trade.seq);
        bytes.extend_from_slice(format!(r#"","i":{id},"BT":{block},"RPI":{rpi},"seq":{seq}}}"#).as_bytes());
    }
    bytes.extend_from_slice(b"]}");
    Frame { topic: PublicTopic::Trades, snapshot: false, bytes }
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
