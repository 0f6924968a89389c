//! What liquidity says becomes order rows, executions, positions and coins.

use mm_core::ids::MarketIx;
use mm_core::units::{Lots, Ticks};

use super::Exchange;
use super::account::Booking;
use crate::api::{EndReason, Event, ExecutionRow, FillReason, OrderKey, OrderStatus, TimeInForce, Uid};
use crate::liquidity::Happening;

/// A fill as liquidity tells it.
#[derive(Clone, Copy)]
struct Fill {
    price: Ticks,
    qty: Lots,
    is_maker: bool,
    reason: FillReason,
    seq: u64,
}

impl Exchange {
    /// Applies one happening; what no open order explains is refused and counted.
    pub(super) fn apply(&mut self, at_ns: i64, happening: Happening) {
        let applied = match happening {
            Happening::Rested { key } => self.rested(at_ns, key),
            Happening::WouldTake { key } => self.end(at_ns, key, EndReason::PostOnlyWouldTake),
            Happening::Cancelled { key } => self.end(at_ns, key, EndReason::User),
            Happening::Amended { key } => self.amended(at_ns, key),
            Happening::Filled { key, price, qty, is_maker, reason, seq } => {
                self.filled(at_ns, key, Fill { price, qty, is_maker, reason, seq })
            }
        };
        self.refused_happenings += u64::from(applied.is_none());
    }

    fn rested(&mut self, at_ns: i64, key: OrderKey) -> Option<()> {
        let traded = self.traded();
        let live = self.orders.get_mut(key)?;
        live.rested = true;
        let row = &mut live.row;
        self.touched.push(row.market);
        if traded == Some(row.uid) {
            let post_only = row.time_in_force == TimeInForce::PostOnly;
            self.watches.get_mut(row.market.index())?.rest(row.side, row.price, key, post_only);
        }
        // After an immediate partial fill the stream has already said PartiallyFilled.
        if row.cum_qty == Lots::ZERO {
            row.updated_ns = at_ns;
            self.events.push(Event::Order(row.clone()));
        }
        Some(())
    }

    fn amended(&mut self, at_ns: i64, key: OrderKey) -> Option<()> {
        let row = &mut self.orders.get_mut(key)?.row;
        row.updated_ns = at_ns;
        self.events.push(Event::Order(row.clone()));
        Some(())
    }

    fn end(&mut self, at_ns: i64, key: OrderKey, reason: EndReason) -> Option<()> {
        let row = &mut self.orders.get_mut(key)?.row;
        (row.status, row.end_reason, row.updated_ns) = (OrderStatus::Cancelled, reason, at_ns);
        self.events.push(Event::Order(row.clone()));
        let (uid, market) = (row.uid, row.market);
        if reason == EndReason::PostOnlyWouldTake {
            self.accounts.get_mut(&uid)?.tallies.get_mut(market.index())?.post_only_rejects += 1;
        }
        self.close(key)
    }

    /// Takes an ended order out of the open ones and out of the watched quotes.
    fn close(&mut self, key: OrderKey) -> Option<()> {
        let live = self.orders.close(key)?;
        self.touched.push(live.row.market);
        if live.rested && self.traded() == Some(live.row.uid) {
            self.watches.get_mut(live.row.market.index())?.leave(live.row.side, live.row.price, key);
        }
        Some(())
    }

    fn filled(&mut self, at_ns: i64, key: OrderKey, fill: Fill) -> Option<()> {
        let row = &mut self.orders.get_mut(key)?.row;
        let leaves = row.qty - row.cum_qty;
        if fill.qty <= Lots::ZERO || fill.qty > leaves {
            return None;
        }
        let spec = self.instruments.get(row.market.index())?;
        let (maker, taker) = self.fees.get(row.market.index()).copied().unwrap_or_default();
        let fee_rate = if fill.is_maker { maker } else { taker };
        let value = spec.notional(fill.price, fill.qty);
        let fee = value.mul_round(fee_rate);
        let booking = Booking {
            market: row.market,
            side: row.side,
            price: fill.price,
            qty: fill.qty,
            value,
            fee,
            reason: fill.reason,
            at_ns,
            seq: fill.seq,
        };
        let account = self.accounts.get_mut(&row.uid)?;
        let netted = account.book(spec, &booking)?;
        row.cum_qty += fill.qty;
        row.cum_value += value;
        row.cum_fee += fee;
        row.updated_ns = at_ns;
        row.status = if row.cum_qty == row.qty { OrderStatus::Filled } else { OrderStatus::PartiallyFilled };
        let execution = ExecutionRow {
            uid: row.uid,
            exec_id: self.identities.next_execution(),
            order_id: row.order_id,
            client_id: row.client_id,
            market: row.market,
            side: row.side,
            order_price: row.price,
            order_qty: row.qty,
            leaves_qty: row.qty - row.cum_qty,
            price: fill.price,
            qty: fill.qty,
            value,
            fee,
            fee_rate,
            fee_coin: spec.settle,
            is_maker: fill.is_maker,
            closed_qty: netted.closed,
            reason: fill.reason,
            exec_ns: at_ns,
            seq: fill.seq,
        };
        account.remember(execution.clone());
        self.events.push(Event::Execution(execution));
        self.events.push(Event::Order(row.clone()));
        let (uid, market, ended) = (row.uid, row.market, row.status == OrderStatus::Filled);
        if ended {
            self.close(key);
        }
        self.touched.push(market);
        self.push_account(uid, market)
    }

    /// The position and the settle coin after a fill.
    fn push_account(&mut self, uid: Uid, market: MarketIx) -> Option<()> {
        let settle = self.instruments.get(market.index())?.settle;
        let position = self.position(uid, market);
        let coin = self.wallet(uid).into_iter().find(|row| row.coin == settle)?;
        self.events.push(Event::Position(position));
        self.events.push(Event::Wallet(coin));
        Some(())
    }
}
