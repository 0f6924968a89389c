//! Every frame of the recorded streams decodes: none is refused, and what is passed over is counted by its reason.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mm_core::ids::{Category, MarketIx};
use mm_core::input::{Message, Outcome, ReplyBody, StreamRole};
use mm_core::instrument::Instruments;
use mm_core::output::Query;
use mm_wire::{Decoder, HttpAnswer};
use serde_json::Value;

use support::{id, spec, table_of};

fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("MMBOT_DATA_DIR").map(PathBuf::from);
    if dir.is_none() {
        println!("skipped: MMBOT_DATA_DIR is not set, so there are no recordings to decode");
    }
    dir
}

fn lines(path: &Path) -> Vec<String> {
    let text = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
}

/// Decodes one frame and counts what it was; `shape` also checks what no frame may violate.
fn tally(decoder: &mut Decoder, role: StreamRole, instruments: &Instruments, frame: &str, counts: &mut BTreeMap<&'static str, usize>) {
    let message = decoder.frame(role, instruments, frame.as_bytes()).unwrap_or_else(|error| panic!("{error} in {frame}"));
    let kind = match message {
        Message::Book(book) => {
            assert!(book.update_id > 0 && book.seq > 0 && book.engine_ms > 1_600_000_000_000, "{frame}");
            assert!(book.bids.windows(2).all(|pair| pair[0].0 > pair[1].0), "bids not descending in {frame}");
            assert!(book.asks.windows(2).all(|pair| pair[0].0 < pair[1].0), "asks not ascending in {frame}");
            if book.snapshot { "snapshot" } else { "delta" }
        }
        Message::Trades(_, trades) => {
            assert!(!trades.is_empty() && trades.iter().all(|trade| trade.qty.0 > 0 && trade.price.0 > 0), "{frame}");
            "trades"
        }
        Message::Ticker(_) => "ticker",
        Message::Subscribed { ok, text } => {
            assert!(ok || !text.is_empty());
            "subscribed"
        }
        Message::Pong => "pong",
        Message::Candles(_, candles) => {
            assert!(candles.iter().all(|row| row.low <= row.open.min(row.close) && row.high >= row.open.max(row.close)), "{frame}");
            "candles"
        }
        Message::UnknownInstrument => "unknown instrument",
        other => panic!("{other:?} on a public stream"),
    };
    *counts.entry(kind).or_default() += 1;
}

/// The same frame with its keys sorted (`data` before `topic`) takes the other path through the decoder, to the same message.
fn same_in_any_order(role: StreamRole, instruments: &Instruments, frame: &str) {
    let sorted = serde_json::from_str::<Value>(frame).unwrap().to_string();
    let (mut one, mut other) = (Decoder::new(), Decoder::new());
    assert_eq!(one.frame(role, instruments, frame.as_bytes()), other.frame(role, instruments, sorted.as_bytes()));
}

/// Fills the table from the recorded answers of `instruments-info`.
fn learn(instruments: &mut Instruments, decoder: &mut Decoder, body: &str, category: Category) {
    let markets: Vec<MarketIx> = instruments.iter().filter(|row| row.1.category == category).map(|row| row.0).collect();
    let answer = HttpAnswer { status: 200, rate: None, body: body.as_bytes() };
    let reply = decoder.reply(&Query::Instrument(markets[0]), instruments, answer).unwrap();
    assert_eq!(reply.outcome, Outcome::Accepted);
    let ReplyBody::Instruments(specs) = reply.body else { panic!("no instruments") };
    assert_eq!(specs.len(), markets.len());
    for spec in specs {
        assert!(spec.min_qty <= spec.max_qty && spec.min_price < spec.max_price, "{spec:?}");
        assert!(instruments.set(spec));
    }
}

