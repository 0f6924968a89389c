//! What one market shows the public: book topics, recent trades and the ticker.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::units::{Amount, Ticks};
use serde_json::{Value, json};

use super::listing::Listing;
use super::numbers::{levels, padded_price, padded_qty};
use crate::api::{Event, TradeRow};
use crate::liquidity::Liquidity;
use crate::publisher::{BookFrame, Publisher};

/// Trades that `recent-trade` can go back.
const MAX_TRADES: usize = 1000;
/// `u` starts here where the recording does not give it: 1 would announce a service restart.
const FIRST_UPDATE_ID: u64 = 1000;
/// What a derived spot ticker does not know.
const SPOT_UNKNOWN: [&str; 7] =
    ["highPrice24h", "lowPrice24h", "prevPrice24h", "price24hPcnt", "turnover24h", "volume24h", "usdIndexPrice"];
/// A derived ticker is pushed at most this often.
const TICKER_NS: i64 = 100_000_000;

/// A public topic of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PublicTopic {
    Book(u16),
    Trades,
    Ticker,
}

impl PublicTopic {
    /// The topic's wire name.
    #[must_use]
    pub fn name(self, symbol: &str) -> String {
        match self {
            PublicTopic::Book(depth) => format!("orderbook.{depth}.{symbol}"),
            PublicTopic::Trades => format!("publicTrade.{symbol}"),
            PublicTopic::Ticker => format!("tickers.{symbol}"),
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

/// The public state of one market.
#[derive(Clone, Debug)]
pub struct Feed {
    market: MarketIx,
    publishers: Vec<Publisher>,
    /// Newest first.
    trades: VecDeque<TradeRow>,
    /// The last change of the trade price was upwards.
    rising: bool,
    ticker: BTreeMap<String, String>,
    /// False until the source itself sent a ticker: then one is derived from the book (mark = mid, no funding; on spot, whose ticker has no
    /// book fields, from the trades).
    ticker_given: bool,
    ticker_seq: u64,
    ticker_ns: i64,
}

impl Feed {
    #[must_use]
    pub fn new(market: MarketIx, depths: &[u16]) -> Self {
        let publishers = depths.iter().map(|depth| Publisher::new(market, *depth, FIRST_UPDATE_ID)).collect();
        Self {
            market,
            publishers,
            trades: VecDeque::new(),
            rising: true,
            ticker: BTreeMap::new(),
            ticker_given: false,
            ticker_seq: 0,
            ticker_ns: 0,
        }
    }

    /// The topic of a wire name without its symbol (`orderbook.50`, `publicTrade`, `tickers`), if it is served here.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<PublicTopic> {
        match name {
            "publicTrade" => Some(PublicTopic::Trades),
            "tickers" => Some(PublicTopic::Ticker),
            _ => {
                let depth = name.strip_prefix("orderbook.")?;
                self.publishers.iter().map(Publisher::depth).find(|served| served.to_string() == depth).map(PublicTopic::Book)
            }
        }
    }

    /// When [`Feed::on_due`] must be called.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        self.publishers.iter().filter_map(Publisher::next_due).min()
    }

    /// Frames that are due by time alone.
    pub fn on_due(&mut self, now_ns: i64, listing: &Listing, liquidity: &dyn Liquidity, out: &mut Vec<Frame>) {
        for publisher in &mut self.publishers {
            if publisher.next_due().is_some_and(|due| due <= now_ns)
                && let Some(frame) = publisher.on_due(now_ns, liquidity)
            {
                out.push(book_frame(listing, &frame));
            }
        }
    }

    /// Frames that an event of this market makes; others are ignored.
    pub fn on_event(&mut self, now_ns: i64, event: &Event, listing: &Listing, liquidity: &dyn Liquidity, out: &mut Vec<Frame>) {
        match event {
            Event::Book { market, publish_ms, seq, .. } if *market == self.market => {
                for publisher in &mut self.publishers {
                    if let Some(frame) = publisher.on_book(now_ns, event, liquidity) {
                        out.push(book_frame(listing, &frame));
                    }
                }
                if !self.ticker_given && now_ns >= self.ticker_ns + TICKER_NS {
                    self.derive(now_ns, *publish_ms, *seq, listing, liquidity, out);
                }
            }
            Event::Trades { market, publish_ms, trades } if *market == self.market => {
                let mut directions = Vec::with_capacity(trades.len());
                for trade in trades {
                    directions.push(self.turn(trade.price));
                    self.trades.push_front(trade.clone());
                }
                self.trades.truncate(MAX_TRADES);
                out.push(trades_frame(listing, *publish_ms, trades, &directions));
            }
            Event::Ticker { market, publish_ms, snapshot, cross_seq, fields } if *market == self.market => {
                if *snapshot || !self.ticker_given {
                    self.ticker.clear();
                }
                self.ticker_given = true;
                self.ticker_seq = *cross_seq;
                self.ticker.extend(fields.iter().cloned());
                out.push(ticker_frame(listing, *publish_ms, *snapshot, *cross_seq, fields.iter().cloned()));
            }
            _ => {}
        }
    }

    /// The tick direction of a trade at `price`, after the ones before it.
    fn turn(&mut self, price: Ticks) -> &'static str {
        let before = self.trades.front().map_or(price, |trade| trade.price);
        self.rising = if price == before { self.rising } else { price > before };
        match (self.rising, price == before) {
            (true, false) => "PlusTick",
            (true, true) => "ZeroPlusTick",
            (false, false) => "MinusTick",
            (false, true) => "ZeroMinusTick",
        }
    }

