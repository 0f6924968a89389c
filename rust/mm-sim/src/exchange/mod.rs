//! The exchange: accounts, order life cycle, fees, positions, wallet and its own record, over one [`Liquidity`].
//!
//! Linear contracts (one-way mode, no margin check) and spot (no borrowing) side by side in one unified account; limit orders GTC and `PostOnly`, amend, cancel, cancel-all.
//! An ack only says that the request passed the checks of [`checks`]; it reaches the book `order_latency_ns` later, and what
//! happened there comes as events. Where two things fall on one instant, liquidity goes first, then requests, then takers.
//! Time never runs back: an earlier `now_ns` counts as the latest one seen.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx, OrderId};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Ticks};

pub mod account;
pub mod checks;
mod clock;
mod config;
mod locks;
pub mod orders;
mod position;
mod queries;
mod record;
mod settle;
pub mod watch;

pub use config::{AccountConfig, ExchangeConfig};
pub use record::{AccountRecord, MarketRecord, Record};

use crate::api::{AmendOrder, ApiError, EndReason, Event, OrderAck, OrderKey, OrderRef, OrderRow, OrderStatus, PlaceOrder, Uid};
use crate::identity::{self, Identities};
use crate::liquidity::{Liquidity, Outbox};
use crate::takers::Takers;
use account::Account;
use orders::Orders;
use watch::QuoteWatch;

/// A request on its way to the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Submit(OrderKey),
    Amend { key: OrderKey, price: Ticks, qty: Lots },
    Cancel(OrderKey),
}

/// The mark of a market: the recording's own once it has told one, else the last mid.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    told: bool,
    price: Amount,
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
    marks: Vec<Mark>,
    /// In order of arrival: the latency is fixed and time never runs back.
    actions: VecDeque<(i64, Action)>,
    outbox: Outbox,
    touched: Vec<MarketIx>,
    events: Vec<Event>,
    identities: Identities,
    now_ns: i64,
    started_ns: Option<i64>,
    refused_happenings: u64,
}

impl Exchange {
    /// An exchange whose clocks stand still until [`Exchange::start`].
    #[must_use]
    pub fn new(config: ExchangeConfig, liquidity: Box<dyn Liquidity>, takers: Option<Takers>) -> Self {
        let markets = config.instruments.len();
        let account = |row: &AccountConfig| (row.uid, Account::new(&row.deposits, row.smp_group, markets));
        Self {
            accounts: config.accounts.iter().map(account).collect(),
            account_order: config.accounts.iter().map(|row| row.uid).collect(),
            instruments: config.instruments,
            fees: config.fees,
            order_latency_ns: config.order_latency_ns.max(0),
            two_sided_bps: config.two_sided_bps,
            liquidity,
            takers,
            orders: Orders::default(),
            watches: alloc::vec![QuoteWatch::default(); markets],
            marks: alloc::vec![Mark::default(); markets],
            actions: VecDeque::new(),
            outbox: Outbox::default(),
            touched: Vec::new(),
            events: Vec::new(),
            identities: Identities::new(config.seed),
            now_ns: i64::MIN,
            started_ns: None,
            refused_happenings: 0,
        }
    }

    /// Accepts a limit order into the queue towards the book.
    ///
    /// # Errors
    /// 10001 unknown market or bad size, 110003 price range, 110094 value too small, 110072 client id used before (for ever, per
    /// account and run), 110020 more than 500 active orders, 10003 unknown account. On spot 170135 and 170136 size, 170132 and 170133
    /// price, 170140, 170141, 170810 instead, and 170131 if the free balance does not cover it.
    pub fn place(&mut self, now_ns: i64, uid: Uid, order: PlaceOrder) -> Result<OrderAck, ApiError> {
        self.advance(now_ns);
        let spec = self.instruments.get(order.market.index()).ok_or_else(checks::unknown_market)?;
        let category = spec.id.category;
        if !self.accounts.contains_key(&uid) {
            return Err(checks::unknown_account());
        }
        checks::limits(spec, order.price, order.qty)?;
        if self.orders.is_used(uid, order.client_id) {
            return Err(checks::duplicate_client_id(category));
        }
        if self.active(uid, order.market, category) >= checks::MAX_ACTIVE_ORDERS {
            return Err(checks::too_many_orders(category));
        }
        self.affords(uid, spec, order.side, order.price, order.qty)?;
        if let Some(tally) = self.accounts.get_mut(&uid).and_then(|account| account.tallies.get_mut(order.market.index())) {
            tally.orders_placed += 1;
        }
        let (key, order_id) = self.identities.next_order(category);
        let filled_in = identity::filled_in(&order_id).filter(|_| category == Category::Spot && order.client_id.is_empty());
        let order = PlaceOrder { client_id: filled_in.unwrap_or(order.client_id), ..order };
        let smp_group = self.accounts.get(&uid).map_or(0, |account| account.smp_group);
        self.orders.insert(OrderRow { smp_group, ..new_row(self.now_ns, uid, key, order_id, &order) });
        self.enqueue(Action::Submit(key));
        Ok(OrderAck { order_id, client_id: order.client_id })
    }

