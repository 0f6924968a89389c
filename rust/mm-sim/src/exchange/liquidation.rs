//! What ends positions against their owner's will: liquidation where the account no longer bears them, and auto-deleveraging.
//!
//! Cross margin: once the margin balance no longer exceeds the maintenance margin, the account's contract orders are cancelled; then its
//! positions are taken over, the one with the largest maintenance margin first, until it does. A takeover is one execution (`BustTrade`) of
//! the whole position at the taker's fee, at the bankruptcy price: where the position's share of the balance is used up. The venue's
//! stepwise reduction through risk tiers is left out: there is one tier.

use alloc::vec::Vec;

use mm_core::ids::{Category, ClientId, MarketIx};
use mm_core::units::{Amount, Lots, Side, Ticks, div_half_even};

use super::Exchange;
use super::account::{Booking, FeeCoin};
use super::place::new_row;
use crate::api::{Creator, EndReason, Event, FillReason, OrderRow, OrderStatus, PlaceOrder, Uid};

impl Exchange {
    /// The first account that no longer bears its positions.
    pub(super) fn in_liquidation(&self) -> Option<Uid> {
        let holds = |uid: &Uid| self.contracts().any(|(_, market)| self.position_size(*uid, market) != Lots::ZERO);
        self.account_order.iter().copied().filter(holds).find(|uid| self.is_bankrupt(*uid))
    }

    fn is_bankrupt(&self, uid: Uid) -> bool {
        let maintenance = self.maintenance_usd(uid);
        maintenance > Amount::ZERO && self.margin_balance(uid) <= maintenance
    }

    pub(super) fn maintenance_usd(&self, uid: Uid) -> Amount {
        let each = self
            .contracts()
            .filter(|(_, market)| self.position_size(uid, *market) != Lots::ZERO)
            .map(|(spec, market)| self.maintenance(uid, market).mul_round(self.usd_price(spec.settle)));
        each.fold(Amount::ZERO, |sum, part| sum + part)
    }

    /// Cancels its contract orders and takes positions over until it bears the rest.
    pub(super) fn liquidate(&mut self, uid: Uid) {
        let contracts: Vec<MarketIx> = self.contracts().map(|(_, market)| market).collect();
        contracts.iter().for_each(|market| self.pull_all(uid, *market, EndReason::Liquidation));
        self.book_happenings();
        while self.is_bankrupt(uid) {
            let held = contracts.iter().copied().filter(|market| self.position_size(uid, *market) != Lots::ZERO);
            let Some(market) = held.max_by_key(|market| self.maintenance(uid, *market)) else { return };
            let price = self.bankruptcy_price(uid, market);
            let size = self.position_size(uid, market).abs();
            if self.close_by_force(uid, market, (price, size), FillReason::Liquidated).is_none() {
                return;
            }
        }
    }

    /// Where closing the position, its fee paid, uses up its share of the margin balance; on the grid, towards the mark.
    fn bankruptcy_price(&self, uid: Uid, market: MarketIx) -> Ticks {
        let Some(spec) = self.instruments.get(market.index()) else { return Ticks(1) };
        let (mark, size) = (self.mark_price(market), self.position_size(uid, market));
        let (balance, all) = (self.margin_balance(uid), self.maintenance_usd(uid));
        let own = self.maintenance(uid, market).mul_round(self.usd_price(spec.settle));
        // Shares in parts of 1e-9: a ratio of two amounts need not be exact, only the same everywhere.
        let parts = own.0 / (all.0 / 1_000_000_000).max(1);
        let share = Amount(balance.0 / 1_000_000_000 * parts);
        let fee = mark.mul_round(spec.qty(size.abs())).mul_round(self.fee_rates(market).1);
        let per_unit = quotient(share - fee, spec.qty(size.abs()));
        if size.0 > 0 {
            Ticks(ticks_up(mark - per_unit, spec.tick_size).max(1))
        } else {
            Ticks(-ticks_up(-(mark + per_unit), spec.tick_size))
        }
    }

    /// Auto-deleveraging: closes up to `qty` of a position at the mark, without a fee, after its orders are cancelled. What it closed.
    pub fn deleverage(&mut self, now_ns: i64, uid: Uid, market: MarketIx, qty: Lots) -> Lots {
        self.advance(now_ns);
        let size = self.position_size(uid, market);
        let qty = qty.min(size.abs());
        let Some(spec) = self.instruments.get(market.index()).filter(|_| qty > Lots::ZERO) else { return Lots::ZERO };
        let price = Ticks(i64::try_from(div_half_even(self.mark_price(market).0, spec.tick_size.0)).unwrap_or(1).max(1));
        self.pull_all(uid, market, EndReason::Deleveraging);
        self.book_happenings();
        let closed = self.close_by_force(uid, market, (price, qty), FillReason::Deleveraged);
        self.process_outbox();
        closed.map_or(Lots::ZERO, |()| qty)
    }

    /// Cancels every order of an account in a market, wherever it is.
    pub(super) fn pull_all(&mut self, uid: Uid, market: MarketIx, reason: EndReason) {
        let keys: Vec<_> = self.orders.open(uid).filter(|row| row.market == market).map(|row| row.key).collect();
        keys.into_iter().for_each(|key| self.pull(key, reason));
    }

    fn close_by_force(&mut self, uid: Uid, market: MarketIx, (price, qty): (Ticks, Lots), reason: FillReason) -> Option<()> {
        let side = if self.position_size(uid, market).0 > 0 { Side::Sell } else { Side::Buy };
        let spec = self.instruments.get(market.index())?;
        let (value, at_ns) = (spec.notional(price, qty), self.now_ns);
        let fee_rate = if reason == FillReason::Liquidated { self.fee_rates(market).1 } else { Amount::ZERO };
        let seq = self.accounts.get(&uid)?.positions.get(market.index())?.seq;
        let fee = value.mul_round(fee_rate);
        let booking = Booking { market, side, price, qty, value, fee, fee_coin: FeeCoin::Settle, reason, at_ns, seq };
        let netted = self.accounts.get_mut(&uid)?.book(spec, &booking)?;
        self.revalued = true;
        let order = PlaceOrder { price, reduce_only: true, client_id: ClientId::EMPTY, ..PlaceOrder::market(market, side, qty) };
        let creator = if reason == FillReason::Liquidated { Creator::Takeover } else { Creator::Deleveraging };
        let row = OrderRow {
            creator,
            cum_qty: qty,
            cum_value: value,
            cum_fee: fee,
            status: OrderStatus::Filled,
            ..new_row(at_ns, uid, self.identities.next_order(Category::Linear), &order)
        };
        let execution = self.execution(&row, &booking, (fee_rate, false), netted)?;
        self.accounts.get_mut(&uid)?.remember(execution.clone());
        self.orders.insert_closed(row.clone());
        self.events.extend([Event::Execution(execution), Event::Order(row)]);
        self.touched.push(market);
        self.push_account(uid, market)
    }
}

/// a / b, b > 0, towards zero at 1e-18 where it fits.
fn quotient(a: Amount, b: Amount) -> Amount {
    let (whole, rest) = (a.0 / b.0, a.0 % b.0);
    let scaled = rest.checked_mul(Amount::ONE.0).map_or(rest / (b.0 / Amount::ONE.0).max(1), |scaled| scaled / b.0);
    Amount(whole * Amount::ONE.0 + scaled)
}

fn ticks_up(price: Amount, tick: Amount) -> i64 {
    i64::try_from(-((-price.0).div_euclid(tick.0))).unwrap_or(i64::MAX)
}
