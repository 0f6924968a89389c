//! What an open position ties up: see [`super::margin`].

use mm_core::ids::MarketIx;
use mm_core::units::{Amount, Lots, Side};

use super::rates::MarginRates;
use super::{Exchange, Margin};
use crate::api::{PositionRow, Uid};

/// An open position as its margins see it.
struct Held {
    value: Amount,
    /// The fee to close it at the bankruptcy price.
    closing: Amount,
    inverse: Amount,
    maintenance_rate: Amount,
}

impl Held {
    fn initial(&self) -> Amount {
        self.value.mul_round(self.inverse) + self.closing
    }

    fn maintenance(&self) -> Amount {
        self.value.mul_round(self.maintenance_rate) + self.closing
    }

    fn margin(&self) -> Margin {
        Margin { position_initial: self.initial(), position_maintenance: self.maintenance(), orders_initial: Amount::ZERO }
    }
}

impl Exchange {
    /// What the position alone ties up.
    pub(super) fn held_margin(&self, uid: Uid, market: MarketIx) -> Margin {
        self.held(uid, market).map_or_else(Margin::default, |held| held.margin())
    }

    /// What has to be left so that the position is not taken over.
    pub(super) fn maintenance(&self, uid: Uid, market: MarketIx) -> Amount {
        self.held(uid, market).map_or(Amount::ZERO, |held| held.maintenance())
    }

    /// What a position ties up as this row tells it.
    #[must_use]
    pub fn position_margin(&self, row: &PositionRow) -> Margin {
        let rates = MarginRates::new(row.leverage, self.fee_rates(row.market).1);
        self.held_at(row.market, (row.size, row.cost), row.mark_price, &rates).map_or_else(Margin::default, |held| held.margin())
    }

    /// `None` while it is flat.
    fn held(&self, uid: Uid, market: MarketIx) -> Option<Held> {
        let account = self.accounts.get(&uid)?;
        let position = account.positions.get(market.index())?;
        self.held_at(market, (position.size, position.cost), self.mark_price(market), account.rates.get(market.index())?)
    }

    fn held_at(&self, market: MarketIx, (size, cost): (Lots, Amount), mark: Amount, rates: &MarginRates) -> Option<Held> {
        if size == Lots::ZERO && cost == Amount::ZERO {
            return None;
        }
        let (spec, rules) = self.market(market).ok()?;
        let side = if size.0 < 0 { Side::Sell } else { Side::Buy };
        Some(Held {
            value: mark.mul_round(spec.qty(size.abs())),
            closing: cost.abs().mul_round(rates.of_closing(side)),
            inverse: rates.inverse,
            maintenance_rate: rules.maintenance_rate,
        })
    }
}
