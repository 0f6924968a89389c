//! What one instrument allows, and the exact conversions between its wire strings and integers.

use alloc::vec::Vec;
use core::fmt;

use crate::ids::{Category, Coin, InstrumentId, MarketIx};
use crate::units::{Amount, Lots, MAX_COUNT, Ticks, UnitError};

/// The worth of the greatest order that is told from a greater one: 1e17 of quote coin, a thousand of which can still be summed.
pub const MAX_NOTIONAL: Amount = Amount(100_000_000_000_000_000 * Amount::ONE.0);

/// The trading rules of one instrument as the venue's instruments-info states them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    pub id: InstrumentId,
    pub base: Coin,
    pub quote: Coin,
    /// Linear: the coin in which PnL and fees settle. Spot: the quote coin.
    pub settle: Coin,
    pub tick_size: Amount,
    /// `qtyStep` on linear, `basePrecision` on spot.
    pub qty_step: Amount,
    pub min_qty: Lots,
    pub max_qty: Lots,
    /// `minNotionalValue` on linear, `minOrderAmt` on spot; in quote coin.
    pub min_notional: Amount,
    pub min_price: Ticks,
    pub max_price: Ticks,
    /// One tick × one lot in quote coin, exact. Derived: see [`Instrument::cash_per_tick_lot`].
    pub tick_lot: Amount,
}

impl Instrument {
    /// tick × step, or `None` if either is not positive or the product is not exact at 1e-18.
    #[must_use]
    pub fn cash_per_tick_lot(tick_size: Amount, qty_step: Amount) -> Option<Amount> {
        if tick_size.0 <= 0 || qty_step.0 <= 0 {
            return None;
        }
        let (mut a, mut b, mut divisor) = (tick_size.0, qty_step.0, Amount::ONE.0);
        for factor in [&mut a, &mut b] {
            while *factor % 10 == 0 && divisor > 1 {
                *factor /= 10;
                divisor /= 10;
            }
        }
        let product = a.checked_mul(b)?;
        (product % divisor == 0).then_some(Amount(product / divisor))
    }

    /// Parses a wire price exactly.
    ///
    /// # Errors
    /// [`UnitError`] if it is not a decimal or not a multiple of the tick size.
    pub fn ticks(&self, wire: &[u8]) -> Result<Ticks, UnitError> {
        to_grid(wire, self.tick_size).map(Ticks)
    }

    /// Parses a wire price of any grid exactly: the whole ticks in it, and what it has beyond them.
    ///
    /// # Errors
    /// [`UnitError`] if it is not a decimal.
    pub fn ticks_and_rest(&self, wire: &[u8]) -> Result<(Ticks, Amount), UnitError> {
        let value = Amount::parse(wire)?;
        let count = to_count(value.0.div_euclid(self.tick_size.0))?;
        Ok((Ticks(count), Amount(value.0.rem_euclid(self.tick_size.0))))
    }

    /// Parses a wire size exactly.
    ///
    /// # Errors
    /// [`UnitError`] if it is not a decimal or not a multiple of the quantity step.
    pub fn lots(&self, wire: &[u8]) -> Result<Lots, UnitError> {
        to_grid(wire, self.qty_step).map(Lots)
    }

    /// The exact price of a tick count; `Display` of it is the wire string (trimmed).
    #[must_use]
    pub fn price(&self, ticks: Ticks) -> Amount {
        Amount(i128::from(ticks.0) * self.tick_size.0)
    }

    /// The exact size of a lot count.
    #[must_use]
    pub fn qty(&self, lots: Lots) -> Amount {
        Amount(i128::from(lots.0) * self.qty_step.0)
    }

    /// price × size in quote coin, exact; what is beyond [`MAX_NOTIONAL`] either way becomes that, which no limit allows.
    #[must_use]
    pub fn notional(&self, price: Ticks, qty: Lots) -> Amount {
        let (count, unit) = (i128::from(price.0) * i128::from(qty.0), self.tick_lot.0);
        let value = match (i64::try_from(count), i64::try_from(unit)) {
            // One multiplication that cannot overflow.
            (Ok(count), Ok(unit)) => i128::from(count) * i128::from(unit),
            _ => count.saturating_mul(unit),
        };
        Amount(value.clamp(-MAX_NOTIONAL.0, MAX_NOTIONAL.0))
    }
}

fn to_grid(wire: &[u8], unit: Amount) -> Result<i64, UnitError> {
    let value = Amount::parse(wire)?;
    if value.0 % unit.0 != 0 {
        return Err(UnitError::OffGrid);
    }
    to_count(value.0 / unit.0)
}

fn to_count(value: i128) -> Result<i64, UnitError> {
    let count = i64::try_from(value).map_err(|_| UnitError::TooLarge)?;
    if count.unsigned_abs() > MAX_COUNT.unsigned_abs() { Err(UnitError::TooLarge) } else { Ok(count) }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tick {} step {}", self.id, self.tick_size, self.qty_step)
    }
}

/// The account's instruments in configured order; a spec is `None` until the venue has told it.
#[derive(Clone, Debug, Default)]
pub struct Instruments {
    rows: Vec<(InstrumentId, Option<Instrument>)>,
}

impl Instruments {
    #[must_use]
    pub fn new(ids: impl IntoIterator<Item = InstrumentId>) -> Self {
        Self { rows: ids.into_iter().map(|id| (id, None)).collect() }
    }

    /// The row of `(category, symbol)`, whether or not its spec is known yet.
    #[must_use]
    pub fn find(&self, category: Category, symbol: &[u8]) -> Option<MarketIx> {
        let row = self.rows.iter().position(|(id, _)| id.category == category && id.symbol.as_bytes() == symbol)?;
        u16::try_from(row).ok().map(MarketIx)
    }

    #[must_use]
    pub fn get(&self, market: MarketIx) -> Option<&Instrument> {
        self.rows.get(market.index())?.1.as_ref()
    }

    #[must_use]
    pub fn id(&self, market: MarketIx) -> Option<InstrumentId> {
        self.rows.get(market.index()).map(|row| row.0)
    }

    /// Stores what the venue says of an instrument; false if it is not one of ours.
    pub fn set(&mut self, spec: Instrument) -> bool {
        let row = self.rows.iter_mut().find(|row| row.0 == spec.id);
        row.map(|row| row.1 = Some(spec)).is_some()
    }

    /// Every configured row, in order.
    pub fn iter(&self) -> impl Iterator<Item = (MarketIx, InstrumentId, Option<&Instrument>)> {
        self.rows.iter().zip(0_u16..).map(|((id, spec), ix)| (MarketIx(ix), *id, spec.as_ref()))
    }
}
