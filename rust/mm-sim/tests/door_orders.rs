//! Every kind of order through the door: what is asked for, what is pushed, and the venue's words for it.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use door_fixture::{MS, T0, get, heard, let_in, post, send};
use mm_sim::door::{Door, DoorBuilder};
use serde_json::{Value, json};

/// A door, a private connection that listens, and the time that the test has reached.
struct Venue {
    door: Door,
    conn: u32,
    now_ns: i64,
}

/// Matching BTCUSDT on contract and spot, with the background laid out and standing still until somebody subscribes.
fn venue(options: &Value) -> Venue {
    let settings = json!({"symbols": ["BTCUSDT", "spot.BTCUSDT"], "seed": 3, "options": options, "fee_tier": "vip0"});
    let mut door = DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build().unwrap();
    let conn = let_in(&mut door, T0, "/v5/private");
    send(&mut door, T0, conn, &json!({"op": "subscribe", "args": ["order", "execution"]}));
    door.take_outgoing();
    Venue { door, conn, now_ns: T0 }
}

impl Venue {
    /// Sends an order and returns (the answer, the last row pushed about it).
    fn order(&mut self, body: &Value) -> (Value, Value) {
        let reply = post(&mut self.door, self.now_ns, "/v5/order/create", body);
        self.now_ns += 10 * MS;
        self.door.advance(self.now_ns);
        let mut rows = heard(&mut self.door, self.conn).into_iter().rev().filter(|(_, message)| message["topic"] == "order");
        (reply, rows.next().map_or(Value::Null, |(_, message)| message["data"][0].clone()))
    }

    /// The best prices, as numbers of ticks of 0.1.
    fn touch(&mut self, category: &str) -> (i64, i64) {
        let query = format!("category={category}&symbol=BTCUSDT&limit=1");
        let book = get(&mut self.door, self.now_ns, "/v5/market/orderbook", &query);
        let ticks = |side: &str| libm::round(book["result"][side][0][0].as_str().unwrap().parse::<f64>().unwrap() * 10.0) as i64;
        (ticks("b"), ticks("a"))
    }
}

