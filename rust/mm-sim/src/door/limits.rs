//! Request limits per account and category: a rolling window of one second for every endpoint.

use alloc::collections::BTreeMap;

use mm_core::ids::Category;

use super::fees::OrderLimits;
use super::visitors::Window;
use crate::api::Uid;

const WINDOW_NS: i64 = 1_000_000_000;

/// What one request was granted, and what its three headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// How much of the asked cost fits; 0 means refused.
    pub granted: u32,
    pub limit: u32,
    pub remaining: u32,
    /// When the window frees again; now unless it is exhausted.
    pub reset_ms: i64,
}

/// Through which door a request came, as far as windows tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    Rest,
    TradeSocket,
}

/// The rolling windows, keyed by account, category, endpoint path and lane.
#[derive(Clone, Debug)]
pub struct Limits {
    orders: OrderLimits,
    windows: BTreeMap<(Uid, Category, &'static str, Lane), Window>,
}

/// Requests per second of endpoints other than orders, where it is not 50.
const OTHERS: [(&str, u32); 13] = [
    ("/v5/account/fee-rate", 5),
    ("/v5/account/transaction-log", 25),
    ("/v5/account/query-dcp-info", 5),
    ("/v5/account/smp-group", 5),
    ("/v5/account/set-margin-mode", 5),
    ("/v5/account/set-limit-px-action", 10),
    ("/v5/account/instruments-info", 10),
    ("/v5/order/disconnected-cancel-all", 5),
    ("/v5/position/set-leverage", 10),
    ("/v5/position/switch-mode", 10),
    ("/v5/position/trading-stop", 10),
    ("/v5/user/query-api", 10),
    ("/v5/account/user-setting-config", 10),
];
/// Order queries: not upgradable.
const ORDER_QUERIES: [&str; 2] = ["/v5/order/realtime", "/v5/order/history"];

impl Limits {
    #[must_use]
    pub fn new(orders: OrderLimits) -> Self {
        Self { orders, windows: BTreeMap::new() }
    }

    /// Requests per second for `path`; orders of a batch count one each.
    #[must_use]
    pub fn limit(&self, category: Category, path: &str) -> u32 {
        if let Some((_, limit)) = OTHERS.iter().find(|row| row.0 == path) {
            return *limit;
        }
        match category {
            _ if !path.starts_with("/v5/order/") || ORDER_QUERIES.contains(&path) => 50,
            Category::Spot if path == "/v5/order/amend" => self.orders.spot_amend,
            Category::Linear => self.orders.linear,
            Category::Spot => self.orders.spot,
        }
    }

    /// Takes up to `cost` from the window of `(uid, category, path, lane)`.
    pub fn take(&mut self, now_ns: i64, (uid, category): (Uid, Category), (path, lane): (&'static str, Lane), cost: u32) -> Grant {
        let limit = self.limit(category, path);
        let window = self.windows.entry((uid, category, path, lane)).or_default();
        let granted = window.take(now_ns, WINDOW_NS, limit, cost);
        let remaining = window.free(limit);
        let freed_ns = if remaining == 0 { window.oldest_ns().map_or(now_ns, |first| first + WINDOW_NS) } else { now_ns };
        Grant { granted, limit, remaining, reset_ms: freed_ns.div_euclid(1_000_000) }
    }
}
