//! The field tables of orders and executions, REST and push form.
//!
//! Numbers are trimmed ("60000", "0.01") on contracts and padded on spot, whose rows lack some keys and name the fee's coin. Keys for features that this exchange does not have carry the venue's
//! neutral value; a number that it does not model is the empty string, as the venue itself writes unknown numbers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{Category, Coin};
use mm_core::units::{Amount, Lots, Side, Ticks};

use super::json::{Object, object, put_object};
use super::listing::Listing;
use super::words;
use crate::api::{ExecutionRow, FillReason, OrderRow, OrderStatus, OrderType};

/// One item, written.
pub type Item = Vec<u8>;

fn ms(ns: i64) -> i64 {
    ns.div_euclid(1_000_000)
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

fn is_spot(listing: &Listing) -> bool {
    listing.category() == Category::Spot
}

/// A contract's market order shows the price at which its reach ends; spot's shows none.
fn order_price(item: &mut Object<'_>, key: &str, listing: &Listing, order_type: OrderType, ticks: Ticks) {
    if order_type == OrderType::Market && is_spot(listing) {
        item.text(key, "0");
    } else {
        item.padded(key, listing.instrument.price(ticks), listing.row.price);
    }
}

/// Base coin, or quote coin where the order says what it spends.
fn order_qty(item: &mut Object<'_>, key: &str, listing: &Listing, lots: Lots, quote_qty: Option<Amount>) {
    match quote_qty {
        Some(budget) => item.padded(key, budget, listing.row.value),
        None => item.padded(key, listing.instrument.qty(lots), listing.row.qty),
    }
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

/// Where an item is shown: the two forms of a row differ in a few keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Pushed,
    Listed,
}

/// An item of the `order` topics.
#[must_use]
pub fn order_push(listing: &Listing, row: &OrderRow) -> Item {
    object(1536, |item| order_fields(item, Form::Pushed, listing, row))
}

/// An item of `order/realtime` and `order/history`.
#[must_use]
pub fn order_listed(listing: &Listing, row: &OrderRow) -> Item {
    object(1536, |item| order_fields(item, Form::Listed, listing, row))
}

fn order_fields(item: &mut Object<'_>, form: Form, listing: &Listing, row: &OrderRow) {
    order_progress(item, form, listing, row);
    order_terms(item, listing, row);
    let untyped = form == Form::Pushed && is_spot(listing);
    item.plain(r#""takeProfit":"""#);
    item.text("timeInForce", words::time_in_force(row));
    item.plain(r#""tpLimitPrice":"0","tpTriggerBy":"""#);
    if !untyped {
        item.plain(r#""tpslMode":"UNKNOWN""#);
    }
    item.plain(r#""triggerBy":"","triggerDirection":0"#);
    item.text("triggerPrice", if untyped { "0.00" } else { "" });
    item.quoted_integer("updatedTime", ms(row.updated_ns));
}

/// From `avgPrice` to `ocoTriggerBy`.
fn order_progress(item: &mut Object<'_>, form: Form, listing: &Listing, row: &OrderRow) {
    let (spot, pushed, instrument, decimals) = (is_spot(listing), form == Form::Pushed, &listing.instrument, listing.row);
    let charged = charged(listing, row);
    match average_price(listing, row.cum_value, row.cum_qty) {
        Some(price) => item.padded("avgPrice", price, decimals.price),
        None => item.plain(r#""avgPrice":"""#),
    }
    if spot && !pushed {
        item.plain(r#""basePrice":"""#);
    }
    item.plain(r#""blockTradeId":"""#);
    item.text("cancelType", words::ending(row).0);
    if pushed {
        item.text("category", listing.category().as_str());
    }
    item.plain(r#""closeOnTrigger":false"#);
    if pushed && !spot {
        item.plain(r#""closedPnl":"""#);
    }
    if !(pushed && spot) {
        item.text("createType", words::creator(row));
    }
    item.quoted_integer("createdTime", ms(row.created_ns));
    item.amount("cumExecFee", charged.first().map_or(Amount::ZERO, |fee| fee.1));
    item.padded("cumExecQty", instrument.qty(row.cum_qty), decimals.qty);
    item.padded("cumExecValue", row.cum_value, decimals.value);
    put_object(item.key("cumFeeDetail"), |fees| fee_detail(fees, row, &charged));
    if pushed {
        item.text("feeCurrency", if spot { charged.first().map_or("", |fee| fee.0.as_str()) } else { "" });
    } else {
        item.plain(r#""extraFees":"""#);
    }
    item.plain(r#""isLeverage":"","lastPriceOnCreated":"""#);
    let open = leaves(row);
    item.padded("leavesQty", instrument.qty(open), decimals.qty);
    item.padded("leavesValue", leaves_value(listing, row, open), decimals.value);
    item.text("marketUnit", market_unit(listing, row));
    if !pushed {
        item.plain(r#""ocoTriggerBy":"""#);
    }
}

fn fee_detail(fees: &mut Object<'_>, row: &OrderRow, charged: &[(Coin, Amount)]) {
    let mut by_name: Vec<&(Coin, Amount)> = charged.iter().filter(|_| row.cum_qty.0 != 0).collect();
    by_name.sort_unstable_by_key(|fee| fee.0.as_str());
    by_name.into_iter().for_each(|(coin, fee)| fees.amount(coin.as_str(), *fee));
}

/// From `orderId` to `symbol`.
fn order_terms(item: &mut Object<'_>, listing: &Listing, row: &OrderRow) {
    item.text("orderId", row.order_id.as_str());
    item.plain(r#""orderIv":"""#);
    item.text("orderLinkId", row.client_id.as_str());
    item.text("orderStatus", order_status(listing, row));
    item.text("orderType", words::order_type(row.order_type));
    item.text("parentOrderLinkId", row.parent_id.as_str());
    item.plain(r#""placeType":"","positionIdx":0"#);
    order_price(item, "price", listing, row.order_type, row.price);
    order_qty(item, "qty", listing, row.qty, row.quote_qty);
    item.flag("reduceOnly", row.reduce_only);
    item.text("rejectReason", words::ending(row).1);
    item.plain(r#""rpiMatchedQty":"0","rpiTakerAccess":false"#);
    item.text("side", row.side.as_str());
    item.plain(r#""slLimitPrice":"0","slTriggerBy":"","slippageTolerance":"0","slippageToleranceType":"UNKNOWN""#);
    item.integer("smpGroup", row.smp_group.into());
    item.text("smpOrderId", row.counter_id.as_str());
    item.text("smpType", words::self_match(row));
    item.plain(r#""stopLoss":"","stopOrderType":"""#);
    item.text("symbol", listing.symbol());
}

/// orderStatus
#[must_use]
pub fn order_status(listing: &Listing, row: &OrderRow) -> &'static str {
    words::status(is_spot(listing), row)
}

/// An item of the `execution` topics.
#[must_use]
pub fn execution_push(listing: &Listing, row: &ExecutionRow, mark: Option<Amount>) -> Item {
    object(1024, |item| execution_fields(item, Form::Pushed, listing, row, mark))
}

/// An item of `execution/list`.
#[must_use]
pub fn execution_listed(listing: &Listing, row: &ExecutionRow) -> Item {
    object(1024, |item| execution_fields(item, Form::Listed, listing, row, None))
}

fn execution_fields(item: &mut Object<'_>, form: Form, listing: &Listing, row: &ExecutionRow, mark: Option<Amount>) {
    let (pushed, instrument, decimals) = (form == Form::Pushed, &listing.instrument, listing.row);
    let (kind, creator) = words::execution_kind(row);
    item.plain(r#""blockTradeId":"""#);
    if pushed {
        item.text("category", listing.category().as_str());
    }
    item.padded("closedSize", instrument.qty(row.closed_qty), decimals.qty);
    item.text("createType", creator);
    item.amount("execFee", row.fee);
    if !pushed {
        item.plain(r#""execFeeV2":"""#);
    }
    item.text("execId", row.exec_id.as_str());
    if pushed {
        item.amount("execPnl", row.pnl);
    }
    match row.mark {
        Some(mark) => item.amount("execPrice", mark),
        None => item.padded("execPrice", instrument.price(row.price), decimals.price),
    }
    item.padded("execQty", instrument.qty(row.qty), decimals.qty);
    item.quoted_integer("execTime", ms(row.exec_ns));
    item.text("execType", kind);
    item.padded("execValue", row.value, decimals.value);
    item.plain(r#""extraFees":"""#);
    item.text("feeCurrency", row.fee_coin.as_str());
    item.amount("feeRate", row.fee_rate);
    item.plain(if pushed { r#""indexPrice":"","isLeverage":"0""# } else { r#""indexPrice":"""# });
    item.flag("isMaker", row.is_maker);
    item.padded("leavesQty", instrument.qty(row.leaves_qty), decimals.qty);
    item.plain(r#""markIv":"""#);
    item.amount("markPrice", mark);
    if pushed {
        item.plain(r#""marketUnit":"""#);
    }
    item.text("orderId", row.order_id.as_str());
    item.text("orderLinkId", row.client_id.as_str());
    order_price(item, "orderPrice", listing, row.order_type, row.order_price);
    order_qty(item, "orderQty", listing, row.order_qty, row.order_quote_qty);
    item.text("orderType", if row.reason == FillReason::Funding { "UNKNOWN" } else { words::order_type(row.order_type) });
    item.unsigned("seq", row.seq);
    item.text("side", row.side.as_str());
    item.plain(r#""stopOrderType":"UNKNOWN""#);
    item.text("symbol", listing.symbol());
    item.plain(r#""tradeIv":"","underlyingPrice":"""#);
}

/// An item of the `execution.fast` topics: no fee, and never a maker's own id.
#[must_use]
pub fn execution_fast(listing: &Listing, row: &ExecutionRow) -> Item {
    let (instrument, decimals) = (&listing.instrument, listing.row);
    object(512, |item| {
        item.text("category", listing.category().as_str());
        item.text("execId", row.exec_id.as_str());
        item.padded("execPrice", instrument.price(row.price), decimals.price);
        item.padded("execQty", instrument.qty(row.qty), decimals.qty);
        item.quoted_integer("execTime", ms(row.exec_ns));
        item.flag("isMaker", row.is_maker);
        item.text("orderId", row.order_id.as_str());
        item.text("orderLinkId", if row.is_maker { "" } else { row.client_id.as_str() });
        item.unsigned("seq", row.seq);
        item.text("side", row.side.as_str());
        item.text("symbol", listing.symbol());
    })
}

/// The push id that an order and its execution of one match share; spot writes it in another form.
#[must_use]
pub fn push_id(uid: u32, listing: &Listing, seq: u64) -> String {
    match listing.category() {
        Category::Linear => format!("{uid}_{}_{seq}", listing.symbol()),
        Category::Spot => format!("{uid}-1-{seq}"),
    }
}
