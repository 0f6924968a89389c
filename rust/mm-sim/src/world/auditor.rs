//! The independent judge: its own sums from the venue's executions and from the bot's facts, sharing no ledger, order table or risk code.
//!
//! It holds: executions booked once and as the venue has them; no order id used twice; terminal is final; worst-case position in its limit;
//! own bid below own ask; post-only never takes; no new order on an untrusted book or after a stop; only injected "too many requests".

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::fact::Fact;
use mm_core::ids::{ClientId, ExecId, MarketIx};
use mm_core::orders::OrderState;
use mm_core::units::{Amount, Lots, Side};

use super::checks::Sample;
use super::clock::TimeWatch;
use super::coins::CoinJudge;
use super::conduct::Conduct;
use super::days::DayWatch;
use super::funding::FundingWatch;
use super::grids::Grid;
use super::measures::Measures;
use crate::api::Uid;
use crate::exchange::Exchange;

/// Law 6 gives a silent book four seconds; a timer may be this much late.
const MAX_SILENCE_NS: i64 = 4_100_000_000;

/// One market's own sums: sizes and prices at 1e-8, and fees at 1e-18 of whatever coin they came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub position: i64,
    /// Σ −side · qty · price at 1e-16.
    pub cash: i128,
    pub fees: i128,
}

impl Sums {
    pub(super) fn add(&mut self, side: Side, price: i64, qty: i64, fee: Amount) {
        self.position += side.sign() * qty;
        self.cash -= i128::from(side.sign()) * i128::from(price) * i128::from(qty);
        self.fees += fee.0;
    }
}

/// The judge of one world.
#[derive(Clone, Debug)]
pub struct Auditor {
    pub(super) uid: Uid,
    pub(super) max_position: Vec<i64>,
    /// How the venue counts each market, and how the bot does.
    pub(super) grids: Vec<(Grid, Grid)>,
    pub(super) venue: Vec<Sums>,
    pub(super) bot: Vec<Sums>,
    pub(super) funding: FundingWatch,
    pub(super) executions: BTreeMap<ExecId, (MarketIx, Side, i64, i64, Amount)>,
    pub(super) booked: BTreeSet<ExecId>,
    ids: BTreeSet<ClientId>,
    ended: BTreeMap<ClientId, OrderState>,
    pub(super) trusted: Vec<bool>,
    shown_ns: Vec<i64>,
    pub(super) samples: Vec<Sample>,
    pub(super) attempts: BTreeMap<&'static str, VecDeque<i64>>,
    pub(super) stopping: bool,
    pub orders: u64,
    pub measures: Measures,
    pub(super) time: TimeWatch,
    pub(super) conduct: Conduct,
    pub(super) days: DayWatch,
    pub(super) coins: CoinJudge,
    /// Others may trade on the account.
    pub(super) is_shared: bool,
    /// Orders that the bot has just taken for ended.
    ended_now: Vec<ClientId>,
    /// The venue's count of changes at the last look, and whether what was seen then was excused.
    pub(super) looked: Option<u64>,
    pub(super) excused: bool,
    /// Orders of ours stand there, by market.
    pub(super) quoted: Vec<bool>,
    pub(super) now_ns: i64,
    violation: Option<String>,
}

impl Auditor {
    /// `rows`: the largest position of each market, and how it is counted.
    #[must_use]
    pub fn new(uid: Uid, rows: impl Iterator<Item = (Lots, Grid)>) -> Self {
        let (max_position, grids): (Vec<i64>, Vec<(Grid, Grid)>) = rows.map(|(most, grid)| (grid.qty(most), (grid, grid))).unzip();
        let markets = grids.len();
        Self {
            uid,
            max_position,
            grids,
            venue: alloc::vec![Sums::default(); markets],
            bot: alloc::vec![Sums::default(); markets],
            funding: FundingWatch::new(markets),
            executions: BTreeMap::new(),
            booked: BTreeSet::new(),
            ids: BTreeSet::new(),
            ended: BTreeMap::new(),
            trusted: alloc::vec![false; markets],
            shown_ns: alloc::vec![0; markets],
            samples: alloc::vec![Sample::default(); markets],
            attempts: BTreeMap::new(),
            stopping: false,
            orders: 0,
            measures: Measures::new(markets),
            time: TimeWatch::default(),
            conduct: Conduct::default(),
            days: DayWatch::default(),
            coins: CoinJudge::default(),
            is_shared: false,
            ended_now: Vec::new(),
            looked: None,
            excused: false,
            quoted: alloc::vec![false; markets],
            now_ns: 0,
            violation: None,
        }
    }

    /// It is now `now_ns`.
    pub fn tick(&mut self, now_ns: i64) {
        self.now_ns = now_ns;
    }

    /// The first thing that must never have happened.
    #[must_use]
    pub fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    /// Executions at the venue so far.
    #[must_use]
    pub fn fills(&self) -> usize {
        self.executions.len()
    }

    /// Σ of the venue's executions.
    #[must_use]
    pub fn venue(&self, market: MarketIx) -> Sums {
        self.venue.get(market.index()).copied().unwrap_or_default()
    }

    /// The bot has been told to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// True once the bot has booked everything that happened.
    #[must_use]
    pub fn is_even(&self) -> bool {
        self.funding.is_even() && self.venue == self.bot && self.booked.len() == self.executions.len()
    }

    /// Executions that the bot has not booked.
    #[must_use]
    pub fn missing(&self) -> Vec<ExecId> {
        self.executions.keys().filter(|id| !self.booked.contains(id)).copied().collect()
    }