    fn derive(&mut self, now_ns: i64, ts: i64, seq: u64, listing: &Listing, liquidity: &dyn Liquidity, out: &mut Vec<Frame>) {
        let next = self.pushed(listing, liquidity);
        let spot = listing.category() == Category::Spot;
        let changed: Vec<(String, String)> =
            next.iter().filter(|(key, value)| self.ticker.get(*key) != Some(*value)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if changed.is_empty() {
            return;
        }
        // Spot repeats the whole ticker every time.
        let changed = if spot { next.clone().into_iter().collect() } else { changed };
        let snapshot = spot || self.ticker.is_empty();
        (self.ticker, self.ticker_seq, self.ticker_ns) = (next, seq, now_ns);
        out.push(ticker_frame(listing, ts, snapshot, seq, changed.into_iter()));
    }

    /// The derived ticker as the topic sends it; empty before spot's first trade.
    fn pushed(&self, listing: &Listing, liquidity: &dyn Liquidity) -> BTreeMap<String, String> {
        if listing.category() == Category::Linear {
            return self.derived(listing, liquidity);
        }
        let Some(trade) = self.trades.front() else { return BTreeMap::new() };
        let mut fields: BTreeMap<String, String> = SPOT_UNKNOWN.iter().map(|key| ((*key).to_string(), String::new())).collect();
        fields.insert("lastPrice".to_string(), padded_price(listing, trade.price));
        fields
    }

    fn derived(&self, listing: &Listing, liquidity: &dyn Liquidity) -> BTreeMap<String, String> {
        let touch = |side| {
            let mut levels = Vec::new();
            liquidity.levels(self.market, side, 1, &mut levels);
            levels.first().copied()
        };
        let (bid, ask) = (touch(mm_core::units::Side::Buy), touch(mm_core::units::Side::Sell));
        let mut fields = BTreeMap::new();
        let mut put = |key: &str, value: String| fields.insert(key.to_string(), value);
        put("symbol", listing.symbol().to_string());
        put("fundingRate", "0".to_string());
        for (level, price_key, size_key) in [(bid, "bid1Price", "bid1Size"), (ask, "ask1Price", "ask1Size")] {
            if let Some((price, size)) = level {
                put(price_key, padded_price(listing, price));
                put(size_key, padded_qty(listing, size));
            }
        }
        if let (Some((bid, _)), Some((ask, _))) = (bid, ask) {
            let twice = listing.instrument.price(bid + ask);
            put("markPrice", Amount(twice.0 / 2).to_string());
        }
        if let Some(trade) = self.trades.front() {
            put("lastPrice", padded_price(listing, trade.price));
        }
        fields
    }

    /// The first message of a new subscriber, if the topic has a state to show.
    #[must_use]
    pub fn first_frame(&self, topic: PublicTopic, now_ns: i64, listing: &Listing) -> Option<Frame> {
        match topic {
            PublicTopic::Book(depth) => {
                let publisher = self.publishers.iter().find(|publisher| publisher.depth() == depth)?;
                publisher.snapshot_now().map(|frame| book_frame(listing, &frame))
            }
            PublicTopic::Trades => None,
            PublicTopic::Ticker if self.ticker.is_empty() => None,
            PublicTopic::Ticker => {
                let fields = self.ticker.iter().map(|(key, value)| (key.clone(), value.clone()));
                Some(ticker_frame(listing, now_ns.div_euclid(1_000_000), true, self.ticker_seq, fields))
            }
        }
    }

    /// The deepest published window, as the REST book shows it.
    #[must_use]
    pub fn deepest(&self) -> Option<BookFrame> {
        self.publishers.iter().max_by_key(|publisher| publisher.depth())?.snapshot_now()
    }

    /// Recent trades, newest first.
    pub fn trades(&self) -> impl Iterator<Item = &TradeRow> {
        self.trades.iter()
    }

    /// The ticker as known now, by wire name.
    #[must_use]
    pub fn ticker(&self, listing: &Listing, liquidity: &dyn Liquidity) -> BTreeMap<String, String> {
        let mut fields = self.derived(listing, liquidity);
        if self.ticker_given {
            fields.extend(self.ticker.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        fields
    }
}

fn book_frame(listing: &Listing, frame: &BookFrame) -> Frame {
    let topic = PublicTopic::Book(frame.depth);
    let message = json!({
        "topic": topic.name(listing.symbol()), "type": if frame.snapshot { "snapshot" } else { "delta" }, "ts": frame.publish_ms,
        "data": {"s": listing.symbol(), "b": levels(listing, &frame.bids), "a": levels(listing, &frame.asks), "u": frame.update_id, "seq": frame.seq},
        "cts": frame.engine_ms,
    });
    Frame { topic, snapshot: frame.snapshot, bytes: message.to_string().into_bytes() }
}

fn trades_frame(listing: &Listing, publish_ms: i64, trades: &[TradeRow], directions: &[&str]) -> Frame {
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

fn ticker_frame(listing: &Listing, ts: i64, snapshot: bool, seq: u64, fields: impl Iterator<Item = (String, String)>) -> Frame {
    let mut data: serde_json::Map<String, Value> = fields.map(|(key, value)| (key, Value::String(value))).collect();
    data.insert("symbol".to_string(), Value::String(listing.symbol().to_string()));
    let kind = if snapshot { "snapshot" } else { "delta" };
    let message = json!({"topic": PublicTopic::Ticker.name(listing.symbol()), "type": kind, "data": data, "cs": seq, "ts": ts});
    Frame { topic: PublicTopic::Ticker, snapshot, bytes: message.to_string().into_bytes() }
}
