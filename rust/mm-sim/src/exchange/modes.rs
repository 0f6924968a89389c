//! The position mode of an account's contracts: one position, or (hedge mode) one for each side.
//!
//! Hedge mode is kept and told, so that clients that do not know it can be tested against it; nothing is traded in it here.

use mm_core::ids::MarketIx;
use mm_core::units::Lots;

use super::{Exchange, checks};
use crate::api::{ApiError, Uid};

impl Exchange {
    /// Whether the account keeps two positions in a contract.
    #[must_use]
    pub fn is_hedged(&self, uid: Uid, market: MarketIx) -> bool {
        self.accounts.get(&uid).is_some_and(|account| account.hedged.contains(&market))
    }

    /// `position/switch-mode`: all of these contracts, or none.
    ///
    /// # Errors
    /// 110025 where nothing changes, 110024 with an open position and 110028 with open orders in one of them, 10001 if one of them settles in
    /// another coin than USDT.
    pub fn switch_mode(&mut self, now_ns: i64, uid: Uid, markets: &[MarketIx], hedged: bool) -> Result<(), ApiError> {
        self.advance(now_ns);
        let settles = |market: &MarketIx| self.instruments.get(market.index()).is_some_and(|spec| spec.settle.as_str() == "USDT");
        if hedged && !markets.iter().all(settles) {
            return Err(checks::not_hedgeable());
        }
        if markets.iter().all(|market| self.is_hedged(uid, *market) == hedged) {
            return Err(checks::mode_unchanged());
        }
        if markets.iter().any(|market| self.position_size(uid, *market) != Lots::ZERO) {
            return Err(checks::mode_held_by_position());
        }
        if markets.iter().any(|market| self.orders.active(uid, *market) > 0) {
            return Err(checks::mode_held_by_orders());
        }
        let Some(account) = self.accounts.get_mut(&uid) else { return Err(checks::unknown_account()) };
        for market in markets {
            if hedged {
                account.hedged.insert(*market)
            } else {
                account.hedged.remove(market)
            };
        }
        Ok(())
    }
}
