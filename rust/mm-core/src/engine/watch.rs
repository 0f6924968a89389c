//! The guards that time and the account drive: asked at every upkeep, each with a deadline of its own.

use alloc::vec::Vec;

use super::coins::CoinWatch;
use super::rearm::Rearming;
use super::{Engine, Sink};
use crate::fact::Fact;
use crate::guards::ban::Ban;
use crate::guards::breaker::Breaker;
use crate::guards::clock::{ClockWatch, JUMP_NS, NOTICE_NS};
use crate::guards::exposure::{margin_pct, worst};
use crate::guards::loss_stop::LossStop;
use crate::guards::markouts::MarkoutGuard;
use crate::guards::order_cap::OrderCap;
use crate::guards::{Effect, Guard, Trip, whole};
use crate::ids::{Category, Coin, MarketIx};
use crate::input::{CoinBalance, PositionUpdate};
use crate::ledger::Ledger;
use crate::output::Query;
use crate::session::inflight::{Asked, Purpose};
use crate::units::{Amount, Lots};

/// What the account-wide guards remember.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// Of the trade socket: orders leave by it.
    pub(super) trade_breaker: Breaker,
    /// Of HTTP: queries leave by it.
    pub(super) http_breaker: Breaker,
    pub(super) ban: Ban,
    pub(super) clock: ClockWatch,
    pub(super) order_cap: OrderCap,
    /// One a market, in their order; empty if losing markouts do not count.
    pub(super) markouts: Vec<MarkoutGuard>,
    pub(super) losses: Vec<(Coin, LossStop)>,
    pub(super) rearming: Rearming,
    /// Coins as the venue last told them.
    pub(super) coins: Vec<CoinBalance>,
    /// What our markets move of the wallet, against the ledgers.
    pub(super) reconciled: Vec<CoinWatch>,
}

impl Watch {
    /// True if a loss stop holds.
    pub(super) fn is_latched(&self) -> bool {
        self.losses.iter().any(|(_, stop)| stop.is_latched())
    }

    /// The circuit of the way that a request takes.
    pub(super) fn breaker(&mut self, asked: &Asked) -> &mut Breaker {
        match asked {
            Asked::Orders { .. } => &mut self.trade_breaker,
            Asked::Query { .. } => &mut self.http_breaker,
        }
    }

    /// Lifts every stop that holds.
    pub(super) fn lift(&mut self, until_ms: i64) {
        self.losses.iter_mut().for_each(|(_, stop)| stop.lift(until_ms));
    }
}

impl Engine {
    /// Enters what a guard says; where that changes what may be quoted, the market is looked at in this step.
    pub(super) fn set_guard(&mut self, market: Option<MarketIx>, guard: Guard, trip: Option<Trip>, sink: &mut Sink) {
        if self.guards.set(market, guard, trip, &mut sink.facts) && guard.effect() != Effect::Notice {
            for index in 0..self.all_markets.len() {
                if market.is_none_or(|market| market.index() == index) {
                    self.note_due(self.all_markets[index], self.now_ns);
                }
            }
        }
    }

    pub(super) fn tend_guards(&mut self, sink: &mut Sink) {
        self.tend_clock(sink);
        self.tend_breaker(sink);
        self.tend_ban(sink);
        self.tend_pauses(sink);
        self.tend_order_cap(sink);
        self.tend_holdings(sink);
        if self.markets.iter().all(|market| market.ledger.is_some()) {
            self.tend_losses(self.venue_ms(), sink);
            self.tend_margin(sink);
        }
    }

    fn tend_clock(&mut self, sink: &mut Sink) {
        let skew = self.watch.clock.skew_ns().map(|skew_ns| Trip::seconds(skew_ns, NOTICE_NS));
        let doubt = self.watch.clock.doubt_ns(self.now_ns).map(|moved_ns| Trip::seconds(moved_ns, JUMP_NS));
        self.set_guard(None, Guard::ClockSkew, skew, sink);
        self.set_guard(None, Guard::ClockDoubt, doubt, sink);
    }

