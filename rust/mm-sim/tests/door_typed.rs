//! What is handed over typed is what the bot reads in the text that it stands for.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, let_in, order, send};
use mm_core::ids::MarketIx;
use mm_core::input::{ReplyBody, StreamRole};
use mm_core::instrument::Instruments;
use mm_core::output::Query;
use mm_sim::door::{Door, DoorBuilder, HttpAnswer, Outgoing, TRADED};
use mm_wire::{Decoder, HttpAnswer as Body};
use serde_json::{Value, json};

fn door(typed: bool) -> Door {
    let settings = json!({"symbols": ["BTCUSDT", "spot.BTCUSDT"], "fee_tier": "mm1"});
    let mut door = DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build().unwrap();
    door.speak_typed(typed);
    door
}

fn table(door: &Door) -> Instruments {
    let specs = door.exchange().instruments();
    let mut table = Instruments::new(specs.iter().map(|spec| spec.id));
    assert!(specs.iter().all(|spec| table.set(spec.clone())));
    table
}

fn request(door: &mut Door, at_ns: i64, conn: u32, (id, op): (&str, &str), args: &Value) {
    let stamp = (at_ns / MS).to_string();
    let header = json!({"X-BAPI-TIMESTAMP": stamp});
    send(door, at_ns, conn, &json!({"reqId": id, "header": header, "op": op, "args": [args]}));
}

fn spot(side: &str, kind: &str, price: &str, qty: &str, link: &str) -> Value {
    let mut order = order(side, price, qty, link);
    (order["category"], order["orderType"]) = (json!("spot"), json!(kind));
    if kind == "Market" {
        order["timeInForce"] = json!("IOC");
        order["marketUnit"] = json!("baseCoin");
        order.as_object_mut().unwrap().remove("price");
    }
    order
}

/// What two sockets of the bot heard, and the executions of each market.
type Told = (Vec<(StreamRole, Outgoing)>, Vec<(MarketIx, HttpAnswer)>);

/// Orders that rest, take, move, end and are refused, one by one and in batches; then the day's executions of both markets.
fn day(door: &mut Door) -> Told {
    for path in ["/v5/public/linear", "/v5/public/spot"] {
        let public = door.open(path).unwrap();
        send(door, T0, public, &json!({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]}));
    }
    let private = let_in(door, T0, "/v5/private");
    send(door, T0, private, &json!({"op": "subscribe", "args": ["order", "execution", "position", "wallet"]}));
    let trade = let_in(door, T0, "/v5/trade");
    let mut taking = order("Buy", "", "0.002", "taken");
    (taking["orderType"], taking["timeInForce"]) = (json!("Market"), json!("IOC"));
    taking.as_object_mut().unwrap().remove("price");
    let named = |link: &str| json!({"category": "linear", "symbol": "BTCUSDT", "orderLinkId": link});
    let (mut bad, mut moved) = (order("Buy", "30000", "0.001", "bad"), named("rests"));
    (bad["qty"], moved["price"]) = (json!("0.0015"), json!("30001"));
    let requests = [
        ("1", "order.create", taking),
        ("2", "order.create", order("Buy", "30000", "0.001", "rests")),
        ("3", "order.amend", moved.clone()),
        ("4", "order.amend", moved),
        ("5", "order.create-batch", json!({"category": "linear", "request": [order("Buy", "30002", "0.001", "one"), bad]})),
        ("6", "order.create-batch", json!({"category": "linear", "request": []})),
        ("6", "order.cancel", named("one")),
        ("7", "order.cancel", named("nobody's")),
        ("8", "order.cancel", named("rests")),
        ("nine", "order.cancel", named("rests")),
        ("10", "order.create", spot("Buy", "Market", "", "0.01", "bought")),
        ("11", "order.create", spot("Sell", "Market", "", "0.005", "sold")),
        ("12", "order.create", spot("Buy", "Limit", "30000", "0.001", "spot-rests")),
        ("13", "order.fly", named("rests")),
    ];
    for (at_ns, (id, op, args)) in (1..).map(|step| T0 + step * S).zip(requests) {
        request(door, at_ns, trade, (id, op), &args);
    }
    door.advance(T0 + 20 * S);
    let roles = [(private, StreamRole::Private), (trade, StreamRole::Trade)];
    let role = |conn: u32| roles.iter().find(|row| row.0 == conn).map(|row| row.1);
    let heard = door.take_outgoing().into_iter().filter_map(|said| Some((role(said.conn)?, said))).collect();
    let lists = [(0, "linear"), (1, "spot")].map(|(market, category)| {
        let query = format!("category={category}&symbol=BTCUSDT&limit=100");
        (MarketIx(market), door.http(T0 + 21 * S, Some(TRADED), "GET", "/v5/execution/list", &query, b""))
    });
    (heard, lists.into())
}

#[test]
fn typed_messages_say_what_their_text_says() {
    let (mut text, mut typed) = (door(false), door(true));
    let (table, mut decoder, mut by_text) = (table(&text), Decoder::new(), Decoder::new());
    let ((said, lists), (handed, handed_lists)) = (day(&mut text), day(&mut typed));
    assert_eq!(said.len(), handed.len());
    let mut past_text = 0;
    for ((role, text), (_, typed)) in said.iter().zip(&handed) {
        assert!(text.typed.is_none() && (text.conn, text.due_ns) == (typed.conn, typed.due_ns));
        let read = decoder.frame(*role, &table, &text.bytes);
        past_text += usize::from(typed.typed.is_some());
        let heard = typed.typed.as_ref().map_or_else(|| by_text.frame(*role, &table, &typed.bytes), |typed| Ok(typed.message()));
        assert_eq!(heard, read, "{}", String::from_utf8_lossy(&text.bytes));
    }
    assert!(past_text > 30, "{past_text} of {}", handed.len());
    for ((market, text), (_, typed)) in lists.iter().zip(&handed_lists) {
        let query = Query::Executions { market: *market, start_ms: 0, cursor: String::new() };
        let read = decoder.reply(&query, &table, Body { status: text.status, rate: None, body: &text.body }).unwrap();
        assert_eq!(typed.typed.as_deref(), Some(&read.body));
        assert!(matches!(read.body, ReplyBody::Executions { rows, .. } if !rows.is_empty()));
    }
}
