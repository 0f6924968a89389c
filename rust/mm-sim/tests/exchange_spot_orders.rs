//! Spot's own words: market orders that say what they spend, prices that are refused beyond their limit, the largest value.
#![allow(clippy::unwrap_used)] // A test may panic.

mod exchange_fixture;

use exchange_fixture::spot::*;
use exchange_fixture::*;
use mm_core::ids::Category;
use mm_core::units::{Lots, Side, Ticks};
use mm_sim::api::{EndReason, OrderAck, OrderStatus, OrderType, PlaceOrder, TimeInForce};
use mm_sim::exchange::{BeyondLimit, MarketRules, Options};

/// Others sell 0.001 at 65 000.0 and 0.002 at 65 100.0 (0.15 % away) and, past the limit of 0.5 %, 0.003 at 65 500.0; one bids 0.001 at 64 999.0.
fn quoted(options: Options, rules: MarketRules) -> Venue {
    let mut venue = venue_with("0", "0.001", |config| {
        config.options = options;
        config.rules = vec![MarketRules::of(Category::Linear), rules];
    });
    for (side, price, qty) in
        [(Side::Sell, 650_000, 1_000), (Side::Sell, 651_000, 2_000), (Side::Sell, 655_000, 3_000), (Side::Buy, 649_990, 1_000)]
    {
        venue.place(OTHER, spot(side, price, qty));
    }
    venue.pass(SECOND_NS);
    venue
}

fn usual() -> Venue {
    quoted(Options::default(), MarketRules::of(Category::Spot))
}

fn spend(budget: &str) -> PlaceOrder {
    PlaceOrder { quote_qty: Some(amount(budget)), ..PlaceOrder::market(SPOT, Side::Buy, Lots::ZERO) }
}

fn end(venue: &Venue, ack: OrderAck) -> (OrderStatus, i64, EndReason) {
    let row = venue.row(MAKER, ack);
    (row.status, row.cum_qty.0, row.end_reason)
}

#[test]
fn a_market_buy_spends_what_it_says_and_no_more() {
    let mut venue = usual();
    let ack = venue.place(MAKER, spend("97.6"));
    assert_eq!(locked(&venue, "USDT"), amount("97.6"));
    venue.settle();
    // 0.001 for 65, then 0.0005 of the 0.002 for 32.55: 0.05 is left, less than the smallest step costs.
    assert_eq!(end(&venue, ack), (OrderStatus::Cancelled, 1_500, EndReason::NotFull));
    assert_eq!((venue.row(MAKER, ack).cum_value, locked(&venue, "USDT")), (amount("97.55"), amount("0")));
    let mut venue = usual();
    let ack = venue.place(MAKER, spend("65"));
    venue.settle();
    assert_eq!(end(&venue, ack), (OrderStatus::Filled, 1_000, EndReason::None), "spent to the last digit");
    assert_eq!(venue.refusal(spend("1000.1")).0, 170_131);
    assert_eq!(venue.refusal(spend("4.99")), (170_140, "Order value exceeded lower limit.".to_string()));
}

#[test]
fn a_market_order_ends_at_the_price_limit() {
    let mut venue = usual();
    let ack = venue.place(MAKER, PlaceOrder::market(SPOT, Side::Buy, Lots(5_000)));
    venue.settle();
    assert_eq!(end(&venue, ack), (OrderStatus::Cancelled, 3_000, EndReason::PriceLimit));
    let ack = venue.place(MAKER, spend("300"));
    venue.settle();
    assert_eq!(end(&venue, ack), (OrderStatus::Cancelled, 0, EndReason::PriceLimit), "what is left lies beyond it");
    let ack = venue.place(MAKER, PlaceOrder::market(SPOT, Side::Sell, Lots(5_000)));
    venue.settle();
    assert_eq!(end(&venue, ack), (OrderStatus::Cancelled, 1_000, EndReason::NotImmediate), "nobody bids any more");
}

#[test]
fn prices_beyond_the_limit_are_refused_and_may_be_clamped() {
    let mut venue = usual();
    let (buy, sell) = venue.exchange.price_limits(SPOT).unwrap();
    // Mid 64 999.5, 0.5 % away.
    assert_eq!((buy, sell), (Ticks(653_244), Ticks(646_746)));
    let text = |price: &str| format!("order price cannot be {price}.");
    assert_eq!(venue.refusal(taking(Side::Buy, 653_245, 100)), (170_193, format!("Buy {}", text("higher than 65324.4"))));
    assert_eq!(venue.refusal(taking(Side::Sell, 646_745, 100)), (170_194, format!("Sell {}", text("lower than 64674.6"))));
    venue.place(MAKER, spot(Side::Buy, 600_000, 100));
    let mut venue = quoted(Options { spot_beyond_limit: BeyondLimit::Clamp, ..Options::default() }, MarketRules::of(Category::Spot));
    let ack = venue.place(MAKER, taking(Side::Buy, 660_000, 100));
    assert_eq!(venue.row(MAKER, ack).price, buy);
}

#[test]
fn an_order_has_a_largest_value() {
    let mut venue = quoted(Options::default(), MarketRules { max_order_value: Some(amount("300")), ..MarketRules::of(Category::Spot) });
    let large = (170_124, "Order amount too large.".to_string());
    assert_eq!(venue.refusal(spot(Side::Buy, 640_000, 4_688)), large);
    assert_eq!(venue.refusal(spend("300.000001")), large);
    venue.place(MAKER, spot(Side::Buy, 640_000, 4_687));
}

#[test]
fn a_spot_post_only_order_that_would_take_is_rejected_or_cancelled_by_option() {
    for (rejects, status) in [(true, OrderStatus::Rejected), (false, OrderStatus::Cancelled)] {
        let mut venue = quoted(Options { spot_post_only_rejects: rejects, ..Options::default() }, MarketRules::of(Category::Spot));
        let ack = venue.place(MAKER, spot(Side::Buy, 650_000, 100));
        venue.settle();
        assert_eq!(end(&venue, ack), (status, 0, EndReason::PostOnlyWouldTake));
    }
}

#[test]
fn immediate_orders_give_their_lock_back() {
    let mut venue = usual();
    let order = PlaceOrder { time_in_force: TimeInForce::Ioc, ..taking(Side::Buy, 650_500, 5_000) };
    assert_eq!(order.order_type, OrderType::Limit);
    let ack = venue.place(MAKER, order);
    assert_eq!(locked(&venue, "USDT"), amount("325.25"));
    venue.settle();
    assert_eq!((end(&venue, ack), locked(&venue, "USDT")), ((OrderStatus::Cancelled, 1_000, EndReason::NotImmediate), amount("0")));
}

fn locked(venue: &Venue, name: &str) -> mm_core::units::Amount {
    venue.exchange.wallet(MAKER).iter().find(|row| row.coin == coin(name)).unwrap().locked
}
