//! Requests that have left and have no answer yet. Bounded by the budget: nothing stays longer than its time-out.

use alloc::vec::Vec;

use super::budget::Lane;
use crate::ids::{ClientId, ConnId, MarketIx, ReqId};
use crate::output::Query;

/// What an order request carries, in the order of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderAction {
    Place,
    Amend,
    Cancel,
}

/// Why a query was asked: decides what a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Instruments and fees before anything else.
    Boot,
    /// A stage of recovery number so-and-so.
    Recovery(u32),
    /// The fate of one order, or executions that are owed: asked anew as long as the need lasts.
    Chase,
    /// Cancels while the trade socket is down: likewise.
    Pull,
    /// What the streams should have told anyway: asked anew when its time comes round.
    Canary,
    /// Periodic refresh.
    Refresh,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Orders { conn: ConnId, action: OrderAction, market: MarketIx, ids: Vec<ClientId> },
    Query { query: Query, purpose: Purpose },
}

/// One request in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlight {
    pub asked: Asked,
    pub lane: Lane,
    pub sent_ns: i64,
    pub deadline_ns: i64,
    /// How often this query has failed before.
    pub failures: u32,
}

/// All requests in flight, in order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    last: u64,
    rows: Vec<(ReqId, InFlight)>,
}

impl Requests {
    /// Enters a request and numbers it.
    pub fn enter(&mut self, request: InFlight) -> ReqId {
        self.last += 1;
        let id = ReqId(self.last);
        self.rows.push((id, request));
        id
    }

    fn place(&self, id: ReqId) -> Option<usize> {
        self.rows.binary_search_by_key(&id, |row| row.0).ok()
    }

    /// The query behind a number: what the codec needs to read its answer.
    #[must_use]
    pub fn query(&self, id: ReqId) -> Option<&Query> {
        match &self.rows[self.place(id)?].1.asked {
            Asked::Query { query, .. } => Some(query),
            Asked::Orders { .. } => None,
        }
    }

    /// Takes an answered request out; `None` for a second or unknown answer.
    pub fn answered(&mut self, id: ReqId) -> Option<InFlight> {
        self.place(id).map(|at| self.rows.remove(at).1)
    }

    /// Takes out everything whose time is over.
    pub fn expired(&mut self, now_ns: i64) -> Vec<(ReqId, InFlight)> {
        self.rows.extract_if(.., |(_, row)| row.deadline_ns <= now_ns).collect()
    }

    /// Takes out every order request that left on a socket which is gone.
    pub fn lost(&mut self, gone: ConnId) -> Vec<(ReqId, InFlight)> {
        let on_it = |row: &InFlight| matches!(row.asked, Asked::Orders { conn, .. } if conn == gone);
        self.rows.extract_if(.., |(_, row)| on_it(row)).collect()
    }

    /// The earliest time-out.
    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        self.rows.iter().map(|(_, row)| row.deadline_ns).min()
    }

    /// True while a query that `wanted` picks is in flight.
    pub fn asks(&self, wanted: impl Fn(&Query, Purpose) -> bool) -> bool {
        self.rows.iter().any(|(_, row)| matches!(&row.asked, Asked::Query { query, purpose } if wanted(query, *purpose)))
    }

    /// True while a request for this order is in flight.
    #[must_use]
    pub fn carries(&self, id: &ClientId) -> bool {
        self.rows.iter().any(|(_, row)| matches!(&row.asked, Asked::Orders { ids, .. } if ids.contains(id)))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