    /// The bot is shown a frame of this book.
    pub fn shown(&mut self, market: MarketIx, now_ns: i64) {
        if let Some(at) = self.shown_ns.get_mut(market.index()) {
            *at = now_ns;
        }
    }

    /// Law 6: a book that has been silent for longer than the bound is not quoted on.
    pub fn check_silence(&mut self, now_ns: i64) {
        for market in 0..self.trusted.len() {
            let silent_ns = now_ns - self.shown_ns[market];
            if self.trusted[market] && silent_ns > MAX_SILENCE_NS {
                self.fail(format!("market {market} is trusted after {} ms without a frame", silent_ns / 1_000_000));
            }
        }
    }

    pub(super) fn fail(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    /// What the bot says happened.
    pub fn hear(&mut self, fact: &Fact) {
        match fact {
            Fact::OrderMoved { market, client_id, from, to, .. } => self.hear_order(*market, *client_id, *from, *to),
            Fact::FillBooked { market, exec_id, side, price, price_rest, qty, fee, .. } => {
                if let Some((_, grid)) = self.grids.get(market.index()) {
                    self.hear_fill(*exec_id, (*market, *side, grid.price(*price, *price_rest), grid.qty(*qty), *fee));
                }
            }
            Fact::FundingBooked { market, amount } => {
                if !self.funding.booked(*market, amount.0) {
                    self.fail(format!("market {}: funding is booked that nobody has settled, or twice", market.0));
                }
            }
            Fact::PositionForced { exec_id, .. } => match self.executions.get(exec_id).copied() {
                Some(done) => self.hear_fill(*exec_id, done),
                None => self.fail(format!("execution {exec_id} is booked but never happened")),
            },
            Fact::TrustGained { market } => self.set_trust(*market, true),
            Fact::TrustLost { market, .. } => self.set_trust(*market, false),
            // A refusal may rest on silence alone; the order that turns up after all is taken in again.
            Fact::StrayFound { client_id, .. } if self.ended.get(client_id) == Some(&OrderState::Rejected) => {
                self.ended.remove(client_id);
            }
            Fact::StopBegun => self.stopping = true,
            Fact::BalanceTakenOver { coin, venue, ledger } => {
                // Where others move coins too, nothing may be taken over.
                if self.is_shared || !self.coins.taken(*coin, *venue - *ledger, self.now_ns) {
                    self.fail(format!("the bot takes over {venue} {coin} in place of {ledger}: that is not what was moved"));
                }
            }
            Fact::Fatal(reason) => self.fail(format!("fatal: {reason:?}")),
            Fact::OrderContradicted { client_id, state, event, .. } => {
                self.fail(format!("order {client_id}: {event:?} in {state:?} is not in the table"));
            }
            _ => self.hear_conduct(fact),
        }
    }

    /// What the bot takes for ended does not stand at the venue.
    pub fn check_ended(&mut self, exchange: &Exchange) {
        for id in core::mem::take(&mut self.ended_now) {
            if exchange.open_orders(self.uid).any(|row| row.client_id == id) {
                self.fail(format!("order {id} is taken for {:?} and still stands", self.ended.get(&id)));
            }
        }
    }

    pub(super) fn set_trust(&mut self, market: MarketIx, trusted: bool) {
        if let Some(row) = self.trusted.get_mut(market.index()) {
            *row = trusted;
        }
        self.measures.trust(market, trusted, self.now_ns);
        // Where nothing stands there is nothing to pull.
        let quoted = self.quoted.get(market.index()).is_some_and(|quoted| *quoted);
        self.measures.quoted(market.index(), quoted, self.now_ns);
    }

    fn hear_order(&mut self, market: MarketIx, id: ClientId, from: OrderState, to: OrderState) {
        if from == OrderState::PendingNew && to == from {
            self.orders += 1;
            if !self.ids.insert(id) {
                self.fail(format!("order id {id} is used twice"));
            }
            if self.stopping {
                self.fail(format!("new order {id} after the stop began"));
            }
            if !self.trusted.get(market.index()).is_some_and(|trusted| *trusted) {
                self.fail(format!("new order {id} on a book that is not trusted"));
            }
            self.check_blind(&id);
        } else if self.ended.contains_key(&id) {
            self.fail(format!("order {id} had ended and moved on from {from:?} to {to:?}"));
        }
        if to == OrderState::PendingAmend || (from == OrderState::PendingNew && to == from) {
            self.count_change(market);
        }
        if to == OrderState::PendingCancel {
            self.excuse_cancel();
        }
        self.measures.order_moved(id, to, self.now_ns);
        if to.is_terminal() {
            self.ended_now.push(id);
            self.ended.insert(id, to);
        }
    }

    fn hear_fill(&mut self, id: ExecId, told: (MarketIx, Side, i64, i64, Amount)) {
        self.measures.booked(id, self.now_ns);
        self.settle_external(id);
        if !self.booked.insert(id) {
            self.fail(format!("execution {id} is booked twice"));
        }
        match self.executions.get(&id) {
            Some(done) if *done == told => {}
            Some(done) => self.fail(format!("execution {id} is booked as {told:?}, done as {done:?}")),
            None => self.fail(format!("execution {id} is booked but never happened")),
        }
        if let Some(sums) = self.bot.get_mut(told.0.index()) {
            sums.add(told.1, told.2, told.3, told.4);
        }
    }
}
