//! HTTP answers, by what was asked.

use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::input::{FeeRate, Outcome, Reply, ReplyBody};
use mm_core::instrument::{Instrument, Instruments};
use mm_core::output::Query;

use super::fields::{Fields, Result, for_each};
use super::instruments::instrument;
use super::rows::{self, Context};
use super::trade::{acks, order_id};
use super::{Counts, HttpAnswer, account, market};
use crate::answer::{Answer, Answered};
use crate::errors::{http_outcome, outcome};
use crate::json::Reader;
use crate::refusal::{DecodeError, Why};
use crate::scope::{self, Payload};

const ANSWER: [&str; 5] = ["retCode", "retMsg", "result", "retExtInfo", "time"];
const RESULT: [&str; 4] = ["list", "nextPageCursor", "success", "category"];
const FEE: [&str; 3] = ["symbol", "makerFeeRate", "takerFeeRate"];

/// What the rows of an answer are read against.
#[derive(Clone, Copy)]
pub(super) struct Asked<'i> {
    pub(super) payload: Payload,
    /// That of the question; rows do not name it.
    pub(super) category: Option<Category>,
    pub(super) instruments: &'i Instruments,
}

pub(super) fn reply(query: &Query, instruments: &Instruments, answer: HttpAnswer<'_>, counts: &mut Counts) -> Result<Reply> {
    let (payload, market) = payload(query);
    let category = market.and_then(|market| instruments.id(market)).map(|id| id.category);
    let Answered { outcome, rate, answer } = answered(Asked { payload, category, instruments }, answer, counts)?;
    let body = match answer {
        Some(Answer::Account(body)) => body,
        Some(Answer::ServerTime(venue_ns)) => ReplyBody::ServerTime(venue_ns),
        _ => ReplyBody::Empty,
    };
    Ok(Reply { outcome, rate, body })
}

fn payload(query: &Query) -> (Payload, Option<MarketIx>) {
    match query {
        Query::Instrument(market) => (Payload::Instruments, Some(*market)),
        Query::FeeRate(market) => (Payload::FeeRates, Some(*market)),
        Query::OpenOrders { market, .. } | Query::OrderByClientId { market, .. } => (Payload::OrderRows, Some(*market)),
        Query::Executions { market, .. } => (Payload::Executions, Some(*market)),
        Query::Position(market) => (Payload::Positions, Some(*market)),
        Query::CancelAll(market) => (Payload::CancelAll, Some(*market)),
        Query::CancelOrder { market, .. } => (Payload::Nothing, Some(*market)),
        Query::Wallet => (Payload::Wallet, None),
        Query::AccountInfo => (Payload::Account, None),
        Query::ApiKey => (Payload::ApiKey, None),
        Query::Dcp => (Payload::Dcp, None),
        Query::ServerTime => (Payload::ServerTime, None),
        Query::SystemStatus => (Payload::SystemStatus, None),
    }
}

/// An answer that is none (see [`Decoder::reply`](super::Decoder::reply)) has an outcome and no payload.
pub(super) fn answered(asked: Asked<'_>, answer: HttpAnswer<'_>, counts: &mut Counts) -> Result<Answered> {
    let bodiless = |outcome| Ok(Answered { outcome, rate: answer.rate, answer: None });
    if answer.status != 200 {
        return bodiless(http_outcome(answer.status));
    }
    let Ok((outcome, fields)) = envelope(answer.body, counts) else {
        return bodiless(Outcome::Ambiguous(i64::from(answer.status)));
    };
    if outcome != Outcome::Accepted || asked.payload == Payload::Nothing {
        return bodiless(outcome);
    }
    match read(asked, &fields, counts)? {
        Some(answer_body) => Ok(Answered { outcome, rate: answer.rate, answer: Some(answer_body) }),
        // Some of the orders were not cancelled, and it does not say which.
        None => bodiless(Outcome::Ambiguous(0)),
    }
}

/// The outcome and the outer fields of an answer that is one.
fn envelope<'b>(body: &'b [u8], counts: &mut Counts) -> Result<(Outcome, Fields<'b, 5>)> {
    let mut reader = Reader::new(body)?;
    let fields = Fields::read(&mut reader, &ANSWER, counts)?;
    reader.finish()?;
    let outcome = outcome(fields.required_integer("retCode")?, fields.words("retMsg")?.as_bytes());
    Ok((outcome, fields))
}

