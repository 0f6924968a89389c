//! Margin of linear contracts in cross mode: what positions and open orders tie up, and whether an account can bear one more.
//!
//! With L the leverage, f = max(taker rate, 0.055 %) and ± = − for a long, + for a short:
//! `positionIM = size·mark/L + cost·(1 ± 1/L)·f`, `positionMM = size·mark·MMR + cost·(1 ± 1/L)·f`,
//! `orderIM = value/L + value·f + value·(1 ± 1/L)·f`. The last terms are the fee to close at the bankruptcy price. Orders that only reduce
//! need nothing; of buys and sells in one contract the larger side counts. Source: the venue's pages on the unified account's margins,
//! formulas checked there against published frames. Every coin counts in full as collateral, at its mark in dollars.

use alloc::vec::Vec;

use mm_core::ids::{Category, Coin, MarketIx};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Side, Ticks, div_half_even};

use super::orders::Live;
use super::{Exchange, checks};
use crate::api::{ApiError, OrderKey, OrderType, PlaceOrder, Uid};

/// What an account's contracts tie up, in the coin that they settle in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margin {
    pub position_initial: Amount,
    pub position_maintenance: Amount,
    pub orders_initial: Amount,
}

impl Margin {
    #[must_use]
    pub fn initial(&self) -> Amount {
        self.position_initial + self.orders_initial
    }

    fn add(&mut self, other: Margin) {
        self.position_initial += other.position_initial;
        self.position_maintenance += other.position_maintenance;
        self.orders_initial += other.orders_initial;
    }
}

/// An order that is not there yet: side, price, open size.
type Extra = (Side, Ticks, Lots);

impl Exchange {
    /// What the contracts that settle in `coin` tie up.
    #[must_use]
    pub fn margin(&self, uid: Uid, coin: Coin) -> Margin {
        let mut sum = Margin::default();
        self.contracts().filter(|(spec, _)| spec.settle == coin).for_each(|(_, market)| sum.add(self.contract_margin(uid, market)));
        sum
    }

    /// What one contract ties up.
    #[must_use]
    pub fn contract_margin(&self, uid: Uid, market: MarketIx) -> Margin {
        Margin { orders_initial: self.orders_margin(uid, market, None, None), ..self.held_margin(uid, market) }
    }

    /// Dollars that the account's coins and open positions are worth.
    #[must_use]
    pub fn margin_balance(&self, uid: Uid) -> Amount {
        let Some(account) = self.accounts.get(&uid) else { return Amount::ZERO };
        let coins = account.wallet.iter().map(|(coin, wallet)| (*wallet + self.unrealised(uid, *coin)).mul_round(self.usd_price(*coin)));
        coins.fold(Amount::ZERO, |sum, part| sum + part)
    }

    /// Of the contracts that settle in `coin`.
    pub(super) fn unrealised(&self, uid: Uid, coin: Coin) -> Amount {
        let Some(account) = self.accounts.get(&uid) else { return Amount::ZERO };
        let settled = self.contracts().filter(|(spec, _)| spec.settle == coin);
        let each = settled.filter_map(|(spec, market)| {
            Some(account.positions.get(market.index())?.unrealised(spec, self.prices.get(market.index())?.mark))
        });
        each.fold(Amount::ZERO, |sum, part| sum + part)
    }

    /// Dollars per coin: dollar coins count as dollars, others at the mark of the spot market, else of the contract, that trades them
    /// against one; 0 where nothing tells it.
    #[must_use]
    pub fn usd_price(&self, coin: Coin) -> Amount {
        if is_dollar(coin) {
            return Amount::ONE;
        }
        let priced = |category| {
            let mut rows = self.instruments.iter().zip((0_u16..).map(MarketIx));
            rows.find(|(spec, _)| spec.id.category == category && spec.base == coin && is_dollar(spec.quote))
        };
        let found = priced(Category::Spot).or_else(|| priced(Category::Linear));
        found.map_or(Amount::ZERO, |(_, market)| self.mark_price(market))
    }

    /// Dollars that nothing ties up: margin balance − initial margins − what spot orders lock.
    #[must_use]
    pub fn available(&self, uid: Uid) -> Amount {
        self.margin_balance(uid) - self.tied_up_usd(uid)
    }

    /// Initial margins of all contracts, in dollars.
    fn margin_usd(&self, uid: Uid) -> Amount {
        let each =
            self.contracts().map(|(spec, market)| self.contract_margin(uid, market).initial().mul_round(self.usd_price(spec.settle)));
        each.fold(Amount::ZERO, |sum, part| sum + part)
    }

    /// Whether any contract ties up something.
    pub(super) fn needs_margin(&self, uid: Uid) -> bool {
        let ties = |(spec, market): (&Instrument, MarketIx)| {
            self.contract_margin(uid, market).initial().mul_round(self.usd_price(spec.settle)) != Amount::ZERO
        };
        self.contracts().any(ties)
    }

    fn tied_up_usd(&self, uid: Uid) -> Amount {
        let Some(account) = self.accounts.get(&uid) else { return Amount::ZERO };
        let coins = account.wallet.keys().map(|coin| (self.margin(uid, *coin).initial() + self.locked(uid, *coin), self.usd_price(*coin)));
        coins.map(|(much, price)| much.mul_round(price)).fold(Amount::ZERO, |sum, part| sum + part)
    }

    /// Whether the account can bear a new order of a contract.
    ///
    /// # Errors
    /// 110007.
    pub(super) fn bears(&self, uid: Uid, spec: &Instrument, order: &PlaceOrder) -> Result<(), ApiError> {
        if order.reduce_only { Ok(()) } else { self.bears_change(uid, spec, order.market, self.extra(spec, order), None) }
    }

