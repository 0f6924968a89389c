//! Every path of an order's life, from the refusal before the ack to the fill that overtakes a cancel.
#![allow(clippy::unwrap_used)] // A test may panic.

mod exchange_fixture;

use exchange_fixture::*;
use mm_core::ids::{MarketIx, Text};
use mm_core::units::{Lots, Side, Ticks};
use mm_sim::api::{AmendOrder, EndReason, Event, OrderRef, OrderStatus, PlaceOrder, Uid};
use mm_sim::exchange::checks::{parse_price, parse_qty};
use mm_sim::exchange::orders::MAX_CLOSED_ORDERS;

#[test]
fn an_accepted_order_rests_after_the_latency_and_not_before() {
    let mut venue = Venue::empty();
    let ack = venue.place(MAKER, named(post_only(Side::Buy, 650_000, 10), "mm-1"));
    assert_eq!(ack.client_id.as_str(), "mm-1");
    assert_eq!(venue.exchange.next_due(), Some(LATENCY_NS));
    assert_eq!(venue.pass(LATENCY_NS - 1), []);
    let events = venue.pass(1);
    let rows = orders(&events, MAKER);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].status, rows[0].order_id, rows[0].updated_ns), (OrderStatus::New, ack.order_id, LATENCY_NS));
    assert!(matches!(venue.pass(20 * LATENCY_NS)[..], [Event::Book { market: BTC, .. }]));
    assert_eq!(venue.exchange.liquidity().best(BTC), (Some(Ticks(650_000)), None));
}

#[test]
fn what_breaks_a_rule_is_refused_in_the_venues_words() {
    let mut venue = Venue::empty();
    let good = post_only(Side::Buy, 650_000, 10);
    let with = |price: i64, qty: i64| PlaceOrder { price: Ticks(price), qty: Lots(qty), ..good };
    let invalid = (10001, "Qty invalid".to_string());
    assert_eq!(venue.refusal(with(650_000, 0)), invalid);
    assert_eq!(venue.refusal(with(650_000, -1)), invalid);
    assert_eq!(venue.refusal(with(650_000, 1_000_001)), invalid);
    assert_eq!(venue.refusal(with(0, 10)).0, 110_003);
    assert_eq!(venue.refusal(with(20_000_001, 10)).0, 110_003);
    assert_eq!(venue.refusal(with(49_999, 1)), (110_094, "Order does not meet minimum order value 5USDT".to_string()));
    assert_eq!(venue.refusal(PlaceOrder { market: MarketIx(9), ..good }), (10001, "Not supported symbols".to_string()));
    assert_eq!(venue.exchange.place(0, Uid(77), good).unwrap_err().code, 10003);
    let spec = &venue.exchange.instruments()[0];
    assert_eq!(parse_price(spec, b"65000.05").unwrap_err().code, 10001);
    assert_eq!(parse_qty(spec, b"0.0005").unwrap_err().msg, "Qty invalid");
    assert_eq!(parse_price(spec, b"65000.10"), Ok(Ticks(650_001)));
    assert_eq!(venue.exchange.open_orders(MAKER).count(), 0);
    assert_eq!(venue.pass(SECOND_NS), []);
}

#[test]
fn a_client_id_is_used_once_for_ever_and_per_account() {
    let mut venue = Venue::empty();
    let order = named(post_only(Side::Buy, 650_000, 10), "once");
    let ack = venue.place(MAKER, order);
    assert_eq!(venue.refusal(order), (110_072, "OrderLinkedID is duplicate".to_string()));
    venue.cancel(ack).unwrap();
    venue.settle();
    assert_eq!(venue.refusal(order).0, 110_072);
    venue.place(OTHER, order);
    venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
}

#[test]
fn the_501st_active_order_of_a_market_is_refused() {
    let mut venue = Venue::empty();
    let acks: Vec<_> = (0..500).map(|price| venue.place(MAKER, post_only(Side::Buy, 600_000 + price, 10))).collect();
    assert_eq!(venue.refusal(post_only(Side::Buy, 650_000, 10)).0, 110_020);
    venue.place(MAKER, PlaceOrder { market: ETH, ..post_only(Side::Buy, 190_000, 10) });
    venue.cancel(acks[0]).unwrap();
    venue.settle();
    venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
}

