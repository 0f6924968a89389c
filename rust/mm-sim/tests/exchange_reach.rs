//! Market orders, price limits and reduce-only orders.
#![allow(clippy::unwrap_used)] // A test may panic.

mod exchange_fixture;

use exchange_fixture::*;
use mm_core::ids::Text;
use mm_core::units::{Lots, Side, Ticks};
use mm_sim::api::{EndReason, OrderAck, OrderStatus, PlaceOrder, Slippage, TimeInForce};
use mm_sim::exchange::{BeyondLimit, MarketRules, Options};
use mm_sim::matching::Flow;

/// Others quote 10 at 650 000 and 650 100, 20 at 649 000 and 651 000; the mid and so the mark is known.
fn quoted(options: Options) -> Venue {
    let mut venue = Venue::with(mm_sim::exchange::ExchangeConfig { options, ..config() }, Box::new(matching(Flow::empty(), 1)));
    for (side, price, qty) in [(Side::Buy, 650_000, 10), (Side::Sell, 650_100, 10), (Side::Buy, 649_000, 20), (Side::Sell, 651_000, 20)] {
        venue.place(OTHER, post_only(side, price, qty));
    }
    venue.pass(SECOND_NS);
    assert_eq!(venue.exchange.mark_price(BTC), amount("65005"));
    venue
}

fn end(venue: &Venue, ack: OrderAck) -> (OrderStatus, i64, EndReason) {
    let row = venue.row(MAKER, ack);
    (row.status, row.cum_qty.0, row.end_reason)
}

fn reduce(order: PlaceOrder) -> PlaceOrder {
    PlaceOrder { reduce_only: true, ..order }
}

#[test]
fn a_market_order_takes_within_its_reach_and_never_rests() {
    let mut venue = quoted(Options::default());
    let ack = venue.place(MAKER, PlaceOrder::market(BTC, Side::Buy, Lots(50)));
    venue.settle();
    assert_eq!(end(&venue, ack), (OrderStatus::Cancelled, 30, EndReason::NotImmediate));
    // 5 % above the mark, there being no trade yet: what the order shows as its price.
    assert_eq!((venue.row(MAKER, ack).price, venue.row(MAKER, ack).time_in_force), (Ticks(682_552), TimeInForce::Ioc));
    let options = Options { market_reach: amount("0.001"), ..Options::default() };
    let mut venue = quoted(options);
    let ack = venue.place(MAKER, PlaceOrder::market(BTC, Side::Sell, Lots(50)));
    venue.settle();
    assert_eq!((venue.row(MAKER, ack).price, end(&venue, ack).1), (Ticks(649_400), 10));
}

#[test]
fn slippage_ends_a_market_orders_reach() {
    let bought = |slippage| {
        let mut venue = quoted(Options::default());
        let ack = venue.place(MAKER, PlaceOrder { slippage: Some(slippage), ..PlaceOrder::market(BTC, Side::Buy, Lots(50)) });
        venue.settle();
        (venue.row(MAKER, ack).price.0, venue.row(MAKER, ack).cum_qty.0)
    };
    assert_eq!(bought(Slippage::Ticks(899)), (650_999, 10));
    assert_eq!(bought(Slippage::Ticks(900)), (651_000, 30));
    assert_eq!(bought(Slippage::Fraction(amount("0.001"))), (650_750, 10));
    assert_eq!(bought(Slippage::Fraction(amount("0.1"))), (682_552, 30), "the reach is nearer");
}

#[test]
fn a_market_order_without_any_price_known_finds_nothing() {
    let mut venue = Venue::empty();
    for side in Side::BOTH {
        let ack = venue.place(MAKER, PlaceOrder::market(BTC, side, Lots(5)));
        venue.settle();
        assert_eq!(end(&venue, ack), (OrderStatus::Cancelled, 0, EndReason::NotImmediate));
    }
}

#[test]
fn market_orders_have_a_largest_size_of_their_own() {
    let rules = MarketRules { max_market_qty: Some(Lots(40)), ..MarketRules::of(mm_core::ids::Category::Linear) };
    let config = mm_sim::exchange::ExchangeConfig { rules: vec![rules], ..config() };
    let mut venue = Venue::with(config, Box::new(matching(Flow::empty(), 1)));
    assert_eq!(venue.refusal(PlaceOrder::market(BTC, Side::Buy, Lots(41))), (10001, "Qty invalid".to_string()));
    venue.place(MAKER, post_only(Side::Buy, 650_000, 41));
}

