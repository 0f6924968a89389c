//! HTTP answers to each query. All values are made up.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::ids::{Category, ClientId, Coin};
use mm_core::input::{CoinBalance, FeeRate, Outcome, PositionUpdate, RateHeaders, RejectKind, Reply, ReplyBody};
use mm_core::instrument::Instruments;
use mm_core::output::Query;
use mm_core::units::{Amount, Lots, Ticks};
use mm_wire::{DecodeError, Decoder, HttpAnswer, Why, rate_headers};

use support::{BTC, SPOT, amount, id, table};

fn answer(query: &Query, status: u16, body: &str) -> Result<Reply, DecodeError> {
    Decoder::new().reply(query, &table(), HttpAnswer { status, rate: None, body: body.as_bytes() })
}

fn accepted(query: &Query, result: &str) -> Result<ReplyBody, DecodeError> {
    let body = format!(r#"{{"retCode":0,"retMsg":"OK","result":{result},"retExtInfo":{{}},"time":1700000000000}}"#);
    let reply = answer(query, 200, &body)?;
    assert_eq!(reply.outcome, Outcome::Accepted);
    Ok(reply.body)
}

fn open_orders() -> Query {
    Query::OpenOrders { market: BTC, cursor: String::new() }
}

fn executions() -> Query {
    Query::Executions { market: BTC, start_ms: 0, cursor: String::new() }
}

#[test]
fn linear_rules_become_an_instrument() {
    let result = r#"{"category":"linear","list":[{"symbol":"BTCUSDT","contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","settleCoin":"USDT","priceFilter":{"minPrice":"0.10","maxPrice":"1999999.85","tickSize":"0.10"},"lotSizeFilter":{"minNotionalValue":"5","maxOrderQty":"1190.000","minOrderQty":"0.001","qtyStep":"0.001"},"fundingInterval":480},{"symbol":"OTHERUSDT"}],"nextPageCursor":""}"#;
    let Ok(ReplyBody::Instruments(specs)) = accepted(&Query::Instrument(BTC), result) else { panic!() };
    let [spec] = specs.as_slice() else { panic!("{specs:?}") };
    assert_eq!(spec.id, id(Category::Linear, "BTCUSDT"));
    assert_eq!((spec.tick_size, spec.qty_step, spec.tick_lot), (amount("0.1"), amount("0.001"), amount("0.0001")));
    assert_eq!((spec.min_qty, spec.max_qty, spec.min_notional), (Lots(1), Lots(1_190_000), amount("5")));
    assert_eq!((spec.min_price, spec.max_price), (Ticks(1), Ticks(19_999_998)), "limits off the grid move inwards");
    assert_eq!((spec.base.as_str(), spec.settle.as_str()), ("BTC", "USDT"));
    let closed = result.replace("Trading", "PreLaunch");
    assert_eq!(accepted(&Query::Instrument(BTC), &closed), Err(DecodeError { field: "status", why: Why::UnknownValue }));
    let stepless = result.replace(r#""qtyStep":"0.001""#, r#""qtyStep":"""#);
    assert_eq!(accepted(&Query::Instrument(BTC), &stepless), Err(DecodeError { field: "qtyStep", why: Why::Missing }));
    let zero = result.replace(r#""tickSize":"0.10""#, r#""tickSize":"0""#);
    assert_eq!(accepted(&Query::Instrument(BTC), &zero), Err(DecodeError { field: "tickSize", why: Why::UnknownValue }));
}

#[test]
fn spot_rules_have_names_of_their_own() {
    let result = r#"{"category":"spot","list":[{"symbol":"BTCUSDT","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","lotSizeFilter":{"basePrecision":"0.000001","quotePrecision":"0.0000001","minOrderQty":"0.0000015","maxOrderQty":"83","minOrderAmt":"5","maxLimitOrderQty":"84.0000005"},"priceFilter":{"tickSize":"0.1"}}]}"#;
    let Ok(ReplyBody::Instruments(specs)) = accepted(&Query::Instrument(SPOT), result) else { panic!() };
    let [spec] = specs.as_slice() else { panic!("{specs:?}") };
    assert_eq!((spec.id.category, spec.qty_step, spec.settle.as_str()), (Category::Spot, amount("0.000001"), "USDT"));
    assert_eq!((spec.min_qty, spec.max_qty, spec.min_notional), (Lots(2), Lots(84_000_000), amount("5")));
    assert!(spec.min_price == Ticks(1) && spec.max_price > Ticks(1_000_000_000));
}

#[test]
fn fee_rates_keep_their_sign() {
    let result = r#"{"list":[{"symbol":"BTCUSDT","takerFeeRate":"0.00015","makerFeeRate":"-0.00001"},{"symbol":"XYZUSDT","takerFeeRate":"1","makerFeeRate":"1"}]}"#;
    let expected = vec![FeeRate { market: BTC, maker: amount("-0.00001"), taker: amount("0.00015") }];
    assert_eq!(accepted(&Query::FeeRate(BTC), result), Ok(ReplyBody::FeeRates(expected)));
}

#[test]
fn open_orders_take_their_category_from_the_question() {
    let row = r#"{"symbol":"BTCUSDT","orderId":"aaaa-1","orderLinkId":"r-0-1","side":"Buy","price":"70000.1","qty":"0.01","cumExecQty":"0","leavesQty":"0.01","orderStatus":"New","rejectReason":"EC_NoError","avgPrice":"","updatedTime":"1700000000003","positionIdx":0}"#;
    let result = format!(r#"{{"list":[{row}],"nextPageCursor":"aaaa-1%3A1700%2Caaaa","category":"linear"}}"#);
    let Ok(ReplyBody::Orders { rows, next }) = accepted(&open_orders(), &result) else { panic!() };
    assert_eq!((rows.len(), rows[0].market, rows[0].price, rows[0].leaves_qty), (1, BTC, Ticks(700_001), Lots(10)));
    assert_eq!(next, "aaaa-1%3A1700%2Caaaa", "cursors stay percent-encoded");
    let by_id = Query::OrderByClientId { market: SPOT, client_id: ClientId::new(b"r-0-1").unwrap() };
    let of_spot = result.replace("linear", "spot");
    let Ok(ReplyBody::Orders { rows, .. }) = accepted(&by_id, &of_spot) else { panic!() };
    assert_eq!(rows[0].market, SPOT);
    let none = accepted(&by_id, r#"{"list":[],"nextPageCursor":"","category":"spot"}"#);
    assert_eq!(none, Ok(ReplyBody::Orders { rows: vec![], next: String::new() }));
}

#[test]
fn executions_positions_and_wallet_are_rows_as_on_the_stream() {
    let row = r#"{"symbol":"BTCUSDT","orderId":"aaaa-1","orderLinkId":"","side":"Sell","execPrice":"70000","execQty":"0.5","leavesQty":"0","execFee":"3.5","execId":"e1","execType":"BustTrade","execTime":"1700000000001","feeCurrency":"","isMaker":false}"#;
    let result = format!(r#"{{"list":[{row}],"nextPageCursor":"next%2C1","category":"linear"}}"#);
    let Ok(ReplyBody::Executions { rows, next }) = accepted(&executions(), &result) else { panic!() };
    assert_eq!((rows[0].qty, rows[0].fee, next.as_str()), (Lots(500), amount("3.5"), "next%2C1"));

    let flat = r#"{"list":[{"symbol":"BTCUSDT","side":"","size":"0","positionIdx":0,"leverage":"","updatedTime":""}]}"#;
    let expected = ReplyBody::Positions(vec![PositionUpdate { market: BTC, size: Lots(0), entry: Amount::ZERO, seq: -1 }]);
    assert_eq!(accepted(&Query::Position(BTC), flat), Ok(expected));
    let long = flat.replace(r#""side":"","size":"0""#, r#""side":"Buy","size":"0.5","avgPrice":"70000.12345678""#);
    let expected = ReplyBody::Positions(vec![PositionUpdate { market: BTC, size: Lots(500), entry: amount("70000.12345678"), seq: -1 }]);
    assert_eq!(accepted(&Query::Position(BTC), &long), Ok(expected));

    let wallet = r#"{"list":[{"accountType":"UNIFIED","coin":[{"coin":"USDT","walletBalance":"100000","equity":"100001.5"}]}]}"#;
    let coins = vec![CoinBalance {
        coin: Coin::new(b"USDT").unwrap(),
        wallet: amount("100000"),
        equity: amount("100001.5"),
        told_ms: 1_700_000_000_000,
    }];
    assert_eq!(accepted(&Query::Wallet, wallet), Ok(ReplyBody::Wallet(coins)));
}

#[test]
fn cancel_all_is_done_or_in_doubt() {
    let query = Query::CancelAll(BTC);
    let done = r#"{"list":[{"orderId":"aaaa-1","orderLinkId":"r-0-1"}],"success":"1"}"#;
    assert_eq!(accepted(&query, done), Ok(ReplyBody::Empty));
    let partly = r#"{"retCode":0,"retMsg":"OK","result":{"list":[],"success":"0"}}"#;
    assert_eq!(answer(&query, 200, partly).unwrap().outcome, Outcome::Ambiguous(0));
}

#[test]
fn an_answer_that_is_none_is_ambiguous() {
    let truncated = r#"{"retCode":0,"retMsg":"OK","result":{"list":[],"success":"1""#;
    for query in [Query::CancelAll(BTC), open_orders(), Query::Wallet] {
        for (status, body) in [(502, "<html>Bad Gateway</html>"), (504, ""), (200, "<html></html>"), (200, truncated), (200, "{}")] {
            let reply = answer(&query, status, body).unwrap();
            assert_eq!(reply, Reply { outcome: Outcome::Ambiguous(i64::from(status)), rate: None, body: ReplyBody::Empty });
        }
        let banned = answer(&query, 403, "access too frequent").unwrap();
        assert_eq!(banned.outcome, Outcome::Rejected(RejectKind::RateLimited, 403));
    }
}

#[test]
fn a_refusal_carries_its_meaning_and_the_limits() {
    let rate = rate_headers(Some(b"50"), Some(b"0"), Some(b"1700000000900"));
    let body = r#"{"retCode":10006,"retMsg":"Too many visits!","result":{},"retExtInfo":{},"time":1700000000000}"#;
    let reply = Decoder::new().reply(&Query::Wallet, &table(), HttpAnswer { status: 200, rate, body: body.as_bytes() }).unwrap();
    assert_eq!(reply.outcome, Outcome::Rejected(RejectKind::RateLimited, 10006));
    assert_eq!(reply.rate, Some(RateHeaders { limit: 50, remaining: 0, reset_ms: 1_700_000_000_900 }));
    assert_eq!(rate_headers(Some(b"50"), None, Some(b"1")), None);
    assert_eq!(rate_headers(Some(b"50"), Some(b"many"), Some(b"1")), None);
}

#[test]
fn a_success_that_breaks_the_protocol_is_refused_by_name() {
    assert_eq!(accepted(&open_orders(), "{}"), Err(DecodeError { field: "list", why: Why::Missing }));
    assert_eq!(accepted(&open_orders(), r#"{"list":{}}"#), Err(DecodeError { field: "list", why: Why::WrongType }));
    assert_eq!(accepted(&open_orders(), "null"), Err(DecodeError { field: "result", why: Why::Missing }));
    let bare = Instruments::new([id(Category::Linear, "BTCUSDT")]);
    let body = r#"{"retCode":0,"result":{"list":[{"symbol":"BTCUSDT","positionIdx":0,"side":"","size":"0"}]}}"#;
    let early = Decoder::new().reply(&Query::Position(BTC), &bare, HttpAnswer { status: 200, rate: None, body: body.as_bytes() });
    assert_eq!(early, Err(DecodeError { field: "symbol", why: Why::NoSpec }));
}
