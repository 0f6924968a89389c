//! One market's own ceiling on new and moved orders per second, below whatever the venue allows the account. Cancels do not count.

use alloc::collections::VecDeque;

const WINDOW_NS: i64 = 1_000_000_000;

/// The orders of one market that left within the last second.
#[derive(Clone, Debug, Default)]
pub struct Throttle {
    sent_ns: VecDeque<i64>,
}

impl Throttle {
    /// How many more may leave now.
    pub fn room(&mut self, limit: u32, now_ns: i64) -> u32 {
        while self.sent_ns.front().is_some_and(|at_ns| now_ns - at_ns >= WINDOW_NS) {
            self.sent_ns.pop_front();
        }
        limit.saturating_sub(u32::try_from(self.sent_ns.len()).unwrap_or(u32::MAX))
    }

    /// So many left; the caller has asked for room.
    pub fn sent(&mut self, count: u32, now_ns: i64) {
        self.sent_ns.extend((0..count).map(|_| now_ns));
    }

    /// When the oldest falls out of the window.
    #[must_use]
    pub fn free_ns(&self) -> Option<i64> {
        self.sent_ns.front().map(|at_ns| at_ns + WINDOW_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn no_second_holds_more_than_the_limit() {
        let (mut throttle, mut rng, mut now_ns, mut all) = (Throttle::default(), Rng::new(2), 0, alloc::vec::Vec::new());
        for _ in 0..5_000 {
            now_ns += i64::try_from(rng.below(150_000_000)).unwrap();
            let count = throttle.room(5, now_ns).min(u32::try_from(rng.below(4)).unwrap());
            throttle.sent(count, now_ns);
            all.extend((0..count).map(|_| now_ns));
            let held = all.iter().rev().take_while(|at_ns| now_ns - **at_ns < WINDOW_NS).count();
            assert!(held <= 5, "{held} in the second before {now_ns}");
        }
        assert!(all.len() > 1_000);
    }

    #[test]
    fn room_comes_back_when_the_oldest_is_a_second_old() {
        let mut throttle = Throttle::default();
        throttle.sent(2, 10);
        assert_eq!((throttle.room(2, 11), throttle.free_ns()), (0, Some(10 + WINDOW_NS)));
        assert_eq!((throttle.room(2, 10 + WINDOW_NS), throttle.free_ns()), (2, None));
    }
}
