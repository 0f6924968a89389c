//! The core's start configuration from JSON: every key is read, none may be unknown.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::engine::{EngineConfig, MarketConfig, Model, SignalParams};
use mm_core::ids::{Category, InstrumentId, Symbol};
use mm_core::orders::client_id::RunId;
use mm_core::quoting::avellaneda_stoikov::AvellanedaStoikovParams;
use mm_core::quoting::glft::GlftParams;
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

    fn optional(&mut self, key: &str) -> Result<Option<Section>, String> {
        match self.keys.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Section::new(&format!("{}.{key}", self.path), value).map(Some),
        }
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
    let Strategy { model, ladder, signals, patience, volatility_half_life_s } = strategy(root.section("strategy")?)?;
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
        model,
        ladder,
        signals,
        volatility_half_life_s,
        patience,
    };
    account.end()?;
    run.end()?;
    root.end()?;
    Ok(config)
}

struct Strategy {
    model: Model,
    ladder: LadderParams,
    signals: SignalParams,
    patience: Patience,
    volatility_half_life_s: f64,
}

fn strategy(mut keys: Section) -> Result<Strategy, String> {
    let model = model(&mut keys)?;
    let signals = signals(keys.section("signals")?)?;
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
    let volatility_half_life_s = keys.float("volatility_half_life_s")?;
    keys.end()?;
    Ok(Strategy { model, ladder, signals, patience, volatility_half_life_s })
}

/// The chosen model from the section of its name; the other models' sections must be absent or null.
fn model(keys: &mut Section) -> Result<Model, String> {
    let chosen = keys.text("model")?;
    let mut sections = [keys.optional("avellaneda_stoikov")?, keys.optional("glft")?];
    let model = match chosen.as_str() {
        "ladder" => Model::Ladder,
        "avellaneda_stoikov" => avellaneda_stoikov(sections[0].take())?,
        "glft" => glft(sections[1].take())?,
        other => return Err(format!("{}.model: {other:?} is not ladder, avellaneda_stoikov or glft", keys.path)),
    };
    let unread = sections.into_iter().flatten().next();
    unread.map_or(Ok(model), |section| Err(format!("{}: given, but the model is {chosen}", section.path)))
}

fn avellaneda_stoikov(keys: Option<Section>) -> Result<Model, String> {
    let mut keys = keys.ok_or("config.strategy.avellaneda_stoikov: missing")?;
    let params = AvellanedaStoikovParams {
        gamma: keys.float("gamma")?,
        decay_per_bps: keys.float("decay_per_bps")?,
        horizon_s: keys.float("horizon_s")?,
    };
    let calibration_window_s = keys.float("calibration_window_s")?;
    keys.end()?;
    Ok(Model::AvellanedaStoikov { params, calibration_window_s })
}

fn glft(keys: Option<Section>) -> Result<Model, String> {
    let mut keys = keys.ok_or("config.strategy.glft: missing")?;
    let params = GlftParams {
        gamma: keys.float("gamma")?,
        intensity_per_s: keys.float("intensity_per_s")?,
        decay_per_bps: keys.float("decay_per_bps")?,
    };
    let calibration_window_s = keys.float("calibration_window_s")?;
    keys.end()?;
    Ok(Model::Glft { params, calibration_window_s })
}

fn signals(mut keys: Section) -> Result<SignalParams, String> {
    let signals = SignalParams {
        imbalance_levels: keys.small("imbalance_levels")?,
        imbalance_bps: keys.float("imbalance_bps")?,
        order_flow_weight: keys.float("order_flow_weight")?,
        order_flow_half_life_s: keys.float("order_flow_half_life_s")?,
        toxicity_max_bps: keys.float("toxicity_max_bps")?,
        toxicity_half_life_s: keys.float("toxicity_half_life_s")?,
        funding_ramp_s: keys.float("funding_ramp_s")?,
    };
    keys.end()?;
    Ok(signals)
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
