//! What an account starts with.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{Category, Coin, Text};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots};
use serde_json::Value;

/// Settle and quote coin of everything listed, where the settings say nothing.
const DEFAULT: &str = "100000";

/// The deposits that the setting means. An object `{coin: amount}` is the whole truth. A single amount is that much of every settle and
/// quote coin, and of every spot base coin as much as it buys, in whole steps, at the market's first price: two-sided quoting needs both.
///
/// # Errors
/// A sentence naming the setting.
pub fn deposits(setting: Option<&Value>, markets: &[(&Instrument, Option<Amount>)]) -> Result<Vec<(Coin, Amount)>, String> {
    if let Some(Value::Object(coins)) = setting {
        return coins.iter().map(|(coin, amount)| Ok((name(coin)?, decimal(amount)?))).collect();
    }
    let amount = setting.map_or_else(|| decimal(&Value::from(DEFAULT)), decimal)?;
    let mut coins: BTreeMap<Coin, Amount> = markets.iter().map(|(instrument, _)| (instrument.settle, amount)).collect();
    for (instrument, price) in markets.iter().filter(|(instrument, _)| instrument.id.category == Category::Spot) {
        let bought = price.map_or(Amount::ZERO, |price| whole_steps(instrument, amount, price));
        coins.entry(instrument.base).or_insert(bought);
    }
    Ok(coins.into_iter().collect())
}

/// How much of the base coin `amount` of the quote coin buys at `price`, rounded down to the step.
fn whole_steps(instrument: &Instrument, amount: Amount, price: Amount) -> Amount {
    let step_value = instrument.qty_step.mul_round(price);
    if step_value.0 <= 0 {
        return Amount::ZERO;
    }
    i64::try_from(amount.0 / step_value.0).map_or(Amount::ZERO, |steps| instrument.qty(Lots(steps)))
}

fn name(coin: &str) -> Result<Coin, String> {
    Text::new(coin.as_bytes()).filter(|coin| !coin.is_empty()).ok_or_else(|| format!("deposit: {coin:?} is not a coin name"))
}

fn decimal(value: &Value) -> Result<Amount, String> {
    let amount = value.as_str().and_then(|text| Amount::parse(text.as_bytes()).ok()).filter(|amount| *amount >= Amount::ZERO);
    amount.ok_or_else(|| format!("deposit: {value} is not a decimal string ≥ 0"))
}
