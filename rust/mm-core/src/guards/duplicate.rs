//! Duplicate-order control: the same order is not sent twice within a short time, unless the first was filled.
//!
//! Whatever loops above it — a slot that frees itself too early, a refusal taken for a fill — cannot flood the venue with one order.

use alloc::collections::VecDeque;

use crate::units::{Lots, Side, Ticks};

/// More than one ladder of both sides, several times over.
const CAPACITY: usize = 64;

/// What makes two orders the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub side: Side,
    pub price: Ticks,
    pub qty: Lots,
}

/// The orders that left last, newest at the back.
#[derive(Clone, Debug, Default)]
pub struct RecentSends {
    rows: VecDeque<(Shape, u64, i64)>,
}

impl RecentSends {
    /// Order number `seq` left.
    pub fn sent(&mut self, shape: Shape, seq: u64, now_ns: i64) {
        if self.rows.len() == CAPACITY {
            self.rows.pop_front();
        }
        self.rows.push_back((shape, seq, now_ns));
    }

    /// Order number `seq` was filled, if only in part: the next one like it replaces it.
    pub fn filled(&mut self, seq: u64) {
        self.rows.retain(|row| row.1 != seq);
    }

    /// When an order of this shape may leave.
    #[must_use]
    pub fn free_ns(&self, shape: &Shape, window_ns: i64) -> i64 {
        let last = self.rows.iter().rev().find(|row| row.0 == *shape);
        last.map_or(i64::MIN, |(_, _, at_ns)| at_ns.saturating_add(window_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { side: Side::Buy, price: Ticks(9), qty: Lots(1) };

    #[test]
    fn the_same_order_waits_and_any_other_does_not() {
        let mut recent = RecentSends::default();
        recent.sent(SHAPE, 1, 50);
        assert_eq!(recent.free_ns(&SHAPE, 100), 150);
        for other in [Shape { side: Side::Sell, ..SHAPE }, Shape { price: Ticks(8), ..SHAPE }, Shape { qty: Lots(2), ..SHAPE }] {
            assert_eq!(recent.free_ns(&other, 100), i64::MIN);
        }
    }

    #[test]
    fn a_fill_makes_room_for_the_next() {
        let mut recent = RecentSends::default();
        recent.sent(SHAPE, 1, 50);
        recent.filled(1);
        assert_eq!(recent.free_ns(&SHAPE, 100), i64::MIN);
    }

    #[test]
    fn it_stays_small() {
        let mut recent = RecentSends::default();
        for seq in 0..1_000 {
            recent.sent(SHAPE, seq, 0);
        }
        assert_eq!(recent.rows.len(), CAPACITY);
    }
}
