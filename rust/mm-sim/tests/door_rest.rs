//! REST routes: envelope, codes, pages and limits as the venue's clients expect them.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, door, get, http, keys, listener, order, post, words};
use mm_sim::door::Door;
use serde_json::{Value, json};

fn codes(reply: &Value) -> Vec<i64> {
    reply["retExtInfo"]["list"].as_array().unwrap().iter().map(|row| row["code"].as_i64().unwrap()).collect()
}

#[test]
fn an_unknown_path_is_404_and_a_business_error_is_200() {
    let mut door = door("vip0");
    let (status, _, body) = http(&mut door, T0, "GET", "/v5/nowhere", "", &Value::Null);
    assert_eq!((status, body["retCode"].as_i64()), (404, Some(10017)));
    assert_eq!(http(&mut door, T0, "GET", "/v5/order/create", "", &Value::Null).0, 404);
    let (status, _, body) = http(&mut door, T0, "GET", "/v5/order/realtime", "category=inverse", &Value::Null);
    assert_eq!((status, body["retCode"].as_i64()), (200, Some(10001)));
    assert_eq!(keys(&body), words("result retCode retExtInfo retMsg time"));
    assert_eq!(body["time"], json!(T0 / MS));
}

#[test]
fn a_documented_path_that_is_not_offered_says_why() {
    let mut door = door("vip0");
    let asked = [
        ("POST", "/v5/position/trading-stop", "conditional orders"),
        ("POST", "/v5/position/set-auto-add-margin", "cross margin"),
        ("GET", "/v5/account/mmp-state", "options are not traded"),
        ("GET", "/v5/market/open-interest", "not simulated"),
        ("GET", "/v5/asset/transfer/query-account-coins-balance", "funds are not moved"),
    ];
    for (method, path, why) in asked {
        let (status, _, body) = http(&mut door, T0, method, path, "", &Value::Null);
        assert_eq!((status, body["retCode"].as_i64()), (404, Some(10017)));
        let text = body["retMsg"].as_str().unwrap();
        assert!(text.starts_with(&format!("Route not found: {method} {path} (")) && text.contains(why), "{text}");
    }
}

#[test]
fn a_signed_route_without_an_account_is_refused() {
    let mut door = door("vip0");
    assert!(Door::is_signed("GET", "/v5/account/info") && !Door::is_signed("GET", "/v5/market/time"));
    let answer = door.http(T0, None, "GET", "/v5/account/info", "", b"");
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, body["retCode"].as_i64()), (200, Some(10001)));
}

#[test]
fn the_instrument_lists_every_key_of_the_venue() {
    let mut door = door("vip0");
    let row = get(&mut door, T0, "/v5/market/instruments-info", "category=linear")["result"]["list"][0].clone();
    let expected = "symbol symbolId contractType status baseCoin quoteCoin settleCoin symbolType launchTime deliveryTime deliveryFeeRate \
        priceScale leverageFilter priceFilter lotSizeFilter unifiedMarginTrade fundingInterval copyTrading upperFundingRate \
        lowerFundingRate displayName forbidUplWithdrawal riskParameters isPreListing preListingInfo";
    assert_eq!(keys(&row), words(expected));
    assert_eq!(row["priceFilter"]["tickSize"], "0.10", "given values stand verbatim");
}

#[test]
fn fees_follow_tier_and_group() {
    for (tier, maker, taker) in [("vip0", "0.0002", "0.00055"), ("mm1", "-0.00001", "0.00015"), ("-0.00003:0.0004", "-0.00003", "0.0004")] {
        let row = get(&mut door(tier), T0, "/v5/account/fee-rate", "category=linear&symbol=BTCUSDT")["result"]["list"][0].clone();
        assert_eq!((row["makerFeeRate"].as_str(), row["takerFeeRate"].as_str()), (Some(maker), Some(taker)), "{tier}");
    }
}

