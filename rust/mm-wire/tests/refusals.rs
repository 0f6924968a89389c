//! Hostile and broken input is refused by the name of the field, whatever message it hides in. All values are made up.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::ids::Category;
use mm_core::input::StreamRole;
use mm_core::output::Query;
use mm_core::units::UnitError;
use mm_wire::json::{MAX_BYTES, MAX_DEPTH};
use mm_wire::{DecodeError, Decoder, HttpAnswer, Why};

use support::{BTC, table};

const PUBLIC: StreamRole = StreamRole::Public(Category::Linear);
const HUGE: &str = "99999999999999999999999999999999999999999999";
const BOOK: &str = r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":7,"data":{"s":"BTCUSDT","b":[["70000.1","0.01"]],"a":[["70000.2","0.01"]],"u":42,"seq":9000},"cts":4}"#;
const TRADE: &str = r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":17,"data":[{"T":16,"s":"BTCUSDT","S":"Buy","v":"0.01","p":"70000.1","BT":false,"seq":77}]}"#;
const TICKER: &str = r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"70001.23","nextFundingTime":"1700006400000"},"cs":8,"ts":5}"#;
const ORDER: &str = r#"{"topic":"order","creationTime":5,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"a-1","orderLinkId":"r-0-1","side":"Sell","orderStatus":"New","price":"70000","qty":"0.01","leavesQty":"0.01","cumExecQty":"0","updatedTime":"3"}]}"#;
const EXECUTION: &str = r#"{"topic":"execution","creationTime":5,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"a","orderLinkId":"r","side":"Buy","leavesQty":"0","execId":"e","execPrice":"70000","execQty":"0.01","execFee":"-0.1","execType":"Trade","execTime":"1","isMaker":true,"feeCurrency":"USDT"}]}"#;
const WALLET: &str = r#"{"topic":"wallet","data":[{"accountType":"UNIFIED","coin":[{"coin":"USDT","equity":"1","walletBalance":"2"}]}]}"#;

fn refusal(role: StreamRole, frame: &[u8]) -> DecodeError {
    let mut decoder = Decoder::new();
    decoder.frame(role, &table(), frame).map(|message| format!("{message:?}")).unwrap_err()
}

fn role(frame: &str) -> StreamRole {
    if [BOOK, TRADE, TICKER].contains(&frame) { PUBLIC } else { StreamRole::Private }
}

/// The frame with one piece exchanged, and why it is refused.
fn changed(frame: &str, from: &str, to: &str) -> DecodeError {
    assert!(frame.contains(from), "{from} is not in {frame}");
    refusal(role(frame), frame.replacen(from, to, 1).as_bytes())
}

#[test]
fn each_frame_is_read_as_it_stands() {
    for frame in [BOOK, TRADE, TICKER, ORDER, EXECUTION, WALLET] {
        assert!(Decoder::new().frame(role(frame), &table(), frame.as_bytes()).is_ok(), "{frame}");
    }
}

