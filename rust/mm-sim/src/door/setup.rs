//! Building a door from settings, instruments and, line by line, a recording.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, InstrumentId, MarketIx, Symbol};
use mm_core::instrument::Instrument;
use mm_core::units::Ticks;
use serde_json::{Map, Value};

use super::choices::Choices;
use super::deposits::deposits;
use super::fees::{Group, order_limits, tier_rates};
use super::listing::Listing;
use super::options::{options, rules};
use super::{Door, DoorConfig};
use crate::api::Uid;
use crate::exchange::{AccountConfig, Exchange, ExchangeConfig, MarketRules};
use crate::liquidity::Liquidity;
use crate::matching::{self, Flow, MarketSetup, Matching, MatchingConfig};
use crate::takers::{Takers, TakersConfig};
use crate::tape::{Tape, TapeBuilder, TapeError};

/// The traded account.
pub const TRADED: Uid = Uid(1);

/// What the settings object may name; anything else is refused.
const KEYS: [&str; 14] = [
    "symbols",
    "quiet",
    "seed",
    "fee_tier",
    "deposit",
    "leverage",
    "takers",
    "two_sided_bps",
    "order_latency_ns",
    "reply_delay_ns",
    "from_ns",
    "to_ns",
    "tape",
    "options",
];

/// Collects what a door is made of.
pub struct DoorBuilder {
    settings: Map<String, Value>,
    markets: Vec<InstrumentId>,
    quiet: Vec<InstrumentId>,
    /// Instruments-info items that were given; with a recording, what it states.
    items: BTreeMap<InstrumentId, Value>,
    tape: Option<TapeBuilder>,
}

