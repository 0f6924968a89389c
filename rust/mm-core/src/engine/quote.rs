//! From a changed market to commands: signals → ladder → targets → risk → order table → output.

use alloc::vec::Vec;

use super::{Engine, Sink};
use crate::fact::Fact;
use crate::ids::{ClientId, ConnId, MarketIx};
use crate::input::StreamRole;
use crate::orders::{Order, OrderEvent, OrderState};
use crate::output::{AmendOrder, CancelOrder, NewOrder, Output};
use crate::quoting::Quotes;
use crate::quoting::ladder::{LadderInputs, quotes};
use crate::risk::{self, Approved, Gate, Verdict};
use crate::session::budget::{Class, Pool};
use crate::session::inflight::{Asked, InFlight, OrderAction};
use crate::targets::{self, Move, Placement};
use crate::units::{Lots, Side};

/// Orders per batch request that every category takes (documented maxima are 10 and 20).
const BATCH: usize = 10;
/// After this an order request without an answer is of unknown fate.
pub(super) const ORDER_TIMEOUT_NS: i64 = 3_000_000_000;
/// The colour of all quotes until a roll-out assigns others.
const COLOUR: u8 = 0;

impl Engine {
    pub(super) fn book_changed(&mut self, market: MarketIx, sink: &mut Sink) {
        self.rejudge(market, sink);
        let Some(row) = self.markets.get_mut(market.index()) else { return };
        if let (true, Some(mid_x2), Some(ledger)) = (row.is_trusted(), row.book.mid_x2(), row.ledger.as_mut())
            && ledger.mark(mid_x2).is_err()
        {
            sink.facts.push(Fact::Fatal(crate::fact::FatalReason::Ledger { market }));
        }
        self.decide(market, sink);
    }

    /// Looks at a market's trust again; on a change says so and acts on it.
    pub(super) fn rejudge(&mut self, market: MarketIx, sink: &mut Sink) {
        let now_ns = self.now_ns;
        let Some(verdict) = self.markets.get_mut(market.index()).and_then(|row| row.rejudge(now_ns)) else { return };
        sink.facts.push(verdict.map_or(Fact::TrustGained { market }, |why| Fact::TrustLost { market, why }));
        if verdict.is_some() {
            self.decide(market, sink);
        }
    }

    /// One decision: desired quotes against working orders, and whatever commands the budget lets out now.
    pub(super) fn decide(&mut self, market: MarketIx, sink: &mut Sink) {
        let desired = self.desired(market);
        let mut plan = core::mem::take(&mut self.plan);
        targets::plan(desired.as_slice(), self.orders.of(market), self.config.patience, self.now_ns, &mut plan);
        if let Some(row) = self.markets.get_mut(market.index()) {
            row.due_ns = plan.due_ns;
        }
        if let Some(conn) = self.streams.live(StreamRole::Trade) {
            self.send_cancels(market, conn, &plan.cancel, sink);
            self.send_amends(market, conn, &plan.amend, sink);
            self.send_places(market, conn, &plan.place, sink);
        }
        self.plan = plan;
        let due = self.markets.get(market.index()).and_then(|row| row.due_ns);
        self.next_due_ns = due.map_or(self.next_due_ns, |due| self.next_due_ns.min(due));
    }

    /// True if this market may show quotes at all.
    pub(super) fn may_quote(&self, market: MarketIx) -> bool {
        let sockets = self.streams.live(StreamRole::Trade).is_some() && self.streams.live(StreamRole::Private).is_some();
        let trusted = self.markets.get(market.index()).is_some_and(|row| row.is_trusted() && row.ledger.is_some());
        self.recovered && self.stopping_since_ns.is_none() && sockets && trusted
    }

    /// The model's quotes that inventory leaves room for; none while the market may not be quoted.
    fn desired(&mut self, market: MarketIx) -> Quotes {
        let mut wanted = Quotes::new();
        if !self.may_quote(market) {
            return wanted;
        }
        let mut own = core::mem::take(&mut self.own);
        for side in Side::BOTH {
            let open = self.orders.of(market).iter().filter(|order| order.side == side && order.leaves() > Lots::ZERO);
            own[side.index()].clear();
            own[side.index()].extend(open.map(|order| (order.price, order.leaves())));
        }
        if let Some((inputs, max_position)) = self.ladder_inputs(market, &own) {
            let position = self.markets[market.index()].position();
            for side in Side::BOTH {
                let mut room = max_position - Lots(position.0 * side.sign());
                for quote in quotes(&self.config.ladder, &inputs).side(side) {
                    room -= quote.qty;
                    if room < Lots::ZERO {
                        break;
                    }
                    wanted.push(*quote);
                }
            }
        }
        self.own = own;
        wanted
    }

