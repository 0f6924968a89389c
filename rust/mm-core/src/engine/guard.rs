//! Where guards meet the engine: what they are told, and what their word holds back.

use alloc::vec::Vec;

use super::{Engine, Sink};
use crate::guards::reject_backoff::Slot;
use crate::guards::{Guard, Trip};
use crate::ids::{ClientId, MarketIx};
use crate::input::{OrderUpdate, VenueStatus};
use crate::market::PostOnlyRefusal;
use crate::orders::OrderState;
use crate::session::inflight::OrderAction;
use crate::targets::Placement;

/// So many refusals of one slot in a row are ordinary; the next is said.
const QUIET_REFUSALS: u32 = 2;

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
        self.guards.set(Some(market), Guard::RejectBackoff, trip, &mut sink.facts);
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
        crossed_ns.max(row.refused.until_ns(Slot { side: wish.side, level: wish.level, action: OrderAction::Place }))
    }

    /// The wishes whose slots do not wait; the earliest that does is looked at again when its wait is over.
    pub(super) fn awake<T: Copy>(&mut self, market: MarketIx, action: OrderAction, wanted: &[T], seq: impl Fn(&T) -> u64) -> Vec<T> {
        let orders = self.orders.of(market);
        let Some(row) = self.markets.get(market.index()) else { return Vec::new() };
        let rests_until = |wish: &T| {
            let order = orders.iter().find(|order| order.seq == seq(wish));
            order.map_or(i64::MIN, |order| row.refused.until_ns(Slot { side: order.side, level: order.level, action }))
        };
        let now_ns = self.now_ns;
        let awake = wanted.iter().filter(|wish| rests_until(wish) <= now_ns).copied().collect();
        if let Some(wakes_ns) = wanted.iter().map(rests_until).filter(|at| *at > now_ns).min() {
            self.note_due(market, wakes_ns);
        }
        awake
    }
}
