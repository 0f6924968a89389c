//! Limits: windows by account and endpoint, bans by address, idle and surplus sockets, and the options that bend them.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, get, heard, http, let_in, order, post, send};
use mm_sim::door::{CHOICES, Door, DoorBuilder};
use serde_json::{Value, json};

const HOME: &str = "127.0.0.1";

fn door(options: &Value) -> Door {
    let settings = json!({"symbols": ["BTCUSDT", "spot.BTCUSDT"], "fee_tier": "vip0", "options": options});
    DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build().unwrap()
}

fn header(headers: &[(&'static str, String)], name: &str) -> i64 {
    headers.iter().find(|row| row.0 == name).unwrap().1.parse().unwrap()
}

fn trade(door: &mut Door, at_ns: i64, conn: u32, op: &str, fields: &Value) -> Value {
    let header = json!({"X-BAPI-TIMESTAMP": at_ns / MS});
    send(door, at_ns, conn, &json!({"op": op, "header": header, "args": [fields]}));
    heard(door, conn).into_iter().map(|(_, message)| message).find(|message| message["op"] == op).unwrap()
}

#[test]
fn options_are_known_by_name_and_checked() {
    let refused = |options: Value| {
        let settings = json!({"symbols": ["BTCUSDT"], "options": options}).to_string();
        DoorBuilder::new(settings.as_bytes()).unwrap().build().err().unwrap()
    };
    assert!(refused(json!({"ip_requets": 5})).contains("ip_requets"));
    assert!(refused(json!({"ip_requests": 0})).contains("1..1000000"));
    assert!(refused(json!({"ip_requests": "600"})).contains("whole number"));
    assert!(refused(json!([1])).contains("not an object"));
    for (row, at) in CHOICES.iter().zip(0..) {
        assert_eq!(row.choice as usize, at, "the table stands in the order of the names: {}", row.name);
        assert!((row.range.0..=row.range.1).contains(&row.default), "{}", row.name);
        let mut options = json!({});
        options[row.name] = json!(row.range.1);
        door(&options);
    }
}

#[test]
fn an_address_that_asks_too_often_is_banned_until_the_ban_ends() {
    let mut door = door(&json!({"ip_requests": 3, "ip_ban_ms": 20_000}));
    for n in 0..3 {
        assert_eq!(door.admit(T0 + n * S, HOME), None);
    }
    assert_eq!(door.admit(T0 + 4 * S, "127.0.0.2"), None, "addresses do not share");
    let banned = door.admit(T0 + 4 * S, HOME).unwrap();
    assert_eq!((banned.status, banned.body.as_slice()), (403, b"access too frequent".as_slice()));
    assert!(door.admit(T0 + 23 * S, HOME).is_some(), "the window is long empty, the ban is not over");
    assert_eq!(door.admit(T0 + 24 * S, HOME), None, "it ends by itself");
}

#[test]
fn the_default_ban_is_600_requests_in_5_s_and_10_minutes() {
    let mut door = door(&json!({}));
    let granted = (0..700).filter(|n| door.admit(T0 + n * MS, HOME).is_none()).count();
    assert_eq!(granted, 600);
    assert!(door.admit(T0 + 599 * S, HOME).is_some());
    assert_eq!(door.admit(T0 + 601 * S, HOME), None);
    for n in 0..1200 {
        assert_eq!(door.admit(T0 + 700 * S + n * 5 * S / 599, HOME), None, "just below the limit for ten seconds");
    }
}

#[test]
fn a_ban_that_extends_lasts_until_the_address_is_quiet() {
    let mut door = door(&json!({"ip_requests": 1, "ip_ban_ms": 10_000, "ip_ban_extends": 1}));
    assert_eq!(door.admit(T0, HOME), None);
    for n in 0..5 {
        assert!(door.admit(T0 + S + n * 9 * S, HOME).is_some());
    }
    assert_eq!(door.admit(T0 + 47 * S, HOME), None);
}

#[test]
fn every_endpoint_has_its_own_window_and_says_so_in_its_headers() {
    let mut door = door(&json!({}));
    let cases = [
        ("/v5/account/fee-rate", 5),
        ("/v5/user/query-api", 10),
        ("/v5/order/realtime", 50),
        ("/v5/order/history", 50),
        ("/v5/execution/list", 50),
        ("/v5/position/list", 50),
        ("/v5/account/wallet-balance", 50),
        ("/v5/account/info", 50),
    ];
    for ((path, limit), round) in cases.into_iter().zip(0..) {
        let begin = T0 + round * 2 * S;
        let query = "category=linear&symbol=BTCUSDT&accountType=UNIFIED";
        for n in 0..limit {
            let (_, headers, body) = http(&mut door, begin + n * MS, "GET", path, query, &Value::Null);
            assert_eq!(body["retCode"], 0, "{path} {n}: {body}");
            assert_eq!((header(&headers, "X-Bapi-Limit"), header(&headers, "X-Bapi-Limit-Status")), (limit, limit - n - 1), "{path}");
            let reset_ms = header(&headers, "X-Bapi-Limit-Reset-Timestamp");
            assert_eq!(reset_ms, if n + 1 < limit { (begin + n * MS) / MS } else { (begin + S) / MS }, "now, unless it is exhausted");
        }
        let (status, headers, body) = http(&mut door, begin + limit * MS, "GET", path, query, &Value::Null);
        assert_eq!((status, &body["retCode"]), (200, &json!(10006)), "{path}");
        assert_eq!(header(&headers, "X-Bapi-Limit-Reset-Timestamp"), (begin + S) / MS);
        assert_eq!(http(&mut door, begin + S, "GET", path, query, &Value::Null).2["retCode"], 0, "{path} is free again at the reset");
    }
    let rates = |door: &mut Door, category: &str| get(door, T0 + 20 * S, "/v5/account/fee-rate", category)["retCode"].clone();
    (0..5).for_each(|_| assert_eq!(rates(&mut door, "category=linear"), 0));
    assert_eq!((rates(&mut door, "category=linear"), rates(&mut door, "category=spot")), (json!(10006), json!(0)), "lines of business");
}

#[test]
fn single_orders_share_their_window_with_the_trade_socket_unless_told_otherwise() {
    for (shared, left) in [(1, 0), (0, 10)] {
        let mut door = door(&json!({"shared_windows": shared}));
        let conn = let_in(&mut door, T0, "/v5/trade");
        for n in 0..10 {
            assert_eq!(post(&mut door, T0, "/v5/order/create", &order("Buy", "59000", "0.001", &format!("r{n}")))["retCode"], 0);
        }
        let granted = (0..11).filter(|n| {
            let reply = trade(&mut door, T0, conn, "order.create", &order("Buy", "59000", "0.001", &format!("t{n}")));
            reply["retCode"] == 0
        });
        assert_eq!(granted.count(), left);
        let batch =
            json!({"category": "linear", "request": (0..10).map(|n| order("Buy", "59000", "0.001", &format!("b{n}"))).collect::<Value>()});
        assert_eq!(post(&mut door, T0, "/v5/order/create-batch", &batch)["retCode"], 0);
        let more = json!({"category": "linear", "request": [order("Buy", "59000", "0.001", "more")]});
        assert_eq!(trade(&mut door, T0, conn, "order.create-batch", &more)["retCode"], 10006, "batches always share");
    }
}

#[test]
fn the_overflow_of_a_batch_carries_the_chosen_code() {
    let mut door = door(&json!({"batch_overflow_code": 10429, "max_batch_linear": 12}));
    let batch = |count: usize| {
        let items: Value = (0..count).map(|n| order("Buy", "59000", "0.001", &format!("b{n}"))).collect();
        json!({"category": "linear", "request": items})
    };
    let too_long = post(&mut door, T0, "/v5/order/create-batch", &batch(13));
    assert_eq!((&too_long["retCode"], &too_long["retMsg"]), (&json!(10001), &json!("params error: request should hold 1-12 orders")));
    let reply = post(&mut door, T0 + S, "/v5/order/create-batch", &batch(12));
    let codes: Vec<i64> = reply["retExtInfo"]["list"].as_array().unwrap().iter().map(|row| row["code"].as_i64().unwrap()).collect();
    assert_eq!((&reply["retCode"], codes), (&json!(0), [[0; 10].as_slice(), &[10429; 2]].concat()));
}

#[test]
fn the_trade_socket_has_limits_of_address_session_and_system() {
    for (option, code) in [("trade_ip_requests", 10403), ("session_requests", 20003), ("system_requests", 10429)] {
        let mut options = json!({});
        options[option] = json!(2);
        let mut door = door(&options);
        let conn = let_in(&mut door, T0, "/v5/trade");
        let codes: Vec<i64> = (0..3)
            .map(|n| {
                let reply = trade(&mut door, T0 + n * MS, conn, "order.create", &order("Buy", "59000", "0.001", &format!("t{n}")));
                reply["retCode"].as_i64().unwrap()
            })
            .collect();
        assert_eq!(codes, [0, 0, code], "{option}");
        let later = trade(&mut door, T0 + S + 2 * MS, conn, "order.create", &order("Buy", "59000", "0.001", "later"));
        assert_eq!(later["retCode"], 0, "{option} rolls");
        let (status, _, body) = http(&mut door, T0 + S + 3 * MS, "POST", "/v5/order/create", "", &order("Buy", "59000", "0.001", "rest"));
        assert_eq!((status, &body["retCode"]), (200, &json!(0)), "{option}");
        let (status, _, body) = http(&mut door, T0 + S + 4 * MS, "POST", "/v5/order/create", "", &order("Buy", "59000", "0.001", "over"));
        let expected = if option == "system_requests" { (429, json!(10429)) } else { (200, json!(0)) };
        assert_eq!((status, body["retCode"].clone()), expected, "{option}");
    }
}

#[test]
fn an_order_before_auth_is_refused_with_the_chosen_code() {
    for code in [10003, 10004, 10005] {
        let mut door = door(&json!({"unauthenticated_code": code}));
        let conn = door.open("/v5/trade").unwrap();
        assert_eq!(trade(&mut door, T0, conn, "order.create", &order("Buy", "59000", "0.001", "x"))["retCode"], code);
    }
}

#[test]
fn a_late_ack_lets_the_push_come_first() {
    for (delay_ms, ack_first) in [(0, true), (50, false)] {
        let mut door = door(&json!({"trade_ack_delay_ms": delay_ms}));
        let (private, trade) = (let_in(&mut door, T0, "/v5/private"), let_in(&mut door, T0, "/v5/trade"));
        send(&mut door, T0, private, &json!({"op": "subscribe", "args": ["order"]}));
        door.take_outgoing();
        let request = json!({"op": "order.create", "header": {"X-BAPI-TIMESTAMP": T0 / MS}, "args": [order("Buy", "59000", "0.001", "x")]});
        send(&mut door, T0, trade, &request);
        door.advance(T0 + S);
        let due: Vec<(u32, i64)> = door.take_outgoing().into_iter().map(|message| (message.conn, message.due_ns)).collect();
        let of = |conn: u32| due.iter().find(|row| row.0 == conn).unwrap().1;
        assert_eq!(of(trade) < of(private), ack_first, "{due:?}");
    }
}

#[test]
fn one_bad_topic_voids_the_request_only_if_told_so() {
    for (void, joined) in [(0, true), (1, false)] {
        let mut door = door(&json!({"bad_topic_drops_request": void}));
        let conn = door.open("/v5/public/linear").unwrap();
        send(&mut door, T0, conn, &json!({"op": "subscribe", "args": ["orderbook.50.BTCUSDT", "orderbook.500.BTCUSDT"]}));
        door.advance(T0 + S);
        let messages = heard(&mut door, conn);
        let refused: Vec<&Value> = messages.iter().map(|row| &row.1).filter(|message| message["success"] == false).collect();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0]["ret_msg"], "error:handler not found,topic:orderbook.500.BTCUSDT");
        assert_eq!(messages.iter().any(|row| row.1["topic"] == "orderbook.50.BTCUSDT"), joined);
    }
}

