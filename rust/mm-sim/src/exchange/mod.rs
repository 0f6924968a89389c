//! The exchange: accounts, order life cycle, fees, positions, wallet and its own record, over one [`Liquidity`].
//!
//! Linear contracts (one-way mode, no margin check) and spot (no borrowing) side by side in one unified account; limit orders GTC and `PostOnly`, amend, cancel, cancel-all.
//! An ack only says that the request passed the checks of [`checks`]; it reaches the book `order_latency_ns` later, and what
//! happened there comes as events. Where two things fall on one instant, liquidity goes first, then requests, then takers.
//! Time never runs back: an earlier `now_ns` counts as the latest one seen.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Ticks};

pub mod account;
mod arrive;
mod changes;
pub mod checks;
mod clock;
mod config;
mod funding;
mod held;
mod liquidation;
mod locks;
mod margin;
mod modes;
pub mod orders;
mod place;
mod position;
mod prices;
mod queries;
mod rates;
mod record;
mod reduce;
pub mod rules;
mod settle;
mod strangers;
mod transfers;
pub mod watch;

pub use config::{AccountConfig, ExchangeConfig};
pub use margin::Margin;
pub use record::{AccountRecord, MarketRecord, Record};
pub use rules::{BeyondLimit, MarketRules, MarketStatus, Options, PriceRatios};
pub use transfers::Transfer;

use crate::api::{AmendOrder, ApiError, Event, OrderAck, OrderKey, OrderRef, OrderRow, Uid};
use crate::identity::Identities;
use crate::liquidity::{Liquidity, Outbox};
use crate::takers::Takers;
use account::Account;
use clock::Step;
use orders::Orders;
use prices::Prices;
use rates::MarginRates;
use watch::QuoteWatch;

/// A request on its way to the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Submit(OrderKey),
    Amend { key: OrderKey, price: Ticks, qty: Lots },
    Cancel(OrderKey),
}

/// One exchange. Not a clock of its own: the host calls [`Exchange::advance`] and drains the events after every call.
pub struct Exchange {
    instruments: Vec<Instrument>,
    fees: Vec<(Amount, Amount)>,
    order_latency_ns: i64,
    two_sided_bps: Vec<f64>,
    liquidity: Box<dyn Liquidity>,
    takers: Option<Takers>,
    orders: Orders,
    accounts: BTreeMap<Uid, Account>,
    account_order: Vec<Uid>,
    watches: Vec<QuoteWatch>,
    prices: Vec<Prices>,
    /// Per market (when, rate), newest first.
    settled: Vec<VecDeque<(i64, Amount)>>,
    rules: Vec<MarketRules>,
    options: Options,
    /// In order of arrival: the latency is fixed and time never runs back.
    actions: VecDeque<(i64, Action)>,
    outbox: Outbox,
    touched: Vec<MarketIx>,
    /// Where reduce-only orders may have come to be too large.
    uneven: Vec<(Uid, MarketIx)>,
    events: Vec<Event>,
    /// Marks, positions, coins or terms may have changed since it was last seen that every account bears its positions.
    revalued: bool,
    identities: Identities,
    /// Who acts next, and when: asked for far more often than it changes.
    next: Option<(i64, Step)>,
    now_ns: i64,
    started_ns: Option<i64>,
    refused_happenings: u64,
}

impl Exchange {
    /// An exchange whose clocks stand still until [`Exchange::start`].
    #[must_use]
    pub fn new(config: ExchangeConfig, liquidity: Box<dyn Liquidity>, takers: Option<Takers>) -> Self {
        let markets = config.instruments.len();
        let given = config.rules.iter().copied().map(Some).chain(core::iter::repeat(None));
        let rules = config.instruments.iter().zip(given).map(|(spec, rules)| rules.unwrap_or_else(|| MarketRules::of(spec.id.category)));
        let rules = rules.collect();
        let taker_fee = |at| config.fees.get(at).map_or(Amount::ZERO, |fees: &(Amount, Amount)| fees.1);
        let rates: Vec<MarginRates> = (0..markets).map(|at| MarginRates::new(config.leverage, taker_fee(at))).collect();
        let account = |row: &AccountConfig| (row.uid, Account::new(&row.deposits, row.smp_group, rates.clone()));
        let mut exchange = Self {
            accounts: config.accounts.iter().map(account).collect(),
            account_order: config.accounts.iter().map(|row| row.uid).collect(),
            instruments: config.instruments,
            fees: config.fees,
            order_latency_ns: config.order_latency_ns.max(0),
            two_sided_bps: config.two_sided_bps,
            liquidity,
            takers,
            orders: Orders::new(config.options.client_ids_come_free),
            watches: alloc::vec![QuoteWatch::default(); markets],
            prices: alloc::vec![Prices::default(); markets],
            settled: alloc::vec![VecDeque::new(); markets],
            rules,
            options: config.options,
            uneven: Vec::new(),
            actions: VecDeque::new(),
            outbox: Outbox::default(),
            touched: Vec::new(),
            events: Vec::new(),
            revalued: true,
            identities: Identities::new(config.seed),
            next: None,
            now_ns: i64::MIN,
            started_ns: None,
            refused_happenings: 0,
        };
        exchange.find_next();
        exchange
    }

