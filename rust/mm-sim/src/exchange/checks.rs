//! What is refused before the ack, in the venue's codes and words: contracts and spot have their own.

use alloc::format;
use alloc::string::{String, ToString};

use mm_core::ids::Category;
use mm_core::instrument::Instrument;
use mm_core::units::{Lots, Ticks, UnitError};

use crate::api::{ApiError, OrderRow};

/// Active orders that one account may have: in each contract, and in all spot markets together.
pub const MAX_ACTIVE_ORDERS: usize = 500;

fn error(code: i32, msg: &str) -> ApiError {
    ApiError { code, msg: String::from(msg) }
}

/// The contracts' or spot's words for the same refusal.
fn by_category(category: Category, linear: (i32, &str), spot: (i32, &str)) -> ApiError {
    let (code, msg) = match category {
        Category::Linear => linear,
        Category::Spot => spot,
    };
    error(code, msg)
}

pub(super) fn unknown_account() -> ApiError {
    error(10003, "API key is invalid.")
}

pub(super) fn unknown_market() -> ApiError {
    error(10001, "Not supported symbols")
}

pub(super) fn too_late_to_cancel(category: Category) -> ApiError {
    by_category(category, (110_001, "order not exists or too late to cancel"), (170_213, "Order does not exist."))
}

pub(super) fn too_late_to_replace(category: Category) -> ApiError {
    by_category(category, (110_001, "order not exists or too late to replace"), (170_213, "Order does not exist."))
}

pub(super) fn duplicate_client_id(category: Category) -> ApiError {
    by_category(category, (110_072, "OrderLinkedID is duplicate"), (170_141, "Duplicate clientOrderId"))
}

pub(super) fn too_many_orders(category: Category) -> ApiError {
    let spot = (170_810, "Cannot exceed maximum of 500 conditional, TP/SL and active orders.");
    by_category(category, (110_020, "Not allowed to have more than 500 active orders"), spot)
}

pub(super) fn insufficient_balance() -> ApiError {
    error(170_131, "Insufficient balance.")
}

/// A wire price as ticks.
///
/// # Errors
/// 10001 `Price invalid` for what is not a plain decimal or too long; off the tick grid the same, or 170134 on spot.
pub fn parse_price(instrument: &Instrument, wire: &[u8]) -> Result<Ticks, ApiError> {
    instrument.ticks(wire).map_err(|reason| match (instrument.id.category, reason) {
        (Category::Spot, UnitError::OffGrid) => error(170_134, "Order price has too many decimals."),
        _ => error(10001, "Price invalid"),
    })
}

/// A wire size as lots.
///
/// # Errors
/// 10001 `Qty invalid` for what is not a plain decimal or too long; off the step grid the same, or 170137 on spot.
pub fn parse_qty(instrument: &Instrument, wire: &[u8]) -> Result<Lots, ApiError> {
    instrument.lots(wire).map_err(|reason| match (instrument.id.category, reason) {
        (Category::Spot, UnitError::OffGrid) => error(170_137, "Order quantity has too many decimals."),
        _ => error(10001, "Qty invalid"),
    })
}

/// Size limits, price range and smallest value of an order at `price` × `qty`.
pub(super) fn limits(instrument: &Instrument, price: Ticks, qty: Lots) -> Result<(), ApiError> {
    let category = instrument.id.category;
    if qty < instrument.min_qty || qty.0 <= 0 {
        return Err(by_category(category, (10001, "Qty invalid"), (170_136, "Order quantity exceeded lower limit.")));
    }
    if qty > instrument.max_qty {
        return Err(by_category(category, (10001, "Qty invalid"), (170_135, "Order quantity exceeded upper limit.")));
    }
    let out_of_range = (110_003, "Order price exceeds the allowable range.");
    if price < instrument.min_price || price.0 <= 0 {
        return Err(by_category(category, out_of_range, (170_133, "Order price exceeded lower limit.")));
    }
    if price > instrument.max_price {
        return Err(by_category(category, out_of_range, (170_132, "Order price exceeded upper limit.")));
    }
    if instrument.notional(price, qty) < instrument.min_notional {
        let text = format!("Order does not meet minimum order value {}{}", instrument.min_notional, instrument.quote);
        return Err(by_category(category, (110_094, &text), (170_140, "Order value exceeded lower limit.")));
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
        let linear = (110_064, "The number of contracts modified cannot be less than or equal to the filled quantity");
        let spot = (170_313, "The quantity modified cannot be less than or equal to the filled quantity.");
        return Err(by_category(instrument.id.category, linear, spot));
    }
    Ok(())
}
