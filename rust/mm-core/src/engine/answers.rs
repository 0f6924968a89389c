//! What queries say of our orders, executions and holdings: folded like the stream, and held against it.

use alloc::string::String;

use super::{Engine, Sink};
use crate::ids::MarketIx;
use crate::input::{OrderUpdate, ReplyBody};
use crate::orders::OrderEvent;
use crate::output::Query;
use crate::session::inflight::Purpose;
use crate::units::Lots;

/// After recv_window and this grace no request of ours can still reach the venue's book.
pub(super) const ARRIVAL_GRACE_NS: i64 = 1_000_000_000;

impl Engine {
    pub(super) fn account_answered(&mut self, query: Query, body: ReplyBody, purpose: Purpose, asked_ns: i64, sink: &mut Sink) {
        match (query, body) {
            (Query::OpenOrders { market, .. }, ReplyBody::Orders { rows, next }) => {
                self.orders_listed(market, &rows, next.is_empty(), purpose, asked_ns, sink);
                self.next_page(next, purpose, |cursor| Query::OpenOrders { market, cursor });
            }
            (Query::OrderByClientId { market, client_id }, ReplyBody::Orders { rows, .. }) => {
                for row in &rows {
                    self.overheard_end(row, sink);
                    self.see_order(row, sink);
                }
                if !rows.iter().any(|row| row.client_id == client_id) {
                    self.not_found(market, &client_id, sink);
                }
                self.orders.retire(market);
                self.decide(market, sink);
            }
            (Query::Executions { market, start_ms, .. }, ReplyBody::Executions { rows, next }) => {
                // Newest first on the wire; booked in the order in which they happened.
                for row in rows.iter().rev() {
                    if purpose == Purpose::Canary {
                        self.overheard_execution(row, sink);
                    }
                    self.see_execution(row, sink);
                }
                self.orders.retire(market);
                self.next_page(next, purpose, |cursor| Query::Executions { market, start_ms, cursor });
            }
            (Query::Position(market), ReplyBody::Positions(rows)) => {
                self.told_positions(&rows);
                if purpose != Purpose::Canary {
                    let told = rows.iter().find(|row| row.market == market).map_or((Lots::ZERO, -1), |row| (row.size, row.seq));
                    self.see_position(market, told);
                }
            }
            (Query::Wallet, ReplyBody::Wallet(rows)) => {
                self.told_coins(&rows, sink);
                if purpose != Purpose::Canary {
                    self.venue_coins = rows;
                }
            }
            _ => {}
        }
    }

    fn orders_listed(&mut self, market: MarketIx, rows: &[OrderUpdate], last: bool, purpose: Purpose, asked_ns: i64, sink: &mut Sink) {
        let canary = purpose == Purpose::Canary;
        for row in rows {
            self.overheard_end(row, sink);
            let open = self.see_order(row, sink);
            self.open_listed |= open && !canary;
        }
        if canary {
            self.compare_listing(market, rows, last, asked_ns, sink);
        }
    }

    fn next_page(&mut self, cursor: String, purpose: Purpose, query: impl FnOnce(String) -> Query) {
        if !cursor.is_empty() {
            self.ask(query(cursor), purpose, self.now_ns);
        }
    }

    /// The venue knows nothing of an order. Early on that proves nothing: the request may still be on its way.
    fn not_found(&mut self, market: MarketIx, id: &crate::ids::ClientId, sink: &mut Sink) {
        let horizon_ns = i64::from(self.config.recv_window_ms) * 1_000_000 + ARRIVAL_GRACE_NS;
        let now_ns = self.now_ns;
        if self.orders.find(market, id).is_some_and(|order| now_ns >= order.requested_ns + horizon_ns) {
            self.move_order(market, id, OrderEvent::NotFound, sink);
        }
    }
}
