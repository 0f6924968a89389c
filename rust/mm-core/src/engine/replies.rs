//! Answers: to order requests, to queries, and the absence of either.

use super::{Engine, Pending, Sink};
use crate::fact::{Fact, FatalReason};
use crate::ids::{ConnId, MarketIx, ReqId};
use crate::input::{Outcome, RejectKind, Reply, ReplyBody};
use crate::mutants::{Mutant, planted};
use crate::orders::OrderEvent;
use crate::output::Query;
use crate::session::inflight::{Asked, InFlight, OrderAction, Purpose};

/// First pause before a failed query is asked again; it doubles up to [`RETRY_CAP_NS`].
const RETRY_FIRST_NS: i64 = 250_000_000;
const RETRY_CAP_NS: i64 = 5_000_000_000;

impl Engine {
    pub(super) fn answered(&mut self, req_id: ReqId, reply: Reply, sink: &mut Sink) {
        // A second answer, or one after its time-out: the order is being asked about, the late word adds nothing.
        let Some(request) = self.requests.answered(req_id) else { return };
        self.budget.answered(request.lane, req_id, self.now_ns);
        self.learn_limits(&request, &reply);
        self.hear_outcome(&request, reply.outcome);
        if let Outcome::Rejected(RejectKind::Fatal, code) = reply.outcome {
            sink.facts.push(Fact::Fatal(FatalReason::Account { code }));
            if self.stopping_since_ns.is_some() && !self.stopped {
                // A refused key can neither cancel nor verify: end at once, so that the watchdog does both with its own.
                self.finish_stop(false, sink);
                return;
            }
        }
        match request.asked {
            Asked::Orders { action, market, ref ids, .. } => {
                for (index, id) in ids.iter().enumerate() {
                    let outcome = match &reply.body {
                        ReplyBody::Acks(rows) => rows.get(index).map_or(Outcome::Ambiguous(0), |row| row.0),
                        _ => reply.outcome,
                    };
                    self.order_answered(market, id, action, outcome, &request, sink);
                }
                self.orders.retire(market);
                self.decide(market, sink);
                if let Asked::Orders { ids, .. } = request.asked {
                    self.spares.ids.give(ids);
                }
            }
            Asked::Query { .. } => self.query_answered(request, reply, sink),
        }
    }

    /// A refusal that does not say of what (permissions, limits of the socket): it may concern anything in flight on that socket,
    /// so all of it is asked about now and not after its time-out.
    pub(super) fn unnumbered_reply(&mut self, conn: ConnId, reply: &Reply, sink: &mut Sink) {
        let code = match reply.outcome {
            Outcome::Accepted => return,
            Outcome::Rejected(RejectKind::Fatal, code) => {
                sink.facts.push(Fact::Fatal(FatalReason::Account { code }));
                code
            }
            Outcome::Rejected(_, code) | Outcome::Ambiguous(code) => code,
        };
        sink.facts.push(Fact::RequestFailed { what: "unnumbered", code });
        for (req_id, request) in self.requests.lost(conn) {
            self.budget.answered(request.lane, req_id, self.now_ns);
            self.request_failed(&request);
            self.fate_unclear(&request, sink);
        }
    }

    fn learn_limits(&mut self, request: &InFlight, reply: &Reply) {
        if let Some(told) = reply.rate {
            self.budget.learn(request.lane, told);
        }
        if let Outcome::Rejected(RejectKind::RateLimited, _) = reply.outcome {
            let reset_ns = reply.rate.map(|told| told.reset_ms * 1_000_000 - self.clock_offset_ns);
            self.budget.refused(request.lane, reset_ns, self.now_ns);
        }
    }