#[test]
fn post_only_that_touches_the_other_side_never_takes() {
    let mut venue = Venue::empty();
    venue.hit(Side::Sell, 650_010, 5);
    let ack = venue.place(MAKER, post_only(Side::Buy, 650_010, 10));
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].status, rows[0].end_reason), (OrderStatus::Cancelled, EndReason::PostOnlyWouldTake));
    assert_eq!(venue.row(MAKER, ack).cum_qty, Lots::ZERO);
    assert_eq!(venue.cancel(ack), Err((110_001, "order not exists or too late to cancel".to_string())));
    let record = venue.exchange.record(venue.now_ns);
    assert_eq!(record.accounts[0].markets["linear.BTCUSDT"].post_only_rejects, 1);
}

#[test]
fn a_fill_tells_execution_order_position_wallet_in_this_order() {
    let mut venue = Venue::empty();
    let ack = venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    venue.settle();
    let events = venue.hit(Side::Sell, 650_000, 4);
    let mine: Vec<&Event> = events.iter().filter(|event| about(event, MAKER)).collect();
    let [Event::Execution(fill), Event::Order(order), Event::Position(position), Event::Wallet { uid, coins }] = mine[..] else {
        panic!("{mine:?}");
    };
    assert_eq!((fill.qty, fill.leaves_qty, fill.closed_qty, fill.is_maker), (Lots(4), Lots(6), Lots(0), true));
    assert_eq!((fill.value, fill.fee, fill.fee_rate), (amount("260"), amount("-0.0026"), amount("-0.00001")));
    assert_eq!((order.status, order.cum_qty, order.cum_value), (OrderStatus::PartiallyFilled, Lots(4), amount("260")));
    assert_eq!((position.size, position.cost, position.realised), (Lots(4), amount("260"), amount("0.0026")));
    assert_eq!(coins[..], [coin("USDT")]);
    assert_eq!(venue.exchange.balance(*uid, coins[0]).unwrap().0, amount("100000.0026"));
    let events = venue.hit(Side::Sell, 649_000, 7);
    assert_eq!(orders(&events, MAKER)[0].status, OrderStatus::Filled);
    // The stranger took 6 at our price, its last lot rests at its own.
    assert_eq!(orders(&events, OTHER).iter().map(|row| row.status).collect::<Vec<_>>(), [OrderStatus::PartiallyFilled]);
    assert_eq!(venue.exchange.liquidity().best(BTC), (None, Some(Ticks(649_000))));
    assert_eq!(venue.exchange.executions(OTHER).next().unwrap().fee, amount("0.0585"));
    assert_eq!(venue.row(MAKER, ack).cum_fee, amount("-0.0065"));
}

fn about(event: &Event, uid: Uid) -> bool {
    match event {
        Event::Order(row) => row.uid == uid,
        Event::Execution(row) => row.uid == uid,
        Event::Position(row) => row.uid == uid,
        Event::Wallet { uid: of, .. } => *of == uid,
        _ => false,
    }
}

#[test]
fn a_smaller_size_keeps_the_queue_place_and_a_larger_one_or_another_price_loses_it() {
    let filled_first = |price: Option<i64>, qty: Option<i64>| {
        let mut venue = Venue::empty();
        let first = venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
        let second = venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
        venue.settle();
        if price.is_some() {
            venue.amend(first, price, None).unwrap();
            venue.settle();
        }
        venue.amend(first, price.map(|_| 650_000), qty).unwrap();
        assert_eq!(orders(&venue.settle(), MAKER).len(), 1);
        venue.hit(Side::Sell, 650_000, 3);
        (venue.row(MAKER, first).cum_qty, venue.row(MAKER, second).cum_qty)
    };
    assert_eq!(filled_first(None, Some(5)), (Lots(3), Lots(0)));
    assert_eq!(filled_first(None, Some(11)), (Lots(0), Lots(3)));
    assert_eq!(filled_first(Some(649_999), None), (Lots(0), Lots(3)));
}

