//! Margin, liquidation, auto-deleveraging and funding: figures by hand, then what happens to orders, position and cash.
#![allow(clippy::unwrap_used)] // A test may panic.

mod exchange_fixture;

use exchange_fixture::*;
use mm_core::units::{Amount, Lots, Side, Ticks};
use mm_sim::api::{Creator, EndReason, Event, ExecutionRow, FillReason, OrderStatus};
use mm_sim::exchange::{ExchangeConfig, MarketRules, Options};
use mm_sim::matching::Flow;

/// The maker has this much USDT; taker rate 0.055 %, maker free.
fn venue_of(deposit: &str, change: impl Fn(&mut ExchangeConfig)) -> Venue {
    let mut config = config();
    config.accounts[0].deposits = vec![(coin("USDT"), amount(deposit))];
    config.fees = vec![(Amount::ZERO, amount("0.00055")); 2];
    // The price has to fall far within a moment here.
    config.rules = vec![MarketRules { price_ratios: None, ..MarketRules::of(mm_core::ids::Category::Linear) }; 2];
    change(&mut config);
    Venue::with(config, Box::new(matching(Flow::empty(), 1)))
}

/// Others quote 1 lot a tick either side of `mid`, so that the mark is `mid` and a half.
fn quote_around(venue: &mut Venue, mid: i64) -> [mm_sim::api::OrderAck; 2] {
    let acks = [(Side::Buy, mid), (Side::Sell, mid + 1)].map(|(side, price)| venue.place(OTHER, post_only(side, price, 1)));
    venue.pass(SECOND_NS);
    acks
}

/// The maker buys `qty` at 650 000 from others; then the mark stands at 65 000.05.
fn long(deposit: &str, qty: i64, change: impl Fn(&mut ExchangeConfig)) -> Venue {
    let mut venue = venue_of(deposit, change);
    venue.place(OTHER, post_only(Side::Sell, 650_000, qty));
    venue.settle();
    venue.place(MAKER, gtc(Side::Buy, 650_000, qty));
    venue.settle();
    quote_around(&mut venue, 650_000);
    assert_eq!(venue.exchange.position(MAKER, BTC).size, Lots(qty));
    venue
}

fn usdt(venue: &Venue) -> Amount {
    venue.exchange.wallet(MAKER).iter().find(|row| row.coin == coin("USDT")).unwrap().wallet
}

fn executions(events: &[Event], reason: FillReason) -> Vec<ExecutionRow> {
    let rows = events.iter().filter_map(|event| match event {
        Event::Execution(row) if row.reason == reason => Some(row.clone()),
        _ => None,
    });
    rows.collect()
}

#[test]
fn the_margins_of_a_position_and_of_orders_are_the_published_formulas() {
    let venue = long("10000", 100, |_| ());
    let margin = venue.exchange.contract_margin(MAKER, BTC);
    // 0.1 × 65000.05 / 10 + 6500 × 0.9 × 0.00055, and 0.1 × 65000.05 × 0.005 + the same.
    assert_eq!(margin.position_initial, amount("650.0005") + amount("3.2175"));
    assert_eq!(margin.position_maintenance, amount("32.500025") + amount("3.2175"));
    assert_eq!(venue.exchange.position_margin(&venue.exchange.position(MAKER, BTC)), margin);
    let mut venue = venue_of("10000", |config| config.leverage = 10);
    venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    // 650 / 10 + 650 × 0.00055 + 650 × 0.9 × 0.00055.
    assert_eq!(venue.exchange.margin(MAKER, coin("USDT")).orders_initial, amount("65") + amount("0.3575") + amount("0.32175"));
    // The larger side counts; a sell closes at a bankruptcy price above.
    venue.place(MAKER, post_only(Side::Sell, 650_001, 20));
    let sell = amount("1300.002");
    let rate = amount("0.1") + amount("0.00055") + amount("0.000605");
    assert_eq!(venue.exchange.margin(MAKER, coin("USDT")).orders_initial, sell.mul_round(rate));
}

#[test]
fn orders_that_only_close_need_no_margin() {
    let mut venue = long("10000", 100, |_| ());
    venue.place(MAKER, post_only(Side::Sell, 660_000, 100));
    assert_eq!(venue.exchange.margin(MAKER, coin("USDT")).orders_initial, Amount::ZERO);
    venue.place(MAKER, post_only(Side::Sell, 660_001, 10));
    assert!(venue.exchange.margin(MAKER, coin("USDT")).orders_initial > amount("66"));
    let both = venue.exchange.available(MAKER);
    venue.settle();
    assert_eq!(venue.exchange.available(MAKER), both, "resting changes nothing");
}

