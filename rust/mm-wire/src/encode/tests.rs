use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use mm_core::ids::{Category, ClientId, Coin, InstrumentId, MarketIx, ReqId, Symbol};
use mm_core::input::StreamRole;
use mm_core::instrument::{Instrument, Instruments};
use mm_core::output::{AmendOrder, CancelOrder, NewOrder, OrderCommand, Query};
use mm_core::units::{Amount, Lots, Side, Ticks};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::orders::command_frame;
use super::text::{put_i64, put_multiple};
use super::*;
use crate::refusal::EncodeError;

const STAMP: Stamp = Stamp { ts_ms: 1_700_000_000_000, recv_window_ms: 5000 };
const BTC: MarketIx = MarketIx(0);
const SPOT: MarketIx = MarketIx(1);
const UNTOLD: MarketIx = MarketIx(2);

fn amount(text: &str) -> Amount {
    Amount::parse(text.as_bytes()).unwrap()
}

fn id(category: Category, symbol: &[u8]) -> InstrumentId {
    InstrumentId { category, symbol: Symbol::new(symbol).unwrap() }
}

/// Linear BTCUSDT (0.1, 0.001), spot BTCUSDT (0.01, 0.000001), and linear ETHUSDT whose rules are not told yet.
fn table() -> Instruments {
    let ids = [id(Category::Linear, b"BTCUSDT"), id(Category::Spot, b"BTCUSDT"), id(Category::Linear, b"ETHUSDT")];
    let mut table = Instruments::new(ids);
    for (id, tick, step) in [(ids[0], "0.1", "0.001"), (ids[1], "0.01", "0.000001")] {
        let coin = Coin::new(b"USDT").unwrap();
        table.set(Instrument {
            id,
            base: coin,
            quote: coin,
            settle: coin,
            tick_size: amount(tick),
            qty_step: amount(step),
            min_qty: Lots(1),
            max_qty: Lots(1000),
            min_notional: Amount::ZERO,
            min_price: Ticks(1),
            max_price: Ticks(1_000_000),
            tick_lot: Instrument::cash_per_tick_lot(amount(tick), amount(step)).unwrap(),
        });
    }
    table
}

fn client_id(text: &str) -> ClientId {
    ClientId::new(text.as_bytes()).unwrap()
}

fn new_order(market: MarketIx, client: &str, price: i64, qty: i64) -> NewOrder {
    NewOrder { market, client_id: client_id(client), side: Side::Sell, price: Ticks(price), qty: Lots(qty) }
}

