//! Public topics and their messages.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Bound::{Excluded, Unbounded};

use mm_core::ids::Category;
use mm_core::units::Ticks;
use serde_json::json;

use super::candles::Candle;
use super::interval::Interval;
use super::json::{object, put_object, put_text};
use super::listing::Listing;
use super::numbers::{padded_price, put_integer, put_levels, put_price, put_qty, put_unsigned};
use super::ticker::TickerFields;
use super::typed::TypedMessage;
use crate::api::TradeRow;
use crate::publisher::BookFrame;

const SYMBOL: &str = "symbol";

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
        let mut name = Vec::new();
        self.put_name(&mut name, symbol);
        String::from_utf8_lossy(&name).into_owned()
    }

    fn put_name(self, out: &mut Vec<u8>, symbol: &str) {
        match self {
            PublicTopic::Book(depth) => {
                out.extend_from_slice(b"orderbook.");
                put_unsigned(out, depth.into());
            }
            PublicTopic::Trades => out.extend_from_slice(b"publicTrade"),
            PublicTopic::Ticker => out.extend_from_slice(b"tickers"),
            PublicTopic::Kline(interval) => put_all(out, &["kline.", &interval.name()]),
            PublicTopic::PriceLimit => out.extend_from_slice(b"priceLimit"),
        }
        put_all(out, &[".", symbol]);
    }
}

/// One encoded public message.
#[derive(Clone, Debug)]
pub struct Frame {
    pub topic: PublicTopic,
    /// True for what replaces all before it.
    pub snapshot: bool,
    pub bytes: Vec<u8>,
    /// In the place of bytes.
    pub typed: Option<TypedMessage>,
}

/// Messages of one moment; what nobody listens to is not written down.
pub struct Frames<'a> {
    pub heard: &'a dyn Fn(PublicTopic) -> bool,
    /// Written as text only where there is no typed form.
    pub typed: bool,
    pub rows: Vec<Frame>,
}

impl Frames<'_> {
    pub fn push(&mut self, topic: PublicTopic, snapshot: bool, write: impl FnOnce() -> Frame) {
        let row = if (self.heard)(topic) { write() } else { Frame { topic, snapshot, bytes: Vec::new(), typed: None } };
        self.rows.push(row);
    }

    /// A message that has a typed form, unless `as_typed` says otherwise.
    pub fn push_either(
        &mut self,
        topic: PublicTopic,
        snapshot: bool,
        as_typed: impl FnOnce() -> Option<TypedMessage>,
        write: impl FnOnce() -> Frame,
    ) {
        match if self.typed && (self.heard)(topic) { as_typed() } else { None } {
            None => self.push(topic, snapshot, write),
            typed => self.rows.push(Frame { topic, snapshot, bytes: Vec::new(), typed }),
        }
    }

    pub fn push_book(&mut self, listing: &Listing, frame: BookFrame) {
        let (topic, snapshot) = (PublicTopic::Book(frame.depth), frame.snapshot);
        if self.typed && (self.heard)(topic) {
            self.rows.push(Frame { topic, snapshot, bytes: Vec::new(), typed: Some(TypedMessage::Book(frame)) });
        } else {
            self.push(topic, snapshot, || book_frame(listing, &frame));
        }
    }
}