    /// How many new or moved orders may leave now: none either while the fate of one could not be asked.
    pub(super) fn orders_allowed(&mut self) -> u32 {
        if self.watch.http_breaker.is_open(self.now_ns) {
            return 0;
        }
        self.watch.trade_breaker.allows(self.config.guards.breaker, self.now_ns)
    }

    /// True if a query may leave now.
    pub(super) fn query_allowed(&mut self) -> bool {
        self.watch.http_breaker.allows(self.config.guards.breaker, self.now_ns) > 0
    }

    /// Half open it lets go: the probes are quotes and queries like any other, as many as the budget of probes holds.
    fn tend_breaker(&mut self, sink: &mut Sink) {
        let failures = self.config.guards.breaker.failures;
        let open = self.watch.trade_breaker.is_open(self.now_ns) || self.watch.http_breaker.is_open(self.now_ns);
        self.set_guard(None, Guard::Breaker, open.then(|| Trip::count(failures, failures)), sink);
    }

    fn tend_ban(&mut self, sink: &mut Sink) {
        let refusals = self.watch.ban.refusals();
        self.streams.shut_out(refusals.is_some());
        self.set_guard(None, Guard::AddressBanned, refusals.map(|told| Trip::count(told, 0)), sink);
        if self.watch.ban.deadline().is_some_and(|due_ns| due_ns <= self.now_ns) && self.pending.is_empty() {
            // Nothing else is to be asked, and only an answer can end the ban.
            self.ask(Query::Wallet, Purpose::Canary, self.now_ns);
        }
    }

    pub(super) fn told_positions(&mut self, rows: &[PositionUpdate]) {
        for row in rows {
            if let Some(market) = self.markets.get_mut(row.market.index())
                && market.holding.tell(row.size.0.into(), row.seq)
            {
                market.entry = row.entry;
            }
        }
    }

    pub(super) fn told_coins(&mut self, rows: &[CoinBalance], sink: &mut Sink) {
        sink.facts.extend(rows.iter().map(|row| Fact::BalanceSeen { coin: row.coin, wallet: row.wallet }));
        for row in rows {
            match self.watch.coins.iter_mut().find(|held| held.coin == row.coin) {
                Some(held) => *held = *row,
                None => self.watch.coins.push(*row),
            }
            if let Some(watch) = self.watch.reconciled.iter_mut().find(|watch| watch.coin == row.coin) {
                watch.holding.tell(row.wallet.0, row.told_ms);
            }
        }
    }

    /// The venue's holding against the ledger's; a difference that lasts calls for the recovery, which says what it finds.
    fn tend_holdings(&mut self, sink: &mut Sink) {
        if !self.recovered {
            return;
        }
        let mut differs = false;
        for index in 0..self.all_markets.len() {
            let market = self.all_markets[index];
            let (Some(row), Some(spec)) = (self.markets.get(index), self.instruments.get(market)) else { continue };
            if row.ledger.is_none() {
                continue;
            }
            let ledger = row.position();
            if spec.id.category == Category::Linear
                && let Some(told) = self.markets[index].holding.compare(ledger.0.into(), 0, self.now_ns)
            {
                differs = true;
                let venue = i64::try_from(told).map_or(Lots::ZERO, Lots);
                sink.facts.push(Fact::PositionMismatch { market, venue, ledger });
            }
        }
        differs |= self.tend_coins(sink);
        if differs {
            self.want_recovery(sink);
        }
    }

