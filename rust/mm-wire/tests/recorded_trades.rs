//! The rule that holds trades against the book, on real frames: a venue that works must never be taken for one that contradicts itself.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::PathBuf;

use mm_core::book::L2Book;
use mm_core::guards::contradiction::TradeWatch;
use mm_core::ids::Category;
use mm_core::input::{Message, StreamRole};
use mm_core::instrument::Instruments;
use mm_wire::Decoder;
use serde_json::Value;

use support::{spec, table_of};

/// One market's frames of the capture, in order, with their receive times in ns.
fn frames(path: &PathBuf, category: Category) -> Vec<(i64, String)> {
    let text = String::from_utf8(zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap()).unwrap();
    let (mut conns, mut frames) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let is = |kind: &str| row["t"] == kind;
        if is("connect") && row["addr"].as_str().unwrap().ends_with(category.as_str()) {
            conns.push(row["conn"].clone());
        } else if is("recv") && conns.contains(&row["conn"]) {
            #[allow(clippy::cast_possible_truncation)]
            let at_ns = (row["ts"].as_f64().unwrap() * 1e9) as i64;
            frames.push((at_ns, row["data"].as_str().unwrap().to_owned()));
        }
    }
    frames
}

#[derive(Debug, Default)]
struct Tally {
    trades: usize,
    books: usize,
    contradicted: usize,
    unanswered: usize,
}

fn tally(frames: &[(i64, String)], table: &Instruments, category: Category) -> Tally {
    let (mut decoder, mut watch, mut book, mut tally) = (Decoder::new(), TradeWatch::default(), L2Book::new(), Tally::default());
    for (at_ns, frame) in frames {
        tally.unanswered += usize::from(watch.due_ns().is_some_and(|due_ns| *at_ns > due_ns));
        match decoder.frame(StreamRole::Public(category), table, frame.as_bytes()) {
            Ok(Message::Book(update)) => {
                let apply = if update.snapshot { L2Book::apply_snapshot } else { L2Book::apply_delta };
                apply(&mut book, update.bids, update.asks).unwrap();
                tally.books += 1;
                tally.contradicted += usize::from(watch.framed(update.seq, &book));
            }
            Ok(Message::Trades(_, trades)) if book.touch().is_some() => {
                tally.trades += trades.len();
                watch.traded(trades, &book, *at_ns);
            }
            _ => {}
        }
    }
    tally
}

#[test]
fn a_real_stream_is_never_taken_for_one_that_contradicts_its_trades() {
    let Some(dir) = std::env::var_os("MMBOT_DATA_DIR").map(PathBuf::from) else {
        println!("skipped: MMBOT_DATA_DIR is not set, so there are no recordings to judge");
        return;
    };
    let path = dir.join("bybit_v5_capture/20260809_BTC-ETH-linear_BTC-spot.jsonl.zst");
    for (category, symbol, tick, step) in [
        (Category::Linear, "BTCUSDT", "0.1", "0.001"),
        (Category::Linear, "ETHUSDT", "0.01", "0.01"),
        (Category::Spot, "BTCUSDT", "0.1", "0.000001"),
    ] {
        let table = table_of([spec(category, symbol, tick, step)]);
        let seen = tally(&frames(&path, category), &table, category);
        assert!(seen.trades > 5 && seen.books > 100, "{symbol}: {seen:?}");
        assert_eq!((seen.contradicted, seen.unanswered), (0, 0), "{symbol}: {seen:?}");
    }
}

/// A derived recording's frames: `{recv_ns, msg}` a line.
fn derived(path: &PathBuf) -> Vec<(i64, String)> {
    let text = String::from_utf8(zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap()).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (row["recv_ns"].as_i64().unwrap(), row["msg"].to_string())).collect()
}

/// Their books were recorded apart from their trades and numbered afterwards, so a trade's book frame is a guess there, and some are wrong.
#[test]
fn a_derived_stream_seldom_looks_like_one_that_contradicts_its_trades() {
    let Some(dir) = std::env::var_os("MMBOT_DATA_DIR").map(PathBuf::from) else {
        println!("skipped: MMBOT_DATA_DIR is not set, so there are no recordings to judge");
        return;
    };
    for (name, category, symbol, tick, step, most) in [
        ("BTCUSDT_linear_20230404-05_ob50", Category::Linear, "BTCUSDT", "0.1", "0.001", (4, 0)),
        ("BTCUSDT_linear_20240808_ob50", Category::Linear, "BTCUSDT", "0.1", "0.001", (0, 0)),
        ("NEXOUSDT_spot_20240723-24_ob50", Category::Spot, "NEXOUSDT", "0.001", "0.01", (22, 2)),
    ] {
        let table = table_of([spec(category, symbol, tick, step)]);
        let seen = tally(&derived(&dir.join(format!("derived_bybit_v5/{name}.jsonl.zst"))), &table, category);
        assert!(seen.trades > 10_000 && seen.books > 5_000, "{name}: {seen:?}");
        assert!(seen.contradicted <= most.0 && seen.unanswered <= most.1, "{name}: {seen:?}");
    }
}
