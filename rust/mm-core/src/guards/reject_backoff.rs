//! After a refusal a slot of the ladder waits before it asks for the same again: no loop at the speed of the network.
//!
//! Creates and amends wait 1 s, 2 s, 4 s … 30 s, counted until the venue shows the slot's order open; cancels wait 200 ms, always, since
//! a cancel must get through (`reliability.md` F19: at most one retry per second and level).

use alloc::collections::BTreeMap;

use crate::session::inflight::OrderAction;
use crate::units::Side;

const FIRST_NS: i64 = 1_000_000_000;
const CAP_NS: i64 = 30_000_000_000;
const CANCEL_NS: i64 = 200_000_000;

/// One place of the ladder and what is asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub side: Side,
    pub level: u8,
    pub action: OrderAction,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    until_ns: i64,
    failures: u32,
}

/// The refused slots of one market: at most three for each side and level.
#[derive(Clone, Debug, Default)]
pub struct RejectBackoff {
    slots: BTreeMap<Slot, Hold>,
}

impl RejectBackoff {
    /// The venue refused this; returns how many times in a row.
    pub fn refused(&mut self, slot: Slot, now_ns: i64) -> u32 {
        let hold = self.slots.entry(slot).or_insert(Hold { until_ns: now_ns, failures: 0 });
        hold.failures = hold.failures.saturating_add(1);
        let pause_ns = match slot.action {
            OrderAction::Cancel => CANCEL_NS,
            OrderAction::Place | OrderAction::Amend => (FIRST_NS << (hold.failures - 1).min(5)).min(CAP_NS),
        };
        hold.until_ns = now_ns + pause_ns;
        hold.failures
    }

    /// Our own gate refused it for a reason that another millisecond does not change: one pause, not counted against the venue.
    pub fn held_back(&mut self, slot: Slot, now_ns: i64) {
        let hold = self.slots.entry(slot).or_insert(Hold { until_ns: now_ns, failures: 0 });
        hold.until_ns = hold.until_ns.max(now_ns + FIRST_NS);
    }

    /// The venue shows the slot's order: what it refused before no longer counts.
    pub fn stood(&mut self, side: Side, level: u8) {
        self.slots.retain(|slot, _| (slot.side, slot.level) != (side, level));
    }

    /// When this may be asked again.
    #[must_use]
    pub fn until_ns(&self, slot: Slot) -> i64 {
        self.slots.get(&slot).map_or(i64::MIN, |hold| hold.until_ns)
    }

    /// The longest row of refusals that has not ended.
    #[must_use]
    pub fn worst(&self) -> u32 {
        self.slots.values().map(|hold| hold.failures).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: Slot = Slot { side: Side::Buy, level: 0, action: OrderAction::Place };

    #[test]
    fn pauses_double_to_half_a_minute_and_end_when_the_order_stands() {
        let mut backoff = RejectBackoff::default();
        let mut now_ns = 0;
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            backoff.refused(SLOT, now_ns);
            assert_eq!(backoff.until_ns(SLOT), now_ns + seconds * 1_000_000_000);
            now_ns = backoff.until_ns(SLOT);
        }
        assert_eq!(backoff.worst(), 7);
        backoff.stood(Side::Buy, 0);
        assert_eq!((backoff.worst(), backoff.until_ns(SLOT)), (0, i64::MIN));
    }

    #[test]
    fn one_slot_does_not_hold_another_and_cancels_hardly_wait() {
        let mut backoff = RejectBackoff::default();
        backoff.refused(SLOT, 0);
        for other in [Slot { level: 1, ..SLOT }, Slot { side: Side::Sell, ..SLOT }, Slot { action: OrderAction::Amend, ..SLOT }] {
            assert_eq!(backoff.until_ns(other), i64::MIN);
        }
        let cancel = Slot { action: OrderAction::Cancel, ..SLOT };
        for _ in 0..9 {
            backoff.refused(cancel, 0);
        }
        assert_eq!(backoff.until_ns(cancel), CANCEL_NS);
    }

    #[test]
    fn the_own_gate_holds_a_second_and_counts_nothing() {
        let mut backoff = RejectBackoff::default();
        backoff.held_back(SLOT, 0);
        backoff.held_back(SLOT, 0);
        assert_eq!((backoff.until_ns(SLOT), backoff.worst()), (FIRST_NS, 0));
    }

    #[test]
    fn no_sequence_of_refusals_lets_a_slot_ask_twice_within_a_second() {
        let (mut backoff, mut rng, mut now_ns, mut last_ns) = (RejectBackoff::default(), crate::rng::Rng::new(3), 0, -FIRST_NS);
        for _ in 0..5_000 {
            now_ns += i64::try_from(rng.below(400_000_000)).unwrap();
            if backoff.until_ns(SLOT) > now_ns {
                continue;
            }
            assert!(now_ns - last_ns >= FIRST_NS, "{last_ns} then {now_ns}");
            last_ns = now_ns;
            backoff.refused(SLOT, now_ns);
            if rng.below(9) == 0 {
                now_ns += FIRST_NS;
                backoff.stood(Side::Buy, 0);
            }
        }
    }
}
