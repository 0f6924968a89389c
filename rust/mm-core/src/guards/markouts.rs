//! Losing markouts: fills one after the other after which the price went beyond what we dealt at. Somebody knows more; pause.
//!
//! A fill is judged by the first mid that is seen [`HORIZON_NS`] after it, against its own price: the spread it captured counts for it.
//! `reliability.md` C5.

use alloc::collections::VecDeque;

use crate::units::{Side, Ticks};

/// A fill is judged by the mid this long after it.
pub const HORIZON_NS: i64 = 5_000_000_000;
/// Fills that wait for their judgement; beyond it the oldest is forgotten.
pub const MAX_WAITING: usize = 256;

/// One market's fills and how many in a row have lost.
#[derive(Clone, Debug, Default)]
pub struct MarkoutGuard {
    waiting: VecDeque<(i64, Side, Ticks)>,
    losing: u32,
    paused_until_ns: Option<i64>,
}

impl MarkoutGuard {
    /// A fill of ours.
    pub fn filled(&mut self, side: Side, price: Ticks, now_ns: i64) {
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((now_ns + HORIZON_NS, side, price));
    }

    /// Judges the fills that are due by the mid of now, in half ticks; without one they are not judged and count neither way. Returns how
    /// many in a row have lost, if that is `limit`.
    pub fn judge(&mut self, mid_x2: Option<i64>, limit: u32, pause_ns: i64, now_ns: i64) -> Option<u32> {
        while let Some((_, side, price)) = self.waiting.front().copied().filter(|row| row.0 <= now_ns) {
            self.waiting.pop_front();
            let Some(mid_x2) = mid_x2 else { continue };
            let lost = side.sign() * (mid_x2 - 2 * price.0) < 0;
            self.losing = if lost { self.losing + 1 } else { 0 };
            if self.losing >= limit {
                // What else was filled in the same move says nothing new after the pause.
                self.waiting.clear();
                self.paused_until_ns = Some(now_ns + pause_ns);
                return Some(core::mem::take(&mut self.losing));
            }
        }
        None
    }

    /// True while the market rests; ends by itself.
    pub fn is_paused(&mut self, now_ns: i64) -> bool {
        self.paused_until_ns = self.paused_until_ns.filter(|until_ns| now_ns < *until_ns);
        self.paused_until_ns.is_some()
    }

    /// When a fill is next to be judged, or a pause ends.
    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        let judged_ns = self.waiting.front().map(|row| row.0);
        [judged_ns, self.paused_until_ns].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE_NS: i64 = 1_000;

    fn bought(guard: &mut MarkoutGuard, times: &[i64]) {
        times.iter().for_each(|at_ns| guard.filled(Side::Buy, Ticks(100), *at_ns));
    }

    #[test]
    fn the_last_loss_of_the_row_pauses_once_and_the_pause_ends() {
        let mut guard = MarkoutGuard::default();
        bought(&mut guard, &[0, 1, 2, 3]);
        assert_eq!(guard.deadline(), Some(HORIZON_NS));
        assert_eq!(guard.judge(Some(199), 3, PAUSE_NS, HORIZON_NS + 1), None, "two are due");
        assert_eq!(guard.judge(Some(199), 3, PAUSE_NS, HORIZON_NS + 3), Some(3));
        assert!(guard.is_paused(HORIZON_NS + 2 + PAUSE_NS));
        assert!(!guard.is_paused(HORIZON_NS + 3 + PAUSE_NS));
        assert_eq!(guard.judge(Some(199), 3, PAUSE_NS, 2 * HORIZON_NS), None, "counting begins anew");
        assert_eq!(guard.deadline(), None);
    }

    #[test]
    fn a_fill_that_did_not_lose_ends_the_row_and_one_without_a_mid_counts_neither_way() {
        let mut guard = MarkoutGuard::default();
        bought(&mut guard, &[0, 1, 2, 3]);
        assert_eq!(guard.judge(Some(198), 2, PAUSE_NS, HORIZON_NS), None);
        assert_eq!(guard.judge(Some(200), 2, PAUSE_NS, HORIZON_NS + 1), None, "at its own price nothing is lost");
        assert_eq!(guard.judge(Some(198), 2, PAUSE_NS, HORIZON_NS + 2), None);
        guard.filled(Side::Sell, Ticks(100), 3);
        assert_eq!(guard.judge(None, 2, PAUSE_NS, HORIZON_NS + 3), None);
        guard.filled(Side::Sell, Ticks(100), 4);
        assert_eq!(guard.judge(Some(201), 2, PAUSE_NS, HORIZON_NS + 4), Some(2), "a sale loses upwards");
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut guard = MarkoutGuard::default();
        for at_ns in 0..1_000 {
            guard.filled(Side::Buy, Ticks(100), at_ns);
            assert!(guard.waiting.len() <= MAX_WAITING);
        }
    }
}
