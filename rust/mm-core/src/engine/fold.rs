//! Folding the venue's news into orders and ledger. Pushes and queried rows take the same way in.

use super::{Engine, Sink};
use crate::fact::{Fact, FatalReason};
use crate::ids::{Category, MarketIx};
use crate::input::{ExecKind, Execution, OrderUpdate, VenueStatus};
use crate::instrument::Instrument;
use crate::ledger::{Entry, Fill};
use crate::mutants::{Mutant, planted};
use crate::orders::{Contradiction, Order, OrderEvent, OrderState, STRAY};
use crate::units::{Amount, Lots, Side};

/// An order that turns up may have been placed this long ago: earlier than any answer that we know to be late.
const STRAY_AGE_NS: i64 = 300_000_000_000;

impl Engine {
    pub(super) fn see_orders(&mut self, rows: &[OrderUpdate], sink: &mut Sink) {
        for row in rows {
            self.see_order(row, sink);
            self.orders.retire(row.market);
            self.decide(row.market, sink);
        }
    }

    /// Folds one order row. Returns true if it shows an open order.
    pub(super) fn see_order(&mut self, row: &OrderUpdate, sink: &mut Sink) -> bool {
        let open = matches!(row.status, VenueStatus::New | VenueStatus::PartiallyFilled);
        let now_ns = self.now_ns;
        if let Some(order) = self.orders.find(row.market, &row.client_id) {
            let (from, level) = (order.state, order.level);
            let moved = order.see(row, now_ns);
            report(row.market, order, from, moved, now_ns, sink);
            if !from.is_terminal() {
                self.note_end(row, level, from, sink);
            }
            if moved.is_err() {
                self.want_recovery(sink);
            }
        } else if open && !self.orders.has_ended(&row.client_id) {
            return self.adopt_stray(row, sink);
        }
        open
    }

    /// An open order that is not in the table: one of ours that we had given up, or left by an earlier run. It counts at full
    /// size at once, its fate is asked, and it is cancelled. Returns false for an order that is none of our business.
    fn adopt_stray(&mut self, row: &OrderUpdate, sink: &mut Sink) -> bool {
        if let Some((colour, seq)) = self.orders.read_id(&row.client_id) {
            let order = Order {
                seq,
                client_id: row.client_id,
                side: row.side,
                level: STRAY,
                colour,
                price: row.price,
                qty: row.qty,
                amending: None,
                executed: row.cum_qty,
                venue_cum: row.cum_qty,
                state: OrderState::Unknown,
                placed_ns: self.now_ns - STRAY_AGE_NS,
                priced_ns: self.now_ns,
                requested_ns: self.now_ns,
                cancel_wanted_ns: None,
                asked_ns: i64::MIN / 2,
                updated_ms: row.updated_ms,
            };
            sink.facts.push(Fact::StrayFound { market: row.market, client_id: row.client_id });
            self.orders.insert(row.market, order);
            true
        } else {
            self.foreign_order(row, sink)
        }
    }

    pub(super) fn see_executions(&mut self, rows: &[Execution], sink: &mut Sink) {
        for row in rows {
            self.see_execution(row, sink);
            self.orders.retire(row.market);
            self.decide(row.market, sink);
        }
    }

    /// Books one execution, once.
    pub(super) fn see_execution(&mut self, row: &Execution, sink: &mut Sink) {
        if !self.execution_ids.insert(row.exec_id) && !planted(Mutant::DroppedDedupe) {
            return;
        }
        self.newest_execution_ms = self.newest_execution_ms.max(row.exec_ms);
        let now_ns = self.now_ns;
        let seq = self.orders.find(row.market, &row.client_id).map(|order| order.seq);
        if row.kind == ExecKind::Trade
            && let Some(order) = self.orders.find(row.market, &row.client_id)
        {
            let from = order.state;
            if from == OrderState::Unknown && planted(Mutant::FillOfUnknownDropped) {
                return;
            }
            let moved = order.execute(row.qty);
            report(row.market, order, from, moved, now_ns, sink);
            if moved.is_err() {
                self.want_recovery(sink);
            }
        }
        if self.markets.get(row.market.index()).is_some_and(|market| market.ledger.is_none()) {
            self.early.push(*row);
        } else {
            if row.kind == ExecKind::Trade {
                self.count_fill(row, seq, sink);
            }
            self.book(row, None, sink);
        }
    }

