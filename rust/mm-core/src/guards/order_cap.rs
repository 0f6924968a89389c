//! The daily order cap: so many new orders of the account in a UTC day, by the venue's clock. Cancels and moves do not count.

use super::loss_stop::DAY_MS;

/// The day's new orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderCap {
    day: i64,
    placed: u32,
}

impl OrderCap {
    /// What is known of a UTC day (whole days since the epoch) before the first look.
    #[must_use]
    pub fn of(day: i64, placed: u32) -> Self {
        Self { day, placed }
    }

    /// New orders left, at a venue time. A clock that falls back behind midnight stays in the day that has begun.
    pub fn sent(&mut self, count: u32, venue_ms: i64) {
        self.turn(venue_ms);
        self.placed = self.placed.saturating_add(count);
    }

    /// How many new orders the day has seen.
    pub fn placed(&mut self, venue_ms: i64) -> u32 {
        self.turn(venue_ms);
        self.placed
    }

    fn turn(&mut self, venue_ms: i64) {
        let day = venue_ms.div_euclid(DAY_MS);
        if day > self.day {
            *self = Self { day, placed: 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_from_zero_and_a_clock_that_falls_back_begins_none() {
        let mut cap = OrderCap::default();
        cap.sent(2, 10 * DAY_MS);
        cap.sent(3, 11 * DAY_MS - 1);
        assert_eq!(cap.placed(11 * DAY_MS - 1), 5);
        assert_eq!(cap.placed(11 * DAY_MS), 0);
        cap.sent(1, 11 * DAY_MS);
        assert_eq!(cap.placed(11 * DAY_MS - 1), 1);
        assert_eq!(OrderCap::of(11, 7).placed(11 * DAY_MS), 7);
        assert_eq!(OrderCap::of(10, 7).placed(11 * DAY_MS), 0, "of yesterday");
    }
}
