//! The envelope of every REST reply.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::Category;
use mm_core::input::ReplyBody;
use serde_json::Value;

use super::json::object;
use super::limits::Grant;
use crate::api::ApiError;

/// A whole REST reply.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// Empty where `typed` stands for it.
    pub body: Vec<u8>,
    /// Of a success. Never, unless [`Door::speak_typed`](super::Door::speak_typed) was asked for.
    pub typed: Option<Box<ReplyBody>>,
}

impl HttpAnswer {
    #[must_use]
    pub fn of(status: u16, body: &[u8]) -> HttpAnswer {
        HttpAnswer { status, headers: Vec::new(), body: body.to_vec(), typed: None }
    }
}

/// A result, with what batches say per item, both written; or past its text.
#[derive(Clone, Debug)]
pub struct Reply {
    pub result: Vec<u8>,
    pub ext: Vec<u8>,
    pub typed: Option<Box<ReplyBody>>,
}

impl Reply {
    #[must_use]
    pub fn of(result: &Value) -> Reply {
        Reply::written(result.to_string().into_bytes())
    }

    #[must_use]
    pub fn written(result: Vec<u8>) -> Reply {
        Reply { result, ext: b"{}".to_vec(), typed: None }
    }

    #[must_use]
    pub fn typed(body: ReplyBody) -> Reply {
        Reply { typed: Some(Box::new(body)), ..Reply::written(Vec::new()) }
    }

    /// A result of nothing.
    #[must_use]
    pub fn empty() -> Reply {
        Reply::written(b"{}".to_vec())
    }

    /// One page of items and the cursor to the next.
    #[must_use]
    pub fn page(category: Category, items: &[Vec<u8>], cursor: &str) -> Reply {
        Reply::written(object(64 + items.iter().map(|item| item.len() + 1).sum::<usize>(), |result| {
            result.text("category", category.as_str());
            result.list("list", items);
            result.text("nextPageCursor", cursor);
        }))
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
        Err(error) => (error.code, error.msg, Reply::empty()),
    };
    let headers = grant.map_or_else(Vec::new, limit_headers);
    if reply.typed.is_some() {
        return HttpAnswer { status: 200, headers, body: Vec::new(), typed: reply.typed };
    }
    let body = object(96 + reply.result.len() + reply.ext.len(), |body| {
        body.written("result", &reply.result);
        body.integer("retCode", code.into());
        body.written("retExtInfo", &reply.ext);
        body.text("retMsg", &msg);
        body.integer("time", now_ns.div_euclid(1_000_000));
    });
    let status = match code {
        10017 => 404,
        10429 => 429,
        _ => 200,
    };
    HttpAnswer { status, headers, body, typed: None }
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
