//! A new order: what the exchange decides about it, what it refuses, and its way into the queue towards the book.

use mm_core::ids::{Category, ClientId, MarketIx, OrderId};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Side, Ticks};

use super::checks::Sized;
use super::rules::{BeyondLimit, MarketRules};
use super::{Action, Exchange, ack, checks};
use crate::api::{
    ApiError, Creator, EndReason, OrderAck, OrderKey, OrderRow, OrderStatus, OrderType, PlaceOrder, SelfMatch, Slippage, TimeInForce, Uid,
};
use crate::identity;

/// Where no price is known, a market sell stands here: far above any book. (A buy stands at one tick.)
const OUT_OF_REACH: Ticks = Ticks(1 << 40);

impl Exchange {
    /// Accepts an order into the queue towards the book. A price beyond its limit is clamped or refused, a reduce-only size is cut to what
    /// the position leaves, and split where it is larger than one order may be.
    ///
    /// # Errors
    /// 110074, 110063, 110066 (spot: 170210) while the market does not trade, 10001 unknown market, bad size or client id too long, 110003 price range, 30208 and 30209 price limit, 110094 value too small,
    /// 110017 nothing to reduce, 110072 client id used before, 110020 more than 500 active orders, 10003 unknown account. On spot
    /// 170135 and 170136 size, 170132 and 170133 price, 170193 and 170194 price limit, 170140 and 170124 value, 170141, 170810 instead, and
    /// 170131 if the free balance does not cover it; 110007 if the account cannot bear a contract's margin.
    pub fn place(&mut self, now_ns: i64, uid: Uid, order: PlaceOrder) -> Result<OrderAck, ApiError> {
        self.advance(now_ns);
        let order = self.checked(uid, order)?;
        let (spec, rules) = self.market(order.market)?;
        let most = max_qty(spec, rules, order.order_type);
        let first = self.accept(uid, &PlaceOrder { qty: order.qty.min(most), ..order }, ClientId::EMPTY);
        let mut rest = order.qty - order.qty.min(most);
        while order.reduce_only && rest > Lots::ZERO {
            let qty = rest.min(most);
            self.accept(uid, &PlaceOrder { qty, client_id: ClientId::EMPTY, ..order }, order.client_id);
            rest -= qty;
        }
        Ok(first)
    }

    /// Everything that is checked before the ack, and the order as the exchange would take it.
    pub(super) fn checked(&self, uid: Uid, order: PlaceOrder) -> Result<PlaceOrder, ApiError> {
        let (spec, rules) = self.market(order.market)?;
        let category = spec.id.category;
        if !self.accounts.contains_key(&uid) {
            return Err(checks::unknown_account());
        }
        checks::trades(category, rules.status)?;
        let order = self.admitted(uid, order)?;
        if order.client_id.as_str().len() > self.options.max_client_id_chars {
            return Err(checks::long_client_id(self.options.max_client_id_chars));
        }
        if self.orders.is_used(uid, order.client_id) {
            return Err(checks::duplicate_client_id(category));
        }
        if self.active(uid, order.market, category) >= checks::MAX_ACTIVE_ORDERS {
            return Err(checks::too_many_orders(category));
        }
        self.affords(uid, spec, &order)?;
        self.bears(uid, spec, &order)?;
        Ok(order)
    }

    /// What is asked for, with what the exchange decides: price, time in force, size of a reduction, self-match.
    fn admitted(&self, uid: Uid, order: PlaceOrder) -> Result<PlaceOrder, ApiError> {
        let (spec, rules) = self.market(order.market)?;
        let mut order = order;
        if order.self_match == SelfMatch::Allow {
            order.self_match = self.options.default_self_match;
        }
        order.reduce_only |= order.close_position;
        if order.reduce_only {
            let room = self.room_to_reduce(uid, order.market, order.side)?;
            order.qty = if order.close_position { room } else { order.qty.min(room) };
        }
        let whole_size = order.qty;
        order.qty = if order.reduce_only { order.qty.min(max_qty(spec, rules, order.order_type)) } else { order.qty };
        match order.order_type {
            OrderType::Limit => order.price = self.within_limits(order.market, order.side, order.price)?,
            OrderType::Market => {
                order.time_in_force = TimeInForce::Ioc;
                order.price = self.market_price(&order).unwrap_or(if order.side == Side::Buy { Ticks(1) } else { OUT_OF_REACH });
            }
        }
        if let Some(budget) = order.quote_qty {
            checks::budget(spec, rules, budget)?;
            // A bound: what the budget buys at the smallest price.
            order.qty = Lots(i64::try_from(budget.0 / spec.tick_lot.0).unwrap_or(i64::MAX));
            return Ok(order);
        }
        checks::limits(spec, rules, &self.sized(spec, &order, max_qty(spec, rules, order.order_type)))?;
        Ok(PlaceOrder { qty: whole_size, ..order })
    }