    fn extra(&self, spec: &Instrument, order: &PlaceOrder) -> Extra {
        // A market sell's own price is the worst that it may get: what it is worth now says more of what it needs.
        let worth = |price: Amount| Ticks(i64::try_from(price.0 / spec.tick_size.0).unwrap_or(i64::MAX));
        let price = match (order.order_type, order.side) {
            (OrderType::Market, Side::Sell) => worth(self.last_price(order.market)),
            _ => order.price,
        };
        (order.side, price, order.qty)
    }

    /// `order/pre-check`: the account's initial and maintenance margin rates in 1e-4 as they are, and with this order; nothing happens.
    ///
    /// # Errors
    /// Those of [`Exchange::place`].
    pub fn pre_check(&mut self, now_ns: i64, uid: Uid, order: PlaceOrder) -> Result<[i64; 4], ApiError> {
        self.advance(now_ns);
        let order = self.checked(uid, order)?;
        let (spec, _) = self.market(order.market)?;
        let (initial, maintenance, balance) = (self.margin_usd(uid), self.maintenance_usd(uid), self.margin_balance(uid));
        let more = if order.reduce_only || spec.id.category != Category::Linear {
            Amount::ZERO
        } else {
            let margin = |extra| self.orders_margin(uid, order.market, extra, None);
            (margin(Some(self.extra(spec, &order))) - margin(None)).mul_round(self.usd_price(spec.settle))
        };
        let rate = |margin: Amount| i64::try_from(div_half_even(margin.0 * 10_000, balance.0.max(1))).unwrap_or(i64::MAX);
        Ok([rate(initial), rate(maintenance), rate(initial + more), rate(maintenance)])
    }

    /// The same for an order that changes: its own margin is given back.
    pub(super) fn bears_change(
        &self,
        uid: Uid,
        spec: &Instrument,
        market: MarketIx,
        extra: Extra,
        but: Option<OrderKey>,
    ) -> Result<(), ApiError> {
        if spec.id.category != Category::Linear || !self.options.margin_checks {
            return Ok(());
        }
        let more = self.orders_margin(uid, market, Some(extra), but) - self.orders_margin(uid, market, None, None);
        // What needs no more than before is never refused: it may be what leads out of trouble.
        let dear = more > Amount::ZERO && self.available(uid) < more.mul_round(self.usd_price(spec.settle));
        if dear { Err(checks::insufficient_margin()) } else { Ok(()) }
    }

    /// The contracts and their numbers.
    pub(super) fn contracts(&self) -> impl Iterator<Item = (&Instrument, MarketIx)> {
        let rows = self.instruments.iter().zip((0_u16..).map(MarketIx));
        rows.filter(|(spec, _)| spec.id.category == Category::Linear)
    }

    /// What the open orders of one contract tie up, with `extra` and `but` one of them.
    fn orders_margin(&self, uid: Uid, market: MarketIx, extra: Option<Extra>, but: Option<OrderKey>) -> Amount {
        let values = self.opening_values(uid, market, extra, but);
        if values == [Amount::ZERO; 2] {
            return Amount::ZERO;
        }
        let Some(rates) = self.margin_rates(uid, market) else { return Amount::ZERO };
        let [one, other] = Side::BOTH.map(|side| values[side.index()].mul_round(rates.of_order(side)));
        if self.options.larger_side_counts { one.max(other) } else { one + other }
    }

    /// Value of each side's open orders beyond what would only close the position, in the order in which the book would fill them.
    fn opening_values(&self, uid: Uid, market: MarketIx, extra: Option<Extra>, but: Option<OrderKey>) -> [Amount; 2] {
        let mut values = [Amount::ZERO; 2];
        let Ok((spec, _)) = self.market(market) else { return values };
        let counts = |live: &&Live| {
            let row = &live.row;
            row.market == market && !row.reduce_only && but != Some(row.key)
        };
        let open = self.orders.lives(uid).filter(counts).map(|live| (live.row.side, live.ceiling.0, live.ceiling.1 - live.row.cum_qty));
        let size = self.position_size(uid, market);
        // Of the side that closes the position: which of its orders are left over is told by their order.
        let mut closing: Vec<(Ticks, Lots)> = Vec::new();
        for (side, price, qty) in open.chain(extra) {
            if size.0.signum() == -side.sign() {
                closing.push((price, qty));
            } else {
                values[side.index()] += spec.notional(price, qty);
            }
        }
        if !closing.is_empty() {
            let side = if size.0 > 0 { Side::Sell } else { Side::Buy };
            closing.sort_unstable_by_key(|order| -side.sign() * order.0.0);
            values[side.index()] = opened(spec, &closing, size.abs());
        }
        values
    }

    pub(super) fn position_size(&self, uid: Uid, market: MarketIx) -> Lots {
        self.accounts.get(&uid).and_then(|account| account.positions.get(market.index())).map_or(Lots::ZERO, |held| held.size)
    }
}

/// The value of what these orders would fill beyond the first `closes`.
fn opened(spec: &Instrument, orders: &[(Ticks, Lots)], mut closes: Lots) -> Amount {
    let mut value = Amount::ZERO;
    for (price, open) in orders {
        let closing = (*open).min(closes);
        closes -= closing;
        value += spec.notional(*price, *open - closing);
    }
    value
}

fn is_dollar(coin: Coin) -> bool {
    matches!(coin.as_str(), "USDT" | "USDC" | "USD")
}
