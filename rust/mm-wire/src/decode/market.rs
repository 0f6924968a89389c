//! Answers of the market endpoints, and the candles of the stream: names and exact decimals, no instrument table.

use alloc::vec::Vec;

use mm_core::input::Candle;
use mm_core::units::Amount;

use super::Counts;
use super::fields::{Fields, MAX_MS, Result, for_each, refuse};
use crate::answer::{BookSnapshot, CandleRow, FundingRate, PublicTrade, Ticker};
use crate::json::{Reader, Value};
use crate::refusal::{DecodeError, Why};

const TIME: [&str; 1] = ["timeNano"];

pub(super) fn server_time(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<i64> {
    Fields::read(reader, &TIME, counts)?.required_integer("timeNano")
}

const BOOK: [&str; 7] = ["s", "b", "a", "u", "seq", "ts", "cts"];

/// A book whose best bid is not below its best ask is refused.
pub(super) fn book(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<BookSnapshot> {
    let fields = Fields::read(reader, &BOOK, counts)?;
    let whole = |name| u64::try_from(fields.required_integer(name)?).map_err(|_| DecodeError { field: name, why: Why::Negative });
    let ts_ms = fields.required_millis("ts")?;
    let (bids, asks) = (levels(fields.required_nested("b")?, "b")?, levels(fields.required_nested("a")?, "a")?);
    if let (Some(bid), Some(ask)) = (bids.first(), asks.first())
        && bid.0 >= ask.0
    {
        return Err(DecodeError { field: "b", why: Why::Contradiction });
    }
    Ok(BookSnapshot {
        symbol: fields.required_id("s")?,
        bids,
        asks,
        update_id: whole("u")?,
        seq: whole("seq")?,
        ts_ms,
        engine_ms: fields.millis("cts")?.unwrap_or(ts_ms),
    })
}

fn levels(list: Reader<'_>, field: &'static str) -> Result<Vec<(Amount, Amount)>> {
    let mut out = Vec::new();
    for_each(list, field, |reader| {
        let row = decimals::<2>(reader, field)?;
        let [Some(price), Some(qty)] = row else { return Err(DecodeError { field, why: Why::Missing }) };
        out.push((price, qty));
        Ok(())
    })?;
    Ok(out)
}

/// At most `N` decimals of an array, the first ones first.
fn decimals<const N: usize>(reader: &mut Reader<'_>, field: &'static str) -> Result<[Option<Amount>; N]> {
    let (mut out, mut count, mut first) = ([None; N], 0, true);
    reader.open(b'[').map_err(refuse(field))?;
    while reader.element(&mut first)? {
        let text = match reader.value()? {
            Value::Str(text) => text.raw(),
            Value::Number(text) => text,
            _ => return Err(DecodeError { field, why: Why::WrongType }),
        };
        let place = out.get_mut(count).ok_or(DecodeError { field, why: Why::WrongType })?;
        *place = Some(Amount::parse(text).map_err(|error| DecodeError { field, why: Why::Unit(error) })?);
        count += 1;
    }
    Ok(out)
}

const TICKER: [&str; 13] = [
    "symbol",
    "bid1Price",
    "bid1Size",
    "ask1Price",
    "ask1Size",
    "lastPrice",
    "markPrice",
    "indexPrice",
    "fundingRate",
    "nextFundingTime",
    "turnover24h",
    "volume24h",
    "openInterest",
];

pub(super) fn ticker(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<Ticker> {
    let fields = Fields::read(reader, &TICKER, counts)?;
    Ok(Ticker {
        symbol: fields.required_id("symbol")?,
        bid_price: fields.amount("bid1Price")?,
        bid_qty: fields.amount("bid1Size")?,
        ask_price: fields.amount("ask1Price")?,
        ask_qty: fields.amount("ask1Size")?,
        last_price: fields.amount("lastPrice")?,
        mark_price: fields.amount("markPrice")?,
        index_price: fields.amount("indexPrice")?,
        funding_rate: fields.amount("fundingRate")?,
        next_funding_ms: fields.millis("nextFundingTime")?,
        turnover_24h: fields.amount("turnover24h")?,
        volume_24h: fields.amount("volume24h")?,
        open_interest: fields.amount("openInterest")?,
    })
}

const TRADE: [&str; 8] = ["symbol", "execId", "price", "size", "side", "time", "isBlockTrade", "isRPITrade"];

pub(super) fn trade(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<PublicTrade> {
    let fields = Fields::read(reader, &TRADE, counts)?;
    Ok(PublicTrade {
        symbol: fields.required_id("symbol")?,
        exec_id: fields.required_id("execId")?,
        price: fields.required_amount("price")?,
        qty: fields.required_amount("size")?,
        side: fields.required_side("side")?,
        engine_ms: fields.required_millis("time")?,
        off_book: fields.boolean("isBlockTrade")?.unwrap_or(false) || fields.boolean("isRPITrade")?.unwrap_or(false),
    })
}

/// `[start, open, high, low, close]`, with volume and turnover behind where there was trading.
pub(super) fn candle_row(reader: &mut Reader<'_>, _: &mut Counts) -> Result<CandleRow> {
    let [Some(start), Some(open), Some(high), Some(low), Some(close), volume, turnover] = decimals::<7>(reader, "list")? else {
        return Err(DecodeError { field: "list", why: Why::Missing });
    };
    let start_ms = i64::try_from(start.0 / Amount::ONE.0).ok().filter(|start_ms| (0..MAX_MS).contains(start_ms));
    let start_ms = start_ms.ok_or(DecodeError { field: "list", why: Why::TooLarge })?;
    Ok(CandleRow { start_ms, open, high, low, close, volume, turnover })
}

const FUNDING: [&str; 3] = ["symbol", "fundingRate", "fundingRateTimestamp"];

pub(super) fn funding_rate(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<FundingRate> {
    let fields = Fields::read(reader, &FUNDING, counts)?;
    Ok(FundingRate {
        symbol: fields.required_id("symbol")?,
        rate: fields.required_amount("fundingRate")?,
        settled_ms: fields.required_millis("fundingRateTimestamp")?,
    })
}

const CANDLE: [&str; 9] = ["start", "end", "open", "high", "low", "close", "volume", "turnover", "confirm"];

/// One candle of `kline.{interval}.{symbol}`.
pub(super) fn candle(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<Candle> {
    let fields = Fields::read(reader, &CANDLE, counts)?;
    Ok(Candle {
        start_ms: fields.required_millis("start")?,
        end_ms: fields.required_millis("end")?,
        open: fields.required_amount("open")?,
        high: fields.required_amount("high")?,
        low: fields.required_amount("low")?,
        close: fields.required_amount("close")?,
        volume: fields.required_amount("volume")?,
        turnover: fields.required_amount("turnover")?,
        confirmed: fields.boolean("confirm")?.ok_or(DecodeError { field: "confirm", why: Why::Missing })?,
    })
}
