//! The field tables of orders and executions, REST and push form.
//!
//! Numbers are trimmed ("60000", "0.01") on contracts and padded on spot, whose rows lack some keys and name the fee's coin. Keys for features that this exchange does not have carry the venue's
//! neutral value; a number that it does not model is the empty string, as the venue itself writes unknown numbers.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, Coin};
use mm_core::units::{Amount, Lots, Side, Ticks};
use serde_json::{Map, Value, json};

use super::listing::Listing;
use super::numbers::padded;
use super::words;
use crate::api::{ExecutionRow, FillReason, OrderRow, OrderStatus, OrderType};

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

fn price(listing: &Listing, ticks: Ticks) -> String {
    padded(listing.instrument.price(ticks), listing.row.price)
}

fn qty(listing: &Listing, lots: Lots) -> String {
    padded(listing.instrument.qty(lots), listing.row.qty)
}

fn value(listing: &Listing, value: Amount) -> String {
    padded(value, listing.row.value)
}

fn is_spot(listing: &Listing) -> bool {
    listing.category() == Category::Spot
}

/// A contract's market order shows the price at which its reach ends; spot's shows none.
fn order_price(listing: &Listing, order_type: OrderType, ticks: Ticks) -> String {
    if order_type == OrderType::Market && is_spot(listing) { "0".to_string() } else { price(listing, ticks) }
}

/// Base coin, or quote coin where the order says what it spends.
fn order_qty(listing: &Listing, lots: Lots, quote_qty: Option<Amount>) -> String {
    quote_qty.map_or_else(|| qty(listing, lots), |budget| value(listing, budget))
}

fn market_unit(listing: &Listing, row: &OrderRow) -> &'static str {
    match (row.order_type, row.quote_qty) {
        (OrderType::Market, Some(_)) => "quoteCoin",
        (OrderType::Market, None) if is_spot(listing) => "baseCoin",
        _ => "",
    }
}

/// What is open at the order's price; of an amount to spend, what is left of it, even when nothing more could be bought.
fn leaves_value(listing: &Listing, row: &OrderRow, open: Lots) -> Amount {
    row.quote_qty.map_or_else(|| listing.instrument.notional(row.price, open), |budget| budget - row.cum_value)
}

/// Open size: nothing is open once the order has ended.
#[must_use]
pub fn leaves(row: &OrderRow) -> Lots {
    match row.status {
        _ if row.quote_qty.is_some() => Lots::ZERO,
        OrderStatus::New | OrderStatus::PartiallyFilled => row.qty - row.cum_qty,
        OrderStatus::Filled | OrderStatus::Cancelled | OrderStatus::Rejected => Lots::ZERO,
    }
}

/// (coin, Σ fee) of every coin that fees were charged in, the one that names the row first: a spot buy pays in base, unless all it had was
/// a maker's rebate, which comes in quote; a sell the other way round.
fn charged(listing: &Listing, row: &OrderRow) -> Vec<(Coin, Amount)> {
    let instrument = &listing.instrument;
    let mut fees = Vec::from([(instrument.settle, row.cum_fee)]);
    if is_spot(listing) {
        fees.push((instrument.base, row.cum_base_fee));
        if row.side == Side::Buy {
            fees.reverse();
        }
        fees.retain(|fee| fee.1 != Amount::ZERO);
    }
    fees
}

fn order_fields(listing: &Listing, row: &OrderRow) -> Item {
    let open = leaves(row);
    let (cancel_type, reject_reason) = words::ending(row);
    let average = average_price(listing, row.cum_value, row.cum_qty).map_or(String::new(), |price| padded(price, listing.row.price));
    let charged = charged(listing, row);
    let fees: Item = charged.iter().filter(|_| row.cum_qty.0 != 0).map(|(coin, fee)| (coin.to_string(), json!(fee.to_string()))).collect();
    let fee = charged.first().map_or(Amount::ZERO, |fee| fee.1);
    let mut item = neutral_order_fields();
    let own = json!({
        "symbol": listing.symbol(), "orderId": row.order_id.as_str(), "orderLinkId": row.client_id.as_str(),
        "side": row.side.as_str(), "orderStatus": words::status(is_spot(listing), row), "cancelType": cancel_type, "rejectReason": reject_reason,
        "timeInForce": words::time_in_force(row), "price": order_price(listing, row.order_type, row.price),
        "qty": order_qty(listing, row.qty, row.quote_qty), "orderType": words::order_type(row.order_type), "reduceOnly": row.reduce_only,
        "marketUnit": market_unit(listing, row), "parentOrderLinkId": row.parent_id.as_str(), "createType": words::creator(row),
        "avgPrice": average, "leavesQty": qty(listing, open),
        "leavesValue": value(listing, leaves_value(listing, row, open)), "cumExecQty": qty(listing, row.cum_qty),
        "cumExecValue": value(listing, row.cum_value), "cumExecFee": fee.to_string(), "cumFeeDetail": fees,
        "smpGroup": row.smp_group, "smpType": words::self_match(row), "smpOrderId": row.counter_id.as_str(),
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
            "blockTradeId": "", "positionIdx": 0, "isLeverage": "", "stopOrderType": "", "orderIv": "",
            "triggerPrice": "", "takeProfit": "", "stopLoss": "", "triggerBy": "", "tpTriggerBy": "", "slTriggerBy": "",
            "triggerDirection": 0, "placeType": "", "lastPriceOnCreated": "", "closeOnTrigger": false,
            "slLimitPrice": "0", "tpLimitPrice": "0", "tpslMode": "UNKNOWN",
            "slippageTolerance": "0",
            "slippageToleranceType": "UNKNOWN", "rpiTakerAccess": false, "rpiMatchedQty": "0",
        }),
    );
    item
}