#[test]
fn an_order_that_the_account_cannot_bear_is_refused_and_one_that_closes_is_not() {
    // 100 USDT at 10x bear a little less than 1000 in value.
    let mut venue = venue_of("100", |_| ());
    assert_eq!(venue.refusal(post_only(Side::Buy, 650_000, 16)), (110_007, "ab not enough for new order".to_string()));
    let ack = venue.place(MAKER, post_only(Side::Buy, 650_000, 15));
    venue.settle();
    assert_eq!(venue.refusal(post_only(Side::Buy, 650_000, 1)).0, 110_007);
    assert_eq!(venue.amend(ack, None, Some(16)).unwrap_err().0, 110_007);
    venue.amend(ack, None, Some(14)).unwrap();
    let mut venue = venue_of("100", |config| config.options = Options { margin_checks: false, ..Options::default() });
    venue.place(MAKER, post_only(Side::Buy, 650_000, 500));
    let mut venue = long("100", 15, |_| ());
    assert_eq!(venue.refusal(gtc(Side::Buy, 650_000, 1)).0, 110_007);
    venue.place(MAKER, post_only(Side::Sell, 650_002, 15));
}

#[test]
fn leverage_sets_the_margin_and_has_its_limits() {
    let mut venue = venue_of("100", |_| ());
    let set = |venue: &mut Venue, leverage| venue.exchange.set_leverage(MAKER, BTC, leverage).map_err(|error| error.code);
    assert_eq!(set(&mut venue, 10), Err(110_043));
    assert_eq!((set(&mut venue, 0), set(&mut venue, 101)), (Err(10001), Err(10001)));
    assert_eq!((set(&mut venue, 100), venue.exchange.leverage(MAKER, BTC)), (Ok(()), 100));
    venue.place(MAKER, post_only(Side::Buy, 650_000, 100));
    venue.settle();
    assert_eq!(set(&mut venue, 10), Err(110_044), "6500 in value at 10x are more than there is");
    assert_eq!(venue.exchange.leverage(MAKER, BTC), 100);
}

/// Lets the quotes around the mark move to `mid` by hand.
fn move_to(venue: &mut Venue, mid: i64) -> Vec<Event> {
    let now_ns = venue.now_ns;
    venue.exchange.cancel_all(now_ns, OTHER, None, usize::MAX);
    let mut events = venue.settle();
    for (side, price) in [(Side::Buy, mid), (Side::Sell, mid + 1)] {
        venue.place(OTHER, post_only(side, price, 1));
    }
    events.extend(venue.pass(SECOND_NS));
    events
}

#[test]
fn a_position_that_its_account_no_longer_bears_is_taken_over() {
    // 100 USDT carry 0.015 BTC; 6 500 a coin down they are gone.
    let mut venue = long("100", 15, |config| config.leverage = 20);
    let resting = venue.place(MAKER, post_only(Side::Buy, 580_000, 1));
    assert_eq!(venue.row(MAKER, resting).status, OrderStatus::New);
    let events = move_to(&mut venue, 605_000);
    assert_eq!(executions(&events, FillReason::Liquidated), [], "the balance is 32 against a maintenance margin of about 5");
    let before = usdt(&venue);
    let events = move_to(&mut venue, 585_000);
    let [bust] = &executions(&events, FillReason::Liquidated)[..] else { panic!("{events:?}") };
    assert_eq!((bust.side, bust.qty, bust.is_maker, bust.closed_qty), (Side::Sell, Lots(15), false, Lots(15)));
    assert_eq!(bust.fee, bust.value.mul_round(amount("0.00055")));
    assert_eq!(usdt(&venue), before + bust.pnl - bust.fee);
    assert_eq!(venue.exchange.position(MAKER, BTC).size, Lots::ZERO);
    // At the bankruptcy price nothing is left but what the grid rounds.
    let left = usdt(&venue);
    assert!(left > amount("-0.01") && left < amount("0.01"), "{left}");
    assert_eq!(venue.row(MAKER, resting).end_reason, EndReason::Liquidation);
    let takeover = orders(&events, MAKER).into_iter().find(|row| row.creator == Creator::Takeover).unwrap();
    assert_eq!((takeover.status, takeover.client_id.as_str(), takeover.order_id), (OrderStatus::Filled, "", bust.order_id));
    assert!(events.iter().any(|event| matches!(event, Event::Wallet { .. })));
}

#[test]
fn a_short_is_taken_over_above_its_entry() {
    let mut venue = venue_of("100", |_| ());
    venue.place(OTHER, post_only(Side::Buy, 650_000, 15));
    venue.settle();
    venue.place(MAKER, gtc(Side::Sell, 650_000, 15));
    venue.settle();
    let events = move_to(&mut venue, 713_000);
    let [bust] = &executions(&events, FillReason::Liquidated)[..] else { panic!("{events:?}") };
    assert_eq!(bust.side, Side::Buy);
    assert!(bust.price > Ticks(713_000), "{bust:?}");
    let left = usdt(&venue);
    assert!(left > amount("-0.01") && left < amount("0.01"), "{left}");
}

