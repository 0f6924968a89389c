//! The public socket: acks, snapshots before deltas, padded levels, and the one fault on purpose.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, door, get, heard, keys, listener, send, words};
use serde_json::{Value, json};

const BOOK: &str = "orderbook.50.BTCUSDT";

fn of_topic(messages: &[(i64, Value)], topic: &str) -> Vec<Value> {
    messages.iter().map(|(_, message)| message).filter(|message| message["topic"] == topic).cloned().collect()
}

/// Answers to operations, without the pushes.
fn answers(door: &mut mm_sim::door::Door, conn: u32) -> Vec<Value> {
    heard(door, conn).into_iter().map(|(_, message)| message).filter(|message| message.get("success").is_some()).collect()
}

#[test]
fn replies_wait_and_nothing_overtakes() {
    let mut door = door("vip0");
    let conn = listener(&mut door, T0, &[BOOK, "publicTrade.BTCUSDT", "tickers.BTCUSDT", "orderbook.1.BTCUSDT"]);
    door.advance(T0 + 5 * S);
    let messages = heard(&mut door, conn);
    assert_eq!(messages[0].1, json!({"success": true, "ret_msg": "", "op": "subscribe", "conn_id": "local-1", "req_id": "r"}));
    assert!(
        messages[0].0 >= T0 + 2 * MS && messages[1].0 >= T0 + 2 * MS,
        "an ack or a first push at once would be lost on the official client"
    );
    assert!(messages.windows(2).all(|pair| pair[0].0 <= pair[1].0), "in order");
}

#[test]
fn the_first_subscription_starts_the_recording_and_the_book_is_contiguous() {
    let mut door = door("vip0");
    assert_eq!(door.next_due(), None, "nothing moves before the first subscription");
    let conn = listener(&mut door, T0, &[BOOK]);
    door.advance(T0 + 5 * S);
    let frames = of_topic(&heard(&mut door, conn), BOOK);
    let shape: Vec<(&str, u64)> =
        frames.iter().map(|frame| (frame["type"].as_str().unwrap(), frame["data"]["u"].as_u64().unwrap())).collect();
    assert_eq!(shape, [("snapshot", 7), ("delta", 8), ("delta", 9), ("delta", 10)]);
    assert_eq!(keys(&frames[0]), words("topic type ts data cts"));
    assert_eq!(keys(&frames[0]["data"]), words("s b a u seq"));
    assert_eq!(frames[0]["data"]["b"], json!([["60000.00", "1.500"], ["59999.00", "2.000"]]), "padded to tick and step");
    assert_eq!(frames[2]["data"]["b"], json!([["60000.00", "0"]]), "a deletion is \"0\"");
    assert_eq!(frames[1]["ts"], json!((T0 + S) / MS + 5), "restamped from the first subscription");
}

#[test]
fn who_comes_later_begins_with_a_snapshot_of_the_same_stream() {
    let mut door = door("vip0");
    listener(&mut door, T0, &[BOOK]);
    door.advance(T0 + 3 * S + 500 * MS);
    door.take_outgoing();
    let late = listener(&mut door, T0 + 3 * S + 600 * MS, &[BOOK]);
    door.advance(T0 + 5 * S);
    let frames = of_topic(&heard(&mut door, late), BOOK);
    assert_eq!((frames[0]["type"].as_str(), frames[0]["data"]["u"].as_u64()), (Some("snapshot"), Some(9)));
    assert_eq!(frames[0]["data"]["b"], json!([["59999.00", "2.000"]]));
    assert_eq!((frames[1]["type"].as_str(), frames[1]["data"]["u"].as_u64()), (Some("delta"), Some(10)));
}

#[test]
fn a_dropped_delta_leaves_a_gap_of_one_for_everybody() {
    let mut door = door("vip0");
    let (one, two) = (listener(&mut door, T0, &[BOOK]), listener(&mut door, T0, &[BOOK]));
    door.advance(T0 + S / 2);
    door.take_outgoing();
    door.drop_next_delta(BOOK).unwrap();
    assert!(door.drop_next_delta("orderbook.200.BTCUSDT").is_err() && door.drop_next_delta("tickers.BTCUSDT").is_err());
    door.advance(T0 + 5 * S);
    let messages = door.take_outgoing();
    for conn in [one, two] {
        let mine = messages.iter().filter(|message| message.conn == conn);
        let numbers: Vec<u64> = mine.map(|m| serde_json::from_slice::<Value>(&m.bytes).unwrap()["data"]["u"].as_u64().unwrap()).collect();
        assert_eq!(numbers, [9, 10], "8 is missing");
    }
}

