//! What our own orders and fills say: too many of one side, too many that lose, too many orders in a day. Each is a pause that ends by itself.

use super::{Engine, Sink};
use crate::guards::markouts::MarkoutGuard;
use crate::guards::{Guard, Trip};
use crate::input::Execution;

impl Engine {
    pub(super) fn tend_pauses(&mut self, sink: &mut Sink) {
        let now_ns = self.now_ns;
        for index in 0..self.all_markets.len() {
            if !self.markets[index].repeat.is_paused(now_ns) {
                self.set_guard(Some(self.all_markets[index]), Guard::RepeatedExecution, None, sink);
            }
            self.tend_markouts(index, sink);
        }
    }

    fn tend_markouts(&mut self, index: usize, sink: &mut Sink) {
        let (now_ns, pause_ns) = (self.now_ns, self.config.guards.repeat.pause_ns);
        let (Some(limit), Some(guard), Some(row)) =
            (self.config.guards.losing_markouts, self.watch.markouts.get_mut(index), self.markets.get(index))
        else {
            return;
        };
        let mid_x2 = row.book.mid_x2().filter(|_| row.is_trusted());
        let lost = guard.judge(mid_x2, limit, pause_ns, now_ns);
        if lost.is_some() || !guard.is_paused(now_ns) {
            self.set_guard(Some(self.all_markets[index]), Guard::LosingMarkouts, lost.map(|count| Trip::count(count, limit)), sink);
        }
    }

    /// A fill of ours as it happened.
    pub(super) fn count_fill(&mut self, row: &Execution, seq: Option<u64>, sink: &mut Sink) {
        let (params, now_ns) = (self.config.guards.repeat, self.now_ns);
        let Some(market) = self.markets.get_mut(row.market.index()) else { return };
        if let Some(seq) = seq {
            market.sent.filled(seq);
        }
        if self.config.guards.losing_markouts.is_some() {
            let markets = self.all_markets.len();
            self.watch.markouts.resize_with(markets, MarkoutGuard::default);
            self.watch.markouts[row.market.index()].filled(row.side, row.price, now_ns);
        }
        if let Some(count) = market.repeat.filled(row.side, params, now_ns) {
            self.set_guard(Some(row.market), Guard::RepeatedExecution, Some(Trip::count(count, params.fills)), sink);
        }
    }

    pub(super) fn tend_order_cap(&mut self, sink: &mut Sink) {
        let Some(limit) = self.config.guards.max_orders_per_day else { return };
        let placed = self.watch.order_cap.placed(self.venue_ms());
        self.set_guard(None, Guard::OrderCap, (placed >= limit).then(|| Trip::count(placed, limit)), sink);
    }

    /// New orders that the day still holds.
    pub(super) fn orders_left(&mut self) -> usize {
        let venue_ms = self.venue_ms();
        let left = self.config.guards.max_orders_per_day.map(|limit| limit.saturating_sub(self.watch.order_cap.placed(venue_ms)));
        left.map_or(usize::MAX, |left| left as usize)
    }
}