/// The payload; `None` for a cancel-all that was carried out in part.
fn read(asked: Asked<'_>, fields: &Fields<'_, 5>, counts: &mut Counts) -> Result<Option<Answer>> {
    let mut result = fields.required_nested("result")?;
    Ok(Some(match asked.payload {
        Payload::ServerTime => Answer::ServerTime(market::server_time(&mut result, counts)?),
        Payload::Book => Answer::Book(market::book(&mut result, counts)?),
        Payload::Account => Answer::Account(ReplyBody::Account(account::account_info(&mut result, counts)?)),
        Payload::ApiKey => Answer::Account(ReplyBody::ApiKey(account::api_key(&mut result, counts)?)),
        Payload::Dcp => Answer::Account(ReplyBody::Dcp(account::dcp(&mut result, counts)?)),
        Payload::Order => {
            let id = order_id(&mut result, counts)?.ok_or(DecodeError { field: "orderId", why: Why::Missing })?;
            Answer::Account(ReplyBody::Acks(Vec::from([(Outcome::Accepted, Some(id))])))
        }
        Payload::Orders => Answer::Account(acks(fields.nested("retExtInfo")?, Some(result), counts)?),
        _ => {
            let told_ms = fields.millis("time")?.unwrap_or(0);
            return listed(asked, &Fields::read(&mut result, &RESULT, counts)?, told_ms, counts);
        }
    }))
}

/// The payloads that are a list of rows.
fn listed(asked: Asked<'_>, fields: &Fields<'_, 4>, told_ms: i64, counts: &mut Counts) -> Result<Option<Answer>> {
    same_category(asked.category, fields)?;
    if asked.payload == Payload::CancelAll {
        let partly = fields.text_or_empty("success")? == b"0";
        return Ok((!partly).then_some(Answer::Account(ReplyBody::Empty)));
    }
    let list = fields.required_nested("list")?;
    Ok(Some(match asked.payload {
        Payload::Tickers => Answer::Tickers(plain_rows(list, counts, market::ticker)?),
        Payload::Trades => Answer::Trades(plain_rows(list, counts, market::trade)?),
        Payload::Candles => Answer::Candles(plain_rows(list, counts, market::candle_row)?),
        Payload::FundingRates => Answer::FundingRates(plain_rows(list, counts, market::funding_rate)?),
        _ => Answer::Account(account_rows(asked, list, fields.words("nextPageCursor")?, told_ms, counts)?),
    }))
}

fn account_rows(asked: Asked<'_>, list: Reader<'_>, next: String, told_ms: i64, counts: &mut Counts) -> Result<ReplyBody> {
    let context = Context { instruments: asked.instruments, category: asked.category, time_ms: 0 };
    Ok(match asked.payload {
        Payload::Instruments => ReplyBody::Instruments(specs(list, context, counts)?),
        Payload::FeeRates => ReplyBody::FeeRates(fee_rates(list, context, counts)?),
        Payload::OrderRows => ReplyBody::Orders { rows: rows_of(list, context, counts, rows::order)?, next },
        Payload::Executions => ReplyBody::Executions { rows: rows_of(list, context, counts, rows::execution)?, next },
        Payload::Positions => ReplyBody::Positions(rows_of(list, context, counts, rows::position)?),
        Payload::SystemStatus => ReplyBody::SystemStatus(plain_rows(list, counts, account::maintenance)?),
        Payload::Wallet => {
            let mut coins = Vec::new();
            for_each(list, "list", |row| rows::account(row, told_ms, counts, |coin| coins.push(coin)))?;
            ReplyBody::Wallet(coins)
        }
        _ => ReplyBody::Empty,
    })
}

/// An answer of another category than the question's is refused, with the reason where the category is not traded.
fn same_category(asked: Option<Category>, fields: &Fields<'_, 4>) -> Result<()> {
    let named = fields.text_or_empty("category")?;
    if let Some(reason) = scope::category(named) {
        return Err(DecodeError { field: "category", why: Why::OutOfScope(reason) });
    }
    match asked {
        Some(asked) if !named.is_empty() && Category::parse(named) != Some(asked) => {
            Err(DecodeError { field: "category", why: Why::Contradiction })
        }
        _ => Ok(()),
    }
}

fn plain_rows<T>(list: Reader<'_>, counts: &mut Counts, read: fn(&mut Reader<'_>, &mut Counts) -> Result<T>) -> Result<Vec<T>> {
    let mut out = Vec::new();
    for_each(list, "list", |reader| {
        out.push(read(reader, counts)?);
        Ok(())
    })?;
    Ok(out)
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

fn specs(list: Reader<'_>, context: Context<'_>, counts: &mut Counts) -> Result<Vec<Instrument>> {
    let mut out = Vec::new();
    for_each(list, "list", |reader| {
        out.extend(instrument(reader, context, counts)?);
        Ok(())
    })?;
    Ok(out)
}

fn fee_rates(list: Reader<'_>, context: Context<'_>, counts: &mut Counts) -> Result<Vec<FeeRate>> {
    let mut out = Vec::new();
    for_each(list, "list", |reader| {
        let fields = Fields::read(reader, &FEE, counts)?;
        let symbol = fields.text("symbol")?;
        match context.category.and_then(|category| context.instruments.find(category, symbol)) {
            None => counts.unknown_rows += 1,
            Some(market) => {
                out.push(FeeRate { market, maker: fields.required_amount("makerFeeRate")?, taker: fields.required_amount("takerFeeRate")? })
            }
        }
        Ok(())
    })?;
    Ok(out)
}
