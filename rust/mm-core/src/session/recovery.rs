//! The one recovery path: start, reconnect, crash and the ordered stop all walk these stages.
//!
//! ```text
//! Cancelling → Listing ─┬─ something open ─→ Cancelling (again)
//!                       └─ nothing open ──→ Resolving → Executions → Positions ─┬─ equal ───→ Done
//!                                              ↑        └── differs: Executions (again) ──┘
//! ```
//! A stage is over when none of its queries is pending or in flight. What the answers say is folded by the engine through the same
//! order table and ledger as the stream; this machine only knows what to ask next.

use alloc::string::String;
use alloc::vec::Vec;

use crate::ids::{Category, MarketIx};
use crate::output::Query;

/// Pause before the venue is asked the same thing again.
pub const RETRY_NS: i64 = 200_000_000;

/// How far a recovery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Take every order of ours off the venue.
    Cancelling,
    /// Ask what is still open; until nothing is.
    Listing,
    /// Wait until the fate of each order in our table is known.
    Resolving,
    /// Read all executions since we were last certain.
    Executions,
    /// Compare positions with what the executions say.
    Positions,
    Done,
}

impl Stage {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Cancelling => "cancelling",
            Stage::Listing => "listing",
            Stage::Resolving => "resolving",
            Stage::Executions => "executions",
            Stage::Positions => "positions",
            Stage::Done => "done",
        }
    }
}

/// What the engine knows when a stage is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Findings {
    /// A listing showed an open order.
    pub open_listed: bool,
    /// Every order in our table is terminal.
    pub all_resolved: bool,
    /// Every venue position equals the ledger's.
    pub positions_equal: bool,
}

/// One recovery from start to done.
#[derive(Clone, Debug)]
pub struct Recovery {
    pub epoch: u32,
    pub stage: Stage,
    pub since_ns: i64,
    /// Executions older than this have been applied for certain.
    pub executions_since_ms: i64,
    /// No ledger is open yet: holdings are read before the executions too.
    opening: bool,
}

impl Recovery {
    /// Begins an epoch, the first (`opening`: no ledger is open yet) or a later one; returns its first queries.
    #[must_use]
    pub fn begin(
        (epoch, opening): (u32, bool),
        now_ns: i64,
        executions_since_ms: i64,
        markets: &[(MarketIx, Category)],
    ) -> (Self, Vec<Query>) {
        let recovery = Self { epoch, stage: Stage::Cancelling, since_ns: now_ns, executions_since_ms, opening };
        let queries = recovery.queries(markets);
        (recovery, queries)
    }

    /// The stage is over: goes on to the next and returns its queries, and whether they must wait [`RETRY_NS`].
    pub fn advance(&mut self, found: Findings, markets: &[(MarketIx, Category)]) -> (Vec<Query>, bool) {
        let (next, again) = match self.stage {
            Stage::Cancelling => (Stage::Listing, false),
            Stage::Listing if found.open_listed => (Stage::Cancelling, true),
            Stage::Listing => (Stage::Resolving, false),
            Stage::Resolving if found.all_resolved => (Stage::Executions, false),
            Stage::Resolving => (Stage::Resolving, true),
            Stage::Executions => (Stage::Positions, false),
            Stage::Positions if found.positions_equal => (Stage::Done, false),
            Stage::Positions => (Stage::Executions, true),
            Stage::Done => (Stage::Done, false),
        };
        self.stage = next;
        (self.queries(markets), again)
    }

    fn queries(&self, markets: &[(MarketIx, Category)]) -> Vec<Query> {
        let start_ms = self.executions_since_ms;
        let each = |make: fn(MarketIx, i64) -> Query| markets.iter().map(|(market, _)| make(*market, start_ms)).collect();
        match self.stage {
            Stage::Cancelling => each(|market, _| Query::CancelAll(market)),
            Stage::Listing => {
                let mut queries = each(|market, _| Query::OpenOrders { market, cursor: String::new() });
                if self.opening {
                    queries.extend(holdings(markets));
                }
                queries
            }
            Stage::Executions => each(|market, start_ms| Query::Executions { market, start_ms, cursor: String::new() }),
            Stage::Positions => holdings(markets).collect(),
            Stage::Resolving | Stage::Done => Vec::new(),
        }
    }
}

/// A spot holding is a coin of the wallet.
fn holdings(markets: &[(MarketIx, Category)]) -> impl Iterator<Item = Query> {
    let positions = markets.iter().filter(|(_, category)| *category == Category::Linear);
    positions.map(|(market, _)| Query::Position(*market)).chain([Query::Wallet])
}
