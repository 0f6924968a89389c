//! Repeated execution: one side filled again and again without the other is somebody who knows more, or a fault of ours. Pause.
//!
//! RTS 6 article 15 calls it the repeated automated execution throttle; `reliability.md` C5.

use alloc::collections::VecDeque;

use super::config::RepeatParams;
use crate::units::Side;

/// One market's fills of one side in a row.
#[derive(Clone, Debug, Default)]
pub struct RepeatGuard {
    side: Option<Side>,
    at_ns: VecDeque<i64>,
    paused_until_ns: Option<i64>,
}

impl RepeatGuard {
    /// A fill of ours; returns the count in a row if it trips.
    pub fn filled(&mut self, side: Side, params: RepeatParams, now_ns: i64) -> Option<u32> {
        if self.side != Some(side) {
            self.side = Some(side);
            self.at_ns.clear();
        }
        self.at_ns.push_back(now_ns);
        while self.at_ns.front().is_some_and(|at_ns| now_ns - at_ns >= params.window_ns) {
            self.at_ns.pop_front();
        }
        let count = u32::try_from(self.at_ns.len()).unwrap_or(u32::MAX);
        if count < params.fills {
            return None;
        }
        // Counting begins anew, so memory ends at the threshold and the next trip needs as many again.
        self.at_ns.clear();
        self.paused_until_ns = Some(now_ns + params.pause_ns);
        Some(count)
    }

    /// True while the market rests; ends by itself.
    pub fn is_paused(&mut self, now_ns: i64) -> bool {
        self.paused_until_ns = self.paused_until_ns.filter(|until_ns| now_ns < *until_ns);
        self.paused_until_ns.is_some()
    }

    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        self.paused_until_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: RepeatParams = RepeatParams { fills: 3, window_ns: 100, pause_ns: 50 };

    #[test]
    fn it_trips_with_the_last_fill_of_the_row_and_ends_by_itself() {
        let mut guard = RepeatGuard::default();
        assert_eq!([1, 2, 3].map(|now| guard.filled(Side::Buy, PARAMS, now)), [None, None, Some(3)]);
        assert!(guard.is_paused(52));
        assert!(!guard.is_paused(53));
        assert_eq!(guard.deadline(), None);
    }

    #[test]
    fn an_opposite_fill_or_time_ends_the_row() {
        let mut guard = RepeatGuard::default();
        let fills = [(Side::Buy, 0), (Side::Buy, 1), (Side::Sell, 2), (Side::Buy, 3), (Side::Buy, 4)];
        assert!(fills.into_iter().all(|(side, now)| guard.filled(side, PARAMS, now).is_none()));
        assert_eq!(guard.filled(Side::Buy, PARAMS, 104), None, "the first two are too old");
        assert_eq!([105, 106].map(|now| guard.filled(Side::Buy, PARAMS, now)), [None, Some(3)]);
    }

    #[test]
    fn memory_ends_at_the_threshold() {
        let mut guard = RepeatGuard::default();
        for now in 0..1_000 {
            guard.filled(Side::Buy, PARAMS, now);
            assert!(guard.at_ns.len() < 3);
        }
    }
}
