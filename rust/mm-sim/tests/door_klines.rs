//! Candles, the ticker's day and the deepest book: what they tell is what the trades and levels were.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use std::collections::BTreeMap;

use door_fixture::{MS, S, T0, door, get, heard, keys, listener, send, words};
use mm_sim::door::{Door, DoorBuilder};
use serde_json::{Value, json};

/// 1 700 000 000 s is 20 s into a minute.
const MINUTE_MS: i64 = 60_000;

fn matching() -> Door {
    DoorBuilder::new(json!({"symbols": ["BTCUSDT"]}).to_string().as_bytes()).unwrap().build().unwrap()
}

fn of_topic(door: &mut Door, conn: u32, topic: &str) -> Vec<Value> {
    heard(door, conn).into_iter().map(|(_, message)| message).filter(|message| message["topic"] == topic).collect()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

/// (open, high, low, close, volume) by minute, made from the trades of a stream.
fn minutes(trades: &[Value]) -> BTreeMap<i64, [f64; 5]> {
    let mut minutes = BTreeMap::new();
    for trade in trades.iter().flat_map(|message| message["data"].as_array().unwrap()) {
        let start = trade["T"].as_i64().unwrap() / MINUTE_MS * MINUTE_MS;
        let (price, qty) = (number(&trade["p"]), number(&trade["v"]));
        let row = minutes.entry(start).or_insert([price, price, price, price, 0.0]);
        *row = [row[0], row[1].max(price), row[2].min(price), price, row[4] + qty];
    }
    minutes
}

#[test]
fn a_minute_is_what_its_trades_were() {
    let mut door = matching();
    let conn = listener(&mut door, T0, &["publicTrade.BTCUSDT"]);
    door.advance(T0 + 310 * S);
    let trades = of_topic(&mut door, conn, "publicTrade.BTCUSDT");
    let expected = minutes(&trades);
    assert!(expected.len() >= 5, "{expected:?}");
    let query = "category=linear&symbol=BTCUSDT&interval=1";
    let listed = get(&mut door, T0 + 310 * S, "/v5/market/kline", query)["result"]["list"].clone();
    let rows: Vec<(i64, Vec<f64>)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row[0].as_str().unwrap().parse().unwrap(), (1..6).map(|at| number(&row[at])).collect()))
        .collect();
    assert_eq!(rows.len(), expected.len());
    for ((start, row), (wanted_start, wanted)) in rows.iter().zip(expected.iter().rev()) {
        assert_eq!((start, &row[..4]), (wanted_start, &wanted[..4]), "newest first");
        assert!((row[4] - wanted[4]).abs() < 1e-9, "volume {row:?} {wanted:?}");
    }
    let five = get(&mut door, T0 + 310 * S, "/v5/market/kline", "category=linear&symbol=BTCUSDT&interval=5")["result"]["list"].clone();
    let (first, last) = (rows.last().unwrap(), rows.first().unwrap());
    let oldest = &five.as_array().unwrap().last().unwrap();
    assert_eq!(number(&oldest[1]).to_bits(), first.1[0].to_bits(), "five minutes open where their first minute does");
    assert_eq!(number(&five[0][4]).to_bits(), last.1[3].to_bits(), "and the last ones close where the last minute does");
    let ticker = get(&mut door, T0 + 310 * S, "/v5/market/tickers", "category=linear&symbol=BTCUSDT")["result"]["list"][0].clone();
    let high = rows.iter().map(|row| row.1[1]).fold(0.0, f64::max);
    assert_eq!(number(&ticker["highPrice24h"]).to_bits(), high.to_bits());
    assert_eq!(number(&ticker["prevPrice24h"]).to_bits(), first.1[0].to_bits());
}

#[test]
fn windows_and_pages_of_candles() {
    let mut door = matching();
    listener(&mut door, T0, &["publicTrade.BTCUSDT"]);
    door.advance(T0 + 310 * S);
    let first_ms = T0 / MS / MINUTE_MS * MINUTE_MS;
    let starts = |door: &mut Door, more: &str| -> Vec<i64> {
        let query = format!("category=linear&symbol=BTCUSDT&interval=1{more}");
        let list = get(door, T0 + 310 * S, "/v5/market/kline", &query)["result"]["list"].clone();
        list.as_array().unwrap().iter().map(|row| (row[0].as_str().unwrap().parse::<i64>().unwrap() - first_ms) / MINUTE_MS).collect()
    };
    assert_eq!(starts(&mut door, ""), [5, 4, 3, 2, 1, 0]);
    assert_eq!(starts(&mut door, "&limit=2"), [5, 4]);
    let start = first_ms + MINUTE_MS;
    assert_eq!(starts(&mut door, &format!("&start={start}&limit=2")), [2, 1], "a page from its start on");
    assert_eq!(starts(&mut door, &format!("&start={start}&end={}", start + 2 * MINUTE_MS)), [3, 2, 1]);
    assert_eq!(starts(&mut door, &format!("&end={start}&limit=1")), [1]);
    let refused = |door: &mut Door, query: &str| get(door, T0 + 310 * S, "/v5/market/kline", query)["retCode"].clone();
    assert_eq!(refused(&mut door, "category=linear&symbol=BTCUSDT&interval=2"), 10001, "there are no two-minute candles");
    assert_eq!(refused(&mut door, "category=linear&symbol=BTCUSDT&interval=1&start=soon"), 10001);
    assert_eq!(refused(&mut door, "category=linear&symbol=NONE&interval=1"), 10001);
    let mark = get(&mut door, T0 + 310 * S, "/v5/market/mark-price-kline", "category=linear&symbol=BTCUSDT&interval=1&limit=1");
    assert_eq!(mark["result"]["list"][0].as_array().unwrap().len(), 5, "a mark is not traded");
}

