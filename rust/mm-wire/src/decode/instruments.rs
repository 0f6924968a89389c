//! Rows of `instruments-info`: the trading rules of an instrument.

use mm_core::ids::{Category, InstrumentId};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Ticks};

use super::Counts;
use super::fields::{Fields, Result};
use super::rows::Context;
use crate::json::Reader;
use crate::refusal::{DecodeError, Why};

const ROW: [&str; 7] = ["symbol", "status", "baseCoin", "quoteCoin", "settleCoin", "priceFilter", "lotSizeFilter"];
const PRICE: [&str; 3] = ["tickSize", "minPrice", "maxPrice"];
const LOT: [&str; 8] = [
    "qtyStep",
    "basePrecision",
    "minOrderQty",
    "maxOrderQty",
    "maxLimitOrderQty",
    "minNotionalValue",
    "minOrderAmt",
    "postOnlyMaxLimitOrderSize",
];

/// Spot states no highest price: this many ticks stand for it, far above any price and far below overflow.
const NO_MAX_PRICE: Ticks = Ticks(1_000_000_000_000);

/// One row; `None` if it is not in the table. A row of ours that is not `Trading` is refused: there is nothing to quote.
///
/// Limits that lie between grid points are moved inwards: the least up, the greatest down.
pub(super) fn instrument(reader: &mut Reader<'_>, context: Context<'_>, counts: &mut Counts) -> Result<Option<Instrument>> {
    let fields = Fields::read(reader, &ROW, counts)?;
    let symbol = fields.text("symbol")?;
    let found = context.category.and_then(|category| context.instruments.find(category, symbol));
    let Some(id) = found.and_then(|market| context.instruments.id(market)) else {
        counts.unknown_rows += 1;
        return Ok(None);
    };
    if fields.text("status")? != b"Trading" {
        return Err(DecodeError { field: "status", why: Why::UnknownValue });
    }
    let prices = Fields::read(&mut fields.required_nested("priceFilter")?, &PRICE, counts)?;
    let lots = Fields::read(&mut fields.required_nested("lotSizeFilter")?, &LOT, counts)?;
    spec(id, &fields, &prices, &lots).map(Some)
}

fn spec(id: InstrumentId, fields: &Fields<'_, 7>, prices: &Fields<'_, 3>, lots: &Fields<'_, 8>) -> Result<Instrument> {
    let spot = id.category == Category::Spot;
    let step_name = if spot { "basePrecision" } else { "qtyStep" };
    let (tick_size, qty_step) = (prices.required_amount("tickSize")?, lots.required_amount(step_name)?);
    let tick_lot = Instrument::cash_per_tick_lot(tick_size, qty_step).ok_or(DecodeError { field: "tickSize", why: Why::UnknownValue })?;
    let (min_price, max_price) = if spot {
        (Ticks(1), NO_MAX_PRICE)
    } else {
        let (min, max) = (prices.required_amount("minPrice")?, prices.required_amount("maxPrice")?);
        (Ticks(ceil(min, tick_size, "minPrice")?), Ticks(floor(max, tick_size, "maxPrice")?))
    };
    Ok(Instrument {
        id,
        base: fields.required_id("baseCoin")?,
        quote: fields.required_id("quoteCoin")?,
        settle: if spot { fields.required_id("quoteCoin")? } else { fields.required_id("settleCoin")? },
        tick_size,
        qty_step,
        min_qty: min_qty(lots, qty_step)?,
        max_qty: max_qty(spot, lots, qty_step)?,
        min_notional: lots.required_amount(if spot { "minOrderAmt" } else { "minNotionalValue" })?,
        min_price,
        max_price,
        tick_lot,
    })
}

/// At least one step; spot is dropping its `minOrderQty`.
fn min_qty(lots: &Fields<'_, 8>, step: Amount) -> Result<Lots> {
    let least = lots.amount("minOrderQty")?.unwrap_or(step);
    Ok(Lots(ceil(least, step, "minOrderQty")?.max(1)))
}

/// The greatest post-only order: spot names it, or the greatest limit order, or (older) the greatest order.
fn max_qty(spot: bool, lots: &Fields<'_, 8>, step: Amount) -> Result<Lots> {
    let names: &[&'static str] = if spot { &["postOnlyMaxLimitOrderSize", "maxLimitOrderQty", "maxOrderQty"] } else { &["maxOrderQty"] };
    let name = names.iter().find(|name| lots.has(name)).ok_or(DecodeError { field: "maxOrderQty", why: Why::Missing })?;
    Ok(Lots(floor(lots.required_amount(name)?, step, name)?))
}

fn floor(value: Amount, unit: Amount, field: &'static str) -> Result<i64> {
    i64::try_from(value.0.div_euclid(unit.0)).map_err(|_| DecodeError { field, why: Why::TooLarge })
}

fn ceil(value: Amount, unit: Amount, field: &'static str) -> Result<i64> {
    let above = i128::from(value.0.rem_euclid(unit.0) != 0);
    i64::try_from(value.0.div_euclid(unit.0) + above).map_err(|_| DecodeError { field, why: Why::TooLarge })
}
