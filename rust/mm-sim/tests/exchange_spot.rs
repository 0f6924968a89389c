//! Spot beside a contract of the same name: what is locked, in which coin a fee is paid and what is refused.
#![allow(clippy::unwrap_used)] // A test may panic.

mod exchange_fixture;

use exchange_fixture::spot::*;
use exchange_fixture::*;
use mm_core::ids::Text;
use mm_core::units::{Lots, Side, Ticks};
use mm_sim::api::{AmendOrder, ApiError, OrderAck, OrderRef, OrderStatus, Uid};

fn amend(venue: &mut Venue, ack: OrderAck, price: Option<i64>, qty: Option<i64>) -> Result<OrderAck, ApiError> {
    let order = OrderRef::Venue(ack.order_id);
    venue.exchange.amend(venue.now_ns, MAKER, AmendOrder { market: SPOT, order, price: price.map(Ticks), qty: qty.map(Lots) })
}

/// (wallet, locked) of a coin.
fn held(venue: &Venue, uid: Uid, name: &str) -> (String, String) {
    let row = venue.exchange.wallet(uid).into_iter().find(|row| row.coin == coin(name)).unwrap();
    (row.wallet.to_string(), row.locked.to_string())
}

fn pair(wallet: &str, locked: &str) -> (String, String) {
    (wallet.into(), locked.into())
}

#[test]
fn a_buy_locks_quote_and_a_sell_base_until_it_fills_changes_or_goes() {
    let mut venue = venue("0", "0");
    let buy = venue.place(MAKER, spot(Side::Buy, 650_000, 10_000));
    let sell = venue.place(MAKER, spot(Side::Sell, 650_010, 15_000));
    assert_eq!((held(&venue, MAKER, "USDT"), held(&venue, MAKER, "BTC")), (pair("1000", "650"), pair("0.02", "0.015")));
    assert_eq!(venue.refusal(spot(Side::Buy, 650_000, 6_000)), (170_131, "Insufficient balance.".into()));
    assert_eq!(venue.refusal(spot(Side::Sell, 650_010, 5_001)).0, 170_131);
    venue.settle();
    venue.place(OTHER, taking(Side::Sell, 650_000, 4_000));
    venue.settle();
    assert_eq!((held(&venue, MAKER, "USDT"), held(&venue, MAKER, "BTC")), (pair("740", "390"), pair("0.024", "0.015")));
    venue.exchange.cancel(venue.now_ns, MAKER, SPOT, OrderRef::Venue(sell.order_id)).unwrap();
    assert_eq!(held(&venue, MAKER, "BTC").1, "0.015", "what is under way to the book still locks");
    venue.settle();
    assert_eq!(held(&venue, MAKER, "BTC"), pair("0.024", "0"));
    assert_eq!(amend(&mut venue, buy, None, Some(16_000)).unwrap_err().code, 170_131);
    amend(&mut venue, buy, None, Some(15_000)).unwrap();
    amend(&mut venue, buy, None, Some(6_000)).unwrap();
    assert_eq!(held(&venue, MAKER, "USDT").1, "715", "the largest of the sizes under way");
    venue.settle();
    assert_eq!(held(&venue, MAKER, "USDT").1, "130");
}

#[test]
fn the_contract_of_the_same_name_shares_nothing_but_the_quote_coin() {
    let mut venue = venue("0", "0.001");
    venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
    venue.place(OTHER, taking(Side::Sell, 640_000, 10_000));
    venue.settle();
    assert_eq!(venue.exchange.executions(MAKER).count(), 0, "the contract's bid is not in the spot book");
    assert_eq!(held(&venue, MAKER, "USDT").1, "0", "a contract locks nothing");
    assert_eq!(venue.exchange.position(OTHER, LINEAR).size, Lots::ZERO);
}

#[test]
fn a_fee_leaves_the_coin_received_and_only_a_makers_rebate_flips() {
    // (maker rate, maker's side) -> (maker's fee, its coin, taker's fee, its coin)
    let cases = [
        ("0.001", Side::Buy, ("0.000004", "BTC"), ("0.52", "USDT")),
        ("0.001", Side::Sell, ("0.26", "USDT"), ("0.000008", "BTC")),
        ("-0.001", Side::Buy, ("-0.26", "USDT"), ("0.52", "USDT")),
        ("-0.001", Side::Sell, ("-0.000004", "BTC"), ("0.000008", "BTC")),
        ("0", Side::Buy, ("0", "BTC"), ("0.52", "USDT")),
    ];
    for (rate, side, maker, taker) in cases {
        let mut venue = venue(rate, "0.002");
        venue.place(MAKER, spot(side, 650_000, 4_000));
        venue.settle();
        venue.place(OTHER, taking(side.opposite(), 650_000, 4_000));
        venue.settle();
        let fee = |uid| {
            let row = venue.exchange.executions(uid).next().unwrap();
            (row.fee.to_string(), row.fee_coin.to_string())
        };
        assert_eq!((fee(MAKER), fee(OTHER)), (pair(maker.0, maker.1), pair(taker.0, taker.1)), "{rate} {side:?}");
    }
}

