//! The seeded market: it moves, it is never crossed, it repeats itself from its seed, and it fills quotes only by trading.
#![allow(clippy::unwrap_used)] // A test may panic.

mod exchange_fixture;

use exchange_fixture::*;
use mm_core::ids::{Category, InstrumentId, MarketIx, Symbol};
use mm_core::units::{Amount, Lots, Side, Ticks};
use mm_sim::api::{Event, FillReason, PlaceOrder, TimeInForce};
use mm_sim::exchange::Exchange;
use mm_sim::liquidity::{Liquidity, Outbox};
use mm_sim::matching::{Flow, Matching, default_instruments, default_markets, market};
use mm_sim::takers::{Takers, TakersConfig};

fn minutes(liquidity: &mut Matching, minutes: i64) -> Outbox {
    let mut out = Outbox::default();
    liquidity.start(0);
    liquidity.advance(minutes * 60 * SECOND_NS, &mut out);
    out
}

fn levels(liquidity: &dyn Liquidity, market: MarketIx, side: Side) -> Vec<(Ticks, Lots)> {
    let mut rows = Vec::new();
    liquidity.levels(market, side, 200, &mut rows);
    rows
}

#[test]
fn the_background_keeps_a_deep_uncrossed_moving_book() {
    let mut liquidity = matching(Flow::default(), 3);
    let (mut out, mut worst, mut depth) = (Outbox::default(), 0.0_f64, Vec::new());
    liquidity.start(0);
    for second in 0..300 {
        liquidity.advance(second * SECOND_NS, &mut out);
        for market in [BTC, ETH] {
            let (Some(bid), Some(ask)) = liquidity.best(market) else { panic!("one-sided at {second} s") };
            assert!(bid < ask, "crossed at {second} s");
            worst = worst.max((ask - bid).0 as f64 / bid.0 as f64 * 1e4);
            for side in Side::BOTH {
                let rows = levels(&liquidity, market, side);
                depth.push(rows.len());
                assert!(rows.iter().all(|(_, qty)| *qty > Lots::ZERO));
                assert!(rows.windows(2).all(|pair| side.sign() * (pair[0].0 - pair[1].0).0 > 0), "best first");
            }
        }
    }
    let mean = depth.iter().sum::<usize>() / depth.len();
    assert!(worst < 5.0, "spread of {worst} bp");
    assert!(mean >= 180 && depth.iter().all(|levels| *levels >= 80), "{mean} levels on average, {:?} at least", depth.iter().min());
    let books = out.market.iter().filter(|event| matches!(event, Event::Book { market: BTC, .. })).count();
    let trades = out.market.iter().filter(|event| matches!(event, Event::Trades { market: BTC, .. })).count();
    assert!((300 * 15..300 * 40).contains(&books), "{books} books");
    assert!((300..300 * 20).contains(&trades), "{trades} trade messages");
    let (low, high) = mids(&out);
    assert!(high.0 - low.0 > 100, "trades between {low:?} and {high:?}");
    assert!(low.0 > 640_000 && high.0 < 660_000, "trades between {low:?} and {high:?}");
}

fn mids(out: &Outbox) -> (Ticks, Ticks) {
    let prices = out.market.iter().filter_map(|event| match event {
        Event::Trades { market: BTC, trades, .. } => Some(trades[0].price),
        _ => None,
    });
    let prices: Vec<Ticks> = prices.collect();
    (*prices.iter().min().unwrap(), *prices.iter().max().unwrap())
}

