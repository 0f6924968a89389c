//! Pre-trade rules, and the only maker of [`Approved`]: nothing else in the workspace can construct one.
//!
//! Every command is judged when it leaves, against working, in-flight and Unknown orders together. A cancel always passes.

use alloc::vec::Vec;

use crate::guards::collar::Collar;
use crate::guards::duplicate::{RecentSends, Shape};
use crate::guards::exposure::{MoneyLimits, worst};
use crate::ids::ClientId;
use crate::instrument::Instrument;
use crate::mutants::{Mutant, planted};
use crate::orders::{Order, OrderState};
use crate::output::{AmendOrder, CancelOrder, NewOrder, OrderCommand};
use crate::units::{Amount, Lots, Side, Ticks};

/// An order command that passed every pre-trade rule. Its field is private to this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved(OrderCommand);

impl Approved {
    #[must_use]
    pub fn command(&self) -> &OrderCommand {
        &self.0
    }

    /// The command itself, which is no longer approved.
    #[must_use]
    pub fn into_command(self) -> OrderCommand {
        self.0
    }
}

/// One market's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// |position + everything that may still fill on one side| never exceeds this.
    pub max_position: Lots,
    /// price × size of one order, in quote coin.
    pub max_order_notional: Amount,
}

/// Why an order was not let out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Size outside the instrument's limits or not positive.
    Size,
    /// Price outside the instrument's limits or not positive.
    Price,
    /// Below the venue's minimum order value.
    MinNotional,
    MaxOrderNotional,
    MaxPosition,
    /// It would reach the opposite best: post-only must not take.
    WouldTake,
    /// It would meet an own order on the other side.
    SelfCross,
    /// Too far from the mid or the mark price.
    PriceCollar,
    /// Worst-case notional of the market, or of all that share its quote coin.
    MaxMarketNotional,
    MaxTotalNotional,
    /// A guard lets only pass what brings the position nearer to zero.
    ReduceOnly,
    /// The same order left a moment ago, or stands in the same request.
    Duplicate,
}

impl Refusal {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Refusal::Size => "size",
            Refusal::Price => "price",
            Refusal::MinNotional => "min_notional",
            Refusal::MaxOrderNotional => "max_order_notional",
            Refusal::MaxPosition => "max_position",
            Refusal::WouldTake => "would_take",
            Refusal::SelfCross => "self_cross",
            Refusal::PriceCollar => "price_collar",
            Refusal::MaxMarketNotional => "max_market_notional",
            Refusal::MaxTotalNotional => "max_total_notional",
            Refusal::ReduceOnly => "reduce_only",
            Refusal::Duplicate => "duplicate",
        }
    }
}

/// What one market looks like to the gate at the moment of release.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    pub instrument: &'a Instrument,
    pub limits: Limits,
    pub position: Lots,
    pub orders: &'a [Order],
    pub best_bid: Ticks,
    pub best_ask: Ticks,
    pub guarded: Guarded<'a>,
}

/// What the guards say at the moment of release.
#[derive(Clone, Copy, Debug)]
pub struct Guarded<'a> {
    pub collar: Collar,
    pub money: MoneyLimits,
    pub reduce_only: bool,
    /// The orders of this market that left last.
    pub sent: &'a RecentSends,
    pub duplicate_window_ns: i64,
    pub now_ns: i64,
}

/// The verdict on a batch: what may leave, and what was held back with why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub approved: Option<Approved>,
    pub refused: Vec<(ClientId, Side, Refusal)>,
}