    /// Enters an execution in the ledger. `mid_x2` overrides the mid of the book now (for executions of an unseen past).
    pub(super) fn book(&mut self, row: &Execution, mid_x2: Option<i64>, sink: &mut Sink) {
        let Some(spec) = self.instruments.get(row.market) else { return };
        let seen_live = mid_x2.is_none();
        let Some(market) = self.markets.get_mut(row.market.index()) else { return };
        let mid_x2 = mid_x2.or_else(|| market.book.mid_x2().filter(|_| market.is_trusted()));
        let Some(ledger) = market.ledger.as_mut() else { return };
        let mid_x2 = mid_x2.or(ledger.mid_x2()).unwrap_or(2 * row.price.0);
        let in_base = spec.id.category == Category::Spot && row.fee_coin == spec.base && !planted(Mutant::BaseFeeIgnored);
        let paid = if planted(Mutant::RebateSign) { row.fee.abs() } else { row.fee };
        let fee = if in_base { Amount::ZERO } else { paid };
        let fill = Fill { side: row.side, price: row.price, qty: row.qty, fee, mid_x2 };
        let entry = match row.kind {
            ExecKind::Trade => Entry::Fill(fill),
            // The venue's `execFee` is what we pay; the ledger's funding is what we receive.
            ExecKind::Funding => Entry::Funding(-row.fee),
            ExecKind::Liquidation => Entry::Liquidation(fill),
            ExecKind::Adl | ExecKind::Other => Entry::Adl(fill),
        };
        let base_fee = in_base.then(|| row.fee.checked_mul_round(spec.price(row.price)));
        let booked = ledger.apply(entry).is_ok()
            && off_tick_cost(row, spec).is_some_and(|cost| ledger.apply(Entry::OffTick(cost)).is_ok())
            && match base_fee {
                None => true,
                Some(value) => value.is_some_and(|value| ledger.apply(Entry::BaseFee { coin: row.fee, value }).is_ok()),
            };
        if !booked {
            sink.facts.push(Fact::Fatal(FatalReason::Ledger { market: row.market }));
            return;
        }
        let position = ledger.position();
        self.position_changed(row.market);
        if row.kind == ExecKind::Trade && row.is_maker && seen_live {
            self.feed_fill(row.market, row.side, row.price, row.qty, mid_x2);
        }
        sink.facts.push(match row.kind {
            ExecKind::Trade => Fact::FillBooked {
                market: row.market,
                exec_id: row.exec_id,
                client_id: row.client_id,
                side: row.side,
                price: row.price,
                price_rest: row.price_rest,
                qty: row.qty,
                fee: row.fee,
                is_maker: row.is_maker,
                position,
            },
            ExecKind::Funding => Fact::FundingBooked { market: row.market, amount: -row.fee },
            _ => Fact::PositionForced { market: row.market, exec_id: row.exec_id },
        });
    }

    /// Moves one order along the table by something that is no venue row (an ack, a time-out).
    pub(super) fn move_order(&mut self, market: MarketIx, client_id: &crate::ids::ClientId, event: OrderEvent, sink: &mut Sink) {
        let now_ns = self.now_ns;
        let Some(order) = self.orders.find(market, client_id) else { return };
        let from = order.state;
        let moved = order.apply(event);
        report(market, order, from, moved, now_ns, sink);
        if moved.is_err() {
            self.want_recovery(sink);
        }
    }

    /// The venue's position of a market, as a recovery asked for it.
    pub(super) fn see_position(&mut self, market: MarketIx, told: (Lots, i64)) {
        if let Some(row) = self.venue_positions.get_mut(market.index()) {
            *row = Some(told);
        }
    }

    /// Signed size of the executions read before the ledger existed.
    pub(super) fn early_position(&self, market: MarketIx) -> Lots {
        let signed = |row: &Execution| if row.side == Side::Buy { row.qty } else { -row.qty };
        let moves = |row: &&Execution| row.market == market && row.kind != ExecKind::Funding;
        self.early.iter().filter(moves).map(signed).fold(Lots::ZERO, |sum, qty| sum + qty)
    }
}

/// What an execution cost beyond its whole ticks, exactly; `None` if that has more decimals than money.
fn off_tick_cost(row: &Execution, spec: &Instrument) -> Option<Amount> {
    if row.price_rest == Amount::ZERO {
        return Some(Amount::ZERO);
    }
    let of_a_lot = Instrument::cash_per_tick_lot(row.price_rest, spec.qty_step)?;
    of_a_lot.0.checked_mul(i128::from(row.side.sign() * row.qty.0)).map(Amount)
}

/// Says how an order moved, and notes when it ended (so that missing executions are asked for in time).
#[inline(always)]
pub(super) fn report(
    market: MarketIx,
    order: &mut Order,
    from: OrderState,
    moved: Result<OrderState, Contradiction>,
    now_ns: i64,
    sink: &mut Sink,
) {
    match moved {
        Ok(to) if to != from => {
            if to.is_terminal() || to == OrderState::Unknown {
                order.asked_ns = if to.is_terminal() { now_ns } else { i64::MIN / 2 };
            }
            let Order { client_id, side, level, price, qty, .. } = *order;
            sink.facts.push(Fact::OrderMoved { market, client_id, side, level, price, qty, from, to });
        }
        Ok(_) => {}
        Err(Contradiction { client_id, state, event }) => {
            sink.facts.push(Fact::OrderContradicted { market, client_id, state, event });
        }
    }
}
