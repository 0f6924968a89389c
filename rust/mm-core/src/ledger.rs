//! The exact ledger of one market: typed entries in, position, cash, fees and a PnL that sums to the last digit out.
//!
//! PnL terms (each accumulated on its own, none is a residual), with s the signed size, p the price and M the mid:
//! `spread_capture = Σ s·(M − p)` over fills, `inventory = Σ q·ΔM` over mid changes, `fees = −Σ fee`, `funding = Σ received`, and
//! `total = Σ −s·p + q·M − q₀·M₀ − Σ fee + Σ funding`. By Abel summation the four terms sum to the total; [`Pnl::difference`] checks it.

use core::fmt;

use crate::units::{Amount, Lots, Side, Ticks};

/// No accumulator may leave ± this, so that sums of a few of them cannot overflow: about 1e19 coins.
const LIMIT: i128 = i128::MAX / 16;

/// A change of position against cash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    pub side: Side,
    pub price: Ticks,
    /// Positive.
    pub qty: Lots,
    /// In settle coin; negative is a rebate.
    pub fee: Amount,
    /// Best bid + best ask in ticks, of the last book before the trade. Where no book is known: twice the price (captures nothing).
    pub mid_x2: i64,
}

/// One typed entry. Money moved by the venue's own hand keeps its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Fill(Fill),
    /// Cash received; negative is paid (the opposite sign of the venue's `execFee`).
    Funding(Amount),
    /// The venue closed for us.
    Liquidation(Fill),
    /// Auto-deleveraging: the venue closed against us.
    Adl(Fill),
    /// What a fill cost beyond its whole ticks, because it was made in another grid than the ledger's; negative: it brought so much more. It
    /// belongs to what the fill captured.
    OffTick(Amount),
    /// A fee taken in the base coin of a spot market (negative: a rebate), and its worth in quote coin at the fill's price. It is
    /// expensed at that worth; what the coin does later is no longer ours.
    BaseFee {
        coin: Amount,
        value: Amount,
    },
}

/// Why an entry or a mark was refused; the ledger is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerError {
    /// tick × lot must be positive and even at 1e-18, so that half a tick is exact.
    TickLot,
    /// A size or a price that is not positive, or a mid that is not.
    NotPositive,
    /// The figures no longer fit.
    TooLarge,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LedgerError::TickLot => "tick times lot must be positive and even at 1e-18",
            LedgerError::NotPositive => "price, size and mid must be positive",
            LedgerError::TooLarge => "the ledger's figures no longer fit",
        })
    }
}

impl core::error::Error for LedgerError {}

/// Where the money came from, in settle coin, since the ledger's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pnl {
    pub total: Amount,
    /// Edge to the mid at the time of each fill; a taker fill loses here.
    pub spread_capture: Amount,
    /// −Σ fee: positive is earned rebate.
    pub fees: Amount,
    /// What the held position gained from mid changes.
    pub inventory: Amount,
    pub funding: Amount,
}

impl Pnl {
    /// total − Σ terms: zero, always. It is a check, not a term.
    #[must_use]
    pub fn difference(&self) -> Amount {
        self.total - self.spread_capture - self.fees - self.inventory - self.funding
    }
}

/// The ledger of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Half a tick × one lot, exact.
    half_tick_lot: i128,
    start: Lots,
    position: Lots,
    /// The last mid; `start_value` is taken at the first.
    mid_x2: Option<i64>,
    /// Σ −side · qty · price: the cost of everything, negated.
    cash: Amount,
    fees: Amount,
    /// Σ fees in base coin, and Σ their worth in quote coin.
    base_fees: Amount,
    base_fee_value: Amount,
    funding: Amount,
    spread_capture: Amount,
    inventory: Amount,
    /// q·M and q₀·M₀.
    value: Amount,
    start_value: Amount,
}

impl Ledger {
    /// A ledger that starts with a position of `start` lots, valued at the first mid that it is told.
    /// `tick_lot` is one tick × one lot in settle coin.
    ///
    /// # Errors
    /// [`LedgerError::TickLot`].
    pub fn new(start: Lots, tick_lot: Amount) -> Result<Self, LedgerError> {
        if tick_lot.0 <= 0 || tick_lot.0 % 2 != 0 {
            return Err(LedgerError::TickLot);
        }
        let zero = Amount::ZERO;
        Ok(Self {
            half_tick_lot: tick_lot.0 / 2,
            start,
            position: start,
            mid_x2: None,
            cash: zero,
            fees: zero,
            base_fees: zero,
            base_fee_value: zero,
            funding: zero,
            spread_capture: zero,
            inventory: zero,
            value: zero,
            start_value: zero,
        })
    }

