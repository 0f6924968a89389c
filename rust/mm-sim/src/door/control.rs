//! What the operator of the venue may do to it while it runs: fees, funding, a market's rules and status, deleveraging, transfers.
//!
//! A command is a JSON object: `{"command": NAME, "market": "linear.BTCUSDT", …}`. These are the venue's own doings, not faults.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Coin, MarketIx};
use mm_core::units::Amount;
use serde_json::{Map, Value, json};

use super::fees::{Group, order_limits, tier_rates};
use super::limits::Limits;
use super::listing::Listing;
use super::setup::market_id;
use super::{Door, TRADED, options};
use crate::api::EndReason;

/// What each command takes besides `command`.
const COMMANDS: [(&str, &[&str]); 8] = [
    ("set_fees", &["market", "maker", "taker"]),
    ("set_fee_tier", &["tier"]),
    ("set_funding_rate", &["market", "rate"]),
    ("settle_funding", &["market", "rate"]),
    ("set_instrument", &["market", "info"]),
    ("deleverage", &["market", "qty"]),
    ("shift_price", &["market", "bps"]),
    ("transfer", &["coin", "amount"]),
];

/// No single move of the fair price is larger.
const MAX_SHIFT_BPS: u64 = 2_000;

type Command = Map<String, Value>;

/// Grids that history can be read in.
const MAX_FORMER: usize = 100;

/// A listing in a grid that has been given up.
pub(super) struct Former {
    market: MarketIx,
    until_ns: i64,
    listing: Listing,
}

impl Door {
    /// Runs one command; answers `{"done": NAME, …}` as JSON bytes.
    ///
    /// - `set_fees`: `maker` and `taker` as decimal fractions, from the next fill on.
    /// - `set_fee_tier`: `tier` as at the start, for every market, with its order limits.
    /// - `set_funding_rate`: `rate` for the coming settlements; `settle_funding`: settles now, at `rate` or the standing one.
    /// - `set_instrument`: `info` is laid over the instruments-info item: limits, ratios, leverage, `status`, tick and step.
    /// - `deleverage`: closes `qty` (base coin) of the traded account's position at the mark; answers with what was `closed`.
    /// - `shift_price`: the background traders' fair price moves at once, by `bps` (a whole number); nothing happens on a recording.
    /// - `transfer`: `amount` of `coin` comes into the traded account from elsewhere, or (negative) goes there.
    ///
    /// # Errors
    /// A sentence naming the field and its value.
    pub fn control(&mut self, now_ns: i64, command: &[u8]) -> Result<Vec<u8>, String> {
        self.advance(now_ns);
        let Ok(Value::Object(command)) = serde_json::from_slice::<Value>(command) else {
            return Err("the command is not a JSON object".to_string());
        };
        let name = command.get("command").and_then(Value::as_str).unwrap_or("");
        let known = COMMANDS.iter().find(|row| row.0 == name);
        let (name, fields) = known.ok_or_else(|| format!("command {name:?} is none of {}", COMMANDS.map(|row| row.0).join(", ")))?;
        if let Some(unknown) = command.keys().find(|key| *key != "command" && !fields.contains(&key.as_str())) {
            return Err(format!("command {name}: field {unknown:?} is unknown"));
        }
        let mut done = self.run(name, &command)?;
        done.insert("done".to_string(), Value::String((*name).to_string()));
        self.publish_drained();
        Ok(Value::Object(done).to_string().into_bytes())
    }

    fn run(&mut self, name: &str, command: &Command) -> Result<Map<String, Value>, String> {
        let (now_ns, mut done) = (self.now_ns, Map::new());
        if name == "set_fee_tier" {
            self.set_fee_tier(text(command, "tier")?)?;
            return Ok(done);
        }
        if name == "transfer" {
            let name = text(command, "coin")?;
            let coin = Coin::new(name.as_bytes()).ok_or_else(|| format!("coin {name:?} is not a coin name"))?;
            self.exchange.transfer(now_ns, TRADED, coin, amount(command, "amount")?)?;
            return Ok(done);
        }
        let market = self.named_market(command)?;
        match name {
            "set_fees" => {
                let (maker, taker) = (amount(command, "maker")?, amount(command, "taker")?);
                self.exchange.set_fee(market, maker, taker);
            }
            "set_funding_rate" => self.exchange.set_funding_rate(now_ns, market, amount(command, "rate")?),
            "settle_funding" => {
                let rate = if command.contains_key("rate") { Some(amount(command, "rate")?) } else { None };
                self.exchange.settle_funding(now_ns, market, rate);
            }
            "shift_price" => {
                let bps = command.get("bps").and_then(Value::as_i64).filter(|bps| bps.unsigned_abs() <= MAX_SHIFT_BPS);
                let bps = bps.ok_or_else(|| format!("bps is missing or no whole number within {MAX_SHIFT_BPS}"))?;
                self.exchange.shift_price(now_ns, market, bps);
            }
            "set_instrument" => self.set_instrument(market, command.get("info").unwrap_or(&Value::Null))?,
            _ => {
                let qty = text(command, "qty")?;
                let instrument = &self.listings[market.index()].instrument;
                let lots = instrument.lots(qty.as_bytes()).map_err(|error| format!("qty {qty:?} is {error}"))?;
                let closed = instrument.qty(self.exchange.deleverage(now_ns, TRADED, market, lots));
                done.insert("closed".to_string(), Value::String(closed.to_string()));
            }
        }
        Ok(done)
    }

