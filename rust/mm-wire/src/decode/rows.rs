//! Rows that come alike from the private stream and from queries: orders, executions, positions, coins.

use mm_core::ids::{Category, Coin, MarketIx, OrderId};
use mm_core::input::{CoinBalance, ExecKind, Execution, FastExecution, OrderUpdate, PositionUpdate, VenueStatus};
use mm_core::instrument::{Instrument, Instruments};
use mm_core::units::{Amount, Lots, Ticks};

use super::Counts;
use super::fields::{Fields, Result, for_each};
use crate::json::Reader;
use crate::refusal::{DecodeError, Why};

/// What a row is read against.
#[derive(Clone, Copy)]
pub(super) struct Context<'i> {
    pub(super) instruments: &'i Instruments,
    /// For rows that do not name their category themselves.
    pub(super) category: Option<Category>,
    /// For rows whose own time is empty.
    pub(super) time_ms: i64,
}

const ORDER: [&str; 12] = [
    "category",
    "symbol",
    "orderId",
    "orderLinkId",
    "side",
    "price",
    "qty",
    "cumExecQty",
    "leavesQty",
    "orderStatus",
    "rejectReason",
    "updatedTime",
];

/// One order; `None` if its instrument is outside the table. An order without a price (a market order) has price 0.
pub(super) fn order(reader: &mut Reader<'_>, context: Context<'_>, counts: &mut Counts) -> Result<Option<OrderUpdate>> {
    let fields = Fields::read(reader, &ORDER, counts)?;
    let Some((market, spec)) = locate(&fields, context)? else { return Ok(None) };
    let qty = fields.required_lots("qty", spec)?;
    let cum_qty = fields.lots("cumExecQty", spec)?.unwrap_or(Lots::ZERO);
    let status = status(fields.text("orderStatus")?, cum_qty)?;
    let open = matches!(status, VenueStatus::New | VenueStatus::PartiallyFilled);
    let unfilled = if open { qty - cum_qty } else { Lots::ZERO };
    let leaves_qty = fields.lots("leavesQty", spec)?.unwrap_or(unfilled);
    if leaves_qty < Lots::ZERO {
        return Err(DecodeError { field: "cumExecQty", why: Why::Contradiction });
    }
    Ok(Some(OrderUpdate {
        market,
        order_id: fields.required_id("orderId")?,
        client_id: fields.id("orderLinkId")?,
        side: fields.required_side("side")?,
        price: if fields.has("price") { fields.ticks("price", spec)? } else { Ticks::ZERO },
        qty,
        cum_qty,
        leaves_qty,
        status,
        post_only_crossed: fields.text_or_empty("rejectReason")? == b"EC_PostOnlyWillTakeLiquidity",
        updated_ms: fields.millis("updatedTime")?.unwrap_or(context.time_ms),
    }))
}

/// Conditional orders rest outside the book until triggered: to us they are working.
fn status(text: &[u8], cum_qty: Lots) -> Result<VenueStatus> {
    Ok(match text {
        b"New" | b"Created" | b"Untriggered" | b"Triggered" => VenueStatus::New,
        b"PartiallyFilled" => VenueStatus::PartiallyFilled,
        b"Filled" => VenueStatus::Filled,
        b"Cancelled" | b"PartiallyFilledCanceled" | b"Deactivated" => VenueStatus::Cancelled,
        // The venue may reject the rest of an order that has fills.
        b"Rejected" if cum_qty > Lots::ZERO => VenueStatus::Cancelled,
        b"Rejected" => VenueStatus::Rejected,
        _ => return Err(DecodeError { field: "orderStatus", why: Why::UnknownValue }),
    })
}

const EXECUTION: [&str; 14] = [
    "category",
    "symbol",
    "orderId",
    "orderLinkId",
    "side",
    "execPrice",
    "execQty",
    "leavesQty",
    "execFee",
    "feeCurrency",
    "execId",
    "execType",
    "execTime",
    "isMaker",
];

