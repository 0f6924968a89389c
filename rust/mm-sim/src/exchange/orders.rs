//! Every order of every account: open ones by key, by the venue's id and by the client's; recently closed ones by account.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use mm_core::ids::{ClientId, MarketIx, OrderId};
use mm_core::units::{Lots, Ticks};

use crate::api::{EndReason, OrderKey, OrderRef, OrderRow, Uid};

/// Closed orders that stay queryable per account.
pub const MAX_CLOSED_ORDERS: usize = 500;

/// An order that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) row: OrderRow,
    /// True once the book has said so.
    pub(super) rested: bool,
    /// Price and size of the last accepted request, which may still be under way.
    pub(super) requested: (Ticks, Lots),
    /// The highest price and the largest size that it may still come to have: what a spot order locks.
    pub(super) ceiling: (Ticks, Lots),
    pub(super) amends_under_way: u32,
    /// Why it ends where the exchange itself cancels it.
    pub(super) pulled: EndReason,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Orders {
    live: BTreeMap<OrderKey, Live>,
    by_id: BTreeMap<OrderId, OrderKey>,
    by_client: BTreeMap<(Uid, ClientId), OrderKey>,
    /// A client id is used once per account and run. This alone grows with the orders of a run (about 60 bytes each).
    used: BTreeSet<(Uid, ClientId)>,
    active: BTreeMap<(Uid, MarketIx), usize>,
    closed: BTreeMap<Uid, VecDeque<OrderRow>>,
    /// A client id may be used again once its order has ended.
    ids_come_free: bool,
    /// How often an open order may have changed, come or gone.
    changes: u64,
}

impl Orders {
    pub(super) fn new(ids_come_free: bool) -> Self {
        Self { ids_come_free, ..Self::default() }
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn is_used(&self, uid: Uid, client_id: ClientId) -> bool {
        !client_id.is_empty() && self.used.contains(&(uid, client_id))
    }

    pub(super) fn active(&self, uid: Uid, market: MarketIx) -> usize {
        self.active.get(&(uid, market)).copied().unwrap_or(0)
    }

    pub(super) fn insert(&mut self, row: OrderRow) {
        self.changes += 1;
        self.by_id.insert(row.order_id, row.key);
        if !row.client_id.is_empty() {
            self.by_client.insert((row.uid, row.client_id), row.key);
            self.used.insert((row.uid, row.client_id));
        }
        *self.active.entry((row.uid, row.market)).or_insert(0) += 1;
        let requested = (row.price, row.qty);
        self.live.insert(row.key, Live { row, rested: false, requested, ceiling: requested, amends_under_way: 0, pulled: EndReason::User });
    }

    pub(super) fn get(&self, key: OrderKey) -> Option<&Live> {
        self.live.get(&key)
    }

    pub(super) fn get_mut(&mut self, key: OrderKey) -> Option<&mut Live> {
        self.changes += 1;
        self.live.get_mut(&key)
    }

    /// The open order that an account names.
    pub(super) fn resolve(&self, uid: Uid, order: &OrderRef) -> Option<&Live> {
        let key = match order {
            OrderRef::Venue(id) => self.by_id.get(id),
            OrderRef::Client(id) => self.by_client.get(&(uid, *id)),
        };
        self.live.get(key?).filter(|live| live.row.uid == uid)
    }

    /// Takes an ended order out; it stays queryable among the closed ones.
    pub(super) fn close(&mut self, key: OrderKey) -> Option<Live> {
        let live = self.live.remove(&key)?;
        self.changes += 1;
        let row = &live.row;
        self.by_id.remove(&row.order_id);
        self.by_client.remove(&(row.uid, row.client_id));
        if self.ids_come_free {
            self.used.remove(&(row.uid, row.client_id));
        }
        if let Some(count) = self.active.get_mut(&(row.uid, row.market)) {
            *count = count.saturating_sub(1);
        }
        self.insert_closed(row.clone());
        Some(live)
    }

    /// Adds an order that has ended already.
    pub(super) fn insert_closed(&mut self, row: OrderRow) {
        let closed = self.closed.entry(row.uid).or_default();
        if closed.len() >= MAX_CLOSED_ORDERS {
            closed.pop_back();
        }
        closed.push_front(row);
    }

    /// Orders of an account that have not ended, newest first.
    pub(super) fn lives(&self, uid: Uid) -> impl Iterator<Item = &Live> {
        self.live.values().rev().filter(move |live| live.row.uid == uid)
    }

    /// Open orders of an account, newest first.
    pub(super) fn open(&self, uid: Uid) -> impl Iterator<Item = &OrderRow> {
        self.lives(uid).map(|live| &live.row)
    }

    /// Closed orders of an account, the last closed first.
    pub(super) fn closed(&self, uid: Uid) -> impl Iterator<Item = &OrderRow> {
        self.closed.get(&uid).into_iter().flatten()
    }
}