    fn named_market(&self, command: &Command) -> Result<MarketIx, String> {
        let name = text(command, "market")?;
        let id = market_id(name).ok_or_else(|| format!("market {name:?} is not a symbol"))?;
        let mut rows = self.listings.iter().zip((0_u16..).map(MarketIx));
        rows.find(|(listing, _)| listing.instrument.id == id).map(|row| row.1).ok_or_else(|| format!("market {name:?} is not listed"))
    }

    fn set_fee_tier(&mut self, tier: &str) -> Result<(), String> {
        let rate = |listing: &Listing| tier_rates(tier, listing.category(), Group::of(listing.instrument.base.as_str()));
        let rates = self.listings.iter().map(rate).collect::<Result<Vec<_>, String>>()?;
        for (rates, market) in rates.into_iter().zip((0_u16..).map(MarketIx)) {
            self.exchange.set_fee(market, rates.maker, rates.taker);
        }
        self.limits = Limits::new(order_limits(tier));
        Ok(())
    }

    fn set_instrument(&mut self, market: MarketIx, changes: &Value) -> Result<(), String> {
        let changes = changes.as_object().ok_or_else(|| format!("info: {changes} is not an object"))?;
        let listing = self.listings.get(market.index()).ok_or_else(|| "there is no such market".to_string())?;
        let mut info = listing.info.clone();
        merge(&mut info, &json!(changes));
        let changed = Listing::of_category(listing.category(), &info)?;
        let rules = options::rules(&changed)?;
        let now_ns = self.now_ns;
        if listing.same_grid(&changed) {
            self.exchange.change_market(now_ns, market, changed.instrument.clone(), rules)?;
            self.listings[market.index()] = changed;
            return Ok(());
        }
        if self.former.len() >= MAX_FORMER {
            return Err(format!("tick and step have changed {MAX_FORMER} times, and history remembers no more grids"));
        }
        self.exchange.may_change(now_ns, market, &changed.instrument)?;
        // What ends here is told in the grid that it was made in.
        self.exchange.withdraw(now_ns, market, EndReason::Admin);
        self.publish_drained();
        let until_ns = self.exchange.now_ns();
        self.exchange.change_market(now_ns, market, changed.instrument.clone(), rules)?;
        let old = core::mem::replace(&mut self.listings[market.index()], changed);
        self.former.push(Former { market, until_ns, listing: old });
        if let Some(feed) = self.feeds.get_mut(market.index()) {
            feed.regrid();
        }
        Ok(())
    }

    /// How a market was listed at a time: rows of history are read in the grid that they were made in.
    pub(super) fn listing_at(&self, market: MarketIx, at_ns: i64) -> Option<&Listing> {
        let former = self.former.iter().find(|former| former.market == market && at_ns <= former.until_ns);
        former.map(|former| &former.listing).or_else(|| self.listings.get(market.index()))
    }
}

fn text<'a>(command: &'a Command, field: &str) -> Result<&'a str, String> {
    command.get(field).and_then(Value::as_str).ok_or_else(|| format!("command field {field:?} is missing or not a string"))
}

fn amount(command: &Command, field: &str) -> Result<Amount, String> {
    let text = text(command, field)?;
    Amount::parse(text.as_bytes()).map_err(|error| format!("{field} {text:?} is {error}"))
}

/// Lays `changes` over `item`, field by field.
fn merge(item: &mut Value, changes: &Value) {
    match (item, changes) {
        (Value::Object(item), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(item.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
        (item, change) => *item = change.clone(),
    }
}
