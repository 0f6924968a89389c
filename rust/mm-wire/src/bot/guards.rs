//! The guards' section of the start configuration.

use alloc::string::String;

use mm_core::guards::config::GuardConfig;
use mm_core::guards::order_cap::OrderCap;

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
    config.max_changes_per_s = keys.whole_or_none("max_changes_per_s")?;
    config.max_orders_per_day = keys.whole_or_none("max_orders_per_day")?;
    if let Some(mut before) = keys.optional("orders_before")? {
        let (mut day, mut placed) = (0_u32, 0_u32);
        before.whole("day", &mut day)?;
        before.whole("placed", &mut placed)?;
        before.end()?;
        config.orders_before = OrderCap::of(day.into(), placed);
    }
    config.losing_markouts = keys.whole_or_none("losing_markouts")?;
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

#[cfg(test)]
mod tests {
    use mm_core::units::Amount;
    use serde_json::{Value, json};

    use super::*;

    fn whole() -> Value {
        json!({
            "price_collar_bps": 300, "max_market_notional": "5000", "max_total_notional": null, "duplicate_window_ms": 50,
            "max_order_age_s": 300, "max_changes_per_s": 8, "max_orders_per_day": 50_000, "losing_markouts": 12,
            "daily_loss": "50.5", "drawdown": null, "margin_floor_pct": 20,
            "repeated_execution": {"fills": 30, "window_s": 5, "pause_s": 20},
            "breaker": {"failures": 10, "window_s": 30, "open_s": 5, "probes": 2},
        })
    }

    fn read(document: Value) -> Result<GuardConfig, String> {
        guards(Some(Section::new("config.guards", document, true)?))
    }

    #[test]
    fn every_figure_arrives_in_its_unit() {
        let config = read(whole()).unwrap();
        assert_eq!((config.price_collar_bps, config.duplicate_window_ns, config.max_order_age_ns), (300, 50 * MS, 300 * SECOND));
        assert_eq!((config.max_market_notional, config.max_total_notional), (Amount::parse(b"5000").ok(), None));
        assert_eq!((config.daily_loss, config.drawdown, config.margin_floor_pct), (Amount::parse(b"50.5").ok(), None, Some(20)));
        assert_eq!((config.repeat.fills, config.repeat.window_ns, config.repeat.pause_ns), (30, 5 * SECOND, 20 * SECOND));
        assert_eq!((config.max_changes_per_s, config.max_orders_per_day, config.losing_markouts), (Some(8), Some(50_000), Some(12)));
        assert_eq!(config.orders_before, OrderCap::default());
        let mut later = whole();
        later["orders_before"] = json!({"day": 20_000, "placed": 49_000});
        assert_eq!(read(later.clone()).unwrap().orders_before, OrderCap::of(20_000, 49_000));
        later["orders_before"] = json!({"day": 20_000, "placed": -1});
        assert_eq!(read(later).unwrap_err(), "config.guards.orders_before.placed: expected a whole number ≥ 0, got -1");
        let breaker = config.breaker;
        assert_eq!((breaker.failures, breaker.window_ns, breaker.open_ns, breaker.probes), (10, 30 * SECOND, 5 * SECOND, 2));
        assert_eq!(guards(None), Ok(GuardConfig::default()));
    }

    #[test]
    fn a_key_that_is_missing_unknown_or_of_the_wrong_kind_is_named() {
        let change = |key: &str, value: Option<Value>| {
            let mut document = whole();
            let keys = document.as_object_mut().unwrap();
            match value {
                Some(value) => keys.insert(key.into(), value),
                None => keys.remove(key),
            };
            read(document).unwrap_err()
        };
        assert_eq!(change("daily_loss", None), "config.guards.daily_loss: missing");
        assert_eq!(change("colar", Some(json!(1))), "config.guards.colar: unknown key");
        assert!(change("daily_loss", Some(json!("-1"))).contains("must be positive"));
        assert!(change("breaker", Some(json!({"failures": 1.5}))).starts_with("config.guards.breaker.failures"));
    }
}