fn encoded(command: &OrderCommand) -> Value {
    let mut out = Vec::new();
    command_frame(&mut out, &table(), ReqId(17), command, STAMP).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn request(op: &str, argument: Value) -> Value {
    json!({
        "reqId": "17",
        "header": {"X-BAPI-TIMESTAMP": "1700000000000", "X-BAPI-RECV-WINDOW": "5000"},
        "op": op,
        "args": [argument],
    })
}

#[test]
fn one_order_takes_the_plain_op() {
    let order = json!({
        "category": "linear", "symbol": "BTCUSDT", "side": "Sell", "orderType": "Limit", "timeInForce": "PostOnly", "smpType": "CancelTaker",
        "price": "70000.1", "qty": "0.01", "positionIdx": 0, "orderLinkId": "r-0-1",
    });
    assert_eq!(encoded(&OrderCommand::Place(vec![new_order(BTC, "r-0-1", 700_001, 10)])), request("order.create", order));
    let spot = json!({
        "category": "spot", "symbol": "BTCUSDT", "side": "Sell", "orderType": "Limit", "timeInForce": "PostOnly", "smpType": "CancelTaker",
        "price": "70000", "qty": "0.000001", "orderLinkId": "r-0-2",
    });
    assert_eq!(encoded(&OrderCommand::Place(vec![new_order(SPOT, "r-0-2", 7_000_000, 1)])), request("order.create", spot));
    let cancel = json!({"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "r-0-1"});
    let command = OrderCommand::Cancel(vec![CancelOrder { market: BTC, client_id: client_id("r-0-1") }]);
    assert_eq!(encoded(&command), request("order.cancel", cancel));
}

#[test]
fn an_amend_sends_only_what_changes() {
    let amend = |price, qty| OrderCommand::Amend(vec![AmendOrder { market: BTC, client_id: client_id("r-0-1"), price, qty }]);
    let expected = |field: &str, value: &str| {
        let mut row = json!({"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "r-0-1"});
        row[field] = Value::from(value);
        request("order.amend", row)
    };
    assert_eq!(encoded(&amend(Some(Ticks(5)), None)), expected("price", "0.5"));
    assert_eq!(encoded(&amend(None, Some(Lots(2500)))), expected("qty", "2.5"));
    let mut out = b"kept".to_vec();
    let nothing = command_frame(&mut out, &table(), ReqId(1), &amend(None, None), STAMP);
    assert_eq!((nothing, out.as_slice()), (Err(EncodeError::NothingToAmend), &b"kept"[..]));
}

#[test]
fn several_orders_take_the_batch_op() {
    let orders = OrderCommand::Cancel(["r-0-1", "r-0-2"].map(|id| CancelOrder { market: BTC, client_id: client_id(id) }).to_vec());
    let rows = json!([{"symbol": "BTCUSDT", "orderLinkId": "r-0-1"}, {"symbol": "BTCUSDT", "orderLinkId": "r-0-2"}]);
    assert_eq!(encoded(&orders), request("order.cancel-batch", json!({"category": "linear", "request": rows})));
    let places = OrderCommand::Place(vec![new_order(BTC, "r-0-1", 10, 1), new_order(BTC, "r-0-2", 20, 2)]);
    let batch = encoded(&places);
    assert_eq!((&batch["op"], &batch["args"][0]["request"][1]["price"]), (&json!("order.create-batch"), &json!("2")));
    assert_eq!(batch["args"][0]["request"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_has_no_wire_form_is_refused_and_writes_nothing() {
    let place = |rows: &[(MarketIx, usize)]| {
        let rows = rows.iter().flat_map(|(market, times)| core::iter::repeat_n(new_order(*market, "r", 1, 1), *times));
        OrderCommand::Place(rows.collect())
    };
    let cases = [
        (place(&[]), EncodeError::Empty),
        (place(&[(BTC, 11)]), EncodeError::TooMany),
        (place(&[(BTC, 1), (SPOT, 1)]), EncodeError::MixedCategories),
        (place(&[(MarketIx(9), 1)]), EncodeError::UnknownMarket),
        (place(&[(UNTOLD, 1)]), EncodeError::NoSpec),
    ];
    for (command, error) in cases {
        let mut out = Vec::new();
        assert_eq!(command_frame(&mut out, &table(), ReqId(1), &command, STAMP), Err(error));
        assert!(out.is_empty());
    }
}

fn arguments(frame: &[u8]) -> (String, Vec<String>) {
    let frame: Value = serde_json::from_slice(frame).unwrap();
    let arguments = frame["args"].as_array().unwrap().iter().map(|topic| topic.as_str().unwrap().to_string());
    (frame["op"].as_str().unwrap().to_string(), arguments.collect())
}

#[test]
fn subscriptions_go_out_one_frame_per_market() {
    let linear = StreamRole::Public(Category::Linear);
    let frames = subscribe_frames(linear, &table(), &[BTC, SPOT, UNTOLD, MarketIx(9)], &[1, 50]);
    let topics =
        |symbol: &str| ["orderbook.1.", "orderbook.50.", "publicTrade.", "tickers."].map(|topic| topic.to_string() + symbol).to_vec();
    let got: Vec<_> = frames.iter().map(|frame| arguments(frame)).collect();
    assert_eq!(got, [("subscribe".to_string(), topics("BTCUSDT")), ("subscribe".to_string(), topics("ETHUSDT"))]);
    let private = subscribe_frames(StreamRole::Private, &table(), &[], &[]);
    assert_eq!(private.len(), 1);
    assert_eq!(arguments(&private[0]).1, ["order", "execution", "position", "wallet"]);
    assert!(subscribe_frames(StreamRole::Trade, &table(), &[BTC], &[1]).is_empty());
    let spot = subscribe_frames(StreamRole::Public(Category::Spot), &table(), &[SPOT], &[1, 50, 200, 1000]);
    assert!(arguments(&spot[0]).1.len() <= 10, "spot allows ten arguments in a request");
    assert_eq!(serde_json::from_slice::<Value>(PING).unwrap(), json!({"op": "ping"}));
}

#[test]
fn a_book_is_taken_anew_by_dropping_its_topic_first() {
    let frames = resync_frames(b"BTCUSDT", 50).map(|frame| arguments(&frame));
    let topic = vec!["orderbook.50.BTCUSDT".to_string()];
    assert_eq!(frames, [("unsubscribe".to_string(), topic.clone()), ("subscribe".to_string(), topic)]);
}

#[test]
fn each_socket_has_its_path() {
    assert_eq!(ws_path(StreamRole::Public(Category::Linear)), "/v5/public/linear");
    assert_eq!(ws_path(StreamRole::Public(Category::Spot)), "/v5/public/spot");
    assert_eq!((ws_path(StreamRole::Private), ws_path(StreamRole::Trade)), ("/v5/private", "/v5/trade"));
}

#[test]
fn each_query_is_one_request() {
    let cursor = String::from("a%3A1%2Cb");
    let cases = [
        (Query::Instrument(BTC), "/v5/market/instruments-info", "category=linear&symbol=BTCUSDT"),
        (Query::FeeRate(SPOT), "/v5/account/fee-rate", "category=spot&symbol=BTCUSDT"),
        (
            Query::OpenOrders { market: BTC, cursor: cursor.clone() },
            "/v5/order/realtime",
            "category=linear&symbol=BTCUSDT&openOnly=0&limit=50&cursor=a%3A1%2Cb",
        ),
        (
            Query::OrderByClientId { market: BTC, client_id: client_id("r-0-1") },
            "/v5/order/realtime",
            "category=linear&symbol=BTCUSDT&orderLinkId=r-0-1",
        ),
        (
            Query::Executions { market: BTC, start_ms: 1_700_000_000_000, cursor: String::new() },
            "/v5/execution/list",
            "category=linear&symbol=BTCUSDT&startTime=1700000000000&limit=100",
        ),
        (Query::Position(BTC), "/v5/position/list", "category=linear&symbol=BTCUSDT"),
        (Query::Wallet, "/v5/account/wallet-balance", "accountType=UNIFIED"),
    ];
    for (query, path, raw_query) in cases {
        let signed = !matches!(query, Query::Instrument(_));
        let expected = HttpRequest { method: Method::Get, path, raw_query: raw_query.to_string(), body: vec![], signed };
        assert_eq!(http_request(&query, &table()), Ok(expected));
    }
    let cancel = http_request(&Query::CancelAll(BTC), &table()).unwrap();
    assert_eq!((cancel.method.as_str(), cancel.path, cancel.raw_query.as_str()), ("POST", "/v5/order/cancel-all", ""));
    assert_eq!(serde_json::from_slice::<Value>(&cancel.body).unwrap(), json!({"category": "linear", "symbol": "BTCUSDT"}));
    let one = Query::CancelOrder { market: SPOT, client_id: ClientId::new(b"r-0-1").unwrap() };
    let cancel = http_request(&one, &table()).unwrap();
    assert_eq!((cancel.method.as_str(), cancel.path, cancel.signed), ("POST", "/v5/order/cancel", true));
    let body = json!({"category": "spot", "symbol": "BTCUSDT", "orderLinkId": "r-0-1"});
    assert_eq!(serde_json::from_slice::<Value>(&cancel.body).unwrap(), body);
    assert_eq!(http_request(&Query::Position(SPOT), &table()), Err(EncodeError::NotOffered));
    assert_eq!(http_request(&Query::CancelAll(MarketIx(9)), &table()), Err(EncodeError::UnknownMarket));
}

proptest! {
    /// The fast writer says what the exact decimal's own `Display` says.
    #[test]
    fn multiples_are_written_exactly(count in any::<i64>(), shift in 4_u32..60, unit in 1_i64..200, decimals in 0_u32..19) {
        let (count, step) = (count >> shift, Amount(i128::from(unit) * 10_i128.pow(18 - decimals)));
        let mut out = Vec::new();
        put_multiple(&mut out, count, step);
        prop_assert_eq!(String::from_utf8(out).unwrap(), Amount(i128::from(count) * step.0).to_string());
    }

    #[test]
    fn integers_are_written_exactly(value in any::<i64>()) {
        let mut out = Vec::new();
        put_i64(&mut out, value);
        prop_assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
    }
}

proptest! {
    #[test]
    fn numbers_of_every_length_are_written_as_display_writes_them(digits in 0_u32..19, seed in any::<u64>(), decimals in 0_u32..19) {
        let count = (seed % 10_u64.pow(digits)).cast_signed();
        let (mut integer, mut multiple) = (Vec::new(), Vec::new());
        put_i64(&mut integer, count);
        prop_assert_eq!(String::from_utf8(integer).unwrap(), count.to_string());
        let unit = Amount(10_i128.pow(decimals));
        put_multiple(&mut multiple, count, unit);
        prop_assert_eq!(String::from_utf8(multiple).unwrap(), Amount(unit.0 * i128::from(count)).to_string());
    }
}