impl DoorBuilder {
    /// Reads the settings, a JSON object: `symbols` (list; `BTCUSDT` is `linear.BTCUSDT`), `quiet` (list of
    /// those in whose matching book little happens), `seed`, `fee_tier`, `deposit` (string, or an
    /// object of strings by coin), `leverage`, `takers` (seed or null), `two_sided_bps` (number, all markets), `order_latency_ns`, `reply_delay_ns`, `tape` (true: lines follow), `from_ns`, `to_ns`, `options` (object, see docs/exchange.md).
    ///
    /// # Errors
    /// A sentence naming the field and its value.
    pub fn new(settings: &[u8]) -> Result<Self, String> {
        let Ok(Value::Object(settings)) = serde_json::from_slice::<Value>(settings) else {
            return Err("the settings are not a JSON object".to_string());
        };
        if let Some(unknown) = settings.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(format!("settings field {unknown:?} is unknown"));
        }
        let (markets, quiet) = (named_markets(&settings, "symbols")?, named_markets(&settings, "quiet")?);
        if let Some(other) = quiet.iter().find(|id| !markets.contains(id)) {
            return Err(format!("quiet: {other} is not among the symbols"));
        }
        let mut builder = Self { settings, markets, quiet, items: BTreeMap::new(), tape: None };
        if builder.settings.get("tape") == Some(&Value::Bool(true)) {
            let from_ns = builder.whole("from_ns", 0)?;
            let to_ns = builder.optional("to_ns")?;
            builder.tape = Some(TapeBuilder::new().only(&builder.markets).window(from_ns, to_ns));
        }
        Ok(builder)
    }

    /// An instruments-info item (one JSON object) of a symbol.
    ///
    /// # Errors
    /// A sentence naming the field at fault.
    pub fn add_instrument(&mut self, item: &[u8]) -> Result<(), String> {
        if let Some(tape) = &mut self.tape {
            tape.add_instrument(item).map_err(|error| format!("instrument: {error}"))?;
        }
        let item: Value = serde_json::from_slice(item).map_err(|_| "the instrument is not JSON".to_string())?;
        let category = item.get("category").and_then(Value::as_str).and_then(|name| Category::parse(name.as_bytes()));
        self.note(category.unwrap_or(Category::Linear), &item);
        Ok(())
    }

    /// A line of the recording.
    ///
    /// # Errors
    /// The tape's sentence, or that the settings do not say `tape`.
    pub fn line(&mut self, line: &[u8]) -> Result<(), String> {
        let tape = self.tape.as_mut().ok_or_else(|| "settings field \"tape\" is not true, but a line came".to_string())?;
        tape.line(line).map_err(|error| error.to_string())
    }

    fn note(&mut self, category: Category, item: &Value) {
        if let Some(symbol) = item.get("symbol").and_then(Value::as_str).and_then(|name| Symbol::new(name.as_bytes())) {
            self.items.insert(InstrumentId { category, symbol }, item.clone());
        }
    }

    /// The door, ready at its first subscription.
    ///
    /// # Errors
    /// A sentence naming the setting, symbol or line at fault.
    pub fn build(mut self) -> Result<Door, String> {
        let seed = self.seed("seed")?.unwrap_or(1);
        if let Some(tape) = &self.tape {
            self.items.clone_from(tape.stated());
        }
        let tape = self.tape.take().map(|tape| played(tape, &self.markets)).transpose().map_err(|error| error.to_string())?;
        if let Some(tape) = &tape {
            self.markets = tape.instruments().iter().map(|instrument| instrument.id).collect();
        }
        let listings = self.markets.iter().map(|id| self.listing(*id)).collect::<Result<Vec<Listing>, String>>()?;
        let (liquidity, starts): (Box<dyn Liquidity>, Vec<Option<Ticks>>) = match tape {
            Some(tape) => {
                let starts = (0_u16..).map(MarketIx).take(listings.len()).map(|market| tape.first_bid(market)).collect();
                (Box::new(tape), starts)
            }
            None => {
                let markets = matched(&listings, &self.quiet)?;
                let starts = markets.iter().map(|market| Some(market.start_price)).collect();
                (Box::new(Matching::new(&MatchingConfig { markets, flow: Flow::default(), seed })), starts)
            }
        };
        let markets = u16::try_from(listings.len()).map_err(|_| "symbols: too many".to_string())?;
        if markets == 0 {
            return Err("symbols: at least one is needed".to_string());
        }
        let takers = self.seed("takers")?.map(|seed| Takers::new(seed, markets, TakersConfig::default()));
        let config = self.exchange_config(&listings, &starts, seed)?;
        let door = DoorConfig {
            reply_delay_ns: self.whole("reply_delay_ns", 2_000_000)?,
            order_limits: order_limits(self.fee_tier()),
            choices: Choices::parse(self.settings.get("options"))?,
        };
        Ok(Door::new(door, Exchange::new(config, liquidity, takers), listings))
    }

    fn exchange_config(&self, listings: &[Listing], starts: &[Option<Ticks>], seed: u64) -> Result<ExchangeConfig, String> {
        let instruments: Vec<Instrument> = listings.iter().map(|listing| listing.instrument.clone()).collect();
        let priced: Vec<_> =
            instruments.iter().zip(starts).map(|(instrument, start)| (instrument, start.map(|ticks| instrument.price(ticks)))).collect();
        let deposits = deposits(self.settings.get("deposit"), &priced)?;
        let two_sided = self.settings.get("two_sided_bps").map_or(Some(10.0), Value::as_f64);
        let two_sided = two_sided.ok_or_else(|| format!("two_sided_bps: {} is not a number", self.settings["two_sided_bps"]))?;
        let rates = |listing: &Listing| {
            let rates = tier_rates(self.fee_tier(), listing.category(), Group::of(listing.instrument.base.as_str()))?;
            Ok((rates.maker, rates.taker))
        };
        Ok(ExchangeConfig {
            instruments,
            accounts: Vec::from([AccountConfig { uid: TRADED, deposits, smp_group: 0 }]),
            fees: listings.iter().map(rates).collect::<Result<_, String>>()?,
            leverage: u32::try_from(self.whole("leverage", 10)?).map_err(|_| "leverage: too large".to_string())?,
            order_latency_ns: self.whole("order_latency_ns", 2_000_000)?,
            two_sided_bps: listings.iter().map(|_| two_sided).collect(),
            seed,
            rules: listings.iter().map(named_rules).collect::<Result<_, String>>()?,
            options: options(self.settings.get("options"))?,
        })
    }

    fn listing(&self, id: InstrumentId) -> Result<Listing, String> {
        match self.items.get(&id) {
            Some(item) => Listing::of_category(id.category, item).map_err(|error| format!("{id}: {error}")),
            None => Listing::of(&matching::market(id).map_err(|error| error.to_string())?.instrument),
        }
    }

    fn fee_tier(&self) -> &str {
        self.settings.get("fee_tier").and_then(Value::as_str).unwrap_or("vip0")
    }

    fn whole(&self, field: &str, default: i64) -> Result<i64, String> {
        Ok(self.optional(field)?.unwrap_or(default))
    }

    /// A whole number ≥ 0; null counts as absent.
    fn optional(&self, field: &str) -> Result<Option<i64>, String> {
        match self.settings.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                value.as_i64().filter(|value| *value >= 0).map(Some).ok_or_else(|| format!("{field}: {value} is not a whole number ≥ 0"))
            }
        }
    }

    fn seed(&self, field: &str) -> Result<Option<u64>, String> {
        Ok(self.optional(field)?.map(i64::unsigned_abs))
    }
}

