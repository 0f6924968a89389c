//! The record: two-sided time, skew against position, and what is refused; read off a book whose every move the test makes.
#![allow(clippy::unwrap_used)] // A test may panic.

mod exchange_fixture;

use exchange_fixture::*;
use mm_core::ids::MarketIx;
use mm_core::units::{Lots, Side, Ticks};
use mm_sim::api::{Event, FillReason, OrderKey, OrderStatus};
use mm_sim::exchange::MarketRecord;
use mm_sim::exchange::watch::Correlation;
use mm_sim::liquidity::{Happening, Liquidity, Outbox, Resting};

fn btc(venue: &Venue) -> MarketRecord {
    venue.exchange.record(venue.now_ns).accounts[0].markets["linear.BTCUSDT"].clone()
}

#[test]
fn two_sided_time_runs_while_a_post_only_order_is_near_the_mid_on_each_side() {
    let mut venue = Venue::empty();
    let bid = venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    venue.settle();
    venue.place(MAKER, gtc(Side::Sell, 650_100, 10));
    venue.settle();
    assert_eq!(btc(&venue).two_sided, [], "a plain order is not a quote");
    venue.place(MAKER, post_only(Side::Sell, 650_110, 10));
    venue.settle();
    let from = venue.now_ns;
    venue.pass(SECOND_NS);
    assert_eq!(btc(&venue).two_sided, [(from, venue.now_ns)], "the running interval is closed at the time of the record");
    // An amend in place within reach (10 bp of 65,000 is 65) does not interrupt it; one out of reach ends it.
    venue.amend(bid, Some(649_900), None).unwrap();
    venue.pass(SECOND_NS);
    assert_eq!(btc(&venue).two_sided.len(), 1);
    venue.place(OTHER, post_only(Side::Buy, 650_000, 10));
    venue.settle();
    venue.amend(bid, Some(648_000), None).unwrap();
    venue.settle();
    let until = venue.now_ns;
    venue.pass(SECOND_NS);
    assert_eq!(btc(&venue).two_sided, [(from, until)]);
    venue.amend(bid, Some(649_950), None).unwrap();
    venue.settle();
    let again = venue.now_ns;
    venue.pass(SECOND_NS);
    venue.exchange.cancel_all(venue.now_ns, MAKER, None, usize::MAX);
    venue.settle();
    let end = venue.now_ns;
    venue.pass(SECOND_NS);
    assert_eq!(btc(&venue).two_sided, [(from, until), (again, end)]);
    assert_eq!(btc(&venue).open_orders, 0);
}

#[test]
fn skew_is_sampled_every_100_ms_while_both_sides_have_an_order() {
    let mut venue = Venue::empty();
    venue.place(OTHER, post_only(Side::Sell, 650_010, 1));
    venue.place(OTHER, post_only(Side::Buy, 649_990, 1));
    venue.pass(SECOND_NS);
    assert_eq!(btc(&venue).skew_samples, 0);
    // The quotes step down by the position that each sale to them builds; the touch stays where it is.
    for step in 0..5 {
        let bid = venue.place(MAKER, post_only(Side::Buy, 649_950 - step, 10));
        let ask = venue.place(MAKER, post_only(Side::Sell, 650_050 - step, 10));
        venue.pass(SECOND_NS);
        venue.hit(Side::Sell, 649_950 - step, 4);
        venue.place(OTHER, post_only(Side::Buy, 649_990, 1));
        venue.cancel(bid).unwrap();
        venue.cancel(ask).unwrap();
        venue.pass(SECOND_NS);
    }
    let row = btc(&venue);
    assert!((50..=55).contains(&row.skew_samples), "{}", row.skew_samples);
    assert_eq!((row.fills, row.position), (5, amount("0.015")));
    assert!(row.skew_correlation.unwrap() < -0.9, "{:?}", row.skew_correlation);
}

#[test]
fn the_running_correlation_is_pearsons() {
    let points = [(1.0, -2.0), (2.0, -3.5), (4.0, -9.0), (4.5, -8.0)];
    let (mut each, mut weighted, mut flat) = (Correlation::default(), Correlation::default(), Correlation::default());
    for (x, y) in points {
        (0..3).for_each(|_| each.add(x, y, 1.0));
        weighted.add(x, y, 3.0);
        flat.add(x, 7.0, 1.0);
    }
    let (mx, my) = (2.875, -5.625);
    let (mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0);
    for (x, y) in points {
        sxx += (x - mx) * (x - mx);
        syy += (y - my) * (y - my);
        sxy += (x - mx) * (y - my);
    }
    let expected = sxy / libm::sqrt(sxx * syy);
    assert!((each.value().unwrap() - expected).abs() < 1e-12);
    assert!((weighted.value().unwrap() - expected).abs() < 1e-12);
    assert_eq!(flat.value(), None);
}

