//! Tick, step and smallest value of a market that change while it runs, and markets that are listed and delisted.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, S, T0, get, let_in, order, post, send};
use mm_core::units::Amount;
use mm_sim::door::{Door, DoorBuilder};
use serde_json::{Value, json};

fn door() -> Door {
    let settings = json!({"symbols": ["BTCUSDT", "spot.BTCUSDT"], "seed": 3, "deposit": {"USDT": "1000000", "BTC": "5"}});
    let mut door = DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build().unwrap();
    for (at, category) in (0_i64..).zip(["linear", "spot"]) {
        let public = door.open(&format!("/v5/public/{category}")).unwrap();
        send(&mut door, T0 + at, public, &json!({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]}));
    }
    door.advance(T0 + S);
    door
}

fn regrid(door: &mut Door, now_ns: i64, market: &str, info: &Value) -> Result<Value, String> {
    let command = json!({"command": "set_instrument", "market": market, "info": info});
    door.control(now_ns, command.to_string().as_bytes()).map(|bytes| serde_json::from_slice(&bytes).unwrap())
}

fn place(door: &mut Door, now_ns: i64, category: &str, changes: &Value) -> Value {
    let mut body = order("Buy", "50000", "0.010", "");
    body["category"] = json!(category);
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    post(door, now_ns, "/v5/order/create", &body)
}

fn code(door: &mut Door, now_ns: i64, category: &str, changes: &Value) -> i64 {
    place(door, now_ns, category, changes)["retCode"].as_i64().unwrap()
}

fn listed(door: &mut Door, now_ns: i64, path: &str, query: &str) -> Vec<Value> {
    get(door, now_ns, path, query)["result"]["list"].as_array().unwrap().clone()
}

const COARSE: &str = r#"{"priceFilter": {"tickSize": "0.50", "minPrice": "0.50", "maxPrice": "1999999.50"},
    "lotSizeFilter": {"qtyStep": "0.005", "minOrderQty": "0.005", "minNotionalValue": "100"}}"#;

fn is_on_grid(number: &Value, unit: &str) -> bool {
    let exact = |text: &str| Amount::parse(text.as_bytes()).unwrap().0;
    let count = exact(number.as_str().unwrap());
    count > 0 && count % exact(unit) == 0
}

/// A position of 0.01 that was bought, an order that rests off the coarse grid, and their market in the coarse grid at 2 s. What a
/// private and a public listener were told of the change.
fn coarsened(door: &mut Door) -> (Vec<Value>, Vec<Value>) {
    let private = let_in(door, T0 + S, "/v5/private");
    send(door, T0 + S, private, &json!({"op": "subscribe", "args": ["order"]}));
    let public = door.open("/v5/public/linear").unwrap();
    send(door, T0 + S, public, &json!({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]}));
    assert_eq!(code(door, T0 + S, "linear", &json!({"orderType": "Market", "orderLinkId": "taken"})), 0);
    assert_eq!(code(door, T0 + S, "linear", &json!({"price": "50000.3", "qty": "0.011", "orderLinkId": "rests"})), 0);
    door.advance(T0 + 2 * S);
    door.take_outgoing();
    let coarse: Value = serde_json::from_str(COARSE).unwrap();
    assert_eq!(regrid(door, T0 + 2 * S, "BTCUSDT", &coarse), Ok(json!({"done": "set_instrument"})));
    let (mut to_account, mut to_all) = (Vec::new(), Vec::new());
    for message in door.take_outgoing() {
        let told = serde_json::from_slice(&message.bytes).unwrap();
        if message.conn == private { to_account.push(told) } else { to_all.push(told) }
    }
    (to_account, to_all)
}

#[test]
fn a_coarser_grid_ends_orders_and_lays_out_the_book() {
    let mut door = door();
    let (account, all) = coarsened(&mut door);
    let row = &account[0]["data"][0];
    assert_eq!(
        (&row["orderLinkId"], &row["orderStatus"], &row["cancelType"], &row["price"], &row["qty"]),
        (&json!("rests"), &json!("Cancelled"), &json!("CancelByAdmin"), &json!("50000.3"), &json!("0.011"))
    );
    let book = all.iter().find(|told| told["topic"] == "orderbook.50.BTCUSDT").unwrap();
    assert_eq!(book["type"], "snapshot");
    for level in ["a", "b"].iter().flat_map(|side| book["data"][side].as_array().unwrap()) {
        assert!(is_on_grid(&level[0], "0.5") && is_on_grid(&level[1], "0.005"), "{level}");
    }
    let now = T0 + 2 * S + MS;
    assert_eq!(code(&mut door, now, "linear", &json!({"price": "50000.3"})), 10001);
    assert_eq!(code(&mut door, now, "linear", &json!({"qty": "0.011"})), 10001);
    assert_eq!(code(&mut door, now, "linear", &json!({"price": "19000", "qty": "0.005"})), 110_094);
    assert_eq!(code(&mut door, now, "linear", &json!({"price": "50000.5"})), 0);
}