#[test]
fn contracts_clamp_aggressive_prices_and_leave_passive_ones() {
    let mut venue = quoted(Options::default());
    // Mark 65 005: highest buy +1 %, lowest sell −1 %, on the grid.
    assert_eq!(venue.exchange.price_limits(BTC), Some((Ticks(656_550), Ticks(643_550))));
    let ack = venue.place(MAKER, gtc(Side::Buy, 700_000, 40));
    venue.settle();
    assert_eq!((venue.row(MAKER, ack).price, venue.row(MAKER, ack).cum_qty), (Ticks(656_550), Lots(30)));
    assert_eq!(venue.exchange.liquidity().best(BTC).0, Some(Ticks(656_550)), "the rest stands at the limit");
    let deep = venue.place(MAKER, gtc(Side::Buy, 300_000, 1));
    venue.settle();
    assert_eq!(venue.row(MAKER, deep).price, Ticks(300_000));
    venue.amend(deep, Some(690_000), None).unwrap();
    venue.settle();
    assert_eq!(venue.row(MAKER, deep).price, venue.exchange.price_limits(BTC).unwrap().0);
}

#[test]
fn contracts_may_refuse_them_instead() {
    let mut venue = quoted(Options { linear_beyond_limit: BeyondLimit::Reject, ..Options::default() });
    assert_eq!(venue.refusal(gtc(Side::Buy, 656_551, 1)).0, 30_208);
    assert_eq!(venue.refusal(gtc(Side::Sell, 643_549, 1)).0, 30_209);
    let ack = venue.place(MAKER, gtc(Side::Sell, 643_550, 1));
    assert_eq!(venue.amend(ack, Some(643_549), None).unwrap_err().0, 30_209);
}

/// The maker is long 10 at 650 100.
fn long_ten() -> Venue {
    let mut venue = quoted(Options::default());
    venue.place(MAKER, PlaceOrder::market(BTC, Side::Buy, Lots(10)));
    venue.settle();
    assert_eq!(venue.exchange.position(MAKER, BTC).size, Lots(10));
    venue
}

#[test]
fn reduce_only_is_refused_where_there_is_nothing_to_reduce() {
    let mut venue = quoted(Options::default());
    let none = "current position is zero, cannot fix reduce-only order qty".to_string();
    assert_eq!(venue.refusal(reduce(gtc(Side::Sell, 651_000, 5))), (110_017, none));
    let mut venue = long_ten();
    let same = "reduce-only order has same side with current position".to_string();
    assert_eq!(venue.refusal(reduce(gtc(Side::Buy, 649_000, 5))), (110_017, same));
    // What others of its kind already reduce is taken: cut first, then refused.
    let cut = venue.place(MAKER, reduce(post_only(Side::Sell, 652_000, 7)));
    let rest = venue.place(MAKER, reduce(post_only(Side::Sell, 652_000, 7)));
    venue.settle();
    assert_eq!((venue.row(MAKER, cut).qty, venue.row(MAKER, rest).qty), (Lots(7), Lots(3)));
    assert_eq!(venue.refusal(reduce(gtc(Side::Sell, 652_000, 1))).0, 110_017);
    // An amend cannot ask for more than is left either.
    venue.amend(cut, None, Some(6)).unwrap();
    venue.settle();
    venue.amend(rest, None, Some(9)).unwrap();
    venue.settle();
    assert_eq!(venue.row(MAKER, rest).qty, Lots(4));
}

#[test]
fn resting_reduce_only_orders_shrink_and_go_with_the_position() {
    let mut venue = long_ten();
    let (first, second) =
        (venue.place(MAKER, reduce(post_only(Side::Sell, 652_000, 4))), venue.place(MAKER, reduce(post_only(Side::Sell, 652_001, 6))));
    venue.settle();
    venue.place(MAKER, PlaceOrder::market(BTC, Side::Sell, Lots(3)));
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!((venue.row(MAKER, first).qty, venue.row(MAKER, second).qty), (Lots(4), Lots(3)), "{rows:?}");
    venue.place(MAKER, PlaceOrder::market(BTC, Side::Sell, Lots(7)));
    venue.settle();
    assert_eq!(end(&venue, first), (OrderStatus::Cancelled, 0, EndReason::ReduceOnly));
    assert_eq!(end(&venue, second), (OrderStatus::Cancelled, 0, EndReason::ReduceOnly));
}

