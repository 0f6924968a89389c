//! Both line formats, filters, windows and refusals.

use mm_core::ids::{Category, InstrumentId, Text};
use mm_core::units::Side;
use mm_sim::api::Event;
use mm_sim::liquidity::{Liquidity, Outbox};
use mm_sim::tape::{Tape, TapeBuilder};
use serde_json::{Value, json};

use crate::support::{MARKET, RECORDED_MS, SIDECAR, START_NS, book, line, load, opening, prints};

fn id(category: Category, symbol: &str) -> InstrumentId {
    InstrumentId { category, symbol: Text::new(symbol.as_bytes()).unwrap() }
}

fn sides(tape: &Tape) -> [Vec<(i64, i64)>; 2] {
    Side::BOTH.map(|side| {
        let mut levels = Vec::new();
        tape.levels(MARKET, side, 100, &mut levels);
        levels.into_iter().map(|(at, lots)| (at.0, lots.0)).collect()
    })
}

fn ticker(kind: &str, fields: Value) -> Value {
    json!({"topic": "tickers.TESTUSDT", "type": kind, "ts": RECORDED_MS, "cs": 1, "data": fields})
}

/// A capture of two connections, written one after the other.
fn capture() -> Vec<String> {
    let instruments = |category: &str, row: &str| {
        let row: Value = serde_json::from_str(row).unwrap();
        let reply = json!({"retCode": 0, "result": {"category": category, "list": [row]}}).to_string();
        let url = format!("https://api.example.com/v5/market/instruments-info?category={category}");
        json!({"t": "http", "conn": "h", "ts": 1.0, "url": url, "data": reply}).to_string()
    };
    let spot = r#"{"symbol":"TESTUSDT","baseCoin":"TEST","quoteCoin":"USDT","priceFilter":{"tickSize":"0.1"},
        "lotSizeFilter":{"basePrecision":"0.001","minOrderQty":"0.001","maxOrderQty":"10","maxLimitOrderQty":"20","minOrderAmt":"5"}}"#;
    let connect = |conn: &str, path: &str| {
        json!({"t": "connect", "conn": conn, "ts": 1.0, "addr": format!("wss://stream.example.com{path}")}).to_string()
    };
    let recv = |conn: &str, seconds: f64, message: &Value| {
        json!({"t": "recv", "conn": conn, "ts": seconds, "data": message.to_string()}).to_string()
    };
    vec![
        json!({"t": "header", "format": 2}).to_string(),
        instruments("linear", SIDECAR),
        instruments("spot", spot),
        connect("a", "/v5/public/linear"),
        connect("b", "/v5/public/spot"),
        connect("c", "/v5/private"),
        json!({"t": "send", "conn": "a", "ts": 1.5, "data": "{}"}).to_string(),
        recv("a", 100.0, &json!({"success": true, "op": "subscribe"})),
        recv("a", 100.5, &opening()),
        recv("a", 101.0, &book("delta", 11, &[(999, 1)], &[])),
        recv("b", 100.25, &book("snapshot", 3, &[(800, 1)], &[(900, 2)])),
        recv("b", 100.75, &json!({"topic": "kline.1.TESTUSDT", "data": []})),
        recv("c", 100.0, &json!({"topic": "order", "data": []})),
    ]
}

fn fed(builder: TapeBuilder, lines: &[String]) -> TapeBuilder {
    let mut builder = builder;
    lines.iter().for_each(|line| builder.line(line.as_bytes()).unwrap());
    builder
}

#[test]
fn a_capture_tells_categories_instruments_and_order() {
    let mut tape = fed(TapeBuilder::new(), &capture()).build().unwrap();
    let [linear, spot] = tape.instruments() else { panic!("two markets") };
    assert_eq!((linear.id, spot.id), (id(Category::Linear, "TESTUSDT"), id(Category::Spot, "TESTUSDT")));
    assert_eq!((linear.max_qty.0, linear.max_price.0, linear.min_notional.to_string().as_str()), (100_000, 999_999, "5"));
    assert_eq!((spot.max_qty.0, spot.settle.as_str(), spot.qty_step.to_string().as_str()), (20_000, "USDT", "0.001"));
    let mut out = Outbox::default();
    tape.start(START_NS);
    tape.advance(i64::MAX, &mut out);
    let order: Vec<_> = out.market.iter().map(|event| if let Event::Book { market, .. } = event { market.0 } else { 9 }).collect();
    assert_eq!(order, [1, 0, 0], "the spot frame was received first");
    assert_eq!(tape.duration_ns(), 750_000_000);
}

#[test]
fn a_filter_keeps_its_markets_in_its_order() {
    let (linear, spot) = (id(Category::Linear, "TESTUSDT"), id(Category::Spot, "TESTUSDT"));
    let both = fed(TapeBuilder::new().only(&[spot, linear]), &capture()).build().unwrap();
    assert_eq!(both.instruments()[0].id, spot);
    let one = fed(TapeBuilder::new().only(&[linear]), &capture()).build().unwrap();
    assert_eq!((one.frames(), one.instruments().len()), (2, 1));
    let missing = fed(TapeBuilder::new().only(&[id(Category::Spot, "NONEUSDT")]), &capture()).build().unwrap_err();
    assert_eq!(missing.to_string(), "market = spot.NONEUSDT: has no order book in the recording");
}

