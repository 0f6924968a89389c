//! What is refused before the ack, in the venue's codes and words.

use alloc::format;
use alloc::string::{String, ToString};

use mm_core::instrument::Instrument;
use mm_core::units::{Lots, Ticks, UnitError};

use crate::api::{ApiError, OrderRow};

/// Active orders that one account may have in one market.
pub const MAX_ACTIVE_ORDERS: usize = 500;

fn error(code: i32, msg: &str) -> ApiError {
    ApiError { code, msg: String::from(msg) }
}

pub(super) fn unknown_account() -> ApiError {
    error(10003, "API key is invalid.")
}

pub(super) fn unknown_market() -> ApiError {
    error(10001, "Not supported symbols")
}

pub(super) fn too_late_to_cancel() -> ApiError {
    error(110001, "order not exists or too late to cancel")
}

pub(super) fn too_late_to_replace() -> ApiError {
    error(110001, "order not exists or too late to replace")
}

pub(super) fn duplicate_client_id() -> ApiError {
    error(110072, "OrderLinkedID is duplicate")
}

pub(super) fn too_many_orders() -> ApiError {
    error(110020, "Not allowed to have more than 500 active orders")
}

/// A wire price as ticks.
///
/// # Errors
/// 10001 `Price invalid` for what is not a plain decimal, off the tick grid or too long.
pub fn parse_price(instrument: &Instrument, wire: &[u8]) -> Result<Ticks, ApiError> {
    instrument.ticks(wire).map_err(|_: UnitError| error(10001, "Price invalid"))
}

/// A wire size as lots.
///
/// # Errors
/// 10001 `Qty invalid` for what is not a plain decimal, off the step grid or too long.
pub fn parse_qty(instrument: &Instrument, wire: &[u8]) -> Result<Lots, ApiError> {
    instrument.lots(wire).map_err(|_: UnitError| error(10001, "Qty invalid"))
}

/// Size limits, price range and smallest value of an order at `price` × `qty`.
pub(super) fn limits(instrument: &Instrument, price: Ticks, qty: Lots) -> Result<(), ApiError> {
    if qty < instrument.min_qty || qty > instrument.max_qty || qty.0 <= 0 {
        return Err(error(10001, "Qty invalid"));
    }
    if price < instrument.min_price || price > instrument.max_price || price.0 <= 0 {
        return Err(error(110003, "Order price exceeds the allowable range."));
    }
    if instrument.notional(price, qty) < instrument.min_notional {
        let text = format!("Order does not meet minimum order value {}{}", instrument.min_notional, instrument.quote);
        return Err(ApiError { code: 110_094, msg: text });
    }
    Ok(())
}

/// An amend of `row`, whose last accepted (price, qty) is `requested`, to `wanted`.
pub(super) fn amend(instrument: &Instrument, row: &OrderRow, requested: (Ticks, Lots), wanted: (Ticks, Lots)) -> Result<(), ApiError> {
    if wanted == requested {
        let text = "The order remains unchanged as the parameters entered match the existing ones.";
        return Err(ApiError { code: 10001, msg: text.to_string() });
    }
    limits(instrument, wanted.0, wanted.1)?;
    if wanted.1 <= row.cum_qty {
        return Err(error(110_064, "The number of contracts modified cannot be less than or equal to the filled quantity"));
    }
    Ok(())
}
