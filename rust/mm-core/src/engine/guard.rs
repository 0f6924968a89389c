//! Where guards meet the engine: what they are told, and what their word holds back.

use alloc::vec::Vec;

use super::{Engine, Sink};
use crate::guards::collar::Collar;
use crate::guards::duplicate::Shape;
use crate::guards::exposure::MoneyLimits;
use crate::guards::reject_backoff::Slot;
use crate::guards::{Effect, Guard, Trip};
use crate::ids::{ClientId, MarketIx};
use crate::input::{OrderUpdate, Outcome, RejectKind, VenueStatus};
use crate::market::PostOnlyRefusal;
use crate::orders::{Order, OrderState};
use crate::risk::{Guarded, Refusal};
use crate::session::inflight::{Asked, InFlight, OrderAction};
use crate::targets::{Placement, Plan};
use crate::units::Amount;

/// So many refusals of one slot in a row are ordinary; the next is said.
const QUIET_REFUSALS: u32 = 2;
/// HTTP 403: the venue has shut our address out.
pub(super) const BANNED: i64 = 403;

impl Engine {
    /// The venue refused a request for an order: its slot waits.
    pub(super) fn slot_refused(&mut self, market: MarketIx, id: &ClientId, action: OrderAction, sink: &mut Sink) {
        let Some((side, level)) = self.orders.find(market, id).map(|order| (order.side, order.level)) else { return };
        self.hold(market, Slot { side, level, action }, sink);
    }

    fn hold(&mut self, market: MarketIx, slot: Slot, sink: &mut Sink) {
        let now_ns = self.now_ns;
        let Some(row) = self.markets.get_mut(market.index()) else { return };
        row.refused.refused(slot, now_ns);
        self.judge_refusals(market, sink);
    }

    fn judge_refusals(&mut self, market: MarketIx, sink: &mut Sink) {
        let worst = self.markets.get(market.index()).map_or(0, |row| row.refused.worst());
        let trip = (worst > QUIET_REFUSALS).then(|| Trip::count(worst, QUIET_REFUSALS));
        self.set_guard(Some(market), Guard::RejectBackoff, trip, sink);
    }

    /// What a row of an order that was open until now says about its slot.
    pub(super) fn note_end(&mut self, row: &OrderUpdate, level: u8, from: OrderState, sink: &mut Sink) {
        let now_ns = self.now_ns;
        let Some(market) = self.markets.get_mut(row.market.index()) else { return };
        // Nobody here asked for the end: the venue took it off by itself.
        let unasked = matches!(from, OrderState::PendingNew | OrderState::Working | OrderState::PendingAmend) && self.recovery.is_none();
        match row.status {
            VenueStatus::New | VenueStatus::PartiallyFilled => {
                market.refused.stood(row.side, level);
                self.judge_refusals(row.market, sink);
            }
            VenueStatus::Cancelled | VenueStatus::Rejected if row.post_only_crossed => {
                let last = market.crossed[row.side.index()];
                market.crossed[row.side.index()] = Some(PostOnlyRefusal::after(last, row.side, row.price, now_ns));
            }
            VenueStatus::Rejected => self.hold(row.market, Slot { side: row.side, level, action: OrderAction::Place }, sink),
            VenueStatus::Cancelled if unasked => self.hold(row.market, Slot { side: row.side, level, action: OrderAction::Place }, sink),
            VenueStatus::Cancelled | VenueStatus::Filled => {}
        }
    }

    /// Until when a new order waits for what its slot or its side was refused before.
    pub(super) fn place_rests_until(&self, market: MarketIx, wish: &Placement) -> i64 {
        let Some(row) = self.markets.get(market.index()) else { return i64::MIN };
        let crossed_ns = row.crossed[wish.side.index()].map_or(i64::MIN, |refusal| refusal.over_ns(wish.price));
        let shape = Shape { side: wish.side, price: wish.price, qty: wish.qty };
        let sent_ns = row.sent.free_ns(&shape, self.config.guards.duplicate_window_ns);
        crossed_ns.max(sent_ns).max(row.refused.until_ns(Slot { side: wish.side, level: wish.level, action: OrderAction::Place }))
    }

    /// Leaves the wishes whose slots do not wait; the earliest that does is looked at again when its wait is over.
    pub(super) fn keep_awake<T>(&mut self, market: MarketIx, action: OrderAction, wanted: &mut Vec<T>, seq: impl Fn(&T) -> u64) {
        let orders = self.orders.of(market);
        let Some(row) = self.markets.get(market.index()) else { return wanted.clear() };
        let rests_until = |wish: &T| {
            let order = orders.iter().find(|order| order.seq == seq(wish));
            order.map_or(i64::MIN, |order| row.refused.until_ns(Slot { side: order.side, level: order.level, action }))
        };
        let now_ns = self.now_ns;
        let wakes_ns = wanted.iter().map(rests_until).filter(|at| *at > now_ns).min();
        wanted.retain(|wish| rests_until(wish) <= now_ns);
        if let Some(wakes_ns) = wakes_ns {
            self.note_due(market, wakes_ns);
        }
    }