#[test]
fn refusals_name_the_topic_and_leave_the_neighbours_alive() {
    let mut door = door("vip0");
    let conn = listener(&mut door, T0, &[BOOK, "orderbook.500.BTCUSDT", "publicTrade.btcusdt"]);
    let replies: Vec<(Value, Value)> =
        answers(&mut door, conn).iter().map(|row| (row["success"].clone(), row["ret_msg"].clone())).collect();
    let expected = [
        (json!(false), json!("error:handler not found,topic:orderbook.500.BTCUSDT")),
        (json!(false), json!("error:handler not found,topic:publicTrade.btcusdt")),
        (json!(true), json!("")),
    ];
    assert_eq!(replies, expected);
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": [BOOK]}));
    let again = answers(&mut door, conn);
    assert_eq!((&again[0]["ret_msg"], &again[0]["req_id"]), (&json!(format!("error:already subscribed,topic:{BOOK}")), &json!("")));
    send(&mut door, T0, conn, &json!({"op": "dance", "req_id": 5}));
    assert_eq!(answers(&mut door, conn)[0]["ret_msg"], "error:invalid op");
    assert_eq!(door.frame(T0, conn, b"{not json"), Ok(None));
    assert_eq!(answers(&mut door, conn)[0]["success"], false);
}

#[test]
fn an_integer_request_id_is_echoed_as_it_came() {
    let mut door = door("vip0");
    let conn = door.open("/v5/public/linear").unwrap();
    send(&mut door, T0, conn, &json!({"op": "ping", "req_id": 5}));
    let pong = heard(&mut door, conn).remove(0).1;
    assert_eq!(pong, json!({"success": true, "ret_msg": "pong", "conn_id": "local-1", "req_id": 5, "op": "ping"}));
}

#[test]
fn what_was_unsubscribed_is_silent() {
    let mut door = door("vip0");
    let conn = listener(&mut door, T0, &[BOOK]);
    door.advance(T0 + S / 2);
    send(&mut door, T0 + S / 2, conn, &json!({"op": "unsubscribe", "args": [BOOK]}));
    door.take_outgoing();
    door.advance(T0 + 5 * S);
    assert_eq!(heard(&mut door, conn), []);
}

#[test]
fn depth_1_knows_no_deltas() {
    let mut door = door("vip0");
    let conn = listener(&mut door, T0, &["orderbook.1.BTCUSDT"]);
    door.advance(T0 + 3 * S);
    let frames = of_topic(&heard(&mut door, conn), "orderbook.1.BTCUSDT");
    assert!(frames.iter().all(|frame| frame["type"] == "snapshot"));
    assert_eq!(frames.len(), 3, "the beginning, the change at 1 s, the change at 3 s");
    assert!(door.open("/v5/public/inverse").is_err(), "only what is served can be opened");
}

#[test]
fn trades_and_the_rest_book_show_the_same_market() {
    let mut door = door("vip0");
    let conn = listener(&mut door, T0, &["publicTrade.BTCUSDT"]);
    door.advance(T0 + 3 * S);
    let trade = of_topic(&heard(&mut door, conn), "publicTrade.BTCUSDT")[0]["data"][0].clone();
    assert_eq!(keys(&trade), words("T s S v p L i BT RPI seq"));
    let book = get(&mut door, T0 + 3 * S, "/v5/market/orderbook", "category=linear&symbol=BTCUSDT&limit=1")["result"].clone();
    assert_eq!((&book["b"], &book["u"]), (&json!([["59999.00", "2.000"]]), &json!(9)));
    let recent = get(&mut door, T0 + 3 * S, "/v5/market/recent-trade", "category=linear&symbol=BTCUSDT")["result"]["list"][0].clone();
    assert_eq!((&recent["execId"], &recent["price"], &recent["side"]), (&json!("t-1"), &json!("59990.00"), &json!("Sell")));
    let ticker = get(&mut door, T0 + 3 * S, "/v5/market/tickers", "category=linear&symbol=BTCUSDT")["result"]["list"][0].clone();
    assert_eq!(
        (&ticker["bid1Price"], &ticker["lastPrice"], &ticker["markPrice"]),
        (&json!("59999.00"), &json!("59990.00"), &json!("59999.55"))
    );
}