#[test]
fn a_trade_comes_before_the_one_book_that_covers_it() {
    let out = minutes(&mut matching(Flow::default(), 4), 2);
    let mut book_seq = [0, 0];
    let mut trade_seq = [0, 0];
    for event in &out.market {
        match event {
            Event::Book { market, seq, engine_ms, publish_ms, .. } => {
                assert!(*seq > book_seq[market.index()] && *seq >= trade_seq[market.index()]);
                assert!(engine_ms <= publish_ms && publish_ms % 20 == 0);
                book_seq[market.index()] = *seq;
            }
            Event::Trades { market, trades, .. } => {
                for trade in trades {
                    assert!(trade.seq > book_seq[market.index()] && trade.seq > trade_seq[market.index()]);
                    trade_seq[market.index()] = trade.seq;
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_seed_is_a_market() {
    let run = |seed| minutes(&mut matching(Flow::default(), seed), 1).market;
    assert_eq!(run(9), run(9));
    assert_ne!(run(9), run(10));
    // How time is cut into calls changes nothing.
    let (mut liquidity, mut out) = (matching(Flow::default(), 9), Outbox::default());
    liquidity.start(0);
    (0..6000).for_each(|step| liquidity.advance(step * SECOND_NS / 100, &mut out));
    liquidity.advance(60 * SECOND_NS, &mut out);
    assert_eq!(out.market, run(9));
}

fn quote(market: MarketIx, side: Side, price: Ticks, qty: i64) -> PlaceOrder {
    PlaceOrder::limit(market, side, price, Lots(qty), TimeInForce::PostOnly)
}

/// Quotes both sides `bps` from the mid anew each second; returns the maker's fills.
fn quoted(exchange: &mut Exchange, seconds: i64, bps: f64) -> usize {
    exchange.start(0);
    let mut events = Vec::new();
    for second in 0..seconds {
        let now_ns = second * SECOND_NS;
        exchange.advance(now_ns);
        exchange.drain(&mut events);
        exchange.cancel_all(now_ns, MAKER, None, usize::MAX);
        for market in [BTC, ETH] {
            let (Some(bid), Some(ask)) = exchange.liquidity().best(market) else { continue };
            let distance = libm::ceil((bid.0 + ask.0) as f64 / 2.0 * bps * 1e-4) as i64;
            for (side, from) in [(Side::Buy, bid), (Side::Sell, ask)] {
                let price = Ticks(from.0 - side.sign() * distance);
                exchange.place(now_ns, MAKER, quote(market, side, price, 20)).unwrap();
            }
        }
    }
    exchange.executions(MAKER).count()
}

#[test]
fn quotes_near_the_mid_fill_by_matching_and_far_ones_less() {
    let run = |bps| {
        let mut exchange = Exchange::new(config(), Box::new(matching(Flow::default(), 12)), None);
        let fills = quoted(&mut exchange, 300, bps);
        assert!(exchange.executions(MAKER).all(|row| row.reason == FillReason::Matched && row.is_maker && row.fee < Amount::ZERO));
        assert_eq!(exchange.record(0).refused_happenings, 0);
        fills
    };
    let (near, middle, far) = (run(0.5), run(1.0), run(3.0));
    assert!(near > middle && middle > far, "{near} {middle} {far}");
    assert!(near >= 50 && middle >= 5, "{near} {middle}");
}

#[test]
fn a_frozen_market_fills_nothing_and_says_nothing_of_its_own() {
    let mut exchange = Exchange::new(config(), Box::new(matching(Flow::frozen(), 12)), None);
    assert_eq!(quoted(&mut exchange, 120, 0.5), 0);
    let out = minutes(&mut matching(Flow::frozen(), 12), 60);
    assert!(out.market.is_empty() && out.happenings.is_empty());
}

#[test]
fn seeded_takers_fill_a_frozen_market_under_their_own_code() {
    let takers = Takers::new(5, 2, TakersConfig::default());
    let mut exchange = Exchange::new(config(), Box::new(matching(Flow::frozen(), 12)), Some(takers));
    assert!(quoted(&mut exchange, 60, 0.2) > 0);
    assert!(exchange.executions(MAKER).all(|row| row.reason == FillReason::TakerSeed && row.is_maker));
}

#[test]
fn nothing_grows_in_a_long_run() {
    let mut liquidity = matching(Flow::default(), 6);
    liquidity.start(0);
    let mut out = Outbox::default();
    for minute in 1..=90 {
        liquidity.advance(minute * 60 * SECOND_NS, &mut out);
        out.market.clear();
        let mut rows = Vec::new();
        Side::BOTH.into_iter().for_each(|side| liquidity.levels(BTC, side, usize::MAX, &mut rows));
        assert!(rows.len() <= 2 * Flow::default().slots, "{} levels after {minute} min", rows.len());
        assert!(matches!(liquidity.best(BTC), (Some(_), Some(_))));
    }
}

#[test]
fn the_known_instruments_are_valid_and_others_are_refused_by_name() {
    let specs = default_instruments();
    assert_eq!(specs.iter().map(|spec| spec.id.to_string()).collect::<Vec<_>>(), ["linear.BTCUSDT", "linear.ETHUSDT"]);
    for (spec, setup) in specs.iter().zip(default_markets()) {
        assert!(spec.min_qty > Lots::ZERO && spec.min_qty < spec.max_qty && spec.tick_lot > Amount::ZERO);
        assert!(spec.notional(setup.start_price, setup.typical_qty) > spec.min_notional);
        assert_eq!(market(spec.id), Ok(setup));
    }
    assert_eq!(specs[0].price(Ticks(650_000)), amount("65000"));
    let dogecoin = InstrumentId { category: Category::Linear, symbol: Symbol::new(b"DOGEUSDT").unwrap() };
    assert!(market(dogecoin).unwrap_err().to_string().contains("linear.DOGEUSDT"));
}
