//! Every published or recorded payload of the conformance set is read by the codec, or refused with a reason that
//! `docs/conformance.md` states. The set is read in place; nothing of it is in the project.
#![allow(clippy::unwrap_used)] // A test may panic.

mod places;
mod report;
mod sources;
mod verdict;

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use sources::{Kind, Payload};
use verdict::Verdict;

/// A payload that the codec refuses by field, the refusal, and why that is right.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("bybit_docs/websocket/private/position 2", "positionIdx: UnknownValue", HEDGE),
    ("jkorf_bybit_net/Private/Position.txt", "positionIdx: UnknownValue", HEDGE),
    ("bybit_docs/websocket/trade/guideline 3", "reqId: WrongType", "the answer to a request that is not ours: we number them"),
    ("jkorf_bybit_net/ExchangeData/GetLinearInverseSymbolsPreListing.txt", "status: UnknownValue", "not trading yet: nothing to quote"),
    ("jkorf_bybit_net/Spot/Concurrent.txt", "open: Missing", "shortened by its author: candles without prices"),
    ("hirokisan_bybit/public-v5-orderbook.json", "b: WrongType", RESERIALISED),
    ("hirokisan_bybit/public-v5-ticker-inverse.json", "symbol: Missing", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-index-price-kline.json", "list: WrongType", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-instruments-info-inverse.json", "list: Missing", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-instruments-info-option.json", "list: Missing", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-instruments-info-spot.json", "list: Missing", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-kline.json", "list: WrongType", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-mark-price-kline.json", "list: WrongType", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-orderbook.json", "b: WrongType", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-premium-index-price-kline.json", "list: WrongType", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-tickers-inverse.json", "list: Missing", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-tickers-option.json", "list: Missing", RESERIALISED),
    ("hirokisan_bybit/v5-market-get-tickers-spot.json", "list: Missing", RESERIALISED),
];
const HEDGE: &str = "hedge mode: only one-way positions are managed";
const RESERIALISED: &str = "written anew by the recording client, in a shape of its own";

fn judged() -> Option<Vec<(Payload, Verdict)>> {
    let Some(dir) = std::env::var_os("MMBOT_DATA_DIR") else {
        println!("skipped: MMBOT_DATA_DIR is not set, so there is no conformance set to decode");
        return None;
    };
    let dir = std::path::Path::new(&dir).join("conformance");
    Some(
        sources::all(&dir)
            .into_iter()
            .map(|payload| (verdict::of(&payload), payload))
            .map(|(verdict, payload)| (payload, verdict))
            .collect(),
    )
}

#[test]
fn every_payload_is_read_or_refused_with_a_reason() {
    let Some(judged) = judged() else { return };
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for (payload, verdict) in &judged {
        *sources.entry(payload.source).or_default() += 1;
        match (&payload.kind, verdict) {
            (Kind::NotJson, Verdict::Syntax) | (_, Verdict::Read(_) | Verdict::Refused { .. }) => {}
            (_, Verdict::Failed(error)) => {
                let known = EXCEPTIONS.iter().any(|row| row.0 == payload.name && row.1 == error);
                if !known {
                    unexplained.push(format!("{} ({:?}): {error}", payload.name, payload.kind));
                }
            }
            (_, Verdict::Syntax) => unexplained.push(format!("{}: refused as no JSON", payload.name)),
        }
    }
    let read = judged.iter().filter(|row| matches!(row.1, Verdict::Read(_))).count();
    println!("{} payloads {sources:?}: {read} read, 0 panics", judged.len());
    assert!(unexplained.is_empty(), "neither read nor explained:\n{}", unexplained.join("\n"));
    let broken = judged.iter().filter(|row| row.0.kind == Kind::NotJson);
    assert_eq!(broken.count(), 16, "the published examples that are no JSON");
    for (name, _, _) in EXCEPTIONS {
        assert!(judged.iter().any(|row| row.0.name == *name), "{name} is explained and not there");
    }
}

/// What is read is not passed over: rows of the table's instruments come out, and no book is crossed.
#[test]
fn what_is_read_yields_rows_and_no_crossed_book() {
    let Some(judged) = judged() else { return };
    for (payload, verdict) in &judged {
        if let Verdict::Read(seen) = verdict {
            assert!(seen.unknown.is_empty(), "{} has {:?}, which is documented and not in the codec's list", payload.name, seen.unknown);
            assert!(!seen.crossed, "{} shows a crossed book", payload.name);
            assert!(seen.rows > 0 || payload.is_empty(), "{} was read and nothing came out", payload.name);
        }
    }
}

#[test]
fn the_written_table_is_what_the_codec_does() {
    let Some(judged) = judged() else { return };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/conformance.md");
    let written = std::fs::read_to_string(path).unwrap();
    let (head, rest) = written.split_once(report::BEGIN).unwrap();
    let tail = rest.split_once(report::END).unwrap().1;
    let wanted = format!("{head}{}\n{}{}{tail}", report::BEGIN, report::table(&judged, EXCEPTIONS), report::END);
    if std::env::var_os("WRITE_CONFORMANCE").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert_eq!(written, wanted, "docs/conformance.md is stale: run this test with WRITE_CONFORMANCE=1 and read the difference");
}
