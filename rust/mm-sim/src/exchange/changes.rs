//! What the venue changes while it runs: a market's rules and status, and the end of orders whose owner has gone.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots};

use super::Exchange;
use super::rules::{MarketRules, MarketStatus};
use crate::api::{EndReason, Uid};

impl Exchange {
    /// The rules of a market as they stand.
    #[must_use]
    pub fn rules(&self, market: MarketIx) -> Option<&MarketRules> {
        self.rules.get(market.index())
    }

    /// New rules of a market. Limits hold for orders from now on; those that rest stay. A status that ends trading, or another tick or step,
    /// cancels them (`EndReason::Admin`, settling: `Settlement`); then positions are counted in the new step, and a matched book is laid out
    /// anew at the same fair price. Ended orders and executions keep the grid that they were made in: those up to [`Exchange::now_ns`]
    /// of this moment are in the old one, later ones in the new one.
    ///
    /// # Errors
    /// As [`Exchange::may_change`].
    pub fn change_market(&mut self, now_ns: i64, market: MarketIx, spec: Instrument, rules: MarketRules) -> Result<(), String> {
        self.may_change(now_ns, market, &spec)?;
        let at = market.index();
        let Some((known, old)) = self.instruments.get(at).cloned().zip(self.rules.get(at).copied()) else { return Ok(()) };
        let stops = old.status == MarketStatus::Trading && rules.status != MarketStatus::Trading;
        let regrids = !same_grid(&known, &spec);
        if stops || regrids {
            self.withdraw(now_ns, market, if rules.status == MarketStatus::Settling { EndReason::Settlement } else { EndReason::Admin });
        }
        if regrids {
            self.regrid(market, &known, &spec);
        }
        (self.instruments[at], self.rules[at]) = (spec, rules);
        self.revalued = true;
        if regrids {
            self.process_outbox();
            // No two grids share an instant.
            self.now_ns += 1;
        }
        Ok(())
    }

    /// Whether [`Exchange::change_market`] would take these rules.
    ///
    /// # Errors
    /// A sentence if the market is unknown, another one is meant, a recording is played in another grid, or an open position is no multiple
    /// of the new step.
    pub fn may_change(&mut self, now_ns: i64, market: MarketIx, spec: &Instrument) -> Result<(), String> {
        self.advance(now_ns);
        let known = self.instruments.get(market.index()).ok_or("there is no such market")?;
        if known.id != spec.id {
            return Err(format!("{} keeps its name, {} is another market", known.id, spec.id));
        }
        if same_grid(known, spec) {
            return Ok(());
        }
        if !self.liquidity.may_regrid() {
            return Err(format!("{} is played from a recording, which keeps its tick and step", known.id));
        }
        for (uid, account) in &self.accounts {
            let held = known.qty(account.positions.get(market.index()).map_or(Lots::ZERO, |position| position.size));
            if whole_lots(held, spec).1 != Amount::ZERO {
                return Err(format!("the step {} does not divide the position {held} of account {}", spec.qty_step, uid.0));
            }
        }
        Ok(())
    }

    /// The traders of a market are of another mind about its price from now on, by basis points.
    pub fn shift_price(&mut self, now_ns: i64, market: MarketIx, bps: i64) {
        self.advance(now_ns);
        self.liquidity.shift(self.now_ns, market, bps, &mut self.outbox);
        self.process_outbox();
    }

    /// Cancels every account's orders in a market.
    pub fn withdraw(&mut self, now_ns: i64, market: MarketIx, reason: EndReason) {
        self.advance(now_ns);
        let all: Vec<Uid> = self.account_order.clone();
        all.into_iter().for_each(|uid| self.pull_all(uid, market, reason));
        self.process_outbox();
    }

    /// The time that it has come to.
    #[must_use]
    pub fn now_ns(&self) -> i64 {
        self.now_ns
    }

    #[allow(clippy::cast_precision_loss)]
    fn regrid(&mut self, market: MarketIx, old: &Instrument, new: &Instrument) {
        let at = market.index();
        for account in self.accounts.values_mut() {
            if let Some(position) = account.positions.get_mut(at) {
                position.size = whole_lots(old.qty(position.size), new).0;
            }
            if let Some(tally) = account.tallies.get_mut(at) {
                (tally.position, tally.carried) = whole_lots(old.qty(tally.position) + tally.carried, new);
            }
        }
        if let Some(watch) = self.watches.get_mut(at) {
            let ratio = |new: Amount, old: Amount| new.0 as f64 / old.0 as f64;
            watch.regrid(ratio(new.tick_size, old.tick_size), ratio(new.qty_step, old.qty_step));
        }
        self.liquidity.regrid(self.now_ns, market, old, new, &mut self.outbox);
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

fn same_grid(a: &Instrument, b: &Instrument) -> bool {
    (a.tick_size, a.qty_step) == (b.tick_size, b.qty_step)
}

/// The whole lots of a size, and what is left over.
fn whole_lots(qty: Amount, spec: &Instrument) -> (Lots, Amount) {
    let step = spec.qty_step.0.max(1);
    let lots = i64::try_from(qty.0 / step).unwrap_or(0);
    (Lots(lots), qty - Amount(i128::from(lots) * step))
}
