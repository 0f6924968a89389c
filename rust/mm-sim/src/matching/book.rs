//! A price-time book: best price first, within a price first come first served. An operation costs a look-up of its price and what stands there.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mm_core::units::{Lots, Side, Ticks};

use super::pages::Pages;
use crate::api::OrderKey;

/// Whose order it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A background trader's, by its slot.
    Background(u64),
    /// An account's.
    Account(OrderKey),
}

/// One resting order met by a taker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    pub maker: Owner,
    pub price: Ticks,
    pub qty: Lots,
    /// The resting order is used up and gone.
    pub done: bool,
}

/// What a taker still wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    pub side: Side,
    pub limit: Ticks,
    pub qty: Lots,
    /// What it may still spend, in ticks × lots; `None` if only the size counts.
    pub spend: Option<i128>,
}

impl Demand {
    /// How much it takes at a price.
    #[must_use]
    pub fn at(&self, price: Ticks) -> Lots {
        let affordable = self.spend.map_or(i64::MAX, |spend| i64::try_from(spend / i128::from(price.0.max(1))).unwrap_or(i64::MAX));
        self.qty.min(Lots(affordable))
    }

    /// It got this much at a price.
    pub fn take(&mut self, price: Ticks, qty: Lots) {
        self.qty -= qty;
        self.spend = self.spend.map(|spend| spend - i128::from(price.0) * i128::from(qty.0));
    }
}

/// Where an order stands.
type Place = (Side, Ticks);

/// One market's resting orders.
#[derive(Clone, Debug, Default)]
pub struct Book {
    sides: [Pages; 2],
    /// By slot.
    background: Vec<Option<Place>>,
    accounts: BTreeMap<OrderKey, Place>,
}

impl Book {
    /// Appends an order to the queue of its price; an owner's former order is replaced. Sizes ≤ 0 are ignored.
    pub fn insert(&mut self, owner: Owner, side: Side, price: Ticks, qty: Lots) {
        self.remove(owner);
        if qty <= Lots::ZERO {
            return;
        }
        self.sides[side.index()].push(price, owner, qty);
        self.put(owner, (side, price));
    }

    fn put(&mut self, owner: Owner, place: Place) {
        match owner {
            Owner::Account(key) => {
                self.accounts.insert(key, place);
            }
            Owner::Background(slot) => {
                let at = usize::try_from(slot).unwrap_or(usize::MAX);
                if self.background.len() <= at {
                    self.background.resize(at + 1, None);
                }
                self.background[at] = Some(place);
            }
        }
    }

    fn place(&self, owner: Owner) -> Option<Place> {
        match owner {
            Owner::Account(key) => self.accounts.get(&key).copied(),
            Owner::Background(slot) => self.background.get(usize::try_from(slot).ok()?).copied().flatten(),
        }
    }

    fn take_place(&mut self, owner: Owner) -> Option<Place> {
        match owner {
            Owner::Account(key) => self.accounts.remove(&key),
            Owner::Background(slot) => self.background.get_mut(usize::try_from(slot).ok()?).and_then(Option::take),
        }
    }

    /// Takes an order out; false if there is none.
    pub fn remove(&mut self, owner: Owner) -> bool {
        let Some((side, price)) = self.take_place(owner) else { return false };
        self.sides[side.index()].take(price, owner);
        true
    }

    /// Makes an order smaller where it stands, keeping its place; false if it is not there or would not shrink to something positive.
    pub fn shrink(&mut self, owner: Owner, qty: Lots) -> bool {
        let Some((side, price)) = self.place(owner) else { return false };
        let Some(level) = self.sides[side.index()].get_mut(price) else { return false };
        let Some((_, open)) = level.at(owner).and_then(|at| level.queue.get_mut(at)) else { return false };
        if qty <= Lots::ZERO || qty > *open {
            return false;
        }
        level.total -= *open - qty;
        *open = qty;
        true
    }

    /// Price and open size of an order.
    #[must_use]
    pub fn find(&self, owner: Owner) -> Option<(Side, Ticks, Lots)> {
        let (side, price) = self.place(owner)?;
        let level = self.sides[side.index()].get(price)?;
        Some((side, price, level.queue.get(level.at(owner)?)?.1))
    }

    /// Highest bid or lowest ask.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Ticks> {
        let levels = &self.sides[side.index()];
        match side {
            Side::Buy => levels.highest(),
            Side::Sell => levels.lowest(),
        }
    }

    /// Whether an order of `side` at `price` would meet the opposite best; exact touch counts.
    #[must_use]
    pub fn crosses(&self, side: Side, price: Ticks) -> bool {
        self.best(side.opposite()).is_some_and(|best| within(side, best, price))
    }

    /// Appends up to `count` best levels of a side, best first, as (price, total size).
    pub fn levels(&self, side: Side, count: usize, out: &mut Vec<(Ticks, Lots)>) {
        self.sides[side.index()].totals(side, count, out);
    }

    /// The orders on the opposite side that a taker of `side` with `limit` could meet, with their open size, in price-time order.
    pub fn reachable(&self, side: Side, limit: Ticks, out: &mut Vec<(Owner, Lots)>) {
        let levels = &self.sides[side.opposite().index()];
        let reached = |(price, _): &(Ticks, _)| within(side, *price, limit);
        match side {
            Side::Buy => levels.rising().take_while(reached).for_each(|(_, level)| out.extend_from_slice(&level.queue)),
            Side::Sell => levels.falling().take_while(reached).for_each(|(_, level)| out.extend_from_slice(&level.queue)),
        }
    }

    /// Trades a taker of `side` against the book up to `limit`, price-time; returns what is left of it.
    pub fn execute(&mut self, side: Side, limit: Ticks, qty: Lots, fills: &mut Vec<Fill>) -> Lots {
        let mut demand = Demand { side, limit, qty, spend: None };
        self.execute_until(&mut demand, |_| false, fills);
        demand.qty
    }

    /// The same, but stops before an order that `stops` names, and returns it. What is left stays in `demand`.
    pub fn execute_until(&mut self, demand: &mut Demand, stops: impl Fn(Owner) -> bool, fills: &mut Vec<Fill>) -> Option<Owner> {
        let resting = demand.side.opposite();
        while let Some(price) = self.best(resting).filter(|best| within(demand.side, *best, demand.limit)) {
            let wanted = demand.at(price);
            if wanted <= Lots::ZERO {
                break;
            }
            let (maker, open) = self.front(resting, price)?;
            if stops(maker) {
                return Some(maker);
            }
            let traded = wanted.min(open);
            demand.take(price, traded);
            let done = traded == open;
            if done {
                self.remove(maker);
            } else {
                self.shrink(maker, open - traded);
            }
            fills.push(Fill { maker, price, qty: traded, done });
        }
        None
    }

    fn front(&self, side: Side, price: Ticks) -> Option<(Owner, Lots)> {
        self.sides[side.index()].get(price)?.queue.first().copied()
    }
}

/// A taker of `side` with `limit` reaches `price`.
fn within(side: Side, price: Ticks, limit: Ticks) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}
