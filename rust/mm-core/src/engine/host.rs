//! What the host itself does to us: it stalls, and a person pauses a market.

use super::{Engine, Sink};
use crate::fact::{Distrust, Fact};
use crate::ids::MarketIx;

/// A timer this late means that the host stood still: what waits in the sockets is old, and so is every book made of it.
pub const STALL_NS: i64 = 1_000_000_000;

impl Engine {
    /// Called before each input is looked at. After a stall no book is used until a snapshot that was asked for afterwards.
    pub(super) fn notice_stall(&mut self, ts_ns: i64, sink: &mut Sink) {
        let late_ns = ts_ns.saturating_sub(self.next_due_ns);
        if !self.started || self.stopped || late_ns <= STALL_NS {
            return;
        }
        sink.facts.push(Fact::HostStalled { late_ns });
        for index in 0..self.all_markets.len() {
            self.markets[index].distrust_book(Distrust::HostStalled);
        }
    }

    /// A person stops or resumes the quoting of one market; the upkeep of the same step pulls its orders.
    pub(super) fn pause(&mut self, market: MarketIx, paused: bool, sink: &mut Sink) {
        if let Some(row) = self.markets.get_mut(market.index())
            && row.paused != paused
        {
            row.paused = paused;
            // A resumed market is looked at again in this step.
            row.due_ns = Some(self.now_ns);
            sink.facts.push(Fact::MarketPaused { market, paused });
        }
    }
}