    fn order_answered(
        &mut self,
        market: MarketIx,
        id: &crate::ids::ClientId,
        action: OrderAction,
        outcome: Outcome,
        request: &InFlight,
        sink: &mut Sink,
    ) {
        if let Outcome::Rejected(kind, code) = outcome {
            if kind == RejectKind::RateLimited {
                self.budget.refused(request.lane, None, self.now_ns);
                sink.facts.push(Fact::RateLimited { code });
            } else if kind != RejectKind::OrderGone {
                sink.facts.push(Fact::RequestFailed { what: action_name(action), code });
                let restamped = matches!(kind, RejectKind::ClockSkew(_)) && self.watch.clock.has_moved_since(request.sent_ns);
                // What was refused for a time that we know better by now is asked again with a fresh stamp: a cancel must pass.
                if action != OrderAction::Cancel || !restamped {
                    self.slot_refused(market, id, action, sink);
                }
                if kind == RejectKind::Other {
                    self.doubt_rules(market);
                }
            }
        }
        let event = match (action, outcome) {
            // "Already gone" and "changes nothing" both mean that the venue's order is not what our table says.
            (_, Outcome::Ambiguous(_))
            | (OrderAction::Amend | OrderAction::Cancel, Outcome::Rejected(RejectKind::OrderGone | RejectKind::NotModified, _)) => {
                OrderEvent::FateUnclear
            }
            (OrderAction::Place, Outcome::Accepted) => OrderEvent::CreateAcked,
            (OrderAction::Place, Outcome::Rejected(..)) => OrderEvent::CreateRefused,
            (OrderAction::Amend, Outcome::Accepted) => OrderEvent::AmendAcked,
            (OrderAction::Amend, Outcome::Rejected(..)) => OrderEvent::AmendRefused,
            (OrderAction::Cancel, Outcome::Accepted) if planted(Mutant::CancelTakenAsDone) => OrderEvent::SeenCancelled,
            (OrderAction::Cancel, Outcome::Accepted) => OrderEvent::CancelAcked,
            (OrderAction::Cancel, Outcome::Rejected(..)) => OrderEvent::CancelRefused,
        };
        self.move_order(market, id, event, sink);
    }

    fn query_answered(&mut self, request: InFlight, reply: Reply, sink: &mut Sink) {
        let Asked::Query { ref query, purpose } = request.asked else { return };
        match reply.outcome {
            Outcome::Accepted => {}
            Outcome::Rejected(RejectKind::PositionMode, _) => {
                sink.facts.push(Fact::Fatal(FatalReason::Admission { what: "position_mode_is_not_one_way" }));
                return;
            }
            Outcome::Rejected(RejectKind::NotTrading, _) => {
                if let Query::Instrument(market) = *query {
                    self.trading_ended(market, sink);
                }
                self.ask_again(request);
                return;
            }
            // The next listing says what is left.
            Outcome::Rejected(RejectKind::OrderGone, _) if matches!(query, Query::CancelOrder { .. }) => return,
            Outcome::Rejected(_, code) | Outcome::Ambiguous(code) => {
                sink.facts.push(Fact::RequestFailed { what: query_name(query), code });
                self.ask_again(request);
                return;
            }
        }
        let query = query.clone();
        match (query, reply.body) {
            (Query::Instrument(market), ReplyBody::Instruments(rows)) => {
                if !self.see_instruments(market, rows, sink) {
                    self.ask_again(request);
                }
            }
            (Query::FeeRate(_), ReplyBody::FeeRates(rows)) => {
                for row in rows {
                    if let Some(market) = self.markets.get_mut(row.market.index()) {
                        market.maker_rate = Some(row.maker);
                        sink.facts.push(Fact::FeeRateRead { market: row.market, maker: row.maker, taker: row.taker });
                    }
                }
            }
            (Query::ApiKey, ReplyBody::ApiKey(key)) => self.judge_key(&key, sink),
            (Query::AccountInfo, ReplyBody::Account(account)) => self.judge_account(&account, sink),
            (Query::ServerTime, ReplyBody::ServerTime(venue_ns)) => self.time_told(venue_ns, request.sent_ns),
            (query, body) => self.account_answered(query, body, purpose, request.sent_ns, sink),
        }
    }

