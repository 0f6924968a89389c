//! Liveness: what must be true again once nothing fails any more, and what an ordered stop must leave behind.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use mm_core::ids::{ClientId, MarketIx};
use mm_core::orders::OrderState;
use mm_core::units::{Lots, Side};

use super::World;
use crate::door::TRADED;

impl World {
    /// No order of unknown fate, our set of open orders is the venue's, every execution is booked, and quotes stand on each side
    /// that inventory leaves room for.
    pub(super) fn is_settled(&self) -> bool {
        self.auditor.is_even() && self.same_orders() && self.markets.iter().all(|market| self.quotes(*market))
    }

    fn known(&self) -> Option<BTreeSet<ClientId>> {
        let mut ids = BTreeSet::new();
        for (_, order) in self.bot.engine().orders().iter().filter(|(_, order)| !order.state.is_terminal()) {
            if order.state != OrderState::Working {
                return None;
            }
            ids.insert(order.client_id);
        }
        Some(ids)
    }

    fn same_orders(&self) -> bool {
        let venue: BTreeSet<ClientId> = self.door.exchange().open_orders(TRADED).map(|row| row.client_id).collect();
        self.known().is_some_and(|known| known == venue)
    }

    fn quotes(&self, market: MarketIx) -> bool {
        let engine = self.bot.engine();
        let Some(row) = engine.market(market) else { return false };
        let Some(terms) = row.terms.as_ref() else { return false };
        let stands = |side: Side| engine.orders().of(market).iter().any(|order| order.side == side && order.state == OrderState::Working);
        let room = |side: Side| Lots(row.position().0 * side.sign()) + terms.order_qty <= terms.limits.max_position;
        row.is_trusted() && Side::BOTH.into_iter().all(|side| stands(side) || !room(side))
    }

    /// Why the world has not settled, for the report.
    pub(super) fn unsettled(&self) -> String {
        let engine = self.bot.engine();
        let states: alloc::vec::Vec<_> = engine.orders().iter().map(|(market, order)| (market.0, order.client_id, order.state)).collect();
        let venue: alloc::vec::Vec<_> = self.door.exchange().open_orders(TRADED).map(|row| (row.market.0, row.client_id)).collect();
        let trusted: alloc::vec::Vec<bool> =
            self.markets.iter().filter_map(|market| engine.market(*market)).map(mm_core::market::Market::is_trusted).collect();
        format!(
            "not settled: executions not booked {:?}, trusted {trusted:?}, bot's orders {states:?}, venue's {venue:?}, requests in flight {}",
            self.auditor.missing(),
            engine.requests().len(),
        )
    }

    /// After the ordered stop: verified clean, nothing open at the venue, everything booked.
    pub(super) fn check_stop(&mut self, ended: bool) -> Result<(), String> {
        if !ended {
            return Err(format!("the stop did not end: {}", self.unsettled()));
        }
        if self.stopped_clean != Some(true) {
            return Err("the stop ended unclean".into());
        }
        self.auditor.look(self.door.exchange());
        let left = self.door.exchange().open_orders(TRADED).count();
        if left > 0 {
            return Err(format!("{left} orders are open after a clean stop"));
        }
        if !self.auditor.is_even() {
            return Err("executions are missing after a clean stop".into());
        }
        self.auditor.violation().map_or(Ok(()), |what| Err(what.into()))
    }
}
