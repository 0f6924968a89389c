//! What time alone brings: connections, time-outs, trust that ran out, queries, recovery, and the next deadline.

use alloc::string::String;
use alloc::vec::Vec;

use super::release::ORDER_TIMEOUT_NS;
use super::{Engine, Sink};
use crate::fact::{Fact, MarketView};
use crate::ids::{Category, ClientId, MarketIx};
use crate::input::StreamRole;
use crate::mutants::{Mutant, planted};
use crate::orders::{OrderEvent, OrderState};
use crate::output::{Output, Query};
use crate::session::budget::{Class, Lane, Pool};
use crate::session::inflight::{Asked, InFlight, Purpose};
use crate::session::streams::Wish;
use crate::units::Side;

const QUERY_TIMEOUT_NS: i64 = 5_000_000_000;
/// The fate of an unknown order is asked this often.
const CHASE_EVERY_NS: i64 = 500_000_000;
/// A market's orders are pulled by HTTP this often: a venue that refuses is not hammered, and one that comes back is not kept waiting.
const PULL_EVERY_NS: i64 = 500_000_000;
/// An ended order that still owes an execution after this long has it asked for.
const EXECUTION_OWED_NS: i64 = 2_000_000_000;
/// How often a market is shown to subscribers.
const SEEN_EVERY_NS: i64 = 250_000_000;
const FEES_EVERY_NS: i64 = 3_600_000_000_000;

impl Engine {
    pub(super) fn upkeep(&mut self, sink: &mut Sink) {
        if self.stopped {
            return;
        }
        self.begin();
        self.expire(sink);
        self.tend_streams(sink);
        self.tend_guards(sink);
        self.tend_markets(sink);
        self.chase();
        self.begin_recovery(sink);
        self.advance_recovery(sink);
        self.check_stop(sink);
        if self.stopped {
            return;
        }
        self.show(sink);
        self.refresh_fees();
        self.refresh_rules();
        self.ask_canary();
        self.ask_pending(sink);
        self.next_due_ns = self.find_deadline();
    }

    fn begin(&mut self) {
        if self.started {
            return;
        }
        self.started = true;
        self.fees_due_ns = self.now_ns + FEES_EVERY_NS;
        self.ask_admission();
        for index in 0..self.all_markets.len() {
            let market = self.all_markets[index];
            self.ask(Query::Instrument(market), Purpose::Boot, self.now_ns);
            self.ask(Query::FeeRate(market), Purpose::Boot, self.now_ns);
        }
    }

    /// Terms are known and the account's stream is live, but what we hold is not certain yet: ask.
    fn begin_recovery(&mut self, sink: &mut Sink) {
        let idle = !self.recovered && self.recovery.is_none() && self.stopping_since_ns.is_none();
        if idle && self.is_booted() && self.streams.live(StreamRole::Private).is_some() {
            self.want_recovery(sink);
        }
    }

    /// Requests without an answer, and acks that no order row has followed.
    fn expire(&mut self, sink: &mut Sink) {
        for (req_id, request) in self.requests.expired(self.now_ns) {
            self.budget.answered(request.lane, req_id, self.now_ns);
            self.request_failed(&request);
            if planted(Mutant::TimeoutAsReject) {
                self.never_left(&request, sink);
            } else {
                self.fate_unclear(&request, sink);
            }
            self.leave_mute(&request, sink);
        }
        let now_ns = self.now_ns;
        let overdue = self.orders.iter().filter(|(_, order)| self.owes_row(order));
        let overdue: Vec<(MarketIx, ClientId, i64)> =
            overdue.map(|(market, order)| (market, order.client_id, order.requested_ns)).collect();
        for (market, id, requested_ns) in overdue {
            self.move_order(market, &id, OrderEvent::FateUnclear, sink);
            if self.recovered {
                self.private_silent(now_ns - requested_ns, sink);
            }
        }
    }

    /// A socket that has answered nothing since a request which timed out would swallow the cancels too: they go by HTTP meanwhile.
    fn leave_mute(&mut self, request: &InFlight, sink: &mut Sink) {
        if let Asked::Orders { conn, .. } = request.asked
            && self.streams.is_mute(conn, request.sent_ns)
        {
            self.abandon(conn, sink);
        }
    }

