//! Public queries: time, instruments, book, tickers, recent trades.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::units::Side;
use serde_json::{Map, Value, json};

use super::Door;
use super::answer::{Answer, Reply};
use super::feed::Feed;
use super::interval::Interval;
use super::listing::Listing;
use super::numbers;
use super::query::{Params, Place, invalid, page};
use super::request;

/// Keys of a contract's ticker that are empty where neither the recording nor the book tells them.
const TICKER_KEYS: [&str; 30] = [
    "lastPrice",
    "indexPrice",
    "markPrice",
    "prevPrice24h",
    "price24hPcnt",
    "highPrice24h",
    "lowPrice24h",
    "prevPrice1h",
    "openInterest",
    "openInterestValue",
    "singleOpenInterest",
    "singleOpenInterestValue",
    "turnover24h",
    "volume24h",
    "fundingRate",
    "nextFundingTime",
    "predictedDeliveryPrice",
    "basisRate",
    "basis",
    "deliveryFeeRate",
    "deliveryTime",
    "bid1Price",
    "bid1Size",
    "ask1Price",
    "ask1Size",
    "preOpenPrice",
    "preQty",
    "curPreListingPhase",
    "fundingIntervalHour",
    "fundingCap",
];

/// The same of a spot ticker.
const SPOT_TICKER_KEYS: [&str; 13] = [
    "bid1Price",
    "bid1Size",
    "ask1Price",
    "ask1Size",
    "lastPrice",
    "prevPrice24h",
    "price24hPcnt",
    "highPrice24h",
    "lowPrice24h",
    "turnover24h",
    "volume24h",
    "usdIndexPrice",
    "symbol",
];

impl Door {
    pub(super) fn server_time(now_ns: i64) -> Answer {
        let seconds = now_ns.div_euclid(1_000_000_000).to_string();
        Ok(Reply::of(&json!({"timeSecond": seconds, "timeNano": now_ns.to_string()})))
    }

    /// The public and the account's view; `most` is what one page may hold.
    pub(super) fn instruments_info(&self, params: &Params, most: usize) -> Answer {
        let category = request::category(params.get("category"))?;
        let (limit, after) = (params.limit(most.min(500), most)?, params.cursor()?);
        let limit = if category == Category::Spot { usize::MAX } else { limit };
        let wanted = |listing: &&Listing| {
            listing.category() == category
                && params.get("symbol").is_none_or(|symbol| symbol == listing.symbol())
                && params.get("baseCoin").is_none_or(|base| category == Category::Spot || base == listing.instrument.base.as_str())
                && listing.info["status"] == params.get("status").unwrap_or("Trading")
        };
        let items = self
            .listings
            .iter()
            .filter(wanted)
            .zip(0_i64..)
            .map(|(listing, ix)| (Place { number: -ix, id: listing.symbol() }, listing.info.clone()));
        let (list, cursor) = page(items, after, limit);
        Ok(Reply::of(&json!({"category": category.as_str(), "list": list, "nextPageCursor": cursor})))
    }

    pub(super) fn orderbook(&self, params: &Params) -> Answer {
        let category = request::category(params.get("category"))?;
        let limit = params.limit(if category == Category::Spot { 1 } else { 25 }, 1000)?;
        let (market, _) = request::market(&self.listings, category, params.get("symbol"))?;
        let (listing, feed) = self.shown(category, params.get("symbol"))?;
        let window = feed.deepest();
        let (update_id, seq, engine_ms) = window.as_ref().map_or((0, 0, 0), |window| (window.update_id, window.seq, window.engine_ms));
        let side = |side: Side| match &window {
            Some(window) if limit <= usize::from(window.depth) && side == Side::Buy => {
                numbers::levels(listing, &window.bids[..window.bids.len().min(limit)])
            }
            Some(window) if limit <= usize::from(window.depth) => numbers::levels(listing, &window.asks[..window.asks.len().min(limit)]),
            // Deeper than any published window, or nobody has subscribed yet, so no frame has numbered the book: it is read as it stands.
            _ => {
                let mut levels = Vec::new();
                self.exchange.liquidity().levels(market, side, limit, &mut levels);
                numbers::levels(listing, &levels)
            }
        };
        let (bids, asks) = (side(Side::Buy), side(Side::Sell));
        Ok(Reply::of(&json!({
            "s": listing.symbol(), "b": bids, "a": asks, "ts": self.now_ms(), "u": update_id, "seq": seq, "cts": engine_ms,
        })))
    }

