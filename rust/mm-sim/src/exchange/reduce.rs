//! Reduce-only: such an order never opens or turns a position.
//!
//! It is cut to what the position leaves when it is placed and when it reaches the book. While it rests, the account's orders on its side are
//! walked in the order in which the book would fill them (at one price, reduce-only last): what the position no longer holds is cut off it,
//! and what is cut to nothing is cancelled. So no sweep can fill it past flat.

use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::units::{Lots, Side};

use super::arrive::resting;
use super::orders::Live;
use super::{Exchange, checks};
use crate::api::{ApiError, EndReason, OrderKey, Uid};

impl Exchange {
    /// What a new reduce-only order of `side` may still reduce.
    ///
    /// # Errors
    /// 110017.
    pub(super) fn room_to_reduce(&self, uid: Uid, market: MarketIx, side: Side) -> Result<Lots, ApiError> {
        self.room_but(uid, market, side, None)
    }

    /// The same, one order's own share given back.
    pub(super) fn room_but(&self, uid: Uid, market: MarketIx, side: Side, but: Option<OrderKey>) -> Result<Lots, ApiError> {
        let size = self.position_size(uid, market);
        if size == Lots::ZERO {
            return Err(checks::nothing_to_reduce());
        }
        if size.0.signum() == side.sign() {
            return Err(checks::reduces_wrong_side());
        }
        let others = self.orders.lives(uid).filter(|live| live.row.market == market && live.row.reduce_only && but != Some(live.row.key));
        let taken: i64 = others.map(|live| live.requested.1.0 - live.row.cum_qty.0).sum();
        let room = Lots(size.0.abs() - taken);
        if room > Lots::ZERO { Ok(room) } else { Err(checks::reduces_to_nothing()) }
    }

    /// A reduce-only order reaches the book: cut to what is there to reduce. False if nothing is, and it has ended.
    pub(super) fn cut_on_arrival(&mut self, key: OrderKey) -> bool {
        let Some(live) = self.orders.get(key).filter(|live| live.row.reduce_only) else { return true };
        let (uid, market, side, open) = (live.row.uid, live.row.market, live.row.side, live.row.qty - live.row.cum_qty);
        let size = self.position_size(uid, market);
        let room = if size.0.signum() == -side.sign() { size.abs() } else { Lots::ZERO };
        if room == Lots::ZERO {
            self.end(self.now_ns, key, EndReason::ReduceOnly);
            return false;
        }
        if open > room
            && let Some(live) = self.orders.get_mut(key)
        {
            live.row.qty = live.row.cum_qty + room;
            live.requested.1 = live.row.qty;
        }
        true
    }

    /// Cuts what rests of an account's reduce-only orders to what its position leaves them.
    pub(super) fn even_out(&mut self, uid: Uid, market: MarketIx) {
        if !self.accounts.get(&uid).is_some_and(|account| account.reduces) {
            return;
        }
        let size = self.position_size(uid, market);
        for side in Side::BOTH {
            let mut room = if size.0.signum() == -side.sign() { size.abs() } else { Lots::ZERO };
            for (key, open, reduce_only) in self.in_fill_order(uid, market, side) {
                let keeps = open.min(room);
                if reduce_only && keeps < open {
                    self.cut(key, keeps);
                }
                room -= keeps;
            }
        }
    }

    fn in_fill_order(&self, uid: Uid, market: MarketIx, side: Side) -> Vec<(OrderKey, Lots, bool)> {
        let rests = |live: &&Live| live.rested && live.row.market == market && live.row.side == side;
        let mut resting: Vec<&Live> = self.orders.lives(uid).filter(rests).collect();
        resting.sort_by_key(|live| (-side.sign() * live.row.price.0, live.row.reduce_only, live.row.key));
        resting.iter().map(|live| (live.row.key, live.row.qty - live.row.cum_qty, live.row.reduce_only)).collect()
    }

    fn cut(&mut self, key: OrderKey, keeps: Lots) {
        if keeps == Lots::ZERO {
            self.pull(key, EndReason::ReduceOnly);
            return;
        }
        let Some(live) = self.orders.get_mut(key) else { return };
        live.row.qty = live.row.cum_qty + keeps;
        live.requested.1 = live.requested.1.min(live.row.qty);
        let order = resting(&live.row, false);
        self.liquidity.amend(self.now_ns, order, &mut self.outbox);
    }

    /// The exchange itself takes an order out, wherever it is.
    pub(super) fn pull(&mut self, key: OrderKey, reason: EndReason) {
        let Some(live) = self.orders.get_mut(key) else { return };
        if live.rested {
            live.pulled = reason;
            self.liquidity.cancel(self.now_ns, key, &mut self.outbox);
        } else {
            self.end(self.now_ns, key, reason);
        }
    }
}
