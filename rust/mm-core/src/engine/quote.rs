//! From a changed market to commands: signals → ladder → targets → risk → order table → output.

use super::{Engine, Sink};
use crate::fact::Fact;
use crate::guards::Effect;
use crate::ids::MarketIx;
use crate::input::StreamRole;
use crate::orders::OrderState;
use crate::quoting::{Quote, Quotes};
use crate::targets::{self};
use crate::units::{Lots, Side};

/// The colour of all quotes until a roll-out assigns others.
pub(super) const COLOUR: u8 = 0;

impl Engine {
    pub(super) fn book_changed(&mut self, market: MarketIx, sink: &mut Sink) {
        self.rejudge(market, sink);
        self.feed_book(market);
        let Some(row) = self.markets.get_mut(market.index()) else { return };
        if let (true, Some(mid_x2), Some(ledger)) = (row.is_trusted(), row.book.mid_x2(), row.ledger.as_mut())
            && ledger.mark(mid_x2).is_err()
        {
            sink.facts.push(Fact::Fatal(crate::fact::FatalReason::Ledger { market }));
        }
        self.market_changed(market);
        self.decide(market, sink);
    }

    /// Looks at a market's trust again; on a change says so and acts on it.
    pub(super) fn rejudge(&mut self, market: MarketIx, sink: &mut Sink) {
        let now_ns = self.now_ns;
        let Some(verdict) = self.markets.get_mut(market.index()).and_then(|row| row.rejudge(now_ns)) else { return };
        sink.facts.push(verdict.map_or(Fact::TrustGained { market }, |why| Fact::TrustLost { market, why }));
        if verdict.is_some() {
            self.feed_book(market);
            self.decide(market, sink);
        } else {
            self.rejudge_rules(market, sink);
        }
    }

    /// One decision: desired quotes against working orders, and whatever commands the budget lets out now.
    pub(super) fn decide(&mut self, market: MarketIx, sink: &mut Sink) {
        let Some(params) = self.params.get(market.index()) else { return };
        let (patience, explain) = (params.patience, params.explain);
        self.judge_answer(market, sink);
        let mut desired = core::mem::take(&mut self.desired);
        self.desired(market, &mut desired);
        let mut plan = core::mem::take(&mut self.plan);
        targets::plan(desired.as_slice(), self.orders.of(market), patience, self.now_ns, &mut plan);
        self.renew_aged(market, &mut plan);
        let (said, left) = (sink.facts.len(), sink.outputs.len());
        if let Some(row) = self.markets.get_mut(market.index()) {
            row.due_ns = plan.due_ns;
        }
        if let Some(conn) = self.streams.live(StreamRole::Trade) {
            self.send_cancels(market, conn, &mut plan.cancel, sink);
            self.send_amends(market, conn, &mut plan.amend, sink);
            self.send_places(market, conn, &mut plan.place, sink);
        }
        self.plan = plan;
        self.check_intents(market, &desired, left, sink);
        if explain {
            self.explain(market, &desired, said, sink);
        }
        self.desired = desired;
        self.ask_strategy(market, sink);
        let due = self.markets.get(market.index()).and_then(|row| row.due_ns);
        self.next_due_ns = due.map_or(self.next_due_ns, |due| self.next_due_ns.min(due));
    }

    /// Says of each price that just left why it is what it is.
    fn explain(&self, market: MarketIx, desired: &Quotes, said: usize, sink: &mut Sink) {
        for index in said..sink.facts.len() {
            let Fact::OrderMoved { client_id, to: OrderState::PendingNew | OrderState::PendingAmend, .. } = sink.facts[index] else {
                continue;
            };
            let Some(order) = self.orders.of(market).iter().find(|order| order.client_id == client_id) else { continue };
            let price = order.amending.map_or(order.price, |(price, _)| price);
            let quote = desired.side(order.side).find(|quote| quote.level == order.level && quote.price == price);
            if let Some(Quote { side, level, colour, price, explanation, .. }) = quote.copied() {
                sink.facts.push(Fact::QuoteExplained { market, client_id, side, level, colour, price, explanation });
            }
        }
    }

    /// True if this market may show quotes at all.
    pub(super) fn may_quote(&self, market: MarketIx) -> bool {
        let sockets = self.streams.live(StreamRole::Trade).is_some() && self.streams.live(StreamRole::Private).is_some();
        let trusted = self.markets.get(market.index()).is_some_and(|row| row.is_trusted() && !row.paused && row.ledger.is_some());
        let unguarded = self.guards.effect(market) < Effect::Pull;
        self.recovered && self.stopping_since_ns.is_none() && sockets && trusted && unguarded
    }

    /// The model's quotes that inventory leaves room for; none while the market may not be quoted.
    fn desired(&mut self, market: MarketIx, wanted: &mut Quotes) {
        wanted.clear();
        if !self.may_quote(market) {
            return;
        }
        let mut own = core::mem::take(&mut self.own);
        for side in Side::BOTH {
            let open = self.orders.of(market).iter().filter(|order| order.side == side && order.leaves() > Lots::ZERO);
            own[side.index()].clear();
            own[side.index()].extend(open.map(|order| (order.price, order.leaves())));
        }
        self.model_quotes(market, [&own[0], &own[1]], wanted);
        self.own = own;
        let row = &self.markets[market.index()];
        let reduce_only = self.guards.effect(market) == Effect::ReduceOnly;
        let most = row.terms.as_ref().map_or(Lots::ZERO, |terms| if reduce_only { Lots::ZERO } else { terms.limits.max_position });
        // Once a quote finds no room, those further out find none either.
        let mut room = Side::BOTH.map(|side| most - Lots(row.position().0 * side.sign()));
        wanted.retain(|quote| {
            let room = &mut room[quote.side.index()];
            // The last step to zero may be smaller than a quote; the step to the limit is not worth a small one.
            quote.qty = if reduce_only { quote.qty.min(*room) } else { quote.qty };
            *room -= quote.qty;
            *room >= Lots::ZERO && quote.qty > Lots::ZERO
        });
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
