//! What an order does when it reaches the book: immediate-or-cancel, fill-or-kill, and orders of one owner that meet.
#![allow(clippy::unwrap_used)] // A test may panic.

mod exchange_fixture;

use exchange_fixture::*;
use mm_core::units::{Lots, Side, Ticks};
use mm_sim::api::{EndReason, OrderAck, OrderStatus, PlaceOrder, SelfMatch, TimeInForce, Uid};

fn ioc(side: Side, price: i64, qty: i64) -> PlaceOrder {
    PlaceOrder { time_in_force: TimeInForce::Ioc, ..gtc(side, price, qty) }
}

fn fok(side: Side, price: i64, qty: i64) -> PlaceOrder {
    PlaceOrder { time_in_force: TimeInForce::Fok, ..gtc(side, price, qty) }
}

fn best(venue: &Venue) -> (Option<Ticks>, Option<Ticks>) {
    venue.exchange.liquidity().best(BTC)
}

/// (status, filled, why it ended)
fn end(venue: &Venue, uid: Uid, ack: OrderAck) -> (OrderStatus, i64, EndReason) {
    let row = venue.row(uid, ack);
    (row.status, row.cum_qty.0, row.end_reason)
}

#[test]
fn immediate_or_cancel_takes_what_is_there_and_never_rests() {
    let mut venue = Venue::empty();
    let nothing = venue.place(MAKER, ioc(Side::Buy, 650_000, 5));
    venue.settle();
    assert_eq!(end(&venue, MAKER, nothing), (OrderStatus::Cancelled, 0, EndReason::NotImmediate));
    venue.hit(Side::Sell, 650_000, 3);
    venue.hit(Side::Sell, 650_001, 3);
    let part = venue.place(MAKER, ioc(Side::Buy, 650_000, 5));
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!(rows.iter().map(|row| row.status).collect::<Vec<_>>(), [OrderStatus::PartiallyFilled, OrderStatus::Cancelled]);
    assert_eq!(end(&venue, MAKER, part), (OrderStatus::Cancelled, 3, EndReason::NotImmediate));
    assert_eq!(best(&venue), (None, Some(Ticks(650_001))));
    let whole = venue.place(MAKER, ioc(Side::Buy, 650_001, 3));
    venue.settle();
    assert_eq!(end(&venue, MAKER, whole), (OrderStatus::Filled, 3, EndReason::None));
}

#[test]
fn fill_or_kill_trades_all_or_nothing() {
    let mut venue = Venue::empty();
    venue.hit(Side::Sell, 650_000, 3);
    venue.hit(Side::Sell, 650_001, 3);
    let short = venue.place(MAKER, fok(Side::Buy, 650_000, 4));
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!(rows.len(), 1, "nothing traded: {rows:?}");
    assert_eq!(end(&venue, MAKER, short), (OrderStatus::Cancelled, 0, EndReason::NotWhole));
    let whole = venue.place(MAKER, fok(Side::Buy, 650_001, 4));
    venue.settle();
    assert_eq!(end(&venue, MAKER, whole), (OrderStatus::Filled, 4, EndReason::None));
    assert_eq!(venue.row(MAKER, whole).cum_value, amount("260.0001"));
}

/// Others sell 2 at 650 000, the maker 3 there, others 5 at 650 001; then the maker buys 6 at 650 001 with this word.
fn meeting(self_match: SelfMatch, time_in_force: TimeInForce) -> (Venue, OrderAck, OrderAck) {
    let mut venue = Venue::empty();
    venue.hit(Side::Sell, 650_000, 2);
    let own = venue.place(MAKER, post_only(Side::Sell, 650_000, 3));
    venue.settle();
    venue.hit(Side::Sell, 650_001, 5);
    let taker = venue.place(MAKER, PlaceOrder { self_match, time_in_force, ..gtc(Side::Buy, 650_001, 6) });
    venue.settle();
    (venue, own, taker)
}

