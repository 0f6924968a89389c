//! The strategy section, whole at the start and in part as a change of parameters: the same keys, read by the same lines.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::engine::{AskParams, Engine, Model, Params, SignalParams};
use mm_core::ids::{Category, MarketIx};
use mm_core::instrument::Instruments;
use mm_core::quoting::avellaneda_stoikov::AvellanedaStoikovParams;
use mm_core::quoting::glft::GlftParams;
use mm_core::quoting::ladder::LadderParams;
use mm_core::targets::Patience;

use super::config::Section;

/// What the section says.
pub(super) struct Strategy {
    pub model: Model,
    pub ladder: LadderParams,
    pub signals: SignalParams,
    pub patience: Patience,
    pub volatility_half_life_s: f64,
    pub explain: bool,
}

/// Nothing said yet.
pub(super) const BLANK: Strategy = Strategy {
    model: Model::Ladder,
    ladder: LadderParams {
        k_vola_spread: 0.0,
        min_spread_bps: 0.0,
        max_spread_bps: 0.0,
        levels: 0,
        level_spacing_coeff: 0.0,
        skew_bps: 0.0,
        microprice_weight: 0.0,
        safety_bps: 0.0,
        adverse_bps: 0.0,
    },
    signals: SignalParams {
        imbalance_levels: 0,
        imbalance_bps: 0.0,
        order_flow_weight: 0.0,
        order_flow_half_life_s: 0.0,
        toxicity_max_bps: 0.0,
        toxicity_half_life_s: 0.0,
        funding_ramp_s: 0.0,
    },
    patience: Patience { min_time_in_book_ns: 0, replace_threshold_bps: 0.0 },
    volatility_half_life_s: 0.0,
    explain: false,
};

/// The model that the section names, blank.
pub(super) fn chosen(keys: &mut Section) -> Result<Model, String> {
    let calibration_window_s = 0.0;
    let name = keys.text("model")?;
    Ok(match name.as_str() {
        "ladder" => Model::Ladder,
        "avellaneda_stoikov" => Model::AvellanedaStoikov {
            params: AvellanedaStoikovParams { gamma: 0.0, decay_per_bps: 0.0, horizon_s: 0.0 },
            calibration_window_s,
        },
        "glft" => Model::Glft {
            params: GlftParams { gamma: 0.0, intensity_per_s: 0.0, decay_per_bps: 0.0, drift_bps_per_s: 0.0 },
            calibration_window_s,
        },
        "python" => Model::Asked {
            params: AskParams { decide_every_ms: 0, answer_within_ms: 0, failures_to_halt: 0, view_levels: 0 },
            calibration_window_s,
        },
        other => return Err(format!("config.strategy.model: {other:?} is not ladder, avellaneda_stoikov, glft or python")),
    })
}

impl Strategy {
    /// Takes every key of the section but `model`.
    pub(super) fn read(&mut self, keys: &mut Section) -> Result<(), String> {
        read_model(keys, &mut self.model)?;
        if let Some(mut keys) = keys.part("signals")? {
            read_signals(&mut keys, &mut self.signals)?;
            keys.end()?;
        }
        let ladder = &mut self.ladder;
        keys.float("k_vola_spread", &mut ladder.k_vola_spread)?;
        keys.float("min_spread_bps", &mut ladder.min_spread_bps)?;
        keys.float("max_spread_bps", &mut ladder.max_spread_bps)?;
        keys.whole("levels_per_side", &mut ladder.levels)?;
        keys.float("level_spacing_coeff", &mut ladder.level_spacing_coeff)?;
        keys.float("skew_bps", &mut ladder.skew_bps)?;
        keys.float("microprice_weight", &mut ladder.microprice_weight)?;
        keys.float("safety_bps", &mut ladder.safety_bps)?;
        keys.float("adverse_bps", &mut ladder.adverse_bps)?;
        let mut min_time_ms = u32::try_from(self.patience.min_time_in_book_ns / MS).unwrap_or(u32::MAX);
        keys.whole("min_time_in_book_ms", &mut min_time_ms)?;
        self.patience.min_time_in_book_ns = i64::from(min_time_ms) * MS;
        keys.float("replace_threshold_bps", &mut self.patience.replace_threshold_bps)?;
        keys.float("volatility_half_life_s", &mut self.volatility_half_life_s)?;
        keys.flag("explain", &mut self.explain)
    }
}

const MS: i64 = 1_000_000;

/// The chosen model from the section of its name; the other models' sections must be absent or null.
fn read_model(keys: &mut Section, model: &mut Model) -> Result<(), String> {
    let names = ["avellaneda_stoikov", "glft", "python"];
    let wanted = match model {
        Model::Ladder => None,
        Model::AvellanedaStoikov { .. } => Some(names[0]),
        Model::Glft { .. } => Some(names[1]),
        Model::Asked { .. } => Some(names[2]),
    };
    for name in names {
        let Some(mut section) = keys.optional(name)? else {
            if Some(name) == wanted {
                keys.part(name)?;
            }
            continue;
        };
        if Some(name) != wanted {
            return Err(format!("{}: given, but the model is {}", section.here(), wanted.unwrap_or("ladder")));
        }
        read_model_section(&mut section, model)?;
        section.end()?;
    }
    Ok(())
}

