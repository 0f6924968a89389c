//! The ticker of one market: what the source says, or, where it says nothing, what the book and the trades of this run show.
//!
//! A derived ticker takes the mark for the index; its 24 hours begin with the run.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::input::TickerUpdate;
use mm_core::units::{Amount, Lots, Side, div_half_even};

use super::candles::{Candles, DAY_MS, HOUR_MS};
use super::listing::Listing;
use super::numbers::padded;
use crate::api::TradeRow;
use crate::liquidity::Liquidity;

/// A derived ticker is pushed at most this often: (contracts, spot).
const TICKER_NS: (i64, i64) = (100_000_000, 50_000_000);

/// Fields of a derived ticker.
const MOST_FIELDS: usize = 17;
/// Spot's topic goes without it.
const PREV_PRICE_1H: &str = "prevPrice1h";

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
    pub direction: &'static str,
    /// (rate, when it is settled next in nanoseconds); `None` where nothing is settled.
    pub funding: Option<(Amount, i64)>,
}

/// What a derived field says; it is written when somebody reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The exact decimal with at least so many places.
    Decimal(Amount, usize),
    Whole(i64),
    Word(&'static str),
}

impl Figure {
    fn text(self) -> String {
        match self {
            Figure::Decimal(amount, decimals) => padded(amount, decimals),
            Figure::Whole(number) => number.to_string(),
            Figure::Word(word) => word.to_string(),
        }
    }

    /// Whether it is written like the other: one amount may be, whatever places it is padded to.
    fn says(self, other: Figure) -> bool {
        let same_amount = matches!((self, other), (Figure::Decimal(one, _), Figure::Decimal(two, _)) if one == two);
        self == other || same_amount && self.text() == other.text()
    }
}

