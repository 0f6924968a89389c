//! The venue's time: what the host measures, what a refusal tells, and what we ask for when a time stamp of ours was refused.
//!
//! A cancel must pass. One that is refused for its stamp would be refused until the host's next reading, so the venue's time is taken from
//! the refusal itself and the cancel leaves again at once; new risk waits until a reading agrees.

use super::Engine;
use crate::guards::clock;
use crate::output::Query;
use crate::session::inflight::Purpose;

const MS_NS: i64 = 1_000_000;

impl Engine {
    /// Venue time − our time was measured.
    pub(super) fn read_clock(&mut self, offset_ns: i64) {
        self.clock_offset_ns = offset_ns;
        self.watch.clock.read(offset_ns, self.now_ns);
    }

    /// The venue refused a request for its time stamp; `told_ms`: its own time as the refusal tells it.
    pub(super) fn stamp_refused(&mut self, told_ms: Option<i64>, sent_ns: i64) {
        let now_ns = self.now_ns;
        self.watch.clock.refused(now_ns);
        if self.watch.clock.has_moved_since(sent_ns) {
            // An older idea of the time was refused, and we have a newer one.
            return;
        }
        // The middle of the millisecond that it names.
        let venue_ns = told_ms.and_then(|ms| ms.checked_mul(MS_NS)?.checked_add(MS_NS / 2));
        let offset_ns = venue_ns.and_then(|venue_ns| clock::offset_ns(venue_ns, sent_ns, now_ns));
        if let Some(offset_ns) = offset_ns
            && self.watch.clock.told(offset_ns, now_ns)
        {
            self.clock_offset_ns = offset_ns;
        }
        // Whether it told or not: only a reading ends the doubt, and the host's next may be seconds away.
        self.ask_once(Query::ServerTime, Purpose::Canary);
    }

    /// The venue answered what time it has.
    pub(super) fn time_told(&mut self, venue_ns: i64, sent_ns: i64) {
        if let Some(offset_ns) = clock::offset_ns(venue_ns, sent_ns, self.now_ns) {
            self.read_clock(offset_ns);
        }
    }
}
