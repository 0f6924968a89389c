//! What the codec makes of one payload.

use std::collections::BTreeSet;

use mm_core::ids::{Category, Symbol};
use mm_core::input::{Message, Outcome, ReplyBody};
use mm_core::instrument::Instruments;
use mm_wire::answer::Answer;
use mm_wire::json::Reader;
use mm_wire::scope::{self, Reason, Scope};
use mm_wire::{DecodeError, Decoder, HttpAnswer, Why};
use serde_json::Value;

use super::sources::{Kind, Payload};
use super::support::{spec, table_of};

/// What came out of a payload that was read.
pub struct Seen {
    /// Names that the codec takes for undocumented.
    pub unknown: Vec<String>,
    /// The kind of message or answer.
    pub what: &'static str,
    pub rows: usize,
    pub crossed: bool,
}

pub enum Verdict {
    Read(Seen),
    /// Refused by the codec; `what` is the row of its table, or the category.
    Refused {
        what: String,
        reason: Reason,
    },
    Syntax,
    Failed(String),
}

pub fn of(payload: &Payload) -> Verdict {
    let refused_path = match &payload.kind {
        Kind::Answer(path) => matches!(scope::endpoint(path), Scope::Refused(_)),
        Kind::Foreign(_) => true,
        _ => false,
    };
    let strict = Reader::new(payload.text.as_bytes()).and_then(|mut reader| {
        reader.skip()?;
        reader.finish()
    });
    if strict.is_err() && !refused_path {
        return Verdict::Syntax;
    }
    let json = payload.json();
    let instruments = instruments(&json);
    match &payload.kind {
        Kind::Answer(path) => answer(path, &json, &instruments, &payload.text),
        Kind::Foreign(path) => answer(path, &json, &instruments, &payload.text),
        Kind::Frame(role) => {
            let mut decoder = Decoder::new();
            match decoder.frame(*role, &instruments, payload.text.as_bytes()) {
                Ok(Message::UnknownInstrument) => foreign(&json),
                Ok(message) => {
                    let seen = frame(&message);
                    Verdict::Read(Seen { unknown: names(&decoder), ..seen })
                }
                Err(error) => refused(error, topic_row(&json)),
            }
        }
        Kind::NotJson => Verdict::Failed("the codec reads it".into()),
    }
}

fn answer(path: &str, json: &Value, instruments: &Instruments, text: &str) -> Verdict {
    let category = match json.pointer("/result/category").and_then(Value::as_str) {
        Some("spot") => Category::Spot,
        _ => Category::Linear,
    };
    let mut decoder = Decoder::new();
    let answer = HttpAnswer { status: 200, rate: None, body: text.as_bytes() };
    let row = scope::endpoint_row(path).map_or("(unlisted)", |row| row.0);
    match decoder.answer(path, Some(category), instruments, answer) {
        Ok(answered) if answered.outcome == Outcome::Accepted => {
            let done = Seen { what: "done", rows: 1, crossed: false, unknown: Vec::new() };
            let seen = answered.answer.map_or(done, |answer| body(&answer));
            Verdict::Read(Seen { unknown: names(&decoder), ..seen })
        }
        Ok(answered) => Verdict::Failed(format!("{:?}", answered.outcome)),
        Err(error) => refused(error, row.to_owned()),
    }
}

fn names(decoder: &Decoder) -> Vec<String> {
    decoder.unknown_names().iter().map(ToString::to_string).collect()
}

fn refused(error: DecodeError, row: String) -> Verdict {
    match error.why {
        Why::OutOfScope(reason) if error.field == "category" => Verdict::Refused { what: format!("{row} of another category"), reason },
        Why::OutOfScope(reason) => Verdict::Refused { what: row, reason },
        _ => Verdict::Failed(error.to_string()),
    }
}

/// The table's row for a refused frame.
fn topic_row(json: &Value) -> String {
    let Some(topic) = json["topic"].as_str() else { return "requests".into() };
    scope::REFUSED_TOPICS.iter().find(|row| topic.starts_with(row.0)).map_or(topic, |row| row.0).to_owned()
}