    /// The (price, size) that an amend comes to.
    pub(super) fn admitted_change(&self, row: &OrderRow, wanted: (Ticks, Lots)) -> Result<(Ticks, Lots), ApiError> {
        let (spec, rules) = self.market(row.market)?;
        let price = self.within_limits(row.market, row.side, wanted.0)?;
        let mut qty = wanted.1;
        if row.reduce_only {
            qty = qty.min(row.cum_qty + self.room_but(row.uid, row.market, row.side, Some(row.key))?);
        }
        let value = spec.notional(price, qty);
        checks::limits(spec, rules, &Sized { price, qty, max_qty: spec.max_qty, value, reduce_only: row.reduce_only })?;
        checks::more_than_filled(spec, row, qty)?;
        Ok((price, qty))
    }

    fn sized(&self, spec: &Instrument, order: &PlaceOrder, max_qty: Lots) -> Sized {
        let qty = order.qty;
        let (price, value) = match (order.order_type, self.last_price(order.market)) {
            (OrderType::Limit, _) => (order.price, spec.notional(order.price, qty)),
            // Before any price is known nobody can say what it is worth.
            (OrderType::Market, Amount::ZERO) => (spec.min_price, spec.min_notional),
            (OrderType::Market, last) => (spec.min_price, spec.qty(qty).mul_round(last)),
        };
        Sized { price, qty, max_qty, value, reduce_only: order.reduce_only }
    }

    /// The last trade's price, else the mark, else the mid; 0 before any is known.
    pub(super) fn last_price(&self, market: MarketIx) -> Amount {
        let known = self.prices.get(market.index()).map_or(Amount::ZERO, super::Prices::last);
        if known > Amount::ZERO { known } else { self.mid(market.index()).unwrap_or(Amount::ZERO) }
    }

    pub(super) fn market(&self, market: MarketIx) -> Result<(&Instrument, &MarketRules), ApiError> {
        self.instruments.get(market.index()).zip(self.rules.get(market.index())).ok_or_else(checks::unknown_market)
    }

    /// (highest buy, lowest sell) on the tick grid; `None` where prices are not limited.
    #[must_use]
    pub fn price_limits(&self, market: MarketIx) -> Option<(Ticks, Ticks)> {
        let (spec, rules) = self.market(market).ok()?;
        let (buy, sell) = self.prices.get(market.index())?.limits(spec.id.category, rules.price_ratios?)?;
        Some((floor(spec, buy), ceil(spec, sell)))
    }

    /// A limit price, clamped to its limit.
    fn within_limits(&self, market: MarketIx, side: Side, price: Ticks) -> Result<Ticks, ApiError> {
        let Some((buy, sell)) = self.price_limits(market) else { return Ok(price) };
        let (spec, _) = self.market(market)?;
        let limited = if side == Side::Buy { price.min(buy) } else { price.max(sell) };
        let action = match spec.id.category {
            Category::Linear => self.options.linear_beyond_limit,
            Category::Spot => self.options.spot_beyond_limit,
        };
        match action {
            _ if limited == price => Ok(price),
            BeyondLimit::Clamp => Ok(limited),
            BeyondLimit::Reject => Err(checks::beyond_limit(spec, side, limited)),
        }
    }