/// One execution; `None` if its instrument is outside the table. A funding row is no trade: its price (the mark) is left 0.
/// A trade of the day may have been made before the venue changed the tick: what is finer than ours is kept beside.
pub(super) fn execution(reader: &mut Reader<'_>, context: Context<'_>, counts: &mut Counts) -> Result<Option<Execution>> {
    let fields = Fields::read(reader, &EXECUTION, counts)?;
    let Some((market, spec)) = locate(&fields, context)? else { return Ok(None) };
    let kind = exec_kind(fields.text("execType")?)?;
    let is_trade = kind == ExecKind::Trade;
    let (price, price_rest) =
        if kind == ExecKind::Funding { (Ticks::ZERO, Amount::ZERO) } else { fields.ticks_and_rest("execPrice", spec)? };
    Ok(Some(Execution {
        market,
        exec_id: fields.required_id("execId")?,
        order_id: execution_order_id(&fields, kind)?,
        client_id: fields.id("orderLinkId")?,
        side: fields.required_side("side")?,
        price,
        price_rest,
        qty: fields.required_lots("execQty", spec)?,
        leaves_qty: required_if(is_trade, fields.lots("leavesQty", spec)?, "leavesQty")?.unwrap_or(Lots::ZERO),
        fee: fields.required_amount("execFee")?,
        fee_coin: fee_coin(&fields, spec)?,
        is_maker: required_if(is_trade, fields.boolean("isMaker")?, "isMaker")?.unwrap_or(false),
        kind,
        exec_ms: fields.required_millis("execTime")?,
    }))
}

const FAST_EXECUTION: [&str; 11] =
    ["category", "symbol", "orderId", "orderLinkId", "side", "execPrice", "execQty", "execId", "execTime", "isMaker", "seq"];

/// One row of `execution.fast`; `None` if its instrument is outside the table.
pub(super) fn fast_execution(reader: &mut Reader<'_>, context: Context<'_>, counts: &mut Counts) -> Result<Option<FastExecution>> {
    let fields = Fields::read(reader, &FAST_EXECUTION, counts)?;
    let Some((market, spec)) = locate(&fields, context)? else { return Ok(None) };
    let seq = fields.required_integer("seq")?;
    Ok(Some(FastExecution {
        market,
        exec_id: fields.required_id("execId")?,
        order_id: fields.required_id("orderId")?,
        client_id: fields.id("orderLinkId")?,
        side: fields.required_side("side")?,
        price: fields.ticks("execPrice", spec)?,
        qty: fields.required_lots("execQty", spec)?,
        is_maker: fields.boolean("isMaker")?,
        exec_ms: fields.required_millis("execTime")?,
        seq: u64::try_from(seq).map_err(|_| DecodeError { field: "seq", why: Why::Negative })?,
    }))
}

fn required_if<T>(required: bool, value: Option<T>, field: &'static str) -> Result<Option<T>> {
    if required && value.is_none() { Err(DecodeError { field, why: Why::Missing }) } else { Ok(value) }
}

/// The order id of a funding row is made up by the venue and may be longer than any order's: it is left out then.
fn execution_order_id<const N: usize>(fields: &Fields<'_, N>, kind: ExecKind) -> Result<OrderId> {
    match fields.id("orderId") {
        Err(_) if kind == ExecKind::Funding => Ok(OrderId::EMPTY),
        id => id,
    }
}

fn exec_kind(text: &[u8]) -> Result<ExecKind> {
    Ok(match text {
        b"Trade" => ExecKind::Trade,
        b"Funding" => ExecKind::Funding,
        b"BustTrade" => ExecKind::Liquidation,
        b"AdlTrade" => ExecKind::Adl,
        b"Delivery" | b"Settle" | b"BlockTrade" | b"MovePosition" | b"FutureSpread" | b"CorporateAction" => ExecKind::Other,
        _ => return Err(DecodeError { field: "execType", why: Why::UnknownValue }),
    })
}

