//! What the venue changes while it runs: a market's rules and status, and the end of orders whose owner has gone.

use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::instrument::Instrument;

use super::Exchange;
use super::rules::{MarketRules, MarketStatus};
use crate::api::{EndReason, Uid};

impl Exchange {
    /// The rules of a market as they stand.
    #[must_use]
    pub fn rules(&self, market: MarketIx) -> Option<&MarketRules> {
        self.rules.get(market.index())
    }

    /// New limits of sizes, prices, values and leverage, for orders from now on; those that rest stay. A status that ends trading cancels them.
    ///
    /// # Errors
    /// A sentence if the market is unknown or the grid of prices or sizes would change: books, positions and history count in it.
    pub fn change_market(&mut self, now_ns: i64, market: MarketIx, spec: Instrument, rules: MarketRules) -> Result<(), &'static str> {
        self.advance(now_ns);
        let at = market.index();
        let Some((known, old)) = self.instruments.get_mut(at).zip(self.rules.get_mut(at)) else { return Err("there is no such market") };
        if (known.id, known.tick_size, known.qty_step) != (spec.id, spec.tick_size, spec.qty_step) {
            return Err("a running market keeps its name, tick and step");
        }
        let stops = old.status == MarketStatus::Trading && rules.status != MarketStatus::Trading;
        (*known, *old) = (spec, rules);
        if stops {
            let reason = if rules.status == MarketStatus::Settling { EndReason::Settlement } else { EndReason::Admin };
            let all: Vec<Uid> = self.account_order.clone();
            all.into_iter().for_each(|uid| self.pull_all(uid, market, reason));
            self.process_outbox();
        }
        Ok(())
    }

    /// Disconnect protection: cancels every order of an account in a category.
    pub fn cancel_disconnected(&mut self, now_ns: i64, uid: Uid, category: Category) {
        self.advance(now_ns);
        let rows = self.instruments.iter().zip((0_u16..).map(MarketIx));
        let markets: Vec<MarketIx> = rows.filter(|(spec, _)| spec.id.category == category).map(|(_, market)| market).collect();
        markets.into_iter().for_each(|market| self.pull_all(uid, market, EndReason::Disconnected));
        self.process_outbox();
    }
}
