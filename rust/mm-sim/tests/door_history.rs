//! What is listed of the past: windows of time, filters, and pages that hold while the list changes.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, get, order, post};
use mm_sim::door::{Door, DoorBuilder};
use serde_json::{Value, json};

const DAY: i64 = 86_400 * S;

fn door(options: &Value) -> Door {
    let settings = json!({"symbols": ["BTCUSDT", "ETHUSDT", "spot.BTCUSDT"], "fee_tier": "mm1", "options": options});
    DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build().unwrap()
}

fn links(reply: &Value) -> Vec<String> {
    let list = reply["result"]["list"].as_array().unwrap_or_else(|| panic!("{reply}"));
    list.iter().map(|row| row["orderLinkId"].as_str().unwrap().to_string()).collect()
}

/// Places and cancels an order at `at_ns`; another 10 ms later it is history.
fn ended(door: &mut Door, at_ns: i64, link: &str) {
    post(door, at_ns, "/v5/order/create", &order("Buy", "30000", "0.001", link));
    let cancel = json!({"category": "linear", "symbol": "BTCUSDT", "orderLinkId": link});
    assert_eq!(post(door, at_ns + 5 * MS, "/v5/order/cancel", &cancel)["retCode"], 0);
    door.advance(at_ns + 10 * MS);
}

/// Buys at once and entirely.
fn bought(door: &mut Door, at_ns: i64, link: &str) {
    let mut taking = order("Buy", "", "0.001", link);
    (taking["orderType"], taking["timeInForce"]) = (json!("Market"), json!("IOC"));
    taking.as_object_mut().unwrap().remove("price");
    assert_eq!(post(door, at_ns, "/v5/order/create", &taking)["retCode"], 0);
    door.advance(at_ns + 10 * MS);
}

#[test]
fn a_window_is_seven_days_at_most_and_one_end_is_enough() {
    let mut door = door(&json!({}));
    for day in 0..3 {
        bought(&mut door, T0 + day * 4 * DAY, &format!("day-{}", day * 4));
    }
    let now = T0 + 8 * DAY + S;
    for path in ["/v5/order/history", "/v5/execution/list"] {
        let ask = |door: &mut Door, more: &str| get(door, now, path, &format!("category=linear{more}"));
        let ms = |days: i64| (T0 + days * DAY) / MS;
        assert_eq!(links(&ask(&mut door, "")), ["day-8", "day-4"], "{path}: the last seven days");
        assert_eq!(links(&ask(&mut door, &format!("&startTime={}", ms(0)))), ["day-4", "day-0"], "{path}: seven days from there");
        assert_eq!(links(&ask(&mut door, &format!("&endTime={}", ms(5)))), ["day-4", "day-0"], "{path}: seven days up to there");
        assert_eq!(links(&ask(&mut door, &format!("&startTime={}&endTime={}", ms(3), ms(5)))), ["day-4"], "{path}");
        let long = ask(&mut door, &format!("&startTime={}&endTime={}", ms(0), ms(7) + 1));
        assert_eq!(long["retCode"], 10001, "{path}");
        assert!(long["retMsg"].as_str().unwrap().contains("7 days"));
        assert_eq!(ask(&mut door, &format!("&startTime={}&endTime={}", ms(5), ms(3)))["retCode"], 10001, "{path}: backwards");
        assert_eq!(ask(&mut door, "&startTime=yesterday")["retCode"], 10001, "{path}");
        assert_eq!(links(&ask(&mut door, "&orderLinkId=day-0")), ["day-0"], "{path}: an id overrides the window");
    }
}

#[test]
fn what_never_filled_is_forgotten_after_a_day() {
    let mut door = door(&json!({}));
    ended(&mut door, T0, "cancelled");
    bought(&mut door, T0 + S, "filled");
    let history = |door: &mut Door, at_ns| links(&get(door, at_ns, "/v5/order/history", "category=linear&symbol=BTCUSDT"));
    assert_eq!(history(&mut door, T0 + DAY - S), ["filled", "cancelled"]);
    assert_eq!(history(&mut door, T0 + DAY + S), ["filled"]);
}

