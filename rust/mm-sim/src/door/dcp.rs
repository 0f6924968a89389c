//! Disconnect protection (DCP): when every private connection that subscribed to an account's `dcp.*` topic has been gone for the time
//! window, the account's orders of that product are cancelled. A new subscription inside the window resets it.
//!
//! A connection counts as gone once it is closed; silence alone does not end it here. Setting takes effect at once.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use mm_core::ids::Category;
use serde_json::{Value, json};

use super::Door;
use super::answer::{Answer, Reply};
use super::parsed::Fields;
use super::query::invalid;
use super::request;
use super::sockets::Connection;
use super::subscriptions::{PrivateTopic, Topic};
use crate::api::Uid;

const NS_PER_S: i64 = 1_000_000_000;

/// The windows that are set, and the deadlines that run.
#[derive(Clone, Debug, Default)]
pub(super) struct Dcp {
    windows_s: BTreeMap<(Uid, Category), i64>,
    deadlines_ns: BTreeMap<(Uid, Category), i64>,
}

impl Dcp {
    pub(super) fn next_due(&self) -> Option<i64> {
        self.deadlines_ns.values().copied().min()
    }
}

fn product(category: Category) -> &'static str {
    match category {
        Category::Linear => "DERIVATIVES",
        Category::Spot => "SPOT",
    }
}

impl Door {
    /// `order/disconnected-cancel-all`.
    pub(super) fn set_dcp(&mut self, uid: Uid, fields: &Fields<'_>) -> Answer {
        let name = request::text(fields, "product").unwrap_or(Cow::Borrowed("OPTIONS"));
        let category = [Category::Linear, Category::Spot].into_iter().find(|category| product(*category) == name);
        let category = category.ok_or_else(|| invalid(format!("params error: product {name} is not offered by this local exchange")))?;
        let window_s = request::text(fields, "timeWindow").and_then(|text| text.parse::<i64>().ok()).filter(|s| (3..=300).contains(s));
        let window_s = window_s.ok_or_else(|| invalid("params error: timeWindow should be a whole number within 3-300".to_string()))?;
        self.dcp.windows_s.insert((uid, category), window_s);
        Ok(Reply::empty())
    }

    /// `account/query-dcp-info`: the products that have it.
    pub(super) fn dcp_info(&self, uid: Uid) -> Answer {
        let own = self.dcp.windows_s.iter().filter(|((owner, _), _)| *owner == uid);
        let rows: Vec<Value> = own
            .map(|((_, category), window_s)| json!({"product": product(*category), "dcpStatus": "ON", "timeWindow": window_s.to_string()}))
            .collect();
        Ok(Reply::of(&json!({"dcpInfos": rows})))
    }

    /// `account/smp-group`.
    pub(super) fn smp_group(&self, uid: Uid) -> Answer {
        Ok(Reply::of(&json!({"smpGroup": self.exchange.smp_group(uid)})))
    }

    /// Somebody listens for an account again.
    pub(super) fn dcp_joined(&mut self, uid: Uid, topic: Topic) {
        if let Topic::Private(PrivateTopic::Disconnect, Some(category)) = topic {
            self.dcp.deadlines_ns.remove(&(uid, category));
        }
    }

    /// A connection is gone: for each product that only it listened to the window begins.
    pub(super) fn dcp_left(&mut self, gone: &Connection) {
        let Some(uid) = gone.uid else { return };
        for category in [Category::Linear, Category::Spot] {
            let topic = Topic::Private(PrivateTopic::Disconnect, Some(category));
            let others = self.connections.values().any(|row| row.uid == Some(uid) && row.topics.contains_key(&topic));
            let window_s = self.dcp.windows_s.get(&(uid, category)).filter(|_| gone.topics.contains_key(&topic) && !others);
            if let Some(window_s) = window_s {
                self.dcp.deadlines_ns.insert((uid, category), self.now_ns + window_s * NS_PER_S);
            }
        }
    }

    /// Cancels for those whose window is over.
    pub(super) fn dcp_due(&mut self) {
        let due: Vec<(Uid, Category)> =
            self.dcp.deadlines_ns.iter().filter(|(_, due_ns)| **due_ns <= self.now_ns).map(|(key, _)| *key).collect();
        for (uid, category) in due {
            self.dcp.deadlines_ns.remove(&(uid, category));
            self.exchange.cancel_disconnected(self.now_ns, uid, category);
        }
    }
}
