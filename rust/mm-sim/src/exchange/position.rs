//! One-way netting with exact cost: what is open costs what it cost; a reduction releases its pro-rata share.

use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Side, Ticks, div_half_even};

/// 1e-8 coin in [`Amount`] units: the grid to which a released share of the cost is rounded.
const COST_GRID: i128 = 10_000_000_000;

/// An account's position in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Signed: negative is short.
    pub(super) size: Lots,
    /// Signed like the size: average price = cost / size.
    pub(super) cost: Amount,
    /// Σ realised PnL after fees, as the venue counts it.
    pub(super) realised: Amount,
    /// What opening it cost in fees; a reduction releases its share.
    pub(super) open_fees: Amount,
    pub(super) updated_ns: i64,
    pub(super) seq: u64,
}

/// What one fill did to a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Netted {
    /// Size that reduced what was open.
    pub(super) closed: Lots,
    /// PnL of it before fees.
    pub(super) pnl: Amount,
    /// Fees of opening and of closing it.
    pub(super) open_fee: Amount,
    pub(super) close_fee: Amount,
}

impl Position {
    /// Nets a fill. Its fee is told apart into what closed and what opened; paying it is the caller's.
    pub(super) fn fill(&mut self, instrument: &Instrument, side: Side, price: Ticks, qty: Lots, fee: Amount) -> Netted {
        let sign = side.sign();
        let reduces = self.size.0.signum() == -sign;
        let closed = if reduces { Lots(qty.0.min(self.size.0.abs())) } else { Lots::ZERO };
        let released = share(self.cost, closed, self.size.abs());
        let opened = Lots(qty.0 - closed.0);
        let (open_fee, close_fee) = (share(self.open_fees, closed, self.size.abs()), share(fee, closed, qty));
        self.open_fees += fee - close_fee - open_fee;
        let signed = |value: Amount| Amount(value.0 * i128::from(sign));
        // Closing a long (cost > 0) sells at a value: pnl = value − cost; a short (cost < 0): pnl = −value − cost.
        let pnl = -signed(instrument.notional(price, closed)) - released;
        self.cost += signed(instrument.notional(price, opened)) - released;
        self.size += Lots(sign * qty.0);
        Netted { closed, pnl, open_fee, close_fee }
    }

    /// Mark value of what is open minus its cost.
    pub(super) fn unrealised(&self, instrument: &Instrument, mark: Amount) -> Amount {
        if self.size == Lots::ZERO || mark == Amount::ZERO {
            return Amount::ZERO;
        }
        mark.mul_round(instrument.qty(self.size)) - self.cost
    }
}

/// cost × closed / size, half-even at 1e-8; everything when all is closed, so nothing is left behind.
fn share(cost: Amount, closed: Lots, size: Lots) -> Amount {
    if closed == Lots::ZERO || closed == size {
        return if closed == Lots::ZERO { Amount::ZERO } else { cost };
    }
    let (closed, unit) = (i128::from(closed.0), i128::from(size.0) * COST_GRID);
    // An even multiple is taken out first: the product cannot overflow, and a tie still rounds to the even whole.
    let whole = cost.0.div_euclid(2 * unit) * 2;
    let rest = cost.0 - whole * unit;
    Amount((whole * closed + div_half_even(rest * closed, unit)) * COST_GRID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_cost_rounds_half_even_at_1e_8() {
        let coin = |text: &str| Amount::parse(text.as_bytes()).unwrap();
        assert_eq!(share(coin("100"), Lots(1), Lots(3)), coin("33.33333333"));
        assert_eq!(share(coin("-100"), Lots(2), Lots(3)), coin("-66.66666667"));
        assert_eq!(share(coin("0.00000003"), Lots(1), Lots(2)), coin("0.00000002"));
        assert_eq!(share(coin("0.00000001"), Lots(1), Lots(2)), Amount::ZERO);
        assert_eq!(share(coin("7.123456789"), Lots(3), Lots(3)), coin("7.123456789"));
        assert_eq!(share(coin("7"), Lots(0), Lots(3)), Amount::ZERO);
    }
}
