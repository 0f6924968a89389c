//! The shared recordings, read where they lie; skipped where `MMBOT_DATA_DIR` is not set.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use mm_core::ids::{Category, MarketIx};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Side, Ticks};
use mm_sim::api::{Event, FillReason, OrderKey};
use mm_sim::liquidity::{Happening, Liquidity, Outbox};
use mm_sim::publisher::Publisher;
use mm_sim::tape::{Tape, TapeBuilder};
use serde_json::Value;

use crate::publisher::{Client, truth};
use crate::support::resting;

const CAPTURE: &str = "bybit_v5_capture/20260809_BTC-ETH-linear_BTC-spot";
const QUIET: &str = "derived_bybit_v5/BTCUSDT_linear_20230404-05_ob50";
const BUSY: &str = "derived_bybit_v5/BTCUSDT_linear_20240808_ob50";
const ILLIQUID: &str = "derived_bybit_v5/NEXOUSDT_spot_20240723-24_ob50";

fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("MMBOT_DATA_DIR").map(PathBuf::from);
    if dir.is_none() {
        eprintln!("skipped: MMBOT_DATA_DIR is not set, so the shared recordings cannot be read");
    }
    dir
}

fn text(name: &str) -> Option<String> {
    let packed = fs::read(data_dir()?.join(format!("{name}.jsonl.zst"))).unwrap();
    Some(String::from_utf8(zstd::decode_all(&packed[..]).unwrap()).unwrap())
}

fn sidecar(name: &str) -> Option<Vec<u8>> {
    fs::read(data_dir()?.join(format!("{name}.instrument.json"))).ok()
}

fn tape(name: &str, text: &str, builder: TapeBuilder) -> Tape {
    let mut builder = builder;
    sidecar(name).iter().for_each(|row| builder.add_instrument(row).unwrap());
    text.lines().for_each(|line| builder.line(line.as_bytes()).unwrap());
    builder.build().unwrap()
}

type Sides = [BTreeMap<Amount, Amount>; 2];
/// Category, symbol and `u` of a book frame.
type FrameId<'a> = (Category, &'a str, u64);

/// The recorded books folded straight from the raw text, frame by frame.
fn raw_books(name: &str, text: &str, see: &mut dyn FnMut(FrameId, &Sides)) {
    let given = sidecar(name).map(|row| category_of(&serde_json::from_slice::<Value>(&row).unwrap()["category"]));
    let mut connections = BTreeMap::new();
    let mut books: BTreeMap<(Category, String), Sides> = BTreeMap::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let (category, message) = match row["t"].as_str() {
            None => (given.unwrap(), row["msg"].clone()),
            Some("connect") => {
                let path = row["addr"].as_str().unwrap();
                connections.insert(row["conn"].to_string(), category_of(&Value::from(path.rsplit('/').next().unwrap())));
                continue;
            }
            Some("recv") => (connections[&row["conn"].to_string()], serde_json::from_str(row["data"].as_str().unwrap()).unwrap()),
            Some(_) => continue,
        };
        let topic = message["topic"].as_str().unwrap_or("");
        let Some(symbol) = topic.strip_prefix("orderbook.").and_then(|rest| rest.split_once('.')).map(|pair| pair.1) else { continue };
        let book = books.entry((category, symbol.to_string())).or_default();
        if message["type"] == "snapshot" {
            *book = Sides::default();
        }
        for (side, field) in book.iter_mut().zip(["b", "a"]) {
            for level in message["data"][field].as_array().unwrap() {
                let [price, size] = [0, 1].map(|i| Amount::parse(level[i].as_str().unwrap().as_bytes()).unwrap());
                if size.0 == 0 {
                    side.remove(&price)
                } else {
                    side.insert(price, size)
                };
            }
        }
        see((category, symbol, message["data"]["u"].as_u64().unwrap()), book);
    }
}

fn category_of(name: &Value) -> Category {
    Category::parse(name.as_str().unwrap().as_bytes()).unwrap()
}

fn in_coin(spec: &Instrument, client: &Client) -> Sides {
    let side = |levels: &BTreeMap<i64, i64>| {
        let level = |(at, lots): (&i64, &i64)| (Amount(i128::from(*at) * spec.tick_size.0), Amount(i128::from(*lots) * spec.qty_step.0));
        levels.iter().map(level).collect()
    };
    [side(&client.bids), side(&client.asks)]
}

/// Plays to the end; the subscribers of every depth hold the true window after every frame. `see` gets the recorded depth's client.
fn play(tape: &mut Tape, see: &mut dyn FnMut(&Instrument, &Client)) -> usize {
    let mut topics = Vec::new();
    for market in (0..tape.instruments().len()).map(|ix| MarketIx(u16::try_from(ix).unwrap())) {
        topics.extend(tape.depths(market).iter().map(|depth| (Publisher::new(market, *depth, 7), Client::default())));
    }
    tape.start(1_000_000_000_000_000_000);
    let (mut frames, mut out) = (0, Outbox::default());
    while let Some(due_ns) = tape.next_due() {
        tape.advance(due_ns, &mut out);
        for event in out.market.drain(..) {
            frames += 1;
            for (publisher, client) in &mut topics {
                let Some(frame) = publisher.on_book(due_ns, &event, tape) else { continue };
                client.apply(&frame);
                assert_eq!(client.sides(), truth(tape, publisher.market(), publisher.depth().into()));
                if tape.depths(publisher.market()).last() == Some(&publisher.depth()) {
                    see(&tape.instruments()[publisher.market().index()], client);
                }
            }
        }
    }
    assert!(tape.ended() && out.happenings.is_empty());
    frames
}

