//! Flow that the host makes itself, in the place of seeded takers.

use mm_core::ids::MarketIx;
use mm_core::units::{Lots, Side, Ticks};

use super::Exchange;

impl Exchange {
    /// A stranger takes up to `qty` at `limit` or better, at once: others' size first at each level, then the accounts'.
    pub fn take(&mut self, now_ns: i64, market: MarketIx, side: Side, limit: Ticks, qty: Lots) {
        self.advance(now_ns);
        self.liquidity.take(self.now_ns, market, side, limit, qty, &mut self.outbox);
        self.process_outbox();
    }
}
