//! Guards: each is a small pure machine that says when its market, or the whole account, must quote less, and when it may again.
//!
//! A guard never sends anything. What it says is entered here once, comes out as a fact, and the next decision obeys: the quotes that
//! the strongest effect forbids are no longer desired, so the order manager cancels them.

pub mod ban;
pub mod breaker;
pub mod clock;
pub mod collar;
pub mod config;
pub mod contradiction;
pub mod duplicate;
pub mod exposure;
pub mod holding;
pub mod loss_stop;
pub mod markouts;
pub mod order_cap;
pub mod reject_backoff;
pub mod repeat;
pub mod shape;
pub mod throttle;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::fact::Fact;
use crate::ids::MarketIx;
use crate::units::Amount;

/// Which guard spoke. `value` and `limit` of its fact are in the unit given here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// A slot of the ladder is refused again and again and waits: refusals in a row, and how many pass unsaid.
    RejectBackoff,
    /// Our clock is away from the venue's, which is corrected: seconds.
    ClockSkew,
    /// Our idea of the venue's time moved, or a request was refused for its time: seconds.
    ClockDoubt,
    /// The private stream does not tell what happens to our orders: seconds waited.
    PrivateSilence,
    /// Fills of one side in a row: a count.
    RepeatedExecution,
    /// Fills in a row that stood at a loss a little later: a count.
    LosingMarkouts,
    /// New orders of the day: a count.
    OrderCap,
    /// The day's loss in settle coin, until the day ends.
    DailyLoss,
    /// The fall from the day's best PnL in settle coin, until the day ends.
    Drawdown,
    /// Equity over worst-case notional: percent.
    MarginFloor,
    /// Requests fail one after the other: failures in the window.
    Breaker,
    /// The venue's rules of the market leave no room for our quotes: what they are and would have to be (tick, step, size or value).
    Rules,
    /// The venue answers this address 403: how often it has since the ban began.
    AddressBanned,
}

/// What a tripped guard forbids; the later, the stronger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing beyond what the guard does by itself.
    #[default]
    Notice,
    /// Only quotes that bring the position nearer to zero.
    ReduceOnly,
    /// No quotes.
    Pull,
}

impl Guard {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Guard::RejectBackoff => "reject_backoff",
            Guard::ClockSkew => "clock_skew",
            Guard::ClockDoubt => "clock_doubt",
            Guard::PrivateSilence => "private_silence",
            Guard::RepeatedExecution => "repeated_execution",
            Guard::LosingMarkouts => "losing_markouts",
            Guard::OrderCap => "order_cap",
            Guard::DailyLoss => "daily_loss",
            Guard::Drawdown => "drawdown",
            Guard::MarginFloor => "margin_floor",
            Guard::Breaker => "breaker",
            Guard::Rules => "rules",
            Guard::AddressBanned => "address_banned",
        }
    }

    #[must_use]
    pub fn effect(self) -> Effect {
        match self {
            Guard::RejectBackoff | Guard::ClockSkew => Effect::Notice,
            Guard::DailyLoss | Guard::Drawdown | Guard::MarginFloor => Effect::ReduceOnly,
            Guard::ClockDoubt | Guard::PrivateSilence | Guard::RepeatedExecution | Guard::LosingMarkouts => Effect::Pull,
            Guard::OrderCap | Guard::Breaker | Guard::Rules | Guard::AddressBanned => Effect::Pull,
        }
    }
}

/// The figure that tripped a guard and the limit it passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    pub value: Amount,
    pub limit: Amount,
}

impl Trip {
    /// Nanoseconds, said in seconds.
    #[must_use]
    pub fn seconds(value_ns: i64, limit_ns: i64) -> Self {
        let seconds = |ns: i64| Amount(i128::from(ns) * (Amount::ONE.0 / 1_000_000_000));
        Self { value: seconds(value_ns), limit: seconds(limit_ns) }
    }

    /// A count over its limit.
    #[must_use]
    pub fn count(value: u32, limit: u32) -> Self {
        Self { value: whole(i64::from(value)), limit: whole(i64::from(limit)) }
    }
}

/// A whole number as an exact amount.
#[must_use]
pub fn whole(number: i64) -> Amount {
    Amount(i128::from(number) * Amount::ONE.0)
}

/// Every guard that is tripped now. `None` stands for the whole account.
#[derive(Clone, Debug, Default)]
pub struct Guards {
    tripped: BTreeMap<(Option<MarketIx>, Guard), Trip>,
}

impl Guards {
    /// Enters what a guard says now; a change becomes a fact and returns true.
    pub fn set(&mut self, market: Option<MarketIx>, guard: Guard, trip: Option<Trip>, facts: &mut Vec<Fact>) -> bool {
        let key = (market, guard);
        match (trip, self.tripped.contains_key(&key)) {
            (Some(trip), false) => {
                self.tripped.insert(key, trip);
                facts.push(Fact::GuardTripped { market, guard, value: trip.value, limit: trip.limit });
                true
            }
            (None, true) => {
                self.tripped.remove(&key);
                facts.push(Fact::GuardCleared { market, guard });
                true
            }
            _ => false,
        }
    }

    /// The strongest effect on one market, of its own guards and the account's.
    #[must_use]
    pub fn effect(&self, market: MarketIx) -> Effect {
        // As always but in trouble; three questions of each decision end here.
        if self.tripped.is_empty() {
            return Effect::default();
        }
        let touches = |place: &Option<MarketIx>| place.is_none_or(|place| place == market);
        self.tripped.keys().filter(|(place, _)| touches(place)).map(|(_, guard)| guard.effect()).max().unwrap_or_default()
    }

    #[must_use]
    pub fn is_tripped(&self, market: Option<MarketIx>, guard: Guard) -> bool {
        self.tripped.contains_key(&(market, guard))
    }
}
