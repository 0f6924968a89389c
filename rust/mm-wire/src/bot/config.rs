//! The core's start configuration from JSON: every key is read, none may be unknown.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::engine::{EngineConfig, MarketConfig};
use mm_core::ids::{Category, InstrumentId, Symbol};
use mm_core::orders::client_id::RunId;
use mm_core::units::Amount;
use serde_json::{Map, Value};

use super::guards::guards;
use super::strategy::{BLANK, Strategy, chosen};

/// Takes one section's keys out one by one; what is left at the end is unknown.
#[derive(Clone)]
pub(super) struct Section {
    path: String,
    keys: Map<String, Value>,
    /// True at the start, where every key must be given; false for a change, which names what it changes.
    whole: bool,
}

impl Section {
    pub(super) fn new(path: &str, value: Value, whole: bool) -> Result<Self, String> {
        match value {
            Value::Object(keys) => Ok(Self { path: path.to_owned(), keys, whole }),
            other => Err(format!("{path}: expected an object, got {other}")),
        }
    }

    fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn take(&mut self, key: &str) -> Result<Value, String> {
        self.keys.remove(key).ok_or_else(|| format!("{}: missing", self.path(key)))
    }

    /// The key's value, unless it may be and is left out.
    fn given(&mut self, key: &str) -> Result<Option<Value>, String> {
        if self.whole { self.take(key).map(Some) } else { Ok(self.keys.remove(key)) }
    }

    pub(super) fn section(&mut self, key: &str) -> Result<Section, String> {
        let path = self.path(key);
        Section::new(&path, self.take(key)?, self.whole)
    }

    pub(super) fn optional(&mut self, key: &str) -> Result<Option<Section>, String> {
        match self.keys.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Section::new(&self.path(key), value, self.whole).map(Some),
        }
    }

    pub(super) fn float(&mut self, key: &str, into: &mut f64) -> Result<(), String> {
        if let Some(value) = self.given(key)? {
            *into = value.as_f64().ok_or_else(|| format!("{}: expected a number, got {value}", self.path(key)))?;
        }
        Ok(())
    }

    pub(super) fn whole<T: TryFrom<u64>>(&mut self, key: &str, into: &mut T) -> Result<(), String> {
        if let Some(value) = self.given(key)? {
            let number = value.as_u64().ok_or_else(|| format!("{}: expected a whole number ≥ 0, got {value}", self.path(key)))?;
            *into = T::try_from(number).map_err(|_| format!("{}: {number} is too large", self.path(key)))?;
        }
        Ok(())
    }

    pub(super) fn flag(&mut self, key: &str, into: &mut bool) -> Result<(), String> {
        if let Some(value) = self.given(key)? {
            *into = value.as_bool().ok_or_else(|| format!("{}: expected true or false, got {value}", self.path(key)))?;
        }
        Ok(())
    }

    /// A switch that is off where it is left out.
    fn flag_or_false(&mut self, key: &str, into: &mut bool) -> Result<(), String> {
        if self.keys.contains_key(key) { self.flag(key, into) } else { Ok(()) }
    }

    pub(super) fn text(&mut self, key: &str) -> Result<String, String> {
        match self.take(key)? {
            Value::String(text) => Ok(text),
            other => Err(format!("{}: expected a string, got {other}", self.path(key))),
        }
    }

    pub(super) fn optional_text(&mut self, key: &str) -> Result<Option<String>, String> {
        if self.keys.contains_key(key) { self.text(key).map(Some) } else { Ok(None) }
    }

    pub(super) fn amount(&mut self, key: &str, into: &mut Amount) -> Result<(), String> {
        if !self.whole && !self.keys.contains_key(key) {
            return Ok(());
        }
        let text = self.text(key)?;
        *into = Amount::parse(text.as_bytes()).map_err(|why| format!("{}: {text:?} is {why}", self.path(key)))?;
        if *into <= Amount::ZERO { Err(format!("{}: {text:?} must be positive", self.path(key))) } else { Ok(()) }
    }

    pub(super) fn amount_or_none(&mut self, key: &str) -> Result<Option<Amount>, String> {
        if self.is_null(key) {
            return Ok(None);
        }
        let mut amount = Amount::ZERO;
        self.amount(key, &mut amount)?;
        Ok(Some(amount))
    }

    pub(super) fn whole_or_none<T: TryFrom<u64> + Default>(&mut self, key: &str) -> Result<Option<T>, String> {
        if self.is_null(key) {
            return Ok(None);
        }
        let mut number = T::default();
        self.whole(key, &mut number)?;
        Ok(Some(number))
    }

    /// Takes a key that is given as null out.
    fn is_null(&mut self, key: &str) -> bool {
        let null = self.keys.get(key).is_some_and(Value::is_null);
        if null {
            self.keys.remove(key);
        }
        null
    }

    /// A section that only a change may leave out.
    pub(super) fn part(&mut self, key: &str) -> Result<Option<Section>, String> {
        if self.whole { self.section(key).map(Some) } else { self.optional(key) }
    }

    /// Where in the document this section stands.
    pub(super) fn here(&self) -> &str {
        &self.path
    }

    pub(super) fn refuse(&self, key: &str, why: &str) -> Result<(), String> {
        if self.keys.contains_key(key) { Err(format!("{}: {why}", self.path(key))) } else { Ok(()) }
    }

    pub(super) fn end(self) -> Result<(), String> {
        self.keys.keys().next().map_or(Ok(()), |key| Err(format!("{}: unknown key", self.path(key))))
    }
}

