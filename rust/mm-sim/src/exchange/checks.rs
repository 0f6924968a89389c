//! What is refused before the ack, in the venue's codes and words: contracts and spot have their own.

use alloc::format;
use alloc::string::String;

use mm_core::ids::Category;
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Side, Ticks, UnitError};

use super::rules::{MarketRules, MarketStatus};
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

/// An order as its limits see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sized {
    pub(super) price: Ticks,
    pub(super) qty: Lots,
    pub(super) max_qty: Lots,
    pub(super) value: Amount,
    /// Whoever leaves a position may do so with less than the smallest value.
    pub(super) reduce_only: bool,
}

/// Size limits, price range, smallest and largest value of an order.
pub(super) fn limits(instrument: &Instrument, rules: &MarketRules, order: &Sized) -> Result<(), ApiError> {
    let (category, price, qty) = (instrument.id.category, order.price, order.qty);
    if qty < instrument.min_qty || qty.0 <= 0 {
        return Err(by_category(category, (10001, "Qty invalid"), (170_136, "Order quantity exceeded lower limit.")));
    }
    if qty > order.max_qty {
        return Err(by_category(category, (10001, "Qty invalid"), (170_135, "Order quantity exceeded upper limit.")));
    }
    let out_of_range = (110_003, "Order price exceeds the allowable range.");
    if price < instrument.min_price || price.0 <= 0 {
        return Err(by_category(category, out_of_range, (170_133, "Order price exceeded lower limit.")));
    }
    if price > instrument.max_price {
        return Err(by_category(category, out_of_range, (170_132, "Order price exceeded upper limit.")));
    }
    if order.reduce_only { Ok(()) } else { value(instrument, rules, order.value) }
}

fn value(instrument: &Instrument, rules: &MarketRules, value: Amount) -> Result<(), ApiError> {
    if value < instrument.min_notional {
        let text = format!("Order does not meet minimum order value {}{}", instrument.min_notional, instrument.quote);
        return Err(by_category(instrument.id.category, (110_094, &text), (170_140, "Order value exceeded lower limit.")));
    }
    if rules.max_order_value.is_some_and(|most| value > most) {
        return Err(error(170_124, "Order amount too large."));
    }
    Ok(())
}

/// What a spot market order spends.
pub(super) fn budget(instrument: &Instrument, rules: &MarketRules, budget: Amount) -> Result<(), ApiError> {
    value(instrument, rules, budget)
}

pub(super) fn beyond_limit(instrument: &Instrument, side: Side, limit: Ticks) -> ApiError {
    let price = instrument.price(limit);
    match (instrument.id.category, side) {
        (Category::Linear, Side::Buy) => error(30_208, "The order price is higher than the maximum buying price."),
        (Category::Linear, Side::Sell) => error(30_209, "The order price is lower than the minimum selling price."),
        (Category::Spot, Side::Buy) => error(170_193, &format!("Buy order price cannot be higher than {price}.")),
        (Category::Spot, Side::Sell) => error(170_194, &format!("Sell order price cannot be lower than {price}.")),
    }
}

/// Refuses new and changed orders of a market that does not trade.
pub(super) fn trades(category: Category, status: MarketStatus) -> Result<(), ApiError> {
    let linear = match status {
        MarketStatus::Trading => return Ok(()),
        MarketStatus::PreLaunch => (110_074, "This contract is not live"),
        MarketStatus::Settling => (110_063, "Settlement in progress, not available for trading"),
        MarketStatus::Closed => (110_066, "Trading is currently not allowed"),
    };
    Err(by_category(category, linear, (170_210, "New order rejected.")))
}

pub(super) fn insufficient_margin() -> ApiError {
    error(110_007, "ab not enough for new order")
}

pub(super) fn leverage_unchanged() -> ApiError {
    error(110_043, "leverage not modified")
}

pub(super) fn leverage_out_of_range(most: u32) -> ApiError {
    error(10001, &format!("params error: buyLeverage and sellLeverage should be equal whole numbers within 1-{most}"))
}

pub(super) fn leverage_too_low() -> ApiError {
    error(110_044, "Available margin is insufficient.")
}

pub(super) fn mode_unchanged() -> ApiError {
    error(110_025, "Position mode is not modified")
}

pub(super) fn mode_held_by_position() -> ApiError {
    error(110_024, "You have an existing position, so the position mode cannot be switched.")
}

pub(super) fn mode_held_by_orders() -> ApiError {
    error(110_028, "You have existing open orders, so the position mode cannot be switched.")
}

pub(super) fn not_hedgeable() -> ApiError {
    error(10001, "params error: only contracts that settle in USDT have a hedge mode")
}

pub(super) fn nothing_to_reduce() -> ApiError {
    error(110_017, "current position is zero, cannot fix reduce-only order qty")
}

pub(super) fn reduces_wrong_side() -> ApiError {
    error(110_017, "reduce-only order has same side with current position")
}

pub(super) fn reduces_to_nothing() -> ApiError {
    error(110_017, "orderQty will be truncated to zero.")
}

pub(super) fn long_client_id(chars: usize) -> ApiError {
    error(10001, &format!("order link id is longer than {chars}"))
}

/// An amend has to change something of the last accepted (price, qty).
pub(super) fn changes(requested: (Ticks, Lots), wanted: (Ticks, Lots)) -> Result<(), ApiError> {
    if wanted == requested {
        return Err(error(10001, "The order remains unchanged as the parameters entered match the existing ones."));
    }
    Ok(())
}

pub(super) fn more_than_filled(instrument: &Instrument, row: &OrderRow, qty: Lots) -> Result<(), ApiError> {
    if qty <= row.cum_qty {
        let linear = (110_064, "The number of contracts modified cannot be less than or equal to the filled quantity");
        let spot = (170_313, "The quantity modified cannot be less than or equal to the filled quantity.");
        return Err(by_category(instrument.id.category, linear, spot));
    }
    Ok(())
}