fn day() -> Vec<(i64, Value)> {
    vec![
        (0, opening()),
        (0, ticker("snapshot", json!({"symbol": "TESTUSDT", "markPrice": "99.0", "lastPrice": "98.0"}))),
        (0, ticker("snapshot", json!({"symbol": "TESTUSDT", "markPrice": "100.0", "indexPrice": "99.9"}))),
        (500, book("delta", 11, &[(1000, 0), (998, 2)], &[(1001, 1)])),
        (600, ticker("delta", json!({"markPrice": "100.2"}))),
        (700, prints(&[("Buy", 1001, 1)])),
        (1000, book("delta", 12, &[], &[(1002, 9)])),
        (1500, book("delta", 13, &[(997, 2)], &[])),
        (2000, book("delta", 14, &[(996, 2)], &[])),
    ]
}

#[test]
fn a_window_starts_with_the_folded_state_and_then_equals_the_whole_tape() {
    let mut whole = load(TapeBuilder::new(), &day());
    let mut part = load(TapeBuilder::new().window(900_000_000, Some(2_000_000_000)), &day());
    whole.start(0);
    part.start(900_000_000);
    let (mut all, mut some) = (Outbox::default(), Outbox::default());
    whole.advance(999_999_999, &mut all);
    part.advance(999_999_999, &mut some);
    assert_eq!(sides(&part), sides(&whole));
    let Event::Book { update_id, reset, .. } = some.market[0] else { panic!("the book comes first") };
    assert_eq!((update_id, reset), (Some(11), true));
    let Event::Ticker { snapshot: true, fields, .. } = &some.market[1] else { panic!("then the whole ticker") };
    let text = |name: &str, value: &str| (name.to_string(), value.to_string());
    assert_eq!(fields, &[text("indexPrice", "99.9"), text("markPrice", "100.2")]);
    assert_eq!(some.market.len(), 2, "earlier trades are not played again");
    (all, some) = (Outbox::default(), Outbox::default());
    whole.advance(1_999_999_999, &mut all);
    part.advance(1_999_999_999, &mut some);
    assert_eq!((some.market.len(), part.ended()), (2, true), "the end of the window is exclusive");
    assert_eq!(format!("{:?}", some.market), format!("{:?}", all.market), "and stamps move by the same amount");
    assert_eq!(sides(&part), sides(&whole));
}

#[test]
fn an_empty_window_is_refused() {
    let mut builder = TapeBuilder::new().window(3_000_000_000, None);
    builder.add_instrument(SIDECAR.as_bytes()).unwrap();
    day().iter().for_each(|(ms, message)| builder.line(&line(*ms, message)).unwrap());
    assert_eq!(builder.build().unwrap_err().to_string(), "window: holds no frame of the recording");
}

fn refusal(lines: &[Vec<u8>]) -> String {
    let mut builder = TapeBuilder::new();
    builder.add_instrument(SIDECAR.as_bytes()).unwrap();
    lines.iter().find_map(|line| builder.line(line).err()).expect("a refusal").to_string()
}

#[test]
fn refusals_name_line_field_value_and_problem() {
    let good = line(0, &opening());
    let at = |from: &str, to: &str| String::from_utf8(good.clone()).unwrap().replacen(from, to, 1).into_bytes();
    assert_eq!(refusal(&[good.clone(), at("100.00", "100.05")]), "line 2: b = 100.05: not a multiple of the instrument's grid");
    assert_eq!(refusal(&[at("0.004", "0.0045")]), "line 1: a = 0.0045: not a multiple of the instrument's grid");
    assert_eq!(refusal(&[at("100.00", "1e2")]), "line 1: b = 1e2: not a plain decimal number");
    assert_eq!(refusal(&[at("\"u\":10", "\"u\":-1")]), "line 1: u = -1: not a whole number of at least 0");
    assert_eq!(refusal(&[at("\"u\":10", "\"w\":10")]), "line 1: u: missing; a whole number of at least 0 expected");
    assert_eq!(refusal(&[at("\"snapshot\"", "\"delta\"")]), "line 1: type = delta: comes before the first snapshot of its market");
    assert_eq!(refusal(&[at("50.TESTUSDT", "50.OTHERUSDT")]), "line 1: symbol = OTHERUSDT: no instrument was given for it");
    assert!(refusal(&[b"".to_vec(), b"{".to_vec()]).starts_with("line 2: line: "));
    assert_eq!(refusal(&[b"{\"t\":\"other\"}".to_vec()]), "line 1: t = other: not a kind of capture line");
    let orphan = br#"{"t":"recv","conn":"x","ts":1.0,"data":"{}"}"#.to_vec();
    assert_eq!(refusal(&[orphan]), "line 1: conn = x: has no connect line before it");
}
