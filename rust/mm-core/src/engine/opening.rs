//! Opening the ledgers: what the venue holds, less the day's executions, is where the day began.
//!
//! That is true only if both are of one moment, and they are asked one after the other. So the holdings are read before the executions and
//! again after them: if nothing moved in between and no execution has come since, the executions are those that led to the holdings.
//! Otherwise both are read once more.

use alloc::vec::Vec;

use super::{Engine, Sink};
use crate::fact::{Fact, FatalReason};
use crate::ids::{Category, Coin, MarketIx};
use crate::ledger::Ledger;
use crate::units::{Amount, Lots};

/// What the venue holds, as one reading tells it: (size, sequence) of each market, and the wallet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Holdings {
    positions: Vec<Option<(Lots, i64)>>,
    coins: Vec<(Coin, Amount)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Opening {
    /// Read before the executions.
    before: Holdings,
    /// Executions known when the last of their pages had been read.
    executions: usize,
}

impl Engine {
    pub(super) fn ledgers_open(&self) -> bool {
        self.markets.iter().all(|market| market.ledger.is_some())
    }

    /// The executions are about to be read.
    pub(super) fn note_holdings(&mut self) {
        if !self.ledgers_open() {
            self.opening.before = self.holdings_read();
        }
    }

    /// The executions have been read.
    pub(super) fn note_executions(&mut self) {
        self.opening.executions = self.early.len();
    }

    fn holdings_read(&self) -> Holdings {
        // Others move the coins of a shared account all the time; its coins are not compared.
        let coins = self.venue_coins.iter().filter(|_| !self.config.shared_account).map(|row| (row.coin, row.wallet));
        Holdings { positions: self.venue_positions.clone(), coins: coins.collect() }
    }

    /// Opens every ledger, if holdings and executions are of one moment.
    pub(super) fn open_ledgers(&mut self, sink: &mut Sink) -> bool {
        if self.opening.before != self.holdings_read() || self.opening.executions != self.early.len() {
            return false;
        }
        for (market, category) in self.categorised() {
            let held = self.venue_positions[market.index()].map_or(Lots::ZERO, |told| told.0);
            // Spot inventory counts from here.
            let start = if category == Category::Linear { held - self.early_position(market) } else { Lots::ZERO };
            if !self.open_ledger(market, start, sink) {
                return false;
            }
        }
        self.relive_day(sink);
        self.agree_on_coins();
        true
    }

    /// Opens a market's ledger with the position before the executions already read.
    fn open_ledger(&mut self, market: MarketIx, start: Lots, sink: &mut Sink) -> bool {
        let Some(row) = self.markets.get_mut(market.index()) else { return false };
        row.ledger = row.terms.as_ref().and_then(|terms| Ledger::new(start, terms.tick_lot).ok());
        if row.ledger.is_none() {
            sink.facts.push(Fact::Fatal(FatalReason::Ledger { market }));
            return false;
        }
        true
    }

    /// Books the day's executions of all markets as they happened, and lets the loss stops see each: a restart comes to the day's best and to
    /// the stops that it had latched. What a position was worth between two executions nobody knows any more.
    fn relive_day(&mut self, sink: &mut Sink) {
        let mut rows = core::mem::take(&mut self.early);
        rows.sort_by_key(|row| row.exec_ms);
        for row in &rows {
            // No book of that moment is known: at its own price a fill captures nothing.
            self.book(row, Some(2 * row.price.0), sink);
            self.tend_losses(row.exec_ms, sink);
        }
    }
}