#[test]
fn orders_of_one_owner_meet_as_the_incoming_one_says() {
    let (venue, own, taker) = meeting(SelfMatch::Allow, TimeInForce::Gtc);
    assert_eq!((end(&venue, MAKER, own).0, end(&venue, MAKER, taker).1), (OrderStatus::Filled, 6));
    let (venue, own, taker) = meeting(SelfMatch::CancelMaker, TimeInForce::Gtc);
    assert_eq!(end(&venue, MAKER, own), (OrderStatus::Cancelled, 0, EndReason::SelfMatch));
    assert_eq!(end(&venue, MAKER, taker), (OrderStatus::Filled, 6, EndReason::None));
    assert_eq!((venue.row(MAKER, own).counter_id, venue.row(MAKER, own).qty), (taker.order_id, Lots(3)));
    let (venue, own, taker) = meeting(SelfMatch::CancelTaker, TimeInForce::Gtc);
    assert_eq!(end(&venue, MAKER, own), (OrderStatus::New, 0, EndReason::None));
    assert_eq!(end(&venue, MAKER, taker), (OrderStatus::Cancelled, 2, EndReason::SelfMatch));
    assert_eq!(venue.row(MAKER, taker).counter_id, own.order_id);
    let (venue, own, taker) = meeting(SelfMatch::CancelBoth, TimeInForce::Gtc);
    assert_eq!(end(&venue, MAKER, own), (OrderStatus::Cancelled, 0, EndReason::SelfMatch));
    assert_eq!(end(&venue, MAKER, taker), (OrderStatus::Cancelled, 2, EndReason::SelfMatch));
    assert_eq!(best(&venue), (None, Some(Ticks(650_001))));
}

#[test]
fn fill_or_kill_counts_only_what_it_may_trade_with() {
    // 2 + 5 of others: 6 is there, past the own order that steps aside.
    assert_eq!(meeting_fok(SelfMatch::CancelMaker), (OrderStatus::Filled, 6, EndReason::None));
    // An own order in the way is where it would end.
    assert_eq!(meeting_fok(SelfMatch::CancelTaker), (OrderStatus::Cancelled, 0, EndReason::NotWhole));
    assert_eq!(meeting_fok(SelfMatch::CancelBoth), (OrderStatus::Cancelled, 0, EndReason::NotWhole));
    assert_eq!(meeting_fok(SelfMatch::Allow), (OrderStatus::Filled, 6, EndReason::None));
}

fn meeting_fok(self_match: SelfMatch) -> (OrderStatus, i64, EndReason) {
    let (venue, _, taker) = meeting(self_match, TimeInForce::Fok);
    end(&venue, MAKER, taker)
}

#[test]
fn an_own_order_that_the_taker_never_reaches_stays() {
    let mut venue = Venue::empty();
    venue.hit(Side::Sell, 650_000, 2);
    let own = venue.place(MAKER, post_only(Side::Sell, 650_001, 3));
    venue.settle();
    let taker = venue.place(MAKER, PlaceOrder { self_match: SelfMatch::CancelBoth, ..gtc(Side::Buy, 650_001, 2) });
    venue.settle();
    assert_eq!((end(&venue, MAKER, own).0, end(&venue, MAKER, taker).0), (OrderStatus::New, OrderStatus::Filled));
}

#[test]
fn accounts_of_one_group_count_as_one_owner() {
    let meet = |groups: [u32; 2]| {
        let mut config = config();
        config.accounts.iter_mut().zip(groups).for_each(|(account, group)| account.smp_group = group);
        let mut venue = Venue::with(config, Box::new(matching(mm_sim::matching::Flow::empty(), 1)));
        let resting = venue.place(MAKER, post_only(Side::Sell, 650_000, 3));
        venue.settle();
        venue.place(OTHER, PlaceOrder { self_match: SelfMatch::CancelMaker, ..gtc(Side::Buy, 650_000, 3) });
        venue.settle();
        (venue.row(MAKER, resting).status, venue.row(MAKER, resting).smp_group)
    };
    assert_eq!(meet([0, 0]), (OrderStatus::Filled, 0));
    assert_eq!(meet([7, 8]), (OrderStatus::Filled, 7));
    assert_eq!(meet([7, 7]), (OrderStatus::Cancelled, 7));
}
