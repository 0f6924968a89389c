//! What liquidity says becomes order rows, executions, positions and coins.

use mm_core::ids::{Category, Coin, ExecId, MarketIx};
use mm_core::units::{Amount, Lots, Side, Ticks};

use super::Exchange;
use super::account::{Booking, FeeCoin};
use super::position::Netted;
use crate::api::{EndReason, Event, ExecutionRow, FillReason, OrderKey, OrderRow, OrderStatus, OrderType, TimeInForce, Uid};
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
            Happening::Cancelled { key } => self.cancelled(at_ns, key),
            Happening::Unfilled { key } => self.unfilled(at_ns, key),
            Happening::SelfMatched { key, counter } => self.self_matched(at_ns, key, counter),
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
        self.uneven.push((row.uid, row.market));
        if traded == Some(row.uid) {
            let post_only = row.time_in_force == TimeInForce::PostOnly;
            self.watches.get_mut(row.market.index())?.rest(row.side, row.price, key, post_only);
        }
        // After an immediate partial fill the stream has already said PartiallyFilled.
        if row.cum_qty == Lots::ZERO {
            row.updated_ns = at_ns;
            let (uid, market) = (row.uid, row.market);
            self.events.push(Event::Order(row.clone()));
            return self.push_tied_up(uid, market);
        }
        Some(())
    }

    fn amended(&mut self, at_ns: i64, key: OrderKey) -> Option<()> {
        let row = &mut self.orders.get_mut(key)?.row;
        row.updated_ns = at_ns;
        let (uid, market) = (row.uid, row.market);
        self.uneven.push((uid, market));
        self.events.push(Event::Order(row.clone()));
        self.push_tied_up(uid, market)
    }

    fn cancelled(&mut self, at_ns: i64, key: OrderKey) -> Option<()> {
        let reason = self.orders.get(key)?.pulled;
        self.end(at_ns, key, reason)
    }

    /// Why the rest of an immediate order did not trade. What an amount cannot buy is no reason of the market's.
    fn unfilled(&mut self, at_ns: i64, key: OrderKey) -> Option<()> {
        let row = &self.orders.get(key)?.row;
        let spec = self.instruments.get(row.market.index())?;
        let (bid, ask) = self.liquidity.best(row.market);
        let beyond = match row.side {
            Side::Buy => ask.is_some_and(|ask| ask > row.price),
            Side::Sell => bid.is_some_and(|bid| bid < row.price),
        };
        let reason = match (row.order_type, spec.id.category) {
            (OrderType::Market, Category::Spot) if beyond => EndReason::PriceLimit,
            (OrderType::Market, _) if row.quote_qty.is_some() && row.cum_qty > Lots::ZERO => EndReason::NotFull,
            _ if row.time_in_force == TimeInForce::Fok => EndReason::NotWhole,
            _ => EndReason::NotImmediate,
        };
        self.end(at_ns, key, reason)
    }

    fn self_matched(&mut self, at_ns: i64, key: OrderKey, counter: OrderKey) -> Option<()> {
        let row = &mut self.orders.get_mut(key)?.row;
        row.counter_id = self.identities.order_id(self.instruments.get(row.market.index())?.id.category, counter);
        self.end(at_ns, key, EndReason::SelfMatch)
    }

    pub(super) fn end(&mut self, at_ns: i64, key: OrderKey, reason: EndReason) -> Option<()> {
        let row = &mut self.orders.get_mut(key)?.row;
        let status = match (self.instruments.get(row.market.index())?.id.category, reason) {
            (Category::Spot, EndReason::PostOnlyWouldTake) if self.options.spot_post_only_rejects => OrderStatus::Rejected,
            (_, EndReason::NotFull) if row.quote_qty == Some(row.cum_value) => OrderStatus::Filled,
            _ => OrderStatus::Cancelled,
        };
        let reason = if status == OrderStatus::Filled { EndReason::None } else { reason };
        (row.status, row.end_reason, row.updated_ns) = (status, reason, at_ns);
        self.events.push(Event::Order(row.clone()));
        let (uid, market) = (row.uid, row.market);
        if reason == EndReason::PostOnlyWouldTake {
            self.accounts.get_mut(&uid)?.tallies.get_mut(market.index())?.post_only_rejects += 1;
        }
        self.close(key)?;
        self.push_tied_up(uid, market)
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
        if fill.qty <= Lots::ZERO || fill.qty > row.qty - row.cum_qty {
            return None;
        }
        let (uid, market) = (row.uid, row.market);
        let spec = self.instruments.get(market.index())?;
        let (maker, taker) = self.fees.get(market.index()).copied().unwrap_or_default();
        let fee_rate = if fill.is_maker { maker } else { taker };
        let value = spec.notional(fill.price, fill.qty);
        let fee_coin = FeeCoin::of(spec.id.category, row.side, fill.is_maker, maker);
        let fee = match fee_coin {
            FeeCoin::Settle => value.mul_round(fee_rate),
            FeeCoin::Base => spec.qty(fill.qty).mul_round(fee_rate),
        };
        let Fill { price, qty, reason, seq, .. } = fill;
        let account = self.accounts.get_mut(&uid)?;
        let booking = Booking { market, side: row.side, price, qty, value, fee, fee_coin, reason, at_ns, seq };
        let netted = account.book(spec, &booking)?;
        self.revalued = true;
        row.cum_qty += qty;
        row.cum_value += value;
        match fee_coin {
            FeeCoin::Settle => row.cum_fee += fee,
            FeeCoin::Base => row.cum_base_fee += fee,
        }
        row.updated_ns = at_ns;
        row.status = if row.cum_qty == row.qty { OrderStatus::Filled } else { OrderStatus::PartiallyFilled };
        let row = row.clone();
        let ended = row.status == OrderStatus::Filled;
        let execution = self.execution(&row, &booking, (fee_rate, fill.is_maker), netted)?;
        self.accounts.get_mut(&uid)?.remember(execution.clone());
        self.events.extend([Event::Execution(execution), Event::Order(row)]);
        self.touched.push(market);
        self.uneven.push((uid, market));
        if ended {
            self.close(key)?;
        }
        self.push_account(uid, market)
    }

    /// The execution of a fill that has been booked.
    pub(super) fn execution(
        &mut self,
        row: &OrderRow,
        booking: &Booking,
        (fee_rate, is_maker): (Amount, bool),
        netted: Netted,
    ) -> Option<ExecutionRow> {
        let spec = self.instruments.get(row.market.index())?;
        Some(ExecutionRow {
            exec_id: self.identities.next_execution(spec.id.category),
            fee_rate,
            fee_coin: booking.fee_coin.coin(spec),
            is_maker,
            closed_qty: netted.closed,
            pnl: netted.pnl,
            open_fee: netted.open_fee,
            close_fee: netted.close_fee,
            ..execution_of(row, booking)
        })
    }

    /// What an order that rests, changes or ends ties up, or no longer does: pushed like a change.
    fn push_tied_up(&mut self, uid: Uid, market: MarketIx) -> Option<()> {
        if self.options.orders_push_holdings { self.push_account(uid, market) } else { Some(()) }
    }

    /// What a fill changed: a contract its position and settle coin, a spot market its two coins.
    pub(super) fn push_account(&mut self, uid: Uid, market: MarketIx) -> Option<()> {
        let spec = self.instruments.get(market.index())?;
        let (contract, settle, base) = (spec.id.category == Category::Linear, spec.settle, spec.base);
        let held = self.accounts.get(&uid)?.wallet.keys().copied();
        let coins = held.filter(|coin| *coin == settle || !contract && *coin == base).collect();
        if contract {
            self.events.push(Event::Position(self.position(uid, market)));
        }
        self.events.push(Event::Wallet { uid, coins });
        Some(())
    }
}

/// What an execution repeats of its order and of the fill.
fn execution_of(row: &OrderRow, fill: &Booking) -> ExecutionRow {
    ExecutionRow {
        uid: row.uid,
        exec_id: ExecId::EMPTY,
        order_id: row.order_id,
        client_id: row.client_id,
        market: row.market,
        side: row.side,
        order_type: row.order_type,
        order_price: row.price,
        order_qty: row.qty,
        order_quote_qty: row.quote_qty,
        leaves_qty: if row.quote_qty.is_some() { Lots::ZERO } else { row.qty - row.cum_qty },
        price: fill.price,
        mark: None,
        qty: fill.qty,
        value: fill.value,
        fee: fill.fee,
        fee_rate: Amount::ZERO,
        fee_coin: Coin::EMPTY,
        is_maker: true,
        closed_qty: Lots::ZERO,
        pnl: Amount::ZERO,
        open_fee: Amount::ZERO,
        close_fee: Amount::ZERO,
        reason: fill.reason,
        exec_ns: fill.at_ns,
        seq: fill.seq,
    }
}
