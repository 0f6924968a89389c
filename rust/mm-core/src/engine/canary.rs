//! Asking what the streams should have told anyway: a private stream that says nothing looks just like a quiet account.

use alloc::string::String;
use alloc::vec::Vec;

use super::release::ORDER_TIMEOUT_NS;
use super::{Engine, Sink};
use crate::guards::{Guard, Trip};
use crate::ids::{Category, ClientId, MarketIx};
use crate::input::{Execution, OrderUpdate, StreamRole};
use crate::orders::{Order, OrderEvent, OrderState};
use crate::output::Query;
use crate::session::inflight::Purpose;

/// Open orders and executions of each market are asked for this often (law: silence of an idle account is found within 30 s).
const CANARY_EVERY_NS: i64 = 20_000_000_000;
/// Positions and wallet are asked for this often.
const HOLDINGS_EVERY_NS: i64 = 60_000_000_000;
/// What the venue has known for this long, the stream should have told.
const OWED_MS: i64 = 3_000;

/// When the next questions are due, and what the listing under way has shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Canary {
    orders_due_ns: i64,
    holdings_due_ns: i64,
    listed: Vec<ClientId>,
}

impl Canary {
    /// A recovery has just asked everything.
    pub(super) fn rest(&mut self, now_ns: i64) {
        self.orders_due_ns = now_ns + CANARY_EVERY_NS;
        self.holdings_due_ns = now_ns + HOLDINGS_EVERY_NS;
    }

    pub(super) fn deadline(&self) -> i64 {
        self.orders_due_ns.min(self.holdings_due_ns)
    }
}

impl Engine {
    pub(super) fn ask_canary(&mut self) {
        if !self.recovered || self.stopping_since_ns.is_some() || self.watch.ban.refusals().is_some() {
            return;
        }
        let now_ns = self.now_ns;
        if now_ns >= self.canary.orders_due_ns {
            self.canary.orders_due_ns = now_ns + CANARY_EVERY_NS;
            self.canary.listed.clear();
            let start_ms = self.executions_since_ms();
            for index in 0..self.all_markets.len() {
                let market = self.all_markets[index];
                self.ask(Query::OpenOrders { market, cursor: String::new() }, Purpose::Canary, now_ns);
                self.ask(Query::Executions { market, start_ms, cursor: String::new() }, Purpose::Canary, now_ns);
            }
        }
        if now_ns >= self.canary.holdings_due_ns {
            self.canary.holdings_due_ns = now_ns + HOLDINGS_EVERY_NS;
            for index in 0..self.all_markets.len() {
                let market = self.all_markets[index];
                if self.instruments.id(market).is_some_and(|id| id.category == Category::Linear) {
                    self.ask(Query::Position(market), Purpose::Canary, now_ns);
                }
            }
            self.ask(Query::Wallet, Purpose::Canary, now_ns);
        }
    }

    /// One page of a canary's listing. On the last, an order of ours that stood before it was asked and is not in it is asked about.
    pub(super) fn compare_listing(&mut self, market: MarketIx, rows: &[OrderUpdate], last: bool, asked_ns: i64, sink: &mut Sink) {
        self.canary.listed.extend(rows.iter().map(|row| row.client_id));
        if !last {
            return;
        }
        let listed = &self.canary.listed;
        // The listing may lag behind the acknowledgement.
        let stood = |order: &&Order| order.state == OrderState::Working && order.requested_ns + OWED_MS * 1_000_000 < asked_ns;
        let missing = self.orders.of(market).iter().filter(stood).filter(|order| !listed.contains(&order.client_id));
        let missing: Vec<ClientId> = missing.map(|order| order.client_id).collect();
        for id in missing {
            self.move_order(market, &id, OrderEvent::FateUnclear, sink);
        }
    }

    /// An execution that only a query told, long after it happened.
    pub(super) fn overheard_execution(&mut self, row: &Execution, sink: &mut Sink) {
        let owed_ms = self.venue_ms() - row.exec_ms;
        if owed_ms > OWED_MS && self.recovered && !self.execution_ids.contains(&row.exec_id) {
            self.private_silent(owed_ms * 1_000_000, sink);
        }
    }

    /// An end of an order that only a query told, long after it happened.
    pub(super) fn overheard_end(&mut self, row: &OrderUpdate, sink: &mut Sink) {
        let owed_ms = self.venue_ms() - row.updated_ms;
        let open = self.orders.find(row.market, &row.client_id).is_some_and(|order| !order.state.is_terminal());
        if owed_ms > OWED_MS && open && row.status.is_terminal() && self.recovered {
            self.private_silent(owed_ms * 1_000_000, sink);
        }
    }

    /// True if the venue acknowledged this order's request and the private stream, up ever since, has not shown it in time.
    pub(super) fn owes_row(&self, order: &Order) -> bool {
        let waits = match order.state {
            OrderState::PendingAmend | OrderState::PendingCancel => true,
            OrderState::Working => order.updated_ms == 0,
            _ => false,
        };
        waits && self.now_ns >= order.requested_ns + ORDER_TIMEOUT_NS
    }

    /// The private stream does not tell what it should: it is taken anew, and the recovery that follows asks for everything.
    pub(super) fn private_silent(&mut self, waited_ns: i64, sink: &mut Sink) {
        let Some(conn) = self.streams.live(StreamRole::Private) else { return };
        self.set_guard(None, Guard::PrivateSilence, Some(Trip::seconds(waited_ns, OWED_MS * 1_000_000)), sink);
        self.abandon(conn, sink);
    }
}
