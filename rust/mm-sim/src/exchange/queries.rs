//! What can be asked: instruments, fees, orders, executions, position, wallet.

use alloc::vec::Vec;

use mm_core::ids::{Category, Coin, MarketIx};
use mm_core::instrument::Instrument;
use mm_core::units::Amount;

use super::Exchange;
use super::rates::MarginRates;
use crate::api::{CoinRow, ExecutionRow, OrderRef, OrderRow, PositionRow, Uid};
use crate::liquidity::Liquidity;

impl Exchange {
    /// The traded instruments; the row number is the [`MarketIx`].
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// (maker, taker) as fractions; a maker rebate is negative.
    #[must_use]
    pub fn fee_rates(&self, market: MarketIx) -> (Amount, Amount) {
        self.fees.get(market.index()).copied().unwrap_or_default()
    }

    /// The options that this exchange was set up with.
    #[must_use]
    pub fn options(&self) -> &super::rules::Options {
        &self.options
    }

    /// What becomes of a price beyond its limit from now on.
    pub fn set_beyond_limit(&mut self, category: Category, action: super::BeyondLimit) {
        match category {
            Category::Linear => self.options.linear_beyond_limit = action,
            Category::Spot => self.options.spot_beyond_limit = action,
        }
    }

    /// The self-match group of an account; 0 for none.
    #[must_use]
    pub fn smp_group(&self, uid: Uid) -> u32 {
        self.accounts.get(&uid).map_or(0, |account| account.smp_group)
    }

    /// Fills from now on carry these rates.
    pub fn set_fee(&mut self, market: MarketIx, maker: Amount, taker: Amount) {
        if market.index() >= self.instruments.len() {
            return;
        }
        if self.fees.len() <= market.index() {
            self.fees.resize(self.instruments.len(), (Amount::ZERO, Amount::ZERO));
        }
        self.fees[market.index()] = (maker, taker);
        for rates in self.accounts.values_mut().filter_map(|account| account.rates.get_mut(market.index())) {
            *rates = MarginRates::new(rates.leverage, taker);
        }
        self.revalued = true;
    }

    /// The accounts in configured order.
    #[must_use]
    pub fn accounts(&self) -> &[Uid] {
        &self.account_order
    }

    /// Accepted orders that have not ended (requests under way to the book included), newest first.
    pub fn open_orders(&self, uid: Uid) -> impl Iterator<Item = &OrderRow> {
        self.orders.open(uid)
    }

    /// The last [`super::orders::MAX_CLOSED_ORDERS`] ended orders, the last ended first.
    pub fn closed_orders(&self, uid: Uid) -> impl Iterator<Item = &OrderRow> {
        self.orders.closed(uid)
    }

    /// An open or recently closed order of the account.
    #[must_use]
    pub fn find_order(&self, uid: Uid, order: &OrderRef) -> Option<&OrderRow> {
        let named = |row: &&OrderRow| match order {
            OrderRef::Venue(id) => row.order_id == *id,
            OrderRef::Client(id) => !id.is_empty() && row.client_id == *id,
        };
        let live = self.orders.resolve(uid, order).map(|live| &live.row);
        live.or_else(|| self.orders.closed(uid).find(named))
    }

    /// The last [`super::account::MAX_EXECUTIONS`] executions, newest first.
    pub fn executions(&self, uid: Uid) -> impl Iterator<Item = &ExecutionRow> {
        self.accounts.get(&uid).into_iter().flat_map(|account| &account.executions)
    }

    /// Grows whenever an open order (of anybody) or an execution of the account may have changed, come or gone: while it stands, what
    /// [`Exchange::open_orders`] and [`Exchange::executions`] tell of the account is what they told before.
    #[must_use]
    pub fn changes(&self, uid: Uid) -> u64 {
        self.orders.changes() + self.accounts.get(&uid).map_or(0, |account| account.executed)
    }

    /// The position, flat if never traded. `realised` is after fees.
    #[must_use]
    pub fn position(&self, uid: Uid, market: MarketIx) -> PositionRow {
        let account = self.accounts.get(&uid);
        let held = account.and_then(|account| account.positions.get(market.index())).copied().unwrap_or_default();
        PositionRow {
            uid,
            market,
            size: held.size,
            cost: held.cost,
            realised: held.realised,
            leverage: self.leverage(uid, market),
            mark_price: self.mark_price(market),
            updated_ns: held.updated_ns,
            seq: held.seq,
        }
    }

    /// Every coin of the account, by name. Wallet = deposits + realised PnL + coins bought − coins sold − fees.
    #[must_use]
    pub fn wallet(&self, uid: Uid) -> Vec<CoinRow> {
        let coins = self.accounts.get(&uid).into_iter().flat_map(|account| &account.wallet);
        let row = |(&coin, &wallet): (&Coin, &Amount)| {
            let margin = self.margin(uid, coin);
            CoinRow {
                uid,
                coin,
                wallet,
                locked: self.locked(uid, coin),
                unrealised: self.unrealised(uid, coin),
                orders_initial_margin: margin.orders_initial,
                positions_initial_margin: margin.position_initial,
                positions_maintenance_margin: margin.position_maintenance,
            }
        };
        coins.map(row).collect()
    }

    /// (wallet, unrealised PnL) of one coin; `None` if the account never held it.
    #[must_use]
    pub fn balance(&self, uid: Uid, coin: Coin) -> Option<(Amount, Amount)> {
        let wallet = *self.accounts.get(&uid)?.wallet.get(&coin)?;
        Some((wallet, self.unrealised(uid, coin)))
    }

    /// The recording's mark price once it told one, else the last mid of the published book; 0 before either.
    #[must_use]
    pub fn mark_price(&self, market: MarketIx) -> Amount {
        self.prices.get(market.index()).map_or(Amount::ZERO, |prices| prices.mark)
    }

    /// The source of books and fills, for the publisher of public topics.
    #[must_use]
    pub fn liquidity(&self) -> &dyn Liquidity {
        self.liquidity.as_ref()
    }

    /// The account whose quotes the record judges: the first one.
    pub(super) fn traded(&self) -> Option<Uid> {
        self.account_order.first().copied()
    }

    /// Mid of the published book, exact; `None` while it is not two-sided.
    pub(super) fn mid(&self, at: usize) -> Option<Amount> {
        let (bid, ask) = self.liquidity.best(MarketIx(u16::try_from(at).ok()?));
        let spec = self.instruments.get(at)?;
        Some(Amount((spec.price(bid?).0 + spec.price(ask?).0) / 2))
    }
}
