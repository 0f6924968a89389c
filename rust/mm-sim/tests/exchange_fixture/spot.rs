//! The contract BTCUSDT and spot BTCUSDT side by side over empty books, two accounts with both coins.

use mm_core::ids::{Category, InstrumentId, MarketIx, Symbol};
use mm_core::units::Side;
use mm_sim::api::{PlaceOrder, TimeInForce, Uid};
use mm_sim::exchange::{AccountConfig, Exchange, ExchangeConfig, MarketRecord, Options};
use mm_sim::matching::{Flow, MarketSetup, Matching, MatchingConfig, market};

use super::{LATENCY_NS, MAKER, OTHER, Venue, amount, coin, post_only};

pub const LINEAR: MarketIx = MarketIx(0);
pub const SPOT: MarketIx = MarketIx(1);
pub const DEPOSITS: [(&str, &str); 2] = [("USDT", "1000"), ("BTC", "0.02")];

pub fn setups() -> Vec<MarketSetup> {
    let id = |category| InstrumentId { category, symbol: Symbol::new(b"BTCUSDT").unwrap() };
    [Category::Linear, Category::Spot].map(|category| market(id(category)).unwrap()).into()
}

/// Both markets, empty, at these fees; two accounts with the deposits.
pub fn venue(maker: &str, taker: &str) -> Venue {
    venue_with(maker, taker, |_| ())
}

/// The same, set up otherwise.
pub fn venue_with(maker: &str, taker: &str, change: impl Fn(&mut ExchangeConfig)) -> Venue {
    let liquidity = Matching::new(&MatchingConfig { markets: setups(), flow: Flow::empty(), seed: 1 });
    let deposits: Vec<_> = DEPOSITS.iter().map(|(name, much)| (coin(name), amount(much))).collect();
    let mut config = ExchangeConfig {
        instruments: setups().into_iter().map(|setup| setup.instrument).collect(),
        accounts: [MAKER, OTHER].map(|uid| AccountConfig { uid, deposits: deposits.clone(), smp_group: 0 }).into(),
        fees: vec![(amount(maker), amount(taker)); 2],
        leverage: 10,
        order_latency_ns: LATENCY_NS,
        two_sided_bps: vec![10.0; 2],
        seed: 11,
        rules: Vec::new(),
        options: Options::default(),
    };
    change(&mut config);
    let mut exchange = Exchange::new(config, Box::new(liquidity), None);
    exchange.start(0);
    Venue { exchange, now_ns: 0 }
}

/// Price in ticks of 0.1, size in steps of 0.000001.
pub fn spot(side: Side, price: i64, qty: i64) -> PlaceOrder {
    PlaceOrder { market: SPOT, ..post_only(side, price, qty) }
}

pub fn taking(side: Side, price: i64, qty: i64) -> PlaceOrder {
    PlaceOrder { time_in_force: TimeInForce::Gtc, ..spot(side, price, qty) }
}

pub fn record(venue: &Venue, uid: Uid) -> MarketRecord {
    let record = venue.exchange.record(venue.now_ns);
    assert_eq!(record.refused_happenings, 0);
    record.accounts.iter().find(|row| row.uid == uid).unwrap().markets["spot.BTCUSDT"].clone()
}
