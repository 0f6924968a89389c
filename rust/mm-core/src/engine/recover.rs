//! Walking the recovery's stages, and the ordered stop, which is a recovery with nothing after it.

use alloc::vec::Vec;

use super::{Engine, Sink};
use crate::fact::Fact;
use crate::guards::Guard;
use crate::guards::loss_stop::DAY_MS;
use crate::ids::{Category, MarketIx};
use crate::input::StreamRole;
use crate::mutants::{Mutant, planted};
use crate::orders::OrderEvent;
use crate::session::inflight::Purpose;
use crate::session::recovery::{Findings, RETRY_NS, Recovery, Stage};
use crate::units::Lots;

/// Executions are re-read from this long before the newest one that we know.
const EXECUTION_OVERLAP_MS: i64 = 60_000;
/// What we may be wrong by about the venue's clock.
const CLOCK_MARGIN_MS: i64 = 2_000;
/// A stop that is not verified by then is reported as unclean; the whole stop has 30 s.
const STOP_BUDGET_NS: i64 = 25_000_000_000;

impl Engine {
    /// Something happened that only asking the venue can settle. A recovery that is under way starts over.
    pub(super) fn want_recovery(&mut self, sink: &mut Sink) {
        let reachable = self.streams.live(StreamRole::Private).is_some() || self.stopping_since_ns.is_some();
        self.recovered = false;
        self.markets.iter_mut().for_each(|market| market.holding.forget());
        self.watch.reconciled.iter_mut().for_each(|watch| watch.holding.forget());
        if !self.is_booted() || !reachable || self.stopped {
            self.recovery = None;
            return;
        }
        self.epochs += 1;
        let day_ms = self.venue_ms() - self.venue_ms().rem_euclid(DAY_MS);
        if !self.ledgers_open() {
            self.newest_execution_ms = self.newest_execution_ms.max(day_ms);
        }
        let since_ms = if self.ledgers_open() { self.executions_since_ms() } else { day_ms };
        let (recovery, queries) = Recovery::begin((self.epochs, !self.ledgers_open()), self.now_ns, since_ms, &self.categorised());
        sink.facts.push(Fact::RecoveryMoved { epoch: self.epochs, stage: recovery.stage });
        let queries = self.only_ours(recovery.stage, queries);
        self.recovery = Some(recovery);
        self.pending.retain(|row| !matches!(row.purpose, Purpose::Recovery(_)));
        for query in queries {
            self.ask(query, Purpose::Recovery(self.epochs), self.now_ns);
        }
    }

    /// Venue time from which executions may be missing: some before the newest one that we know, but never later than the placing of an
    /// order that may still owe us one. While one market goes on, another may have been silent for minutes.
    pub(super) fn executions_since_ms(&self) -> i64 {
        let known_ms = self.newest_execution_ms - EXECUTION_OVERLAP_MS;
        let placed_ns = self.orders.iter().map(|(_, order)| order.placed_ns).min();
        let placed_ms = placed_ns.map(|at_ns| (at_ns + self.clock_offset_ns) / 1_000_000 - CLOCK_MARGIN_MS);
        placed_ms.map_or(known_ms, |at_ms| at_ms.min(known_ms)).max(0)
    }

    /// Goes on to the next stage once nothing of this one is pending or in flight.
    pub(super) fn advance_recovery(&mut self, sink: &mut Sink) {
        while let Some(stage) = self.recovery.as_ref().map(|recovery| recovery.stage) {
            let current = Purpose::Recovery(self.epochs);
            let asking = self.pending.iter().any(|row| row.purpose == current) || self.requests.asks(|_, purpose| purpose == current);
            let all_resolved = self.orders.iter().all(|(_, order)| order.state.is_terminal());
            if asking || (stage == Stage::Resolving && !all_resolved) {
                return;
            }
            let positions_equal = stage == Stage::Positions && self.compare_positions(sink);
            let found = Findings { open_listed: core::mem::take(&mut self.open_listed), all_resolved, positions_equal };
            self.enter_next_stage(found, sink);
        }
    }