#[test]
fn a_plain_order_ahead_takes_the_room_of_a_reduce_only_one() {
    let mut venue = long_ten();
    let careful = venue.place(MAKER, reduce(post_only(Side::Sell, 652_000, 10)));
    venue.settle();
    let plain = venue.place(MAKER, post_only(Side::Sell, 651_999, 8));
    venue.settle();
    assert_eq!(venue.row(MAKER, careful).qty, Lots(2), "a sweep of both would otherwise turn the position");
    venue.hit(Side::Buy, 652_000, 60);
    assert_eq!((end(&venue, plain).1, end(&venue, careful).1), (8, 2));
    assert_eq!(venue.exchange.position(MAKER, BTC).size, Lots::ZERO);
}

#[test]
fn a_reduce_only_order_finds_the_position_gone_when_it_arrives() {
    let mut venue = long_ten();
    venue.place(MAKER, PlaceOrder::market(BTC, Side::Sell, Lots(10)));
    let late = venue.place(MAKER, reduce(gtc(Side::Sell, 640_000, 10)));
    venue.settle();
    assert_eq!(end(&venue, late), (OrderStatus::Cancelled, 0, EndReason::ReduceOnly));
    assert_eq!(venue.exchange.position(MAKER, BTC).size, Lots::ZERO);
}

#[test]
fn a_position_is_closed_whole_and_in_parts_where_it_is_larger_than_one_order() {
    let mut venue = long_ten();
    let close = PlaceOrder { close_position: true, ..PlaceOrder::market(BTC, Side::Sell, Lots::ZERO) };
    let ack = venue.place(MAKER, close);
    venue.settle();
    assert_eq!((end(&venue, ack), venue.exchange.position(MAKER, BTC).size), ((OrderStatus::Filled, 10, EndReason::None), Lots::ZERO));

    let rules = MarketRules { max_market_qty: Some(Lots(4)), ..MarketRules::of(mm_core::ids::Category::Linear) };
    let config = mm_sim::exchange::ExchangeConfig { rules: vec![rules], ..config() };
    let mut venue = Venue::with(config, Box::new(matching(Flow::empty(), 1)));
    venue.place(OTHER, post_only(Side::Sell, 650_000, 10));
    venue.place(MAKER, gtc(Side::Buy, 650_000, 10));
    venue.place(OTHER, post_only(Side::Buy, 649_990, 30));
    venue.pass(SECOND_NS);
    venue.place(MAKER, named(close, "whole"));
    venue.settle();
    let parts: Vec<_> = venue.exchange.closed_orders(MAKER).take(3).map(|row| (row.qty.0, row.parent_id, row.client_id)).collect();
    let (whole, none) = (Text::new(b"whole").unwrap(), Text::EMPTY);
    assert_eq!(parts, [(2, whole, none), (4, whole, none), (4, none, whole)]);
    assert_eq!(venue.exchange.position(MAKER, BTC).size, Lots::ZERO);
}

#[test]
fn an_amend_may_lose_its_place_or_its_cross_be_refused_by_option() {
    let mut venue = quoted(Options { crossing_amend_ends: false, ..Options::default() });
    let careful = venue.place(MAKER, post_only(Side::Buy, 649_990, 10));
    venue.settle();
    venue.amend(careful, Some(650_100), None).unwrap();
    let row = &orders(&venue.settle(), MAKER)[0];
    assert_eq!((row.status, row.price), (OrderStatus::New, Ticks(649_990)));
    let mut venue = quoted(Options { size_down_keeps_place: false, ..Options::default() });
    let first = venue.place(MAKER, post_only(Side::Buy, 650_001, 10));
    let second = venue.place(MAKER, post_only(Side::Buy, 650_001, 10));
    venue.settle();
    venue.amend(first, None, Some(5)).unwrap();
    venue.settle();
    venue.hit(Side::Sell, 650_001, 3);
    assert_eq!((venue.row(MAKER, first).cum_qty, venue.row(MAKER, second).cum_qty), (Lots(0), Lots(3)));
}

#[test]
fn client_ids_may_come_free_and_be_shorter() {
    let mut venue = quoted(Options { client_ids_come_free: true, max_client_id_chars: 36, ..Options::default() });
    let order = named(post_only(Side::Buy, 600_000, 1), "again");
    let ack = venue.place(MAKER, order);
    venue.settle();
    assert_eq!(venue.refusal(order).0, 110_072, "not while it is open");
    venue.cancel(ack).unwrap();
    venue.settle();
    venue.place(MAKER, order);
    let long = named(post_only(Side::Buy, 600_000, 1), &"x".repeat(37));
    assert_eq!(venue.refusal(long), (10001, "order link id is longer than 36".to_string()));
}
