//! The field tables of orders and executions, REST and push form.
//!
//! Numbers are trimmed ("60000", "0.01") as on linear contracts. Keys for features that this exchange does not have carry the venue's
//! neutral value; a number that it does not model is the empty string, as the venue itself writes unknown numbers.

use alloc::format;
use alloc::string::{String, ToString};

use mm_core::units::{Amount, Lots};
use serde_json::{Map, Value, json};

use super::listing::Listing;
use crate::api::{EndReason, ExecutionRow, OrderRow, OrderStatus, TimeInForce};

/// The fields of one item.
pub type Item = Map<String, Value>;

/// Milliseconds as the wire's string.
#[must_use]
pub fn ms(ns: i64) -> String {
    ns.div_euclid(1_000_000).to_string()
}

/// value / size as a price, rounded half-even to 8 decimals; `None` for no size.
#[must_use]
pub fn average_price(listing: &Listing, value: Amount, size: Lots) -> Option<Amount> {
    if size.0 == 0 {
        return None;
    }
    let per_lot = mm_core::units::div_half_even(value.0.abs(), i128::from(size.0.abs()));
    let (mut step, mut one) = (listing.instrument.qty_step.0, Amount::ONE.0);
    while step % 10 == 0 && one > 1 {
        step /= 10;
        one /= 10;
    }
    Some(Amount(mm_core::units::div_half_even(per_lot * one, step)).round_half_even(8))
}

fn status(row: &OrderRow) -> &'static str {
    match row.status {
        OrderStatus::New => "New",
        OrderStatus::PartiallyFilled => "PartiallyFilled",
        OrderStatus::Filled => "Filled",
        OrderStatus::Cancelled => "Cancelled",
    }
}

fn time_in_force(row: &OrderRow) -> &'static str {
    match row.time_in_force {
        TimeInForce::Gtc => "GTC",
        TimeInForce::PostOnly => "PostOnly",
    }
}

/// (cancelType, rejectReason)
fn ending(row: &OrderRow) -> (&'static str, &'static str) {
    match row.end_reason {
        EndReason::None => ("UNKNOWN", "EC_NoError"),
        EndReason::User => ("CancelByUser", "EC_PerCancelRequest"),
        EndReason::PostOnlyWouldTake => ("UNKNOWN", "EC_PostOnlyWillTakeLiquidity"),
    }
}

/// Open size: nothing is open once the order has ended.
#[must_use]
pub fn leaves(row: &OrderRow) -> Lots {
    match row.status {
        OrderStatus::New | OrderStatus::PartiallyFilled => row.qty - row.cum_qty,
        OrderStatus::Filled | OrderStatus::Cancelled => Lots::ZERO,
    }
}

fn order_fields(listing: &Listing, row: &OrderRow) -> Item {
    let (instrument, open) = (&listing.instrument, leaves(row));
    let (cancel_type, reject_reason) = ending(row);
    let average = average_price(listing, row.cum_value, row.cum_qty).map_or(String::new(), |price| price.to_string());
    let fees = if row.cum_qty.0 == 0 { json!({}) } else { json!({instrument.settle.as_str(): row.cum_fee.to_string()}) };
    let mut item = neutral_order_fields();
    let own = json!({
        "symbol": listing.symbol(), "orderId": row.order_id.as_str(), "orderLinkId": row.client_id.as_str(),
        "side": row.side.as_str(), "orderStatus": status(row), "cancelType": cancel_type, "rejectReason": reject_reason,
        "timeInForce": time_in_force(row), "price": instrument.price(row.price).to_string(), "qty": instrument.qty(row.qty).to_string(),
        "avgPrice": average, "leavesQty": instrument.qty(open).to_string(),
        "leavesValue": instrument.notional(row.price, open).to_string(), "cumExecQty": instrument.qty(row.cum_qty).to_string(),
        "cumExecValue": row.cum_value.to_string(), "cumExecFee": row.cum_fee.to_string(), "cumFeeDetail": fees,
        "createdTime": ms(row.created_ns), "updatedTime": ms(row.updated_ns),
    });
    extend(&mut item, own);
    item
}

