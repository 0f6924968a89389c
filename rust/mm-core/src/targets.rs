//! Desired quotes against working orders: the fewest commands that close the difference.
//!
//! Nothing queues here. What the budget or an in-flight request holds back today is still a difference tomorrow.

use alloc::vec::Vec;

use crate::orders::{Order, OrderState, STRAY};
use crate::quoting::Quote;
use crate::units::{Lots, Side, Ticks};

/// When a working order is worth moving.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patience {
    /// A quote stays where it is at least this long.
    pub min_time_in_book_ns: i64,
    /// … and until its price is off by more than this.
    pub replace_threshold_bps: f64,
}

/// A wanted new order of one ladder slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    pub side: Side,
    pub level: u8,
    pub colour: u8,
    pub price: Ticks,
    pub qty: Lots,
}

/// A wanted move of a working order to a price and total size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub seq: u64,
    pub price: Ticks,
    pub qty: Lots,
}

/// The commands that close the difference, and when the next one falls due if nothing else happens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub place: Vec<Placement>,
    pub amend: Vec<Move>,
    pub cancel: Vec<u64>,
    pub due_ns: Option<i64>,
}

impl Plan {
    pub fn clear(&mut self) {
        self.place.clear();
        self.amend.clear();
        self.cancel.clear();
        self.due_ns = None;
    }
}

/// Compares one market's desired quotes with its orders.
#[inline]
pub fn plan(desired: &[Quote], orders: &[Order], patience: Patience, now_ns: i64, plan: &mut Plan) {
    plan.clear();
    for order in orders.iter().filter(|order| !order.state.is_terminal()) {
        let quote = desired.iter().find(|quote| quote.side == order.side && quote.level == order.level && order.level != STRAY);
        match (order.state, quote) {
            (OrderState::Working | OrderState::PendingAmend, None) => plan.cancel.push(order.seq),
            // Its fills would be booked to the parameters that placed it: another colour's order must be its own.
            (OrderState::Working, Some(quote)) if quote.colour != order.colour => plan.cancel.push(order.seq),
            (OrderState::Working, Some(quote)) => keep_or_move(order, quote, patience, now_ns, plan),
            // Something is in flight or unclear: its slot waits for the answer.
            _ => {}
        }
    }
    for quote in desired {
        let taken = |order: &Order| !order.state.is_terminal() && order.side == quote.side && order.level == quote.level;
        if !orders.iter().any(taken) {
            let Quote { side, level, colour, price, qty, .. } = *quote;
            plan.place.push(Placement { side, level, colour, price, qty });
        }
    }
}

#[inline(always)]
fn keep_or_move(order: &Order, quote: &Quote, patience: Patience, now_ns: i64, plan: &mut Plan) {
    let leaves = order.leaves();
    // A partly filled order keeps its queue place until it must move; a smaller wish is met at once (size-down keeps the place).
    let shrink = quote.qty < leaves;
    let off = is_off(order.price, quote.price, patience.replace_threshold_bps);
    if !shrink && !off {
        return;
    }
    let ripe_ns = order.priced_ns + patience.min_time_in_book_ns;
    if now_ns < ripe_ns && !shrink {
        plan.due_ns = Some(plan.due_ns.map_or(ripe_ns, |due| due.min(ripe_ns)));
        return;
    }
    let filled = order.qty - leaves;
    let price = if off { quote.price } else { order.price };
    plan.amend.push(Move { seq: order.seq, price, qty: filled + quote.qty });
}

/// True if two prices differ by more than the threshold; any difference counts when the threshold is zero.
#[allow(clippy::cast_precision_loss)]
fn is_off(working: Ticks, desired: Ticks, threshold_bps: f64) -> bool {
    let difference = (working - desired).abs().0 as f64;
    difference * 10_000.0 > threshold_bps * desired.0 as f64
}
