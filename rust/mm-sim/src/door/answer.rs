//! The envelope of every REST reply.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::limits::Grant;
use crate::api::ApiError;

/// A whole REST reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// A result, with what batches say per item.
#[derive(Clone, Debug)]
pub struct Reply {
    pub result: Value,
    pub ext: Value,
}

impl Reply {
    #[must_use]
    pub fn of(result: Value) -> Reply {
        Reply { result, ext: json!({}) }
    }
}

/// What a route answers.
pub type Answer = Result<Reply, ApiError>;

/// 10006 in the venue's words.
#[must_use]
pub fn too_many_visits() -> ApiError {
    ApiError { code: 10006, msg: String::from("Too many visits. Exceeded the API Rate Limit.") }
}

/// The envelope around a route's answer. Business errors travel at HTTP 200; only an unknown path and the protection of the whole system have another status.
#[must_use]
pub fn envelope(now_ns: i64, answer: Answer, grant: Option<Grant>) -> HttpAnswer {
    let (code, msg, reply) = match answer {
        Ok(reply) => (0, String::from("OK"), reply),
        Err(error) => (error.code, error.msg, Reply::of(json!({}))),
    };
    let time = now_ns.div_euclid(1_000_000);
    let body = json!({"retCode": code, "retMsg": msg, "result": reply.result, "retExtInfo": reply.ext, "time": time});
    let status = match code {
        10017 => 404,
        10429 => 429,
        _ => 200,
    };
    HttpAnswer { status, headers: grant.map_or_else(Vec::new, limit_headers), body: body.to_string().into_bytes() }
}

/// The three limit headers in the venue's spelling.
#[must_use]
pub fn limit_headers(grant: Grant) -> Vec<(&'static str, String)> {
    [
        ("X-Bapi-Limit", grant.limit.to_string()),
        ("X-Bapi-Limit-Status", grant.remaining.to_string()),
        ("X-Bapi-Limit-Reset-Timestamp", grant.reset_ms.to_string()),
    ]
    .into()
}
