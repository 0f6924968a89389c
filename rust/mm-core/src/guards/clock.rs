//! How far we trust our idea of the venue's time.
//!
//! A steady difference between the clocks is corrected and only said. A difference that moves, or a refusal for the time that we signed
//! with, means that what we sign may lie outside the venue's window (`server − recv_window ≤ ts < server + 1 s`): nothing that adds risk
//! is signed until a reading confirms the clock.

/// A difference larger than this is said.
pub const NOTICE_NS: i64 = 250_000_000;
/// A reading that moves the clock by more than this must be confirmed by the next.
pub const JUMP_NS: i64 = 900_000_000;
/// What a longer exchange tells of the venue's time may be wrong by more than half of this.
const LONGEST_EXCHANGE_NS: i64 = 1_000_000_000;
/// A venue's time further from what we take for it is a misprint, not a clock.
const FURTHEST_NS: i64 = 3_600_000_000_000;
/// Without a reading the doubt ends by itself, since only a request can tell.
const DOUBT_NS: i64 = 10_000_000_000;

/// The readings of one venue's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockWatch {
    offset_ns: Option<i64>,
    doubted_until_ns: Option<i64>,
    /// By how much the last reading moved the clock.
    moved_ns: i64,
    /// When our idea of the venue's time last moved by more than is worth saying.
    moved_at_ns: Option<i64>,
}

/// Venue time − our time, by a venue's word that came within an exchange of ours: right to half of its length. `None` if it took too long.
#[must_use]
pub fn offset_ns(venue_ns: i64, sent_ns: i64, now_ns: i64) -> Option<i64> {
    let exchange_ns = now_ns.checked_sub(sent_ns).filter(|length_ns| (0..=LONGEST_EXCHANGE_NS).contains(length_ns))?;
    venue_ns.checked_sub(sent_ns + exchange_ns / 2)
}

impl ClockWatch {
    /// Venue time − our time was measured.
    pub fn read(&mut self, offset_ns: i64, now_ns: i64) {
        self.take(offset_ns, now_ns);
        let jumped = self.moved_ns.saturating_abs() > JUMP_NS;
        self.doubted_until_ns = jumped.then_some(now_ns + DOUBT_NS);
    }

    fn take(&mut self, offset_ns: i64, now_ns: i64) {
        self.moved_ns = self.offset_ns.map_or(0, |last| offset_ns.saturating_sub(last));
        if self.offset_ns.is_none() || self.moved_ns.saturating_abs() > NOTICE_NS {
            self.moved_at_ns = Some(now_ns);
        }
        self.offset_ns = Some(offset_ns);
    }

    /// The venue refused a request for its time stamp.
    pub fn refused(&mut self, now_ns: i64) {
        self.doubted_until_ns = Some(now_ns + DOUBT_NS);
    }

    /// A refusal told the venue's time. True if it is taken over: the doubt stays until a reading agrees.
    pub fn told(&mut self, offset_ns: i64, now_ns: i64) -> bool {
        let away_ns = offset_ns.saturating_sub(self.offset_ns.unwrap_or(0)).saturating_abs();
        let believed = away_ns > NOTICE_NS && away_ns < FURTHEST_NS;
        if believed {
            self.take(offset_ns, now_ns);
        }
        believed
    }

    /// What was stamped at `sent_ns` carries an older idea of the venue's time than ours.
    #[must_use]
    pub fn has_moved_since(&self, sent_ns: i64) -> bool {
        self.moved_at_ns.is_some_and(|at_ns| at_ns > sent_ns)
    }

    /// The difference between the clocks if it is worth saying.
    #[must_use]
    pub fn skew_ns(&self) -> Option<i64> {
        self.offset_ns.map(i64::saturating_abs).filter(|skew_ns| *skew_ns > NOTICE_NS)
    }

    /// By how much the clock moved when it fell into doubt, while it is in doubt.
    #[must_use]
    pub fn doubt_ns(&self, now_ns: i64) -> Option<i64> {
        self.doubted_until_ns.filter(|until_ns| now_ns < *until_ns).map(|_| self.moved_ns.saturating_abs())
    }

    #[must_use]
    pub fn deadline(&self, now_ns: i64) -> Option<i64> {
        self.doubted_until_ns.filter(|until_ns| now_ns < *until_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_difference_is_said_and_not_doubted() {
        let mut clock = ClockWatch::default();
        clock.read(-5_000_000_000, 0);
        assert_eq!((clock.skew_ns(), clock.doubt_ns(0)), (Some(5_000_000_000), None));
        clock.read(NOTICE_NS, 1);
        assert_eq!(clock.skew_ns(), None);
    }

    #[test]
    fn a_jump_is_doubted_until_a_reading_agrees() {
        let mut clock = ClockWatch::default();
        clock.read(0, 0);
        clock.read(-JUMP_NS, 1);
        assert_eq!(clock.doubt_ns(1), None, "at the limit");
        clock.read(1, 2);
        assert_eq!(clock.doubt_ns(3), Some(JUMP_NS + 1));
        clock.read(0, 4);
        assert_eq!(clock.doubt_ns(4), None);
    }

    #[test]
    fn a_refused_time_stamp_is_doubted_until_a_reading_or_for_ten_seconds() {
        let mut clock = ClockWatch::default();
        clock.refused(5);
        assert_eq!((clock.doubt_ns(6), clock.deadline(6)), (Some(0), Some(5 + DOUBT_NS)));
        assert_eq!((clock.doubt_ns(5 + DOUBT_NS), clock.deadline(5 + DOUBT_NS)), (None, None));
        clock.refused(5);
        clock.read(0, 6);
        assert_eq!(clock.doubt_ns(6), None);
    }
}