#[test]
fn the_record_prints_exact_strings_and_reason_codes() {
    let mut venue = Venue::empty();
    venue.place(MAKER, post_only(Side::Buy, 650_001, 3));
    venue.settle();
    venue.hit(Side::Sell, 650_001, 2);
    let json = venue.exchange.record(venue.now_ns).to_json();
    let row = &json["markets"]["linear.BTCUSDT"];
    assert_eq!((&row["position"], &row["cash"], &row["fees"]), (&"0.002".into(), &"-130.0002".into(), &"-0.001300002".into()));
    assert_eq!((&row["fills_by_reason"]["MATCHED"], &row["orders_placed"], &row["open_orders"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(json["balances"]["USDT"], "100000.001300002");
    assert_eq!(json["accounts"][1]["markets"]["linear.BTCUSDT"]["position"], "-0.002");
    assert_eq!((&json["first_subscription_ns"], &json["tape_ended"]), (&0.into(), &false.into()));
    assert_eq!(json["markets"]["linear.ETHUSDT"]["fills"], 0);
}

/// Liquidity that says what it is told to, once, at 5 ms.
struct Scripted {
    script: Option<Outbox>,
    best: (Option<Ticks>, Option<Ticks>),
}

impl Liquidity for Scripted {
    fn next_due(&self) -> Option<i64> {
        self.script.as_ref().map(|_| 5_000_000)
    }
    fn advance(&mut self, _: i64, out: &mut Outbox) {
        *out = self.script.take().unwrap_or_default();
    }
    fn submit(&mut self, now_ns: i64, order: Resting, out: &mut Outbox) {
        out.happenings.push((now_ns, Happening::Rested { key: order.key }));
    }
    fn amend(&mut self, _: i64, _: Resting, _: &mut Outbox) {}
    fn cancel(&mut self, _: i64, _: OrderKey, _: &mut Outbox) {}
    fn take(&mut self, _: i64, _: MarketIx, _: Side, _: Ticks, _: Lots, _: &mut Outbox) {}
    fn levels(&self, _: MarketIx, _: Side, _: usize, _: &mut Vec<(Ticks, Lots)>) {}
    fn best(&self, _: MarketIx) -> (Option<Ticks>, Option<Ticks>) {
        self.best
    }
    fn depths(&self, _: MarketIx) -> &[u16] {
        &[]
    }
    fn ended(&self) -> bool {
        true
    }
    fn start(&mut self, _: i64) {}
}

#[test]
fn fills_that_no_open_order_explains_are_refused_and_counted() {
    let fill = |key, qty| Happening::Filled {
        key: OrderKey(key),
        price: Ticks(650_000),
        qty: Lots(qty),
        is_maker: true,
        reason: FillReason::TapeQueue,
        seq: 7,
    };
    let happenings = [fill(99, 1), fill(1, 11), fill(1, 0), fill(1, 10), fill(1, 1), Happening::Cancelled { key: OrderKey(1) }];
    let script = Outbox { happenings: happenings.map(|happening| (5_000_000, happening)).to_vec(), market: Vec::new() };
    let mut venue = Venue::over(Box::new(Scripted { script: Some(script), best: (None, None) }));
    venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    let rows = orders(&venue.pass(SECOND_NS), MAKER);
    assert_eq!(rows.iter().map(|row| row.status).collect::<Vec<_>>(), [OrderStatus::New, OrderStatus::Filled]);
    let record = venue.exchange.record(venue.now_ns);
    assert_eq!((record.refused_happenings, record.tape_ended), (5, true));
    let row = &record.accounts[0].markets["linear.BTCUSDT"];
    assert_eq!((row.fills, row.position), (1, amount("0.01")));
    assert_eq!(row.fills_by_reason.iter().map(|(code, n)| (code.as_str(), *n)).collect::<Vec<_>>(), [("TAPE_QUEUE", 1)]);
}

#[test]
fn a_told_mark_price_wins_over_the_mid_and_skew_is_measured_against_a_mid_that_stands() {
    let ticker = Event::Ticker {
        market: BTC,
        publish_ms: 5,
        snapshot: false,
        cross_seq: 1,
        fields: vec![("lastPrice".into(), "1".into()), ("markPrice".into(), "65001.23".into())],
    };
    let book = Event::Book { market: BTC, engine_ms: 5, publish_ms: 5, seq: 1, update_id: Some(1), reset: false };
    let script = Outbox { happenings: Vec::new(), market: vec![ticker, book] };
    let best = (Some(Ticks(649_990)), Some(Ticks(650_010)));
    let mut venue = Venue::over(Box::new(Scripted { script: Some(script), best }));
    assert_eq!(venue.pass(SECOND_NS).len(), 2);
    assert_eq!(venue.exchange.mark_price(BTC), amount("65001.23"));
    assert_eq!(btc(&venue).mid, Some(amount("65000")));
    venue.place(MAKER, post_only(Side::Buy, 649_980, 10));
    venue.place(MAKER, post_only(Side::Sell, 650_000, 10));
    venue.pass(10 * SECOND_NS);
    assert_eq!(btc(&venue).skew_samples, 100);
}
