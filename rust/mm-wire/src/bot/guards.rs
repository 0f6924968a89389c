//! The guards' section of the start configuration.

use alloc::string::String;

use mm_core::guards::config::GuardConfig;

use super::config::Section;

const MS: i64 = 1_000_000;
const SECOND: i64 = 1_000_000_000;

/// Reads `config.guards`; without the section every figure is the default.
pub(super) fn guards(section: Option<Section>) -> Result<GuardConfig, String> {
    let mut config = GuardConfig::default();
    let Some(mut keys) = section else { return Ok(config) };
    keys.whole("price_collar_bps", &mut config.price_collar_bps)?;
    config.max_market_notional = keys.amount_or_none("max_market_notional")?;
    config.max_total_notional = keys.amount_or_none("max_total_notional")?;
    config.duplicate_window_ns = duration(&mut keys, "duplicate_window_ms", MS)?;
    config.max_order_age_ns = duration(&mut keys, "max_order_age_s", SECOND)?;
    config.daily_loss = keys.amount_or_none("daily_loss")?;
    config.drawdown = keys.amount_or_none("drawdown")?;
    config.margin_floor_pct = keys.whole_or_none("margin_floor_pct")?;
    let mut repeat = keys.section("repeated_execution")?;
    repeat.whole("fills", &mut config.repeat.fills)?;
    config.repeat.window_ns = duration(&mut repeat, "window_s", SECOND)?;
    config.repeat.pause_ns = duration(&mut repeat, "pause_s", SECOND)?;
    repeat.end()?;
    let mut breaker = keys.section("breaker")?;
    breaker.whole("failures", &mut config.breaker.failures)?;
    config.breaker.window_ns = duration(&mut breaker, "window_s", SECOND)?;
    config.breaker.open_ns = duration(&mut breaker, "open_s", SECOND)?;
    breaker.whole("probes", &mut config.breaker.probes)?;
    breaker.end()?;
    keys.end()?;
    Ok(config)
}

/// A whole number of `unit_ns`.
fn duration(keys: &mut Section, key: &str, unit_ns: i64) -> Result<i64, String> {
    let mut units = 0_u32;
    keys.whole(key, &mut units)?;
    Ok(i64::from(units) * unit_ns)
}