#[test]
fn the_record_states_the_coin_that_came_with_base_fees_taken_off() {
    let mut venue = venue("0.001", "0.002");
    venue.place(MAKER, spot(Side::Buy, 650_000, 4_000));
    venue.settle();
    venue.place(OTHER, taking(Side::Sell, 650_000, 4_000));
    venue.settle();
    let json = venue.exchange.record(venue.now_ns).to_json();
    let (row, linear) = (&json["markets"]["spot.BTCUSDT"], &json["markets"]["linear.BTCUSDT"]);
    assert_eq!((row["position"].as_str(), row["cash"].as_str()), (Some("0.003996"), Some("-260")));
    assert_eq!((row["fees"].as_str(), row["base_fees"].as_str()), (Some("0"), Some("0.000004")));
    assert_eq!((json["balances"]["BTC"].as_str(), json["balances"]["USDT"].as_str()), (Some("0.023996"), Some("740")));
    assert!(linear.get("base_fees").is_none() && linear["position"] == "0");
    assert_eq!((record(&venue, OTHER).position, record(&venue, OTHER).fees), (amount("-0.004"), amount("0.52")));
}

#[test]
fn spot_refuses_in_its_own_codes() {
    let mut venue = venue("0", "0");
    assert_eq!(venue.refusal(spot(Side::Buy, 650_000, 0)).0, 170_136);
    assert_eq!(venue.refusal(spot(Side::Buy, 650_000, 230_000_001)).0, 170_135);
    assert_eq!(venue.refusal(spot(Side::Buy, 0, 1_000)).0, 170_133);
    assert_eq!(venue.refusal(spot(Side::Buy, 650_000, 76)), (170_140, "Order value exceeded lower limit.".into()));
    venue.place(MAKER, named(spot(Side::Buy, 650_000, 77), "once"));
    assert_eq!(venue.refusal(named(spot(Side::Buy, 650_000, 77), "once")).0, 170_141);
    let stranger = OrderRef::Client(Text::new(b"never").unwrap());
    assert_eq!(venue.exchange.cancel(0, MAKER, SPOT, stranger).unwrap_err().code, 170_213);
    let lost = AmendOrder { market: SPOT, order: stranger, price: None, qty: Some(Lots(80)) };
    assert_eq!(venue.exchange.amend(0, MAKER, lost).unwrap_err().code, 170_213);
    let ack = venue.place(MAKER, spot(Side::Buy, 650_000, 4_000));
    venue.settle();
    venue.place(OTHER, taking(Side::Sell, 650_000, 1_000));
    venue.settle();
    assert_eq!(amend(&mut venue, ack, None, Some(923)).unwrap_err().code, 170_313);
    assert_eq!(amend(&mut venue, ack, None, Some(4_000)).unwrap_err().code, 10_001);
}

#[test]
fn the_501st_active_order_of_all_spot_markets_is_refused() {
    let mut venue = venue("0", "0");
    for price in 0..500 {
        venue.exchange.place(0, MAKER, spot(Side::Sell, 2_000_000 + price, 30)).unwrap();
    }
    assert_eq!(venue.refusal(spot(Side::Sell, 2_000_000, 30)).0, 170_810);
    venue.place(MAKER, post_only(Side::Buy, 650_000, 10));
}

#[test]
fn post_only_that_would_take_is_rejected_and_ids_are_digits() {
    let mut venue = venue("0", "0");
    venue.place(OTHER, spot(Side::Sell, 650_000, 1_000));
    venue.settle();
    let ack = venue.place(MAKER, spot(Side::Buy, 650_000, 1_000));
    let rows = orders(&venue.settle(), MAKER);
    assert_eq!(rows.iter().map(|row| row.status).collect::<Vec<_>>(), [OrderStatus::Rejected]);
    assert_eq!((held(&venue, MAKER, "USDT").1.as_str(), record(&venue, MAKER).post_only_rejects), ("0", 1));
    let (order, client): (u64, u64) = (ack.order_id.as_str().parse().unwrap(), ack.client_id.as_str().parse().unwrap());
    assert_eq!((ack.order_id.as_str().len(), client), (19, order + 1), "the venue fills a missing client id in");
}
