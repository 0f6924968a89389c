//! HTTP answers, by what was asked.

use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::input::{FeeRate, Outcome, Reply, ReplyBody};
use mm_core::instrument::Instruments;
use mm_core::output::Query;

use super::fields::{Fields, Result, for_each};
use super::instruments::instrument;
use super::rows::{self, Context};
use super::{Counts, HttpAnswer};
use crate::errors::{http_outcome, outcome};
use crate::json::Reader;
use crate::refusal::{DecodeError, Why};

const ANSWER: [&str; 3] = ["retCode", "retMsg", "result"];
const RESULT: [&str; 3] = ["list", "nextPageCursor", "success"];
const FEE: [&str; 3] = ["symbol", "makerFeeRate", "takerFeeRate"];

pub(super) fn reply(query: &Query, instruments: &Instruments, answer: HttpAnswer<'_>, counts: &mut Counts) -> Result<Reply> {
    let bodiless = |outcome| Ok(Reply { outcome, rate: answer.rate, body: ReplyBody::Empty });
    if answer.status != 200 {
        return bodiless(http_outcome(answer.status));
    }
    let Ok((outcome, result)) = envelope(answer.body, counts) else {
        return bodiless(Outcome::Ambiguous(i64::from(answer.status)));
    };
    if outcome != Outcome::Accepted {
        return bodiless(outcome);
    }
    let mut result = result.ok_or(DecodeError { field: "result", why: Why::Missing })?;
    let fields = Fields::read(&mut result, &RESULT, counts)?;
    if matches!(query, Query::CancelAll(_)) {
        // "0": some of the orders were not cancelled, and it does not say which.
        let partly = fields.text_or_empty("success")? == b"0";
        return bodiless(if partly { Outcome::Ambiguous(0) } else { outcome });
    }
    Ok(Reply { outcome, rate: answer.rate, body: body(query, instruments, &fields, counts)? })
}

/// The outcome and the payload of an answer that is one.
fn envelope<'b>(body: &'b [u8], counts: &mut Counts) -> Result<(Outcome, Option<Reader<'b>>)> {
    let mut reader = Reader::new(body)?;
    let fields = Fields::read(&mut reader, &ANSWER, counts)?;
    reader.finish()?;
    let outcome = outcome(fields.required_integer("retCode")?, fields.words("retMsg")?.as_bytes());
    Ok((outcome, fields.nested("result")?))
}

fn body(query: &Query, instruments: &Instruments, fields: &Fields<'_, 3>, counts: &mut Counts) -> Result<ReplyBody> {
    let list = fields.required_nested("list")?;
    let next: String = fields.words("nextPageCursor")?;
    Ok(match query {
        Query::Instrument(market) => ReplyBody::Instruments(specs(*market, instruments, list, counts)?),
        Query::FeeRate(market) => ReplyBody::FeeRates(fee_rates(*market, instruments, list, counts)?),
        Query::OpenOrders { market, .. } | Query::OrderByClientId { market, .. } => {
            ReplyBody::Orders { rows: rows_of(list, context(*market, instruments)?, counts, rows::order)?, next }
        }
        Query::Executions { market, .. } => {
            ReplyBody::Executions { rows: rows_of(list, context(*market, instruments)?, counts, rows::execution)?, next }
        }
        Query::Position(market) => ReplyBody::Positions(rows_of(list, context(*market, instruments)?, counts, rows::position)?),
        Query::Wallet => {
            let mut coins = Vec::new();
            for_each(list, "list", |row| rows::account(row, counts, |coin| coins.push(coin)))?;
            ReplyBody::Wallet(coins)
        }
        Query::CancelAll(_) => ReplyBody::Empty,
    })
}

/// Rows name no category of their own: it is that of the market that was asked about.
fn context(market: MarketIx, instruments: &Instruments) -> Result<Context<'_>> {
    let id = instruments.id(market).ok_or(DecodeError { field: "symbol", why: Why::NoSpec })?;
    Ok(Context { instruments, category: Some(id.category), time_ms: 0 })
}

fn rows_of<T>(
    list: Reader<'_>,
    context: Context<'_>,
    counts: &mut Counts,
    read: fn(&mut Reader<'_>, Context<'_>, &mut Counts) -> Result<Option<T>>,
) -> Result<Vec<T>> {
    let mut out = Vec::new();
    for_each(list, "list", |reader| {
        match read(reader, context, counts)? {
            Some(row) => out.push(row),
            None => counts.unknown_rows += 1,
        }
        Ok(())
    })?;
    Ok(out)
}

fn specs(
    market: MarketIx,
    instruments: &Instruments,
    list: Reader<'_>,
    counts: &mut Counts,
) -> Result<Vec<mm_core::instrument::Instrument>> {
    let context = context(market, instruments)?;
    let mut out = Vec::new();
    for_each(list, "list", |reader| {
        out.extend(instrument(reader, context, counts)?);
        Ok(())
    })?;
    Ok(out)
}

fn fee_rates(market: MarketIx, instruments: &Instruments, list: Reader<'_>, counts: &mut Counts) -> Result<Vec<FeeRate>> {
    let context = context(market, instruments)?;
    let mut out = Vec::new();
    for_each(list, "list", |reader| {
        let fields = Fields::read(reader, &FEE, counts)?;
        let found = context.category.and_then(|category| instruments.find(category, fields.text_or_empty("symbol").ok()?));
        match found {
            None => counts.unknown_rows += 1,
            Some(market) => {
                out.push(FeeRate { market, maker: fields.required_amount("makerFeeRate")?, taker: fields.required_amount("takerFeeRate")? })
            }
        }
        Ok(())
    })?;
    Ok(out)
}
