//! Letting commands out: budget first, then the risk gate, then the order table, then the wire.

use alloc::vec::Vec;

use super::{Engine, Sink};
use crate::fact::Fact;
use crate::guards::duplicate::Shape;
use crate::guards::reject_backoff::Slot;
use crate::ids::{Category, ClientId, ConnId, MarketIx};
use crate::orders::{Order, OrderEvent, OrderState};
use crate::output::{AmendOrder, CancelOrder, NewOrder, OrderCommand, Output};
use crate::risk::{self, Approved, Gate, Verdict};
use crate::session::budget::{Class, Lane, Pool};
use crate::session::inflight::{Asked, InFlight, OrderAction};
use crate::targets::{Move, Placement};
use crate::units::{Lots, Side};

/// Orders per batch request that every category takes (documented maxima are 10 and 20).
pub(super) const BATCH: usize = 10;
/// After this an order request without an answer is of unknown fate.
pub(super) const ORDER_TIMEOUT_NS: i64 = 3_000_000_000;

impl Engine {
    pub(super) fn send_cancels(&mut self, market: MarketIx, conn: ConnId, wanted: &mut Vec<u64>, sink: &mut Sink) {
        if wanted.is_empty() {
            self.time_cancels(market, wanted);
            return;
        }
        self.keep_awake(market, OrderAction::Cancel, wanted, |seq| *seq);
        self.time_cancels(market, wanted);
        let mut left = wanted.as_slice();
        while !left.is_empty() {
            let count = self.tokens(market, OrderAction::Cancel, Class::Cancel, left.len().min(BATCH));
            if count == 0 {
                break;
            }
            let ids = self.ids(market, &left[..count]);
            left = &left[count..];
            let mut cancels = self.spares.cancels();
            cancels.extend(ids.iter().map(|id| CancelOrder { market, client_id: *id }));
            if let Some(approved) = risk::cancel(cancels) {
                self.say_waits(market, &ids, sink);
                self.emit(market, conn, OrderAction::Cancel, ids, approved, sink);
            }
        }
    }

    /// Starts the watch of each wanted cancel, and stops that of an order which is wanted again.
    fn time_cancels(&mut self, market: MarketIx, wanted: &[u64]) {
        let now_ns = self.now_ns;
        for order in self.orders.of_mut(market) {
            let since_ns = order.cancel_wanted_ns.unwrap_or(now_ns);
            order.cancel_wanted_ns = wanted.contains(&order.seq).then_some(since_ns);
        }
    }

    /// How long the budget held these cancels back, if it did.
    fn say_waits(&mut self, market: MarketIx, ids: &[ClientId], sink: &mut Sink) {
        let now_ns = self.now_ns;
        for order in self.orders.of_mut(market).iter_mut().filter(|order| ids.contains(&order.client_id)) {
            let waited_ns = order.cancel_wanted_ns.take().map_or(0, |since_ns| now_ns - since_ns);
            if waited_ns > 0 {
                sink.facts.push(Fact::CancelWaited { market, client_id: order.client_id, waited_ns });
            }
        }
    }

    pub(super) fn send_amends(&mut self, market: MarketIx, conn: ConnId, wanted: &mut Vec<Move>, sink: &mut Sink) {
        self.keep_awake(market, OrderAction::Amend, wanted, |wish| wish.seq);
        wanted.truncate(self.changes_allowed(market, wanted.len()));
        for chunk in wanted.chunks(BATCH) {
            let count = self.tokens(market, OrderAction::Amend, Class::Quote, chunk.len());
            if count == 0 {
                continue;
            }
            let (mut moves, orders) = (self.spares.amends(), self.orders.of(market));
            moves.extend(chunk[..count].iter().filter_map(|wish| {
                let order = orders.iter().find(|order| order.seq == wish.seq)?;
                let price = (wish.price != order.price).then_some(wish.price);
                let qty = (wish.qty != order.qty).then_some(wish.qty);
                (price.is_some() || qty.is_some()).then_some(AmendOrder { market, client_id: order.client_id, price, qty })
            }));
            let Some(verdict) = self.gate(market).map(|gate| gate.amend(moves)) else { return };
            self.report_refusals(market, OrderAction::Amend, &[], &verdict, sink);
            let Some(approved) = verdict.approved else { continue };
            let OrderCommand::Amend(rows) = approved.command() else { continue };
            if rows.len() < count && self.tokens(market, OrderAction::Amend, Class::Quote, rows.len()) < rows.len() {
                continue;
            }
            let mut ids = self.spares.ids.take();
            for amend in rows {
                ids.push(amend.client_id);
                if let Some(order) = self.orders.find(market, &amend.client_id) {
                    order.amending = Some((amend.price.unwrap_or(order.price), amend.qty.unwrap_or(order.qty)));
                }
            }
            self.emit(market, conn, OrderAction::Amend, ids, approved, sink);
        }
    }

