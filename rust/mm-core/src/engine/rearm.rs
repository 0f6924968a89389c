//! An operator lifts a latched loss stop before the day turns: proposed, then confirmed by its number, for minutes and not for good.
//!
//! Each step is a recorded input and a fact. While lifted, the stop counts anew from the figure of that moment, so that a re-arming risks one
//! more limit and no more; when its minutes are over the stop is back. A restart forgets it: the stop is back then, too.

use super::{Engine, Sink};
use crate::fact::Fact;
use crate::guards::loss_stop::DAY_MS;

/// A proposal that is not confirmed within this is void.
const CONFIRM_WITHIN_NS: i64 = 60_000_000_000;
/// The longest a stop is lifted.
pub const MAX_MINUTES: u16 = 240;
/// Each may lose a limit: so many on one day (UTC, the venue's clock).
pub const MAX_A_DAY: u32 = 2;

/// Proposals and grants of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rearming {
    last_number: u32,
    /// Number, minutes, and when it is void.
    open: Option<(u32, u16, i64)>,
    day: i64,
    granted: u32,
}

impl Engine {
    pub(super) fn propose_rearm(&mut self, minutes: u16, sink: &mut Sink) {
        let void_ns = self.now_ns + CONFIRM_WITHIN_NS;
        let row = &mut self.watch.rearming;
        row.last_number += 1;
        let number = row.last_number;
        let step = if minutes == 0 || minutes > MAX_MINUTES {
            "refused_minutes_out_of_bounds"
        } else if !self.watch.is_latched() {
            "refused_nothing_is_latched"
        } else {
            self.watch.rearming.open = Some((number, minutes, void_ns));
            "proposed"
        };
        sink.facts.push(Fact::RearmMoved { number, minutes, step });
    }

    pub(super) fn confirm_rearm(&mut self, number: u32, sink: &mut Sink) {
        let (now_ns, venue_ms) = (self.now_ns, self.venue_ms());
        let day = venue_ms.div_euclid(DAY_MS);
        let row = &mut self.watch.rearming;
        if row.day != day {
            (row.day, row.granted) = (day, 0);
        }
        // Whatever comes of it, a proposal is used once.
        let open = row.open.take();
        let (minutes, step) = match open {
            Some((proposed, minutes, void_ns)) if proposed == number && now_ns < void_ns => {
                if row.granted >= MAX_A_DAY {
                    (minutes, "refused_too_often_today")
                } else {
                    row.granted += 1;
                    (minutes, "confirmed")
                }
            }
            Some((_, minutes, _)) => (minutes, "refused_not_this_number_or_too_late"),
            None => (0, "refused_nothing_is_proposed"),
        };
        if step == "confirmed" {
            self.watch.lift(venue_ms + i64::from(minutes) * 60_000);
        }
        sink.facts.push(Fact::RearmMoved { number, minutes, step });
    }
}