    /// Where a market order's reach ends: contracts count from the last price, spot ends at the price limit; a slippage may end it earlier.
    fn market_price(&self, order: &PlaceOrder) -> Option<Ticks> {
        let (spec, _) = self.market(order.market).ok()?;
        let last = self.last_price(order.market);
        let reach = Amount(i128::from(order.side.sign()) * last.mul_round(self.options.market_reach).0);
        let by_last = (last > Amount::ZERO).then(|| inward(spec, order.side, last + reach));
        let by_limit = self.price_limits(order.market).map(|(buy, sell)| if order.side == Side::Buy { buy } else { sell });
        let end = if spec.id.category == Category::Spot { by_limit.or(by_last) } else { by_last }?;
        let Some(slippage) = order.slippage else { return Some(end) };
        let (bid, ask) = self.liquidity.best(order.market);
        let Some(touch) = (if order.side == Side::Buy { ask } else { bid }) else { return Some(end) };
        let nearer = match slippage {
            Slippage::Ticks(ticks) => Ticks(touch.0 + order.side.sign() * ticks),
            Slippage::Fraction(share) => {
                let price = spec.price(touch);
                inward(spec, order.side, price + Amount(i128::from(order.side.sign()) * price.mul_round(share).0))
            }
        };
        Some(if order.side == Side::Buy { end.min(nearer) } else { end.max(nearer) })
    }

    fn accept(&mut self, uid: Uid, order: &PlaceOrder, parent_id: ClientId) -> OrderAck {
        let (now_ns, market) = (self.now_ns, order.market);
        let category = self.instruments.get(market.index()).map_or(Category::Linear, |spec| spec.id.category);
        let mut smp_group = 0;
        if let Some(account) = self.accounts.get_mut(&uid) {
            smp_group = account.smp_group;
            account.reduces |= order.reduce_only;
            if let Some(tally) = account.tallies.get_mut(market.index()) {
                tally.orders_placed += 1;
            }
        }
        let (key, order_id) = self.identities.next_order(category);
        let filled_in = identity::filled_in(&order_id).filter(|_| category == Category::Spot && order.client_id.is_empty());
        let client_id = filled_in.unwrap_or(order.client_id);
        let row = OrderRow { client_id, parent_id, smp_group, ..new_row(now_ns, uid, (key, order_id), order) };
        let answer = ack(&row);
        self.orders.insert(row);
        self.enqueue(Action::Submit(key));
        answer
    }

    /// Orders that count against the limit of a new one: the contract's own, or those of all spot markets.
    fn active(&self, uid: Uid, market: MarketIx, category: Category) -> usize {
        let markets = self.instruments.iter().zip(0_u16..).filter(|(spec, ix)| match category {
            Category::Linear => *ix == market.0,
            Category::Spot => spec.id.category == Category::Spot,
        });
        markets.map(|(_, ix)| self.orders.active(uid, MarketIx(ix))).sum()
    }
}

fn max_qty(spec: &Instrument, rules: &MarketRules, order_type: OrderType) -> Lots {
    rules.max_market_qty.filter(|_| order_type == OrderType::Market).unwrap_or(spec.max_qty)
}

fn floor(spec: &Instrument, price: Amount) -> Ticks {
    Ticks(i64::try_from(price.0.div_euclid(spec.tick_size.0)).unwrap_or(i64::MAX))
}

fn ceil(spec: &Instrument, price: Amount) -> Ticks {
    -floor(spec, -price)
}

/// The last tick that is not beyond `price`: down for a buy, up for a sell.
fn inward(spec: &Instrument, side: Side, price: Amount) -> Ticks {
    if side == Side::Buy { floor(spec, price) } else { ceil(spec, price) }
}

pub(super) fn new_row(now_ns: i64, uid: Uid, (key, order_id): (OrderKey, OrderId), order: &PlaceOrder) -> OrderRow {
    OrderRow {
        uid,
        key,
        order_id,
        client_id: order.client_id,
        parent_id: ClientId::EMPTY,
        market: order.market,
        side: order.side,
        price: order.price,
        qty: order.qty,
        quote_qty: order.quote_qty,
        cum_qty: Lots::ZERO,
        cum_value: Amount::ZERO,
        cum_fee: Amount::ZERO,
        cum_base_fee: Amount::ZERO,
        order_type: order.order_type,
        time_in_force: order.time_in_force,
        reduce_only: order.reduce_only,
        creator: Creator::User,
        self_match: order.self_match,
        smp_group: 0,
        status: OrderStatus::New,
        end_reason: EndReason::None,
        counter_id: OrderId::EMPTY,
        created_ns: now_ns,
        updated_ns: now_ns,
    }
}
