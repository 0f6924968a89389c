//! Order requests: JSON fields become typed words exactly, or a parameter error in the venue's words.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString;

use mm_core::ids::{Category, ClientId, MarketIx, OrderId};
use mm_core::units::{Amount, Lots, Side, Ticks};

use super::listing::Listing;
use super::parsed::{Fields, Value};
use super::query::invalid;
use crate::api::{AmendOrder, ApiError, OrderRef, OrderType, PlaceOrder, SelfMatch, Slippage, TimeInForce};
use crate::exchange::checks::{parse_price, parse_qty};

/// What an order may name that this exchange does not have. Neutral values pass; any other is refused, never ignored.
const ABSENT_FEATURES: [&str; 9] =
    ["triggerPrice", "triggerDirection", "takeProfit", "stopLoss", "bboSideType", "bboLevel", "orderIv", "mmp", "rpiTakerAccess"];

/// Parses a request body.
///
/// # Errors
/// 10001 if it is not a JSON object.
pub fn object(body: &[u8]) -> Result<Fields<'_>, ApiError> {
    match Value::parse(body) {
        Some(Value::Object(fields)) => Ok(fields),
        _ => Err(invalid("params error: the request body is not a JSON object".to_string())),
    }
}

/// A field that the wire carries as a string or a number; `""` and null count as absent.
#[must_use]
pub fn text<'f>(fields: &'f Fields<'_>, name: &str) -> Option<Cow<'f, str>> {
    match fields.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(Cow::Borrowed(text)),
        Some(Value::Number(number)) => Some(Cow::Owned(number.to_string())),
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
pub fn place(listings: &[Listing], category: Category, fields: &Fields<'_>) -> Result<PlaceOrder, ApiError> {
    let (market, listing) = market(listings, category, fields.get("symbol").and_then(Value::as_str))?;
    if !plain_spot(fields) {
        return Err(invalid("params error: margin and conditional spot orders are not offered by this local exchange".to_string()));
    }
    if let Some(feature) = ABSENT_FEATURES.iter().find(|name| !neutral(fields.get(name))) {
        return Err(invalid(format!("params error: {feature} is not offered by this local exchange")));
    }
    let side = match fields.get("side").and_then(Value::as_str) {
        Some("Buy") => Side::Buy,
        Some("Sell") => Side::Sell,
        _ => return Err(invalid("Side invalid".to_string())),
    };
    let reduce_only = flag(fields, "reduceOnly")?;
    if reduce_only && category == Category::Spot {
        return Err(invalid("params error: reduceOnly is not offered on spot".to_string()));
    }
    let close = flag(fields, "closeOnTrigger")?;
    let order = PlaceOrder {
        reduce_only,
        self_match: self_match(fields)?,
        client_id: client_id(fields)?,
        ..PlaceOrder::limit(market, side, Ticks::ZERO, Lots::ZERO, time_in_force(fields)?)
    };
    let order = sized(listing, fields, order, reduce_only && close)?;
    match fields.get("orderType").and_then(Value::as_str) {
        Some("Limit") => {
            let price = text(fields, "price").ok_or_else(|| invalid("params error: price is missing".to_string()))?;
            Ok(PlaceOrder { price: parse_price(&listing.instrument, price.as_bytes())?, ..order })
        }
        Some("Market") => Ok(PlaceOrder { order_type: OrderType::Market, slippage: slippage(fields)?, ..order }),
        _ => Err(invalid("OrderType invalid".to_string())),
    }
}

/// Which position an order means: 0 in one-way mode; in hedge mode 1 (long) or 2 (short), which is refused, since nothing is traded in it.
///
/// # Errors
/// 10001 in either case, and for an index of the other mode.
pub fn one_position(fields: &Fields<'_>, hedged: bool) -> Result<(), ApiError> {
    match (hedged, text(fields, "positionIdx").as_deref().unwrap_or("0")) {
        (false, "0") => Ok(()),
        (true, "1" | "2") => Err(invalid("params error: orders in hedge mode are not offered by this local exchange".to_string())),
        _ => Err(invalid("position idx not match position mode".to_string())),
    }
}

/// The size: of the whole position where that is asked for (qty 0, reduce-only, closeOnTrigger), an amount to spend for a spot market buy
/// unless it says `baseCoin`, else a number of lots.
fn sized(listing: &Listing, fields: &Fields<'_>, order: PlaceOrder, closes: bool) -> Result<PlaceOrder, ApiError> {
    let qty = text(fields, "qty").ok_or_else(|| invalid("Qty invalid".to_string()))?;
    let spot_market = listing.category() == Category::Spot && fields.get("orderType").and_then(Value::as_str) == Some("Market");
    let in_quote = match text(fields, "marketUnit").as_deref() {
        _ if !spot_market => false,
        None => order.side == Side::Buy,
        Some("baseCoin") => false,
        Some("quoteCoin") if order.side == Side::Buy => true,
        Some(other) => {
            return Err(invalid(format!("params error: marketUnit {other} with side {} is not offered here", order.side.as_str())));
        }
    };
    if in_quote {
        let budget = Amount::parse(qty.as_bytes()).ok().filter(|budget| *budget > Amount::ZERO);
        return Ok(PlaceOrder { quote_qty: Some(budget.ok_or_else(|| invalid("Qty invalid".to_string()))?), ..order });
    }
    let qty = parse_qty(&listing.instrument, qty.as_bytes())?;
    Ok(PlaceOrder { qty, close_position: closes && qty == Lots::ZERO, ..order })
}

/// How far a market order may slip: `TickSize` in ticks (1 to 10000), `Percent` (0.01 to 10).
fn slippage(fields: &Fields<'_>) -> Result<Option<Slippage>, ApiError> {
    let Some(tolerance) = text(fields, "slippageTolerance").filter(|text| text != "0") else { return Ok(None) };
    let out_of_range = || invalid(format!("params error: slippageTolerance {tolerance} is out of range"));
    match text(fields, "slippageToleranceType").as_deref() {
        Some("TickSize") => {
            let ticks = tolerance.parse::<i64>().ok().filter(|ticks| (1..=10_000).contains(ticks));
            Ok(Some(Slippage::Ticks(ticks.ok_or_else(out_of_range)?)))
        }
        Some("Percent") => {
            let hundredth = Amount(Amount::ONE.0 / 100);
            let percent = Amount::parse(tolerance.as_bytes()).ok();
            let percent = percent.filter(|percent| *percent >= hundredth && *percent <= Amount(10 * Amount::ONE.0));
            Ok(Some(Slippage::Fraction(percent.ok_or_else(out_of_range)?.mul_round(hundredth))))
        }
        _ => Err(invalid("params error: slippageToleranceType is none of TickSize, Percent".to_string())),
    }
}

fn flag(fields: &Fields<'_>, name: &str) -> Result<bool, ApiError> {
    match fields.get(name) {
        Some(Value::Bool(true)) => Ok(true),
        value if neutral(value) => Ok(false),
        _ => Err(invalid(format!("params error: {name} should be a boolean"))),
    }
}

fn time_in_force(fields: &Fields<'_>) -> Result<TimeInForce, ApiError> {
    match text(fields, "timeInForce").as_deref() {
        None | Some("GTC") => Ok(TimeInForce::Gtc),
        Some("PostOnly") => Ok(TimeInForce::PostOnly),
        Some("IOC") => Ok(TimeInForce::Ioc),
        Some("FOK") => Ok(TimeInForce::Fok),
        Some(other) => Err(invalid(format!("params error: timeInForce {other} is not offered by this local exchange"))),
    }
}

fn self_match(fields: &Fields<'_>) -> Result<SelfMatch, ApiError> {
    let Some(name) = text(fields, "smpType") else { return Ok(SelfMatch::Allow) };
    let unknown = || invalid(format!("params error: smpType {name} is none of None, CancelMaker, CancelTaker, CancelBoth"));
    self_match_named(&name).ok_or_else(unknown)
}

/// The meaning of a `smpType`.
#[must_use]
pub fn self_match_named(name: &str) -> Option<SelfMatch> {
    match name {
        "None" => Some(SelfMatch::Allow),
        "CancelMaker" => Some(SelfMatch::CancelMaker),
        "CancelTaker" => Some(SelfMatch::CancelTaker),
        "CancelBoth" => Some(SelfMatch::CancelBoth),
        _ => None,
    }
}

/// `order.amend`.
///
/// # Errors
/// 10001 with the field at fault.
pub fn amend(listings: &[Listing], category: Category, fields: &Fields<'_>) -> Result<AmendOrder, ApiError> {
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
pub fn named_order(listings: &[Listing], category: Category, fields: &Fields<'_>) -> Result<(MarketIx, OrderRef), ApiError> {
    let (market, _) = market(listings, category, fields.get("symbol").and_then(Value::as_str))?;
    if let Some(id) = text(fields, "orderId") {
        // An id that cannot be one of ours is an order that does not exist, which the exchange says with its own code.
        return Ok((market, OrderRef::Venue(OrderId::new(id.as_bytes()).unwrap_or(OrderId::EMPTY))));
    }
    match client_id(fields)? {
        id if id.is_empty() => Err(invalid("params error: orderId or orderLinkId is required".to_string())),
        id => Ok((market, OrderRef::Client(id))),
    }
}

fn client_id(fields: &Fields<'_>) -> Result<ClientId, ApiError> {
    let Some(id) = text(fields, "orderLinkId") else { return Ok(ClientId::EMPTY) };
    if id.len() > 45 {
        return Err(invalid("order link id is longer than 45".to_string()));
    }
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    ClientId::new(id.as_bytes()).filter(|_| plain).ok_or_else(|| invalid("params error: orderLinkId invalid".to_string()))
}

/// `isLeverage` borrows and any `orderFilter` but `Order` waits for a trigger: neither is offered.
fn plain_spot(fields: &Fields<'_>) -> bool {
    neutral(fields.get("isLeverage")) && text(fields, "orderFilter").is_none_or(|filter| filter == "Order")
}

fn neutral(value: Option<&Value<'_>>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty() || text == "0",
        Some(Value::Number(number)) => number.as_i64() == Some(0),
        Some(_) => false,
    }
}
