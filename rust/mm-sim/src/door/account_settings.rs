//! What an account may choose about itself: its margin mode, and what becomes of a price beyond its limit.

use alloc::format;
use alloc::string::ToString;

use serde_json::json;

use super::Door;
use super::answer::{Answer, Reply};
use super::parsed::{Fields, Value};
use super::query::invalid;
use super::request;
use crate::api::ApiError;
use crate::exchange::BeyondLimit;

impl Door {
    /// `account/set-margin-mode`: cross margin is the only one here, so there is nothing to change.
    pub(super) fn set_margin_mode(fields: &Fields<'_>) -> Answer {
        match request::text(fields, "setMarginMode").as_deref() {
            Some("REGULAR_MARGIN") => Err(ApiError { code: 110_026, msg: "Cross/isolated margin mode is not modified".to_string() }),
            Some(mode @ ("ISOLATED_MARGIN" | "PORTFOLIO_MARGIN")) => {
                Err(invalid(format!("params error: setMarginMode {mode} is not offered by this local exchange")))
            }
            _ => Err(invalid("params error: setMarginMode should be ISOLATED_MARGIN, REGULAR_MARGIN or PORTFOLIO_MARGIN".to_string())),
        }
    }

    /// `account/set-limit-px-action`: with `modifyEnable` a price beyond the limit is moved to it, without it is refused. Counts for the whole
    /// exchange; orders that are open stay as they are.
    pub(super) fn set_limit_action(&mut self, fields: &Fields<'_>) -> Answer {
        let category = request::category(fields.get("category").and_then(Value::as_str))?;
        let Some(modify) = fields.get("modifyEnable").and_then(Value::as_bool) else {
            return Err(invalid("params error: modifyEnable should be true or false".to_string()));
        };
        self.exchange.set_beyond_limit(category, if modify { BeyondLimit::Clamp } else { BeyondLimit::Reject });
        Ok(Reply::of(&json!({"category": category.as_str()})))
    }
}
