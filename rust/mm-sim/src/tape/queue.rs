//! Our orders on a recorded book, and when they fill: the risk-averse queue.
//!
//! Ahead of a new order stands everything displayed at its price. Only prints of the opposite taker side at exactly that price move it
//! forward: size that vanishes without a print is taken to have stood behind us. What a print leaves over once the queue ahead is used up
//! fills us, oldest order first, each lot of a print once. A print through our price fills us whole, at our price. Nothing else fills.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mm_core::units::{Lots, Side, Ticks};

use super::book::{RecordedBook, price, rank};
use crate::api::{FillReason, OrderKey, TradeRow};
use crate::liquidity::{Resting, Trader};

/// A resting order of ours.
#[derive(Clone, Copy, Debug)]
struct Own {
    key: OrderKey,
    trader: Trader,
    leaves: Lots,
    /// Recorded size that trades before us; `None` while the recording does not show our level, and then no print at our price fills us.
    ahead: Option<Lots>,
}

/// What a print or a taker took from one of our orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fill {
    pub key: OrderKey,
    pub price: Ticks,
    pub qty: Lots,
    pub reason: FillReason,
}

/// All our orders of one market, per side by rank of price, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnOrders {
    sides: [BTreeMap<i64, Vec<Own>>; 2],
    places: BTreeMap<OrderKey, (Side, Ticks)>,
}

impl OwnOrders {
    /// Puts an order behind everything displayed at its price.
    pub(super) fn join(&mut self, order: &Resting, leaves: Lots, book: &RecordedBook) {
        let Resting { key, side, price: at, trader, .. } = *order;
        let own = Own { key, trader, leaves, ahead: book.displayed(side, at) };
        self.sides[side.index()].entry(rank(side, at)).or_default().push(own);
        self.places.insert(key, (side, at));
    }

    /// The orders of a trader on one side up to the price `limit`, best first, oldest first, with the rank of their price.
    pub(super) fn of(&self, trader: Trader, side: Side, limit: Ticks) -> impl Iterator<Item = (i64, OrderKey)> {
        let levels = self.sides[side.index()].range(..=rank(side, limit));
        levels.flat_map(move |(level, queue)| queue.iter().filter(move |own| own.trader.is_same(trader)).map(move |own| (*level, own.key)))
    }

    /// Takes an order out; false if it is not here.
    pub(super) fn leave(&mut self, key: OrderKey) -> bool {
        let Some((side, at)) = self.places.remove(&key) else { return false };
        let levels = &mut self.sides[side.index()];
        if let Some(queue) = levels.get_mut(&rank(side, at)) {
            queue.retain(|own| own.key != key);
            if queue.is_empty() {
                levels.remove(&rank(side, at));
            }
        }
        true
    }

    /// Where an order rests and how much of it is open.
    pub(super) fn find(&self, key: OrderKey) -> Option<(Side, Ticks, Lots)> {
        let (side, at) = *self.places.get(&key)?;
        let queue = self.sides[side.index()].get(&rank(side, at))?;
        queue.iter().find(|own| own.key == key).map(|own| (side, at, own.leaves))
    }

    /// Reduces the open size in place.
    pub(super) fn shrink(&mut self, key: OrderKey, leaves: Lots) {
        let Some(&(side, at)) = self.places.get(&key) else { return };
        let queue = self.sides[side.index()].get_mut(&rank(side, at));
        queue.into_iter().flatten().filter(|own| own.key == key).for_each(|own| own.leaves = leaves);
    }

    /// Queues at their level's back the orders whose level the recording has only now come to show.
    pub(super) fn learn(&mut self, book: &RecordedBook) {
        for side in Side::BOTH {
            for (level, queue) in &mut self.sides[side.index()] {
                for own in queue.iter_mut().filter(|own| own.ahead.is_none()) {
                    own.ahead = book.displayed(side, price(side, *level));
                }
            }
        }
    }

    /// Total open size at each price of a side, best first.
    pub(super) fn sizes(&self, side: Side) -> impl Iterator<Item = (Ticks, Lots)> {
        let total = |queue: &Vec<Own>| Lots(queue.iter().map(|own| own.leaves.0).sum());
        self.sides[side.index()].iter().map(move |(level, queue)| (price(side, *level), total(queue)))
    }

    /// A recorded print. Off-book prints (block, RPI) must not be passed.
    pub(super) fn print(&mut self, trade: &TradeRow, fills: &mut Vec<Fill>) {
        let side = trade.side.opposite();
        let printed = rank(side, trade.price);
        let levels = &mut self.sides[side.index()];
        let through: Vec<i64> = levels.range(..printed).map(|(level, _)| *level).collect();
        for level in through {
            for own in levels.remove(&level).unwrap_or_default() {
                self.places.remove(&own.key);
                fills.push(Fill { key: own.key, price: price(side, level), qty: own.leaves, reason: FillReason::TapeThrough });
            }
        }
        let Some(queue) = levels.get_mut(&printed) else { return };
        let (mut left, mut used_ahead) = (trade.qty, Lots::ZERO);
        for own in queue.iter_mut() {
            let Some(ahead) = own.ahead else { continue };
            // What stood before an older order of ours stands before this one too: it is used once for both.
            let step = (ahead - used_ahead).max(Lots::ZERO).min(left);
            used_ahead += step;
            left -= step;
            own.ahead = Some((ahead - used_ahead).max(Lots::ZERO));
            if own.ahead == Some(Lots::ZERO) {
                left -= take_from(own, left, trade.price, FillReason::TapeQueue, fills);
            }
        }
        self.drop_filled(side, printed);
    }

    /// A seeded taker at one of our levels: oldest first, up to `qty`. Returns what it took.
    pub(super) fn hit(&mut self, side: Side, at: Ticks, qty: Lots, fills: &mut Vec<Fill>) -> Lots {
        let mut left = qty;
        for own in self.sides[side.index()].get_mut(&rank(side, at)).into_iter().flatten() {
            left -= take_from(own, left, at, FillReason::TakerSeed, fills);
        }
        self.drop_filled(side, rank(side, at));
        qty - left
    }

    fn drop_filled(&mut self, side: Side, level: i64) {
        let levels = &mut self.sides[side.index()];
        let Some(queue) = levels.get_mut(&level) else { return };
        queue.iter().filter(|own| own.leaves == Lots::ZERO).for_each(|own| {
            self.places.remove(&own.key);
        });
        queue.retain(|own| own.leaves > Lots::ZERO);
        if queue.is_empty() {
            levels.remove(&level);
        }
    }
}

fn take_from(own: &mut Own, left: Lots, at: Ticks, reason: FillReason, fills: &mut Vec<Fill>) -> Lots {
    let qty = own.leaves.min(left);
    if qty > Lots::ZERO {
        own.leaves -= qty;
        fills.push(Fill { key: own.key, price: at, qty, reason });
    }
    qty
}