    /// False if it is to be asked again: the venue lists what is traded, and a market of ours is missing for a while.
    fn see_instruments(&mut self, market: MarketIx, rows: alloc::vec::Vec<crate::instrument::Instrument>, sink: &mut Sink) -> bool {
        let wanted = self.instruments.id(market);
        match rows.into_iter().find(|spec| Some(spec.id) == wanted) {
            Some(spec) => self.learn_instrument(spec, sink),
            None if self.instruments.get(market).is_some() => {
                self.trading_ended(market, sink);
                return false;
            }
            None => sink.facts.push(Fact::Fatal(FatalReason::Instrument { market })),
        }
        true
    }

    /// Nothing of the request left this machine.
    pub(super) fn never_left(&mut self, request: &InFlight, sink: &mut Sink) {
        if let Asked::Orders { action, market, ref ids, .. } = request.asked {
            let event = match action {
                OrderAction::Place => OrderEvent::CreateRefused,
                OrderAction::Amend => OrderEvent::AmendRefused,
                OrderAction::Cancel => OrderEvent::CancelRefused,
            };
            for id in ids {
                self.move_order(market, id, event, sink);
            }
            self.orders.retire(market);
        } else {
            self.ask_again(request.clone());
        }
    }

    /// The request may or may not have been carried out: orders become Unknown, queries are simply asked again.
    pub(super) fn fate_unclear(&mut self, request: &InFlight, sink: &mut Sink) {
        match request.asked {
            Asked::Orders { market, ref ids, .. } => {
                for id in ids {
                    self.move_order(market, id, OrderEvent::FateUnclear, sink);
                }
            }
            Asked::Query { .. } => self.ask_again(request.clone()),
        }
    }

    fn ask_again(&mut self, request: InFlight) {
        let Asked::Query { query, purpose } = request.asked else { return };
        // What a standing need re-derives is not queued a second time.
        let stale = matches!(purpose, Purpose::Recovery(epoch) if epoch != self.epochs);
        if stale || matches!(purpose, Purpose::Chase | Purpose::Pull | Purpose::Canary) {
            return;
        }
        let failures = request.failures.saturating_add(1);
        let pause_ns = (RETRY_FIRST_NS << (failures - 1).min(5)).min(RETRY_CAP_NS);
        self.pending.push(Pending { query, purpose, not_before_ns: self.now_ns + pause_ns, failures });
    }

    /// Asks unless the same is already waiting or in flight: however long nothing may leave, a need that comes back waits once.
    pub(super) fn ask_once(&mut self, query: Query, purpose: Purpose) {
        let known = self.pending.iter().any(|row| row.query == query) || self.requests.asks(|asked, _| *asked == query);
        if !known {
            self.ask(query, purpose, self.now_ns);
        }
    }

    /// Puts a query on the list of what is to be asked; it leaves when the budget has a token.
    pub(super) fn ask(&mut self, query: Query, purpose: Purpose, not_before_ns: i64) {
        self.pending.push(Pending { query, purpose, not_before_ns, failures: 0 });
    }
}

fn action_name(action: OrderAction) -> &'static str {
    match action {
        OrderAction::Place => "place",
        OrderAction::Amend => "amend",
        OrderAction::Cancel => "cancel",
    }
}

fn query_name(query: &Query) -> &'static str {
    match query {
        Query::Instrument(_) => "instrument",
        Query::FeeRate(_) => "fee_rate",
        Query::OpenOrders { .. } => "open_orders",
        Query::OrderByClientId { .. } => "order_by_client_id",
        Query::Executions { .. } => "executions",
        Query::Position(_) => "position",
        Query::Wallet => "wallet",
        Query::CancelAll(_) => "cancel_all",
        Query::CancelOrder { .. } => "cancel_order",
        Query::AccountInfo => "account_info",
        // Not called like a secret: logs would hide what stands beside it.
        Query::ApiKey => "key_permissions",
        Query::Dcp => "dcp",
        Query::SystemStatus => "system_status",
        Query::ServerTime => "server_time",
    }
}