    pub(super) fn send_places(&mut self, market: MarketIx, conn: ConnId, wanted: &mut Vec<Placement>, sink: &mut Sink) {
        if wanted.is_empty() {
            // Asked for its own sake: an open circuit whose time is over lets probes through from now on.
            self.changes_allowed(market, 0);
            return;
        }
        let rests_until = |wish: &Placement| self.place_rests_until(market, wish);
        let wakes_ns = wanted.iter().map(rests_until).filter(|at| *at > self.now_ns).min();
        wanted.retain(|wish| rests_until(wish) <= self.now_ns);
        if let Some(wakes_ns) = wakes_ns {
            self.note_due(market, wakes_ns);
        }
        wanted.truncate(self.changes_allowed(market, wanted.len()).min(self.orders_left()));
        for chunk in wanted.chunks(BATCH) {
            let class = if chunk.iter().all(|wish| self.reduces(market, wish)) { Class::Reduce } else { Class::Quote };
            let count = self.tokens(market, OrderAction::Place, class, chunk.len());
            if count == 0 {
                continue;
            }
            self.place(market, conn, class, &chunk[..count], sink);
        }
    }

    fn place(&mut self, market: MarketIx, conn: ConnId, class: Class, wanted: &[Placement], sink: &mut Sink) {
        let (mut fresh, mut news) = (self.spares.drafts.take(), self.spares.places());
        fresh.extend(wanted.iter().map(|wish| self.draft(market, wish)));
        news.extend(fresh.iter().map(|(_, new)| *new));
        let Some(verdict) = self.gate(market).map(|gate| gate.place(news)) else { return };
        self.report_refusals(market, OrderAction::Place, &fresh, &verdict, sink);
        let Some(approved) = verdict.approved else { return };
        let left = approved.command().len();
        if left < wanted.len() && self.tokens(market, OrderAction::Place, class, left) < left {
            return;
        }
        let refused = |id: &ClientId| verdict.refused.iter().any(|(other, ..)| other == id);
        let mut ids = self.spares.ids.take();
        for (order, _) in fresh.drain(..).filter(|(order, _)| !refused(&order.client_id)) {
            let Order { client_id, side, level, price, qty, state, .. } = order;
            ids.push(client_id);
            sink.facts.push(Fact::OrderMoved { market, client_id, side, level, price, qty, from: state, to: state });
            if let Some(row) = self.markets.get_mut(market.index()) {
                row.sent.sent(Shape { side, price, qty }, order.seq, self.now_ns);
            }
            self.orders.insert(market, order);
        }
        self.spares.drafts.give(fresh);
        self.emit(market, conn, OrderAction::Place, ids, approved, sink);
    }

    fn draft(&mut self, market: MarketIx, wish: &Placement) -> (Order, NewOrder) {
        let Placement { side, level, colour, price, qty } = *wish;
        let (seq, client_id) = self.orders.next_client_id(colour);
        let order = Order {
            seq,
            client_id,
            side,
            level,
            colour,
            price,
            qty,
            amending: None,
            executed: Lots::ZERO,
            venue_cum: Lots::ZERO,
            state: OrderState::PendingNew,
            placed_ns: self.now_ns,
            priced_ns: self.now_ns,
            requested_ns: self.now_ns,
            cancel_wanted_ns: None,
            asked_ns: i64::MIN / 2,
            updated_ms: 0,
        };
        (order, NewOrder { market, client_id, side, price, qty })
    }

    /// Lets an approved request out: tokens, table, output.
    fn emit(&mut self, market: MarketIx, conn: ConnId, action: OrderAction, ids: Vec<ClientId>, command: Approved, sink: &mut Sink) {
        let (lane, weight) = (self.lane(market, pool_of(action, ids.len())), u32::try_from(ids.len()).unwrap_or(u32::MAX));
        if action == OrderAction::Place && self.config.guards.max_orders_per_day.is_some() {
            self.watch.order_cap.sent(weight, self.venue_ms());
        }
        let sent = match action {
            OrderAction::Place => None,
            OrderAction::Amend => Some(OrderEvent::AmendSent),
            OrderAction::Cancel => Some(OrderEvent::CancelSent),
        };
        for id in &ids {
            if let Some(order) = self.orders.find(market, id) {
                order.requested_ns = self.now_ns;
            }
            if let Some(event) = sent {
                self.move_order(market, id, event, sink);
            }
        }
        let asked = Asked::Orders { conn, action, market, ids };
        let deadline_ns = self.now_ns + ORDER_TIMEOUT_NS;
        let req_id = self.requests.enter(InFlight { asked, lane, sent_ns: self.now_ns, deadline_ns, failures: 0 });
        self.budget.take(lane, weight, req_id);
        if action != OrderAction::Cancel {
            self.watch.trade_breaker.sent(1);
            self.count_changes(market, weight);
        }
        self.next_due_ns = self.next_due_ns.min(deadline_ns);
        sink.outputs.push(Output::Order { conn, req_id, command });
    }