    fn tend_streams(&mut self, sink: &mut Sink) {
        let mut wishes = Vec::new();
        self.streams.due(self.now_ns, &mut wishes);
        for wish in wishes {
            match wish {
                Wish::Connect(conn, role) => sink.outputs.push(Output::Connect { conn, role }),
                Wish::Ping(conn) => sink.outputs.push(Output::Ping { conn }),
                Wish::Abandon(_) if planted(Mutant::SilentSocketKept) => {}
                Wish::Abandon(conn) => self.abandon(conn, sink),
            }
        }
    }

    fn tend_markets(&mut self, sink: &mut Sink) {
        for index in 0..self.all_markets.len() {
            let market = self.all_markets[index];
            self.rejudge(market, sink);
            if self.markets[index].is_broken() {
                let role = self.instruments.id(market).map(|id| StreamRole::Public(id.category));
                if let Some(conn) = role.and_then(|role| self.streams.live(role)) {
                    self.resync(market, conn, sink);
                }
            }
            let due = self.markets[index].due_ns.is_some_and(|due| due <= self.now_ns);
            if due || self.must_pull(market) || self.has_aged(market) {
                self.decide(market, sink);
            }
            self.pull_without_socket(market);
        }
    }

    /// Orders stand although the market may not be quoted.
    fn must_pull(&self, market: MarketIx) -> bool {
        let standing = self.orders.of(market).iter().any(|order| matches!(order.state, OrderState::Working | OrderState::PendingAmend));
        standing && self.recovery.is_none() && !self.may_quote(market)
    }

    /// While the trade socket is down, cancels go by HTTP.
    fn pull_without_socket(&mut self, market: MarketIx) {
        let standing = self.orders.of(market).iter().any(|order| !order.state.is_terminal());
        if !standing || self.recovery.is_some() || self.streams.live(StreamRole::Trade).is_some() {
            return;
        }
        let next_ns = self.markets[market.index()].pulled_ns + PULL_EVERY_NS;
        if self.now_ns < next_ns {
            return self.note_due(market, next_ns);
        }
        self.markets[market.index()].pulled_ns = self.now_ns;
        self.note_due(market, self.now_ns + PULL_EVERY_NS);
        for query in self.pulls(market) {
            self.ask_once(query, Purpose::Pull);
        }
    }

    /// Asks after every order of unknown fate, and after executions that an ended order still owes.
    fn chase(&mut self) {
        let now_ns = self.now_ns;
        let mut wanted: Vec<Query> = Vec::new();
        if planted(Mutant::UnknownNotChased) {
            return;
        }
        let mut owing: Vec<MarketIx> = Vec::new();
        for (market, order) in self.orders.iter_mut() {
            if order.state == OrderState::Unknown && now_ns >= order.asked_ns + CHASE_EVERY_NS {
                order.asked_ns = now_ns;
                wanted.push(Query::OrderByClientId { market, client_id: order.client_id });
            } else if order.state.is_terminal() && !order.is_settled() && now_ns >= order.asked_ns + EXECUTION_OWED_NS {
                order.asked_ns = now_ns;
                owing.push(market);
            }
        }
        // Seldom: looked for only when somebody owes.
        let since_ms = if owing.is_empty() { 0 } else { self.executions_since_ms() };
        wanted.extend(owing.into_iter().map(|market| Query::Executions { market, start_ms: since_ms, cursor: String::new() }));
        for query in wanted {
            self.ask_once(query, Purpose::Chase);
        }
    }

    fn show(&mut self, sink: &mut Sink) {
        if self.now_ns >= self.seen_due_ns {
            self.seen_due_ns = self.now_ns + SEEN_EVERY_NS;
            self.see_markets(sink);
        }
    }

    pub(super) fn see_markets(&self, sink: &mut Sink) {
        for (&market, row) in self.all_markets.iter().zip(&self.markets) {
            sink.facts.push(Fact::MarketSeen(MarketView {
                market,
                trusted: row.is_trusted(),
                best_bid: row.book.best_bid().map(|level| level.0),
                best_ask: row.book.best_ask().map(|level| level.0),
                own_bid: self.own_best(market, Side::Buy),
                own_ask: self.own_best(market, Side::Sell),
                position: row.position(),
                pnl: row.ledger.as_ref().map(crate::ledger::Ledger::pnl).unwrap_or_default(),
            }));
        }
    }