/// A frame whose rows are all of instruments that no table of ours can hold.
fn foreign(json: &Value) -> Verdict {
    let topic = json["topic"].as_str().unwrap().split('.').next().unwrap();
    let named = json.pointer("/data/0/category").and_then(Value::as_str).unwrap_or("");
    match scope::category(named.as_bytes()) {
        Some(reason) => Verdict::Refused { what: format!("{topic} of another category"), reason },
        None => Verdict::Failed(format!("no instrument of {topic}")),
    }
}

fn frame(message: &Message<'_>) -> Seen {
    let plain = |what, rows| Seen { what, rows, crossed: false, unknown: Vec::new() };
    match message {
        Message::Book(book) => {
            let crossed = matches!((book.bids.first(), book.asks.first()), (Some(bid), Some(ask)) if bid.0 >= ask.0);
            Seen { crossed, ..plain("orderbook", book.bids.len() + book.asks.len()) }
        }
        Message::Trades(_, rows) => plain("publicTrade", rows.len()),
        Message::Ticker(_) => plain("tickers", 1),
        Message::Candles(_, rows) => plain("kline", rows.len()),
        Message::Orders(rows) => plain("order", rows.len()),
        Message::Executions(rows) => plain("execution", rows.len()),
        Message::FastExecutions(rows) => plain("execution.fast", rows.len()),
        Message::Positions(rows) => plain("position", rows.len()),
        Message::Wallet(rows) => plain("wallet", rows.len()),
        Message::SystemStatus(rows) => plain("system.status", rows.len()),
        Message::Subscribed { .. } | Message::Ignored => plain("acknowledgements", 1),
        Message::Pong => plain("ping and pong", 1),
        Message::TradeReply { .. } => plain("order replies of the trade socket", 1),
        Message::UnknownInstrument => plain("unknown instrument", 0),
    }
}

fn body(answer: &Answer) -> Seen {
    let rows = match answer {
        Answer::Account(body) => match body {
            ReplyBody::Empty | ReplyBody::Account(_) | ReplyBody::ApiKey(_) | ReplyBody::ServerTime(_) => 1,
            ReplyBody::Acks(rows) => rows.len(),
            ReplyBody::Orders { rows, .. } => rows.len(),
            ReplyBody::Executions { rows, .. } => rows.len(),
            ReplyBody::Positions(rows) => rows.len(),
            ReplyBody::Wallet(rows) => rows.len(),
            ReplyBody::Instruments(rows) => rows.len(),
            ReplyBody::FeeRates(rows) => rows.len(),
            ReplyBody::Dcp(rows) => rows.len(),
            ReplyBody::SystemStatus(rows) => rows.len(),
        },
        Answer::ServerTime(_) => 1,
        Answer::Book(book) => book.bids.len() + book.asks.len(),
        Answer::Tickers(rows) => rows.len(),
        Answer::Trades(rows) => rows.len(),
        Answer::Candles(rows) => rows.len(),
        Answer::FundingRates(rows) => rows.len(),
    };
    let crossed = matches!(answer, Answer::Book(book) if book.bids[0].0 >= book.asks[0].0);
    Seen { what: "answer", rows, crossed, unknown: Vec::new() }
}

/// A table of every symbol that the payload names, in both categories, on a grid finer than any of them.
fn instruments(json: &Value) -> Instruments {
    let mut symbols = BTreeSet::new();
    collect(json, &mut symbols);
    let known = symbols.iter().filter(|symbol| Symbol::new(symbol.as_bytes()).is_some() && !symbol.contains('/'));
    let specs =
        known.flat_map(|symbol| [Category::Linear, Category::Spot].map(|category| spec(category, symbol, "0.00000001", "0.00000001")));
    table_of(specs)
}

fn collect(json: &Value, symbols: &mut BTreeSet<String>) {
    match json {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "symbol" || key == "s" => {
                        symbols.insert(text.clone());
                    }
                    Value::String(text) if key == "topic" => symbols.extend(text.rsplit_once('.').map(|halves| halves.1.to_owned())),
                    _ => collect(value, symbols),
                }
            }
        }
        Value::Array(rows) => rows.iter().for_each(|row| collect(row, symbols)),
        _ => {}
    }
}
