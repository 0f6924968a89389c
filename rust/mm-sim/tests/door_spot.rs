//! Spot at the door, beside a contract of the same name: frames, acks, rows and queries of its own, from one made-up capture.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, get, heard, keys, let_in, post, send, words};
use mm_sim::door::{Door, DoorBuilder};
use serde_json::{Value, json};

fn line(connection: &str, second: i64, message: &Value) -> Value {
    json!({"t": "recv", "conn": connection, "ts": second, "data": message.to_string()})
}

fn book(second: i64, kind: &str, u: u64, bids: &Value, asks: &Value) -> Value {
    let data = json!({"s": "BTCUSDT", "b": bids, "a": asks, "u": u, "seq": 100 * u});
    json!({"topic": "orderbook.50.BTCUSDT", "type": kind, "ts": second * 1000 + 5, "data": data, "cts": second * 1000})
}

fn info(category: &str, item: &Value) -> Value {
    let reply = json!({"retCode": 0, "result": {"category": category, "list": [item]}});
    json!({"t": "http", "conn": "h", "ts": 0, "url": format!("https://x/v5/market/instruments-info?category={category}"), "data": reply.to_string()})
}

/// A capture of two connections whose topics bear the same names: the contract at 60000, spot at 50000 and sold to at 2 s.
fn capture() -> Vec<Value> {
    let contract = json!({
        "symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "settleCoin": "USDT",
        "priceFilter": {"minPrice": "0.10", "maxPrice": "199999.80", "tickSize": "0.10"},
        "lotSizeFilter": {"minNotionalValue": "5", "maxOrderQty": "1000", "minOrderQty": "0.001", "qtyStep": "0.001"},
    });
    let spot = json!({
        "symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "innovation": "0", "status": "Trading", "priceFilter": {"tickSize": "0.01"},
        "lotSizeFilter": {
            "basePrecision": "0.000001", "quotePrecision": "0.00000001", "minOrderQty": "0.000001", "maxOrderQty": "100",
            "minOrderAmt": "5", "maxLimitOrderQty": "50", "maxOrderAmt": "4000000",
        },
    });
    let trade = json!([{"T": 2000, "s": "BTCUSDT", "S": "Sell", "v": "9", "p": "49990", "i": "2290000000000000001", "BT": false, "RPI": false, "seq": 250}]);
    let trades = json!({"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": 2005, "data": trade});
    vec![
        info("linear", &contract),
        info("spot", &spot),
        json!({"t": "connect", "conn": "l", "ts": 0, "addr": "wss://x/v5/public/linear"}),
        line("l", 0, &book(0, "snapshot", 7, &json!([["60000.00", "1.5"]]), &json!([["60000.10", "1.0"]]))),
        line("l", 4, &book(4, "delta", 8, &json!([["60000.00", "1.25"]]), &json!([]))),
        json!({"t": "connect", "conn": "s", "ts": 0, "addr": "wss://x/v5/public/spot"}),
        line("s", 0, &book(0, "snapshot", 70, &json!([["50000", "0.03"]]), &json!([["50000.5", "0.1"]]))),
        line("s", 1, &book(1, "delta", 71, &json!([["50000", "0"], ["49999", "0.02"]]), &json!([]))),
        line("s", 2, &trades),
        line("s", 4, &book(4, "delta", 72, &json!([["49999", "0.04"]]), &json!([]))),
    ]
}

fn door_of(settings: &Value) -> Result<Door, String> {
    let mut builder = DoorBuilder::new(settings.to_string().as_bytes())?;
    for line in capture() {
        builder.line(line.to_string().as_bytes())?;
    }
    builder.build()
}

fn door(fee_tier: &str) -> Door {
    door_of(&json!({"symbols": ["BTCUSDT", "spot.BTCUSDT"], "tape": true, "fee_tier": fee_tier})).unwrap()
}

