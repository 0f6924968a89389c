//! The door over the shared recordings, read where they lie; skipped where `MMBOT_DATA_DIR` is not set.
#![allow(clippy::unwrap_used)] // A test may panic.

mod door_fixture;

use std::fs;
use std::path::PathBuf;

use door_fixture::{MS, S, T0, get, post, send};
use mm_core::units::Amount;
use mm_sim::door::{Door, DoorBuilder};
use serde_json::{Value, json};

const CAPTURE: &str = "bybit_v5_capture/20260809_BTC-ETH-linear_BTC-spot";
const ILLIQUID: &str = "derived_bybit_v5/NEXOUSDT_spot_20240723-24_ob50";

fn door(name: &str, settings: &Value) -> Option<Door> {
    let Some(folder) = std::env::var_os("MMBOT_DATA_DIR").map(PathBuf::from) else {
        eprintln!("skipped: MMBOT_DATA_DIR is not set, so the shared recordings cannot be read");
        return None;
    };
    let mut builder = DoorBuilder::new(settings.to_string().as_bytes()).unwrap();
    if let Ok(item) = fs::read(folder.join(format!("{name}.instrument.json"))) {
        builder.add_instrument(&item).unwrap();
    }
    let text = zstd::decode_all(&fs::read(folder.join(format!("{name}.jsonl.zst"))).unwrap()[..]).unwrap();
    text.split(|byte| *byte == b'\n').for_each(|line| builder.line(line).unwrap());
    Some(builder.build().unwrap())
}

fn listener(door: &mut Door, category: &str, topic: &str) -> u32 {
    let conn = door.open(&format!("/v5/public/{category}")).unwrap();
    send(door, T0, conn, &json!({"op": "subscribe", "args": [topic]}));
    conn
}

/// Rests a small order on each side of a market, one tick behind its best, and gives the number of orders taken.
fn quote(door: &mut Door, now_ns: i64, category: &str, symbol: &str, qty: &str) -> usize {
    let book = get(door, now_ns, "/v5/market/orderbook", &format!("category={category}&symbol={symbol}&limit=2"))["result"].clone();
    let sides = [("Buy", &book["b"][1][0]), ("Sell", &book["a"][1][0])];
    let taken = sides.into_iter().filter(|(side, price)| {
        let order = json!({
            "category": category, "symbol": symbol, "side": side, "orderType": "Limit", "qty": qty, "price": price, "timeInForce": "PostOnly",
        });
        post(door, now_ns, "/v5/order/create", &order)["retCode"] == 0
    });
    taken.count()
}

fn amount(value: &Value) -> Amount {
    Amount::parse(value.as_str().unwrap().as_bytes()).unwrap()
}

/// Every coin is its deposit and what the record says of the markets that move it.
fn check_coins(door: &Door, now_ns: i64, spot: &str, base: &str) -> (u64, Value) {
    let record: Value = serde_json::from_slice(&door.record(now_ns)).unwrap();
    let status: Value = serde_json::from_slice(&door.status(now_ns)).unwrap();
    let market = &record["markets"][spot];
    assert_eq!(record["refused_happenings"], 0);
    assert_eq!(amount(&record["balances"][base]), amount(&status["deposits"][base]) + amount(&market["position"]));
    (market["fills"].as_u64().unwrap(), record)
}

#[test]
fn the_capture_plays_linear_and_spot_btc_together_and_spot_coins_add_up() {
    let settings = json!({"tape": true, "symbols": ["BTCUSDT", "spot.BTCUSDT"], "fee_tier": "mm1", "takers": 3});
    let Some(mut door) = door(CAPTURE, &settings) else { return };
    let (linear, spot) = (listener(&mut door, "linear", "orderbook.50.BTCUSDT"), listener(&mut door, "spot", "orderbook.200.BTCUSDT"));
    let mut frames = [0, 0];
    let mut quoted = 0;
    for step in 1..=100 {
        let now_ns = T0 + step * 500 * MS;
        door.advance(now_ns);
        for message in door.take_outgoing() {
            let value: Value = serde_json::from_slice(&message.bytes).unwrap();
            let category = usize::from(message.conn == spot);
            assert!(message.conn == spot || message.conn == linear);
            frames[category] += u32::from(value["topic"].as_str().is_some());
        }
        if step % 5 == 0 && step < 80 {
            quoted += quote(&mut door, now_ns, "spot", "BTCUSDT", "0.002345") + quote(&mut door, now_ns, "linear", "BTCUSDT", "0.002");
        }
    }
    assert!(frames.iter().all(|count| *count > 50), "{frames:?} frames of the contract and of spot");
    let (fills, record) = check_coins(&door, T0 + 50 * S, "spot.BTCUSDT", "BTC");
    assert!(quoted > 40 && fills > 0 && record["tape_ended"] == true, "{quoted} orders, {fills} spot fills");
    let (spot, linear) = (&record["markets"]["spot.BTCUSDT"], &record["markets"]["linear.BTCUSDT"]);
    assert!(linear.get("base_fees").is_none() && amount(&linear["fees"]) <= Amount::ZERO);
    assert!(amount(&spot["fees"]) + amount(&spot["base_fees"]) < Amount::ZERO, "a maker's rebate at mm1");
}

#[test]
fn a_ten_minute_window_of_an_illiquid_spot_pair_plays_alone() {
    let settings = json!({"tape": true, "from_ns": 3600 * S, "to_ns": 4200 * S, "takers": 5});
    let Some(mut door) = door(ILLIQUID, &settings) else { return };
    listener(&mut door, "spot", "orderbook.50.NEXOUSDT");
    let mut quoted = 0;
    for step in 1..=610 {
        let now_ns = T0 + step * S;
        door.advance(now_ns);
        door.take_outgoing();
        if step % 20 == 0 && step < 590 {
            quoted += quote(&mut door, now_ns, "spot", "NEXOUSDT", "12.34");
        }
    }
    let (fills, record) = check_coins(&door, T0 + 610 * S, "spot.NEXOUSDT", "NEXO");
    assert!(quoted > 40 && fills > 0 && record["tape_ended"] == true, "{quoted} orders, {fills} fills");
    assert_eq!(record["markets"].as_object().unwrap().len(), 1);
    assert!(amount(&record["markets"]["spot.NEXOUSDT"]["base_fees"]) > Amount::ZERO, "a buy pays in the base coin");
}
