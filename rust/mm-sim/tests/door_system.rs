//! The exchange's own announcements.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, door, get, heard, keys, send, words};
use serde_json::{Value, json};

#[test]
fn an_announcement_is_heard_and_listed() {
    let mut door = door("vip0");
    let conn = door.open("/v5/public/misc/status").unwrap();
    send(&mut door, T0, conn, &json!({"op": "subscribe", "req_id": "r", "args": ["system.status"]}));
    let ack = heard(&mut door, conn).remove(0).1;
    assert_eq!(ack, json!({"success": true, "ret_msg": "", "op": "subscribe", "conn_id": "local-1", "req_id": "r"}));
    door.announce(T0 + S, json!({"state": "scheduled", "begin": "1700000100000", "title": "upgrade"}).to_string().as_bytes()).unwrap();
    let pushed = heard(&mut door, conn).remove(0).1;
    assert_eq!((&pushed["topic"], &pushed["ts"]), (&json!("system.status"), &json!((T0 + S) / MS)));
    let item = pushed["data"][0].clone();
    let fields = "id title state begin end href serviceTypes product uidSuffix maintainType env";
    assert_eq!(keys(&item), words(fields));
    assert_eq!((&item["state"], &item["begin"]), (&json!("scheduled"), &json!("1700000100000")));
    let again = json!({"id": item["id"], "state": "ongoing"}).to_string();
    door.announce(T0 + 2 * S, again.as_bytes()).unwrap();
    door.announce(T0 + 3 * S, json!({"state": "completed"}).to_string().as_bytes()).unwrap();
    let states = |door: &mut mm_sim::door::Door, query: &str| -> Vec<Value> {
        let list = get(door, T0 + 3 * S, "/v5/system/status", query)["result"]["list"].clone();
        list.as_array().unwrap().iter().map(|row| row["state"].clone()).collect()
    };
    assert_eq!(states(&mut door, ""), ["completed", "ongoing"], "newest first, and an announcement is replaced by its id");
    assert_eq!(states(&mut door, "state=ongoing"), ["ongoing"]);
}

#[test]
fn a_wrong_announcement_is_refused_by_name() {
    let mut door = door("vip0");
    for (body, fault) in [
        (json!({"state": "broken"}), "state"),
        (json!({"state": "ongoing", "begin": "soon"}), "begin"),
        (json!({"state": "ongoing", "color": "red"}), "color"),
        (json!({"state": 1}), "state"),
        (json!([]), "object"),
    ] {
        let refused = door.announce(T0, body.to_string().as_bytes()).unwrap_err();
        assert!(refused.contains(fault), "{refused}");
    }
    let conn = door.open("/v5/public/misc/status").unwrap();
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]}));
    assert_eq!(heard(&mut door, conn)[0].1["ret_msg"], "error:handler not found,topic:orderbook.50.BTCUSDT");
}