#[test]
fn days_weeks_and_months_begin_on_the_calendar() {
    let mut door = matching();
    listener(&mut door, T0, &["publicTrade.BTCUSDT"]);
    door.advance(T0 + 30 * S);
    // 2023-11-14 22:13:20 UTC, a Tuesday.
    for (interval, start) in [("D", 1_699_920_000_000_i64), ("W", 1_699_833_600_000), ("M", 1_698_796_800_000), ("720", 1_699_963_200_000)]
    {
        let query = format!("category=linear&symbol=BTCUSDT&interval={interval}");
        let list = get(&mut door, T0 + 30 * S, "/v5/market/kline", &query)["result"]["list"].clone();
        assert_eq!((list.as_array().unwrap().len(), &list[0][0]), (1, &json!(start.to_string())), "{interval}");
    }
}

#[test]
fn a_kline_topic_tells_the_running_candle_and_confirms_it_once() {
    let mut door = matching();
    let conn = listener(&mut door, T0, &["kline.1.BTCUSDT", "publicTrade.BTCUSDT"]);
    door.advance(T0 + 175 * S);
    let messages: Vec<Value> = heard(&mut door, conn).into_iter().map(|(_, message)| message).collect();
    let told: Vec<&Value> = messages.iter().filter(|message| message["topic"] == "kline.1.BTCUSDT").collect();
    assert_eq!(keys(told[0]), words("topic type ts data"));
    assert_eq!(keys(&told[0]["data"][0]), words("start end interval open close high low volume turnover confirm timestamp"));
    let trades: Vec<Value> = messages.iter().filter(|message| message["topic"] == "publicTrade.BTCUSDT").cloned().collect();
    let expected = minutes(&trades);
    let ended: Vec<&Value> = told.iter().map(|message| &message["data"][0]).filter(|row| row["confirm"] == true).collect();
    assert_eq!(ended.len(), 3, "the minutes that ended 40 s, 100 s and 160 s after the beginning");
    for row in ended {
        let wanted = expected[&row["start"].as_i64().unwrap()];
        let got = [&row["open"], &row["high"], &row["low"], &row["close"]].map(number);
        assert_eq!(got.map(f64::to_bits), [wanted[0], wanted[1], wanted[2], wanted[3]].map(f64::to_bits));
        assert_eq!(row["end"].as_i64().unwrap(), row["start"].as_i64().unwrap() + MINUTE_MS - 1);
    }
    let gaps = told.windows(2).map(|pair| pair[1]["ts"].as_i64().unwrap() - pair[0]["ts"].as_i64().unwrap());
    assert!(gaps.max().unwrap() <= MINUTE_MS, "a candle is told at its end at the latest");
    send(&mut door, T0 + 175 * S, conn, &json!({"op": "unsubscribe", "args": ["kline.1.BTCUSDT"]}));
    door.take_outgoing();
    door.advance(T0 + 300 * S);
    assert!(of_topic(&mut door, conn, "kline.1.BTCUSDT").is_empty());
}

#[test]
fn a_kline_topic_ends_with_the_recording() {
    let mut door = door("vip0");
    let conn = listener(&mut door, T0, &["kline.1.BTCUSDT"]);
    door.advance(T0 + 600 * S);
    let told = of_topic(&mut door, conn, "kline.1.BTCUSDT");
    assert_eq!(told.len(), 1, "one trade at 2 s, told once: {told:?}");
    assert_eq!(told[0]["data"][0]["close"], "59990");
    door.advance(T0 + 609 * S);
    assert_eq!(heard(&mut door, conn), [], "nothing more");
    let refused = listener(&mut door, T0 + 609 * S, &["kline.2.BTCUSDT"]);
    assert_eq!(heard(&mut door, refused)[0].1["ret_msg"], "error:handler not found,topic:kline.2.BTCUSDT");
}

#[test]
fn the_deepest_book_is_whole_and_contiguous() {
    let mut door = matching();
    let topic = "orderbook.1000.BTCUSDT";
    let conn = listener(&mut door, T0, &[topic]);
    door.advance(T0 + 5 * S);
    let frames = of_topic(&mut door, conn, topic);
    assert_eq!(frames[0]["type"], "snapshot");
    let depth = frames[0]["data"]["b"].as_array().unwrap().len();
    assert!(depth > 200, "{depth} bids");
    let updates: Vec<u64> = frames.iter().map(|frame| frame["data"]["u"].as_u64().unwrap()).collect();
    assert!(updates.windows(2).all(|pair| pair[1] == pair[0] + 1));
    let times: Vec<i64> = frames.iter().map(|frame| frame["ts"].as_i64().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 200), "at most every 200 ms");
    let mut levels: BTreeMap<String, String> = BTreeMap::new();
    for pair in frames.iter().flat_map(|frame| frame["data"]["b"].as_array().unwrap()) {
        let (price, qty) = (pair[0].as_str().unwrap().to_string(), pair[1].as_str().unwrap().to_string());
        if qty == "0" {
            assert!(levels.remove(&price).is_some(), "only a level that is there is deleted")
        } else {
            levels.insert(price, qty).map_or((), drop)
        }
    }
    let book = get(&mut door, T0 + 5 * S, "/v5/market/orderbook", "category=linear&symbol=BTCUSDT&limit=1000")["result"].clone();
    let shown: BTreeMap<String, String> =
        book["b"].as_array().unwrap().iter().map(|pair| (pair[0].as_str().unwrap().into(), pair[1].as_str().unwrap().into())).collect();
    assert_eq!(levels, shown, "the query shows the published window");
}