#[test]
fn every_frame_of_the_real_capture_decodes() {
    let Some(dir) = data_dir() else { return };
    let lines = lines(&dir.join("bybit_v5_capture/20260809_BTC-ETH-linear_BTC-spot.jsonl.zst"));
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut instruments =
        Instruments::new([id(Category::Linear, "BTCUSDT"), id(Category::Linear, "ETHUSDT"), id(Category::Spot, "BTCUSDT")]);
    let (mut decoder, mut counts, mut roles) = (Decoder::new(), BTreeMap::new(), BTreeMap::new());
    for line in &lines {
        let text = |key: &str| line[key].as_str().unwrap_or("");
        let role = |place: &str| StreamRole::Public(if place.contains("spot") { Category::Spot } else { Category::Linear });
        match text("t") {
            "http" if text("url").contains("category=spot") => learn(&mut instruments, &mut decoder, text("data"), Category::Spot),
            "http" => learn(&mut instruments, &mut decoder, text("data"), Category::Linear),
            "connect" => {
                roles.insert(text("conn").to_owned(), role(text("addr")));
            }
            "recv" => tally(&mut decoder, roles[text("conn")], &instruments, text("data"), &mut counts),
            _ => {}
        }
    }
    println!("{counts:?}, {} fields and {} rows passed over", decoder.passed_fields(), decoder.unknown_rows());
    assert_eq!((decoder.unknown_fields(), decoder.unknown_names()), (0, &[][..]), "the venue sent what it does not document");
    assert!(counts["delta"] > 500 && counts["snapshot"] == 3 && counts["trades"] > 30 && counts["ticker"] > 100, "{counts:?}");
    let received = lines.iter().filter(|line| line["t"] == "recv").count();
    assert_eq!(counts.values().sum::<usize>(), received);
}

#[test]
fn every_frame_of_the_depth_one_capture_decodes() {
    let Some(dir) = data_dir() else { return };
    let text = std::fs::read_to_string(dir.join("bybit_v5_capture/20250613_linear_orderbook1.txt")).unwrap();
    // Ticks and steps as fine as any of the four symbols' is: the recording has no instruments-info.
    let symbols = ["BANDUSDT", "RADUSDT", "SNTUSDT", "AIOZUSDT"];
    let instruments = table_of(symbols.map(|symbol| spec(Category::Linear, symbol, "0.000001", "0.1")));
    let (mut decoder, mut counts) = (Decoder::new(), BTreeMap::new());
    for line in text.lines().filter(|line| !line.contains(" <- ") && !line.contains(" <-> ")) {
        let (_, frame) = line.split_once(": ").unwrap();
        tally(&mut decoder, StreamRole::Public(Category::Linear), &instruments, frame, &mut counts);
    }
    println!("{counts:?}");
    assert!(counts["snapshot"] > 100 && !counts.contains_key("delta") && !counts.contains_key("unknown instrument"), "{counts:?}");
}

#[test]
fn every_frame_of_the_derived_recordings_decodes() {
    let Some(dir) = data_dir() else { return };
    let recordings = [
        ("BTCUSDT_linear_20230404-05_ob50", Category::Linear),
        ("BTCUSDT_linear_20240808_ob50", Category::Linear),
        ("NEXOUSDT_spot_20240723-24_ob50", Category::Spot),
    ];
    for (name, category) in recordings {
        let dir = dir.join("derived_bybit_v5");
        let row = std::fs::read_to_string(dir.join(format!("{name}.instrument.json"))).unwrap();
        let symbol = name.split('_').next().unwrap();
        let mut instruments = Instruments::new([id(category, symbol)]);
        let (mut decoder, mut counts) = (Decoder::new(), BTreeMap::new());
        let body = format!(r#"{{"retCode":0,"retMsg":"OK","result":{{"list":[{row}]}}}}"#);
        learn(&mut instruments, &mut decoder, &body, category);
        let lines = lines(&dir.join(format!("{name}.jsonl.zst")));
        let role = StreamRole::Public(category);
        for (index, line) in lines.iter().enumerate() {
            let frame = line.split_once(r#","msg":"#).and_then(|halves| halves.1.strip_suffix('}')).unwrap();
            tally(&mut decoder, role, &instruments, frame, &mut counts);
            if index % 20 == 0 {
                same_in_any_order(role, &instruments, frame);
            }
        }
        println!("{name}: {counts:?}");
        assert_eq!(counts.values().sum::<usize>(), lines.len());
        assert!(!counts.contains_key("unknown instrument"), "{name}: {counts:?}");
    }
}