#[test]
fn a_position_is_deleveraged_at_the_mark_without_a_fee() {
    let mut venue = long("10000", 100, |_| ());
    let resting = venue.place(MAKER, post_only(Side::Buy, 640_000, 1));
    venue.settle();
    let before = usdt(&venue);
    assert_eq!(venue.exchange.deleverage(venue.now_ns, MAKER, BTC, Lots(40)), Lots(40));
    let events = venue.settle();
    let [adl] = &executions(&events, FillReason::Deleveraged)[..] else { panic!("{events:?}") };
    // Mark 65 000.05: the nearest even tick is 65 000.0, what it cost.
    assert_eq!((adl.qty, adl.fee, adl.price, adl.side), (Lots(40), Amount::ZERO, Ticks(650_000), Side::Sell));
    assert_eq!((venue.exchange.position(MAKER, BTC).size, usdt(&venue)), (Lots(60), before));
    assert_eq!(venue.row(MAKER, resting).end_reason, EndReason::Deleveraging);
    assert_eq!(venue.exchange.deleverage(venue.now_ns, MAKER, BTC, Lots(1_000)), Lots(60));
    assert_eq!(venue.exchange.deleverage(venue.now_ns, MAKER, BTC, Lots(1)), Lots::ZERO);
}

#[test]
fn funding_moves_cash_alone_from_longs_to_shorts() {
    let mut venue = long("10000", 100, |config| {
        config.rules = vec![MarketRules { funding_rate: amount("0.0001"), ..MarketRules::of(mm_core::ids::Category::Linear) }];
    });
    let eight_hours = 8 * 3600 * SECOND_NS;
    assert_eq!(venue.exchange.funding(BTC), Some((amount("0.0001"), eight_hours)));
    assert_eq!(venue.exchange.funding(ETH), None, "a rate of 0 is never settled");
    let (before, position) = (usdt(&venue), venue.exchange.position(MAKER, BTC));
    let events = venue.pass(eight_hours - venue.now_ns);
    let rows = executions(&events, FillReason::Funding);
    let row = rows.iter().find(|row| row.uid == MAKER).unwrap();
    // 0.1 × 65000.05 × 0.0001.
    assert_eq!((row.fee, row.fee_rate, row.value, row.side), (amount("0.6500005"), amount("0.0001"), amount("6500.005"), Side::Buy));
    assert_eq!((row.mark, row.qty, row.exec_ns, row.closed_qty), (Some(amount("65000.05")), Lots(100), eight_hours, Lots::ZERO));
    assert_eq!(usdt(&venue), before - row.fee);
    let after = venue.exchange.position(MAKER, BTC);
    assert_eq!((after.size, after.cost, after.realised), (position.size, position.cost, position.realised - row.fee));
    let other = rows.iter().find(|row| row.uid == OTHER).unwrap();
    assert_eq!((other.fee, other.fee_rate, other.side), (-row.fee, amount("-0.0001"), Side::Sell));
    let record = venue.exchange.record(venue.now_ns);
    assert_eq!(record.accounts[0].markets["linear.BTCUSDT"].funding, Some(row.fee));
    assert_eq!(record.accounts[0].markets["linear.BTCUSDT"].fills, 1, "no fill");
    assert_eq!(venue.exchange.funding(BTC).unwrap().1, 2 * eight_hours);
}

#[test]
fn funding_can_be_settled_now_and_its_rate_changed() {
    let mut venue = long("10000", 100, |_| ());
    assert_eq!(venue.exchange.funding(BTC), None);
    venue.exchange.settle_funding(venue.now_ns, BTC, Some(amount("-0.01")));
    let events = venue.settle();
    assert_eq!(executions(&events, FillReason::Funding).iter().find(|row| row.uid == MAKER).unwrap().fee, amount("-65.00005"));
    venue.exchange.settle_funding(venue.now_ns, BTC, None);
    assert_eq!(executions(&venue.settle(), FillReason::Funding), [], "the standing rate is 0");
    venue.exchange.set_funding_rate(venue.now_ns, BTC, amount("0.0003"));
    assert_eq!(venue.exchange.funding(BTC), Some((amount("0.0003"), 8 * 3600 * SECOND_NS)));
}

#[test]
fn orders_push_what_they_tie_up() {
    let kinds = |options| {
        let mut venue = venue_of("10000", |config| config.options = options);
        venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
        let events = venue.settle();
        let kind = |event: &Event| match event {
            Event::Order(_) => Some("order"),
            Event::Position(_) => Some("position"),
            Event::Wallet { uid, coins } => {
                let tied_up = venue.exchange.margin(*uid, coins[0]).orders_initial;
                Some(if tied_up > Amount::ZERO { "wallet" } else { "free wallet" })
            }
            _ => None,
        };
        events.iter().filter_map(kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(Options::default()), ["order", "position", "wallet"]);
    assert_eq!(kinds(Options { orders_push_holdings: false, ..Options::default() }), ["order"]);
}
