//! One exchange over an empty (or given) matching book, two accounts, 1 ms order latency; and short words to drive it.
#![allow(dead_code)] // Each test binary uses its own part of it.

pub mod spot;

use mm_core::ids::{Coin, MarketIx, Text};
use mm_core::units::{Amount, Lots, Side, Ticks};
use mm_sim::api::{AmendOrder, Event, OrderAck, OrderRef, OrderRow, PlaceOrder, TimeInForce, Uid};
use mm_sim::exchange::{AccountConfig, Exchange, ExchangeConfig, Options};
use mm_sim::liquidity::Liquidity;
use mm_sim::matching::{Flow, Matching, MatchingConfig, default_instruments, default_markets};

pub const MAKER: Uid = Uid(1);
pub const OTHER: Uid = Uid(2);
pub const BTC: MarketIx = MarketIx(0);
pub const ETH: MarketIx = MarketIx(1);
pub const LATENCY_NS: i64 = 1_000_000;
pub const SECOND_NS: i64 = 1_000_000_000;

pub fn coin(name: &str) -> Coin {
    Text::new(name.as_bytes()).unwrap()
}

pub fn amount(text: &str) -> Amount {
    Amount::parse(text.as_bytes()).unwrap()
}

pub fn config() -> ExchangeConfig {
    let account = |uid| AccountConfig { uid, deposits: vec![(coin("USDT"), amount("100000"))], smp_group: 0 };
    ExchangeConfig {
        instruments: default_instruments(),
        accounts: vec![account(MAKER), account(OTHER)],
        fees: vec![(amount("-0.00001"), amount("0.00015")); 2],
        leverage: 10,
        order_latency_ns: LATENCY_NS,
        two_sided_bps: vec![10.0; 2],
        seed: 11,
        rules: Vec::new(),
        options: Options::default(),
    }
}

pub fn matching(flow: Flow, seed: u64) -> Matching {
    Matching::new(&MatchingConfig { markets: default_markets(), flow, seed })
}

/// An exchange and the time that the test has reached.
pub struct Venue {
    pub exchange: Exchange,
    pub now_ns: i64,
}

impl Venue {
    pub fn over(liquidity: Box<dyn Liquidity>) -> Self {
        Self::with(config(), liquidity)
    }

    pub fn with(config: ExchangeConfig, liquidity: Box<dyn Liquidity>) -> Self {
        let mut exchange = Exchange::new(config, liquidity, None);
        exchange.start(0);
        Self { exchange, now_ns: 0 }
    }

    pub fn empty() -> Self {
        Self::over(Box::new(matching(Flow::empty(), 1)))
    }

    /// Lets time pass and returns everything that happened.
    pub fn pass(&mut self, ns: i64) -> Vec<Event> {
        self.now_ns += ns;
        self.exchange.advance(self.now_ns);
        let mut events = Vec::new();
        self.exchange.drain(&mut events);
        events
    }

    /// Lets everything under way arrive.
    pub fn settle(&mut self) -> Vec<Event> {
        self.pass(LATENCY_NS)
    }

    pub fn place(&mut self, uid: Uid, order: PlaceOrder) -> OrderAck {
        self.exchange.place(self.now_ns, uid, order).unwrap()
    }

    pub fn refusal(&mut self, order: PlaceOrder) -> (i32, String) {
        let error = self.exchange.place(self.now_ns, MAKER, order).unwrap_err();
        (error.code, error.msg)
    }

    pub fn amend(&mut self, ack: OrderAck, price: Option<i64>, qty: Option<i64>) -> Result<OrderAck, (i32, String)> {
        let (price, qty) = (price.map(Ticks), qty.map(Lots));
        let amend = AmendOrder { market: BTC, order: OrderRef::Venue(ack.order_id), price, qty };
        self.exchange.amend(self.now_ns, MAKER, amend).map_err(|error| (error.code, error.msg))
    }

    pub fn cancel(&mut self, ack: OrderAck) -> Result<OrderAck, (i32, String)> {
        let order = OrderRef::Venue(ack.order_id);
        self.exchange.cancel(self.now_ns, MAKER, BTC, order).map_err(|error| (error.code, error.msg))
    }

    pub fn row(&self, uid: Uid, ack: OrderAck) -> OrderRow {
        self.exchange.find_order(uid, &OrderRef::Venue(ack.order_id)).unwrap().clone()
    }

    /// A stranger's order without post-only, settled at once.
    pub fn hit(&mut self, side: Side, price: i64, qty: i64) -> Vec<Event> {
        self.place(OTHER, gtc(side, price, qty));
        self.settle()
    }
}

pub fn post_only(side: Side, price: i64, qty: i64) -> PlaceOrder {
    PlaceOrder::limit(BTC, side, Ticks(price), Lots(qty), TimeInForce::PostOnly)
}

pub fn gtc(side: Side, price: i64, qty: i64) -> PlaceOrder {
    PlaceOrder { time_in_force: TimeInForce::Gtc, ..post_only(side, price, qty) }
}

pub fn named(order: PlaceOrder, name: &str) -> PlaceOrder {
    PlaceOrder { client_id: Text::new(name.as_bytes()).unwrap(), ..order }
}

/// The order rows of an account, in order.
pub fn orders(events: &[Event], uid: Uid) -> Vec<OrderRow> {
    let rows = events.iter().filter_map(|event| match event {
        Event::Order(row) if row.uid == uid => Some(row.clone()),
        _ => None,
    });
    rows.collect()
}
