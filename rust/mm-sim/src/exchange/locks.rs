//! What open spot orders tie up: a buy its quote value, a sell its base size. Nothing is borrowed, and what contracts tie up is not there to
//! be spent.

use mm_core::ids::{Category, Coin};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Side, Ticks};

use super::orders::Live;
use super::{Exchange, checks};
use crate::api::{ApiError, OrderKey, OrderRow, PlaceOrder, Uid};

/// The coin and how much of it a spot order ties up at `price` with `open` size; `None` for a contract.
fn tied_up(spec: &Instrument, side: Side, price: Ticks, open: Lots) -> Option<(Coin, Amount)> {
    match (spec.id.category, side) {
        (Category::Linear, _) => None,
        (Category::Spot, Side::Buy) => Some((spec.quote, spec.notional(price, open))),
        (Category::Spot, Side::Sell) => Some((spec.base, spec.qty(open))),
    }
}

impl Exchange {
    /// What the account's open spot orders may still spend of a coin.
    pub(super) fn locked(&self, uid: Uid, coin: Coin) -> Amount {
        self.orders.lives(uid).map(|live| self.lock_in(live, coin)).fold(Amount::ZERO, |sum, lock| sum + lock)
    }

    fn lock_in(&self, live: &Live, coin: Coin) -> Amount {
        self.lock_of(live).filter(|lock| lock.0 == coin).map_or(Amount::ZERO, |lock| lock.1)
    }

    fn lock_of(&self, live: &Live) -> Option<(Coin, Amount)> {
        let row = &live.row;
        let spec = self.instruments.get(row.market.index())?;
        if let Some(budget) = row.quote_qty {
            return Some((spec.quote, budget - row.cum_value));
        }
        let (price, qty) = live.ceiling;
        tied_up(spec, row.side, price, qty - row.cum_qty)
    }

    /// Whether the free balance covers a new spot order.
    ///
    /// # Errors
    /// 170131.
    pub(super) fn affords(&self, uid: Uid, spec: &Instrument, order: &PlaceOrder) -> Result<(), ApiError> {
        let need = order.quote_qty.map(|budget| (spec.quote, budget));
        self.covers(uid, need.or_else(|| tied_up(spec, order.side, order.price, order.qty)), None)
    }

    /// Whether the free balance, the order's own lock given back, covers it at `wanted`.
    ///
    /// # Errors
    /// 170131.
    pub(super) fn affords_change(&self, row: &OrderRow, spec: &Instrument, wanted: (Ticks, Lots)) -> Result<(), ApiError> {
        self.covers(row.uid, tied_up(spec, row.side, wanted.0, wanted.1 - row.cum_qty), Some(row.key))
    }

    fn covers(&self, uid: Uid, need: Option<(Coin, Amount)>, but: Option<OrderKey>) -> Result<(), ApiError> {
        let Some((coin, need)) = need else { return Ok(()) };
        let held = self.accounts.get(&uid).and_then(|account| account.wallet.get(&coin)).copied().unwrap_or_default();
        let own = but.and_then(|key| self.orders.get(key)).map_or(Amount::ZERO, |live| self.lock_in(live, coin));
        if held - self.locked(uid, coin) + own < need {
            return Err(checks::insufficient_balance());
        }
        // What contracts tie up is not there to be spent either.
        let bears = !self.options.margin_checks
            || !self.needs_margin(uid)
            || self.available(uid) + own.mul_round(self.usd_price(coin)) >= need.mul_round(self.usd_price(coin));
        if bears { Ok(()) } else { Err(checks::insufficient_balance()) }
    }
}
