//! One market of a tape: the recorded book, our orders on it, and the published overlay of the two.

use alloc::vec::Vec;

use mm_core::units::{Lots, Side, Ticks};

use super::book::{RecordedBook, price, rank};
use super::queue::{Fill, OwnOrders};
use super::recording::BookBody;
use crate::api::{FillReason, OrderKey, SelfMatch, TimeInForce, TradeRow};
use crate::liquidity::{Happening, Outbox, Resting};
use crate::matching::book::Demand;

/// What stands before a crossing order.
enum Ahead {
    Size(Ticks, Lots),
    Own(OrderKey),
}

/// One thing that a crossing order does.
enum Step {
    Take(Ticks, Lots),
    EndMaker(OrderKey),
    EndTaker(OrderKey),
}

#[derive(Default)]
struct Plan {
    taken: Lots,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Market {
    /// Depths that can be served, ascending; the last is the recorded one.
    pub depths: Vec<u16>,
    book: RecordedBook,
    own: OwnOrders,
    /// Our sizes as the last recorded frame published them, best first.
    shown: [Vec<(Ticks, Lots)>; 2],
    seq: u64,
}

impl Market {
    pub(super) fn new(depths: Vec<u16>) -> Self {
        Self { depths, ..Self::default() }
    }

    pub(super) fn on_book(&mut self, body: &BookBody) {
        self.book.apply(body);
        self.seq = body.seq;
        self.own.learn(&self.book);
        self.show();
    }

    /// Our sizes enter the published book, except where the opposite recorded best reaches them: a crossed book would be published. For
    /// the same reason an ask of ours stays hidden behind our own best bid that shows.
    fn show(&mut self) {
        let (own, book) = (&self.own, &self.book);
        let visible = |side| own.sizes(side).filter(move |(at, _)| !book.is_reached_by(side, *at));
        let bids: Vec<_> = visible(Side::Buy).collect();
        let best_bid = bids.first().map(|level| level.0);
        let asks = visible(Side::Sell).filter(|(at, _)| best_bid.is_none_or(|bid| *at > bid)).collect();
        self.shown = [bids, asks];
    }

    pub(super) fn on_trades(&mut self, at_ns: i64, trades: &[TradeRow], out: &mut Outbox) {
        let mut fills = Vec::new();
        for trade in trades.iter().filter(|trade| !trade.block && !trade.rpi) {
            self.own.print(trade, &mut fills);
            report(at_ns, trade.seq, &mut fills, out);
        }
    }

    pub(super) fn submit(&mut self, now_ns: i64, order: Resting, live: bool, out: &mut Outbox) {
        let key = order.key;
        if order.is_post_only() && self.book.is_reached_by(order.side, order.price) {
            out.happenings.push((now_ns, Happening::WouldTake { key }));
        } else if self.enter(now_ns, &order, live, out) {
            out.happenings.push((now_ns, Happening::Rested { key }));
        }
    }

    pub(super) fn amend(&mut self, now_ns: i64, order: Resting, live: bool, out: &mut Outbox) {
        let key = order.key;
        let Some((side, price, leaves)) = self.own.find(key) else { return };
        let amended = (now_ns, Happening::Amended { key });
        if order.keeps_place(price, leaves) {
            self.own.shrink(key, order.leaves);
            out.happenings.push(amended);
            return;
        }
        self.own.leave(key);
        if order.is_post_only() && self.book.is_reached_by(side, order.price) {
            out.happenings.push((now_ns, Happening::WouldTake { key }));
            return;
        }
        out.happenings.push(amended);
        self.enter(now_ns, &order, live, out);
    }

    pub(super) fn cancel(&mut self, now_ns: i64, key: OrderKey, out: &mut Outbox) {
        if self.own.leave(key) {
            out.happenings.push((now_ns, Happening::Cancelled { key }));
        }
    }

    /// Trades an order against the recorded book; what is left rests, if it may. True if something rests.
    fn enter(&mut self, now_ns: i64, order: &Resting, live: bool, out: &mut Outbox) -> bool {
        let key = order.key;
        let plan = if live { self.plan(order) } else { Plan::default() };
        let left = order.leaves - plan.taken;
        let unfilled = left > Lots::ZERO && !order.may_rest();
        if unfilled && order.time_in_force == TimeInForce::Fok {
            out.happenings.push((now_ns, Happening::Unfilled { key }));
            return false;
        }
        for step in &plan.steps {
            match *step {
                Step::Take(price, qty) => {
                    let reason = FillReason::TapeTaken;
                    let filled = Happening::Filled { key, price, qty, is_maker: false, reason, seq: self.seq };
                    out.happenings.push((now_ns, filled));
                }
                Step::EndMaker(maker) => {
                    self.own.leave(maker);
                    out.happenings.push((now_ns, Happening::SelfMatched { key: maker, counter: key }));
                }
                Step::EndTaker(counter) => {
                    out.happenings.push((now_ns, Happening::SelfMatched { key, counter }));
                    return false;
                }
            }
        }
        if unfilled {
            out.happenings.push((now_ns, Happening::Unfilled { key }));
        } else if left > Lots::ZERO {
            self.own.join(order, left, &self.book);
            return true;
        }
        false
    }

