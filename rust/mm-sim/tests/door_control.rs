//! What the venue itself does: disconnect protection, and the operator's commands.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, get, heard, let_in, order, post, send};
use mm_sim::door::{Door, DoorBuilder};
use serde_json::{Value, json};

fn door() -> Door {
    let settings = json!({"symbols": ["BTCUSDT", "spot.BTCUSDT"], "seed": 3});
    DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build().unwrap()
}

fn listener(door: &mut Door, now_ns: i64, topics: &[&str]) -> u32 {
    let conn = let_in(door, now_ns, "/v5/private");
    send(door, now_ns, conn, &json!({"op": "subscribe", "args": topics}));
    assert_eq!(heard(door, conn)[0].1["success"], true);
    conn
}

fn control(door: &mut Door, now_ns: i64, command: &Value) -> Result<Value, String> {
    door.control(now_ns, command.to_string().as_bytes()).map(|bytes| serde_json::from_slice(&bytes).unwrap())
}

fn market_order(door: &mut Door, now_ns: i64, qty: &str) {
    let body = json!({"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": qty});
    assert_eq!(post(door, now_ns, "/v5/order/create", &body)["retCode"], 0);
    door.advance(now_ns + 10 * MS);
}

#[test]
fn orders_are_cancelled_once_every_listener_has_been_gone_for_the_window() {
    let mut door = door();
    let set = |door: &mut Door, product: &str, window: Value| {
        post(door, T0, "/v5/order/disconnected-cancel-all", &json!({"product": product, "timeWindow": window}))["retCode"].clone()
    };
    assert_eq!(set(&mut door, "DERIVATIVES", json!(3)), 0);
    assert_eq!((set(&mut door, "OPTIONS", json!(3)), set(&mut door, "SPOT", json!(2))), (json!(10001), json!(10001)));
    let info = get(&mut door, T0, "/v5/account/query-dcp-info", "")["result"]["dcpInfos"].clone();
    assert_eq!(info, json!([{"product": "DERIVATIVES", "dcpStatus": "ON", "timeWindow": "3"}]));
    let (one, two) = (listener(&mut door, T0, &["dcp.future"]), listener(&mut door, T0, &["dcp.future", "order"]));
    post(&mut door, T0, "/v5/order/create", &order("Buy", "50000", "0.001", "kept"));
    let spot = json!({"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001", "price": "50000"});
    post(&mut door, T0, "/v5/order/create", &spot);
    let open = |door: &mut Door, now_ns| {
        get(door, now_ns, "/v5/order/realtime", "category=linear&symbol=BTCUSDT")["result"]["list"].as_array().unwrap().len()
    };
    door.close(T0 + S, one);
    door.advance(T0 + 10 * S);
    assert_eq!(open(&mut door, T0 + 10 * S), 1, "another one listens");
    door.close(T0 + 11 * S, two);
    let back = listener(&mut door, T0 + 13 * S, &["dcp.future"]);
    assert_eq!(open(&mut door, T0 + 20 * S), 1, "back inside the window");
    door.close(T0 + 21 * S, back);
    assert!(door.next_due().is_some_and(|due_ns| due_ns <= T0 + 24 * S));
    assert_eq!((open(&mut door, T0 + 24 * S - 1), open(&mut door, T0 + 24 * S)), (1, 0));
    let ended = get(&mut door, T0 + 24 * S, "/v5/order/history", "category=linear")["result"]["list"][0].clone();
    assert_eq!((&ended["orderStatus"], &ended["cancelType"]), (&json!("Cancelled"), &json!("CancelByDCP")));
    let spot = get(&mut door, T0 + 24 * S, "/v5/order/realtime", "category=spot")["result"]["list"].clone();
    assert_eq!(spot.as_array().unwrap().len(), 1, "another product");
}