/// The venue's own word; linear rows may leave it empty, where it is always the settle coin.
fn fee_coin<const N: usize>(fields: &Fields<'_, N>, spec: &Instrument) -> Result<Coin> {
    let coin: Coin = fields.id("feeCurrency")?;
    match (coin.is_empty(), spec.id.category) {
        (false, _) => Ok(coin),
        (true, Category::Linear) => Ok(spec.settle),
        (true, Category::Spot) => Err(DecodeError { field: "feeCurrency", why: Why::Missing }),
    }
}

const POSITION: [&str; 8] = ["category", "symbol", "side", "size", "positionIdx", "seq", "entryPrice", "avgPrice"];

/// One position row of one-way mode; `None` if its instrument is outside the table.
pub(super) fn position(reader: &mut Reader<'_>, context: Context<'_>, counts: &mut Counts) -> Result<Option<PositionUpdate>> {
    let fields = Fields::read(reader, &POSITION, counts)?;
    let Some((market, spec)) = locate(&fields, context)? else { return Ok(None) };
    if fields.integer("positionIdx")?.unwrap_or(0) != 0 {
        return Err(DecodeError { field: "positionIdx", why: Why::UnknownValue });
    }
    let size = fields.required_lots("size", spec)?;
    let size = match fields.side("side")? {
        Some(side) => Lots(size.0 * side.sign()),
        None if size == Lots::ZERO => size,
        None => return Err(DecodeError { field: "side", why: Why::Contradiction }),
    };
    // Pushed under the one name, listed under the other.
    let entry = match fields.amount("entryPrice")? {
        None => fields.amount("avgPrice")?,
        pushed => pushed,
    };
    let entry = match entry {
        _ if size == Lots::ZERO => Amount::ZERO,
        Some(price) if price > Amount::ZERO => price,
        Some(_) => return Err(DecodeError { field: "avgPrice", why: Why::Contradiction }),
        None => return Err(DecodeError { field: "avgPrice", why: Why::Missing }),
    };
    Ok(Some(PositionUpdate { market, size, entry, seq: fields.integer("seq")?.unwrap_or(-1) }))
}

const ACCOUNT: [&str; 2] = ["accountType", "coin"];
const COIN: [&str; 3] = ["coin", "walletBalance", "equity"];

/// The coins of one account row; accounts other than the unified one are not ours to trade from and are passed over.
pub(super) fn account(reader: &mut Reader<'_>, told_ms: i64, counts: &mut Counts, mut each: impl FnMut(CoinBalance)) -> Result<()> {
    let fields = Fields::read(reader, &ACCOUNT, counts)?;
    if !matches!(fields.text_or_empty("accountType")?, b"" | b"UNIFIED") {
        counts.unknown_rows += 1;
        return Ok(());
    }
    for_each(fields.required_nested("coin")?, "coin", |reader| {
        let fields = Fields::read(reader, &COIN, counts)?;
        each(CoinBalance {
            coin: fields.required_id("coin")?,
            wallet: fields.required_amount("walletBalance")?,
            equity: fields.required_amount("equity")?,
            told_ms,
        });
        Ok(())
    })
}

/// The instrument of a row, `None` if it is not one of ours.
fn locate<'i, const N: usize>(fields: &Fields<'_, N>, context: Context<'i>) -> Result<Option<(MarketIx, &'i Instrument)>> {
    let category = match fields.text_or_empty("category")? {
        b"" => context.category.ok_or(DecodeError { field: "category", why: Why::Missing })?,
        b"inverse" | b"option" | b"spread" => return Ok(None),
        text => Category::parse(text).ok_or(DecodeError { field: "category", why: Why::UnknownValue })?,
    };
    let Some(market) = context.instruments.find(category, fields.text("symbol")?) else { return Ok(None) };
    let spec = context.instruments.get(market).ok_or(DecodeError { field: "symbol", why: Why::NoSpec })?;
    Ok(Some((market, spec)))
}
