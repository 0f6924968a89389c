//! A door over a made-up recording: one market, a book that moves at 1 s, prints at 2 s, moves again at 3 s and 4 s.
#![allow(clippy::unwrap_used)] // A test may panic.
#![allow(dead_code, reason = "each test file uses its part")]

use mm_sim::door::{Door, DoorBuilder, TRADED};
use serde_json::{Value, json};

pub const S: i64 = 1_000_000_000;
pub const MS: i64 = 1_000_000;
/// When the tests begin, in nanoseconds since the epoch.
pub const T0: i64 = 1_700_000_000 * S;

const INSTRUMENT: &str = r#"{"category":"linear","symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT","settleCoin":"USDT",
    "priceFilter":{"minPrice":"0.10","maxPrice":"199999.80","tickSize":"0.10"},
    "lotSizeFilter":{"minNotionalValue":"5","maxOrderQty":"1000","minOrderQty":"0.001","qtyStep":"0.001"}}"#;

fn book(second: i64, kind: &str, u: u64, bids: &Value, asks: &Value) -> Value {
    let ms = second * 1000;
    let data = json!({"s": "BTCUSDT", "b": bids, "a": asks, "u": u, "seq": 100 * u});
    let msg = json!({"topic": "orderbook.50.BTCUSDT", "type": kind, "ts": ms + 5, "data": data, "cts": ms});
    json!({"recv_ns": second * S, "msg": msg})
}

fn recording() -> Vec<Value> {
    let trade = json!([{"T": 2000, "s": "BTCUSDT", "S": "Sell", "v": "0.500", "p": "59990.00", "L": "MinusTick", "i": "t-1", "BT": false, "seq": 250}]);
    vec![
        book(0, "snapshot", 7, &json!([["60000.00", "1.500"], ["59999.00", "2.000"]]), &json!([["60000.10", "1.000"]])),
        book(1, "delta", 8, &json!([["60000.00", "1.250"]]), &json!([])),
        json!({"recv_ns": 2 * S, "msg": {"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": 2005, "data": trade}}),
        book(3, "delta", 9, &json!([["60000.00", "0"]]), &json!([["60001.00", "3.000"]])),
        book(4, "delta", 10, &json!([["59999.00", "2.500"]]), &json!([])),
    ]
}

/// A door over the recording, with the given fee tier.
pub fn door(fee_tier: &str) -> Door {
    let settings = json!({"symbols": ["BTCUSDT"], "tape": true, "fee_tier": fee_tier});
    let mut builder = DoorBuilder::new(settings.to_string().as_bytes()).unwrap();
    builder.add_instrument(INSTRUMENT.as_bytes()).unwrap();
    for line in recording() {
        builder.line(line.to_string().as_bytes()).unwrap();
    }
    builder.build().unwrap()
}

/// (status, headers, body) of a verified request; a GET takes `query`, a POST `body`.
pub fn http(
    door: &mut Door,
    now_ns: i64,
    method: &str,
    path: &str,
    query: &str,
    body: &Value,
) -> (u16, Vec<(&'static str, String)>, Value) {
    let body = if method == "POST" { body.to_string() } else { String::new() };
    let answer = door.http(now_ns, Some(TRADED), method, path, query, body.as_bytes());
    (answer.status, answer.headers, sorted(&answer.body))
}

/// What a socket says. Public frames have an order of their own; every other message is as [`sorted`].
fn read(bytes: &[u8]) -> Value {
    if bytes.starts_with(b"{\"topic\"") { serde_json::from_slice(bytes).unwrap() } else { sorted(bytes) }
}

/// JSON without a blank, the keys of every object in order, none twice: what a tree of the same values would be written as.
fn sorted(bytes: &[u8]) -> Value {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(value.to_string().as_bytes(), bytes, "{}", String::from_utf8_lossy(bytes));
    value
}

pub fn get(door: &mut Door, now_ns: i64, path: &str, query: &str) -> Value {
    http(door, now_ns, "GET", path, query, &Value::Null).2
}

pub fn post(door: &mut Door, now_ns: i64, path: &str, body: &Value) -> Value {
    http(door, now_ns, "POST", path, "", body).2
}

/// A post-only limit order.
pub fn order(side: &str, price: &str, qty: &str, link: &str) -> Value {
    json!({
        "category": "linear", "symbol": "BTCUSDT", "side": side, "orderType": "Limit", "qty": qty, "price": price,
        "timeInForce": "PostOnly", "orderLinkId": link,
    })
}

/// Sends a frame that is no auth.
pub fn send(door: &mut Door, now_ns: i64, conn: u32, message: &Value) {
    assert_eq!(door.frame(now_ns, conn, message.to_string().as_bytes()).unwrap(), None);
}

/// Everything that waits for a connection: (due, message).
pub fn heard(door: &mut Door, conn: u32) -> Vec<(i64, Value)> {
    let taken = door.take_outgoing().into_iter().filter(|message| message.conn == conn);
    taken.map(|message| (message.due_ns, read(&message.bytes))).collect()
}

/// A public connection that listens to `topics` since `now_ns`.
pub fn listener(door: &mut Door, now_ns: i64, topics: &[&str]) -> u32 {
    let conn = door.open("/v5/public/linear").unwrap();
    send(door, now_ns, conn, &json!({"op": "subscribe", "req_id": "r", "args": topics}));
    conn
}

/// A connection that is let in.
pub fn let_in(door: &mut Door, now_ns: i64, path: &str) -> u32 {
    let conn = door.open(path).unwrap();
    door.authenticate(now_ns, conn, Ok(TRADED), None);
    door.take_outgoing();
    conn
}

/// The sorted keys of an object.
pub fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Words of a text, sorted.
pub fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}