#[test]
fn amends_are_checked_against_the_last_accepted_request() {
    let mut venue = Venue::empty();
    let ack = venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    venue.settle();
    let unchanged = "The order remains unchanged as the parameters entered match the existing ones.";
    assert_eq!(venue.amend(ack, Some(650_000), Some(10)), Err((10001, unchanged.to_string())));
    venue.amend(ack, Some(650_005), None).unwrap();
    assert_eq!(venue.amend(ack, Some(650_005), None).unwrap_err().0, 10001);
    // Back to where it still stands, while the first amend is under way: not a no-op.
    venue.amend(ack, Some(650_000), None).unwrap();
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!(rows.iter().map(|row| row.price.0).collect::<Vec<_>>(), [650_005, 650_000]);
    assert_eq!(venue.amend(ack, None, Some(0)).unwrap_err().0, 10001);
    assert_eq!(venue.amend(ack, Some(0), None).unwrap_err().0, 110_003);
    venue.hit(Side::Sell, 650_000, 4);
    assert_eq!(venue.amend(ack, None, Some(4)).unwrap_err().0, 110_064);
    venue.amend(ack, None, Some(5)).unwrap();
    let row = &orders(&venue.settle(), MAKER)[0];
    assert_eq!((row.status, row.qty, row.cum_qty), (OrderStatus::PartiallyFilled, Lots(5), Lots(4)));
    let mut levels = Vec::new();
    venue.exchange.liquidity().levels(BTC, Side::Buy, 9, &mut levels);
    assert_eq!(levels, [(Ticks(650_000), Lots(1))]);
}

#[test]
fn a_post_only_amend_across_the_spread_ends_the_order_and_a_plain_one_takes() {
    let mut venue = Venue::empty();
    venue.hit(Side::Sell, 650_010, 5);
    let careful = venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    let plain = venue.place(MAKER, gtc(Side::Buy, 650_000, 10));
    venue.settle();
    venue.amend(careful, Some(650_010), None).unwrap();
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!((rows[0].status, rows[0].end_reason), (OrderStatus::Cancelled, EndReason::PostOnlyWouldTake));
    venue.amend(plain, Some(650_010), None).unwrap();
    venue.settle();
    let row = venue.row(MAKER, plain);
    assert_eq!((row.status, row.cum_qty), (OrderStatus::PartiallyFilled, Lots(5)));
    assert_eq!(venue.exchange.liquidity().best(BTC), (Some(Ticks(650_010)), None));
}

#[test]
fn a_cancel_or_amend_that_a_full_fill_overtakes_changes_nothing() {
    let mut venue = Venue::empty();
    let (one, two) = (venue.place(MAKER, post_only(Side::Buy, 650_000, 10)), venue.place(MAKER, post_only(Side::Buy, 650_000, 10)));
    venue.settle();
    venue.place(OTHER, gtc(Side::Sell, 650_000, 20));
    venue.cancel(one).unwrap();
    venue.amend(two, Some(649_000), None).unwrap();
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!(rows.iter().map(|row| row.status).collect::<Vec<_>>(), [OrderStatus::Filled; 2]);
    assert_eq!((venue.row(MAKER, one).end_reason, venue.row(MAKER, two).price), (EndReason::None, Ticks(650_000)));
    let late = "order not exists or too late to replace".to_string();
    assert_eq!(venue.amend(two, Some(649_000), None), Err((110_001, late)));
}

#[test]
fn an_amend_below_what_filled_meanwhile_leaves_the_order_and_says_so() {
    let mut venue = Venue::empty();
    let ack = venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    venue.settle();
    venue.place(OTHER, gtc(Side::Sell, 650_000, 6));
    venue.amend(ack, None, Some(5)).unwrap();
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!(rows.iter().map(|row| (row.qty, row.cum_qty)).collect::<Vec<_>>(), [(Lots(10), Lots(6)); 2]);
    // The lost request is forgotten: the same size again is refused for what it is, not as unchanged.
    assert_eq!(venue.amend(ack, None, Some(5)).unwrap_err().0, 110_064);
    assert_eq!(venue.amend(ack, None, Some(10)).unwrap_err().0, 10001);
}