#[test]
fn filters_narrow_and_wrong_ones_are_refused() {
    let mut door = door(&json!({}));
    ended(&mut door, T0, "cancelled");
    bought(&mut door, T0 + S, "filled");
    let history = |door: &mut Door, more: &str| links(&get(door, T0 + 2 * S, "/v5/order/history", &format!("category=linear{more}")));
    assert_eq!(history(&mut door, "&orderStatus=Cancelled"), ["cancelled"]);
    assert_eq!(history(&mut door, "&baseCoin=BTC"), ["filled", "cancelled"]);
    assert_eq!(history(&mut door, "&baseCoin=ETH"), [""; 0]);
    assert_eq!(history(&mut door, "&settleCoin=USDT&orderStatus=Filled"), ["filled"]);
    assert_eq!(links(&get(&mut door, T0 + 2 * S, "/v5/order/history", "category=spot")), [""; 0]);
    let executions =
        |door: &mut Door, more: &str| links(&get(door, T0 + 2 * S, "/v5/execution/list", &format!("category=linear{more}"))).len();
    assert_eq!(executions(&mut door, "&execType=Trade"), executions(&mut door, ""));
    assert_eq!(executions(&mut door, "&execType=Funding"), 0);
    assert_eq!(executions(&mut door, "&symbol=ETHUSDT"), 0);
    let stops = get(&mut door, T0 + 2 * S, "/v5/order/history", "category=linear&orderFilter=StopOrder");
    assert!(stops["retMsg"].as_str().unwrap().contains("StopOrder"), "{stops}");
    assert_eq!(
        links(&get(&mut door, T0 + 2 * S, "/v5/order/realtime", "category=linear&symbol=BTCUSDT&openOnly=1")),
        ["filled", "cancelled"]
    );
}

#[test]
fn the_history_index_lags_as_long_as_it_is_told() {
    let mut door = door(&json!({"history_lag_ms": 3000}));
    ended(&mut door, T0, "late");
    let history = |door: &mut Door, at_ns| links(&get(door, at_ns, "/v5/order/history", "category=linear"));
    assert_eq!(history(&mut door, T0 + S), [""; 0]);
    let realtime = links(&get(&mut door, T0 + S, "/v5/order/realtime", "category=linear&orderLinkId=late"));
    assert_eq!(realtime, ["late"], "the realtime query knows it at once");
    assert_eq!(history(&mut door, T0 + 4 * S), ["late"]);
}

#[test]
fn a_row_that_ends_between_two_pages_hides_no_other() {
    let mut door = door(&json!({}));
    for n in 0..6 {
        post(&mut door, T0 + n * MS, "/v5/order/create", &order("Buy", "30000", "0.001", &format!("p{n}")));
    }
    let query = "category=linear&symbol=BTCUSDT&limit=2";
    let first = get(&mut door, T0 + S, "/v5/order/realtime", query);
    assert_eq!(links(&first), ["p5", "p4"]);
    // The row that the cursor names goes.
    let cancel = json!({"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "p4"});
    post(&mut door, T0 + S, "/v5/order/cancel", &cancel);
    door.advance(T0 + 2 * S);
    let mut seen = Vec::new();
    let mut cursor = first["result"]["nextPageCursor"].as_str().unwrap().to_string();
    while !cursor.is_empty() {
        let page = get(&mut door, T0 + 2 * S, "/v5/order/realtime", &format!("{query}&cursor={cursor}"));
        seen.extend(links(&page));
        cursor = page["result"]["nextPageCursor"].as_str().unwrap().to_string();
    }
    assert_eq!(seen, ["p3", "p2", "p1", "p0"]);
    let wrong = get(&mut door, T0 + 2 * S, "/v5/order/realtime", &format!("{query}&cursor=last%3Dp4"));
    assert_eq!((&wrong["retCode"], &wrong["retMsg"]), (&json!(10001), &json!("params error: cursor invalid")));
}

#[test]
fn executions_page_through_every_one_once() {
    let mut door = door(&json!({}));
    for n in 0..7 {
        bought(&mut door, T0 + n * S, &format!("e{n}"));
    }
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&mut door, T0 + 10 * S, "/v5/execution/list", &format!("category=linear&limit=3&cursor={cursor}"));
        ids.extend(page["result"]["list"].as_array().unwrap().iter().map(|row| row["execId"].as_str().unwrap().to_string()));
        cursor = page["result"]["nextPageCursor"].as_str().unwrap().to_string();
        if cursor.is_empty() {
            break;
        }
    }
    let whole = get(&mut door, T0 + 10 * S, "/v5/execution/list", "category=linear&limit=100");
    let expected: Vec<&str> = whole["result"]["list"].as_array().unwrap().iter().map(|row| row["execId"].as_str().unwrap()).collect();
    assert_eq!(ids, expected);
    assert!(ids.len() >= 7);
}
