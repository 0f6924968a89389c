//! An instrument as a recording states it, in the shape of instruments-info.

use alloc::string::String;

use mm_core::ids::{Category, Coin, InstrumentId, Symbol, Text};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Ticks};
use serde_json::Value;

use super::error::TapeError;
use super::json::{member, text};

/// Reads one row of instruments-info.
pub(super) fn instrument(category: Category, row: &Value) -> Result<Instrument, TapeError> {
    let (prices, lots) = (member(row, "priceFilter")?, member(row, "lotSizeFilter")?);
    let linear = category == Category::Linear;
    let quote = coin(row, "quoteCoin")?;
    let tick_size = amount(prices, "tickSize")?;
    let qty_step = amount(lots, if linear { "qtyStep" } else { "basePrecision" })?;
    let tick_lot = Instrument::cash_per_tick_lot(tick_size, qty_step)
        .ok_or_else(|| TapeError::new("tickSize", text(prices, "tickSize").unwrap_or(""), "tick × step is not positive and exact"))?;
    let mut spec = Instrument {
        id: id(category, row)?,
        base: coin(row, "baseCoin")?,
        quote,
        settle: if linear { coin(row, "settleCoin")? } else { quote },
        tick_size,
        qty_step,
        min_qty: Lots::ZERO,
        max_qty: Lots::ZERO,
        min_notional: amount(lots, if linear { "minNotionalValue" } else { "minOrderAmt" })?,
        // Spot states no price range.
        min_price: Ticks(1),
        max_price: Ticks(i64::MAX),
        tick_lot,
    };
    spec.min_qty = size(&spec, lots, "minOrderQty")?;
    // Newer spot rows split the limit-order maximum off.
    let max_field = if lots.get("maxLimitOrderQty").is_some() { "maxLimitOrderQty" } else { "maxOrderQty" };
    spec.max_qty = size(&spec, lots, max_field)?;
    if linear {
        spec.min_price = price(&spec, prices, "minPrice")?;
        spec.max_price = price(&spec, prices, "maxPrice")?;
    }
    Ok(spec)
}

/// The key of a row, for storing it until a frame needs it.
pub(super) fn id(category: Category, row: &Value) -> Result<InstrumentId, TapeError> {
    Ok(InstrumentId { category, symbol: symbol(text(row, "symbol")?)? })
}

/// A symbol name.
pub(super) fn symbol(name: &str) -> Result<Symbol, TapeError> {
    Text::new(name.as_bytes()).filter(|name| !name.is_empty()).ok_or_else(|| TapeError::new("symbol", name, "not a symbol name"))
}

/// `category` of a reply or a sidecar.
pub(super) fn category(object: &Value) -> Result<Category, TapeError> {
    let name = text(object, "category")?;
    Category::parse(name.as_bytes()).ok_or_else(|| TapeError::new("category", name, "neither linear nor spot"))
}

fn coin(row: &Value, field: &str) -> Result<Coin, TapeError> {
    let name = text(row, field)?;
    Text::new(name.as_bytes()).ok_or_else(|| TapeError::new(field, name, "not a coin name"))
}

fn amount(filter: &Value, field: &str) -> Result<Amount, TapeError> {
    let wire = text(filter, field)?;
    Amount::parse(wire.as_bytes()).map_err(|error| TapeError::new(field, wire, error))
}

fn size(spec: &Instrument, filter: &Value, field: &str) -> Result<Lots, TapeError> {
    let wire = text(filter, field)?;
    spec.lots(wire.as_bytes()).map_err(|error| TapeError::new(field, wire, error))
}

fn price(spec: &Instrument, filter: &Value, field: &str) -> Result<Ticks, TapeError> {
    let wire = text(filter, field)?;
    spec.ticks(wire.as_bytes()).map_err(|error| TapeError::new(field, wire, error))
}

/// How an instrument is named in an error.
pub(super) fn name(id: InstrumentId) -> String {
    alloc::format!("{id}")
}