/// Reads `{account, markets, strategy, run}` as the Python configuration writes it.
///
/// # Errors
/// A sentence that names the key and the value.
pub fn parse(json: &[u8]) -> Result<EngineConfig, String> {
    let value = serde_json::from_slice(json).map_err(|error| format!("core config: {error}"))?;
    let mut root = Section::new("config", value, true)?;
    let mut account = root.section("account")?;
    let mut run = root.section("run")?;
    let mut keys = root.section("strategy")?;
    let mut strategy = Strategy { model: chosen(&mut keys)?, ..BLANK };
    strategy.read(&mut keys)?;
    keys.end()?;
    let markets = match root.take("markets")? {
        Value::Array(rows) => rows.into_iter().map(market).collect::<Result<Vec<_>, _>>()?,
        other => return Err(format!("config.markets: expected a list, got {other}")),
    };
    let run_id = run.text("run_id")?;
    let mut config = EngineConfig {
        run: RunId::new(run_id.as_bytes())
            .filter(|id| !id.is_empty())
            .ok_or_else(|| format!("config.run.run_id: {run_id:?} is not 1–8 characters"))?,
        seed: 0,
        recv_window_ms: 0,
        orders_per_s: 0,
        queries_per_s: 0,
        markets,
        model: strategy.model,
        ladder: strategy.ladder,
        signals: strategy.signals,
        volatility_half_life_s: strategy.volatility_half_life_s,
        patience: strategy.patience,
        explain: strategy.explain,
        guards: guards(root.optional("guards")?)?,
        shared_account: false,
    };
    run.whole("seed", &mut config.seed)?;
    account.whole("recv_window_ms", &mut config.recv_window_ms)?;
    account.whole("orders_per_s", &mut config.orders_per_s)?;
    account.whole("queries_per_s", &mut config.queries_per_s)?;
    account.flag_or_false("shared_account", &mut config.shared_account)?;
    account.end()?;
    run.end()?;
    root.end()?;
    Ok(config)
}

fn market(value: Value) -> Result<MarketConfig, String> {
    let mut keys = Section::new("config.markets[]", value, true)?;
    let (category, symbol) = (keys.text("category")?, keys.text("symbol")?);
    let id = InstrumentId {
        category: Category::parse(category.as_bytes())
            .ok_or_else(|| format!("config.markets[].category: {category:?} is not linear or spot"))?,
        symbol: Symbol::new(symbol.as_bytes()).ok_or_else(|| format!("config.markets[].symbol: {symbol:?} is too long"))?,
    };
    let [order_qty, max_position, max_order_notional] = [Amount::ZERO; 3];
    let mut market = MarketConfig { id, depth: 0, order_qty, max_position, max_order_notional };
    keys.whole("depth", &mut market.depth)?;
    keys.amount("order_qty", &mut market.order_qty)?;
    keys.amount("max_position", &mut market.max_position)?;
    keys.amount("max_order_notional", &mut market.max_order_notional)?;
    keys.end()?;
    Ok(market)
}
