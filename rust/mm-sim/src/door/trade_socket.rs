//! Order entry on the trade socket: the same commands as REST in another envelope.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Door;
use super::answer::Reply;
use super::choices::Choice;
use super::commands::{Command, Done};
use super::json::{Object, object, put_object, put_value};
use super::limits::{Grant, Lane};
use super::parsed::{Fields, Value};
use super::query::invalid;
use super::request;
use super::typed::TypedMessage;
use crate::api::ApiError;

/// A connection remembers this many request ids to refuse duplicates.
const MAX_SEEN: usize = 10_000;
/// `recv_window` in milliseconds where the client sends none.
const DEFAULT_RECV_WINDOW_MS: i64 = 5000;

type Outcome<'m> = Result<Done<'m>, ApiError>;

/// The request ids that a connection has used.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenRequests {
    ids: BTreeSet<String>,
    order: VecDeque<String>,
}

impl SeenRequests {
    /// False if the id was used before.
    fn insert(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_string()) {
            return false;
        }
        self.order.push_back(id.to_string());
        if self.order.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

fn refusal(code: i32, msg: &str) -> ApiError {
    ApiError { code, msg: msg.to_string() }
}

impl Door {
    pub(super) fn trade(&mut self, conn: u32, op: &str, message: &Fields<'_>) {
        let (answer, grant) = self.trade_answer(conn, op, message);
        let typed = if self.speaks_typed { TypedMessage::trade_reply(op, message, &answer, grant) } else { None };
        let bytes = if typed.is_some() { Vec::new() } else { self.trade_text(conn, op, message, answer, grant) };
        let delay_ns = self.config.reply_delay_ns + self.config.choices.ns(Choice::TradeAckDelayMs);
        self.send_said(conn, self.now_ns + delay_ns, (bytes, typed));
        self.publish_drained();
    }

    fn trade_text(&self, conn: u32, op: &str, message: &Fields<'_>, answer: Outcome<'_>, grant: Option<Grant>) -> Vec<u8> {
        let (code, msg, reply) = match answer {
            Ok(done) => (0, "OK".to_string(), done.reply()),
            Err(error) => (error.code, error.msg, Reply::empty()),
        };
        let (now_ms, id) = (self.now_ms(), self.connection_id(conn));
        object(512 + reply.result.len() + reply.ext.len(), |out| {
            out.text("connId", &id);
            out.written("data", &reply.result);
            put_object(out.key("header"), |header| reply_header(header, conn, now_ms, grant));
            out.text("op", op);
            if let Some(echo) = message.get("reqId") {
                put_value(out.key("reqId"), &echo.to_tree());
            }
            out.integer("retCode", code.into());
            out.written("retExtInfo", &reply.ext);
            out.text("retMsg", &msg);
        })
    }

    fn trade_answer<'m>(&mut self, conn: u32, op: &str, message: &'m Fields<'m>) -> (Outcome<'m>, Option<Grant>) {
        let checked = self.checked(conn, op, message);
        let (uid, path, command, fields) = match checked {
            Ok(checked) => checked,
            Err(error) => return (Err(error), None),
        };
        let (answer, grant) = self.command((uid, Lane::TradeSocket), path, command, fields);
        (answer, Some(grant))
    }

    /// Everything about a request that is not the order itself.
    fn checked<'a>(
        &mut self,
        conn: u32,
        op: &str,
        message: &'a Fields<'a>,
    ) -> Result<(crate::api::Uid, &'static str, Command, &'a Fields<'a>), ApiError> {
        self.frequent(conn)?;
        let (now_ms, refused) = (self.now_ms(), self.config.choices.code(Choice::UnauthenticatedCode));
        let connection = self.connections.get_mut(&conn).ok_or_else(|| refusal(10016, "connection is closed"))?;
        let uid = connection.uid.ok_or_else(|| refusal(refused, "Permission denied, please auth first."))?;
        let (path, command) = Command::of_op(op).ok_or_else(|| refusal(10404, "op type is not found"))?;
        if let Some(id) = request::text(message, "reqId")
            && !connection.seen.insert(&id)
        {
            return Err(refusal(20006, "duplicate reqId"));
        }
        in_window(now_ms, message.get("header").and_then(Value::as_object))?;
        let args = message.get("args").and_then(Value::as_array).unwrap_or_default();
        let [Value::Object(fields)] = args else {
            return Err(invalid("params error: args should hold exactly one request".to_string()));
        };
        if request::category(fields.get("category").and_then(Value::as_str)).is_err() {
            return Err(refusal(10404, "category is not correct"));
        }
        Ok((uid, path, command, fields))
    }
}

fn reply_header(header: &mut Object<'_>, conn: u32, now_ms: i64, grant: Option<Grant>) {
    header.quoted_integer("Timenow", now_ms);
    header.text("Traceid", &format!("{conn:08x}{now_ms:024x}"));
    if let Some(grant) = grant {
        header.quoted_integer("X-Bapi-Limit", grant.limit.into());
        header.quoted_integer("X-Bapi-Limit-Reset-Timestamp", grant.reset_ms);
        header.quoted_integer("X-Bapi-Limit-Status", grant.remaining.into());
    }
}

/// `now − recv_window ≤ timestamp < now + 1000`, both as numbers or strings.
fn in_window(now_ms: i64, header: Option<&Fields<'_>>) -> Result<(), ApiError> {
    let number = |name| header.and_then(|header| request::text(header, name)).map(|text| text.parse::<i64>());
    let stamp = number("X-BAPI-TIMESTAMP").and_then(Result::ok);
    let stamp = stamp.ok_or_else(|| invalid("params error: X-BAPI-TIMESTAMP is missing or not a number".to_string()))?;
    let window = number("X-BAPI-RECV-WINDOW").unwrap_or(Ok(DEFAULT_RECV_WINDOW_MS));
    let window = window.map_err(|_| invalid("params error: X-BAPI-RECV-WINDOW is not a number".to_string()))?;
    if now_ms.saturating_sub(window) <= stamp && stamp < now_ms + 1000 {
        return Ok(());
    }
    let msg = format!(
        "invalid request, please check your server timestamp or recv_window param. req_timestamp[{stamp}],server_timestamp[{now_ms}],recv_window[{window}]"
    );
    Err(ApiError { code: 10002, msg })
}