#[test]
fn a_number_that_does_not_fit_names_its_field() {
    let too_large = Why::Unit(UnitError::TooLarge);
    let cases = [
        (BOOK, "70000.1", "b", too_large),
        (TRADE, "0.01", "v", too_large),
        (TRADE, "70000.1", "p", too_large),
        (TICKER, "70001.23", "markPrice", too_large),
        (TICKER, "1700006400000", "nextFundingTime", Why::WrongType),
        (ORDER, "0.01", "qty", too_large),
        (ORDER, r#""70000""#, "price", too_large),
        (EXECUTION, "-0.1", "execFee", too_large),
        (WALLET, "2", "walletBalance", too_large),
    ];
    for (frame, number, field, why) in cases {
        let huge = if number.starts_with('"') { format!("\"{HUGE}\"") } else { HUGE.to_owned() };
        assert_eq!(changed(frame, number, &huge), DecodeError { field, why }, "{number} in {frame}");
    }
    assert_eq!(changed(BOOK, ":42", &format!(":{HUGE}")), DecodeError { field: "u", why: Why::WrongType });
    assert_eq!(changed(BOOK, r#""ts":7"#, r#""ts":1e3"#), DecodeError { field: "ts", why: Why::WrongType });
}

/// Found by fuzzing a quoting bot: counts near the end of 64 bits and times past the year 2262 are read, and overflow where they are used.
#[test]
fn a_number_that_fits_and_cannot_be_worked_with_is_refused_too() {
    let too_large = Why::Unit(UnitError::TooLarge);
    assert_eq!(changed(EXECUTION, r#""70000""#, r#""922337203685477580.7""#), DecodeError { field: "execPrice", why: too_large });
    assert_eq!(changed(BOOK, "70000.1", "922337203685477580.7"), DecodeError { field: "b", why: too_large });
    assert_eq!(changed(BOOK, "0.01", "9223372036854775.807"), DecodeError { field: "b", why: too_large });
    assert_eq!(changed(TRADE, "70000.1", "900719925474099.3"), DecodeError { field: "p", why: too_large }, "2^53 + 1 ticks");
    assert!(Decoder::new().frame(PUBLIC, &table(), TRADE.replace("70000.1", "900719925474099.2").as_bytes()).is_ok(), "2^53 ticks");
    let late = "9223372036854775807";
    for (frame, time, field) in [(EXECUTION, r#""execTime":"1"#, "execTime"), (ORDER, r#""updatedTime":"3"#, "updatedTime")] {
        let error = changed(frame, time, &format!("{}{late}", &time[..time.len() - 1]));
        assert_eq!(error, DecodeError { field, why: Why::TooLarge });
        assert_eq!(changed(frame, time, &format!("{}-1", &time[..time.len() - 1])), DecodeError { field, why: Why::Negative });
    }
    assert_eq!(mm_wire::rate_headers(Some(b"10"), Some(b"0"), Some(late.as_bytes())), None);
}

#[test]
fn what_is_no_number_names_its_field() {
    for word in ["NaN", "Infinity", "-Infinity", "1e5", "", "0x10", "1,5", "٣"] {
        let quoted = format!("\"{word}\"");
        let error = changed(WALLET, r#""2""#, &quoted);
        assert_eq!(error.field, "walletBalance", "{word}");
        assert_eq!(changed(TRADE, r#""70000.1""#, &quoted).field, "p", "{word}");
        assert_eq!(changed(BOOK, r#""0.01""#, &quoted).field, "b", "{word}");
    }
    for bare in ["NaN", "Infinity", "-Infinity", "nan"] {
        for (frame, number) in [(WALLET, r#""2""#), (ORDER, r#""0.01""#), (TICKER, r#""70001.23""#)] {
            assert_eq!(changed(frame, number, bare), DecodeError { field: "json", why: Why::Syntax }, "{bare}");
        }
    }
}

#[test]
fn a_field_named_twice_is_refused() {
    let cases = [
        (BOOK, r#""u":42"#, "u"),
        (BOOK, r#""type":"snapshot""#, "type"),
        (TRADE, r#""seq":77"#, "seq"),
        (TICKER, r#""markPrice":"70001.23""#, "markPrice"),
        (ORDER, r#""qty":"0.01""#, "qty"),
        (EXECUTION, r#""execId":"e""#, "execId"),
        (WALLET, r#""walletBalance":"2""#, "walletBalance"),
    ];
    for (frame, field, name) in cases {
        assert_eq!(changed(frame, field, &format!("{field},{field}")), DecodeError { field: name, why: Why::Duplicate }, "{frame}");
    }
    let answer = br#"{"retCode":0,"retCode":1,"result":{"list":[]}}"#;
    let reply = Decoder::new().reply(&Query::Position(BTC), &table(), HttpAnswer { status: 200, rate: None, body: answer });
    assert!(matches!(reply.unwrap().outcome, mm_core::input::Outcome::Ambiguous(200)), "an answer that names its code twice is none");
}

#[test]
fn a_wrong_type_names_its_field() {
    let cases = [
        (ORDER, r#""data":["#, r#""data":5,"x":["#, "data"),
        (ORDER, r#""Sell""#, "true", "side"),
        (ORDER, r#""a-1""#, "{}", "orderId"),
        (EXECUTION, ":true", r#":"yes""#, "isMaker"),
        (WALLET, r#"[{"coin":"USDT""#, r#"[[],{"coin":"USDT""#, "json"),
        (TICKER, r#""BTCUSDT","#, "7,", "symbol"),
    ];
    for (frame, from, to, field) in cases {
        assert_eq!(changed(frame, from, to), DecodeError { field, why: Why::WrongType }, "{to} in {frame}");
    }
}

#[test]
fn the_size_the_depth_and_the_encoding_of_a_frame_are_bounded() {
    for frame in [BOOK, TRADE, ORDER, WALLET] {
        let padded = format!("{frame}{}", " ".repeat(MAX_BYTES));
        assert_eq!(refusal(role(frame), padded.as_bytes()), DecodeError { field: "json", why: Why::TooLarge });
        let deep = format!(r#"{{"x":{}{},{}"#, "[".repeat(MAX_DEPTH.into()), "]".repeat(MAX_DEPTH.into()), &frame[1..]);
        assert_eq!(refusal(role(frame), deep.as_bytes()), DecodeError { field: "json", why: Why::TooDeep });
        let mut bytes = frame.replacen("USDT", "\u{e9}USDT", 1).into_bytes();
        let at = bytes.iter().position(|byte| *byte == 0xc3).unwrap();
        bytes[at] = b'x';
        assert_eq!(refusal(role(frame), &bytes), DecodeError { field: "json", why: Why::Syntax }, "half a character");
        assert_eq!(refusal(role(frame), &[b"\xef\xbb\xbf", frame.as_bytes()].concat()).why, Why::WrongType, "a byte order mark");
    }
}