    /// Orders that count against the limit of a new one: the contract's own, or those of all spot markets.
    fn active(&self, uid: Uid, market: MarketIx, category: Category) -> usize {
        let markets = self.instruments.iter().zip(0_u16..).filter(|(spec, ix)| match category {
            Category::Linear => *ix == market.0,
            Category::Spot => spec.id.category == Category::Spot,
        });
        markets.map(|(_, ix)| self.orders.active(uid, MarketIx(ix))).sum()
    }

    /// Accepts a new price or total size for an open order.
    ///
    /// # Errors
    /// 110001 unknown or ended order, 10001 nothing changes or bad size, 110064 size ≤ filled, and the limits of [`Exchange::place`]; on
    /// spot 170213, 170313 and, if the free balance does not cover it, 170131.
    pub fn amend(&mut self, now_ns: i64, uid: Uid, amend: AmendOrder) -> Result<OrderAck, ApiError> {
        self.advance(now_ns);
        let spec = self.instruments.get(amend.market.index()).ok_or_else(checks::unknown_market)?;
        let live = self.orders.resolve(uid, &amend.order).filter(|live| live.row.market == amend.market);
        let live = live.ok_or_else(|| checks::too_late_to_replace(spec.id.category))?;
        let wanted = (amend.price.unwrap_or(live.requested.0), amend.qty.unwrap_or(live.requested.1));
        checks::amend(spec, &live.row, live.requested, wanted)?;
        self.affords_change(&live.row, spec, wanted)?;
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

    /// Accepts a cancel of every open order of an account (in one market), requests under way to the book included.
    pub fn cancel_all(&mut self, now_ns: i64, uid: Uid, market: Option<MarketIx>) -> Vec<OrderAck> {
        self.advance(now_ns);
        let open = self.orders.open(uid).filter(|row| market.is_none_or(|only| only == row.market));
        let rows: Vec<(OrderKey, OrderAck)> = open.map(|row| (row.key, ack(row))).collect();
        rows.iter().for_each(|(key, _)| self.enqueue(Action::Cancel(*key)));
        rows.into_iter().map(|(_, ack)| ack).collect()
    }

    fn enqueue(&mut self, action: Action) {
        self.actions.push_back((self.now_ns.saturating_add(self.order_latency_ns), action));
    }
}

fn ack(row: &OrderRow) -> OrderAck {
    OrderAck { order_id: row.order_id, client_id: row.client_id }
}

fn new_row(now_ns: i64, uid: Uid, key: OrderKey, order_id: OrderId, order: &PlaceOrder) -> OrderRow {
    OrderRow {
        uid,
        key,
        order_id,
        client_id: order.client_id,
        market: order.market,
        side: order.side,
        price: order.price,
        qty: order.qty,
        cum_qty: Lots::ZERO,
        cum_value: Amount::ZERO,
        cum_fee: Amount::ZERO,
        cum_base_fee: Amount::ZERO,
        order_type: order.order_type,
        time_in_force: order.time_in_force,
        reduce_only: order.reduce_only,
        self_match: order.self_match,
        smp_group: 0,
        status: OrderStatus::New,
        end_reason: EndReason::None,
        counter_id: OrderId::EMPTY,
        created_ns: now_ns,
        updated_ns: now_ns,
    }
}