    /// What a limit order that crosses does: it takes recorded displayed size, level by level, at the recorded prices; the recording does
    /// not move, so the same size can be taken again. Orders of accounts do not trade with each other; those of the same trader stand
    /// behind the recorded size at their price, and are met there if the order asks for that.
    fn plan(&self, order: &Resting) -> Plan {
        let resting = order.side.opposite();
        let worst = rank(resting, order.price);
        let recorded = self.book.levels(resting).take_while(|(price, _)| rank(resting, *price) <= worst);
        let mut ahead: Vec<(i64, Ahead)> = recorded.map(|(price, size)| (rank(resting, price), Ahead::Size(price, size))).collect();
        if order.self_match != SelfMatch::Allow {
            ahead.extend(self.own.of(order.trader, resting, order.price).map(|(level, key)| (level, Ahead::Own(key))));
            // Stable: at one price the recorded size stays first.
            ahead.sort_by_key(|row| row.0);
        }
        let mut plan = Plan::default();
        let mut demand = Demand { side: order.side, limit: order.price, qty: order.leaves, spend: order.spend };
        for (level, ahead) in ahead {
            let wanted = demand.at(price(resting, level));
            if wanted <= Lots::ZERO {
                break;
            }
            match ahead {
                Ahead::Size(price, size) => {
                    let qty = size.min(wanted);
                    demand.take(price, qty);
                    plan.taken += qty;
                    plan.steps.push(Step::Take(price, qty));
                }
                Ahead::Own(key) => {
                    if order.self_match != SelfMatch::CancelTaker {
                        plan.steps.push(Step::EndMaker(key));
                    }
                    if order.self_match != SelfMatch::CancelMaker {
                        plan.steps.push(Step::EndTaker(key));
                        break;
                    }
                }
            }
        }
        plan
    }

    /// A seeded taker: at each price the recorded size first, then ours.
    pub(super) fn take(&mut self, now_ns: i64, side: Side, limit: Ticks, qty: Lots, out: &mut Outbox) {
        let resting = side.opposite();
        let worst = rank(resting, limit);
        let recorded: Vec<_> = self.book.levels(resting).take_while(|(at, _)| rank(resting, *at) <= worst).collect();
        let own: Vec<_> =
            self.own.sizes(resting).take_while(|(at, _)| rank(resting, *at) <= worst).map(|(at, _)| (at, Lots::ZERO)).collect();
        let (mut left, mut fills) = (qty, Vec::new());
        for (at, displayed) in merged(resting, recorded.into_iter(), own.into_iter()) {
            left -= displayed.min(left);
            left -= self.own.hit(resting, at, left, &mut fills);
        }
        report(now_ns, self.seq, &mut fills, out);
    }

    /// The published levels of a side, best first.
    pub(super) fn published(&self, side: Side) -> impl Iterator<Item = (Ticks, Lots)> {
        merged(side, self.book.levels(side), self.shown[side.index()].iter().copied())
    }
}

fn report(at_ns: i64, seq: u64, fills: &mut Vec<Fill>, out: &mut Outbox) {
    let filled = fills.drain(..).map(|Fill { key, price, qty, reason }| {
        let is_maker = true;
        (at_ns, Happening::Filled { key, price, qty, is_maker, reason, seq })
    });
    out.happenings.extend(filled);
}

/// Two best-first lists of a side as one; sizes at one price add up.
fn merged(
    side: Side,
    one: impl Iterator<Item = (Ticks, Lots)>,
    other: impl Iterator<Item = (Ticks, Lots)>,
) -> impl Iterator<Item = (Ticks, Lots)> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    core::iter::from_fn(move || {
        let (a, b) = match (one.peek(), other.peek()) {
            (Some(a), Some(b)) => (rank(side, a.0) <= rank(side, b.0), rank(side, b.0) <= rank(side, a.0)),
            (a, b) => (a.is_some(), b.is_some()),
        };
        let first = if a { one.next() } else { None };
        let second = if b { other.next() } else { None };
        match (first, second) {
            (Some((at, x)), Some((_, y))) => Some((at, x + y)),
            (x, y) => x.or(y),
        }
    })
}