fn reproduces(name: &str, markets: usize) {
    let Some(text) = text(name) else { return };
    let mut tape = tape(name, &text, TapeBuilder::new());
    assert_eq!(tape.instruments().len(), markets);
    let mut played: BTreeMap<(Category, String, u64), Sides> = BTreeMap::new();
    let frames = play(&mut tape, &mut |spec, client| {
        played.insert((spec.id.category, spec.id.symbol.to_string(), client.update_id), in_coin(spec, client));
    });
    assert_eq!(frames, tape.frames());
    let mut compared = 0;
    raw_books(name, &text, &mut |(category, symbol, u), book| {
        assert_eq!(played.get(&(category, symbol.to_string(), u)), Some(book), "{symbol} u {u}");
        compared += 1;
    });
    assert_eq!(compared, played.len(), "every frame was compared");
}

#[test]
fn the_real_capture_is_reproduced_exactly() {
    reproduces(CAPTURE, 3);
}

#[test]
fn the_quiet_recording_is_reproduced_exactly() {
    reproduces(QUIET, 1);
}

#[test]
fn the_busy_recording_is_reproduced_exactly() {
    reproduces(BUSY, 1);
}

#[test]
fn the_illiquid_recording_is_reproduced_exactly() {
    reproduces(ILLIQUID, 1);
}

#[test]
fn a_window_of_a_recording_equals_that_part_of_the_whole() {
    for name in [CAPTURE, BUSY] {
        let Some(text) = text(name) else { return };
        let (from_ns, to_ns) = (10_000_000_000, 30_000_000_000);
        let mut whole = tape(name, &text, TapeBuilder::new());
        let mut part = tape(name, &text, TapeBuilder::new().window(from_ns, Some(to_ns)));
        whole.start(0);
        part.start(from_ns);
        let (mut all, mut some) = (Outbox::default(), Outbox::default());
        for now_ns in (from_ns / 1000 + 1..to_ns / 1000).map(|us| us * 1000).step_by(100_000) {
            whole.advance(now_ns, &mut all);
            part.advance(now_ns, &mut some);
            for market in (0..whole.instruments().len()).map(|ix| MarketIx(u16::try_from(ix).unwrap())) {
                assert_eq!(truth(&part, market, 1000), truth(&whole, market, 1000), "{name} at {now_ns}");
            }
        }
    }
}

/// Quotes of 1 lot at ±`bps` from the mid, moved to it at each book frame: how many fills, with none but the tape's reasons.
fn fills_at(tape: &Tape, bps: f64) -> usize {
    let (mut tape, mut out, mut fills) = (tape.clone(), Outbox::default(), 0);
    let mut quotes: [Option<(OrderKey, Ticks)>; 2] = [None, None];
    let mut keys = 0;
    tape.start(0);
    while let Some(now_ns) = tape.next_due() {
        tape.advance(now_ns, &mut out);
        let requote = out.market.drain(..).any(|event| matches!(event, Event::Book { .. }));
        for (_, happening) in out.happenings.drain(..) {
            let Happening::Filled { key, reason, .. } = happening else { continue };
            assert!(matches!(reason, FillReason::TapeQueue | FillReason::TapeThrough));
            quotes.iter_mut().filter(|quote| quote.is_some_and(|quote| quote.0 == key)).for_each(|quote| *quote = None);
            fills += 1;
        }
        let (Some(bid), Some(ask)) = tape.best(MarketIx(0)) else { continue };
        let mid = (bid.0 + ask.0) as f64 / 2.0;
        for side in Side::BOTH.into_iter().filter(|_| requote) {
            let exact = mid * (1.0 - side.sign() as f64 * bps * 1e-4);
            let price = Ticks(if side == Side::Buy { libm::floor(exact) } else { libm::ceil(exact) } as i64);
            let quote = &mut quotes[side.index()];
            if quote.is_some_and(|quote| quote.1 == price) {
                continue;
            }
            quote.iter().for_each(|quote| tape.cancel(now_ns, quote.0, &mut out));
            keys += 1;
            let order = resting(OrderKey(keys), side, price.0, 1);
            tape.submit(now_ns, order, &mut out);
            *quote = out.happenings.contains(&(now_ns, Happening::Rested { key: order.key })).then_some((order.key, price));
        }
    }
    fills
}

#[test]
fn quotes_further_from_the_mid_fill_less() {
    for name in [QUIET, BUSY] {
        let Some(text) = text(name) else { return };
        let tape = tape(name, &text, TapeBuilder::new());
        let fills = [1.0, 2.0, 3.0].map(|bps| fills_at(&tape, bps));
        println!("{name}: fills at 1, 2, 3 bp from the mid: {fills:?}");
        assert!(fills[0] > fills[1] && fills[1] >= fills[2], "{fills:?}");
    }
}