#[test]
fn a_silent_socket_is_closed_on_a_sweep_and_a_ping_keeps_it() {
    let mut door = door(&json!({}));
    let silent = door.connect(T0, HOME, "/v5/private").unwrap();
    let pinged = door.connect(T0, HOME, "/v5/private").unwrap();
    let short = door.connect(T0, HOME, "/v5/trade?max_active_time=30s").unwrap();
    let shorter = door.connect(T0, HOME, "/v5/trade?max_active_time=10s").unwrap();
    let minute = door.connect(T0, HOME, "/v5/private?max_active_time=1m").unwrap();
    let mut closed_s = Vec::new();
    for second in 0..1300 {
        if second % 20 == 0 {
            door.alive(T0 + second * S, pinged);
        }
        door.advance(T0 + second * S);
        closed_s.extend(door.take_closed().into_iter().map(|conn| (conn, second)));
    }
    // 1 700 000 000 s is 20 s into a sweep of 30 s.
    let expected = [(short, 40), (minute, 70), (silent, 610), (shorter, 610)];
    assert_eq!(closed_s, expected, "too short a wish counts as none");
    assert!(door.frame(T0 + 1300 * S, silent, b"{}").is_err() && door.frame(T0 + 1300 * S, pinged, b"{\"op\":\"ping\"}").is_ok());
    let listening = door.connect(T0 + 1300 * S, HOME, "/v5/public/linear").unwrap();
    send(&mut door, T0 + 1300 * S, listening, &json!({"op": "subscribe", "args": ["orderbook.1.BTCUSDT"]}));
    door.advance(T0 + 2600 * S);
    assert!(!door.take_closed().contains(&listening), "data is a sign of life, too");
}

