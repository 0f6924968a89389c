//! How long things took: the longest of each kind in one world.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mm_core::ids::{ClientId, ExecId, MarketIx};
use mm_core::orders::OrderState;

/// A cancel should not wait longer for the budget (the project's bound for 99 of 100).
pub const CANCEL_WAIT_NS: i64 = 200_000_000;

/// Stop watches and the longest time that each has shown, in ns.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    unknown_since: BTreeMap<ClientId, i64>,
    unbooked_since: BTreeMap<ExecId, i64>,
    distrusted_since: Vec<Option<i64>>,
    /// How long the budget held cancels back, of those that it did.
    waits_ns: Vec<i64>,
    /// Cancels that left over the trade socket.
    pub cancels: u64,
    /// An order was of unknown fate.
    pub unknown_ns: i64,
    /// An execution had happened and was not booked.
    pub unbooked_ns: i64,
    /// Orders stood at the venue after their book had lost its trust.
    pub pulled_ns: i64,
}

impl Measures {
    pub fn new(markets: usize) -> Self {
        Self { distrusted_since: alloc::vec![None; markets], ..Self::default() }
    }

    pub fn order_moved(&mut self, id: ClientId, to: OrderState, now_ns: i64) {
        self.cancels += u64::from(to == OrderState::PendingCancel);
        if to == OrderState::Unknown {
            self.unknown_since.entry(id).or_insert(now_ns);
        } else if let Some(since) = self.unknown_since.remove(&id) {
            self.unknown_ns = self.unknown_ns.max(now_ns - since);
        }
    }

    /// A new run of the bot knows of no order.
    pub fn renewed(&mut self, now_ns: i64) {
        let longest = self.unknown_since.values().map(|since| now_ns - since).max();
        self.unknown_ns = self.unknown_ns.max(longest.unwrap_or(0));
        self.unknown_since.clear();
    }

    pub fn cancel_waited(&mut self, waited_ns: i64) {
        self.waits_ns.push(waited_ns);
    }

    /// Cancels that waited longer than [`CANCEL_WAIT_NS`], and the longest wait.
    pub fn late_cancels(&self) -> (u64, i64) {
        let late = self.waits_ns.iter().filter(|waited_ns| **waited_ns > CANCEL_WAIT_NS).count();
        (late as u64, self.waits_ns.iter().copied().max().unwrap_or(0))
    }

    pub fn executed(&mut self, id: ExecId, now_ns: i64) {
        self.unbooked_since.insert(id, now_ns);
    }

    pub fn booked(&mut self, id: ExecId, now_ns: i64) {
        if let Some(since) = self.unbooked_since.remove(&id) {
            self.unbooked_ns = self.unbooked_ns.max(now_ns - since);
        }
    }

    pub fn trust(&mut self, market: MarketIx, trusted: bool, now_ns: i64) {
        if let Some(since) = self.distrusted_since.get_mut(market.index()) {
            *since = if trusted { None } else { since.or(Some(now_ns)) };
        }
    }

    /// Stops the watch of a market whose quotes are gone.
    pub fn quoted(&mut self, market: usize, standing: bool, now_ns: i64) {
        if !standing && let Some(since) = self.distrusted_since.get_mut(market).and_then(Option::take) {
            self.pulled_ns = self.pulled_ns.max(now_ns - since);
        }
    }
}
