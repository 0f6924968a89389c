//! One owner of all request tokens: one window per endpoint and category, as the venue counts them, cancel > reduce > quote.
//!
//! Nothing waits in here. Who finds no token leaves its wish where it is (a difference, a pending query) and asks again at `free_ns`.
//! Endpoints and their rolling second: Bybit V5 docs, "Rate Limit Rules". A request reaches the venue somewhere between its sending and its
//! answer, so its token comes back a second after the *answer*: then no delay on the way can press more into the venue's second than fits.

use alloc::vec::Vec;

use crate::ids::{Category, ReqId};
use crate::input::RateHeaders;
use crate::mutants::{Mutant, planted};

const WINDOW_NS: i64 = 1_000_000_000;
/// We stay this share below what the venue allows: somebody else may use the account too.
const HEADROOM_PCT: u32 = 20;
/// Of the order pools this share is kept for orders that reduce the position.
const REDUCE_RESERVE_PCT: u32 = 20;
/// Documented for `/v5/account/fee-rate`; other queries have ten times as many.
const FEE_RATES_PER_S: u32 = 5;

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
    FeeRate,
}

impl Pool {
    const COUNT: usize = 9;
}

/// One window of the venue: an endpoint pool of one category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    pub category: Category,
    pub pool: Pool,
}

/// Who asks: cancels and reductions may use what quotes may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Cancel,
    Reduce,
    Quote,
}

/// Tokens that are out.
#[derive(Clone, Copy, Debug)]
struct Sent {
    req_id: ReqId,
    weight: u32,
    /// When they come back; unknown until the answer is here.
    free_ns: i64,
}

/// Of a request without an answer.
const UNANSWERED: i64 = i64::MAX;

#[derive(Clone, Debug)]
struct Window {
    limit: u32,
    sent: Vec<Sent>,
    used: u32,
    blocked_until_ns: i64,
}

impl Window {
    fn new(venue_limit: u32) -> Self {
        Self { limit: own_limit(venue_limit), sent: Vec::new(), used: 0, blocked_until_ns: i64::MIN }
    }

    #[inline(always)]
    fn forget(&mut self, now_ns: i64) {
        let used = &mut self.used;
        self.sent.retain(|row| {
            let out = row.free_ns > now_ns;
            *used -= if out { 0 } else { row.weight };
            out
        });
    }
}

fn own_limit(venue_limit: u32) -> u32 {
    if planted(Mutant::BudgetOffByOne) {
        return venue_limit + 1;
    }
    (venue_limit * (100 - HEADROOM_PCT) / 100).max(1)
}

/// The tokens of every lane.
#[derive(Clone, Debug)]
pub struct Budget {
    windows: [[Window; Pool::COUNT]; 2],
}

impl Budget {
    /// `orders_per_s` and `queries_per_s` are the venue's limits before headroom.
    #[must_use]
    pub fn new(orders_per_s: u32, queries_per_s: u32) -> Self {
        let mut windows: [Window; Pool::COUNT] = core::array::from_fn(|_| Window::new(orders_per_s));
        windows[Pool::Query as usize] = Window::new(queries_per_s);
        windows[Pool::FeeRate as usize] = Window::new(FEE_RATES_PER_S.min(queries_per_s));
        Self { windows: [windows.clone(), windows] }
    }

    fn window(&mut self, lane: Lane) -> &mut Window {
        &mut self.windows[lane.category as usize][lane.pool as usize]
    }

    /// How many orders (or queries) of this class may leave now.
    #[inline]
    pub fn available(&mut self, lane: Lane, class: Class, now_ns: i64) -> u32 {
        let window = self.window(lane);
        window.forget(now_ns);
        if now_ns < window.blocked_until_ns {
            return 0;
        }
        let reserve = if class == Class::Quote { window.limit * REDUCE_RESERVE_PCT / 100 } else { 0 };
        (window.limit - reserve).saturating_sub(window.used)
    }

    /// Takes `weight` tokens for a request; the caller has asked `available` first.
    pub fn take(&mut self, lane: Lane, weight: u32, req_id: ReqId) {
        let window = self.window(lane);
        window.sent.push(Sent { req_id, weight, free_ns: UNANSWERED });
        window.used += weight;
    }

    /// A request is answered, or given up: its tokens come back a window later.
    pub fn answered(&mut self, lane: Lane, req_id: ReqId, now_ns: i64) {
        let rows = self.window(lane).sent.iter_mut();
        rows.filter(|row| row.req_id == req_id && row.free_ns == UNANSWERED).for_each(|row| row.free_ns = now_ns + WINDOW_NS);
    }

    /// When the next token that is out comes back (never, as far as is known, while all wait for an answer) and the lane is open;
    /// `None` if nothing is out and nothing is shut.
    #[must_use]
    pub fn free_ns(&self, lane: Lane, now_ns: i64) -> Option<i64> {
        let window = &self.windows[lane.category as usize][lane.pool as usize];
        let back = window.sent.iter().map(|row| row.free_ns).filter(|at| *at > now_ns).min();
        let open = Some(window.blocked_until_ns).filter(|at| *at > now_ns);
        back.max(open)
    }

