//! One recorded public message → one frame body, with every number on its instrument's grid.

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use mm_core::instrument::Instrument;
use mm_core::units::{Lots, Side, Ticks, UnitError};
use serde_json::Value;

use super::error::TapeError;
use super::json::{array, int, member, text, uint};
use super::recording::{Body, BookBody, TickerBody};
use crate::api::{TradeId, TradeRow};

/// Ticker fields that are wall-clock milliseconds as text.
const TIME_FIELDS: [&str; 2] = ["nextFundingTime", "deliveryTime"];

/// A topic that a tape plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic<'a> {
    Book(u16, &'a str),
    Trades(&'a str),
    Ticker(&'a str),
}

impl<'a> Topic<'a> {
    /// `None` for a topic that a tape does not play.
    pub(super) fn parse(topic: &'a str) -> Option<Self> {
        let (kind, rest) = topic.split_once('.')?;
        match kind {
            "publicTrade" => Some(Topic::Trades(rest)),
            "tickers" => Some(Topic::Ticker(rest)),
            "orderbook" => {
                let (depth, symbol) = rest.split_once('.')?;
                Some(Topic::Book(depth.parse().ok()?, symbol))
            }
            _ => None,
        }
    }

    pub(super) fn symbol(self) -> &'a str {
        match self {
            Topic::Book(_, symbol) | Topic::Trades(symbol) | Topic::Ticker(symbol) => symbol,
        }
    }
}

/// Reads the payload of a message; `publish_ms` stands in for a missing `cts`.
pub(super) fn body(topic: Topic<'_>, spec: &Instrument, message: &Value, publish_ms: i64) -> Result<Body, TapeError> {
    match topic {
        Topic::Book(depth, _) => book(depth, spec, message, publish_ms).map(Body::Book),
        Topic::Trades(_) => {
            let rows = array(message, "data")?.iter().map(|row| trade(spec, row));
            Ok(Body::Trades(rows.collect::<Result<Box<[_]>, _>>()?))
        }
        Topic::Ticker(_) => ticker(message).map(Body::Ticker),
    }
}

fn book(depth: u16, spec: &Instrument, message: &Value, publish_ms: i64) -> Result<BookBody, TapeError> {
    let data = member(message, "data")?;
    let update_id = uint(data, "u")?;
    Ok(BookBody {
        depth,
        // `u == 1` announces a service restart: such a frame replaces the book whatever its type says.
        snapshot: is_snapshot(message)? || update_id == 1,
        update_id,
        seq: uint(data, "seq")?,
        engine_ms: if message.get("cts").is_some() { int(message, "cts")? } else { publish_ms },
        bids: levels(spec, data, "b")?,
        asks: levels(spec, data, "a")?,
    })
}

fn levels(spec: &Instrument, data: &Value, field: &str) -> Result<Box<[(Ticks, Lots)]>, TapeError> {
    let level = |row: &Value| {
        let (Some(at), Some(size)) = (row.get(0).and_then(Value::as_str), row.get(1).and_then(Value::as_str)) else {
            return Err(TapeError::not(field, Some(row), "a [price, size] pair of texts"));
        };
        Ok((on_grid(spec.ticks(at.as_bytes()), field, at)?, on_grid(spec.lots(size.as_bytes()), field, size)?))
    };
    array(data, field)?.iter().map(level).collect()
}

fn trade(spec: &Instrument, row: &Value) -> Result<TradeRow, TapeError> {
    let (price, qty) = (text(row, "p")?, text(row, "v")?);
    let flag = |field| row.get(field).and_then(Value::as_bool).unwrap_or(false);
    Ok(TradeRow {
        engine_ms: int(row, "T")?,
        side: match text(row, "S")? {
            "Buy" => Side::Buy,
            "Sell" => Side::Sell,
            other => return Err(TapeError::new("S", other, "neither Buy nor Sell")),
        },
        price: on_grid(spec.ticks(price.as_bytes()), "p", price)?,
        qty: on_grid(spec.lots(qty.as_bytes()), "v", qty)?,
        trade_id: TradeId::Told(text(row, "i")?.into()),
        seq: uint(row, "seq")?,
        block: flag("BT"),
        rpi: flag("RPI"),
    })
}

fn ticker(message: &Value) -> Result<TickerBody, TapeError> {
    let data = member(message, "data")?;
    let object = data.as_object().ok_or_else(|| TapeError::not("data", Some(data), "an object"))?;
    let field = |(name, value): (&String, &Value)| match value.as_str() {
        Some(text) => Ok((name.clone(), text.to_string())),
        None => Err(TapeError::not(name, Some(value), "a text")),
    };
    let cross_seq = if message.get("cs").is_some() { uint(message, "cs")? } else { 0 };
    let fields = object.iter().filter(|(name, _)| *name != "symbol").map(field).collect::<Result<_, _>>()?;
    Ok(TickerBody { snapshot: is_snapshot(message)?, cross_seq, fields })
}

fn is_snapshot(message: &Value) -> Result<bool, TapeError> {
    match text(message, "type")? {
        "snapshot" => Ok(true),
        "delta" => Ok(false),
        other => Err(TapeError::new("type", other, "neither snapshot nor delta")),
    }
}

fn on_grid<T>(parsed: Result<T, UnitError>, field: &str, wire: &str) -> Result<T, TapeError> {
    parsed.map_err(|error| TapeError::new(field, wire, error))
}

/// A ticker value as it is published: times move with the tape, everything else is verbatim.
pub(super) fn shifted(name: &str, value: &str, shift_ms: i64) -> String {
    let time = TIME_FIELDS.contains(&name).then(|| value.parse::<i64>().ok()).flatten().filter(|ms| *ms > 0);
    time.map_or_else(|| value.to_string(), |ms| (ms + shift_ms).to_string())
}
