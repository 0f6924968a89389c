//! What the venue says we hold against what our ledger says, all the time.
//!
//! Executions and positions come apart from each other, so the two differ for moments. A difference that lasts is one that only a
//! recovery can settle.

/// A difference may last this long (`reliability.md` C10 allows 5 s; law 6 wants quotes gone within 1 s of the evidence).
pub const HOLD_NS: i64 = 1_000_000_000;

/// One holding: lots of a contract, by the venue's sequence, or a coin, by the venue's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldingWatch {
    told: Option<i128>,
    newest_seq: i64,
    differs_since_ns: Option<i64>,
}

impl Default for HoldingWatch {
    fn default() -> Self {
        Self { told: None, newest_seq: i64::MIN, differs_since_ns: None }
    }
}

impl HoldingWatch {
    /// The venue told its figure; rows that another overtook (`seq`, never falling) are passed over: false.
    pub fn tell(&mut self, figure: i128, seq: i64) -> bool {
        let newest = seq >= self.newest_seq;
        if newest {
            self.newest_seq = seq;
            self.told = Some(figure);
        }
        newest
    }

    /// Compares with the ledger; returns the venue's figure once a difference of more than `tolerance` has lasted [`HOLD_NS`].
    pub fn compare(&mut self, ledger: i128, tolerance: i128, now_ns: i64) -> Option<i128> {
        let told = self.told.filter(|told| (told - ledger).abs() > tolerance);
        let since_ns = told.map(|_| self.differs_since_ns.unwrap_or(now_ns));
        self.differs_since_ns = since_ns;
        told.filter(|_| since_ns.is_some_and(|since_ns| now_ns >= since_ns + HOLD_NS))
    }

    /// A recovery compares by itself: what was told before it is not held against the ledger after it.
    pub fn forget(&mut self) {
        self.told = None;
        self.differs_since_ns = None;
    }

    /// When a difference will have lasted too long.
    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        self.differs_since_ns.map(|since_ns| since_ns + HOLD_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_counts_once_it_has_lasted() {
        let mut watch = HoldingWatch::default();
        assert_eq!(watch.compare(5, 0, 0), None, "nothing told");
        watch.tell(7, 1);
        assert_eq!(watch.compare(5, 0, 10), None);
        assert_eq!(watch.deadline(), Some(10 + HOLD_NS));
        assert_eq!(watch.compare(5, 0, 9 + HOLD_NS), None);
        assert_eq!(watch.compare(5, 0, 10 + HOLD_NS), Some(7));
    }

    #[test]
    fn an_execution_that_follows_ends_it_and_the_next_difference_starts_anew() {
        let mut watch = HoldingWatch::default();
        watch.tell(7, 1);
        watch.compare(5, 0, 0);
        assert_eq!(watch.compare(7, 0, HOLD_NS / 2), None);
        assert_eq!(watch.deadline(), None);
        watch.tell(9, 2);
        assert_eq!(watch.compare(7, 0, HOLD_NS), None);
        assert_eq!(watch.compare(7, 0, 2 * HOLD_NS), Some(9));
    }

    #[test]
    fn an_overtaken_row_and_a_rounded_digit_are_no_difference() {
        let mut watch = HoldingWatch::default();
        assert!(watch.tell(7, 2));
        assert!(!watch.tell(5, 1));
        assert_eq!(watch.compare(7, 0, 0), None);
        assert_eq!(watch.deadline(), None);
        assert_eq!(watch.compare(8, 1, 0), None);
        watch.forget();
        watch.tell(5, 1);
        assert_eq!((watch.compare(7, 0, 0), watch.deadline()), (None, None), "still overtaken");
    }
}