    /// Signals end here. `None` if the book holds nobody but us on a side.
    #[allow(clippy::cast_precision_loss)]
    fn ladder_inputs(&mut self, market: MarketIx, own: &[Vec<(crate::units::Ticks, Lots)>; 2]) -> Option<(LadderInputs, Lots)> {
        let row = self.markets.get_mut(market.index())?;
        let terms = row.terms.as_ref()?;
        let (best_bid, bid_size) = row.book.best_excluding(Side::Buy, &own[0])?;
        let (best_ask, ask_size) = row.book.best_excluding(Side::Sell, &own[1])?;
        let imbalance = bid_size.0 as f64 / (bid_size.0 + ask_size.0) as f64;
        row.decisions += 1;
        let max_position = terms.limits.max_position;
        let inputs = LadderInputs {
            best_bid,
            best_ask,
            microprice_ticks: best_bid.0 as f64 * (1.0 - imbalance) + best_ask.0 as f64 * imbalance,
            sigma_1m_bps: row.volatility.sigma_1m_bps(),
            inventory_ratio: (row.position().0 as f64 / max_position.0 as f64).clamp(-1.0, 1.0),
            maker_fee_bps: row.maker_rate?.to_f64() * 1e4,
            order_qty: terms.order_qty,
            colour: COLOUR,
        };
        Some((inputs, max_position))
    }

    fn send_cancels(&mut self, market: MarketIx, conn: ConnId, wanted: &[u64], sink: &mut Sink) {
        for chunk in wanted.chunks(BATCH) {
            let pool = if chunk.len() > 1 { Pool::CancelBatch } else { Pool::Cancel };
            let count = self.tokens(market, pool, Class::Cancel, chunk.len());
            let ids = self.ids(market, &chunk[..count]);
            let cancels = ids.iter().map(|id| CancelOrder { market, client_id: *id }).collect();
            if let Some(approved) = risk::cancel(cancels) {
                self.emit(market, conn, pool, OrderAction::Cancel, ids, approved, sink);
            }
        }
    }

    fn send_amends(&mut self, market: MarketIx, conn: ConnId, wanted: &[Move], sink: &mut Sink) {
        for chunk in wanted.chunks(BATCH) {
            let pool = if chunk.len() > 1 { Pool::AmendBatch } else { Pool::Amend };
            let count = self.tokens(market, pool, Class::Quote, chunk.len());
            let orders = self.orders.of(market);
            let moves = chunk[..count].iter().filter_map(|wish| {
                let order = orders.iter().find(|order| order.seq == wish.seq)?;
                let price = (wish.price != order.price).then_some(wish.price);
                let qty = (wish.qty != order.qty).then_some(wish.qty);
                (price.is_some() || qty.is_some()).then_some((order, AmendOrder { market, client_id: order.client_id, price, qty }))
            });
            let moves: Vec<(&Order, AmendOrder)> = moves.collect();
            let Some(verdict) = self.gate(market).map(|gate| gate.amend(moves)) else { return };
            self.report_refusals(market, &verdict, sink);
            let Some(approved) = verdict.approved else { continue };
            let crate::output::OrderCommand::Amend(rows) = approved.command() else { continue };
            let rows = rows.clone();
            for amend in &rows {
                if let Some(order) = self.orders.find(market, &amend.client_id) {
                    order.amending = Some((amend.price.unwrap_or(order.price), amend.qty.unwrap_or(order.qty)));
                }
            }
            let ids = rows.iter().map(|row| row.client_id).collect();
            self.emit(market, conn, pool, OrderAction::Amend, ids, approved, sink);
        }
    }

    fn send_places(&mut self, market: MarketIx, conn: ConnId, wanted: &[Placement], sink: &mut Sink) {
        let rests = self.markets.get(market.index()).map_or([i64::MAX; 2], |row| row.side_rests_until_ns);
        let awake: Vec<Placement> = wanted.iter().filter(|wish| rests[wish.side.index()] <= self.now_ns).copied().collect();
        if awake.len() < wanted.len() {
            let wakes_ns = rests.into_iter().filter(|at| *at > self.now_ns).min().unwrap_or(self.now_ns);
            self.note_due(market, wakes_ns);
        }
        for chunk in awake.chunks(BATCH) {
            let pool = if chunk.len() > 1 { Pool::CreateBatch } else { Pool::Create };
            let class = if chunk.iter().all(|wish| self.reduces(market, wish)) { Class::Reduce } else { Class::Quote };
            let count = self.tokens(market, pool, class, chunk.len());
            self.place(market, conn, pool, &chunk[..count], sink);
        }
    }