#[test]
fn cancel_all_reaches_orders_that_are_still_under_way() {
    let mut venue = Venue::empty();
    venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    venue.settle();
    venue.place(MAKER, PlaceOrder { market: ETH, ..post_only(Side::Buy, 190_000, 10) });
    venue.place(MAKER, post_only(Side::Sell, 650_100, 10));
    venue.place(OTHER, post_only(Side::Sell, 650_200, 10));
    assert_eq!(venue.exchange.cancel_all(venue.now_ns, MAKER, Some(BTC), usize::MAX).len(), 2);
    venue.settle();
    assert_eq!(venue.exchange.open_orders(MAKER).count(), 1);
    assert_eq!(venue.exchange.cancel_all(venue.now_ns, MAKER, None, usize::MAX).len(), 1);
    // Asking twice is harmless: the second cancel finds the order gone.
    assert_eq!(venue.exchange.cancel_all(venue.now_ns, MAKER, None, usize::MAX).len(), 1);
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!((rows.len(), rows[0].end_reason), (1, EndReason::User));
    assert_eq!((venue.exchange.open_orders(MAKER).count(), venue.exchange.open_orders(OTHER).count()), (0, 1));
}

#[test]
fn queries_show_newest_first_find_by_either_id_and_keep_accounts_apart() {
    let mut venue = Venue::empty();
    let acks: Vec<_> = (0..3).map(|n| venue.place(MAKER, named(post_only(Side::Buy, 650_000 - n, 10), &format!("c{n}")))).collect();
    venue.settle();
    let open: Vec<_> = venue.exchange.open_orders(MAKER).map(|row| row.order_id).collect();
    assert_eq!(open, [acks[2].order_id, acks[1].order_id, acks[0].order_id]);
    venue.cancel(acks[1]).unwrap();
    venue.settle();
    let by_client = OrderRef::Client(Text::new(b"c1").unwrap());
    assert_eq!(venue.exchange.find_order(MAKER, &by_client).unwrap().status, OrderStatus::Cancelled);
    assert_eq!(venue.exchange.find_order(OTHER, &by_client), None);
    assert_eq!(venue.exchange.find_order(MAKER, &OrderRef::Client(Text::EMPTY)), None);
    let foreign = venue.exchange.cancel(venue.now_ns, OTHER, BTC, OrderRef::Venue(acks[0].order_id));
    assert_eq!(foreign.unwrap_err().code, 110_001);
    let elsewhere = AmendOrder { market: ETH, order: OrderRef::Venue(acks[0].order_id), price: Some(Ticks(1)), qty: None };
    assert_eq!(venue.exchange.amend(venue.now_ns, MAKER, elsewhere).unwrap_err().code, 110_001);
}

#[test]
fn only_the_most_recent_closed_orders_are_kept() {
    let mut venue = Venue::empty();
    let first = venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    for _ in 0..MAX_CLOSED_ORDERS {
        venue.exchange.cancel_all(venue.now_ns, MAKER, None, usize::MAX);
        venue.settle();
        venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    }
    venue.exchange.cancel_all(venue.now_ns, MAKER, None, usize::MAX);
    venue.settle();
    assert_eq!(venue.exchange.closed_orders(MAKER).count(), MAX_CLOSED_ORDERS);
    assert_eq!(venue.exchange.find_order(MAKER, &OrderRef::Venue(first.order_id)), None);
}

#[test]
fn a_new_fee_rate_counts_from_the_next_fill() {
    let mut venue = Venue::empty();
    venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    venue.settle();
    venue.hit(Side::Sell, 650_000, 1);
    venue.exchange.set_fee(BTC, amount("0.0002"), amount("0.00055"));
    assert_eq!(venue.exchange.fee_rates(BTC), (amount("0.0002"), amount("0.00055")));
    venue.hit(Side::Sell, 650_000, 1);
    let fees: Vec<_> = venue.exchange.executions(MAKER).map(|row| row.fee).collect();
    assert_eq!(fees, [amount("0.013"), amount("-0.00065")]);
}
