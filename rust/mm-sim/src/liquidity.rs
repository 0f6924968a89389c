//! The seam between the exchange (accounts, life cycle) and where fills come from: a matching book or a recorded tape.

use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::instrument::Instrument;
use mm_core::units::{Lots, Side, Ticks};

use crate::api::{Event, FillReason, OrderKey, SelfMatch, TimeInForce, Uid};

/// What is due then is never due.
pub(crate) const NEVER_NS: i64 = i64::MAX;

/// Whose order it is: an account, and the self-match group it was in when it placed the order (0: none).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trader {
    pub uid: Uid,
    pub group: u32,
}

impl Trader {
    /// Whether the two must not trade with each other unless they say so.
    #[must_use]
    pub fn is_same(self, other: Trader) -> bool {
        self.uid == other.uid || self.group != 0 && self.group == other.group
    }
}

/// An account's order as liquidity needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    pub key: OrderKey,
    pub market: MarketIx,
    pub side: Side,
    pub price: Ticks,
    /// Open size.
    pub leaves: Lots,
    /// It trades for no more than this in ticks × lots, whatever is open.
    pub spend: Option<i128>,
    /// An amend loses its place in the queue, whatever it changes.
    pub to_back: bool,
    pub time_in_force: TimeInForce,
    pub self_match: SelfMatch,
    pub trader: Trader,
}

impl Resting {
    /// Post-only orders never take.
    #[must_use]
    pub fn is_post_only(&self) -> bool {
        self.time_in_force == TimeInForce::PostOnly
    }

    /// An amend that keeps the price, and no more than what is `open`, keeps its place.
    #[must_use]
    pub fn keeps_place(&self, price: Ticks, open: Lots) -> bool {
        !self.to_back && price == self.price && self.leaves <= open
    }

    /// What is left of it after taking what it could stays in the book.
    #[must_use]
    pub fn may_rest(&self) -> bool {
        matches!(self.time_in_force, TimeInForce::Gtc | TimeInForce::PostOnly)
    }
}

/// What happened to an account's order inside liquidity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It rests in the book.
    Rested {
        key: OrderKey,
    },
    /// Post-only and its price reaches the opposite best: it never rests (or, amended, it leaves).
    WouldTake {
        key: OrderKey,
    },
    Filled {
        key: OrderKey,
        price: Ticks,
        qty: Lots,
        is_maker: bool,
        reason: FillReason,
        seq: u64,
    },
    /// A size-down keeps the queue place; a price change or size-up goes to the back.
    Amended {
        key: OrderKey,
    },
    Cancelled {
        key: OrderKey,
    },
    /// Immediate-or-cancel or fill-or-kill: what is left did not trade at once and is gone.
    Unfilled {
        key: OrderKey,
    },
    /// It is gone because it and `counter` are the same trader's.
    SelfMatched {
        key: OrderKey,
        counter: OrderKey,
    },
}

/// Everything one call produced, in order.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    pub happenings: Vec<(i64, Happening)>,
    /// Only `Book`, `Trades` and `Ticker` events.
    pub market: Vec<Event>,
}

impl Outbox {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.happenings.is_empty() && self.market.is_empty()
    }
}

/// A source of liquidity. Times are nanoseconds and never run back; requests have already waited out the order latency.
pub trait Liquidity: Send + Sync {
    /// When it next has something to do by itself; `None` if never.
    fn next_due(&self) -> Option<i64>;

    /// Does everything due up to and including `now_ns`, in time order.
    fn advance(&mut self, now_ns: i64, out: &mut Outbox);

    /// An order reaches the book.
    fn submit(&mut self, now_ns: i64, order: Resting, out: &mut Outbox);

    /// New price or open size of a resting order; gone orders are ignored (the exchange has checked).
    fn amend(&mut self, now_ns: i64, order: Resting, out: &mut Outbox);

    /// Takes an order out of the book.
    fn cancel(&mut self, now_ns: i64, key: OrderKey, out: &mut Outbox);

    /// A seeded taker (never on the tape): consumes displayed size of others from the best level on up to `limit`, then ours at
    /// each level; fills of accounts' orders carry [`FillReason::TakerSeed`]. On a tape nothing recorded moves and nothing is printed.
    fn take(&mut self, now_ns: i64, market: MarketIx, side: Side, limit: Ticks, qty: Lots, out: &mut Outbox);

    /// The published book: up to `levels` best levels of a side, best first, own resting sizes included.
    fn levels(&self, market: MarketIx, side: Side, levels: usize, out: &mut Vec<(Ticks, Lots)>);

    /// The best bid and ask of the published book.
    fn best(&self, market: MarketIx) -> (Option<Ticks>, Option<Ticks>);

    /// Which depths this source can serve for a market.
    fn depths(&self, market: MarketIx) -> &[u16];

    /// True once the recording is over (never for matching).
    fn ended(&self) -> bool;

    /// Everybody's idea of a market's price moves at once, by basis points. Ignored by a recording.
    fn shift(&mut self, _now_ns: i64, _market: MarketIx, _bps: i64, _out: &mut Outbox) {}

    /// Whether the grid of prices and sizes may change while it runs; a recording keeps the one it was made in.
    fn may_regrid(&self) -> bool {
        false
    }

    /// A market goes on in another grid, without any account's order in it. Ignored where [`Liquidity::may_regrid`] says no.
    fn regrid(&mut self, _now_ns: i64, _market: MarketIx, _old: &Instrument, _new: &Instrument, _out: &mut Outbox) {}

    /// Starts the clock of the recording: called once, at the first subscription.
    fn start(&mut self, now_ns: i64);
}
