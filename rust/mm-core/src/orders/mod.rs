//! Every order of ours that may still exist or still owes us an execution, and how news changes it.

pub mod client_id;
pub mod life;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::ids::{ClientId, MarketIx};
use crate::input::{OrderUpdate, VenueStatus};
use crate::mutants::{Mutant, planted};
use crate::units::{Lots, Side, Ticks};
use client_id::RunId;
pub use life::{OrderEvent, OrderState, transition};

/// The place in the ladder of an order that we found at the venue without having placed it for a slot: always cancelled.
pub const STRAY: u8 = u8::MAX;

/// One order of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub seq: u64,
    pub client_id: ClientId,
    pub side: Side,
    pub level: u8,
    pub colour: u8,
    /// Price and total size as the venue last showed them (as requested, before it has).
    pub price: Ticks,
    pub qty: Lots,
    /// Price and total size of an amend in flight.
    pub amending: Option<(Ticks, Lots)>,
    /// Σ size of the executions that we have applied.
    pub executed: Lots,
    /// The largest cumulative size that an order row has shown.
    pub venue_cum: Lots,
    pub state: OrderState,
    /// When we placed it: none of its executions is older.
    pub placed_ns: i64,
    /// When its price last changed (or it was placed): the start of its time in book.
    pub priced_ns: i64,
    /// When its last request left; the age of anything pending.
    pub requested_ns: i64,
    /// Since when its cancel has been wanted and not let out; only the budget holds one back.
    pub cancel_wanted_ns: Option<i64>,
    /// When we last asked the venue about it alone.
    pub asked_ns: i64,
    /// The newest `updatedTime` seen: an older open row cannot undo a newer one.
    pub updated_ms: i64,
}

impl Order {
    /// What may still fill and is not yet in the position: the size at risk, worst case.
    #[must_use]
    pub fn at_risk(&self) -> Lots {
        let ceiling = if self.state.is_terminal() { self.venue_cum } else { self.amending.map_or(self.qty, |(_, qty)| qty.max(self.qty)) };
        (ceiling - self.executed).max(Lots::ZERO)
    }

    /// The open size that is displayed at `price`, as far as we know.
    #[must_use]
    pub fn leaves(&self) -> Lots {
        if self.state.is_terminal() { Lots::ZERO } else { (self.qty - self.executed.max(self.venue_cum)).max(Lots::ZERO) }
    }

    /// Terminal and every execution that the venue counted has been applied.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.state.is_terminal() && self.executed >= self.venue_cum
    }
}

/// A pair that the table does not know: what the engine reports and recovers from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction {
    pub client_id: ClientId,
    pub state: OrderState,
    pub event: OrderEvent,
}

/// The orders of every market, in order of their numbers.
#[derive(Clone, Debug)]
pub struct Orders {
    run: RunId,
    next_seq: u64,
    markets: Vec<Vec<Order>>,
    /// Orders that the venue said had ended and that have left the table: what still comes of them is old news.
    ended: BTreeSet<u64>,
}

/// More ended orders than may still be spoken of: minutes of the highest order rate.
const MAX_ENDED: usize = 4096;

impl Orders {
    #[must_use]
    pub fn new(run: RunId, markets: usize) -> Self {
        Self { run, next_seq: 1, markets: (0..markets).map(|_| Vec::with_capacity(32)).collect(), ended: BTreeSet::new() }
    }

    /// The orders of one market, oldest first.
    #[must_use]
    pub fn of(&self, market: MarketIx) -> &[Order] {
        self.markets.get(market.index()).map_or(&[], Vec::as_slice)
    }

    /// The same, to change.
    pub fn of_mut(&mut self, market: MarketIx) -> &mut [Order] {
        self.markets.get_mut(market.index()).map_or(&mut [], Vec::as_mut_slice)
    }

    /// Reserves the next client id. Ids are never reused, sent or not.
    pub fn next_client_id(&mut self, colour: u8) -> (u64, ClientId) {
        let seq = self.next_seq;
        self.next_seq += u64::from(!seq.is_multiple_of(64) || !planted(Mutant::IdReused));
        (seq, client_id::write(self.run, colour, seq))
    }

    /// The order's number if the id is of this run.
    #[must_use]
    pub fn read_id(&self, id: &ClientId) -> Option<(u8, u64)> {
        client_id::read(self.run, id)
    }

    /// Enters an order in the table.
    pub fn insert(&mut self, market: MarketIx, order: Order) {
        if let Some(rows) = self.markets.get_mut(market.index()) {
            let at = rows.partition_point(|row| row.seq < order.seq);
            rows.insert(at, order);
        }
    }