#[test]
fn the_eleventh_order_in_a_second_is_one_too_many() {
    let mut door = door("vip0");
    let place =
        |door: &mut Door, at_ns, n| http(door, at_ns, "POST", "/v5/order/create", "", &order("Buy", "59000", "0.001", &format!("n{n}")));
    for n in 0..10 {
        let (_, headers, body) = place(&mut door, T0 + n * MS, n);
        assert_eq!(body["retCode"], 0);
        assert_eq!(headers[1], ("X-Bapi-Limit-Status", (9 - n).to_string()));
    }
    let (status, headers, body) = place(&mut door, T0 + 20 * MS, 10);
    assert_eq!(
        (status, body["retCode"].as_i64(), body["retMsg"].as_str()),
        (200, Some(10006), Some("Too many visits. Exceeded the API Rate Limit."))
    );
    assert_eq!(headers[2], ("X-Bapi-Limit-Reset-Timestamp", ((T0 + S) / MS).to_string()), "when the first one leaves the window");
    let cancel = json!({"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "n0"});
    assert_eq!(post(&mut door, T0 + 20 * MS, "/v5/order/cancel", &cancel)["retCode"], 0, "cancels have a window of their own");
    assert_eq!(place(&mut door, T0 + S, 10).2["retCode"], 0, "the window rolls");
}

#[test]
fn a_batch_runs_as_far_as_its_window_reaches() {
    let mut door = door("vip0");
    let items: Vec<Value> = (0..12).map(|n| order("Buy", "59000", "0.001", &format!("b{n}"))).collect();
    let reply = post(&mut door, T0, "/v5/order/create-batch", &json!({"category": "linear", "request": items}));
    assert_eq!(reply["retCode"], 0);
    assert_eq!(codes(&reply), [[0; 10].as_slice(), &[10006; 2]].concat());
    assert_eq!(reply["result"]["list"][11]["orderId"], "");
    assert_eq!(reply["result"]["list"][11]["orderLinkId"], "b11");
    assert_eq!(post(&mut door, T0, "/v5/order/create", &order("Buy", "59000", "0.001", "single"))["retCode"], 0, "another window");
}

#[test]
fn what_the_exchange_lacks_is_refused_by_name() {
    let mut door = door("mm1");
    let cases =
        [("takeProfit", json!("70000")), ("triggerPrice", json!("1")), ("bboSideType", json!("Queue")), ("timeInForce", json!("RPI"))];
    for (field, value) in cases {
        let mut body = order("Buy", "59000", "0.001", "lacking");
        body[field] = value;
        let reply = post(&mut door, T0, "/v5/order/create", &body);
        assert_eq!(reply["retCode"], 10001, "{field}");
        assert!(reply["retMsg"].as_str().unwrap().contains(field), "{reply}");
    }
    let mut neutral = order("Buy", "59000", "0.001", "neutral");
    (neutral["reduceOnly"], neutral["positionIdx"], neutral["takeProfit"]) = (json!(false), json!(0), json!(""));
    assert_eq!(post(&mut door, T0, "/v5/order/create", &neutral)["retCode"], 0);
}

#[test]
fn pages_follow_one_another_while_the_list_grows() {
    let mut door = door("mm1");
    for n in 0..5 {
        post(&mut door, T0 + n * MS, "/v5/order/create", &order("Buy", "59000", "0.001", &format!("p{n}")));
    }
    let query = "category=linear&symbol=BTCUSDT&limit=2";
    let first = get(&mut door, T0 + S, "/v5/order/realtime", query)["result"].clone();
    post(&mut door, T0 + S, "/v5/order/create", &order("Buy", "59000", "0.001", "newer"));
    let cursor = first["nextPageCursor"].as_str().unwrap();
    assert!(cursor.contains("%3D"), "cursors are percent-encoded: {cursor}");
    let second = get(&mut door, T0 + S, "/v5/order/realtime", &format!("{query}&cursor={cursor}"))["result"].clone();
    let links = |page: &Value| {
        page["list"].as_array().unwrap().iter().map(|row| row["orderLinkId"].as_str().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!((links(&first), links(&second)), (vec!["p4".into(), "p3".into()], vec!["p2".into(), "p1".into()]));
    let wrong = get(&mut door, T0 + S, "/v5/order/realtime", &format!("{query}&cursor=mine"));
    assert_eq!(wrong["retCode"], 10001);
}

#[test]
fn orders_are_found_by_id_open_or_closed_and_listed_in_full() {
    let mut door = door("mm1");
    listener(&mut door, T0, &["orderbook.50.BTCUSDT"]);
    post(&mut door, T0, "/v5/order/create", &order("Buy", "59000", "0.001", "one"));
    let query = "category=linear&orderLinkId=one";
    let row = get(&mut door, T0 + 10 * MS, "/v5/order/realtime", query)["result"]["list"][0].clone();
    let expected = "orderId orderLinkId parentOrderLinkId blockTradeId symbol price qty side isLeverage positionIdx orderStatus createType \
        cancelType rejectReason avgPrice leavesQty leavesValue cumExecQty cumExecValue cumExecFee timeInForce orderType stopOrderType \
        orderIv marketUnit triggerPrice takeProfit stopLoss tpslMode ocoTriggerBy tpLimitPrice slLimitPrice tpTriggerBy slTriggerBy \
        triggerDirection triggerBy lastPriceOnCreated reduceOnly closeOnTrigger placeType smpType smpGroup smpOrderId \
        slippageToleranceType slippageTolerance createdTime updatedTime extraFees cumFeeDetail rpiTakerAccess rpiMatchedQty";
    assert_eq!(keys(&row), words(expected));
    assert_eq!((row["price"].as_str(), row["leavesValue"].as_str()), (Some("59000"), Some("59")), "trimmed, not padded");
    post(&mut door, T0 + 20 * MS, "/v5/order/cancel-all", &json!({"category": "linear", "settleCoin": "USDT"}));
    let open = get(&mut door, T0 + 30 * MS, "/v5/order/realtime", "category=linear&symbol=BTCUSDT");
    assert_eq!(open["result"]["list"], json!([]));
    let row = get(&mut door, T0 + 30 * MS, "/v5/order/realtime", query)["result"]["list"][0].clone();
    assert_eq!((row["orderStatus"].as_str(), row["leavesQty"].as_str()), (Some("Cancelled"), Some("0")));
}

#[test]
fn leverage_and_mode_answer_not_modified() {
    let mut door = door("mm1");
    let set = |value: &str| json!({"category": "linear", "symbol": "BTCUSDT", "buyLeverage": value, "sellLeverage": value});
    assert_eq!(post(&mut door, T0, "/v5/position/set-leverage", &set("10"))["retCode"], 110_043);
    assert_eq!(post(&mut door, T0, "/v5/position/set-leverage", &set("20"))["retCode"], 0);
    let row = get(&mut door, T0, "/v5/position/list", "category=linear&symbol=BTCUSDT")["result"]["list"][0].clone();
    assert_eq!((row["leverage"].as_str(), row["side"].as_str(), row["avgPrice"].as_str()), (Some("20"), Some(""), Some("0")));
    let mode = json!({"category": "linear", "symbol": "BTCUSDT", "mode": 0});
    assert_eq!(post(&mut door, T0, "/v5/position/switch-mode", &mode)["retCode"], 110_025);
}
