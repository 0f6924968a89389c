//! The core's start configuration from JSON: every key is read, none may be unknown.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::engine::{EngineConfig, MarketConfig};
use mm_core::ids::{Category, InstrumentId, Symbol};
use mm_core::orders::client_id::RunId;
use mm_core::quoting::ladder::LadderParams;
use mm_core::targets::Patience;
use mm_core::units::Amount;
use serde_json::{Map, Value};

/// Takes one section's keys out one by one; what is left at the end is unknown.
struct Section {
    path: String,
    keys: Map<String, Value>,
}

impl Section {
    fn new(path: &str, value: Value) -> Result<Self, String> {
        match value {
            Value::Object(keys) => Ok(Self { path: path.to_owned(), keys }),
            other => Err(format!("{path}: expected an object, got {other}")),
        }
    }

    fn take(&mut self, key: &str) -> Result<Value, String> {
        self.keys.remove(key).ok_or_else(|| format!("{}.{key}: missing", self.path))
    }

    fn section(&mut self, key: &str) -> Result<Section, String> {
        let path = format!("{}.{key}", self.path);
        Section::new(&path, self.take(key)?)
    }

    fn float(&mut self, key: &str) -> Result<f64, String> {
        let value = self.take(key)?;
        value.as_f64().ok_or_else(|| format!("{}.{key}: expected a number, got {value}", self.path))
    }

    fn unsigned(&mut self, key: &str) -> Result<u64, String> {
        let value = self.take(key)?;
        value.as_u64().ok_or_else(|| format!("{}.{key}: expected a whole number ≥ 0, got {value}", self.path))
    }

    fn small<T: TryFrom<u64>>(&mut self, key: &str) -> Result<T, String> {
        let value = self.unsigned(key)?;
        T::try_from(value).map_err(|_| format!("{}.{key}: {value} is too large", self.path))
    }

    fn text(&mut self, key: &str) -> Result<String, String> {
        match self.take(key)? {
            Value::String(text) => Ok(text),
            other => Err(format!("{}.{key}: expected a string, got {other}", self.path)),
        }
    }

    fn amount(&mut self, key: &str) -> Result<Amount, String> {
        let text = self.text(key)?;
        let amount = Amount::parse(text.as_bytes()).map_err(|why| format!("{}.{key}: {text:?} is {why}", self.path))?;
        if amount <= Amount::ZERO { Err(format!("{}.{key}: {text:?} must be positive", self.path)) } else { Ok(amount) }
    }

    fn end(self) -> Result<(), String> {
        self.keys.keys().next().map_or(Ok(()), |key| Err(format!("{}.{key}: unknown key", self.path)))
    }
}

/// Reads `{account, markets, strategy, run}` as the Python configuration writes it.
///
/// # Errors
/// A sentence that names the key and the value.
pub fn parse(json: &[u8]) -> Result<EngineConfig, String> {
    let value = serde_json::from_slice(json).map_err(|error| format!("core config: {error}"))?;
    let mut root = Section::new("config", value)?;
    let mut account = root.section("account")?;
    let mut run = root.section("run")?;
    let (ladder, patience, volatility_half_life_s) = strategy(root.section("strategy")?)?;
    let markets = match root.take("markets")? {
        Value::Array(rows) => rows.into_iter().map(market).collect::<Result<Vec<_>, _>>()?,
        other => return Err(format!("config.markets: expected a list, got {other}")),
    };
    let run_id = run.text("run_id")?;
    let config = EngineConfig {
        run: RunId::new(run_id.as_bytes())
            .filter(|id| !id.is_empty())
            .ok_or_else(|| format!("config.run.run_id: {run_id:?} is not 1–8 characters"))?,
        seed: run.unsigned("seed")?,
        recv_window_ms: account.small("recv_window_ms")?,
        orders_per_s: account.small("orders_per_s")?,
        queries_per_s: account.small("queries_per_s")?,
        markets,
        ladder,
        volatility_half_life_s,
        patience,
    };
    account.end()?;
    run.end()?;
    root.end()?;
    Ok(config)
}

fn strategy(mut keys: Section) -> Result<(LadderParams, Patience, f64), String> {
    let ladder = LadderParams {
        k_vola_spread: keys.float("k_vola_spread")?,
        min_spread_bps: keys.float("min_spread_bps")?,
        max_spread_bps: keys.float("max_spread_bps")?,
        levels: keys.small("levels_per_side")?,
        level_spacing_coeff: keys.float("level_spacing_coeff")?,
        skew_bps: keys.float("skew_bps")?,
        microprice_weight: keys.float("microprice_weight")?,
        safety_bps: keys.float("safety_bps")?,
        adverse_bps: keys.float("adverse_bps")?,
    };
    let min_time_ms: u32 = keys.small("min_time_in_book_ms")?;
    let patience =
        Patience { min_time_in_book_ns: i64::from(min_time_ms) * 1_000_000, replace_threshold_bps: keys.float("replace_threshold_bps")? };
    let half_life_s = keys.float("volatility_half_life_s")?;
    keys.end()?;
    Ok((ladder, patience, half_life_s))
}

fn market(value: Value) -> Result<MarketConfig, String> {
    let mut keys = Section::new("config.markets[]", value)?;
    let (category, symbol) = (keys.text("category")?, keys.text("symbol")?);
    let id = InstrumentId {
        category: Category::parse(category.as_bytes())
            .ok_or_else(|| format!("config.markets[].category: {category:?} is not linear or spot"))?,
        symbol: Symbol::new(symbol.as_bytes()).ok_or_else(|| format!("config.markets[].symbol: {symbol:?} is too long"))?,
    };
    let market = MarketConfig {
        id,
        depth: keys.small("depth")?,
        order_qty: keys.amount("order_qty")?,
        max_position: keys.amount("max_position")?,
        max_order_notional: keys.amount("max_order_notional")?,
    };
    keys.end()?;
    Ok(market)
}
