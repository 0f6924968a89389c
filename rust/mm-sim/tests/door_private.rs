//! The private and the trade socket: who is let in, what a fill says and in which order, and order entry without HTTP.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, door, get, heard, keys, let_in, listener, order, post, send, words};
use mm_sim::api::ApiError;
use mm_sim::door::{AuthRequest, Door, TRADED};
use serde_json::{Value, json};

const ALL: [&str; 5] = ["order", "execution", "execution.fast", "position", "wallet"];

/// A door whose recording runs, and a private connection that listens to `topics`.
fn listening(topics: &[&str]) -> (Door, u32) {
    let mut door = door("mm1");
    listener(&mut door, T0, &["publicTrade.BTCUSDT"]);
    let conn = let_in(&mut door, T0, "/v5/private");
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": topics}));
    door.advance(T0 + MS);
    door.take_outgoing();
    (door, conn)
}

fn trade_request(op: &str, id: &str, stamp: &Value, args: &Value) -> Value {
    json!({"reqId": id, "header": {"X-BAPI-TIMESTAMP": stamp, "X-BAPI-RECV-WINDOW": 5000}, "op": op, "args": [args]})
}

#[test]
fn auth_is_handed_out_for_judgement_and_answered_per_path() {
    let mut door = door("vip0");
    let (private, trade) = (door.open("/v5/private").unwrap(), door.open("/v5/trade").unwrap());
    let ask = |door: &mut Door, conn, expires: Value| {
        let message = json!({"op": "auth", "req_id": "q", "args": ["key", expires, "sig"]});
        door.frame(T0, conn, message.to_string().as_bytes()).unwrap()
    };
    let expected = AuthRequest { api_key: "key".into(), expires: "17".into(), signature: "sig".into(), request_id: Some("\"q\"".into()) };
    assert_eq!(ask(&mut door, private, json!(17)), Some(expected.clone()));
    assert_eq!(ask(&mut door, trade, json!("17")), Some(expected));
    let refusal = || Err(ApiError { code: 10004, msg: "error sign!".into() });
    door.authenticate(T0, private, refusal(), Some("\"q\""));
    door.authenticate(T0, private, Ok(TRADED), None);
    assert_eq!(
        heard(&mut door, private)[0].1,
        json!({"success": false, "ret_msg": "error sign!", "op": "auth", "conn_id": "local-1", "req_id": "q"})
    );
    door.authenticate(T0, trade, refusal(), None);
    door.authenticate(T0, trade, Ok(TRADED), None);
    door.authenticate(T0, trade, Ok(TRADED), None);
    let answers: Vec<Value> = heard(&mut door, trade).into_iter().map(|row| row.1["retCode"].clone()).collect();
    assert_eq!(answers, [10004, 0, 20001]);
}

#[test]
fn nobody_listens_or_trades_before_being_let_in() {
    let mut door = door("vip0");
    let (private, trade) = (door.open("/v5/private").unwrap(), door.open("/v5/trade").unwrap());
    send(&mut door, T0, private, &json!({"op": "subscribe", "args": ["order"]}));
    assert_eq!(heard(&mut door, private)[0].1["success"], false);
    send(&mut door, T0, trade, &trade_request("order.create", "1", &json!(T0 / MS), &order("Buy", "59000", "0.001", "x")));
    assert_eq!(heard(&mut door, trade)[0].1["retCode"], 10005);
    assert_eq!(get(&mut door, T0, "/v5/order/realtime", "category=linear&symbol=BTCUSDT")["result"]["list"], json!([]));
}

#[test]
fn a_maker_fill_is_told_fast_then_execution_order_position_wallet() {
    let (mut door, conn) = listening(&ALL);
    post(&mut door, T0 + 10 * MS, "/v5/order/create", &order("Buy", "59995", "0.002", "mine"));
    door.advance(T0 + 20 * MS);
    let rested = heard(&mut door, conn);
    assert_eq!((&rested[0].1["topic"], &rested[0].1["data"][0]["orderStatus"]), (&json!("order"), &json!("New")));
    door.advance(T0 + 2 * S);
    let messages = heard(&mut door, conn);
    let topics: Vec<&str> = messages.iter().map(|(_, message)| message["topic"].as_str().unwrap()).collect();
    assert_eq!(topics, ["execution.fast", "execution", "order", "position", "wallet"]);
    assert!(messages.iter().all(|(due_ns, _)| *due_ns >= T0 + 2 * S + 2 * MS));
    let item = |at: usize| messages[at].1["data"][0].clone();
    assert_eq!((&item(0)["orderLinkId"], &item(0)["isMaker"]), (&json!(""), &json!(true)), "the fast stream never names a maker's own id");
    assert_eq!(messages[1].1["id"], messages[2].1["id"], "order and execution of one match share an id");
    assert_eq!(
        (&item(1)["execPrice"], &item(1)["execFee"], &item(1)["feeRate"]),
        (&json!("59995"), &json!("-0.0011999"), &json!("-0.00001"))
    );
    assert_eq!((&item(2)["orderStatus"], &item(2)["cumFeeDetail"]), (&json!("Filled"), &json!({"USDT": "-0.0011999"})));
    assert_eq!((&item(3)["side"], &item(3)["size"], &item(3)["entryPrice"]), (&json!("Buy"), &json!("0.002"), &json!("59995")));
    assert_eq!(item(4)["coin"][0]["walletBalance"], "100000.0011999");
    let listed = get(&mut door, T0 + 2 * S, "/v5/execution/list", "category=linear")["result"]["list"][0].clone();
    assert_eq!(listed["execId"], item(1)["execId"]);
}

