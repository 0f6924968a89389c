//! What a taker does to a book: prints, fills of accounts on either side, orders of one trader that meet, and what is left of it.

use alloc::vec::Vec;

use mm_core::units::{Lots, Side};

use super::book::{Demand, Fill, Owner};
use super::{Matching, ms};
use crate::api::{Event, FillReason, OrderKey, SelfMatch, TimeInForce};
use crate::liquidity::{Happening, Outbox, Resting};

/// Who trades with the book.
#[derive(Clone, Copy)]
pub(super) struct Taker {
    pub(super) side: Side,
    pub(super) key: Option<OrderKey>,
    /// Why accounts' resting orders fill.
    pub(super) reason: FillReason,
}

impl Matching {
    /// A taker's trades: prints, fills of accounts on either side, and homes given up.
    pub(super) fn settle(&mut self, now_ns: i64, at: usize, taker: Taker, fills: &[Fill], out: &mut Outbox) {
        let Some(market) = self.markets.get_mut(at).filter(|_| !fills.is_empty()) else { return };
        let mut rows = Vec::with_capacity(fills.len());
        for fill in fills {
            let seq = market.next_seq(now_ns);
            rows.push(market.print(now_ns, taker.side, fill, seq));
            let (price, qty) = (fill.price, fill.qty);
            let mut tell = |key, is_maker, reason| {
                out.happenings.push((now_ns, Happening::Filled { key, price, qty, is_maker, reason, seq }));
            };
            if let Owner::Account(key) = fill.maker {
                tell(key, true, taker.reason);
                if fill.done {
                    self.homes.remove(&key);
                }
            }
            if let Some(key) = taker.key {
                tell(key, false, FillReason::Matched);
            }
        }
        out.market.push(Event::Trades { market: market.index, publish_ms: ms(now_ns), trades: rows });
    }

    /// Trades an account's order against the book; what is left rests, if it may. True if something rests.
    pub(super) fn enter(&mut self, now_ns: i64, order: Resting, out: &mut Outbox) -> bool {
        let key = order.key;
        if order.time_in_force == TimeInForce::Fok && !self.fills_whole(&order) {
            out.happenings.push((now_ns, Happening::Unfilled { key }));
            return false;
        }
        let Some(left) = self.trade(now_ns, &order, out).filter(|left| *left > Lots::ZERO) else { return false };
        if !order.may_rest() {
            out.happenings.push((now_ns, Happening::Unfilled { key }));
            return false;
        }
        let Some(market) = self.markets.get_mut(order.market.index()) else { return false };
        market.book.insert(Owner::Account(key), order.side, order.price, left);
        market.next_seq(now_ns);
        self.homes.insert(key, (order.market, order.trader));
        true
    }

    /// Trades until the limit, the size or an order of the same trader ends it. What is left; `None` if that order ended it.
    fn trade(&mut self, now_ns: i64, order: &Resting, out: &mut Outbox) -> Option<Lots> {
        let at = order.market.index();
        let mut demand = Demand { side: order.side, limit: order.price, qty: order.leaves, spend: order.spend };
        let taker = Taker { side: order.side, key: Some(order.key), reason: FillReason::Matched };
        loop {
            let (homes, mut fills) = (&self.homes, Vec::new());
            let stops = |owner| order.self_match != SelfMatch::Allow && is_own(homes, order, owner);
            let met = self.markets.get_mut(at)?.book.execute_until(&mut demand, stops, &mut fills);
            self.settle(now_ns, at, taker, &fills, out);
            let Some(Owner::Account(met)) = met else { return Some(demand.qty) };
            if order.self_match != SelfMatch::CancelTaker {
                self.leave(now_ns, met);
                out.happenings.push((now_ns, Happening::SelfMatched { key: met, counter: order.key }));
            }
            if order.self_match != SelfMatch::CancelMaker {
                out.happenings.push((now_ns, Happening::SelfMatched { key: order.key, counter: met }));
                return None;
            }
        }
    }

    /// Whether a fill-or-kill order finds all of its size.
    fn fills_whole(&self, order: &Resting) -> bool {
        let mut met = Vec::new();
        if let Some(market) = self.get(order.market) {
            market.book.reachable(order.side, order.price, &mut met);
        }
        let mut left = order.leaves;
        for (owner, open) in met {
            let own = order.self_match != SelfMatch::Allow && is_own(&self.homes, order, owner);
            match order.self_match {
                SelfMatch::CancelMaker if own => continue,
                _ if own => break,
                _ => left -= open.min(left),
            }
        }
        left == Lots::ZERO
    }

    /// Takes an account's order out of its book; false if it does not rest.
    pub(super) fn leave(&mut self, now_ns: i64, key: OrderKey) -> bool {
        let market = self.homes.remove(&key).and_then(|home| self.markets.get_mut(home.0.index()));
        let Some(market) = market else { return false };
        market.next_seq(now_ns);
        market.book.remove(Owner::Account(key))
    }
}

fn is_own(homes: &super::Homes, order: &Resting, owner: Owner) -> bool {
    match owner {
        Owner::Account(key) => homes.get(&key).is_some_and(|home| home.1.is_same(order.trader)),
        Owner::Background(_) => false,
    }
}
