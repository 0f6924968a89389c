//! What the engine asks of the world. Imperative: do this.

use alloc::string::String;
use alloc::vec::Vec;

use crate::ids::{ClientId, ConnId, MarketIx, ReqId};
use crate::input::StreamRole;
use crate::risk::Approved;
use crate::units::{Lots, Side, Ticks};

/// A new post-only limit order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    pub market: MarketIx,
    pub client_id: ClientId,
    pub side: Side,
    pub price: Ticks,
    pub qty: Lots,
}

/// New total size and price of a working order; what does not change is `None` and is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmendOrder {
    pub market: MarketIx,
    pub client_id: ClientId,
    pub price: Option<Ticks>,
    pub qty: Option<Lots>,
}

/// A cancel by our own id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelOrder {
    pub market: MarketIx,
    pub client_id: ClientId,
}

/// Orders of one kind and one category that travel in one request (one: plain op, several: batch op).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderCommand {
    Place(Vec<NewOrder>),
    Amend(Vec<AmendOrder>),
    Cancel(Vec<CancelOrder>),
}

impl OrderCommand {
    /// How many orders it carries.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            OrderCommand::Place(rows) => rows.len(),
            OrderCommand::Amend(rows) => rows.len(),
            OrderCommand::Cancel(rows) => rows.len(),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A question or an account-wide action over signed HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    Instrument(MarketIx),
    FeeRate(MarketIx),
    OpenOrders {
        market: MarketIx,
        cursor: String,
    },
    /// Open or recently closed, by our id.
    OrderByClientId {
        market: MarketIx,
        client_id: ClientId,
    },
    Executions {
        market: MarketIx,
        start_ms: i64,
        cursor: String,
    },
    Position(MarketIx),
    Wallet,
    CancelAll(MarketIx),
    /// One order of ours, where others' orders must stay.
    CancelOrder {
        market: MarketIx,
        client_id: ClientId,
    },
    /// Margin mode and kind of the account.
    AccountInfo,
    /// What the key of this run may do.
    ApiKey,
    Dcp,
    SystemStatus,
    ServerTime,
}

/// What one subscribe request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topics {
    /// The book at this depth, depth 1 as a sign of life, trades and ticker of a market.
    Market { market: MarketIx, depth: u16 },
    /// Orders, executions, positions and wallet of the account.
    Account,
}

/// One thing for the transports to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a socket; authenticate it where the role needs it, then report `StreamUp`.
    Connect {
        conn: ConnId,
        role: StreamRole,
    },
    Close {
        conn: ConnId,
    },
    /// Subscribe to what the role carries.
    Subscribe {
        conn: ConnId,
        topics: Topics,
    },
    /// The book's chain is broken: drop its topic and take it anew, which begins with a snapshot.
    Resync {
        conn: ConnId,
        market: MarketIx,
        depth: u16,
    },
    Ping {
        conn: ConnId,
    },
    /// Orders on the trade socket: only what risk has approved can be written down here.
    Order {
        conn: ConnId,
        req_id: ReqId,
        command: Approved,
    },
    Query {
        req_id: ReqId,
        query: Query,
    },
    /// Ask the strategy outside the core for its quotes of a market as it is now, and answer with this number.
    DecisionDue {
        decision_seq: u64,
        market: MarketIx,
    },
}