    /// The mid is now `mid_x2` / 2 ticks.
    ///
    /// # Errors
    /// [`LedgerError`]; the ledger is then untouched.
    pub fn mark(&mut self, mid_x2: i64) -> Result<(), LedgerError> {
        if self.mid_x2 == Some(mid_x2) {
            return Ok(());
        }
        let mut next = *self;
        next.move_mid(mid_x2)?;
        *self = next;
        Ok(())
    }

    /// Books one entry. A fill first marks to its own mid, even if that is older than the last mark: the position after it
    /// then owns every later change.
    ///
    /// # Errors
    /// [`LedgerError`]; the ledger is then untouched.
    pub fn apply(&mut self, entry: Entry) -> Result<(), LedgerError> {
        let mut next = *self;
        match entry {
            Entry::Fill(fill) | Entry::Liquidation(fill) | Entry::Adl(fill) => next.fill(fill)?,
            Entry::BaseFee { coin, value } => {
                next.base_fees = plus(next.base_fees, Some(coin.0))?;
                next.base_fee_value = plus(next.base_fee_value, Some(value.0))?;
            }
            Entry::OffTick(cost) => {
                next.cash = plus(next.cash, Some(-cost.0))?;
                next.spread_capture = plus(next.spread_capture, Some(-cost.0))?;
            }
            Entry::Funding(amount) => next.funding = plus(next.funding, Some(amount.0))?,
        }
        *self = next;
        Ok(())
    }

    /// Start + Σ signed sizes.
    #[must_use]
    pub fn position(&self) -> Lots {
        self.position
    }

    /// The position at the ledger's start.
    #[must_use]
    pub fn start(&self) -> Lots {
        self.start
    }

    /// Σ −side · qty · price, before fees.
    #[must_use]
    pub fn cash(&self) -> Amount {
        self.cash
    }

    /// Σ fee; negative is earned rebate.
    #[must_use]
    pub fn fees(&self) -> Amount {
        self.fees
    }

    /// Σ fees taken in base coin (spot only); they are part of the coin held, not of `position`, which counts whole lots.
    #[must_use]
    pub fn base_fees(&self) -> Amount {
        self.base_fees
    }

    /// The last mid that was told, in half ticks.
    #[must_use]
    pub fn mid_x2(&self) -> Option<i64> {
        self.mid_x2
    }

    /// The attribution at the last mid; all zero before there is one.
    #[must_use]
    pub fn pnl(&self) -> Pnl {
        Pnl {
            total: self.cash + self.value - self.start_value - self.fees - self.base_fee_value + self.funding,
            spread_capture: self.spread_capture,
            fees: -self.fees - self.base_fee_value,
            inventory: self.inventory,
            funding: self.funding,
        }
    }

    fn fill(&mut self, fill: Fill) -> Result<(), LedgerError> {
        if fill.price <= Ticks::ZERO || fill.qty <= Lots::ZERO {
            return Err(LedgerError::NotPositive);
        }
        self.move_mid(fill.mid_x2)?;
        let signed = fill.side.sign() * fill.qty.0;
        let price_x2 = 2 * i128::from(fill.price.0);
        self.position = Lots(self.position.0.checked_add(signed).ok_or(LedgerError::TooLarge)?);
        self.cash = plus(self.cash, self.worth(-price_x2, signed))?;
        self.spread_capture = plus(self.spread_capture, self.worth(i128::from(fill.mid_x2) - price_x2, signed))?;
        self.fees = plus(self.fees, Some(fill.fee.0))?;
        self.revalue()
    }

    fn move_mid(&mut self, mid_x2: i64) -> Result<(), LedgerError> {
        if mid_x2 <= 0 {
            return Err(LedgerError::NotPositive);
        }
        match self.mid_x2.replace(mid_x2) {
            Some(last) => {
                let change = i128::from(mid_x2) - i128::from(last);
                self.inventory = plus(self.inventory, self.worth(change, self.position.0))?;
            }
            None => self.start_value = plus(Amount::ZERO, self.worth(i128::from(mid_x2), self.start.0))?,
        }
        self.revalue()
    }

    fn revalue(&mut self) -> Result<(), LedgerError> {
        let mid_x2 = i128::from(self.mid_x2.unwrap_or(0));
        self.value = plus(Amount::ZERO, self.worth(mid_x2, self.position.0))?;
        Ok(())
    }

    /// `half_ticks` × `lots` in settle coin.
    fn worth(&self, half_ticks: i128, lots: i64) -> Option<i128> {
        half_ticks.checked_mul(i128::from(lots))?.checked_mul(self.half_tick_lot)
    }
}

fn plus(sum: Amount, term: Option<i128>) -> Result<Amount, LedgerError> {
    let next = term.and_then(|term| sum.0.checked_add(term)).ok_or(LedgerError::TooLarge)?;
    if next.unsigned_abs() > LIMIT.unsigned_abs() { Err(LedgerError::TooLarge) } else { Ok(Amount(next)) }
}