#[test]
fn a_coarser_grid_keeps_what_was() {
    let (mut door, mut same) = (door(), door());
    coarsened(&mut door);
    // The same run up to the change, without it.
    assert_eq!(code(&mut same, T0 + S, "linear", &json!({"orderType": "Market", "orderLinkId": "taken"})), 0);
    assert_eq!(code(&mut same, T0 + S, "linear", &json!({"price": "50000.3", "qty": "0.011", "orderLinkId": "rests"})), 0);
    let now = T0 + 2 * S + MS;
    for (path, query) in [("/v5/execution/list", "category=linear"), ("/v5/order/history", "category=linear&orderLinkId=taken")] {
        assert_eq!(listed(&mut door, now, path, query), listed(&mut same, now, path, query), "told in the grid that it was made in");
    }
    let record = |door: &Door| serde_json::from_slice::<Value>(&door.record(now)).unwrap();
    let (after, before) = (record(&door), record(&same));
    for key in ["position", "cash", "fees", "fills"] {
        assert_eq!(after["markets"]["linear.BTCUSDT"][key], before["markets"]["linear.BTCUSDT"][key], "{key}");
    }
    assert_eq!(after["balances"], before["balances"], "a grid is no money");
    let position = |door: &mut Door, now_ns| {
        let row = listed(door, now_ns, "/v5/position/list", "category=linear&symbol=BTCUSDT")[0].clone();
        (row["side"].clone(), row["size"].clone(), row["avgPrice"].clone())
    };
    assert_eq!(position(&mut door, now), position(&mut same, now));
    let close = json!({"orderType": "Market", "side": "Sell", "reduceOnly": true});
    assert_eq!(code(&mut door, now, "linear", &close), 0);
    door.advance(now + 20 * MS);
    let fills = listed(&mut door, now + 20 * MS, "/v5/execution/list", "category=linear");
    assert!(is_on_grid(&fills[0]["execPrice"], "0.5"), "{}", fills[0]);
    assert_eq!(position(&mut door, now + 20 * MS).1, "0");
}

#[test]
fn a_finer_grid_keeps_the_book_and_takes_finer_orders() {
    let mut door = door();
    let best = |door: &mut Door, now_ns: i64| {
        let book = get(door, now_ns, "/v5/market/orderbook", "category=spot&symbol=BTCUSDT&limit=50")["result"].clone();
        book["b"].as_array().unwrap().iter().map(|level| level[0].as_str().unwrap().parse::<f64>().unwrap()).collect::<Vec<f64>>()
    };
    let before = best(&mut door, T0 + S);
    assert_eq!(code(&mut door, T0 + S, "spot", &json!({"price": "50000.01"})), 170_134);
    assert_eq!(code(&mut door, T0 + S, "spot", &json!({"qty": "0.0100001"})), 170_137);
    let finer = json!({"priceFilter": {"tickSize": "0.01"}, "lotSizeFilter": {"basePrecision": "0.0000001", "minOrderAmt": "1"}});
    regrid(&mut door, T0 + S, "spot.BTCUSDT", &finer).unwrap();
    let after = best(&mut door, T0 + S + MS);
    assert!((before[0] - after[0]).abs() < 20.0, "the same fair price: {} {}", before[0], after[0]);
    assert!(after[0] - after[49] > 4.0, "as deep as it was: {after:?}");
    assert_eq!(code(&mut door, T0 + S + MS, "spot", &json!({"price": "50000.01", "qty": "0.0100001"})), 0);
    assert_eq!(code(&mut door, T0 + S + MS, "spot", &json!({"price": "50000", "qty": "0.00003"})), 0, "1.5 is enough now");
    door.advance(T0 + 3 * S);
    let rows = listed(&mut door, T0 + 3 * S, "/v5/order/realtime", "category=spot");
    assert_eq!((&rows[1]["price"], &rows[1]["qty"], rows.len()), (&json!("50000.01"), &json!("0.0100001"), 2));
}

