//! Request limits per account and category: a rolling window of one second for every endpoint.

use alloc::collections::{BTreeMap, VecDeque};

use mm_core::ids::Category;

use super::fees::OrderLimits;
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

/// The rolling windows, keyed by account, category and endpoint path (the trade socket shares the path's window).
#[derive(Clone, Debug)]
pub struct Limits {
    orders: OrderLimits,
    windows: BTreeMap<(Uid, Category, &'static str), VecDeque<i64>>,
}

impl Limits {
    #[must_use]
    pub fn new(orders: OrderLimits) -> Self {
        Self { orders, windows: BTreeMap::new() }
    }

    /// Requests per second for `path`; orders of a batch count one each.
    #[must_use]
    pub fn limit(&self, category: Category, path: &str) -> u32 {
        match path {
            "/v5/order/amend" if category == Category::Spot => self.orders.spot_amend,
            _ if path.starts_with("/v5/order/") && !path.ends_with("/realtime") && !path.ends_with("/history") => match category {
                Category::Linear => self.orders.linear,
                Category::Spot => self.orders.spot,
            },
            "/v5/account/fee-rate" => 5,
            "/v5/position/set-leverage" | "/v5/position/switch-mode" | "/v5/user/query-api" => 10,
            _ => 50,
        }
    }

    /// Takes up to `cost` from the window of `(uid, category, path)`.
    pub fn take(&mut self, now_ns: i64, uid: Uid, category: Category, path: &'static str, cost: u32) -> Grant {
        let limit = self.limit(category, path);
        let window = self.windows.entry((uid, category, path)).or_default();
        while window.front().is_some_and(|first| *first <= now_ns - WINDOW_NS) {
            window.pop_front();
        }
        let free = limit.saturating_sub(u32::try_from(window.len()).unwrap_or(u32::MAX));
        let granted = cost.min(free);
        window.extend((0..granted).map(|_| now_ns));
        let remaining = free - granted;
        let freed_ns = if remaining == 0 { window.front().map_or(now_ns, |first| first + WINDOW_NS) } else { now_ns };
        Grant { granted, limit, remaining, reset_ms: freed_ns.div_euclid(1_000_000) }
    }
}