#[test]
fn pushes_carry_every_key_of_the_venue() {
    let (mut door, conn) = listening(&ALL);
    post(&mut door, T0 + 10 * MS, "/v5/order/create", &order("Buy", "59995", "0.002", "mine"));
    door.advance(T0 + 2 * S);
    let messages = heard(&mut door, conn);
    let item = |topic: &str| messages.iter().find(|(_, message)| message["topic"] == topic).unwrap().1["data"][0].clone();
    let order_keys = "category symbol orderId orderLinkId blockTradeId side positionIdx orderStatus cancelType rejectReason timeInForce \
        isLeverage price qty avgPrice leavesQty leavesValue cumExecQty cumExecValue cumExecFee orderType stopOrderType orderIv \
        triggerPrice takeProfit stopLoss triggerBy tpTriggerBy slTriggerBy triggerDirection placeType lastPriceOnCreated closeOnTrigger \
        reduceOnly smpGroup smpType smpOrderId slLimitPrice tpLimitPrice tpslMode createType marketUnit createdTime updatedTime \
        feeCurrency closedPnl parentOrderLinkId slippageTolerance slippageToleranceType cumFeeDetail rpiTakerAccess rpiMatchedQty";
    assert_eq!(keys(&item("order")), words(order_keys));
    let execution_keys = "category symbol closedSize execFee execId execPrice execQty execType execValue feeRate tradeIv markIv \
        blockTradeId markPrice indexPrice underlyingPrice leavesQty orderId orderLinkId orderPrice orderQty orderType stopOrderType side \
        execTime isLeverage isMaker seq marketUnit execPnl createType extraFees feeCurrency";
    assert_eq!(keys(&item("execution")), words(execution_keys));
    let fast_keys = "category symbol execId execPrice execQty orderId isMaker orderLinkId side execTime seq";
    assert_eq!(keys(&item("execution.fast")), words(fast_keys));
    let coin_keys = "coin equity usdValue walletBalance locked spotHedgingQty borrowAmount accruedInterest totalOrderIM totalPositionIM \
        totalPositionMM unrealisedPnl cumRealisedPnl bonus marginCollateral collateralSwitch colRes spotBorrow free availableToWithdraw \
        availableToBorrow";
    assert_eq!(keys(&item("wallet")["coin"][0]), words(coin_keys));
    assert!(item("position").get("avgPrice").is_none(), "the push says entryPrice, the query avgPrice");
}

#[test]
fn categorised_topics_are_echoed_and_not_mixed_with_the_others() {
    let (mut door, conn) = listening(&["order.linear"]);
    send(&mut door, T0 + MS, conn, &json!({"op": "subscribe", "args": ["execution", "position.linear"]}));
    assert_eq!(heard(&mut door, conn)[0].1["success"], false);
    post(&mut door, T0 + 10 * MS, "/v5/order/create", &order("Buy", "59000", "0.002", "mine"));
    door.advance(T0 + 20 * MS);
    let topics: Vec<Value> = heard(&mut door, conn).into_iter().map(|row| row.1["topic"].clone()).collect();
    assert_eq!(topics, ["order.linear"]);
}

#[test]
fn post_only_that_would_take_is_acknowledged_and_ends_without_a_fill() {
    let (mut door, conn) = listening(&["order"]);
    let ack = post(&mut door, T0 + 10 * MS, "/v5/order/create", &order("Buy", "60000.1", "0.002", "mine"));
    assert_eq!(ack["retCode"], 0);
    door.advance(T0 + 20 * MS);
    let item = heard(&mut door, conn)[0].1["data"][0].clone();
    assert_eq!((&item["orderStatus"], &item["cancelType"]), (&json!("Cancelled"), &json!("UNKNOWN")));
    assert_eq!((&item["rejectReason"], &item["avgPrice"]), (&json!("EC_PostOnlyWillTakeLiquidity"), &json!("")));
}