    /// Accepts a new price or total size for an open order.
    ///
    /// # Errors
    /// 110001 unknown or ended order, 10001 nothing changes or bad size, 110064 size ≤ filled, and the limits of [`Exchange::place`]; on
    /// spot 170213, 170313 and, if the free balance does not cover it, 170131.
    pub fn amend(&mut self, now_ns: i64, uid: Uid, amend: AmendOrder) -> Result<OrderAck, ApiError> {
        self.advance(now_ns);
        let (spec, rules) = self.market(amend.market)?;
        checks::trades(spec.id.category, rules.status)?;
        let live = self.orders.resolve(uid, &amend.order).filter(|live| live.row.market == amend.market);
        let live = live.ok_or_else(|| checks::too_late_to_replace(spec.id.category))?;
        let wanted = (amend.price.unwrap_or(live.requested.0), amend.qty.unwrap_or(live.requested.1));
        checks::changes(live.requested, wanted)?;
        let wanted = self.admitted_change(&live.row, wanted)?;
        self.affords_change(&live.row, spec, wanted)?;
        if !live.row.reduce_only {
            let (row, extra) = (&live.row, (live.row.side, wanted.0, wanted.1 - live.row.cum_qty));
            self.bears_change(uid, spec, row.market, extra, Some(row.key))?;
        }
        let (key, ack) = (live.row.key, ack(&live.row));
        if let Some(live) = self.orders.get_mut(key) {
            live.requested = wanted;
            live.ceiling = (live.ceiling.0.max(wanted.0), live.ceiling.1.max(wanted.1));
            live.amends_under_way += 1;
        }
        self.enqueue(Action::Amend { key, price: wanted.0, qty: wanted.1 });
        Ok(ack)
    }

    /// Accepts a cancel of an open order.
    ///
    /// # Errors
    /// 10001 unknown market, 110001 (spot: 170213) unknown or ended order.
    pub fn cancel(&mut self, now_ns: i64, uid: Uid, market: MarketIx, order: OrderRef) -> Result<OrderAck, ApiError> {
        self.advance(now_ns);
        let category = self.instruments.get(market.index()).ok_or_else(checks::unknown_market)?.id.category;
        let live = self.orders.resolve(uid, &order).filter(|live| live.row.market == market);
        let row = &live.ok_or_else(|| checks::too_late_to_cancel(category))?.row;
        let (key, ack) = (row.key, ack(row));
        self.enqueue(Action::Cancel(key));
        Ok(ack)
    }

    /// Accepts a cancel of every open order of an account (in one market), requests under way to the book included; of the newest `most`.
    pub fn cancel_all(&mut self, now_ns: i64, uid: Uid, market: Option<MarketIx>, most: usize) -> Vec<OrderAck> {
        self.advance(now_ns);
        let open = self.orders.open(uid).filter(|row| market.is_none_or(|only| only == row.market));
        let rows: Vec<(OrderKey, OrderAck)> = open.take(most).map(|row| (row.key, ack(row))).collect();
        rows.iter().for_each(|(key, _)| self.enqueue(Action::Cancel(*key)));
        rows.into_iter().map(|(_, ack)| ack).collect()
    }

    fn enqueue(&mut self, action: Action) {
        self.actions.push_back((self.now_ns.saturating_add(self.order_latency_ns), action));
        self.find_next();
    }
}

fn ack(row: &OrderRow) -> OrderAck {
    OrderAck { order_id: row.order_id, client_id: row.client_id }
}