    /// Takes the ledgers' PnL as it stands at a venue time.
    pub(super) fn tend_losses(&mut self, venue_ms: i64, sink: &mut Sink) {
        let limits = [self.config.guards.daily_loss, self.config.guards.drawdown];
        if limits == [None, None] {
            return;
        }
        let [mut daily, mut drawdown] = [None, None];
        for (coin, total) in self.totals() {
            let at = self.watch.losses.iter().position(|row| row.0 == coin).unwrap_or_else(|| {
                self.watch.losses.push((coin, LossStop::default()));
                self.watch.losses.len() - 1
            });
            let losses = self.watch.losses[at].1.update(total, venue_ms, limits);
            daily = daily.max(losses.daily);
            drawdown = drawdown.max(losses.drawdown);
        }
        let trip = |value: Option<Amount>, limit: Option<Amount>| Some(Trip { value: value?, limit: limit? });
        self.set_guard(None, Guard::DailyLoss, trip(daily, limits[0]), sink);
        self.set_guard(None, Guard::Drawdown, trip(drawdown, limits[1]), sink);
    }

    /// The ledgers' PnL per settle coin.
    fn totals(&self) -> Vec<(Coin, Amount)> {
        let mut totals: Vec<(Coin, Amount)> = Vec::new();
        for (market, _, spec) in self.instruments.iter() {
            let ledger = self.markets.get(market.index()).and_then(|row| row.ledger.as_ref());
            let (Some(spec), Some(total)) = (spec, ledger.map(|ledger| ledger.pnl().total)) else { continue };
            match totals.iter_mut().find(|row| row.0 == spec.settle) {
                Some(row) => row.1 += total,
                None => totals.push((spec.settle, total)),
            }
        }
        totals
    }

    /// Equity of each settle coin against what its contracts may come to. Spot is paid in full and needs no margin.
    fn tend_margin(&mut self, sink: &mut Sink) {
        let Some(floor_pct) = self.config.guards.margin_floor_pct else { return };
        let mut exposures: Vec<(Coin, Amount)> = Vec::new();
        for (market, _, spec) in self.instruments.iter() {
            let Some(spec) = spec.filter(|spec| spec.id.category == Category::Linear) else { continue };
            let exposure = self.exposure(market).unwrap_or_default();
            match exposures.iter_mut().find(|row| row.0 == spec.settle) {
                Some(row) => row.1 += exposure,
                None => exposures.push((spec.settle, exposure)),
            }
        }
        let lowest = exposures.iter().filter_map(|(coin, exposure)| margin_pct(&self.watch.coins, *coin, *exposure)).min();
        let short = lowest.filter(|pct| *pct < i64::from(floor_pct));
        let trip = short.map(|pct| Trip { value: whole(pct), limit: whole(floor_pct.into()) });
        self.set_guard(None, Guard::MarginFloor, trip, sink);
    }

    /// Worst-case notional of a market at its mid; `None` if it is exposed and has no mid.
    pub(super) fn exposure(&self, market: MarketIx) -> Option<Amount> {
        let row = self.markets.get(market.index())?;
        let lots = worst(row.position(), self.orders.at_risk(market));
        if lots == Lots::ZERO {
            return Some(Amount::ZERO);
        }
        let mid_x2 = row.ledger.as_ref().and_then(Ledger::mid_x2).or_else(|| row.book.mid_x2())?;
        let half_tick_lot = self.instruments.get(market)?.tick_lot.0 / 2;
        Some(Amount(i128::from(mid_x2) * i128::from(lots.0) * half_tick_lot))
    }

    /// When a guard next changes its mind by itself.
    pub(super) fn guard_deadline(&self) -> Option<i64> {
        let markets = self.markets.iter().flat_map(|row| [row.repeat.deadline(), row.holding.deadline().filter(|_| self.recovered)]);
        let coins = self.watch.reconciled.iter().filter(|_| self.recovered).map(|watch| watch.holding.deadline());
        let circuits = [self.watch.trade_breaker.deadline(), self.watch.http_breaker.deadline()];
        let account = [self.watch.clock.deadline(self.now_ns), self.watch.ban.deadline()];
        let markouts = self.watch.markouts.iter().map(MarkoutGuard::deadline);
        // What lies in the past has been looked at and waits for something else.
        markets.chain(coins).chain(account).chain(circuits).chain(markouts).flatten().filter(|at_ns| *at_ns > self.now_ns).min()
    }
}
