//! Replies of the trade socket.

use alloc::vec::Vec;

use mm_core::ids::OrderId;
use mm_core::input::{Message, Outcome, RateHeaders, Reply, ReplyBody};

use super::control::CLIENT_REQUEST;
use super::fields::{Fields, Result, for_each};
use super::{Counts, Decoder, ENVELOPE_FIELDS, rate_headers};
use crate::errors::outcome;
use crate::json::Reader;
use crate::refusal::{DecodeError, Why};

/// The number of a reply that names no request: some refusals of permission come like that and concern all that is in flight.
/// Requests are numbered from 1.
pub const NO_REQUEST: u64 = 0;

const HEADER: [&str; 3] = ["X-Bapi-Limit", "X-Bapi-Limit-Status", "X-Bapi-Limit-Reset-Timestamp"];
const IDS: [&str; 1] = ["orderId"];
const LIST: [&str; 1] = ["list"];
const ITEM: [&str; 2] = ["code", "msg"];

impl Decoder {
    pub(super) fn trade_reply<'a>(&'a mut self, envelope: &Fields<'_, ENVELOPE_FIELDS>) -> Result<Message<'a>> {
        let op = envelope.text_or_empty("op")?;
        if matches!(op, b"pong" | b"ping") {
            return Ok(Message::Pong);
        }
        if envelope.has("args") && !envelope.has("retCode") {
            return Err(CLIENT_REQUEST);
        }
        let text = envelope.words("retMsg")?;
        let outcome = outcome(envelope.required_integer("retCode")?, text.as_bytes());
        if op == b"auth" {
            self.scratch.text = text;
            let ok = outcome == Outcome::Accepted;
            return Ok(if ok { Message::Ignored } else { Message::Subscribed { ok, text: &self.scratch.text } });
        }
        let body = match (op.strip_prefix(b"order."), op.ends_with(b"-batch")) {
            (Some(_), false) => single(envelope, outcome, &mut self.counts)?,
            (Some(_), true) if outcome == Outcome::Accepted => {
                acks(envelope.nested("retExtInfo")?, envelope.nested("data")?, &mut self.counts)?
            }
            _ => ReplyBody::Empty,
        };
        let reply = Reply { outcome, rate: rate(envelope, &mut self.counts)?, body };
        Ok(Message::TradeReply { req_id: request(envelope)?, reply })
    }
}

/// Our number of the request, which we sent as decimal text.
fn request(envelope: &Fields<'_, ENVELOPE_FIELDS>) -> Result<u64> {
    let id = envelope.integer("reqId")?.unwrap_or(NO_REQUEST.cast_signed());
    u64::try_from(id).map_err(|_| DecodeError { field: "reqId", why: Why::Negative })
}

/// The rate headers, where the reply carries the block.
fn rate(envelope: &Fields<'_, ENVELOPE_FIELDS>, counts: &mut Counts) -> Result<Option<RateHeaders>> {
    let Some(mut reader) = envelope.nested("header")? else { return Ok(None) };
    let fields = Fields::read(&mut reader, &HEADER, counts)?;
    let [limit, remaining, reset] = HEADER.map(|name| fields.text_or_empty(name).ok());
    Ok(rate_headers(limit, remaining, reset))
}

fn single(envelope: &Fields<'_, ENVELOPE_FIELDS>, outcome: Outcome, counts: &mut Counts) -> Result<ReplyBody> {
    let id = match envelope.nested("data")? {
        Some(mut reader) if outcome == Outcome::Accepted => order_id(&mut reader, counts)?,
        _ => None,
    };
    Ok(ReplyBody::Acks(Vec::from([(outcome, id)])))
}

/// `retExtInfo.list` says what became of each order of a batch, the payload's list (where there is one) its id, position by position.
pub(super) fn acks(outcomes: Option<Reader<'_>>, orders: Option<Reader<'_>>, counts: &mut Counts) -> Result<ReplyBody> {
    let mut acks = Vec::new();
    let outcomes = list(outcomes, counts)?.ok_or(DecodeError { field: "retExtInfo", why: Why::Missing })?;
    for_each(outcomes, "retExtInfo", |reader| {
        let fields = Fields::read(reader, &ITEM, counts)?;
        acks.push((outcome(fields.required_integer("code")?, fields.words("msg")?.as_bytes()), None));
        Ok(())
    })?;
    let Some(orders) = list(orders, counts)? else { return Ok(ReplyBody::Acks(acks)) };
    let mut ids = Vec::new();
    for_each(orders, "data", |reader| {
        ids.push(order_id(reader, counts)?);
        Ok(())
    })?;
    if ids.len() != acks.len() {
        return Err(DecodeError { field: "retExtInfo", why: Why::Contradiction });
    }
    for (ack, id) in acks.iter_mut().zip(ids) {
        ack.1 = id.filter(|_| ack.0 == Outcome::Accepted);
    }
    Ok(ReplyBody::Acks(acks))
}

fn list<'b>(holder: Option<Reader<'b>>, counts: &mut Counts) -> Result<Option<Reader<'b>>> {
    let Some(mut reader) = holder else { return Ok(None) };
    Fields::read(&mut reader, &LIST, counts)?.nested("list")
}

pub(super) fn order_id(reader: &mut Reader<'_>, counts: &mut Counts) -> Result<Option<OrderId>> {
    let id: OrderId = Fields::read(reader, &IDS, counts)?.id("orderId")?;
    Ok((!id.is_empty()).then_some(id))
}