fn neutral_order_fields() -> Item {
    let mut item = Item::new();
    extend(
        &mut item,
        json!({
            "blockTradeId": "", "positionIdx": 0, "isLeverage": "", "orderType": "Limit", "stopOrderType": "", "orderIv": "",
            "triggerPrice": "", "takeProfit": "", "stopLoss": "", "triggerBy": "", "tpTriggerBy": "", "slTriggerBy": "",
            "triggerDirection": 0, "placeType": "", "lastPriceOnCreated": "", "closeOnTrigger": false, "reduceOnly": false,
            "smpGroup": 0, "smpType": "None", "smpOrderId": "", "slLimitPrice": "0", "tpLimitPrice": "0", "tpslMode": "UNKNOWN",
            "createType": "CreateByUser", "marketUnit": "", "parentOrderLinkId": "", "slippageTolerance": "0",
            "slippageToleranceType": "UNKNOWN", "rpiTakerAccess": false, "rpiMatchedQty": "0",
        }),
    );
    item
}

/// An item of the `order` topics.
#[must_use]
pub fn order_push(listing: &Listing, row: &OrderRow) -> Item {
    let mut item = order_fields(listing, row);
    extend(&mut item, json!({"category": "linear", "feeCurrency": "", "closedPnl": ""}));
    item
}

/// An item of `order/realtime` and `order/history`.
#[must_use]
pub fn order_listed(listing: &Listing, row: &OrderRow) -> Item {
    let mut item = order_fields(listing, row);
    extend(&mut item, json!({"ocoTriggerBy": "", "extraFees": ""}));
    item
}

fn execution_fields(listing: &Listing, row: &ExecutionRow, mark: Option<Amount>) -> Item {
    let instrument = &listing.instrument;
    let mut item = Item::new();
    extend(
        &mut item,
        json!({
            "symbol": listing.symbol(), "orderId": row.order_id.as_str(), "orderLinkId": row.client_id.as_str(),
            "side": row.side.as_str(), "orderPrice": instrument.price(row.order_price).to_string(),
            "orderQty": instrument.qty(row.order_qty).to_string(), "leavesQty": instrument.qty(row.leaves_qty).to_string(),
            "execId": row.exec_id.as_str(), "execPrice": instrument.price(row.price).to_string(),
            "execQty": instrument.qty(row.qty).to_string(), "execValue": row.value.to_string(), "execFee": row.fee.to_string(),
            "feeRate": row.fee_rate.to_string(), "feeCurrency": row.fee_coin.as_str(), "isMaker": row.is_maker,
            "closedSize": instrument.qty(row.closed_qty).to_string(), "execTime": ms(row.exec_ns), "seq": row.seq,
            "markPrice": mark.map_or(String::new(), |price| price.to_string()),
            "execType": "Trade", "orderType": "Limit", "stopOrderType": "UNKNOWN", "createType": "CreateByUser", "indexPrice": "",
            "tradeIv": "", "markIv": "", "underlyingPrice": "", "blockTradeId": "", "extraFees": "",
        }),
    );
    item
}

/// An item of the `execution` topics.
#[must_use]
pub fn execution_push(listing: &Listing, row: &ExecutionRow, mark: Option<Amount>) -> Item {
    let mut item = execution_fields(listing, row, mark);
    let pnl = if row.closed_qty.0 == 0 { "0" } else { "" };
    extend(&mut item, json!({"category": "linear", "isLeverage": "0", "marketUnit": "", "execPnl": pnl}));
    item
}

/// An item of `execution/list`.
#[must_use]
pub fn execution_listed(listing: &Listing, row: &ExecutionRow) -> Item {
    let mut item = execution_fields(listing, row, None);
    extend(&mut item, json!({"execFeeV2": ""}));
    item
}

/// An item of the `execution.fast` topics: no fee, and never a maker's own id.
#[must_use]
pub fn execution_fast(listing: &Listing, row: &ExecutionRow) -> Item {
    let client_id = if row.is_maker { "" } else { row.client_id.as_str() };
    let mut item = Item::new();
    extend(
        &mut item,
        json!({
            "category": "linear", "symbol": listing.symbol(), "execId": row.exec_id.as_str(),
            "execPrice": listing.instrument.price(row.price).to_string(), "execQty": listing.instrument.qty(row.qty).to_string(),
            "orderId": row.order_id.as_str(), "isMaker": row.is_maker, "orderLinkId": client_id, "side": row.side.as_str(),
            "execTime": ms(row.exec_ns), "seq": row.seq,
        }),
    );
    item
}

/// Adds the entries of the object `fields` to `item`.
pub fn extend(item: &mut Item, fields: Value) {
    if let Value::Object(fields) = fields {
        item.extend(fields);
    }
}

/// The push id that an order and its execution of one match share.
#[must_use]
pub fn push_id(uid: u32, symbol: &str, seq: u64) -> String {
    format!("{uid}_{symbol}_{seq}")
}
