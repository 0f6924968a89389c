//! Coins that come from elsewhere, or go there: a change of the wallet that no trade explains.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::Coin;
use mm_core::units::Amount;

use super::Exchange;
use crate::api::{Event, Uid};

/// Transfers of an account that stay listed.
const MAX_TRANSFERS: usize = 1000;

/// One transfer; negative is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub coin: Coin,
    pub amount: Amount,
    pub at_ns: i64,
    /// Of this account, from 1 on.
    pub number: u64,
}

impl Exchange {
    /// Moves a coin into an account, or (negative) out of it; the wallet is pushed.
    ///
    /// # Errors
    /// A sentence if nothing is moved, if there is no such account, or if what is to go out is tied up or not there.
    pub fn transfer(&mut self, now_ns: i64, uid: Uid, coin: Coin, amount: Amount) -> Result<(), String> {
        self.advance(now_ns);
        let held = self.accounts.get(&uid).ok_or_else(|| format!("account {} is unknown", uid.0))?.wallet.get(&coin).copied();
        let free = held.unwrap_or_default() - self.locked(uid, coin);
        let worth = (-amount).mul_round(self.usd_price(coin));
        if amount == Amount::ZERO
            || free + amount.min(Amount::ZERO) < Amount::ZERO
            || (amount < Amount::ZERO && self.available(uid) < worth)
        {
            return Err(format!("amount {amount}: it must not be 0, and no more may go out than the {free} {coin} that nothing ties up"));
        }
        let at_ns = self.now_ns;
        if let Some(account) = self.accounts.get_mut(&uid) {
            account.credit(coin, amount);
            self.revalued = true;
            let number = account.transfers.front().map_or(0, |last| last.number) + 1;
            account.transfers.truncate(MAX_TRANSFERS - 1);
            account.transfers.push_front(Transfer { coin, amount, at_ns, number });
        }
        self.events.push(Event::Wallet { uid, coins: Vec::from([coin]) });
        Ok(())
    }

    /// The account's transfers, newest first.
    pub fn transfers(&self, uid: Uid) -> impl Iterator<Item = &Transfer> {
        self.accounts.get(&uid).into_iter().flat_map(|account| &account.transfers)
    }
}
