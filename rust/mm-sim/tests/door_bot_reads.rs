//! What the exchange says on any topic the bot reads, or passes over by a named reason: nothing of it breaks a stream.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use std::collections::BTreeMap;

use door_fixture::{MS, S, T0, let_in, order, post, send};
use mm_core::ids::Category;
use mm_core::input::{Message, StreamRole};
use mm_core::instrument::Instruments;
use mm_sim::door::{Door, DoorBuilder};
use mm_wire::{Decoder, Why};
use serde_json::{Value, json};

const PUBLIC: [&str; 9] =
    ["orderbook.1", "orderbook.50", "orderbook.200", "orderbook.1000", "publicTrade", "tickers", "kline.1", "kline.D", "priceLimit"];

fn door() -> Door {
    let settings = json!({"symbols": ["BTCUSDT", "spot.BTCUSDT"], "fee_tier": "mm1"});
    DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build().unwrap()
}

fn table(door: &Door) -> Instruments {
    let specs = door.exchange().instruments();
    let mut table = Instruments::new(specs.iter().map(|spec| spec.id));
    assert!(specs.iter().all(|spec| table.set(spec.clone())));
    table
}

/// How the bot takes each message of a connection, by topic.
fn read(door: &mut Door, conn: u32, role: StreamRole, seen: &mut BTreeMap<String, &'static str>) {
    let (table, mut decoder) = (table(door), Decoder::new());
    for outgoing in door.take_outgoing().into_iter().filter(|outgoing| outgoing.conn == conn) {
        let message: Value = serde_json::from_slice(&outgoing.bytes).unwrap();
        let name = message["topic"].as_str().or_else(|| message["op"].as_str()).unwrap().to_string();
        let taken = match decoder.frame(role, &table, &outgoing.bytes) {
            Ok(Message::Ignored | Message::UnknownInstrument) => "ignored",
            Ok(_) => "read",
            Err(error) => match error.why {
                Why::OutOfScope(_) => "out of scope",
                _ => panic!("{error} in {message}"),
            },
        };
        seen.insert(name, taken);
    }
    assert_eq!(decoder.unknown_names().len(), 0, "{:?}", decoder.unknown_names());
}

#[test]
fn every_public_topic_is_read_or_named() {
    for (category, path) in [(Category::Linear, "/v5/public/linear"), (Category::Spot, "/v5/public/spot")] {
        let mut door = door();
        let conn = door.open(path).unwrap();
        let topics: Vec<String> = PUBLIC.iter().map(|kind| format!("{kind}.BTCUSDT")).collect();
        send(&mut door, T0, conn, &json!({"op": "subscribe", "req_id": "r", "args": topics}));
        send(&mut door, T0, conn, &json!({"op": "subscribe", "args": ["orderbook.500.BTCUSDT"]}));
        send(&mut door, T0, conn, &json!({"op": "ping"}));
        door.advance(T0 + 70 * S);
        let mut seen = BTreeMap::new();
        read(&mut door, conn, StreamRole::Public(category), &mut seen);
        for kind in PUBLIC {
            let expected = if kind == "priceLimit" { "out of scope" } else { "read" };
            assert_eq!(seen.get(&format!("{kind}.BTCUSDT")), Some(&expected), "{category:?} {kind}");
        }
    }
}

#[test]
fn every_private_topic_is_read() {
    let mut door = door();
    let public = door.open("/v5/public/linear").unwrap();
    send(&mut door, T0, public, &json!({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]}));
    let conn = let_in(&mut door, T0, "/v5/private");
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": ["order", "execution", "execution.fast", "position", "wallet"]}));
    send(&mut door, T0, conn, &json!({"op": "ping"}));
    let mut taking = order("Buy", "", "0.002", "taken");
    (taking["orderType"], taking["timeInForce"]) = (json!("Market"), json!("IOC"));
    taking.as_object_mut().unwrap().remove("price");
    assert_eq!(post(&mut door, T0 + S, "/v5/order/create", &taking)["retCode"], 0);
    assert_eq!(post(&mut door, T0 + S, "/v5/order/create", &order("Buy", "30000", "0.001", "rests"))["retCode"], 0);
    let amend = json!({"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "rests", "qty": "0.002"});
    door.advance(T0 + S + 10 * MS);
    assert_eq!(post(&mut door, T0 + S + 10 * MS, "/v5/order/amend", &amend)["retCode"], 0);
    post(&mut door, T0 + 2 * S, "/v5/order/cancel-all", &json!({"category": "linear", "symbol": "BTCUSDT"}));
    door.advance(T0 + 3 * S);
    let mut seen = BTreeMap::new();
    read(&mut door, conn, StreamRole::Private, &mut seen);
    for topic in ["order", "execution", "position", "wallet"] {
        assert_eq!(seen.get(topic), Some(&"read"), "{seen:?}");
    }
    assert!(seen.contains_key("execution.fast"));
}

#[test]
fn an_announcement_is_read_on_any_public_stream() {
    let mut door = door();
    let conn = door.open("/v5/public/misc/status").unwrap();
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": ["system.status"]}));
    door.announce(T0 + S, br#"{"state":"ongoing"}"#).unwrap();
    let mut seen = BTreeMap::new();
    read(&mut door, conn, StreamRole::Public(Category::Linear), &mut seen);
    assert_eq!(seen.get("system.status"), Some(&"read"));
}
