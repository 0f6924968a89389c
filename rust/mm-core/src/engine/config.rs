//! What a run of the core is given at its start: plain values, recorded in the capture's header.

use alloc::vec::Vec;

use crate::guards::config::GuardConfig;
use crate::ids::InstrumentId;
use crate::orders::client_id::RunId;
use crate::quoting::avellaneda_stoikov::AvellanedaStoikovParams;
use crate::quoting::glft::GlftParams;
use crate::quoting::ladder::LadderParams;
use crate::quoting::{ParamError, check_ranges};
use crate::targets::Patience;
use crate::units::Amount;

/// One market to quote.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketConfig {
    pub id: InstrumentId,
    /// The `orderbook.{depth}` topic that makes the book.
    pub depth: u16,
    /// Size of one quote, in base coin.
    pub order_qty: Amount,
    /// Largest absolute position, in base coin.
    pub max_position: Amount,
    /// Largest price × size of one order, in quote coin.
    pub max_order_notional: Amount,
}

/// Which model quotes, with its own parameters; limits, levels and floor are the [`LadderParams`] of every model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Model {
    Ladder,
    /// `calibration_window_s`: length of the window that A and k are fitted on; 0 leaves them as configured.
    AvellanedaStoikov {
        params: AvellanedaStoikovParams,
        calibration_window_s: f64,
    },
    Glft {
        params: GlftParams,
        calibration_window_s: f64,
    },
    /// A strategy outside the core: it is asked, and what it declares is quoted.
    Asked {
        params: AskParams,
        calibration_window_s: f64,
    },
}

/// How a strategy outside the core is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskParams {
    /// A market's decisions are at least this far apart.
    pub decide_every_ms: u32,
    /// A later answer is a failure.
    pub answer_within_ms: u32,
    /// So many failures in a row end the quoting of a market.
    pub failures_to_halt: u32,
    /// Book levels a side that the strategy is shown.
    pub view_levels: u16,
}

impl AskParams {
    /// # Errors
    /// [`ParamError`]: the first field outside its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        let ranges = [
            ("decide_every_ms", self.decide_every_ms, 1, 60_000, "must lie in 1..=60000"),
            ("answer_within_ms", self.answer_within_ms, 1, 60_000, "must lie in 1..=60000"),
            ("failures_to_halt", self.failures_to_halt, 1, 1000, "must lie in 1..=1000"),
            ("view_levels", self.view_levels.into(), 1, 200, "must lie in 1..=200"),
        ];
        for (field, value, least, most, why) in ranges {
            if !(least..=most).contains(&value) {
                return Err(ParamError { field, why });
            }
        }
        Ok(())
    }
}

impl Model {
    fn calibration_window_s(&self) -> f64 {
        match self {
            Model::Ladder => 0.0,
            Model::AvellanedaStoikov { calibration_window_s, .. }
            | Model::Glft { calibration_window_s, .. }
            | Model::Asked { calibration_window_s, .. } => *calibration_window_s,
        }
    }

    /// `None` if nothing is calibrated.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn calibration_window_ns(&self) -> Option<i64> {
        let seconds = self.calibration_window_s();
        (seconds > 0.0).then_some((seconds * 1e9) as i64)
    }

    /// # Errors
    /// [`ParamError`]: the first field outside its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        let window_s = self.calibration_window_s();
        if !(window_s == 0.0 || (1.0..=86_400.0).contains(&window_s)) {
            return Err(ParamError { field: "calibration_window_s", why: "must be 0 or lie in 1..=86400" });
        }
        match self {
            Model::Ladder => Ok(()),
            Model::AvellanedaStoikov { params, .. } => params.validate(),
            Model::Glft { params, .. } => params.validate(),
            Model::Asked { params, .. } => params.validate(),
        }
    }
}

/// Signals beside the microprice; a weight, limit or ramp of 0 switches one off, and nothing is computed for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignalParams {
    /// Levels a side that the depth imbalance sums.
    pub imbalance_levels: u16,
    /// Move of the fair price when all size stands on one side.
    pub imbalance_bps: f64,
    /// Share of the price change predicted by the order flow imbalance.
    pub order_flow_weight: f64,
    pub order_flow_half_life_s: f64,
    /// The most that the toxicity guard widens.
    pub toxicity_max_bps: f64,
    pub toxicity_half_life_s: f64,
    /// Seconds before a funding settlement over which it enters the fair price.
    pub funding_ramp_s: f64,
}

impl SignalParams {
    /// # Errors
    /// [`ParamError`]: the first field outside its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        if !(1..=200).contains(&self.imbalance_levels) {
            return Err(ParamError { field: "imbalance_levels", why: "must lie in 1..=200" });
        }
        let seconds = "must lie in 0.001..=86400";
        check_ranges(&[
            ("imbalance_bps", self.imbalance_bps, 0.0, 100.0, "must lie in 0..=100"),
            ("order_flow_weight", self.order_flow_weight, 0.0, 10.0, "must lie in 0..=10"),
            ("order_flow_half_life_s", self.order_flow_half_life_s, 0.001, 86_400.0, seconds),
            ("toxicity_max_bps", self.toxicity_max_bps, 0.0, 100.0, "must lie in 0..=100"),
            ("toxicity_half_life_s", self.toxicity_half_life_s, 0.001, 86_400.0, seconds),
            ("funding_ramp_s", self.funding_ramp_s, 0.0, 86_400.0, "must lie in 0..=86400"),
        ])
    }
}

/// What quotes a market, changeable while it does ([`super::Input::Params`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    pub model: Model,
    pub ladder: LadderParams,
    pub signals: SignalParams,
    pub patience: Patience,
    /// As in [`MarketConfig`].
    pub order_qty: Amount,
    pub max_position: Amount,
    pub max_order_notional: Amount,
    /// Say of each price that leaves why it is what it is.
    pub explain: bool,
}

impl Params {
    /// # Errors
    /// [`ParamError`]: the first field outside its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        self.ladder.validate()?;
        self.signals.validate()?;
        self.model.validate()?;
        check_ranges(&[("replace_threshold_bps", self.patience.replace_threshold_bps, 0.0, 1000.0, "must lie in 0..=1000")])
    }
}

/// The whole start configuration of the core.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineConfig {
    pub run: RunId,
    pub seed: u64,
    pub recv_window_ms: u32,
    /// The venue's limits per second before our headroom.
    pub orders_per_s: u32,
    pub queries_per_s: u32,
    pub markets: Vec<MarketConfig>,
    pub model: Model,
    pub ladder: LadderParams,
    pub signals: SignalParams,
    pub volatility_half_life_s: f64,
    pub patience: Patience,
    pub explain: bool,
    pub guards: GuardConfig,
    /// Others trade on this account, in other symbols: their orders are left alone and ours are cancelled one by one.
    pub shared_account: bool,
}

impl EngineConfig {
    /// What each market begins with.
    pub(super) fn params(&self, market: &MarketConfig) -> Params {
        Params {
            model: self.model,
            ladder: self.ladder,
            signals: self.signals,
            patience: self.patience,
            order_qty: market.order_qty,
            max_position: market.max_position,
            max_order_notional: market.max_order_notional,
            explain: self.explain,
        }
    }
}