fn listener(door: &mut Door, path: &str, topics: &[&str]) -> u32 {
    let conn = door.open(path).unwrap();
    send(door, T0, conn, &json!({"op": "subscribe", "args": topics}));
    conn
}

fn order(side: &str, price: &str, qty: &str, link: &str) -> Value {
    json!({
        "category": "spot", "symbol": "BTCUSDT", "side": side, "orderType": "Limit", "qty": qty, "price": price, "timeInForce": "PostOnly",
        "orderLinkId": link, "isLeverage": 0, "orderFilter": "Order",
    })
}

fn place(door: &mut Door, order: &Value) -> Value {
    post(door, T0 + 10 * MS, "/v5/order/create", order)
}

/// The door with a private connection that listens to `topics`, the capture running.
fn listening(fee_tier: &str, topics: &[&str]) -> (Door, u32) {
    let mut door = door(fee_tier);
    listener(&mut door, "/v5/public/spot", &["publicTrade.BTCUSDT"]);
    let conn = let_in(&mut door, T0, "/v5/private");
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": topics}));
    door.advance(T0 + MS);
    door.take_outgoing();
    (door, conn)
}

#[test]
fn each_socket_plays_its_own_market_of_the_name() {
    let mut door = door("vip0");
    let topics = ["orderbook.50.BTCUSDT", "publicTrade.BTCUSDT"];
    let (linear, spot) = (listener(&mut door, "/v5/public/linear", &topics), listener(&mut door, "/v5/public/spot", &topics));
    door.advance(T0 + 10 * S);
    let taken = door.take_outgoing();
    let said = |conn| {
        let messages = taken.iter().filter(|message| message.conn == conn);
        messages.map(|message| serde_json::from_slice(&message.bytes).unwrap()).collect::<Vec<Value>>()
    };
    let books = |conn| {
        let frames = said(conn).into_iter().filter(|message| message["topic"] == "orderbook.50.BTCUSDT");
        frames.map(|message| (message["data"]["u"].clone(), message["data"]["b"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(books(linear), [(json!(7), json!([["60000.00", "1.500"]])), (json!(8), json!([["60000.00", "1.250"]]))]);
    let expected = [json!([["50000", "0.03"]]), json!([["50000", "0"], ["49999", "0.02"]]), json!([["49999", "0.04"]])];
    assert_eq!(books(spot), [70, 71, 72].map(Value::from).into_iter().zip(expected).collect::<Vec<_>>());
    let trades = |conn| said(conn).into_iter().filter(|message| message["topic"] == "publicTrade.BTCUSDT").collect::<Vec<_>>();
    assert!(trades(linear).is_empty());
    assert_eq!(keys(&trades(spot)[0]["data"][0]), words("BT RPI S T i p s seq v"), "spot prints have no tick direction");
    let frame = taken.iter().find(|message| message.conn == spot && message.bytes.windows(9).any(|bytes| bytes == b"orderbook")).unwrap();
    let text = String::from_utf8(frame.bytes.clone()).unwrap();
    assert!(text.find("\"ts\"") < text.find("\"type\""), "{text}");
}

#[test]
fn a_spot_ack_says_subscribe_and_invents_no_request_id() {
    let mut door = door("vip0");
    let conn = listener(&mut door, "/v5/public/spot", &["publicTrade.BTCUSDT"]);
    let ack = json!({"success": true, "ret_msg": "subscribe", "op": "subscribe", "conn_id": "local-1"});
    assert_eq!(heard(&mut door, conn)[0].1, ack);
    send(&mut door, T0, conn, &json!({"op": "ping", "req_id": 5}));
    assert_eq!(heard(&mut door, conn)[0].1, json!({"success": true, "ret_msg": "pong", "op": "ping", "conn_id": "local-1", "req_id": 5}));
    let eleven: Vec<String> = (0..11).map(|n| format!("orderbook.{n}.BTCUSDT")).collect();
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": eleven}));
    let refused = heard(&mut door, conn);
    assert_eq!((refused.len(), &refused[0].1["success"]), (1, &json!(false)), "more than 10 topics in one request");
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": ["orderbook.1.ETHUSDT"]}));
    assert_eq!(heard(&mut door, conn)[0].1["ret_msg"], "error:handler not found,topic:orderbook.1.ETHUSDT");
}

#[test]
fn a_spot_fill_is_told_as_execution_order_and_one_wallet_of_both_coins() {
    let (mut door, conn) = listening("0.001:0.002", &["order", "execution", "execution.fast", "position", "wallet"]);
    assert_eq!(place(&mut door, &order("Buy", "49995.00", "0.002000", "mine"))["retCode"], 0);
    door.advance(T0 + 3 * S);
    let told = heard(&mut door, conn);
    let topics: Vec<&str> = told.iter().map(|row| row.1["topic"].as_str().unwrap()).collect();
    assert_eq!(topics, ["order", "wallet", "execution.fast", "execution", "order", "wallet"], "spot has no position");
    let (fill, done, wallet) = (&told[3].1["data"][0], &told[4].1["data"][0], &told[5].1["data"][0]);
    assert_eq!(told[3].1["id"], told[4].1["id"]);
    let of = |row: &Value, names: &str| names.split(' ').map(|name| row[name].as_str().unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(
        of(fill, "category execPrice execQty execValue execFee feeCurrency feeRate leavesQty"),
        ["spot", "49995.00", "0.002000", "99.99000000", "0.000002", "BTC", "0.001", "0.000000"]
    );
    assert_eq!(
        of(done, "orderStatus price qty feeCurrency cumExecFee triggerPrice"),
        ["Filled", "49995.00", "0.002000", "BTC", "0.000002", "0.00"]
    );
    assert_eq!(done["cumFeeDetail"], json!({"BTC": "0.000002"}));
    assert!(["createType", "closedPnl", "tpslMode"].iter().all(|key| done.get(key).is_none()), "{done}");
    let coins: Vec<_> = wallet["coin"].as_array().unwrap().iter().map(|coin| of(coin, "coin walletBalance locked")).collect();
    assert_eq!(coins, [["BTC", "2.001998", "0"], ["USDT", "99900.01", "0"]]);
    let position = get(&mut door, T0 + 3 * S, "/v5/position/list", "category=linear&symbol=BTCUSDT")["result"]["list"][0]["size"].clone();
    assert_eq!(position, "0");
}

#[test]
fn categorised_topics_hear_their_category_alone() {
    let (mut door, conn) = listening("mm1", &["order.spot", "execution.spot", "execution.fast.spot"]);
    let contract =
        json!({"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001", "price": "59000"});
    place(&mut door, &contract);
    place(&mut door, &order("Sell", "50000.50", "0.001", "ask"));
    door.advance(T0 + 100 * MS);
    let told = heard(&mut door, conn);
    assert_eq!(
        told.iter().map(|row| (&row.1["topic"], &row.1["data"][0]["category"])).collect::<Vec<_>>(),
        [(&json!("order.spot"), &json!("spot"))]
    );
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": ["position.spot"]}));
    assert_eq!(heard(&mut door, conn)[0].1["success"], false);
}

#[test]
fn what_is_off_the_grid_too_small_or_not_paid_for_is_refused_in_spots_codes() {
    let mut door = door("vip0");
    let mut code = |price: &str, qty: &str| {
        let reply = place(&mut door, &order("Buy", price, qty, ""));
        (reply["retCode"].as_i64().unwrap(), reply["retMsg"].as_str().unwrap().to_string())
    };
    assert_eq!(code("49000.001", "0.001").0, 170_134);
    assert_eq!(code("49000", "0.0010001").0, 170_137);
    assert_eq!(code("49000", "0.0001").0, 170_140);
    assert_eq!(code("49000", "50.000001").0, 170_135);
    assert_eq!(code("49000", "3"), (170_131, "Insufficient balance.".into()));
    let margin = json!({"isLeverage": 1});
    let mut borrowed = order("Buy", "49000", "0.001", "");
    borrowed.as_object_mut().unwrap().extend(margin.as_object().unwrap().clone());
    assert_eq!(place(&mut door, &borrowed)["retCode"], 10_001);
}

#[test]
fn post_only_that_would_take_is_acknowledged_and_pushed_as_rejected() {
    let (mut door, conn) = listening("mm1", &["order"]);
    let ack = place(&mut door, &order("Buy", "50001", "0.001", "cross"));
    assert_eq!((ack["retCode"].as_i64(), ack["result"]["orderId"].as_str().unwrap().len()), (Some(0), 19));
    door.advance(T0 + 100 * MS);
    let row = heard(&mut door, conn).remove(0).1["data"][0].clone();
    assert_eq!((&row["orderStatus"], &row["rejectReason"]), (&json!("Rejected"), &json!("EC_PostOnlyWillTakeLiquidity")));
}

#[test]
fn queries_answer_for_the_category_asked() {
    let mut door = door("mm1");
    listener(&mut door, "/v5/public/spot", &["publicTrade.BTCUSDT"]);
    place(&mut door, &order("Sell", "50100", "0.5", "s-1"));
    place(
        &mut door,
        &json!({"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001", "price": "59000"}),
    );
    let now_ns = T0 + 3 * S;
    let mut list = |path: &str, query: &str| get(&mut door, now_ns, path, query)["result"].clone();
    let spot_orders = list("/v5/order/realtime", "category=spot");
    assert_eq!((spot_orders["category"].as_str(), spot_orders["list"].as_array().unwrap().len()), (Some("spot"), 1));
    assert_eq!(spot_orders["list"][0]["orderLinkId"], "s-1");
    assert_eq!(list("/v5/order/realtime", "category=linear&orderLinkId=s-1")["list"], json!([]), "an id of the other category");
    let rates = |category: &str| format!("category={category}&symbol=BTCUSDT");
    assert_eq!(list("/v5/account/fee-rate", &rates("spot"))["list"][0]["takerFeeRate"], "0.00045");
    assert_eq!(list("/v5/account/fee-rate", &rates("linear"))["list"][0]["takerFeeRate"], "0.00015");
}

#[test]
fn public_queries_and_the_wallet_know_spot() {
    let mut door = door("mm1");
    listener(&mut door, "/v5/public/spot", &["publicTrade.BTCUSDT"]);
    place(&mut door, &order("Sell", "50100", "0.5", "s-1"));
    let mut list = |path: &str, query: &str| get(&mut door, T0 + 3 * S, path, query)["result"].clone();
    let info = list("/v5/market/instruments-info", "category=spot&symbol=BTCUSDT");
    assert_eq!((&info["list"][0]["lotSizeFilter"]["basePrecision"], &info["nextPageCursor"]), (&json!("0.000001"), &json!("")));
    assert_eq!(
        keys(&info["list"][0]),
        words(
            "baseCoin innovation lotSizeFilter marginTrading priceFilter quoteCoin riskParameters stTag status symbol symbolId symbolType xstockMultiplier"
        )
    );
    let ticker = list("/v5/market/tickers", "category=spot&symbol=BTCUSDT")["list"][0].clone();
    assert_eq!((&ticker["bid1Price"], &ticker["lastPrice"]), (&json!("49999"), &json!("49990")));
    assert!(ticker.get("markPrice").is_none() && ticker.get("fundingRate").is_none());
    assert_eq!(list("/v5/market/orderbook", "category=spot&symbol=BTCUSDT")["b"].as_array().unwrap().len(), 1);
    assert_eq!(list("/v5/market/recent-trade", "category=spot&symbol=BTCUSDT")["list"][0]["execId"], "2290000000000000001");
    assert_eq!(list("/v5/market/recent-trade", "category=linear&symbol=BTCUSDT")["list"], json!([]));
    let wallet = list("/v5/account/wallet-balance", "accountType=UNIFIED")["list"][0].clone();
    assert_eq!((&wallet["coin"][0]["coin"], &wallet["coin"][0]["locked"]), (&json!("BTC"), &json!("0.5")));
    assert_eq!(wallet["totalEquity"], "199999.5", "100000 USDT and 2 BTC at the mid of (49999 + 50000.5) / 2");
    assert_eq!(list("/v5/position/list", "category=spot&symbol=BTCUSDT"), json!({}), "spot has no positions");
}

#[test]
fn a_batch_holds_ten_and_cancel_all_needs_no_symbol() {
    let mut door = door("mm1");
    let items: Vec<Value> = (0..11).map(|n| order("Sell", "50100", "0.001", &format!("b-{n}"))).collect();
    let batch = |items: &[Value]| json!({"category": "spot", "request": items});
    assert_eq!(post(&mut door, T0, "/v5/order/create-batch", &batch(&items))["retCode"], 10_001);
    let reply = post(&mut door, T0, "/v5/order/create-batch", &batch(&items[..10]));
    assert_eq!(reply["retExtInfo"]["list"], json!(vec![json!({"code": 0, "msg": "OK"}); 10]));
    assert_eq!(reply["result"]["list"][0]["category"], "spot");
    let gone = post(&mut door, T0 + S, "/v5/order/cancel-all", &json!({"category": "spot"}));
    assert_eq!(gone["result"]["list"].as_array().unwrap().len(), 10);
}

#[test]
fn deposits_are_an_equal_worth_of_both_coins_unless_they_are_named() {
    let start = |settings: &Value| {
        let status: Value = serde_json::from_slice(&door_of(settings).unwrap().status(T0)).unwrap();
        status["deposits"].clone()
    };
    let both = json!(["linear.BTCUSDT", "spot.BTCUSDT"]);
    assert_eq!(start(&json!({"symbols": both, "tape": true})), json!({"BTC": "2", "USDT": "100000"}));
    assert_eq!(start(&json!({"symbols": both, "tape": true, "deposit": {"BTC": "0.5"}})), json!({"BTC": "0.5"}));
    assert_eq!(start(&json!({"tape": true})), json!({"USDT": "100000"}), "without symbols: the recording's contracts");
    assert!(door_of(&json!({"symbols": both, "tape": true, "deposit": {"BTC": 1}})).is_err_and(|error| error.contains("deposit")));
    assert!(door_of(&json!({"symbols": ["option.BTCUSDT"], "tape": true})).is_err_and(|error| error.contains("option.BTCUSDT")));
}

#[test]
fn without_a_recording_spot_is_matched_under_made_up_rules() {
    let mut builder_settings = json!({"symbols": ["BTCUSDT", "spot.BTCUSDT"], "fee_tier": "mm1"});
    let build = |settings: &Value| DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build();
    let mut door = build(&builder_settings).unwrap();
    let spot = listener(&mut door, "/v5/public/spot", &["tickers.BTCUSDT", "publicTrade.BTCUSDT"]);
    door.advance(T0 + 60 * S);
    let said = heard(&mut door, spot);
    let tickers: Vec<&Value> = said.iter().map(|row| &row.1).filter(|message| message["topic"] == "tickers.BTCUSDT").collect();
    assert!(tickers.len() > 1 && tickers.iter().all(|ticker| ticker["type"] == "snapshot" && ticker["data"].get("bid1Price").is_none()));
    let print = said.iter().find(|row| row.1["topic"] == "publicTrade.BTCUSDT").unwrap();
    assert!(print.1["data"][0]["i"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()));
    builder_settings["symbols"] = json!(["spot.ETHUSDT"]);
    assert!(build(&builder_settings).is_err_and(|error| error.contains("spot.ETHUSDT")));
}