/// An item of the `order` topics.
#[must_use]
pub fn order_push(listing: &Listing, row: &OrderRow) -> Item {
    let mut item = order_fields(listing, row);
    extend(&mut item, json!({"category": listing.category().as_str()}));
    if is_spot(listing) {
        let coin = charged(listing, row).first().map_or(String::new(), |fee| fee.0.to_string());
        extend(&mut item, json!({"feeCurrency": coin, "triggerPrice": "0.00"}));
        item.retain(|key, _| !["createType", "tpslMode"].contains(&key.as_str()));
    } else {
        extend(&mut item, json!({"feeCurrency": "", "closedPnl": ""}));
    }
    item
}

/// An item of `order/realtime` and `order/history`.
#[must_use]
pub fn order_listed(listing: &Listing, row: &OrderRow) -> Item {
    let mut item = order_fields(listing, row);
    extend(&mut item, json!({"ocoTriggerBy": "", "extraFees": ""}));
    if is_spot(listing) {
        extend(&mut item, json!({"basePrice": ""}));
    }
    item
}

fn execution_fields(listing: &Listing, row: &ExecutionRow, mark: Option<Amount>) -> Item {
    let mut item = Item::new();
    let (kind, creator) = words::execution_kind(row);
    let order_type = if row.reason == FillReason::Funding { "UNKNOWN" } else { words::order_type(row.order_type) };
    extend(
        &mut item,
        json!({
            "symbol": listing.symbol(), "orderId": row.order_id.as_str(), "orderLinkId": row.client_id.as_str(),
            "side": row.side.as_str(), "orderPrice": order_price(listing, row.order_type, row.order_price),
            "orderQty": order_qty(listing, row.order_qty, row.order_quote_qty), "orderType": order_type, "leavesQty": qty(listing, row.leaves_qty),
            "execId": row.exec_id.as_str(), "execPrice": row.mark.map_or_else(|| price(listing, row.price), |mark| mark.to_string()),
            "execQty": qty(listing, row.qty), "execValue": value(listing, row.value), "execFee": row.fee.to_string(),
            "feeRate": row.fee_rate.to_string(), "feeCurrency": row.fee_coin.as_str(), "isMaker": row.is_maker,
            "closedSize": qty(listing, row.closed_qty), "execTime": ms(row.exec_ns), "seq": row.seq,
            "markPrice": mark.map_or(String::new(), |price| price.to_string()),
            "execType": kind, "stopOrderType": "UNKNOWN", "createType": creator, "indexPrice": "",
            "tradeIv": "", "markIv": "", "underlyingPrice": "", "blockTradeId": "", "extraFees": "",
        }),
    );
    item
}

/// An item of the `execution` topics.
#[must_use]
pub fn execution_push(listing: &Listing, row: &ExecutionRow, mark: Option<Amount>) -> Item {
    let mut item = execution_fields(listing, row, mark);
    extend(
        &mut item,
        json!({"category": listing.category().as_str(), "isLeverage": "0", "marketUnit": "", "execPnl": row.pnl.to_string()}),
    );
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
            "category": listing.category().as_str(), "symbol": listing.symbol(), "execId": row.exec_id.as_str(),
            "execPrice": price(listing, row.price), "execQty": qty(listing, row.qty),
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

/// The push id that an order and its execution of one match share; spot writes it in another form.
#[must_use]
pub fn push_id(uid: u32, listing: &Listing, seq: u64) -> String {
    match listing.category() {
        Category::Linear => format!("{uid}_{}_{seq}", listing.symbol()),
        Category::Spot => format!("{uid}-1-{seq}"),
    }
}
