//! Time at the door: what is due next, and running everything due in one order.

use super::Door;
use crate::liquidity::NEVER_NS;

impl Door {
    /// When [`Door::advance`] next has something to do; `None` if never.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        let mut due_ns = self.exchange.next_due().unwrap_or(NEVER_NS).min(self.dcp.next_due().unwrap_or(NEVER_NS));
        for feed in &self.feeds {
            due_ns = due_ns.min(feed.due_ns());
        }
        if self.idle_from_ns <= due_ns {
            due_ns = due_ns.min(self.idle_due_ns().unwrap_or(NEVER_NS));
        }
        Some(due_ns).filter(|due_ns| *due_ns < NEVER_NS)
    }

    /// Does everything due up to `now_ns`, one instant after the other, so that each message shows the book of its own time.
    pub fn advance(&mut self, now_ns: i64) {
        let end_ns = now_ns.max(self.now_ns);
        while let Some(due_ns) = self.next_due().filter(|due_ns| *due_ns <= end_ns) {
            self.now_ns = due_ns.max(self.now_ns);
            self.exchange.advance(self.now_ns);
            self.dcp_due();
            self.publish_drained();
            self.publish_due();
            self.close_idle();
        }
        self.now_ns = end_ns;
    }
}