    fn enter_next_stage(&mut self, found: Findings, sink: &mut Sink) {
        let markets = self.categorised();
        let Some(recovery) = self.recovery.as_mut() else { return };
        let (queries, again) = recovery.advance(found, &markets);
        let (epoch, stage) = (recovery.epoch, recovery.stage);
        sink.facts.push(Fact::RecoveryMoved { epoch, stage });
        let queries = self.only_ours(stage, queries);
        let not_before_ns = if again { self.now_ns + RETRY_NS } else { self.now_ns };
        for query in queries {
            self.ask(query, Purpose::Recovery(epoch), not_before_ns);
        }
        match stage {
            Stage::Resolving => self.doubt_all_orders(sink),
            Stage::Executions => {
                self.note_holdings();
                self.venue_positions.fill(None);
                self.venue_coins.clear();
            }
            Stage::Done => self.finish_recovery(sink),
            Stage::Positions => self.note_executions(),
            Stage::Cancelling | Stage::Listing => {}
        }
    }

    /// The venue lists nothing open, so whatever we still believe open has ended in a way that we have to ask.
    fn doubt_all_orders(&mut self, sink: &mut Sink) {
        let open: Vec<_> =
            self.orders.iter().filter(|(_, order)| !order.state.is_terminal()).map(|(market, order)| (market, order.client_id)).collect();
        for (market, id) in open {
            self.move_order(market, &id, OrderEvent::FateUnclear, sink);
        }
    }

    fn finish_recovery(&mut self, sink: &mut Sink) {
        self.recovery = None;
        if self.stopping_since_ns.is_some() {
            self.finish_stop(true, sink);
            return;
        }
        self.recovered = true;
        self.canary.rest(self.now_ns);
        self.set_guard(None, Guard::PrivateSilence, None, sink);
        for index in 0..self.all_markets.len() {
            self.decide(self.all_markets[index], sink);
        }
    }

    pub(super) fn categorised(&self) -> Vec<(MarketIx, Category)> {
        self.instruments.iter().map(|(market, id, _)| (market, id.category)).collect()
    }

    /// Compares what the venue holds with what the executions say. The first time, the difference is where the day began.
    fn compare_positions(&mut self, sink: &mut Sink) -> bool {
        if !self.ledgers_open() {
            return self.open_ledgers(sink);
        }
        let mut equal = true;
        for (market, category) in self.categorised() {
            let ledger = self.markets[market.index()].position();
            let venue = self.venue_positions[market.index()].map_or(Lots::ZERO, |told| told.0);
            if category == Category::Linear && ledger != venue {
                sink.facts.push(Fact::PositionMismatch { market, venue, ledger });
                equal = false;
            }
        }
        // What is not known to have traded cannot explain a balance.
        equal && self.coins_agree(sink)
    }

    pub(super) fn begin_stop(&mut self, sink: &mut Sink) {
        // A repeated order changes nothing: it neither restarts nor shortens what runs.
        if self.stopping_since_ns.is_some() {
            return;
        }
        self.stopping_since_ns = Some(self.now_ns);
        self.watch.ban.hasten(self.now_ns);
        self.streams.close();
        sink.facts.push(Fact::StopBegun);
        if planted(Mutant::StopUnverified) || (self.epochs == 0 && self.orders.iter().next().is_none()) {
            // Nothing was ever sent and nothing recovered: there is nothing of ours to take down.
            self.finish_stop(true, sink);
        } else {
            self.want_recovery(sink);
        }
    }

    pub(super) fn check_stop(&mut self, sink: &mut Sink) {
        let overdue = self.stopping_since_ns.is_some_and(|since| self.now_ns - since >= STOP_BUDGET_NS);
        if overdue && !self.stopped {
            self.finish_stop(false, sink);
        }
    }

    pub(super) fn finish_stop(&mut self, clean: bool, sink: &mut Sink) {
        let open = self.orders.iter().filter(|(_, order)| !order.state.is_terminal()).count();
        self.see_markets(sink);
        sink.facts.push(Fact::Stopped { clean, open_orders: u32::try_from(open).unwrap_or(u32::MAX) });
        let conns: Vec<_> = self.streams.open().collect();
        sink.outputs.extend(conns.into_iter().map(|conn| crate::output::Output::Close { conn }));
        self.stopped = true;
        self.pending.clear();
    }

    pub(super) fn stop_deadline(&self) -> Option<i64> {
        self.stopping_since_ns.map(|since| since + STOP_BUDGET_NS)
    }
}