    fn refresh_fees(&mut self) {
        if self.now_ns >= self.fees_due_ns {
            self.fees_due_ns = self.now_ns + FEES_EVERY_NS;
            for index in 0..self.all_markets.len() {
                self.ask_once(Query::FeeRate(self.all_markets[index]), Purpose::Refresh);
            }
        }
    }

    /// Lets out what is due and what the budget allows, oldest first.
    fn ask_pending(&mut self, sink: &mut Sink) {
        let mut waiting = Vec::with_capacity(self.pending.len());
        if self.watch.ban.refusals().is_some() {
            // The one request of the minute is a cancel, if there is one to send.
            self.pending.sort_by_key(|row| !matches!(row.query, Query::CancelAll(_) | Query::CancelOrder { .. }));
        }
        for row in core::mem::take(&mut self.pending) {
            let lane = self.lane_of(&row.query);
            let class = if matches!(lane.pool, Pool::CancelAll | Pool::Cancel) { Class::Cancel } else { Class::Reduce };
            let held = !self.watch.ban.allows(self.now_ns) || (class != Class::Cancel && !self.query_allowed());
            if held || row.not_before_ns > self.now_ns || self.budget.available(lane, class, self.now_ns) == 0 {
                waiting.push(row);
                continue;
            }
            let asked = Asked::Query { query: row.query.clone(), purpose: row.purpose };
            let deadline_ns = self.now_ns + QUERY_TIMEOUT_NS;
            let request = InFlight { asked, lane, sent_ns: self.now_ns, deadline_ns, failures: row.failures };
            let req_id = self.requests.enter(request);
            self.budget.take(lane, 1, req_id);
            self.watch.ban.sent();
            if class != Class::Cancel {
                self.watch.http_breaker.sent(1);
            }
            sink.outputs.push(Output::Query { req_id, query: row.query });
        }
        self.pending = waiting;
    }

    fn find_deadline(&self) -> i64 {
        let markets = self.markets.iter().flat_map(|row| [row.stale_ns(), row.due_ns]);
        let pending = self.pending.iter().map(|row| {
            let waits = row.not_before_ns <= self.now_ns;
            if waits { self.budget.free_ns(self.lane_of(&row.query), self.now_ns) } else { Some(row.not_before_ns) }
        });
        let orders = self.orders.iter().map(|(_, order)| match order.state {
            OrderState::PendingAmend | OrderState::PendingCancel => Some(order.requested_ns + ORDER_TIMEOUT_NS),
            OrderState::Working if order.updated_ms == 0 => Some(order.requested_ns + ORDER_TIMEOUT_NS),
            OrderState::Unknown => Some(order.asked_ns + CHASE_EVERY_NS),
            _ if order.state.is_terminal() => Some(order.asked_ns + EXECUTION_OWED_NS),
            _ => None,
        });
        let fixed = [
            self.guard_deadline(),
            Some(self.canary.deadline()).filter(|_| self.recovered && self.watch.ban.refusals().is_none()),
            self.streams.deadline(),
            self.requests.deadline(),
            self.stop_deadline(),
            Some(self.seen_due_ns),
            Some(self.fees_due_ns),
        ];
        let earliest = markets.chain(pending).chain(orders).chain(fixed).flatten().min();
        // Never "now": whatever could be done now has been done.
        earliest.unwrap_or(self.seen_due_ns).max(self.now_ns + 1_000_000)
    }

    fn lane_of(&self, query: &Query) -> Lane {
        match query {
            Query::CancelAll(market) => self.lane(*market, Pool::CancelAll),
            Query::CancelOrder { market, .. } => self.lane(*market, Pool::Cancel),
            Query::FeeRate(_) => Lane { category: Category::Linear, pool: Pool::FeeRate },
            // The venue counts a query by category too; one lane for all of them stays below each.
            _ => Lane { category: Category::Linear, pool: Pool::Query },
        }
    }
}