    fn place(&mut self, market: MarketIx, conn: ConnId, pool: Pool, wanted: &[Placement], sink: &mut Sink) {
        let fresh: Vec<(Order, NewOrder)> = wanted.iter().map(|wish| self.draft(market, wish)).collect();
        let news = fresh.iter().map(|(_, new)| *new).collect();
        let Some(verdict) = self.gate(market).map(|gate| gate.place(news)) else { return };
        self.report_refusals(market, &verdict, sink);
        let Some(approved) = verdict.approved else { return };
        let refused = |id: &ClientId| verdict.refused.iter().any(|(other, ..)| other == id);
        let mut ids = Vec::with_capacity(fresh.len());
        for (order, _) in fresh.into_iter().filter(|(order, _)| !refused(&order.client_id)) {
            let Order { client_id, side, level, price, qty, state, .. } = order;
            ids.push(client_id);
            sink.facts.push(Fact::OrderMoved { market, client_id, side, level, price, qty, from: state, to: state });
            self.orders.insert(market, order);
        }
        self.emit(market, conn, pool, OrderAction::Place, ids, approved, sink);
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
            priced_ns: self.now_ns,
            requested_ns: self.now_ns,
            asked_ns: i64::MIN / 2,
            updated_ms: 0,
        };
        (order, NewOrder { market, client_id, side, price, qty })
    }

    /// Lets an approved request out: tokens, table, output.
    #[allow(clippy::too_many_arguments)]
    fn emit(
        &mut self,
        market: MarketIx,
        conn: ConnId,
        pool: Pool,
        action: OrderAction,
        ids: Vec<ClientId>,
        command: Approved,
        sink: &mut Sink,
    ) {
        let weight = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        self.budget.take(pool, weight, self.now_ns);
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
        let req_id = self.requests.enter(InFlight { asked, pool, sent_ns: self.now_ns, deadline_ns, failures: 0 });
        self.next_due_ns = self.next_due_ns.min(deadline_ns);
        sink.outputs.push(Output::Order { conn, req_id, command });
    }

    fn gate(&self, market: MarketIx) -> Option<Gate<'_>> {
        let row = self.markets.get(market.index())?;
        let terms = row.terms.as_ref()?;
        Some(Gate {
            instrument: self.instruments.get(market)?,
            limits: terms.limits,
            position: row.position(),
            orders: self.orders.of(market),
            best_bid: row.book.best_excluding(Side::Buy, &self.own[0])?.0,
            best_ask: row.book.best_excluding(Side::Sell, &self.own[1])?.0,
        })
    }

    fn report_refusals(&mut self, market: MarketIx, verdict: &Verdict, sink: &mut Sink) {
        for (client_id, side, why) in &verdict.refused {
            sink.facts.push(Fact::OrderRefused { market, client_id: *client_id, side: *side, why: why.as_str() });
        }
    }

    /// How many of `wanted` orders may leave now; what must wait is looked at again when the pool frees.
    fn tokens(&mut self, market: MarketIx, pool: Pool, class: Class, wanted: usize) -> usize {
        let available = self.budget.available(pool, class, self.now_ns) as usize;
        if available < wanted {
            let free_ns = self.budget.free_ns(pool).max(self.now_ns + 1);
            self.note_due(market, free_ns);
        }
        available.min(wanted)
    }

    fn note_due(&mut self, market: MarketIx, at_ns: i64) {
        if let Some(row) = self.markets.get_mut(market.index()) {
            row.due_ns = Some(row.due_ns.map_or(at_ns, |due| due.min(at_ns)));
        }
    }

    fn ids(&self, market: MarketIx, seqs: &[u64]) -> Vec<ClientId> {
        let orders = self.orders.of(market);
        seqs.iter().filter_map(|seq| orders.iter().find(|order| order.seq == *seq)).map(|order| order.client_id).collect()
    }

    fn reduces(&self, market: MarketIx, wish: &Placement) -> bool {
        let position = self.markets.get(market.index()).map_or(Lots::ZERO, |row| row.position());
        position.0 * wish.side.sign() < 0 && wish.qty <= position.abs()
    }

    /// The best own quotes of a market, for the screen.
    pub(super) fn own_best(&self, market: MarketIx, side: Side) -> Option<crate::units::Ticks> {
        let open = self.orders.of(market).iter().filter(|order| order.side == side && order.leaves() > Lots::ZERO);
        match side {
            Side::Buy => open.map(|order| order.price).max(),
            Side::Sell => open.map(|order| order.price).min(),
        }
    }
}