    pub(super) fn tickers(&self, params: &Params) -> Answer {
        let category = request::category(params.get("category"))?;
        let only = params.get("symbol").map(|symbol| request::market(&self.listings, category, Some(symbol))).transpose()?;
        let rows = self.listings.iter().zip(&self.feeds).zip(0_u16..);
        let wanted = rows
            .filter(|((listing, _), _)| listing.category() == category)
            .filter(|(_, ix)| only.is_none_or(|(market, _)| market.0 == *ix));
        let items: Vec<Value> = wanted.map(|((listing, feed), ix)| self.ticker_item(MarketIx(ix), listing, feed)).collect();
        Ok(Reply::of(&json!({"category": category.as_str(), "list": items})))
    }

    fn ticker_item(&self, market: MarketIx, listing: &Listing, feed: &Feed) -> Value {
        let keys = match listing.category() {
            Category::Linear => &TICKER_KEYS[..],
            Category::Spot => &SPOT_TICKER_KEYS[..],
        };
        let mut item: Map<String, Value> = keys.iter().map(|key| ((*key).to_string(), Value::String(String::new()))).collect();
        let known = feed.ticker(self.now_ns, listing, self.exchange.liquidity(), self.exchange.funding(market));
        let spot = listing.category() == Category::Spot;
        let listed = known.into_iter().filter(|(key, _)| !spot || keys.contains(&key.as_ref()));
        item.extend(listed.map(|(key, value)| (key.into_owned(), Value::String(value))));
        item.insert("symbol".to_string(), Value::String(listing.symbol().to_string()));
        Value::Object(item)
    }

    pub(super) fn recent_trades(&self, params: &Params) -> Answer {
        let category = request::category(params.get("category"))?;
        let limit = if category == Category::Spot { params.limit(60, 60)? } else { params.limit(500, 1000)? };
        let (listing, feed) = self.shown(category, params.get("symbol"))?;
        let item = |trade: &crate::api::TradeRow| {
            json!({
                "execId": trade.trade_id.text(), "symbol": listing.symbol(), "price": numbers::padded_price(listing, trade.price),
                "size": numbers::padded_qty(listing, trade.qty), "side": trade.side.as_str(), "time": trade.engine_ms.to_string(),
                "isBlockTrade": trade.block, "isRPITrade": trade.rpi, "seq": trade.seq.to_string(),
            })
        };
        let items: Vec<Value> = feed.trades().take(limit).map(item).collect();
        Ok(Reply::of(&json!({"category": category.as_str(), "list": items})))
    }

    /// `kline` and `mark-price-kline`, newest first. With `start` alone the page begins there, otherwise it ends at `end` or now.
    pub(super) fn kline(&self, params: &Params, traded: bool) -> Answer {
        let category = params.get("category").map_or(Ok(Category::Linear), |name| request::category(Some(name)))?;
        let (listing, feed) = self.shown(category, params.get("symbol"))?;
        let interval = params.get("interval").and_then(Interval::parse);
        let interval = interval.ok_or_else(|| invalid("Invalid period!".to_string()))?;
        let (limit, (start, end)) = (params.limit(200, 1000)?, (params.ms("start")?, params.ms("end")?));
        let to_ms = match (start, end) {
            (Some(start), None) => (1..limit).fold(start, |at, _| interval.span(at).1 + 1),
            _ => end.unwrap_or(i64::MAX),
        };
        let rows = feed.candles(traded).newest(interval, start.unwrap_or(i64::MIN), to_ms.min(self.now_ms()), limit);
        let list: Vec<Value> = rows.iter().map(|candle| candle.listed(traded)).collect();
        Ok(Reply::of(&json!({"category": category.as_str(), "symbol": listing.symbol(), "list": list})))
    }

    /// `price-limit`: how far an aggressive order may reach.
    pub(super) fn price_limit(&self, params: &Params) -> Answer {
        let category = params.get("category").map_or(Ok(Category::Linear), |name| request::category(Some(name)))?;
        let (market, listing) = request::market(&self.listings, category, params.get("symbol"))?;
        let price = |ticks| numbers::padded_price(listing, ticks);
        let (buy, sell) = self.exchange.price_limits(market).map_or_else(Default::default, |(buy, sell)| (price(buy), price(sell)));
        Ok(Reply::of(&json!({"symbol": listing.symbol(), "buyLmt": buy, "sellLmt": sell, "ts": self.now_ms().to_string()})))
    }

    fn shown(&self, category: Category, symbol: Option<&str>) -> Result<(&Listing, &Feed), crate::api::ApiError> {
        let (market, listing) = request::market(&self.listings, category, symbol)?;
        let feed = self.feeds.get(market.index()).ok_or_else(|| super::query::invalid("Not supported symbols".to_string()))?;
        Ok((listing, feed))
    }
}
