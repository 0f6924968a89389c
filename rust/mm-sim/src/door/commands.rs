//! Order commands as REST and the trade socket share them: create, amend, cancel, cancel-all and the batches.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use mm_core::ids::Category;
use serde_json::json;

use super::Door;
use super::answer::{Answer, Reply, too_many_visits};
use super::choices::{Choice, Choices};
use super::json::object;
use super::limits::{Grant, Lane};
use super::parsed::{Fields, Value};
use super::query::invalid;
use super::request;
use crate::api::{ApiError, OrderAck, Uid};

/// The most orders that one batch may hold.
fn max_batch(choices: &Choices, category: Category) -> usize {
    match category {
        Category::Linear => choices.count(Choice::MaxBatchLinear) as usize,
        Category::Spot => 10,
    }
}
/// The most orders of contracts that one cancel-all ends; the venue's own choice of them is its secret, here it is the newest.
const MAX_CANCELLED: usize = 500;

/// What is done to one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Create,
    Amend,
    Cancel,
}

/// An order endpoint; its path also names its limit window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    One(Verb),
    Batch(Verb),
    CancelAll,
}

/// What a command came to, before it is written down.
#[derive(Clone, Debug)]
pub enum Done<'f> {
    One(OrderAck),
    /// The orders that a cancel-all ends.
    All(Vec<OrderAck>),
    /// Each item of a batch as it was sent, and what it came to at `at_ns`.
    Batch {
        category: Category,
        verb: Verb,
        at_ns: i64,
        items: Vec<(&'f Value<'f>, Result<OrderAck, ApiError>)>,
    },
}

/// (REST path, trade-socket op, command); cancel-all has no op.
const COMMANDS: [(&str, &str, Command); 7] = [
    ("/v5/order/create", "order.create", Command::One(Verb::Create)),
    ("/v5/order/amend", "order.amend", Command::One(Verb::Amend)),
    ("/v5/order/cancel", "order.cancel", Command::One(Verb::Cancel)),
    ("/v5/order/create-batch", "order.create-batch", Command::Batch(Verb::Create)),
    ("/v5/order/amend-batch", "order.amend-batch", Command::Batch(Verb::Amend)),
    ("/v5/order/cancel-batch", "order.cancel-batch", Command::Batch(Verb::Cancel)),
    ("/v5/order/cancel-all", "", Command::CancelAll),
];

impl Command {
    /// The command of a REST path, with the path itself.
    #[must_use]
    pub fn of_path(path: &str) -> Option<(&'static str, Command)> {
        COMMANDS.iter().find(|row| row.0 == path).map(|row| (row.0, row.2))
    }

    /// The command of a trade-socket op, with the REST path whose limit window it shares.
    #[must_use]
    pub fn of_op(op: &str) -> Option<(&'static str, Command)> {
        COMMANDS.iter().find(|row| !op.is_empty() && row.1 == op).map(|row| (row.0, row.2))
    }
}

