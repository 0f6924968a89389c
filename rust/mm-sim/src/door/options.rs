//! The exchange's options as settings, and the rules that a listing states.

use alloc::format;
use alloc::string::String;

use mm_core::ids::Category;
use mm_core::units::Amount;
use serde_json::Value;

use super::choices::CHOICES;
use super::listing::Listing;
use super::request::self_match_named;
use crate::exchange::{BeyondLimit, MarketRules, MarketStatus, Options, PriceRatios};

/// Reads the options object; what it does not name keeps its default, and what is a choice of the door is passed over.
///
/// # Errors
/// A sentence naming the option and its value.
pub fn options(setting: Option<&Value>) -> Result<Options, String> {
    let mut options = Options::default();
    let fields = match setting {
        None | Some(Value::Null) => return Ok(options),
        Some(Value::Object(fields)) => fields,
        Some(other) => return Err(format!("options: {other} is not an object")),
    };
    for (name, value) in fields {
        if !CHOICES.iter().any(|row| row.name == name) {
            set(&mut options, name, value)?;
        }
    }
    Ok(options)
}

fn set(options: &mut Options, name: &str, value: &Value) -> Result<(), String> {
    match name {
        "size_down_keeps_place" => options.size_down_keeps_place = boolean(name, value)?,
        "crossing_amend_ends" => options.crossing_amend_ends = boolean(name, value)?,
        "spot_post_only_rejects" => options.spot_post_only_rejects = boolean(name, value)?,
        "client_ids_come_free" => options.client_ids_come_free = boolean(name, value)?,
        "max_client_id_chars" => {
            let chars = value.as_u64().and_then(|chars| usize::try_from(chars).ok()).filter(|chars| (1..=45).contains(chars));
            options.max_client_id_chars = chars.ok_or_else(|| format!("options.{name}: {value} is not a whole number from 1 to 45"))?;
        }
        "margin_checks" => options.margin_checks = boolean(name, value)?,
        "larger_side_counts" => options.larger_side_counts = boolean(name, value)?,
        "orders_push_holdings" => options.orders_push_holdings = boolean(name, value)?,
        "linear_beyond_limit" => options.linear_beyond_limit = beyond_limit(name, value)?,
        "spot_beyond_limit" => options.spot_beyond_limit = beyond_limit(name, value)?,
        "market_reach" => options.market_reach = fraction(name, value)?,
        "default_self_match" => {
            let word = value.as_str().and_then(self_match_named);
            let word = word.ok_or_else(|| format!("options.{name}: {value} is none of None, CancelMaker, CancelTaker, CancelBoth"))?;
            options.default_self_match = word;
        }
        _ => return Err(format!("options.{name} is unknown")),
    }
    Ok(())
}

fn boolean(name: &str, value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("options.{name}: {value} is neither true nor false"))
}

fn fraction(name: &str, value: &Value) -> Result<Amount, String> {
    let fraction = value.as_str().and_then(|text| Amount::parse(text.as_bytes()).ok());
    let fraction = fraction.filter(|fraction| *fraction >= Amount::ZERO && *fraction < Amount::ONE);
    fraction.ok_or_else(|| format!("options.{name}: {value} is not a decimal string from 0 to below 1"))
}

fn beyond_limit(name: &str, value: &Value) -> Result<BeyondLimit, String> {
    match value.as_str() {
        Some("clamp") => Ok(BeyondLimit::Clamp),
        Some("reject") => Ok(BeyondLimit::Reject),
        _ => Err(format!("options.{name}: {value} is neither \"clamp\" nor \"reject\"")),
    }
}

/// The trading rules of a listing beyond its grid, as its instruments-info item states them.
///
/// # Errors
/// A sentence naming the field at fault.
pub fn rules(listing: &Listing) -> Result<MarketRules, String> {
    let category = listing.category();
    let mut rules = MarketRules::of(category);
    let field = |pointer: &str| listing.info.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let amount = |pointer: &str| {
        let parse = |text: &str| Amount::parse(text.as_bytes()).map_err(|error| format!("{pointer} {text:?}: {error}"));
        field(pointer).map(parse).transpose()
    };
    let (x, y) = (amount("/riskParameters/priceLimitRatioX")?, amount("/riskParameters/priceLimitRatioY")?);
    rules.price_ratios = x.zip(y).map(|(x, y)| PriceRatios { x, y });
    let largest = if category == Category::Spot { "/lotSizeFilter/maxMarketOrderQty" } else { "/lotSizeFilter/maxMktOrderQty" };
    let lots = |text: &str| listing.instrument.lots(text.as_bytes()).map_err(|error| format!("{largest} {text:?}: {error}"));
    rules.max_market_qty = field(largest).map(lots).transpose()?;
    if let Some(name) = field("/status") {
        rules.status =
            MarketStatus::named(name).ok_or_else(|| format!("status {name:?} is none of PreLaunch, Trading, Settling, Closed"))?;
    }
    if let Some(most) = amount("/leverageFilter/maxLeverage")? {
        rules.max_leverage = u32::try_from(most.0 / Amount::ONE.0).unwrap_or(u32::MAX);
    }
    if let Some(minutes) = listing.info.get("fundingInterval").and_then(Value::as_i64) {
        rules.funding_interval_ns = minutes.saturating_mul(60_000_000_000);
    }
    if category == Category::Spot {
        rules.max_order_value = amount("/lotSizeFilter/maxOrderAmt")?;
    }
    Ok(rules)
}