    /// Our own gate held an order back. For most of its reasons another millisecond changes nothing: that slot waits.
    pub(super) fn gate_refused(&mut self, market: MarketIx, slot: Slot, why: Refusal) {
        if matches!(why, Refusal::MinNotional | Refusal::Size | Refusal::Price) {
            self.hindered_by_rules(market);
        }
        let passes_soon = matches!(why, Refusal::WouldTake | Refusal::SelfCross | Refusal::MaxPosition | Refusal::Duplicate);
        if let Some(row) = self.markets.get_mut(market.index()).filter(|_| !passes_soon) {
            row.refused.held_back(slot, self.now_ns);
        }
    }

    /// What the gate judges beside a market's own limits and orders.
    pub(super) fn guarded(&self, market: MarketIx, mid_x2: i64) -> Option<Guarded<'_>> {
        let row = self.markets.get(market.index())?;
        let guards = &self.config.guards;
        let collar = Collar { band_bps: guards.price_collar_bps, mid_x2, mark: row.mark.fresh(self.now_ns) };
        let money = MoneyLimits {
            max_market: guards.max_market_notional,
            max_total: guards.max_total_notional,
            others: guards.max_total_notional.and_then(|_| self.exposure_beside(market)),
        };
        Some(Guarded {
            collar,
            money,
            reduce_only: self.guards.effect(market) >= Effect::ReduceOnly,
            sent: &row.sent,
            duplicate_window_ns: guards.duplicate_window_ns,
            now_ns: self.now_ns,
        })
    }

    /// Worst-case notional of the other markets in the same quote coin.
    fn exposure_beside(&self, market: MarketIx) -> Option<Amount> {
        let quote = self.instruments.get(market)?.quote;
        let mut sum = Amount::ZERO;
        for (other, _, spec) in self.instruments.iter() {
            if other != market && spec.is_some_and(|spec| spec.quote == quote) {
                sum += self.exposure(other)?;
            }
        }
        Some(sum)
    }

    fn has_outlived(&self, order: &Order) -> bool {
        order.state == OrderState::Working && self.now_ns - order.priced_ns > self.config.guards.max_order_age_ns
    }

    /// An order that nothing has moved for too long is looked at.
    pub(super) fn has_aged(&self, market: MarketIx) -> bool {
        self.orders.of(market).iter().any(|order| self.has_outlived(order))
    }

    /// What has stood unchanged for too long is taken down; its slot is filled anew by the next decision.
    pub(super) fn renew_aged(&self, market: MarketIx, plan: &mut Plan) {
        for order in self.orders.of(market).iter().filter(|order| self.has_outlived(order)) {
            plan.amend.retain(|wish| wish.seq != order.seq);
            if !plan.cancel.contains(&order.seq) {
                plan.cancel.push(order.seq);
            }
        }
    }

    /// A request ended without an answer. Every way out of the table of requests in flight is counted, or a probe would wait forever.
    pub(super) fn request_failed(&mut self, request: &InFlight) {
        self.watch.breaker(&request.asked).failed(self.config.guards.breaker, self.now_ns);
        if matches!(request.asked, Asked::Query { .. }) {
            self.watch.ban.unanswered(self.now_ns);
        }
    }

    /// What an answer says about the way to the venue, whatever it says about the request.
    pub(super) fn hear_outcome(&mut self, request: &InFlight, outcome: Outcome) {
        let (params, now_ns) = (self.config.guards.breaker, self.now_ns);
        let banned = outcome == Outcome::Rejected(RejectKind::RateLimited, BANNED);
        if !banned && matches!(request.asked, Asked::Query { .. }) {
            self.watch.ban.answered();
        }
        if banned {
            self.watch.ban.told(now_ns);
        }
        if let Outcome::Rejected(RejectKind::ClockSkew(told_ms), _) = outcome {
            self.stamp_refused(told_ms, request.sent_ns);
        }
        let breaker = self.watch.breaker(&request.asked);
        if banned || matches!(outcome, Outcome::Ambiguous(_)) {
            breaker.failed(params, now_ns);
        } else {
            breaker.succeeded(params);
        }
    }

    /// How many of `wanted` orders of a market may be placed or moved now; what must wait is looked at again.
    pub(super) fn changes_allowed(&mut self, market: MarketIx, wanted: usize) -> usize {
        if let Some(until_ns) = self.rules_doubted_until(market) {
            self.note_due(market, until_ns);
            return 0;
        }
        if self.watch.clock.doubt_ns(self.now_ns).is_some() {
            // Its guard trips at the end of the step that brought the refusal; nothing may slip out before. A reading brings the quotes back.
            return 0;
        }
        let (allowed, now_ns) = (self.orders_allowed() as usize, self.now_ns);
        let (Some(limit), Some(row)) = (self.config.guards.max_changes_per_s, self.markets.get_mut(market.index())) else { return allowed };
        let room = row.throttle.room(limit, now_ns) as usize;
        if let Some(free_ns) = row.throttle.free_ns().filter(|_| room < wanted) {
            self.note_due(market, free_ns);
        }
        allowed.min(room)
    }

    /// New or moved orders of a market left.
    pub(super) fn count_changes(&mut self, market: MarketIx, count: u32) {
        if let Some(row) = self.markets.get_mut(market.index()).filter(|_| self.config.guards.max_changes_per_s.is_some()) {
            row.throttle.sent(count, self.now_ns);
        }
    }
}