fn read_model_section(keys: &mut Section, model: &mut Model) -> Result<(), String> {
    let window_s = match model {
        Model::Ladder => return Ok(()),
        Model::AvellanedaStoikov { params, calibration_window_s } => {
            keys.float("gamma", &mut params.gamma)?;
            keys.float("decay_per_bps", &mut params.decay_per_bps)?;
            keys.float("horizon_s", &mut params.horizon_s)?;
            calibration_window_s
        }
        Model::Glft { params, calibration_window_s } => {
            keys.float("gamma", &mut params.gamma)?;
            keys.float("intensity_per_s", &mut params.intensity_per_s)?;
            keys.float("decay_per_bps", &mut params.decay_per_bps)?;
            keys.float("drift_bps_per_s", &mut params.drift_bps_per_s)?;
            calibration_window_s
        }
        Model::Asked { params, calibration_window_s } => {
            keys.whole("decide_every_ms", &mut params.decide_every_ms)?;
            keys.whole("answer_within_ms", &mut params.answer_within_ms)?;
            keys.whole("failures_to_halt", &mut params.failures_to_halt)?;
            keys.whole("view_levels", &mut params.view_levels)?;
            calibration_window_s
        }
    };
    keys.float("calibration_window_s", window_s)
}

fn read_signals(keys: &mut Section, signals: &mut SignalParams) -> Result<(), String> {
    keys.whole("imbalance_levels", &mut signals.imbalance_levels)?;
    keys.float("imbalance_bps", &mut signals.imbalance_bps)?;
    keys.float("order_flow_weight", &mut signals.order_flow_weight)?;
    keys.float("order_flow_half_life_s", &mut signals.order_flow_half_life_s)?;
    keys.float("toxicity_max_bps", &mut signals.toxicity_max_bps)?;
    keys.float("toxicity_half_life_s", &mut signals.toxicity_half_life_s)?;
    keys.float("funding_ramp_s", &mut signals.funding_ramp_s)
}

/// A refused change: the key, and what is wrong with it.
pub(super) type Refused = (String, String);

/// Reads `{"market": NAME, "order_qty": …, "max_position": …, "max_order_notional": …, "strategy": {…}}`, every key optional, into whole
/// parameters: those of the named market, or of all markets, with the given ones changed. `"markets": {NAME: {…}}` beside them changes
/// single ones further, in the same step.
pub(super) fn change(json: &[u8], engine: &Engine) -> Result<Vec<(MarketIx, Params)>, Refused> {
    let refused = |message: String| {
        let (field, why) = message.split_once(": ").unwrap_or(("", &message));
        (field.to_string(), why.to_string())
    };
    let value = serde_json::from_slice(json).map_err(|error| (String::new(), format!("{error}")))?;
    let mut named = Section::new("", value, false).map_err(refused)?;
    let chosen = named.optional_text("market").map_err(refused)?;
    let mut single = named.optional("markets").map_err(refused)?;
    let only =
        chosen.map(|name| find(engine.instruments(), &name).ok_or_else(|| (String::from("market"), format!("{name} is not configured"))));
    let only = only.transpose()?;
    let markets = engine.instruments().iter().map(|row| row.0).filter(|market| only.is_none_or(|wanted| wanted == *market));
    let mut changes = Vec::new();
    for market in markets {
        let Some(params) = engine.params(market) else { continue };
        let mut after = changed(named.clone(), *params).map_err(refused)?;
        let name = engine.instruments().id(market).map_or_else(String::new, |id| format!("{id}"));
        if let Some(own) = single.as_mut().map(|rows| rows.optional(&name)).transpose().map_err(refused)?.flatten() {
            after = changed(own, after).map_err(refused)?;
        }
        changes.push((market, after));
    }
    single.map_or(Ok(()), Section::end).map_err(refused)?;
    Ok(changes)
}

fn changed(mut keys: Section, params: Params) -> Result<Params, String> {
    let Params { model, ladder, signals, patience, explain, .. } = params;
    let mut strategy = Strategy { model, ladder, signals, patience, explain, volatility_half_life_s: 0.0 };
    if let Some(mut section) = keys.optional("strategy")? {
        for boot in ["model", "volatility_half_life_s", "path", "options"] {
            section.refuse(boot, "changes with a restart only")?;
        }
        refuse_unread(&section, &strategy.model)?;
        strategy.read(&mut section)?;
        section.end()?;
    }
    let Strategy { model, ladder, signals, patience, explain, .. } = strategy;
    let mut after = Params { model, ladder, signals, patience, explain, ..params };
    keys.amount("order_qty", &mut after.order_qty)?;
    keys.amount("max_position", &mut after.max_position)?;
    keys.amount("max_order_notional", &mut after.max_order_notional)?;
    keys.end()?;
    Ok(after)
}

/// A change of what the model does not read would change nothing.
fn refuse_unread(section: &Section, model: &Model) -> Result<(), String> {
    const BUILT_IN: [&str; 8] = [
        "min_spread_bps",
        "max_spread_bps",
        "levels_per_side",
        "level_spacing_coeff",
        "skew_bps",
        "microprice_weight",
        "safety_bps",
        "adverse_bps",
    ];
    if *model != Model::Ladder {
        section.refuse("k_vola_spread", "is read by the model ladder only")?;
    }
    if matches!(model, Model::Asked { .. }) {
        for key in BUILT_IN {
            section.refuse(key, "is read by the built-in models only")?;
        }
    }
    Ok(())
}

/// The market of a name such as `linear.BTCUSDT`.
#[must_use]
pub fn find(instruments: &Instruments, name: &str) -> Option<MarketIx> {
    let (category, symbol) = name.split_once('.')?;
    instruments.find(Category::parse(category.as_bytes())?, symbol.as_bytes())
}