/// Derived fields by wire name, each name once.
pub type Figures = Vec<(&'static str, Figure)>;

/// The fields as text.
#[must_use]
pub fn written(figures: &Figures) -> TickerFields {
    figures.iter().map(|(key, figure)| (Cow::Borrowed(*key), figure.text())).collect()
}

/// What a listener in this process hears of them.
#[must_use]
pub fn update(market: MarketIx, figures: &Figures) -> TickerUpdate {
    let find = |name: &str| figures.iter().find(|(key, _)| *key == name).map(|(_, figure)| *figure);
    let amount = |name| if let Some(Figure::Decimal(amount, _)) = find(name) { Some(amount) } else { None };
    TickerUpdate {
        market,
        mark_price: amount("markPrice"),
        index_price: amount("indexPrice"),
        funding_rate: amount("fundingRate"),
        next_funding_ms: if let Some(Figure::Whole(ms)) = find("nextFundingTime") { Some(ms) } else { None },
    }
}

/// The ticker that subscribers hold.
#[derive(Clone, Debug, Default)]
pub struct Ticker {
    /// What the source told; nothing if the ticker is derived.
    fields: TickerFields,
    /// What was derived and told.
    figures: Figures,
    /// False until the source itself sent a ticker.
    given: bool,
    seq: u64,
    told_ns: i64,
}

impl Ticker {
    /// A message of the source.
    pub fn give(&mut self, snapshot: bool, seq: u64, fields: &[(String, String)]) {
        if snapshot {
            self.fields.clear();
        }
        self.given = true;
        self.seq = seq;
        self.fields.extend(fields.iter().cloned().map(|(key, value)| (Cow::Owned(key), value)));
    }

    /// (snapshot, fields) to push if the derived ticker changed and may be told again; spot repeats the whole ticker every time.
    pub fn derive(&mut self, now_ns: i64, seq: u64, seen: Seen<'_>) -> Option<(bool, Figures)> {
        let spot = seen.listing.category() == Category::Spot;
        let cadence_ns = if spot { TICKER_NS.1 } else { TICKER_NS.0 };
        if self.given || now_ns < self.told_ns + cadence_ns {
            return None;
        }
        let next = pushed(now_ns, seen);
        let told = |(at, row): (usize, &(&str, Figure))| {
            self.figures.get(at) == Some(row) || self.figures.iter().any(|old| old.0 == row.0 && old.1.says(row.1))
        };
        let news = next.iter().enumerate().filter(|row| !told(*row));
        let changed: Figures = news.map(|(_, row)| *row).collect();
        if changed.is_empty() {
            return None;
        }
        let snapshot = spot || self.figures.is_empty();
        let telling = if spot { next.clone() } else { changed };
        (self.figures, self.seq, self.told_ns) = (next, seq, now_ns);
        Some((snapshot, telling))
    }

    /// What a new subscriber is shown: (seq, fields); `None` before there is anything.
    #[must_use]
    pub fn first(&self) -> Option<(u64, TickerFields)> {
        let fields = if self.given { self.fields.clone() } else { written(&self.figures) };
        (!fields.is_empty()).then_some((self.seq, fields))
    }

    /// Everything known now, as the REST query lists it.
    #[must_use]
    pub fn listed(&self, now_ns: i64, seen: Seen<'_>) -> TickerFields {
        let mut fields = written(&derived(now_ns, seen));
        fields.extend(self.fields.clone());
        fields
    }
}

/// The derived ticker as the topic sends it: spot's has no book fields and is empty before the first trade.
fn pushed(now_ns: i64, seen: Seen<'_>) -> Figures {
    if seen.listing.category() == Category::Linear {
        return derived(now_ns, seen);
    }
    let mut figures = Figures::with_capacity(MOST_FIELDS);
    if seen.last.is_some() {
        traded(now_ns, seen, &mut figures);
        figures.retain(|(key, _)| *key != PREV_PRICE_1H);
        figures.push(("usdIndexPrice", Figure::Word("")));
    }
    figures
}

fn derived(now_ns: i64, seen: Seen<'_>) -> Figures {
    let mut figures = Figures::with_capacity(MOST_FIELDS);
    let Listing { instrument, price_decimals, qty_decimals, .. } = seen.listing;
    let touch = |side| {
        let mut levels = Vec::new();
        seen.liquidity.levels(seen.market, side, 1, &mut levels);
        levels.first().copied()
    };
    let (bid, ask) = (touch(Side::Buy), touch(Side::Sell));
    for (level, price_key, size_key) in [(bid, "bid1Price", "bid1Size"), (ask, "ask1Price", "ask1Size")] {
        if let Some((price, size)) = level {
            figures.push((price_key, Figure::Decimal(instrument.price(price), *price_decimals)));
            let decimals = if size == Lots::ZERO { 0 } else { *qty_decimals };
            figures.push((size_key, Figure::Decimal(instrument.qty(size), decimals)));
        }
    }
    traded(now_ns, seen, &mut figures);
    if seen.listing.category() == Category::Spot {
        return figures;
    }
    figures.push(("fundingRate", Figure::Decimal(seen.funding.map_or(Amount::ZERO, |(rate, _)| rate), 0)));
    if let Some((_, next_ns)) = seen.funding {
        figures.push(("nextFundingTime", Figure::Whole(next_ns.div_euclid(1_000_000))));
    }
    if let (Some((bid, _)), Some((ask, _))) = (bid, ask) {
        let mid = Figure::Decimal(Amount(instrument.price(bid + ask).0 / 2), 0);
        figures.extend([("indexPrice", mid), ("markPrice", mid)]);
    }
    if seen.last.is_some() {
        figures.push(("tickDirection", Figure::Word(seen.direction)));
    }
    figures
}

/// What trades tell: the last price, and how it stands to the last day's.
fn traded(now_ns: i64, seen: Seen<'_>, figures: &mut Figures) {
    let Some(last) = seen.last else { return };
    let (now_ms, last) = (now_ns.div_euclid(1_000_000), seen.listing.instrument.price(last.price));
    let price = |price: Amount| Figure::Decimal(price, seen.listing.price_decimals);
    figures.push(("lastPrice", price(last)));
    if let Some(day) = seen.candles.since(now_ms - DAY_MS) {
        let change = div_half_even((last - day.open).0 * 1_000_000, day.open.0.max(1)) * 1_000_000_000_000;
        figures.extend([
            ("prevPrice24h", price(day.open)),
            ("price24hPcnt", Figure::Decimal(Amount(change), 0)),
            ("highPrice24h", price(day.high)),
            ("lowPrice24h", price(day.low)),
            ("volume24h", Figure::Decimal(day.volume, 0)),
            ("turnover24h", Figure::Decimal(day.turnover, 0)),
        ]);
    }
    if let Some(hour) = seen.candles.since(now_ms - HOUR_MS) {
        figures.push((PREV_PRICE_1H, price(hour.open)));
    }
}