impl Door {
    /// Runs a command against its limit window; the grant is what the limit headers say.
    pub(super) fn command<'f>(
        &mut self,
        (uid, lane): (Uid, Lane),
        path: &'static str,
        command: Command,
        fields: &'f Fields<'f>,
    ) -> (Result<Done<'f>, ApiError>, Grant) {
        let (now_ns, choices) = (self.now_ns, self.config.choices);
        // Batches share one window by every door; whether single orders do is an option.
        let shared = choices.is_on(Choice::SharedWindows) || matches!(command, Command::Batch(_));
        let lane = if shared { Lane::Rest } else { lane };
        let items = match (command, fields.get("request")) {
            (Command::Batch(_), Some(Value::Array(items))) => items.as_slice(),
            _ => &[],
        };
        let category = request::category(fields.get("category").and_then(Value::as_str));
        // A request without a category costs, too.
        let line = category.as_ref().map_or(Category::Linear, |category| *category);
        let cost = u32::try_from(items.len().clamp(1, max_batch(&choices, line))).unwrap_or(1);
        let grant = self.limits.take(now_ns, (uid, line), (path, lane), cost);
        if grant.granted == 0 {
            return (Err(too_many_visits()), grant);
        }
        let answer = category.and_then(|category| match command {
            Command::One(verb) => self.one(now_ns, uid, category, verb, fields).map(Done::One),
            Command::CancelAll => self.cancel_all(now_ns, uid, category, fields),
            Command::Batch(verb) => self.batch(now_ns, uid, (category, verb), items, grant.granted),
        });
        (answer, grant)
    }

    fn one(&mut self, now_ns: i64, uid: Uid, category: Category, verb: Verb, fields: &Fields<'_>) -> Result<OrderAck, ApiError> {
        match verb {
            Verb::Create => {
                let order = request::place(&self.listings, category, fields)?;
                request::one_position(fields, self.exchange.is_hedged(uid, order.market))?;
                self.exchange.place(now_ns, uid, order)
            }
            Verb::Amend => {
                let order = request::amend(&self.listings, category, fields)?;
                self.exchange.amend(now_ns, uid, order)
            }
            Verb::Cancel => {
                let (market, order) = request::named_order(&self.listings, category, fields)?;
                self.exchange.cancel(now_ns, uid, market, order)
            }
        }
    }

    /// `order/pre-check`: a create that only says what it would do to the margin rates.
    pub(super) fn pre_check(&mut self, uid: Uid, fields: &Fields<'_>) -> Answer {
        let category = request::category(fields.get("category").and_then(Value::as_str))?;
        let order = request::place(&self.listings, category, fields)?;
        request::one_position(fields, self.exchange.is_hedged(uid, order.market))?;
        let [pre_imr, pre_mmr, post_imr, post_mmr] = self.exchange.pre_check(self.now_ns, uid, order)?;
        Ok(Reply::of(&json!({
            "orderId": "", "orderLinkId": order.client_id.as_str(), "preImrE4": pre_imr, "preMmrE4": pre_mmr, "postImrE4": post_imr,
            "postMmrE4": post_mmr,
        })))
    }

    /// By symbol, base coin or settle coin; only plain orders exist here, so a filter for others names none.
    fn cancel_all(&mut self, now_ns: i64, uid: Uid, category: Category, fields: &Fields<'_>) -> Result<Done<'static>, ApiError> {
        let markets = self.filtered(category, |name| request::text(fields, name).map(Cow::into_owned))?;
        let plain =
            request::text(fields, "orderFilter").is_none_or(|filter| filter == "Order") && request::text(fields, "stopOrderType").is_none();
        let most = if category == Category::Linear { MAX_CANCELLED } else { usize::MAX };
        let mut acks = Vec::new();
        for market in markets.into_iter().filter(|_| plain) {
            let left = most - acks.len().min(most);
            acks.extend(self.exchange.cancel_all(now_ns, uid, Some(market), left));
        }
        Ok(Done::All(acks))
    }

    /// The first `granted` items run; the rest fail with 10006, each for itself.
    fn batch<'f>(
        &mut self,
        at_ns: i64,
        uid: Uid,
        (category, verb): (Category, Verb),
        items: &'f [Value<'f>],
        granted: u32,
    ) -> Result<Done<'f>, ApiError> {
        let most = max_batch(&self.config.choices, category);
        if items.is_empty() || items.len() > most {
            return Err(invalid(format!("params error: request should hold 1-{most} orders")));
        }
        let overflow = ApiError { code: self.config.choices.code(Choice::BatchOverflowCode), ..too_many_visits() };
        let (empty, mut done) = (Fields::new(), Vec::with_capacity(items.len()));
        for (item, number) in items.iter().zip(0..) {
            let fields = item.as_object().unwrap_or(&empty);
            done.push((item, if number < granted { self.one(at_ns, uid, category, verb, fields) } else { Err(overflow.clone()) }));
        }
        Ok(Done::Batch { category, verb, at_ns, items: done })
    }
}

impl Done<'_> {
    /// As it is sent.
    #[must_use]
    pub fn reply(&self) -> Reply {
        let listed = |items: &[Vec<u8>]| object(256, |result| result.list("list", items));
        match self {
            Done::One(ack) => Reply::written(ids(ack)),
            Done::All(acks) => Reply::written(object(128, |result| {
                result.list("list", &acks.iter().map(ids).collect::<Vec<Vec<u8>>>());
                result.text("success", "1");
            })),
            Done::Batch { category, verb, at_ns, items } => {
                let codes: Vec<Vec<u8>> = items.iter().map(|(_, outcome)| batch_code(outcome.as_ref().err())).collect();
                let items: Vec<Vec<u8>> =
                    items.iter().map(|(item, outcome)| batch_item(*at_ns, (*category, *verb), item, outcome.as_ref().ok())).collect();
                Reply { ext: listed(&codes), ..Reply::written(listed(&items)) }
            }
        }
    }
}

fn batch_code(error: Option<&ApiError>) -> Vec<u8> {
    object(32, |item| {
        item.integer("code", error.map_or(0, |error| error.code.into()));
        item.text("msg", error.map_or("OK", |error| error.msg.as_str()));
    })
}

fn ids(ack: &OrderAck) -> Vec<u8> {
    object(128, |item| {
        item.text("orderId", ack.order_id.as_str());
        item.text("orderLinkId", ack.client_id.as_str());
    })
}

/// A failed item keeps the ids that the client sent and leaves the others empty.
fn batch_item(now_ns: i64, (category, verb): (Category, Verb), sent: &Value<'_>, ack: Option<&OrderAck>) -> Vec<u8> {
    let sent = |name| sent.as_object().and_then(|fields| request::text(fields, name)).unwrap_or_default();
    object(192, |item| {
        item.text("category", category.as_str());
        match (verb, ack) {
            (Verb::Create, Some(_)) => item.quoted_integer("createAt", now_ns.div_euclid(1_000_000)),
            (Verb::Create, None) => item.text("createAt", ""),
            _ => {}
        }
        match ack {
            Some(ack) => {
                item.text("orderId", ack.order_id.as_str());
                item.text("orderLinkId", ack.client_id.as_str());
            }
            None => {
                item.text("orderId", &sent("orderId"));
                item.text("orderLinkId", &sent("orderLinkId"));
            }
        }
        item.text("symbol", &sent("symbol"));
    })
}