    /// Learns the venue's limit from an answer.
    pub fn learn(&mut self, lane: Lane, told: RateHeaders) {
        // The headers of a query speak of its own endpoint; the others' limits differ.
        if told.limit > 0 && lane.pool != Pool::Query {
            self.window(lane).limit = own_limit(told.limit);
        }
    }

    /// The venue said "too many": the lane is shut until its reset time, at least for a tenth of a window. Where no time is told, a second;
    /// but cancels are tried again after an eighth of that: what stands where it should not is worse than one more refusal.
    pub fn refused(&mut self, lane: Lane, reset_ns: Option<i64>, now_ns: i64) {
        let longest = now_ns + 10 * WINDOW_NS;
        let untold_ns = if matches!(lane.pool, Pool::Cancel | Pool::CancelBatch) { WINDOW_NS / 8 } else { WINDOW_NS };
        let until = reset_ns.unwrap_or(now_ns + untold_ns).clamp(now_ns + WINDOW_NS / 10, longest);
        let window = self.window(lane);
        window.blocked_until_ns = window.blocked_until_ns.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATE: Lane = Lane { category: Category::Linear, pool: Pool::Create };

    #[test]
    fn no_second_at_the_venue_holds_more_than_its_limit_whatever_the_way_there_takes() {
        let (mut budget, mut rng) = (Budget::new(10, 50), crate::rng::Rng::new(1));
        let (mut arrivals, mut answers) = (Vec::new(), Vec::new());
        for step in 0..2000_i64 {
            let now = step * 37_000_000;
            answers.retain(|&(req_id, at)| {
                if at <= now {
                    budget.answered(CREATE, req_id, at);
                }
                at > now
            });
            if budget.available(CREATE, Class::Reduce, now) > 0 {
                let req_id = ReqId(step.unsigned_abs());
                budget.take(CREATE, 1, req_id);
                let arrives = now + i64::try_from(rng.below(400_000_000)).unwrap_or(0);
                arrivals.push(arrives);
                answers.push((req_id, arrives + i64::try_from(rng.below(400_000_000)).unwrap_or(0)));
            }
        }
        assert!(arrivals.len() > 100);
        for &end in &arrivals {
            let held = arrivals.iter().filter(|&&at| end - WINDOW_NS < at && at <= end).count();
            assert!(held <= 8, "{held} in the second before {end}");
        }
    }

    #[test]
    fn quotes_leave_a_reserve_for_reductions_and_every_lane_has_its_own_tokens() {
        let mut budget = Budget::new(10, 50);
        budget.take(CREATE, 6, ReqId(1));
        assert_eq!(budget.available(CREATE, Class::Quote, 0), 1);
        assert_eq!(budget.available(CREATE, Class::Reduce, 0), 2);
        budget.take(CREATE, 2, ReqId(2));
        assert_eq!(budget.available(CREATE, Class::Reduce, 0), 0);
        assert_eq!(budget.free_ns(CREATE, 0), Some(i64::MAX), "nothing is answered yet");
        budget.answered(CREATE, ReqId(1), 70);
        assert_eq!(budget.free_ns(CREATE, 70), Some(WINDOW_NS + 70));
        assert_eq!(budget.available(CREATE, Class::Reduce, WINDOW_NS + 70), 6);
        let cancel = Lane { pool: Pool::Cancel, ..CREATE };
        assert_eq!(budget.available(cancel, Class::Cancel, 0), 8);
        let spot = Lane { category: Category::Spot, ..CREATE };
        assert_eq!(budget.available(spot, Class::Reduce, 0), 8);
    }

    #[test]
    fn the_venue_teaches_the_limit_of_one_lane_and_shuts_it() {
        let (mut budget, amend) = (Budget::new(10, 50), Lane { pool: Pool::Amend, ..CREATE });
        budget.learn(amend, RateHeaders { limit: 600, remaining: 590, reset_ms: 0 });
        assert_eq!(budget.available(amend, Class::Cancel, 0), 480);
        assert_eq!(budget.available(Lane { category: Category::Spot, ..amend }, Class::Cancel, 0), 8);
        budget.refused(amend, Some(400_000_000), 0);
        assert_eq!(budget.available(amend, Class::Cancel, 399_999_999), 0);
        assert_eq!(budget.available(amend, Class::Cancel, 400_000_000), 480);
        let [cancel, create] = [Pool::Cancel, Pool::Create].map(|pool| Lane { pool, ..CREATE });
        budget.refused(cancel, None, 0);
        budget.refused(create, None, 0);
        let open = |budget: &mut Budget, at_ns: i64| [cancel, create].map(|lane| budget.available(lane, Class::Reduce, at_ns) > 0);
        assert_eq!(open(&mut budget, WINDOW_NS / 8 - 1), [false, false]);
        assert_eq!(open(&mut budget, WINDOW_NS / 8), [true, false]);
        assert_eq!(open(&mut budget, WINDOW_NS), [true, true]);
    }
}