    fn gate(&self, market: MarketIx) -> Option<Gate<'_>> {
        let row = self.markets.get(market.index())?;
        let terms = row.terms.as_ref()?;
        let best_bid = row.book.best_excluding(Side::Buy, &self.own[0])?.0;
        let best_ask = row.book.best_excluding(Side::Sell, &self.own[1])?.0;
        Some(Gate {
            instrument: self.instruments.get(market)?,
            limits: terms.limits,
            position: row.position(),
            orders: self.orders.of(market),
            best_bid,
            best_ask,
            guarded: self.guarded(market, best_bid.0 + best_ask.0)?,
        })
    }

    fn report_refusals(&mut self, market: MarketIx, action: OrderAction, fresh: &[(Order, NewOrder)], verdict: &Verdict, sink: &mut Sink) {
        for &(client_id, side, why) in &verdict.refused {
            sink.facts.push(Fact::OrderRefused { market, client_id, side, why: why.as_str() });
            let drafted = fresh.iter().map(|(order, _)| order).find(|order| order.client_id == client_id).map(|order| order.level);
            if let Some(level) = drafted.or_else(|| self.orders.find(market, &client_id).map(|order| order.level)) {
                self.gate_refused(market, Slot { side, level, action }, why);
            }
        }
    }

    /// How many of `wanted` orders may leave now, in one request; what must wait is looked at again when the lane frees.
    fn tokens(&mut self, market: MarketIx, action: OrderAction, class: Class, wanted: usize) -> usize {
        let lane = self.lane(market, pool_of(action, wanted));
        let available = self.budget.available(lane, class, self.now_ns) as usize;
        if available < wanted
            && let Some(free_ns) = self.budget.free_ns(lane, self.now_ns)
        {
            self.note_due(market, free_ns);
        }
        match available.min(wanted) {
            // One of several travels in the plain form, and the venue counts that apart.
            1 if wanted > 1 => self.tokens(market, action, class, 1),
            // Cancels take what each form has left: none waits for a token of the other.
            0 if wanted > 1 && class == Class::Cancel => self.tokens(market, action, class, 1),
            granted => granted,
        }
    }

    /// The window of the venue that an order request of this market counts in.
    pub(super) fn lane(&self, market: MarketIx, pool: Pool) -> Lane {
        Lane { category: self.instruments.id(market).map_or(Category::Linear, |id| id.category), pool }
    }

    pub(super) fn note_due(&mut self, market: MarketIx, at_ns: i64) {
        if let Some(row) = self.markets.get_mut(market.index()) {
            row.due_ns = Some(row.due_ns.map_or(at_ns, |due| due.min(at_ns)));
        }
    }

    fn ids(&mut self, market: MarketIx, seqs: &[u64]) -> Vec<ClientId> {
        let (mut ids, orders) = (self.spares.ids.take(), self.orders.of(market));
        ids.extend(seqs.iter().filter_map(|seq| orders.iter().find(|order| order.seq == *seq)).map(|order| order.client_id));
        ids
    }

    fn reduces(&self, market: MarketIx, wish: &Placement) -> bool {
        let position = self.markets.get(market.index()).map_or(Lots::ZERO, |row| row.position());
        position.0 * wish.side.sign() < 0 && wish.qty <= position.abs()
    }
}

/// Several orders travel in the batch form, and the venue counts each form apart.
const fn pool_of(action: OrderAction, orders: usize) -> Pool {
    match (action, orders > 1) {
        (OrderAction::Place, false) => Pool::Create,
        (OrderAction::Place, true) => Pool::CreateBatch,
        (OrderAction::Amend, false) => Pool::Amend,
        (OrderAction::Amend, true) => Pool::AmendBatch,
        (OrderAction::Cancel, false) => Pool::Cancel,
        (OrderAction::Cancel, true) => Pool::CancelBatch,
    }
}
