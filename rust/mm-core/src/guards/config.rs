//! What an operator sets of the guards; `None` switches a stop off, everything else is always on.

use super::order_cap::OrderCap;
use crate::quoting::ParamError;
use crate::units::Amount;

/// The guards' figures, for every market of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardConfig {
    /// No order further than this from the mid or from the venue's mark price.
    pub price_collar_bps: u32,
    /// Worst-case notional of one market: position and everything that may still fill, in quote coin.
    pub max_market_notional: Option<Amount>,
    /// The same over all markets that share a quote coin.
    pub max_total_notional: Option<Amount>,
    /// The same order (side, price, size) is not sent twice within this, unless the first was filled.
    pub duplicate_window_ns: i64,
    /// An order that has stood unchanged for longer is taken down and placed anew.
    pub max_order_age_ns: i64,
    /// New and moved orders per second of one market.
    pub max_changes_per_s: Option<u32>,
    /// New orders of the account in a UTC day, those of `orders_before` included; then no quotes until the day ends.
    pub max_orders_per_day: Option<u32>,
    /// What earlier runs of the day have placed.
    pub orders_before: OrderCap,
    pub repeat: RepeatParams,
    /// So many fills of a market in a row that stand at a loss five seconds later pause it for as long as [`RepeatParams`] says.
    pub losing_markouts: Option<u32>,
    /// The day's loss (UTC) in settle coin at which only reducing quotes are left, until the day ends.
    pub daily_loss: Option<Amount>,
    /// The fall from the day's best PnL at which only reducing quotes are left, until the day ends.
    pub drawdown: Option<Amount>,
    /// Equity below this share of the worst-case notional leaves only reducing quotes.
    pub margin_floor_pct: Option<u32>,
    pub breaker: BreakerParams,
}

/// So many fills of one side in a row within a time pause a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepeatParams {
    pub fills: u32,
    pub window_ns: i64,
    pub pause_ns: i64,
}

/// So many failed requests within a time open the circuit for another; then a few probes decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerParams {
    pub failures: u32,
    pub window_ns: i64,
    pub open_ns: i64,
    pub probes: u32,
}

const SECOND_NS: i64 = 1_000_000_000;

impl Default for GuardConfig {
    fn default() -> Self {
        Self {
            price_collar_bps: 500,
            max_market_notional: None,
            max_total_notional: None,
            duplicate_window_ns: SECOND_NS / 10,
            max_order_age_ns: 600 * SECOND_NS,
            max_changes_per_s: None,
            max_orders_per_day: None,
            orders_before: OrderCap::default(),
            repeat: RepeatParams { fills: 50, window_ns: 10 * SECOND_NS, pause_ns: 30 * SECOND_NS },
            losing_markouts: None,
            daily_loss: None,
            drawdown: None,
            margin_floor_pct: None,
            breaker: BreakerParams { failures: 20, window_ns: 60 * SECOND_NS, open_ns: 10 * SECOND_NS, probes: 3 },
        }
    }
}

impl GuardConfig {
    /// # Errors
    /// [`ParamError`]: the first figure with which its guard could not work.
    pub fn validate(&self) -> Result<(), ParamError> {
        let RepeatParams { fills, window_ns: repeat_ns, pause_ns } = self.repeat;
        let BreakerParams { failures, window_ns, open_ns, probes } = self.breaker;
        let checks = [
            ("guards.price_collar_bps", self.price_collar_bps > 0),
            ("guards.duplicate_window_ms", self.duplicate_window_ns >= 0),
            ("guards.max_changes_per_s", self.max_changes_per_s != Some(0)),
            ("guards.max_orders_per_day", self.max_orders_per_day != Some(0)),
            ("guards.losing_markouts", self.losing_markouts != Some(0)),
            ("guards.max_order_age_s", self.max_order_age_ns > 0),
            ("guards.repeated_execution", fills > 0 && repeat_ns > 0 && pause_ns > 0),
            ("guards.breaker", failures > 0 && window_ns > 0 && open_ns > 0 && probes > 0),
        ];
        let wrong = checks.iter().find(|(_, holds)| !holds);
        wrong.map_or(Ok(()), |&(field, _)| Err(ParamError { field, why: "must be positive" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_switches_a_guard_off_by_accident_is_refused() {
        assert_eq!(GuardConfig::default().validate(), Ok(()));
        let repeat = RepeatParams { fills: 0, ..GuardConfig::default().repeat };
        let breaker = BreakerParams { probes: 0, ..GuardConfig::default().breaker };
        for (config, field) in [
            (GuardConfig { price_collar_bps: 0, ..GuardConfig::default() }, "guards.price_collar_bps"),
            (GuardConfig { max_changes_per_s: Some(0), ..GuardConfig::default() }, "guards.max_changes_per_s"),
            (GuardConfig { max_orders_per_day: Some(0), ..GuardConfig::default() }, "guards.max_orders_per_day"),
            (GuardConfig { losing_markouts: Some(0), ..GuardConfig::default() }, "guards.losing_markouts"),
            (GuardConfig { max_order_age_ns: 0, ..GuardConfig::default() }, "guards.max_order_age_s"),
            (GuardConfig { repeat, ..GuardConfig::default() }, "guards.repeated_execution"),
            (GuardConfig { breaker, ..GuardConfig::default() }, "guards.breaker"),
        ] {
            assert_eq!(config.validate().map_err(|error| error.field), Err(field));
        }
    }
}