#[test]
fn a_step_that_splits_a_position_is_refused_and_changes_nothing() {
    let mut door = door();
    assert_eq!(code(&mut door, T0 + S, "linear", &json!({"orderType": "Market", "qty": "0.013"})), 0);
    assert_eq!(code(&mut door, T0 + S, "linear", &json!({"orderLinkId": "rests"})), 0);
    door.advance(T0 + 2 * S);
    let coarse: Value = serde_json::from_str(COARSE).unwrap();
    let refused = regrid(&mut door, T0 + 2 * S, "BTCUSDT", &coarse).unwrap_err();
    assert_eq!(refused, "the step 0.005 does not divide the position 0.013 of account 1");
    assert_eq!(listed(&mut door, T0 + 2 * S, "/v5/order/realtime", "category=linear&symbol=BTCUSDT").len(), 1);
    assert_eq!(code(&mut door, T0 + 2 * S, "linear", &json!({"price": "50000.1"})), 0, "the old tick");
}

#[test]
fn a_grid_that_is_none_is_refused_by_name() {
    let mut door = door();
    assert_eq!(code(&mut door, T0 + S, "linear", &json!({"orderType": "Market", "qty": "10"})), 0);
    door.advance(T0 + 2 * S);
    for (market, info, words) in [
        ("BTCUSDT", json!({"priceFilter": {"tickSize": "0"}}), "tickSize \"0\" is not positive"),
        ("BTCUSDT", json!({"lotSizeFilter": {"qtyStep": "-0.001"}}), "step \"-0.001\" is not positive"),
        ("spot.BTCUSDT", json!({"lotSizeFilter": {"basePrecision": "0.000"}}), "step \"0.000\" is not positive"),
        ("BTCUSDT", json!({"priceFilter": {"tickSize": "0.3"}}), "price"),
        // Ten coins are more of these steps than can be counted.
        (
            "BTCUSDT",
            json!({"priceFilter": {"tickSize": "1", "minPrice": "1", "maxPrice": "2000000"}, "lotSizeFilter": {"qtyStep": "0.000000000000000001",
                "minOrderQty": "0.000000000000000001", "maxOrderQty": "0.000001", "maxMktOrderQty": "0.000001"}}),
            "does not divide the position 10 ",
        ),
    ] {
        let refused = regrid(&mut door, T0 + 2 * S, market, &info).unwrap_err();
        assert!(refused.contains(words), "{refused}");
    }
    assert_eq!(code(&mut door, T0 + 2 * S, "linear", &json!({"price": "50000.1"})), 0, "nothing changed");
}

#[test]
fn a_recording_keeps_its_grid() {
    let mut door = door_fixture::door("vip0");
    let refused = regrid(&mut door, T0, "BTCUSDT", &json!({"priceFilter": {"tickSize": "0.05"}})).unwrap_err();
    assert_eq!(refused, "linear.BTCUSDT is played from a recording, which keeps its tick and step");
    assert!(regrid(&mut door, T0, "BTCUSDT", &json!({"lotSizeFilter": {"minNotionalValue": "10"}})).is_ok(), "limits change");
}

#[test]
fn a_market_is_listed_and_delisted() {
    let mut door = door();
    for (at, (status, linear)) in (2..).zip([("PreLaunch", 110_074), ("Settling", 110_063), ("Closed", 110_066)]) {
        let now = T0 + at * S;
        for category in ["linear", "spot"] {
            regrid(&mut door, now, &format!("{category}.BTCUSDT"), &json!({"status": "Trading"})).unwrap();
        }
        assert_eq!((code(&mut door, now, "linear", &json!({})), code(&mut door, now, "spot", &json!({}))), (0, 0));
        door.advance(now + 20 * MS);
        for (category, refusal) in [("linear", linear), ("spot", 170_210)] {
            regrid(&mut door, now + 20 * MS, &format!("{category}.BTCUSDT"), &json!({"status": status})).unwrap();
            assert_eq!(code(&mut door, now + 20 * MS, category, &json!({})), refusal, "{category} {status}");
            let query = format!("category={category}&symbol=BTCUSDT");
            assert_eq!(listed(&mut door, now + 20 * MS, "/v5/order/realtime", &query), Vec::<Value>::new());
            assert_eq!(listed(&mut door, now + 20 * MS, "/v5/market/instruments-info", &query), Vec::<Value>::new());
            let shown = listed(&mut door, now + 20 * MS, "/v5/market/instruments-info", &format!("{query}&status={status}"));
            assert_eq!(shown[0]["status"], status);
            let ended = listed(&mut door, now + 20 * MS, "/v5/order/history", &format!("category={category}"));
            assert_eq!(ended[0]["cancelType"], if status == "Settling" { "CancelBySettle" } else { "CancelByAdmin" });
        }
    }
}