impl Gate<'_> {
    /// Judges new orders one after the other, each as if the earlier ones of the batch already stood.
    #[must_use]
    pub fn place(&self, mut orders: Vec<NewOrder>) -> Verdict {
        let (mut at_risk, mut passed, mut refused) = (self.at_risk(), 0, Vec::new());
        for index in 0..orders.len() {
            let order = orders[index];
            let ahead = orders[..passed].iter().map(|other| (other.side, other.price));
            let twin = orders[..passed].iter().any(|other| (other.side, other.price, other.qty) == (order.side, order.price, order.qty));
            let fresh = self.judge_fresh(&order, twin);
            match fresh.and_then(|()| self.judge(order.side, order.price, order.qty, order.qty, at_risk, ahead)) {
                Ok(()) => {
                    at_risk[order.side.index()] += order.qty;
                    orders[passed] = order;
                    passed += 1;
                }
                Err(why) => refused.push((order.client_id, order.side, why)),
            }
        }
        orders.truncate(passed);
        let approved = (passed > 0).then_some(Approved(OrderCommand::Place(orders)));
        Verdict { approved, refused }
    }

    /// Judges moves of working orders: the larger of old and new size counts until the venue confirms. Whose order does not stand in the
    /// table is left out.
    #[must_use]
    pub fn amend(&self, mut moves: Vec<AmendOrder>) -> Verdict {
        let (mut at_risk, mut passed, mut refused) = (self.at_risk(), 0, Vec::new());
        for index in 0..moves.len() {
            let amend = &moves[index];
            let Some(order) = self.order(amend) else { continue };
            let ahead = moves[..passed].iter().filter_map(|other| {
                let order = self.order(other)?;
                Some((order.side, other.price.unwrap_or(order.price)))
            });
            let (price, qty) = (amend.price.unwrap_or(order.price), amend.qty.unwrap_or(order.qty));
            let extra = (qty - order.qty).max(Lots::ZERO);
            match self.judge(order.side, price, qty, extra, at_risk, ahead) {
                Ok(()) => {
                    at_risk[order.side.index()] += extra;
                    if passed < index {
                        moves[passed] = moves[index];
                    }
                    passed += 1;
                }
                Err(why) => refused.push((order.client_id, order.side, why)),
            }
        }
        moves.truncate(passed);
        let approved = (passed > 0).then_some(Approved(OrderCommand::Amend(moves)));
        Verdict { approved, refused }
    }

    fn order(&self, amend: &AmendOrder) -> Option<&Order> {
        self.orders.iter().find(|order| order.client_id == amend.client_id)
    }

    fn judge_fresh(&self, order: &NewOrder, twin: bool) -> Result<(), Refusal> {
        let Guarded { sent, duplicate_window_ns, now_ns, .. } = self.guarded;
        let shape = Shape { side: order.side, price: order.price, qty: order.qty };
        if twin || sent.free_ns(&shape, duplicate_window_ns) > now_ns { Err(Refusal::Duplicate) } else { Ok(()) }
    }

    fn at_risk(&self) -> [Lots; 2] {
        let mut sums = [Lots::ZERO; 2];
        for order in self.orders {
            let uncertain = matches!(order.state, OrderState::PendingNew | OrderState::Unknown);
            if !(uncertain && planted(Mutant::PendingNotAtRisk)) {
                sums[order.side.index()] += order.at_risk();
            }
        }
        sums
    }

    fn judge(
        &self,
        side: Side,
        price: Ticks,
        qty: Lots,
        extra: Lots,
        at_risk: [Lots; 2],
        batch: impl Iterator<Item = (Side, Ticks)>,
    ) -> Result<(), Refusal> {
        self.judge_shape(price, qty)?;
        if extra > Lots::ZERO {
            self.judge_growth(side, extra, at_risk)?;
        }
        if crosses(side, price, self.opposite_best(side)) {
            return Err(Refusal::WouldTake);
        }
        let own = self.orders.iter().filter(|order| !order.state.is_terminal()).map(|order| (order.side, order.price));
        let amending = self.orders.iter().filter_map(|order| order.amending.map(|(price, _)| (order.side, price)));
        let mut others = own.chain(amending).chain(batch).filter(|(other, _)| *other != side);
        if others.any(|(_, other)| crosses(side, price, other)) {
            return Err(Refusal::SelfCross);
        }
        Ok(())
    }

    /// What more size on one side may come to.
    fn judge_growth(&self, side: Side, extra: Lots, at_risk: [Lots; 2]) -> Result<(), Refusal> {
        let reached = Lots(self.position.0 * side.sign()) + at_risk[side.index()] + extra;
        if reached > self.limits.max_position {
            return Err(Refusal::MaxPosition);
        }
        if self.guarded.reduce_only && reached > Lots::ZERO {
            return Err(Refusal::ReduceOnly);
        }
        if reached <= worst(self.position, at_risk) {
            return Ok(());
        }
        let MoneyLimits { max_market, max_total, others } = self.guarded.money;
        let notional = self.worth(reached);
        if max_market.is_some_and(|most| notional > most) {
            return Err(Refusal::MaxMarketNotional);
        }
        if max_total.is_some_and(|most| others.is_none_or(|others| others + notional > most)) {
            return Err(Refusal::MaxTotalNotional);
        }
        Ok(())
    }

    /// Lots at the mid, in quote coin.
    fn worth(&self, lots: Lots) -> Amount {
        Amount(i128::from(self.guarded.collar.mid_x2) * i128::from(lots.0) * (self.instrument.tick_lot.0 / 2))
    }

    #[inline(always)]
    fn judge_shape(&self, price: Ticks, qty: Lots) -> Result<(), Refusal> {
        let spec = self.instrument;
        if qty <= Lots::ZERO || qty < spec.min_qty || qty > spec.max_qty {
            return Err(Refusal::Size);
        }
        if price <= Ticks::ZERO || price < spec.min_price || price > spec.max_price {
            return Err(Refusal::Price);
        }
        if !self.guarded.collar.holds(price, spec) {
            return Err(Refusal::PriceCollar);
        }
        let notional = spec.notional(price, qty);
        if notional < spec.min_notional {
            return Err(Refusal::MinNotional);
        }
        if notional > self.limits.max_order_notional {
            return Err(Refusal::MaxOrderNotional);
        }
        Ok(())
    }

    fn opposite_best(&self, side: Side) -> Ticks {
        match side {
            Side::Buy => self.best_ask,
            Side::Sell => self.best_bid,
        }
    }
}

/// Cancels reduce risk: they always pass.
#[must_use]
pub fn cancel(orders: Vec<CancelOrder>) -> Option<Approved> {
    (!orders.is_empty()).then_some(Approved(OrderCommand::Cancel(orders)))
}

/// True if an order at `price` meets one at `other` on the opposite side (an exact touch counts).
fn crosses(side: Side, price: Ticks, other: Ticks) -> bool {
    match side {
        Side::Buy => price >= other,
        Side::Sell => price <= other,
    }
}