/// A book message, in the order in which the venue's documentation shows its fields: books are most of what is sent.
#[must_use]
pub fn book_frame(listing: &Listing, frame: &BookFrame) -> Frame {
    let topic = PublicTopic::Book(frame.depth);
    let (symbol, kind) = (listing.symbol(), if frame.snapshot { "snapshot" } else { "delta" });
    let mut bytes = Vec::with_capacity(160 + 32 * (frame.bids.len() + frame.asks.len()));
    put_head(&mut bytes, listing, topic, kind, frame.publish_ms);
    put_all(&mut bytes, &[r#"{"s":""#, symbol, r#"","b":"#]);
    put_levels(&mut bytes, listing, &frame.bids);
    bytes.extend_from_slice(br#","a":"#);
    put_levels(&mut bytes, listing, &frame.asks);
    bytes.extend_from_slice(br#","u":"#);
    put_unsigned(&mut bytes, frame.update_id);
    bytes.extend_from_slice(br#","seq":"#);
    put_unsigned(&mut bytes, frame.seq);
    bytes.extend_from_slice(br#"},"cts":"#);
    put_integer(&mut bytes, frame.engine_ms);
    bytes.push(b'}');
    Frame { topic, snapshot: frame.snapshot, bytes, typed: None }
}

/// Up to its data a message of contracts says what it is and then when, one of spot the other way round.
fn put_head(out: &mut Vec<u8>, listing: &Listing, topic: PublicTopic, kind: &str, publish_ms: i64) {
    out.extend_from_slice(br#"{"topic":""#);
    topic.put_name(out, listing.symbol());
    if listing.category() == Category::Linear {
        put_all(out, &[r#"","type":""#, kind]);
    }
    out.extend_from_slice(br#"","ts":"#);
    put_integer(out, publish_ms);
    if listing.category() == Category::Spot {
        put_all(out, &[r#","type":""#, kind, r#"""#]);
    }
    out.extend_from_slice(br#","data":"#);
}

fn put_all(out: &mut Vec<u8>, parts: &[&str]) {
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
}

/// A publicTrade message; `directions` are the tick directions of `trades`.
#[must_use]
pub fn trades_frame(listing: &Listing, publish_ms: i64, trades: &[TradeRow], directions: &[&str]) -> Frame {
    let symbol = listing.symbol();
    let mut bytes = Vec::with_capacity(96 + 192 * trades.len());
    put_head(&mut bytes, listing, PublicTopic::Trades, "snapshot", publish_ms);
    bytes.push(b'[');
    for (index, (trade, direction)) in trades.iter().zip(directions).enumerate() {
        bytes.extend_from_slice(if index == 0 { br#"{"T":"# } else { br#",{"T":"# });
        put_integer(&mut bytes, trade.engine_ms);
        put_all(&mut bytes, &[r#","s":""#, symbol, r#"","S":""#, trade.side.as_str(), r#"","v":""#]);
        put_qty(&mut bytes, listing, trade.qty);
        bytes.extend_from_slice(br#"","p":""#);
        put_price(&mut bytes, listing, trade.price);
        if listing.category() == Category::Linear {
            put_all(&mut bytes, &[r#"","L":""#, direction]);
        }
        bytes.extend_from_slice(br#"","i":"#);
        put_text(&mut bytes, &trade.trade_id.text());
        let flag = |value: bool| if value { "true" } else { "false" };
        put_all(&mut bytes, &[r#","BT":"#, flag(trade.block), r#","RPI":"#, flag(trade.rpi), r#","seq":"#]);
        put_unsigned(&mut bytes, trade.seq);
        bytes.push(b'}');
    }
    bytes.extend_from_slice(b"]}");
    Frame { topic: PublicTopic::Trades, snapshot: false, bytes, typed: None }
}

/// A ticker message of these fields.
#[must_use]
pub fn ticker_frame(listing: &Listing, ts: i64, snapshot: bool, seq: u64, fields: &TickerFields) -> Frame {
    let bytes = object(64 + 40 * fields.len(), |message| {
        message.unsigned("cs", seq);
        put_object(message.key("data"), |data| {
            // The symbol takes its place among the other keys.
            let before = fields.range::<str, _>((Unbounded, Excluded(SYMBOL)));
            let behind = fields.range::<str, _>((Excluded(SYMBOL), Unbounded));
            before.for_each(|(key, value)| data.text(key, value));
            data.text(SYMBOL, listing.symbol());
            behind.for_each(|(key, value)| data.text(key, value));
        });
        let topic = message.key("topic");
        topic.push(b'"');
        PublicTopic::Ticker.put_name(topic, listing.symbol());
        topic.push(b'"');
        message.integer("ts", ts);
        message.text("type", if snapshot { "snapshot" } else { "delta" });
    });
    Frame { topic: PublicTopic::Ticker, snapshot, bytes, typed: None }
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
    Frame { topic, snapshot: false, bytes: message.to_string().into_bytes(), typed: None }
}

/// A priceLimit message: (highest buy, lowest sell).
#[must_use]
pub fn price_limit_frame(listing: &Listing, now_ns: i64, (buy, sell): (Ticks, Ticks)) -> Frame {
    let topic = PublicTopic::PriceLimit;
    let data = json!({"symbol": listing.symbol(), "buyLmt": padded_price(listing, buy), "sellLmt": padded_price(listing, sell)});
    let message = json!({"topic": topic.name(listing.symbol()), "data": data, "ts": now_ns.div_euclid(1_000_000)});
    Frame { topic, snapshot: false, bytes: message.to_string().into_bytes(), typed: None }
}