#[test]
fn fees_change_while_it_runs() {
    let mut door = door();
    control(&mut door, T0, &json!({"command": "set_fees", "market": "linear.BTCUSDT", "maker": "-0.00005", "taker": "0.0001"})).unwrap();
    let rates = |door: &mut Door, category: &str| {
        let list = get(door, T0, "/v5/account/fee-rate", &format!("category={category}"))["result"]["list"][0].clone();
        (list["makerFeeRate"].clone(), list["takerFeeRate"].clone())
    };
    assert_eq!(rates(&mut door, "linear"), (json!("-0.00005"), json!("0.0001")));
    control(&mut door, T0, &json!({"command": "set_fee_tier", "tier": "mm2"})).unwrap();
    assert_eq!((rates(&mut door, "linear").0, rates(&mut door, "spot").0), (json!("-0.000025"), json!("-0.00005")));
    assert!(control(&mut door, T0, &json!({"command": "set_fee_tier", "tier": "vip9"})).unwrap_err().contains("vip9"));
}

#[test]
fn funding_is_settled_on_command_and_told_like_an_execution() {
    let mut door = door();
    let conn = listener(&mut door, T0, &["execution", "wallet", "position", "execution.fast"]);
    market_order(&mut door, T0 + MS, "0.010");
    // The mark is the mid once the book is told; until then it is 0 and nothing would be paid.
    let public = door.open("/v5/public/linear").unwrap();
    send(&mut door, T0 + 20 * MS, public, &json!({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]}));
    door.advance(T0 + S);
    heard(&mut door, conn);
    assert_eq!(
        control(&mut door, T0 + S, &json!({"command": "settle_funding", "market": "BTCUSDT", "rate": "0.0001"})),
        Ok(json!({"done": "settle_funding"}))
    );
    let messages = heard(&mut door, conn);
    let topics: Vec<&str> = messages.iter().map(|row| row.1["topic"].as_str().unwrap()).collect();
    assert_eq!(topics, ["execution", "position", "wallet"]);
    let row = &messages[0].1["data"][0];
    assert_eq!(
        (&row["execType"], &row["orderLinkId"], &row["orderType"], &row["side"]),
        (&json!("Funding"), &json!(""), &json!("UNKNOWN"), &json!("Buy"))
    );
    assert_eq!(
        (&row["feeRate"], &row["isMaker"], &row["orderPrice"], &row["leavesQty"], &row["execQty"]),
        (&json!("0.0001"), &json!(false), &json!("0"), &json!("0"), &json!("0.01"))
    );
    let number = |name: &str| row[name].as_str().unwrap().parse::<f64>().unwrap();
    assert!((number("execFee") - number("execPrice") * 0.01 * 0.0001).abs() < 1e-9, "{row}");
    control(&mut door, T0 + S, &json!({"command": "set_funding_rate", "market": "BTCUSDT", "rate": "-0.0002"})).unwrap();
    let (rate, next_ns) = door.exchange().funding(mm_core::ids::MarketIx(0)).unwrap();
    assert_eq!(rate.to_string(), "-0.0002");
    door.advance(T0 + 2 * S);
    let ticker = get(&mut door, T0 + 2 * S, "/v5/market/tickers", "category=linear&symbol=BTCUSDT")["result"]["list"][0].clone();
    assert_eq!((&ticker["fundingRate"], &ticker["nextFundingTime"]), (&json!("-0.0002"), &json!((next_ns / MS).to_string())));
}

#[test]
fn a_position_is_deleveraged_on_command() {
    let mut door = door();
    market_order(&mut door, T0, "0.010");
    let public = door.open("/v5/public/linear").unwrap();
    send(&mut door, T0 + 20 * MS, public, &json!({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]}));
    door.advance(T0 + S);
    let command = |qty: &str| json!({"command": "deleverage", "market": "BTCUSDT", "qty": qty});
    assert_eq!(control(&mut door, T0 + S, &command("0.004")), Ok(json!({"done": "deleverage", "closed": "0.004"})));
    let row = get(&mut door, T0 + S, "/v5/execution/list", "category=linear")["result"]["list"][0].clone();
    assert_eq!(
        (&row["execType"], &row["execFee"], &row["createType"]),
        (&json!("AdlTrade"), &json!("0"), &json!("CreateByAdl_PassThrough"))
    );
    assert!(control(&mut door, T0 + S, &command("0.0001")).unwrap_err().contains("qty"));
}