    /// The order with this client id, if it is in the table.
    pub fn find(&mut self, market: MarketIx, id: &ClientId) -> Option<&mut Order> {
        // A handful of rows: to compare their ids costs less than to read one.
        self.markets.get_mut(market.index())?.iter_mut().find(|row| row.client_id == *id)
    }

    /// Drops settled orders of a market.
    pub fn retire(&mut self, market: MarketIx) {
        let Some(rows) = self.markets.get_mut(market.index()) else { return };
        let ended = &mut self.ended;
        rows.retain(|order| {
            // A refusal may rest on silence alone, and then a row of the order is news.
            if order.is_settled() && order.state != OrderState::Rejected {
                ended.insert(order.seq);
            }
            !order.is_settled()
        });
        while self.ended.len() > MAX_ENDED {
            self.ended.pop_first();
        }
    }

    /// True if the venue told the end of this order of ours before: a row that shows it open was overtaken.
    #[must_use]
    pub fn has_ended(&self, id: &ClientId) -> bool {
        self.read_id(id).is_some_and(|(_, seq)| self.ended.contains(&seq)) && !planted(Mutant::EndedForgotten)
    }

    /// All orders with their market.
    pub fn iter(&self) -> impl Iterator<Item = (MarketIx, &Order)> {
        self.markets.iter().zip(0_u16..).flat_map(|(rows, ix)| rows.iter().map(move |order| (MarketIx(ix), order)))
    }

    /// All orders with their market, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (MarketIx, &mut Order)> {
        self.markets.iter_mut().zip(0_u16..).flat_map(|(rows, ix)| rows.iter_mut().map(move |order| (MarketIx(ix), order)))
    }

    /// Worst-case size on each side of a market beyond the position: `[buys, sells]`.
    #[must_use]
    pub fn at_risk(&self, market: MarketIx) -> [Lots; 2] {
        let mut sums = [Lots::ZERO; 2];
        for order in self.of(market) {
            sums[order.side.index()] += order.at_risk();
        }
        sums
    }
}

impl Order {
    /// Moves the order along the table.
    ///
    /// # Errors
    /// [`Contradiction`] if the table has no such row; the order is left as it was.
    #[inline]
    pub fn apply(&mut self, event: OrderEvent) -> Result<OrderState, Contradiction> {
        let overtaken = self.state == OrderState::PendingCancel && self.amending.is_some();
        let event = if event == OrderEvent::CancelRefused && overtaken { OrderEvent::CancelRefusedAmending } else { event };
        let next = transition(self.state, event).ok_or(Contradiction { client_id: self.client_id, state: self.state, event })?;
        self.state = next;
        let amend_may_come = matches!(next, OrderState::PendingAmend | OrderState::Unknown | OrderState::PendingCancel);
        if !amend_may_come || (event == OrderEvent::AmendRefused && next == OrderState::PendingCancel) {
            self.amending = None;
        }
        Ok(next)
    }

    /// Folds a venue row (pushed or queried) into the order.
    ///
    /// # Errors
    /// [`Contradiction`] as for [`Order::apply`].
    pub fn see(&mut self, row: &OrderUpdate, now_ns: i64) -> Result<OrderState, Contradiction> {
        self.venue_cum = self.venue_cum.max(row.cum_qty);
        let event = match row.status {
            VenueStatus::Filled => OrderEvent::SeenFilled,
            VenueStatus::Cancelled => OrderEvent::SeenCancelled,
            VenueStatus::Rejected => OrderEvent::SeenRejected,
            VenueStatus::New | VenueStatus::PartiallyFilled => {
                if row.updated_ms < self.updated_ms {
                    return Ok(self.state);
                }
                let amended = self.amending == Some((row.price, row.qty));
                if !self.state.is_terminal() && (row.price, row.qty) != (self.price, self.qty) {
                    (self.price, self.qty) = (row.price, row.qty);
                    self.priced_ns = now_ns;
                }
                if amended {
                    self.amending = None;
                    OrderEvent::SeenAmended
                } else {
                    OrderEvent::SeenOpen
                }
            }
        };
        self.updated_ms = self.updated_ms.max(row.updated_ms);
        self.apply(event)
    }

    /// Books an execution of this order: the size moves from "at risk" to the position.
    ///
    /// # Errors
    /// [`Contradiction`] if the order had been refused, so that no fill could be.
    pub fn execute(&mut self, qty: Lots) -> Result<OrderState, Contradiction> {
        self.executed += qty;
        if self.executed >= self.qty && self.amending.is_none() {
            // After a cancel the last fill may still arrive; the end that the venue told stays.
            if self.state == OrderState::Cancelled { Ok(self.state) } else { self.apply(OrderEvent::SeenFilled) }
        } else if self.state == OrderState::PendingNew {
            self.apply(OrderEvent::SeenOpen)
        } else {
            Ok(self.state)
        }
    }
}