#[test]
fn a_private_pong_has_its_own_shape() {
    let (mut door, conn) = listening(&[]);
    send(&mut door, T0 + 5 * MS, conn, &json!({"op": "ping", "req_id": "p"}));
    let ms = ((T0 + 5 * MS) / MS).to_string();
    assert_eq!(heard(&mut door, conn)[0].1, json!({"req_id": "p", "op": "pong", "args": [ms], "conn_id": "local-2"}));
    let trade = let_in(&mut door, T0 + 5 * MS, "/v5/trade");
    send(&mut door, T0 + 5 * MS, trade, &json!({"op": "ping"}));
    assert_eq!(heard(&mut door, trade)[0].1, json!({"retCode": 0, "retMsg": "OK", "op": "pong", "data": [ms], "connId": "local-3"}));
}

#[test]
fn the_trade_socket_answers_in_its_envelope() {
    let mut door = door("mm1");
    let conn = let_in(&mut door, T0, "/v5/trade");
    for stamp in [json!(T0 / MS), json!((T0 / MS).to_string())] {
        let link = if stamp.is_number() { "number" } else { "string" };
        send(&mut door, T0, conn, &trade_request("order.create", link, &stamp, &order("Buy", "59000", "0.001", link)));
        let (due_ns, reply) = heard(&mut door, conn).remove(0);
        assert!(due_ns >= T0 + 2 * MS);
        assert_eq!(keys(&reply), words("reqId retCode retMsg op data retExtInfo header connId"));
        assert_eq!(keys(&reply["header"]), words("X-Bapi-Limit X-Bapi-Limit-Status X-Bapi-Limit-Reset-Timestamp Traceid Timenow"));
        assert_eq!(
            (&reply["reqId"], &reply["data"]["orderLinkId"], &reply["header"]["X-Bapi-Limit"]),
            (&json!(link), &json!(link), &json!("600"))
        );
    }
    let batch = json!({"category": "linear", "request": [{"symbol": "BTCUSDT", "orderLinkId": "number"}, {"symbol": "BTCUSDT", "orderLinkId": "none"}]});
    send(&mut door, T0, conn, &trade_request("order.cancel-batch", "b", &json!(T0 / MS), &batch));
    let reply = heard(&mut door, conn).remove(0).1;
    assert_eq!((&reply["retCode"], &reply["retExtInfo"]["list"][1]["code"]), (&json!(0), &json!(110_001)));
    assert_eq!(reply["data"]["list"][1]["orderLinkId"], "none", "a failed item keeps the id that was sent");
}

#[test]
fn the_trade_socket_refuses_what_the_venue_refuses() {
    let mut door = door("mm1");
    let conn = let_in(&mut door, T0, "/v5/trade");
    let good = order("Buy", "59000", "0.001", "");
    let now = T0 / MS;
    let mut code = |message: Value| {
        send(&mut door, T0, conn, &message);
        let reply = heard(&mut door, conn).remove(0).1;
        (reply["retCode"].as_i64().unwrap(), reply["data"].clone())
    };
    assert_eq!(code(trade_request("order.create", "a", &json!(now - 5000), &good)).0, 0, "the window's edge is inside");
    assert_eq!(code(trade_request("order.create", "a", &json!(now), &good)), (20006, json!({})));
    assert_eq!(code(trade_request("order.create", "b", &json!(now - 5001), &good)).0, 10002);
    assert_eq!(code(trade_request("order.create", "c", &json!(now + 1000), &good)).0, 10002, "one second ahead is too far");
    assert_eq!(code(trade_request("order.dance", "d", &json!(now), &good)).0, 10404);
    assert_eq!(code(trade_request("order.create", "e", &json!(now), &json!({"category": "inverse"}))).0, 10404);
    assert_eq!(code(json!({"reqId": "f", "header": {"X-BAPI-TIMESTAMP": now}, "op": "order.create", "args": [good, good]})).0, 10001);
    assert_eq!(code(json!({"reqId": "g", "op": "order.create", "args": [good]})).0, 10001, "no timestamp");
}

#[test]
fn rest_and_trade_socket_share_one_window() {
    let mut door = door("vip0");
    let conn = let_in(&mut door, T0, "/v5/trade");
    for n in 0..9 {
        assert_eq!(post(&mut door, T0, "/v5/order/create", &order("Buy", "59000", "0.001", &format!("r{n}")))["retCode"], 0);
    }
    let mut codes = Vec::new();
    for n in 0..2 {
        send(&mut door, T0, conn, &trade_request("order.create", &n.to_string(), &json!(T0 / MS), &order("Buy", "59000", "0.001", "")));
        codes.push(heard(&mut door, conn)[0].1["retCode"].clone());
    }
    assert_eq!(codes, [0, 10006]);
}
