//! Funding: at each settlement whoever holds a position pays or receives |size| · mark · rate; longs pay shorts while the rate is positive.
//!
//! Rate and time are the recording's once it has told them, else the configured rate at multiples of the interval since the epoch. Cash only:
//! position and cost stay. The execution says `Funding`, at the mark, its rate with the sign of the side that pays.

use alloc::vec::Vec;

use mm_core::ids::{Category, ClientId, MarketIx};
use mm_core::units::{Amount, Lots, Side, Ticks, div_half_even};

use super::Exchange;
use crate::api::{Event, ExecutionRow, FillReason, OrderType, Uid};
use crate::liquidity::NEVER_NS;

/// Settlements of a market that stay queryable.
const MAX_SETTLEMENTS: usize = 1000;

impl Exchange {
    /// (rate, when it is settled next); `None` for a market that has no funding, or a rate of 0.
    #[must_use]
    pub fn funding(&self, market: MarketIx) -> Option<(Amount, i64)> {
        let prices = self.prices.get(market.index())?;
        Some((prices.funding_rate, prices.next_funding_ns?))
    }

    /// Settles at this rate from the next settlement on, where the recording tells none.
    pub fn set_funding_rate(&mut self, now_ns: i64, market: MarketIx, rate: Amount) {
        self.advance(now_ns);
        let (now_ns, interval_ns) = (self.now_ns, self.rules.get(market.index()).map_or(0, |rules| rules.funding_interval_ns));
        let linear = self.instruments.get(market.index()).is_some_and(|spec| spec.id.category == Category::Linear);
        if let Some(prices) = self.prices.get_mut(market.index()).filter(|_| linear) {
            prices.set_funding(now_ns, interval_ns, rate, None);
        }
        self.find_next();
    }

    /// Settles now, at `rate` or at the one that stands; the regular settlements go on as they were.
    pub fn settle_funding(&mut self, now_ns: i64, market: MarketIx, rate: Option<Amount>) {
        self.advance(now_ns);
        let standing = self.prices.get(market.index()).map_or(Amount::ZERO, |prices| prices.funding_rate);
        self.fund(market, rate.unwrap_or(standing));
        self.process_outbox();
    }

    /// When a market is settled next.
    pub(super) fn funding_ns(&self) -> i64 {
        self.prices.iter().fold(NEVER_NS, |due_ns, prices| due_ns.min(prices.next_funding_ns.unwrap_or(NEVER_NS)))
    }

    /// Settles every market that is due.
    pub(super) fn fund_due(&mut self) {
        let now_ns = self.now_ns;
        for market in (0..u16::try_from(self.prices.len()).unwrap_or(u16::MAX)).map(MarketIx) {
            let interval_ns = self.rules.get(market.index()).map_or(0, |rules| rules.funding_interval_ns);
            let Some(prices) = self.prices.get_mut(market.index()) else { continue };
            if prices.next_funding_ns.is_some_and(|due_ns| due_ns <= now_ns) {
                let rate = prices.funding_rate;
                prices.set_funding(now_ns, interval_ns, rate, None);
                self.fund(market, rate);
            }
        }
    }

    /// Settlements of a market, newest first: (when, rate).
    pub fn settlements(&self, market: MarketIx) -> impl Iterator<Item = (i64, Amount)> {
        self.settled.get(market.index()).into_iter().flatten().copied()
    }

    fn fund(&mut self, market: MarketIx, rate: Amount) {
        if self.instruments.get(market.index()).is_none_or(|spec| spec.id.category != Category::Linear) || rate == Amount::ZERO {
            return;
        }
        if let Some(settled) = self.settled.get_mut(market.index()) {
            settled.truncate(MAX_SETTLEMENTS - 1);
            settled.push_front((self.now_ns, rate));
        }
        let holders: Vec<Uid> = self.account_order.iter().copied().filter(|uid| self.position_size(*uid, market) != Lots::ZERO).collect();
        for uid in holders {
            self.fund_one(uid, market, rate);
        }
    }

    fn fund_one(&mut self, uid: Uid, market: MarketIx, rate: Amount) -> Option<()> {
        let (mark, at_ns) = (self.mark_price(market), self.now_ns);
        let spec = self.instruments.get(market.index())?;
        let account = self.accounts.get_mut(&uid)?;
        let position = *account.positions.get(market.index())?;
        let side = if position.size.0 < 0 { Side::Sell } else { Side::Buy };
        let value = mark.mul_round(spec.qty(position.size.abs()));
        let fee_rate = Amount(i128::from(side.sign()) * rate.0);
        let fee = value.mul_round(fee_rate);
        account.fund(spec, market, fee, at_ns);
        self.revalued = true;
        let nearest = i64::try_from(div_half_even(mark.0, spec.tick_size.0)).unwrap_or(0);
        let row = ExecutionRow {
            uid,
            exec_id: self.identities.next_execution(Category::Linear),
            order_id: self.identities.next_order(Category::Linear).1,
            client_id: ClientId::EMPTY,
            market,
            side,
            order_type: OrderType::Market,
            order_price: Ticks::ZERO,
            order_qty: Lots::ZERO,
            order_quote_qty: None,
            leaves_qty: Lots::ZERO,
            price: Ticks(nearest),
            mark: Some(mark),
            qty: position.size.abs(),
            value,
            fee,
            fee_rate,
            fee_coin: spec.settle,
            is_maker: false,
            closed_qty: Lots::ZERO,
            pnl: Amount::ZERO,
            open_fee: Amount::ZERO,
            close_fee: Amount::ZERO,
            reason: FillReason::Funding,
            exec_ns: at_ns,
            seq: position.seq,
        };
        account.remember(row.clone());
        self.events.push(Event::Execution(row));
        self.push_account(uid, market)
    }
}