fn named_rules(listing: &Listing) -> Result<MarketRules, String> {
    rules(listing).map_err(|error| format!("{}: {error}", listing.instrument.id))
}

/// The list of symbols in a field of the settings; none if it is not there.
fn named_markets(settings: &Map<String, Value>, field: &str) -> Result<Vec<InstrumentId>, String> {
    let names = settings.get(field).and_then(Value::as_array).map_or(&[][..], |names| names.as_slice());
    let market = |name: &Value| name.as_str().and_then(market_id).ok_or_else(|| format!("{field}: {name} is not a symbol"));
    names.iter().map(market).collect()
}

/// The matching markets of the listings, under the rules that the listings state.
fn matched(listings: &[Listing], quiet: &[InstrumentId]) -> Result<Vec<MarketSetup>, String> {
    let setup = |listing: &Listing| {
        let known = matching::market(listing.instrument.id).map_err(|error| error.to_string())?;
        let (price, qty) = (known.instrument.price(known.start_price).to_string(), known.instrument.qty(known.typical_qty).to_string());
        let instrument = listing.instrument.clone();
        let start_price = instrument.ticks(price.as_bytes()).map_err(|error| format!("start price {price:?}: {error}"))?;
        let typical_qty = instrument.lots(qty.as_bytes()).map_err(|error| format!("usual size {qty:?}: {error}"))?;
        let quiet = quiet.contains(&instrument.id);
        Ok(MarketSetup { instrument, start_price, typical_qty, quiet })
    };
    listings.iter().map(setup).collect()
}

/// The tape of the named markets, or of every linear market of the recording; where it has none, of every spot market.
fn played(tape: TapeBuilder, markets: &[InstrumentId]) -> Result<Tape, TapeError> {
    if !markets.is_empty() {
        return tape.build();
    }
    let all = tape.clone().build()?;
    let only: Vec<InstrumentId> = all.instruments().iter().map(|row| row.id).filter(|id| id.category == Category::Linear).collect();
    if only.is_empty() || only.len() == all.instruments().len() { Ok(all) } else { tape.only(&only).build() }
}

/// `spot.BTCUSDT`, `linear.BTCUSDT`, or `BTCUSDT`, which is the contract.
pub(super) fn market_id(name: &str) -> Option<InstrumentId> {
    let (category, symbol) = match name.split_once('.') {
        Some((category, symbol)) => (Category::parse(category.as_bytes())?, symbol),
        None => (Category::Linear, name),
    };
    Some(InstrumentId { category, symbol: Symbol::new(symbol.as_bytes()).filter(|symbol| !symbol.is_empty())? })
}
