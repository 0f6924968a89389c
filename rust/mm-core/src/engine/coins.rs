//! The wallet's coins against the ledgers: each is the agreed balance and what our markets have moved of it since.
//!
//! A transfer, interest, or a trade in a market that is not ours moves a coin and is nobody's PnL. It is told by name, and the venue's figure is
//! agreed from then on, after a recovery that has read every execution again. On a shared account others move the coins all the time: there
//! a difference is told, and nothing follows from it.

use alloc::vec::Vec;

use super::{Engine, Sink};
use crate::fact::Fact;
use crate::guards::holding::HoldingWatch;
use crate::ids::{Category, Coin};
use crate::instrument::Instrument;
use crate::market::Market;
use crate::units::Amount;

/// The last digit that the venue shows, of a wallet and of an entry price: 1e-8. What was agreed and what is compared may each be off by half.
const LAST_DIGIT: Amount = Amount(10_000_000_000);
/// A recovery that finds the same difference for this long, all executions read, has nothing of ours left to wait for.
const UNEXPLAINED_NS: i64 = 2_000_000_000;
/// A shared account's differences are told this often at most.
const TOLD_EVERY_NS: i64 = 30_000_000_000;

/// One coin that our markets move.
#[derive(Clone, Debug)]
pub(super) struct CoinWatch {
    pub(super) coin: Coin,
    pub(super) holding: HoldingWatch,
    /// The venue's figure less what the ledgers had moved, when it was last agreed.
    agreed: Amount,
    /// What the rounded entry prices may have been off by then.
    agreed_rounding: Amount,
    /// The difference that a recovery found (shared account: that was told last), and when.
    found: Option<(Amount, i64)>,
}

impl Engine {
    /// The ledgers are open: what the wallet holds now is where its coins begin.
    pub(super) fn agree_on_coins(&mut self) {
        let mut coins: Vec<Coin> = Vec::new();
        for (_, _, spec) in self.instruments.iter() {
            let Some(spec) = spec else { continue };
            coins.extend(if spec.id.category == Category::Spot { [spec.base, spec.quote] } else { [spec.settle; 2] });
        }
        coins.sort_unstable();
        coins.dedup();
        let begin = |&coin: &Coin| CoinWatch {
            coin,
            holding: HoldingWatch::default(),
            agreed: self.venue_coin(coin) - self.moved_coin(coin),
            agreed_rounding: self.entry_rounding(coin),
            found: None,
        };
        self.watch.reconciled = coins.iter().map(begin).collect();
    }

    /// What the venue told of coins against the ledgers, all the time; true if a recovery is to look into it.
    pub(super) fn tend_coins(&mut self, sink: &mut Sink) -> bool {
        let (now_ns, shared, mut differs) = (self.now_ns, self.config.shared_account, false);
        for index in 0..self.watch.reconciled.len() {
            let (coin, ledger, tolerance) = self.ledger_coin(index);
            let watch = &mut self.watch.reconciled[index];
            let Some(venue) = watch.holding.compare(ledger.0, tolerance.0, now_ns).map(Amount) else { continue };
            let difference = venue - ledger;
            let told = |(last, at_ns)| last == difference || now_ns < at_ns + TOLD_EVERY_NS;
            if shared && watch.found.is_some_and(told) {
                continue;
            }
            sink.facts.push(Fact::BalanceMismatch { coin, venue, ledger });
            watch.found = Some((difference, now_ns)).filter(|_| shared);
            differs |= !shared;
        }
        differs
    }

    /// What a recovery read of the wallet against the ledgers. False: executions and wallet are to be read once more.
    pub(super) fn coins_agree(&mut self, sink: &mut Sink) -> bool {
        let mut agree = true;
        // Others move the coins of a shared account: that holds nobody up.
        let count = if self.config.shared_account { 0 } else { self.watch.reconciled.len() };
        for index in 0..count {
            let (coin, ledger, tolerance) = self.ledger_coin(index);
            let venue = self.venue_coin(coin);
            let (now_ns, watch) = (self.now_ns, &mut self.watch.reconciled[index]);
            let difference = venue - ledger;
            match watch.found {
                _ if difference.abs() <= tolerance => watch.found = None,
                Some((found, since_ns)) if found == difference && now_ns >= since_ns + UNEXPLAINED_NS => self.take_over(index, venue, sink),
                Some((found, _)) if found == difference => agree = false,
                _ => {
                    agree = false;
                    watch.found = Some((difference, now_ns));
                    sink.facts.push(Fact::BalanceMismatch { coin, venue, ledger });
                }
            }
        }
        agree
    }

    /// Agrees to the venue's figure. The ledgers stay as they are: nothing of ours did it, so it is no PnL.
    fn take_over(&mut self, index: usize, venue: Amount, sink: &mut Sink) {
        let (coin, ledger, _) = self.ledger_coin(index);
        let agreed_rounding = self.entry_rounding(coin);
        let watch = &mut self.watch.reconciled[index];
        watch.agreed += venue - ledger;
        watch.agreed_rounding = agreed_rounding;
        watch.found = None;
        sink.facts.push(Fact::BalanceTakenOver { coin, venue, ledger });
    }

    /// What a reconciled coin must come to, and by how much the venue's rounding may make it differ.
    fn ledger_coin(&self, index: usize) -> (Coin, Amount, Amount) {
        let watch = &self.watch.reconciled[index];
        let tolerance = LAST_DIGIT + watch.agreed_rounding + self.entry_rounding(watch.coin);
        (watch.coin, watch.agreed + self.moved_coin(watch.coin), tolerance)
    }

    /// Σ what our markets did to a coin; markets may share one.
    fn moved_coin(&self, coin: Coin) -> Amount {
        let moved = self.instruments.iter().filter_map(|(market, _, spec)| Some(moved_by(self.markets.get(market.index())?, spec?, coin)));
        moved.fold(Amount::ZERO, |sum, part| sum + part)
    }

    /// What the open contracts that settle in a coin may cost more or less, because their entry prices are rounded.
    fn entry_rounding(&self, coin: Coin) -> Amount {
        let held = self.instruments.iter().filter_map(|(market, _, spec)| {
            let spec = spec.filter(|spec| spec.id.category == Category::Linear && spec.settle == coin)?;
            Some(spec.qty(self.markets.get(market.index())?.position().abs()))
        });
        held.fold(Amount::ZERO, |sum, qty| sum + qty.mul_round(LAST_DIGIT))
    }

    fn venue_coin(&self, coin: Coin) -> Amount {
        self.venue_coins.iter().find(|row| row.coin == coin).map_or(Amount::ZERO, |row| row.wallet)
    }
}

/// What a market has done to a coin of the wallet since its ledger opened. Spot: to the base, whole lots less fees taken in it, and to the quote,
/// what was paid. A contract moves its settle coin by what it realises, fees and funding: cash, less what the open position still costs.
fn moved_by(market: &Market, spec: &Instrument, coin: Coin) -> Amount {
    let Some(ledger) = market.ledger.as_ref() else { return Amount::ZERO };
    match spec.id.category {
        Category::Linear if spec.settle == coin => {
            let open_cost = spec.qty(ledger.position()).mul_round(market.entry);
            ledger.cash() + open_cost - ledger.fees() + ledger.pnl().funding
        }
        Category::Linear => Amount::ZERO,
        Category::Spot => {
            let base = if spec.base == coin { market.coin_moved(spec) } else { Amount::ZERO };
            let quote = if spec.quote == coin { ledger.cash() - ledger.fees() } else { Amount::ZERO };
            base + quote
        }
    }
}