fn plain(category: &str, side: &str, fields: &Value) -> Value {
    let mut body = json!({"category": category, "symbol": "BTCUSDT", "side": side, "orderType": "Limit", "qty": "0.001"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

fn price(ticks: i64) -> String {
    format!("{}.{}", ticks / 10, ticks % 10)
}

#[test]
fn immediate_orders_end_with_the_venues_reasons() {
    let mut venue = venue(&json!({}));
    let (bid, _) = venue.touch("linear");
    let (reply, row) = venue.order(&plain("linear", "Buy", &json!({"price": price(bid), "timeInForce": "IOC"})));
    assert_eq!(
        (&reply["retCode"], &row["orderStatus"], &row["rejectReason"]),
        (&json!(0), &json!("Cancelled"), &json!("EC_NoImmediateQtyToFill"))
    );
    assert_eq!((&row["timeInForce"], &row["cancelType"], &row["leavesQty"]), (&json!("IOC"), &json!("UNKNOWN"), &json!("0")));
    let (_, row) = venue.order(&plain("linear", "Buy", &json!({"price": price(bid), "timeInForce": "FOK"})));
    assert_eq!((&row["orderStatus"], &row["rejectReason"]), (&json!("Cancelled"), &json!("EC_NoEnoughQtyToFill")));
    let refused = venue.order(&plain("linear", "Buy", &json!({"price": price(bid), "timeInForce": "RPI"}))).0;
    assert_eq!(refused["retCode"], 10001);
}

#[test]
fn a_market_order_shows_its_kind_and_its_reach() {
    let mut venue = venue(&json!({}));
    let order = json!({"orderType": "Market", "qty": "0.002"});
    let (reply, row) = venue.order(&plain("linear", "Buy", &order));
    assert_eq!(
        (&reply["retCode"], &row["orderStatus"], &row["orderType"], &row["timeInForce"]),
        (&json!(0), &json!("Filled"), &json!("Market"), &json!("IOC"))
    );
    assert_ne!(row["price"], "0");
    let listed = get(&mut venue.door, venue.now_ns, "/v5/execution/list", "category=linear")["result"]["list"][0].clone();
    assert_eq!((&listed["orderType"], &listed["isMaker"]), (&json!("Market"), &json!(false)));
}

#[test]
fn a_spot_market_buy_says_what_it_spends_unless_told_otherwise() {
    let mut venue = venue(&json!({}));
    let (_, row) = venue.order(&plain("spot", "Buy", &json!({"orderType": "Market", "qty": "100"})));
    assert_eq!((&row["orderStatus"], &row["rejectReason"]), (&json!("PartiallyFilledCanceled"), &json!("EC_CancelForNoFullFill")));
    assert_eq!((&row["marketUnit"], &row["price"]), (&json!("quoteCoin"), &json!("0")));
    let number = |name: &str| row[name].as_str().unwrap().parse::<f64>().unwrap();
    assert_eq!(number("qty") as i64, 100);
    assert!(number("leavesValue") > 0.0 && number("leavesValue") < 0.07, "{row}");
    let (_, row) = venue.order(&plain("spot", "Buy", &json!({"orderType": "Market", "qty": "0.001", "marketUnit": "baseCoin"})));
    assert_eq!((&row["orderStatus"], &row["cumExecQty"], &row["marketUnit"]), (&json!("Filled"), &json!("0.001000"), &json!("baseCoin")));
    let (_, row) = venue.order(&plain("spot", "Sell", &json!({"orderType": "Market", "qty": "0.001"})));
    assert_eq!(row["orderStatus"], "Filled");
}

#[test]
fn reduce_only_follows_the_position() {
    let mut venue = venue(&json!({}));
    let refused = venue.order(&plain("linear", "Sell", &json!({"orderType": "Market", "reduceOnly": true}))).0;
    assert_eq!(
        (&refused["retCode"], &refused["retMsg"]),
        (&json!(110_017), &json!("current position is zero, cannot fix reduce-only order qty"))
    );
    venue.order(&plain("linear", "Buy", &json!({"orderType": "Market", "qty": "0.003"})));
    let (_, row) =
        venue.order(&plain("linear", "Sell", &json!({"price": "80000", "qty": "0.003", "reduceOnly": true, "timeInForce": "PostOnly"})));
    assert_eq!((&row["reduceOnly"], &row["orderStatus"]), (&json!(true), &json!("New")));
    // qty 0, reduce-only, close on trigger: everything, but for what the resting order already reduces nothing is left.
    let close = json!({"orderType": "Market", "qty": "0", "reduceOnly": true, "closeOnTrigger": true});
    assert_eq!(venue.order(&plain("linear", "Sell", &close)).0["retCode"], 110_017);
    let (_, row) = venue.order(&plain("linear", "Sell", &json!({"orderType": "Market", "qty": "0.003"})));
    assert_eq!((&row["cancelType"], &row["orderStatus"]), (&json!("CancelByReduceOnly"), &json!("Cancelled")), "its position is gone");
}

#[test]
fn own_orders_that_meet_name_each_other() {
    let mut venue = venue(&json!({}));
    let (bid, ask) = venue.touch("linear");
    assert!(ask - bid >= 1);
    let (resting, _) = venue.order(&plain("linear", "Sell", &json!({"price": price(bid + 1), "timeInForce": "PostOnly"})));
    let taking = json!({"price": price(bid + 1), "smpType": "CancelTaker"});
    let (taker, row) = venue.order(&plain("linear", "Buy", &taking));
    if bid + 1 == ask {
        // The background's size stands before ours there, so the order may have been filled by it.
        assert_eq!(taker["retCode"], 0);
        return;
    }
    assert_eq!(
        (&row["cancelType"], &row["smpType"], &row["smpOrderId"]),
        (&json!("CancelBySmp"), &json!("CancelTaker"), &resting["result"]["orderId"])
    );
}

#[test]
fn options_are_read_or_refused_by_name() {
    let build = |options: Value| {
        let settings = json!({"symbols": ["BTCUSDT"], "options": options});
        DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build().err()
    };
    let all = json!({
        "size_down_keeps_place": false, "crossing_amend_ends": false, "spot_post_only_rejects": false, "client_ids_come_free": true,
        "max_client_id_chars": 36, "linear_beyond_limit": "reject", "spot_beyond_limit": "clamp", "market_reach": "0.02",
        "default_self_match": "CancelMaker",
    });
    assert_eq!(build(all), None);
    for (name, value) in [
        ("market_reach", json!(0.02)),
        ("max_client_id_chars", json!(46)),
        ("linear_beyond_limit", json!("bounce")),
        ("unheard_of", json!(1)),
    ] {
        let error = build(json!({name: value})).unwrap();
        assert!(error.contains(name), "{error}");
    }
}
