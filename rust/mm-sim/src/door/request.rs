//! Order requests: JSON fields become typed words exactly, or a parameter error in the venue's words.

use alloc::format;
use alloc::string::{String, ToString};

use mm_core::ids::{Category, ClientId, MarketIx, OrderId};
use mm_core::units::{Lots, Side, Ticks};
use serde_json::{Map, Value};

use super::listing::Listing;
use super::query::invalid;
use crate::api::{AmendOrder, ApiError, OrderRef, PlaceOrder, SelfMatch, TimeInForce};
use crate::exchange::checks::{parse_price, parse_qty};

/// The fields of a request.
pub type Fields = Map<String, Value>;

/// What an order may name that this exchange does not have. Neutral values pass; any other is refused, never ignored.
const ABSENT_FEATURES: [&str; 13] = [
    "triggerPrice",
    "triggerDirection",
    "takeProfit",
    "stopLoss",
    "reduceOnly",
    "closeOnTrigger",
    "positionIdx",
    "slippageTolerance",
    "bboSideType",
    "bboLevel",
    "orderIv",
    "mmp",
    "rpiTakerAccess",
];

/// Parses a request body.
///
/// # Errors
/// 10001 if it is not a JSON object.
pub fn object(body: &[u8]) -> Result<Fields, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(invalid("params error: the request body is not a JSON object".to_string())),
    }
}

/// A field that the wire carries as a string or a number; `""` and null count as absent.
#[must_use]
pub fn text(fields: &Fields, name: &str) -> Option<String> {
    match fields.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// Refuses what is neither linear nor spot.
///
/// # Errors
/// 10001 `Illegal category`.
pub fn category(name: Option<&str>) -> Result<Category, ApiError> {
    name.and_then(|name| Category::parse(name.as_bytes())).ok_or_else(|| invalid("Illegal category".to_string()))
}

/// Refuses every category but linear: where spot has nothing to say.
///
/// # Errors
/// 10001 `Illegal category`.
pub fn linear(name: Option<&str>) -> Result<(), ApiError> {
    match category(name)? {
        Category::Linear => Ok(()),
        Category::Spot => Err(invalid("Illegal category".to_string())),
    }
}

/// The listing of a symbol in a category.
///
/// # Errors
/// 10001 if it is missing or not listed.
pub fn market<'a>(listings: &'a [Listing], category: Category, symbol: Option<&str>) -> Result<(MarketIx, &'a Listing), ApiError> {
    let symbol = symbol.ok_or_else(|| invalid("params error: symbol is missing".to_string()))?;
    let rows = listings.iter().zip(0_u16..).find(|(listing, _)| listing.category() == category && listing.symbol() == symbol);
    rows.map(|(listing, ix)| (MarketIx(ix), listing)).ok_or_else(|| invalid(format!("Not supported symbols: {symbol}")))
}

/// `order.create`.
///
/// # Errors
/// 10001 with the field at fault.
pub fn place(listings: &[Listing], category: Category, fields: &Fields) -> Result<PlaceOrder, ApiError> {
    let (market, listing) = market(listings, category, fields.get("symbol").and_then(Value::as_str))?;
    if !plain_spot(fields) {
        return Err(invalid("params error: margin and conditional spot orders are not offered by this local exchange".to_string()));
    }
    if let Some(feature) = ABSENT_FEATURES.iter().find(|name| !neutral(fields.get(**name))) {
        return Err(invalid(format!("params error: {feature} is not offered by this local exchange")));
    }
    let side = match fields.get("side").and_then(Value::as_str) {
        Some("Buy") => Side::Buy,
        Some("Sell") => Side::Sell,
        _ => return Err(invalid("Side invalid".to_string())),
    };
    match fields.get("orderType").and_then(Value::as_str) {
        Some("Limit") => {}
        Some("Market") => return Err(invalid("params error: orderType Market is not offered by this local exchange".to_string())),
        _ => return Err(invalid("OrderType invalid".to_string())),
    }
    let time_in_force = time_in_force(fields)?;
    let price = text(fields, "price").ok_or_else(|| invalid("params error: price is missing".to_string()))?;
    let qty = text(fields, "qty").ok_or_else(|| invalid("Qty invalid".to_string()))?;
    Ok(PlaceOrder {
        price: parse_price(&listing.instrument, price.as_bytes())?,
        qty: parse_qty(&listing.instrument, qty.as_bytes())?,
        time_in_force,
        self_match: self_match(fields)?,
        client_id: client_id(fields)?,
        ..PlaceOrder::limit(market, side, Ticks::ZERO, Lots::ZERO, time_in_force)
    })
}

