//! The ticker of one market: what the source says, or, where it says nothing, what the book and the trades of this run show.
//!
//! A derived ticker takes the mark for the index; its 24 hours begin with the run.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::units::{Amount, Side, div_half_even};

use super::candles::{Candles, DAY_MS, HOUR_MS};
use super::listing::Listing;
use super::numbers::{padded, padded_price, padded_qty};
use crate::api::TradeRow;
use crate::liquidity::Liquidity;

/// A derived ticker is pushed at most this often: (contracts, spot).
const TICKER_NS: (i64, i64) = (100_000_000, 50_000_000);

/// Fields by wire name.
pub type TickerFields = BTreeMap<Cow<'static, str>, String>;

/// What a derived ticker is made of.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    pub market: MarketIx,
    pub listing: &'a Listing,
    pub liquidity: &'a dyn Liquidity,
    pub candles: &'a Candles,
    pub last: Option<&'a TradeRow>,
    /// Tick direction of the last trade.
    pub direction: &'a str,
    /// (rate, when it is settled next in nanoseconds); `None` where nothing is settled.
    pub funding: Option<(Amount, i64)>,
}

/// The ticker that subscribers hold.
#[derive(Clone, Debug, Default)]
pub struct Ticker {
    fields: TickerFields,
    /// False until the source itself sent a ticker.
    given: bool,
    seq: u64,
    told_ns: i64,
}

impl Ticker {
    /// A message of the source.
    pub fn give(&mut self, snapshot: bool, seq: u64, fields: &[(String, String)]) {
        if snapshot || !self.given {
            self.fields.clear();
        }
        self.given = true;
        self.seq = seq;
        self.fields.extend(fields.iter().cloned().map(|(key, value)| (Cow::Owned(key), value)));
    }

    /// (snapshot, fields) to push if the derived ticker changed and may be told again; spot repeats the whole ticker every time.
    pub fn derive(&mut self, now_ns: i64, seq: u64, seen: Seen<'_>) -> Option<(bool, TickerFields)> {
        let spot = seen.listing.category() == Category::Spot;
        let cadence_ns = if spot { TICKER_NS.1 } else { TICKER_NS.0 };
        if self.given || now_ns < self.told_ns + cadence_ns {
            return None;
        }
        let next = pushed(now_ns, seen);
        let news = next.iter().filter(|(key, value)| self.fields.get(*key) != Some(*value));
        let changed: TickerFields = news.map(|(key, value)| (key.clone(), value.clone())).collect();
        if changed.is_empty() {
            return None;
        }
        let snapshot = spot || self.fields.is_empty();
        let told = if spot { next.clone() } else { changed };
        (self.fields, self.seq, self.told_ns) = (next, seq, now_ns);
        Some((snapshot, told))
    }

    /// What a new subscriber is shown: (seq, fields); `None` before there is anything.
    #[must_use]
    pub fn first(&self) -> Option<(u64, &TickerFields)> {
        (!self.fields.is_empty()).then_some((self.seq, &self.fields))
    }

    /// Everything known now, as the REST query lists it.
    #[must_use]
    pub fn listed(&self, now_ns: i64, seen: Seen<'_>) -> TickerFields {
        let mut fields = derived(now_ns, seen);
        if self.given {
            fields.extend(self.fields.clone());
        }
        fields
    }
}

/// The derived ticker as the topic sends it: spot's has no book fields and is empty before the first trade.
fn pushed(now_ns: i64, seen: Seen<'_>) -> TickerFields {
    if seen.listing.category() == Category::Linear {
        return derived(now_ns, seen);
    }
    let mut fields = TickerFields::new();
    if seen.last.is_some() {
        traded(now_ns, seen, &mut fields);
        fields.remove("prevPrice1h");
        fields.insert("usdIndexPrice".into(), String::new());
    }
    fields
}

fn derived(now_ns: i64, seen: Seen<'_>) -> TickerFields {
    let mut fields = TickerFields::new();
    traded(now_ns, seen, &mut fields);
    let touch = |side| {
        let mut levels = Vec::new();
        seen.liquidity.levels(seen.market, side, 1, &mut levels);
        levels.first().copied()
    };
    let (bid, ask) = (touch(Side::Buy), touch(Side::Sell));
    for (level, price_key, size_key) in [(bid, "bid1Price", "bid1Size"), (ask, "ask1Price", "ask1Size")] {
        if let Some((price, size)) = level {
            fields.insert(price_key.into(), padded_price(seen.listing, price));
            fields.insert(size_key.into(), padded_qty(seen.listing, size));
        }
    }
    if seen.listing.category() == Category::Spot {
        return fields;
    }
    fields.insert("fundingRate".into(), seen.funding.map_or("0".to_string(), |(rate, _)| rate.to_string()));
    if let Some((_, next_ns)) = seen.funding {
        fields.insert("nextFundingTime".into(), next_ns.div_euclid(1_000_000).to_string());
    }
    if let (Some((bid, _)), Some((ask, _))) = (bid, ask) {
        let mid = Amount(seen.listing.instrument.price(bid + ask).0 / 2).to_string();
        fields.insert("indexPrice".into(), mid.clone());
        fields.insert("markPrice".into(), mid);
    }
    if seen.last.is_some() {
        fields.insert("tickDirection".into(), seen.direction.to_string());
    }
    fields
}

/// What trades tell: the last price, and how it stands to the last day's.
fn traded(now_ns: i64, seen: Seen<'_>, fields: &mut TickerFields) {
    let Some(last) = seen.last else { return };
    let now_ms = now_ns.div_euclid(1_000_000);
    let price = |price: Amount| padded(price, seen.listing.price_decimals);
    let mut put = |key: &'static str, value: String| fields.insert(Cow::Borrowed(key), value);
    put("lastPrice", padded_price(seen.listing, last.price));
    if let Some(day) = seen.candles.since(now_ms - DAY_MS) {
        let change = seen.listing.instrument.price(last.price) - day.open;
        put("prevPrice24h", price(day.open));
        put("price24hPcnt", Amount(div_half_even(change.0 * 1_000_000, day.open.0.max(1)) * 1_000_000_000_000).to_string());
        put("highPrice24h", price(day.high));
        put("lowPrice24h", price(day.low));
        put("volume24h", day.volume.to_string());
        put("turnover24h", day.turnover.to_string());
    }
    if let Some(hour) = seen.candles.since(now_ms - HOUR_MS) {
        put("prevPrice1h", price(hour.open));
    }
}
