//! Requests reach the book.

use mm_core::units::{Lots, Side, Ticks};

use super::{Action, Exchange};
use crate::api::{Event, OrderKey, OrderRow, TimeInForce};
use crate::liquidity::{Resting, Trader};

impl Exchange {
    /// A request reaches the book. Its order may have ended on the way: then it changes nothing.
    pub(super) fn arrive(&mut self, action: Action) {
        match action {
            Action::Submit(key) => self.arrive_order(key),
            Action::Cancel(key) => {
                if self.orders.get(key).is_some() {
                    self.liquidity.cancel(self.now_ns, key, &mut self.outbox);
                }
            }
            Action::Amend { key, price, qty } => self.arrive_amend(key, price, qty),
        }
    }

    fn arrive_order(&mut self, key: OrderKey) {
        if !self.cut_on_arrival(key) {
            return;
        }
        let Some(row) = self.orders.get(key).map(|live| &live.row) else { return };
        let tick_lot = self.instruments.get(row.market.index()).map_or(1, |spec| spec.tick_lot.0);
        let order = Resting { spend: row.quote_qty.map(|budget| budget.0 / tick_lot), ..resting(row, false) };
        self.liquidity.submit(self.now_ns, order, &mut self.outbox);
    }

    fn arrive_amend(&mut self, key: OrderKey, price: Ticks, qty: Lots) {
        let stays = !self.options.crossing_amend_ends && self.would_take(key, price);
        let Some(live) = self.orders.get_mut(key) else { return };
        live.amends_under_way = live.amends_under_way.saturating_sub(1);
        if qty <= live.row.cum_qty || stays {
            // Fills overtook it, or it would take and must not: the order stays as it is, and the owner is told so.
            if live.amends_under_way == 0 {
                live.requested = (live.row.price, live.row.qty);
                live.ceiling = live.requested;
            }
            self.events.push(Event::Order(live.row.clone()));
            return;
        }
        let old_price = live.row.price;
        (live.row.price, live.row.qty) = (price, qty);
        if live.amends_under_way == 0 {
            live.ceiling = (price, qty);
        }
        let row = &live.row;
        let (order, rested) = (resting(row, !self.options.size_down_keeps_place), live.rested);
        let watched = rested && self.account_order.first() == Some(&row.uid);
        if let Some(watch) = self.watches.get_mut(order.market.index()).filter(|_| watched) {
            watch.leave(order.side, old_price, key);
            watch.rest(order.side, price, key, order.is_post_only());
        }
        self.touched.push(order.market);
        self.liquidity.amend(self.now_ns, order, &mut self.outbox);
    }

    /// A post-only order that would reach the opposite best at `price`.
    fn would_take(&self, key: OrderKey, price: Ticks) -> bool {
        let Some(row) = self.orders.get(key).map(|live| &live.row).filter(|row| row.time_in_force == TimeInForce::PostOnly) else {
            return false;
        };
        match (row.side, self.liquidity.best(row.market)) {
            (Side::Buy, (_, Some(ask))) => price >= ask,
            (Side::Sell, (Some(bid), _)) => price <= bid,
            _ => false,
        }
    }
}

/// An order as liquidity needs it.
pub(super) fn resting(row: &OrderRow, to_back: bool) -> Resting {
    Resting {
        key: row.key,
        market: row.market,
        side: row.side,
        price: row.price,
        leaves: row.qty - row.cum_qty,
        spend: None,
        to_back,
        time_in_force: row.time_in_force,
        self_match: row.self_match,
        trader: Trader { uid: row.uid, group: row.smp_group },
    }
}