#[test]
fn a_market_changes_its_limits_and_its_status() {
    let mut door = door();
    post(&mut door, T0, "/v5/order/create", &order("Buy", "50000", "0.001", "resting"));
    door.advance(T0 + 10 * MS);
    let change = |info: Value| json!({"command": "set_instrument", "market": "BTCUSDT", "info": info});
    control(&mut door, T0 + 20 * MS, &change(json!({"lotSizeFilter": {"minOrderQty": "0.002"}}))).unwrap();
    let small = post(&mut door, T0 + 20 * MS, "/v5/order/create", &order("Buy", "50000", "0.001", "small"));
    assert_eq!((&small["retCode"], &small["retMsg"]), (&json!(10001), &json!("Qty invalid")));
    let listed = get(&mut door, T0 + 20 * MS, "/v5/market/instruments-info", "category=linear")["result"]["list"][0].clone();
    assert_eq!((&listed["lotSizeFilter"]["minOrderQty"], &listed["lotSizeFilter"]["qtyStep"]), (&json!("0.002"), &json!("0.001")));
    let open = |door: &mut Door| {
        get(door, T0 + 30 * MS, "/v5/order/realtime", "category=linear&symbol=BTCUSDT")["result"]["list"].as_array().unwrap().len()
    };
    assert_eq!(open(&mut door), 1, "what rests stays");
    for (status, code, cancel_type) in [("Settling", 110_063, "CancelBySettle"), ("PreLaunch", 110_074, ""), ("Closed", 110_066, "")] {
        control(&mut door, T0 + 30 * MS, &change(json!({"status": status}))).unwrap();
        assert_eq!(open(&mut door), 0);
        let ended = get(&mut door, T0 + 30 * MS, "/v5/order/history", "category=linear")["result"]["list"][0].clone();
        assert!(cancel_type.is_empty() || ended["cancelType"] == cancel_type, "{ended}");
        assert_eq!(post(&mut door, T0 + 30 * MS, "/v5/order/create", &order("Buy", "50000", "0.002", status))["retCode"], code);
    }
    let trading = get(&mut door, T0 + 30 * MS, "/v5/market/instruments-info", "category=linear")["result"]["list"].clone();
    assert_eq!(trading, json!([]), "only what trades is listed unless asked for");
    control(&mut door, T0 + 30 * MS, &change(json!({"status": "Trading"}))).unwrap();
    assert_eq!(post(&mut door, T0 + 30 * MS, "/v5/order/create", &order("Buy", "50000", "0.002", "again"))["retCode"], 0);
}

#[test]
fn what_is_not_a_command_is_refused_by_name() {
    let mut door = door();
    for (command, named) in [
        (json!([]), "object"),
        (json!({"command": "explode"}), "explode"),
        (json!({"command": "set_fees", "market": "BTCUSDT", "maker": "x", "taker": "0"}), "maker"),
        (json!({"command": "set_fees", "market": "DOGEUSDT", "maker": "0", "taker": "0"}), "DOGEUSDT"),
        (json!({"command": "deleverage", "market": "BTCUSDT"}), "qty"),
        (json!({"command": "settle_funding", "market": "BTCUSDT", "price": "1"}), "price"),
    ] {
        let error = control(&mut door, T0, &command).unwrap_err();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn cancel_all_follows_its_scope() {
    let mut door = door();
    post(&mut door, T0, "/v5/order/create", &order("Buy", "50000", "0.001", "one"));
    let all = |door: &mut Door, body: Value| post(door, T0, "/v5/order/cancel-all", &body)["result"]["list"].as_array().map(Vec::len);
    assert_eq!(all(&mut door, json!({"category": "linear"})), None, "contracts need a scope");
    assert_eq!(all(&mut door, json!({"category": "linear", "settleCoin": "USDC"})), Some(0));
    assert_eq!(all(&mut door, json!({"category": "linear", "settleCoin": "USDT", "orderFilter": "StopOrder"})), Some(0));
    assert_eq!(all(&mut door, json!({"category": "linear", "baseCoin": "BTC"})), Some(1));
    assert_eq!(all(&mut door, json!({"category": "spot"})), Some(0));
}

#[test]
fn the_self_match_group_is_told() {
    assert_eq!(get(&mut door(), T0, "/v5/account/smp-group", "")["result"], json!({"smpGroup": 0}));
}