#[test]
fn an_address_opens_only_so_many_sockets() {
    let mut door = door(&json!({"new_connections": 4, "new_connections_window_ms": 1000, "market_connections": 2}));
    assert_eq!(door.connect(T0, HOME, "/v5/public/option").unwrap_err().status, 404);
    let first = door.connect(T0, HOME, "/v5/public/linear").unwrap();
    door.connect(T0, HOME, "/v5/public/linear").unwrap();
    assert_eq!(door.connect(T0, HOME, "/v5/public/linear").unwrap_err().status, 403, "two at a time");
    door.connect(T0, "127.0.0.2", "/v5/public/linear").unwrap();
    door.connect(T0, HOME, "/v5/public/spot").unwrap();
    door.close(T0, first);
    door.connect(T0, HOME, "/v5/public/linear").unwrap();
    assert_eq!(door.connect(T0 + 999 * MS, HOME, "/v5/private").unwrap_err().status, 403, "four in a window");
    door.connect(T0 + S, HOME, "/v5/private").unwrap();
}

#[test]
fn subscriptions_are_bounded_in_length() {
    let mut door = door(&json!({}));
    let conn = door.open("/v5/public/spot").unwrap();
    let topics: Vec<String> = (0..11).map(|n| format!("orderbook.{n}.BTCUSDT")).collect();
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": topics}));
    assert_eq!(heard(&mut door, conn)[0].1["ret_msg"], "error:args size >10");
    let linear = door.open("/v5/public/linear").unwrap();
    let long: Vec<String> = (0..1000).map(|n| format!("kline.{n}.SOMETHING-LONG-{n}")).collect();
    send(&mut door, T0, linear, &json!({"op": "subscribe", "args": long}));
    assert_eq!(heard(&mut door, linear)[0].1["ret_msg"], "error:args too long");
}
