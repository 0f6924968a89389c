//! What the judge sees at the venue: executions, and what the account has at risk there.

use alloc::format;
use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::units::{Amount, Side};

use super::auditor::Auditor;
use super::conduct::is_ours;
use crate::api::{ExecutionRow, FillReason};
use crate::exchange::Exchange;

impl Auditor {
    /// What the venue did since the last look. Orders and executions that have not changed were judged then: the verdict stands, unless
    /// it was excused, and an excuse ends with time.
    pub fn look(&mut self, exchange: &Exchange) {
        let (changes, upset) = (Some(exchange.changes(self.uid)), self.conduct.is_upset(self.now_ns));
        if self.looked != changes {
            self.take_executions(exchange);
        }
        if self.looked != changes || upset || self.excused {
            self.excused = upset || self.conduct.is_upset(self.now_ns);
            self.check_exposure(exchange);
        }
        self.looked = changes;
    }

    fn take_executions(&mut self, exchange: &Exchange) {
        let known = |row: &&ExecutionRow| !self.executions.contains_key(&row.exec_id) && !self.funding.knows(row.exec_id);
        let fresh: Vec<ExecutionRow> = exchange.executions(self.uid).take_while(known).cloned().collect();
        for row in fresh.iter().rev() {
            if row.reason == FillReason::Funding {
                self.funding.settled(row.exec_id, row.market, -row.fee.0);
                continue;
            }
            self.measures.executed(row.exec_id, self.now_ns);
            self.judge_execution(row, self.venue(row.market).position);
            if let Some((sums, (grid, _))) = self.venue.get_mut(row.market.index()).zip(self.grids.get(row.market.index())) {
                let (price, qty) = (grid.price(row.price, Amount::ZERO), grid.qty(row.qty));
                self.executions.insert(row.exec_id, (row.market, row.side, price, qty, row.fee));
                sums.add(row.side, price, qty, row.fee);
            }
            if !row.is_maker && !self.conduct.is_external(row.exec_id) && row.reason != FillReason::Deleveraged {
                self.fail(format!("post-only order {} took", row.client_id));
            }
        }
    }

    /// Position and everything that may still fill, and our own quotes against each other, as the venue has them.
    fn check_exposure(&mut self, exchange: &Exchange) {
        for index in 0..self.venue.len() {
            let Ok(market) = u16::try_from(index).map(MarketIx) else { return };
            let (mut open, mut best) = ([0_i64; 2], [None::<i64>; 2]);
            for row in exchange.open_orders(self.uid).filter(|row| row.market == market && is_ours(row.client_id)) {
                let side = row.side.index();
                open[side] += self.grids[index].0.qty(row.qty - row.cum_qty);
                let better = |held: i64| if row.side == Side::Buy { held.max(row.price.0) } else { held.min(row.price.0) };
                best[side] = Some(best[side].map_or(row.price.0, better));
            }
            self.quoted[index] = best != [None; 2];
            self.measures.quoted(index, self.quoted[index], self.now_ns);
            let (position, limit) = (self.venue[index].position, self.max_position[index]);
            let [buys, sells] = [open[Side::Buy.index()], open[Side::Sell.index()]];
            let upset = self.conduct.is_upset(self.now_ns);
            if !upset && (position + buys > limit.max(position) || position - sells < (-limit).min(position)) {
                self.fail(format!("market {index}: position {position} with {buys} to buy and {sells} to sell is over {limit}"));
            }
            if let (Some(bid), Some(ask)) = (best[Side::Buy.index()], best[Side::Sell.index()])
                && bid >= ask
            {
                self.fail(format!("market {index}: own bid {bid} is not below own ask {ask}"));
            }
        }
    }
}