fn time_in_force(fields: &Fields) -> Result<TimeInForce, ApiError> {
    match text(fields, "timeInForce").as_deref() {
        None | Some("GTC") => Ok(TimeInForce::Gtc),
        Some("PostOnly") => Ok(TimeInForce::PostOnly),
        Some("IOC") => Ok(TimeInForce::Ioc),
        Some("FOK") => Ok(TimeInForce::Fok),
        Some(other) => Err(invalid(format!("params error: timeInForce {other} is not offered by this local exchange"))),
    }
}

fn self_match(fields: &Fields) -> Result<SelfMatch, ApiError> {
    match text(fields, "smpType").as_deref() {
        None | Some("None") => Ok(SelfMatch::Allow),
        Some("CancelMaker") => Ok(SelfMatch::CancelMaker),
        Some("CancelTaker") => Ok(SelfMatch::CancelTaker),
        Some("CancelBoth") => Ok(SelfMatch::CancelBoth),
        Some(other) => Err(invalid(format!("params error: smpType {other} is none of None, CancelMaker, CancelTaker, CancelBoth"))),
    }
}

/// `order.amend`.
///
/// # Errors
/// 10001 with the field at fault.
pub fn amend(listings: &[Listing], category: Category, fields: &Fields) -> Result<AmendOrder, ApiError> {
    let (market, order) = named_order(listings, category, fields)?;
    let instrument = &listings[market.index()].instrument;
    let price = text(fields, "price").map(|price| parse_price(instrument, price.as_bytes())).transpose()?;
    let qty = text(fields, "qty").map(|qty| parse_qty(instrument, qty.as_bytes())).transpose()?;
    Ok(AmendOrder { market, order, price, qty })
}

/// The order that an amend or a cancel names; the venue's id wins.
///
/// # Errors
/// 10001 if it names none.
pub fn named_order(listings: &[Listing], category: Category, fields: &Fields) -> Result<(MarketIx, OrderRef), ApiError> {
    let (market, _) = market(listings, category, fields.get("symbol").and_then(Value::as_str))?;
    if let Some(id) = text(fields, "orderId") {
        // An id that cannot be one of ours is an order that does not exist, which the exchange says with its own code.
        return Ok((market, OrderRef::Venue(OrderId::new(id.as_bytes()).unwrap_or(OrderId::EMPTY))));
    }
    match client_id(fields)? {
        ClientId::EMPTY => Err(invalid("params error: orderId or orderLinkId is required".to_string())),
        id => Ok((market, OrderRef::Client(id))),
    }
}

fn client_id(fields: &Fields) -> Result<ClientId, ApiError> {
    let Some(id) = text(fields, "orderLinkId") else { return Ok(ClientId::EMPTY) };
    if id.len() > 45 {
        return Err(invalid("order link id is longer than 45".to_string()));
    }
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    ClientId::new(id.as_bytes()).filter(|_| plain).ok_or_else(|| invalid("params error: orderLinkId invalid".to_string()))
}

/// `isLeverage` borrows and any `orderFilter` but `Order` waits for a trigger: neither is offered.
fn plain_spot(fields: &Fields) -> bool {
    neutral(fields.get("isLeverage")) && text(fields, "orderFilter").is_none_or(|filter| filter == "Order")
}

fn neutral(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty() || text == "0",
        Some(Value::Number(number)) => number.as_i64() == Some(0),
        Some(_) => false,
    }
}
