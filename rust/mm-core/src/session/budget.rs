//! One owner of all request tokens: rolling one-second windows per endpoint pool, cancel > reduce > quote.
//!
//! Nothing waits in here. Who finds no token leaves its wish where it is (a difference, a pending query) and asks again at `free_ns`.
//! Pools and the one-second rolling window: Bybit V5 docs, "Rate Limit Rules".

use alloc::collections::VecDeque;

use crate::input::RateHeaders;

const WINDOW_NS: i64 = 1_000_000_000;
/// We stay this share below what the venue allows, since its window and ours do not start together.
const HEADROOM_PCT: u32 = 20;
/// Of the order pools this share is kept for orders that reduce the position.
const REDUCE_RESERVE_PCT: u32 = 20;

/// The venue's endpoint pools. Single and batch forms are limited apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pool {
    Create,
    CreateBatch,
    Amend,
    AmendBatch,
    Cancel,
    CancelBatch,
    CancelAll,
    Query,
}

impl Pool {
    const COUNT: usize = 8;
}

/// Who asks: cancels and reductions may use what quotes may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Cancel,
    Reduce,
    Quote,
}

#[derive(Clone, Debug)]
struct Window {
    limit: u32,
    sent: VecDeque<(i64, u32)>,
    used: u32,
    blocked_until_ns: i64,
}

impl Window {
    fn new(venue_limit: u32) -> Self {
        Self { limit: own_limit(venue_limit), sent: VecDeque::new(), used: 0, blocked_until_ns: i64::MIN }
    }

    fn forget(&mut self, now_ns: i64) {
        while let Some(&(at, weight)) = self.sent.front() {
            if now_ns - at < WINDOW_NS {
                break;
            }
            self.sent.pop_front();
            self.used -= weight;
        }
    }
}

fn own_limit(venue_limit: u32) -> u32 {
    (venue_limit * (100 - HEADROOM_PCT) / 100).max(1)
}

/// The tokens of every pool.
#[derive(Clone, Debug)]
pub struct Budget {
    windows: [Window; Pool::COUNT],
}

impl Budget {
    /// `orders_per_s` and `queries_per_s` are the venue's limits before headroom.
    #[must_use]
    pub fn new(orders_per_s: u32, queries_per_s: u32) -> Self {
        let mut windows: [Window; Pool::COUNT] = core::array::from_fn(|_| Window::new(orders_per_s));
        windows[Pool::Query as usize] = Window::new(queries_per_s);
        Self { windows }
    }

    /// How many orders (or queries) of this class may leave now.
    pub fn available(&mut self, pool: Pool, class: Class, now_ns: i64) -> u32 {
        let window = &mut self.windows[pool as usize];
        window.forget(now_ns);
        if now_ns < window.blocked_until_ns {
            return 0;
        }
        let reserve = if class == Class::Quote { window.limit * REDUCE_RESERVE_PCT / 100 } else { 0 };
        (window.limit - reserve).saturating_sub(window.used)
    }

    /// Takes `weight` tokens; the caller has asked `available` first.
    pub fn take(&mut self, pool: Pool, weight: u32, now_ns: i64) {
        let window = &mut self.windows[pool as usize];
        window.sent.push_back((now_ns, weight));
        window.used += weight;
    }

    /// When the pool will next have a token that it lacks now.
    #[must_use]
    pub fn free_ns(&self, pool: Pool) -> i64 {
        let window = &self.windows[pool as usize];
        let oldest = window.sent.front().map_or(i64::MIN, |&(at, _)| at + WINDOW_NS);
        oldest.max(window.blocked_until_ns)
    }

    /// Learns from the venue: its limit, and how little it says is left.
    pub fn learn(&mut self, pool: Pool, told: RateHeaders, now_ns: i64) {
        let window = &mut self.windows[pool as usize];
        if told.limit > 0 {
            window.limit = own_limit(told.limit);
        }
        window.forget(now_ns);
        let venue_used = own_limit(told.limit.max(1)).saturating_sub(told.remaining);
        if told.remaining == 0 && venue_used > window.used {
            let missing = venue_used - window.used;
            self.take(pool, missing, now_ns);
        }
    }

    /// The venue said "too many": the pool is shut until its reset time, at least for one window.
    pub fn refused(&mut self, pool: Pool, reset_ns: Option<i64>, now_ns: i64) {
        let longest = now_ns + 10 * WINDOW_NS;
        let until = reset_ns.unwrap_or(now_ns + WINDOW_NS).clamp(now_ns + WINDOW_NS / 10, longest);
        let window = &mut self.windows[pool as usize];
        window.blocked_until_ns = window.blocked_until_ns.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_never_passes_more_than_its_limit() {
        let mut budget = Budget::new(10, 50);
        let mut sent = alloc::vec::Vec::new();
        for step in 0..500 {
            let now = step * 37_000_000;
            if budget.available(Pool::Create, Class::Reduce, now) > 0 {
                budget.take(Pool::Create, 1, now);
                sent.push(now);
            }
            let in_window = sent.iter().filter(|&&at| now - at < WINDOW_NS).count();
            assert!(in_window <= 8, "{in_window} in one second at {now}");
        }
        assert!(sent.len() > 100);
    }

    #[test]
    fn quotes_leave_a_reserve_for_reductions_and_cancels_have_their_own_pool() {
        let mut budget = Budget::new(10, 50);
        while budget.available(Pool::Create, Class::Quote, 0) > 0 {
            budget.take(Pool::Create, 1, 0);
        }
        assert_eq!(budget.available(Pool::Create, Class::Reduce, 0), 1);
        assert_eq!(budget.available(Pool::Cancel, Class::Cancel, 0), 8);
        assert_eq!(budget.free_ns(Pool::Create), WINDOW_NS);
    }

    #[test]
    fn the_venue_teaches_its_limit_and_shuts_a_pool() {
        let mut budget = Budget::new(10, 50);
        budget.learn(Pool::Amend, RateHeaders { limit: 600, remaining: 590, reset_ms: 0 }, 0);
        assert_eq!(budget.available(Pool::Amend, Class::Cancel, 0), 480);
        budget.refused(Pool::Amend, Some(400_000_000), 0);
        assert_eq!(budget.available(Pool::Amend, Class::Cancel, 399_999_999), 0);
        assert_eq!(budget.available(Pool::Amend, Class::Cancel, 400_000_000), 480);
    }
}
