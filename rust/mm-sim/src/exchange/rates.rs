//! What margins reckon with in one contract: told once from the leverage, which its owner chooses, and the taker's fee.

use mm_core::ids::MarketIx;
use mm_core::units::{Amount, Side, div_half_even};

use super::{Exchange, checks};
use crate::api::{ApiError, Uid};

/// The least fee that margins reckon with.
const LEAST_FEE: Amount = Amount(Amount::ONE.0 * 55 / 100_000);

/// Shares of value, by side.
#[derive(Clone, Copy, Debug)]
pub(super) struct MarginRates {
    pub(super) leverage: u32,
    /// 1 / leverage.
    pub(super) inverse: Amount,
    /// The fee to close at the bankruptcy price.
    closing: [Amount; 2],
    of_order: [Amount; 2],
}

impl MarginRates {
    pub(super) fn new(leverage: u32, taker_fee: Amount) -> Self {
        let inverse = Amount(div_half_even(Amount::ONE.0, i128::from(leverage.max(1))));
        let fee = taker_fee.max(LEAST_FEE);
        let closing = Side::BOTH.map(|side| (Amount::ONE - Amount(i128::from(side.sign()) * inverse.0)).mul_round(fee));
        Self { leverage, inverse, closing, of_order: closing.map(|closing| inverse + fee + closing) }
    }

    pub(super) fn of_closing(&self, side: Side) -> Amount {
        self.closing[side.index()]
    }

    /// What an order ties up.
    pub(super) fn of_order(&self, side: Side) -> Amount {
        self.of_order[side.index()]
    }
}

impl Exchange {
    pub(super) fn margin_rates(&self, uid: Uid, market: MarketIx) -> Option<&MarginRates> {
        self.accounts.get(&uid)?.rates.get(market.index())
    }

    /// The leverage of an account in a contract.
    #[must_use]
    pub fn leverage(&self, uid: Uid, market: MarketIx) -> u32 {
        self.margin_rates(uid, market).map_or(1, |rates| rates.leverage)
    }

    /// Changes it; what is open needs margin at the new one from now on.
    ///
    /// # Errors
    /// 110043 if it is what it was, 10001 outside 1 to the contract's maximum, 110044 if the account cannot bear it.
    pub fn set_leverage(&mut self, uid: Uid, market: MarketIx, leverage: u32) -> Result<(), ApiError> {
        let (_, rules) = self.market(market)?;
        if !(1..=rules.max_leverage).contains(&leverage) {
            return Err(checks::leverage_out_of_range(rules.max_leverage));
        }
        let before = self.leverage(uid, market);
        if before == leverage {
            return Err(checks::leverage_unchanged());
        }
        self.store_leverage(uid, market, leverage);
        if self.options.margin_checks && leverage < before && self.available(uid) < Amount::ZERO {
            self.store_leverage(uid, market, before);
            return Err(checks::leverage_too_low());
        }
        Ok(())
    }

    fn store_leverage(&mut self, uid: Uid, market: MarketIx, leverage: u32) {
        let taker_fee = self.fee_rates(market).1;
        if let Some(rates) = self.accounts.get_mut(&uid).and_then(|account| account.rates.get_mut(market.index())) {
            *rates = MarginRates::new(leverage, taker_fee);
            self.revalued = true;
        }
    }
}
