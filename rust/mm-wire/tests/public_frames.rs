//! Public frames: books, trades, tickers, acknowledgements. All values are made up.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::ids::Category;
use mm_core::input::{BookUpdate, Message, StreamRole, TickerUpdate, Trade};
use mm_core::units::{Lots, Side, Ticks, UnitError};
use mm_wire::scope::Reason;
use mm_wire::{DecodeError, Decoder, Why};

use support::{BTC, ETH, SPOT, amount, table};

const LINEAR: StreamRole = StreamRole::Public(Category::Linear);

/// Decodes with a fresh decoder and hands the result to `check`.
fn decode(role: StreamRole, frame: &str, check: impl FnOnce(Result<Message<'_>, DecodeError>)) {
    check(Decoder::new().frame(role, &table(), frame.as_bytes()));
}

fn refused(frame: &str) -> DecodeError {
    Decoder::new().frame(LINEAR, &table(), frame.as_bytes()).map(|message| format!("{message:?}")).unwrap_err()
}

#[test]
fn a_book_delta_becomes_ticks_and_lots() {
    let frame = r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1700000000009,"data":{"s":"BTCUSDT","b":[["70000.10","1.5"],["69999.90","0"]],"a":[["70000.2","0.007"]],"u":42,"seq":9000},"cts":1700000000004}"#;
    decode(LINEAR, frame, |message| {
        let expected = BookUpdate {
            market: BTC,
            depth: 50,
            snapshot: false,
            update_id: 42,
            seq: 9000,
            engine_ms: 1_700_000_000_004,
            bids: &[(Ticks(700_001), Lots(1500)), (Ticks(699_999), Lots(0))],
            asks: &[(Ticks(700_002), Lots(7))],
        };
        assert_eq!(message, Ok(Message::Book(expected)));
    });
}

#[test]
fn a_spot_book_of_the_same_name_is_another_market() {
    let frame = r#"{"data":{"a":[],"b":[["70000.1","0.000002"]],"u":1,"seq":3,"s":"BTCUSDT"},"ts":1700000000009,"topic":"orderbook.1.BTCUSDT","type":"snapshot"}"#;
    decode(StreamRole::Public(Category::Spot), frame, |message| {
        let Ok(Message::Book(book)) = message else { panic!("{message:?}") };
        assert_eq!((book.market, book.depth, book.snapshot), (SPOT, 1, true));
        assert_eq!(book.engine_ms, 1_700_000_000_009, "without cts the publisher's time stands in");
        assert_eq!(book.bids, [(Ticks(700_001), Lots(2))]);
    });
}

#[test]
fn the_scratch_space_of_one_frame_does_not_leak_into_the_next() {
    let (mut decoder, table) = (Decoder::new(), table());
    let full = r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1,"data":{"s":"BTCUSDT","b":[["1.0","1"]],"a":[["2.0","1"]],"u":1,"seq":1}}"#;
    let empty =
        r#"{"topic":"orderbook.50.ETHUSDT","type":"delta","ts":1,"data":{"s":"ETHUSDT","b":[],"a":[["2.01","1.00"]],"u":2,"seq":2}}"#;
    decoder.frame(LINEAR, &table, full.as_bytes()).unwrap();
    let Ok(Message::Book(book)) = decoder.frame(LINEAR, &table, empty.as_bytes()) else { panic!() };
    assert_eq!((book.market, book.bids, book.asks), (ETH, &[][..], &[(Ticks(201), Lots(100))][..]));
}

#[test]
fn a_bad_book_is_refused_by_name() {
    let frame = |data: &str| format!(r#"{{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":5,"data":{data},"cts":4}}"#);
    let cases = [
        (r#"{"s":"BTCUSDT","b":[["1.05","1"]],"a":[],"u":2,"seq":2}"#, "b", Why::Unit(UnitError::OffGrid)),
        (r#"{"s":"BTCUSDT","b":[],"a":[["1.0","0.0001"]],"u":2,"seq":2}"#, "a", Why::Unit(UnitError::OffGrid)),
        (r#"{"s":"BTCUSDT","b":[["1e3","1"]],"a":[],"u":2,"seq":2}"#, "b", Why::Unit(UnitError::NotDecimal)),
        (r#"{"s":"BTCUSDT","b":[["","1"]],"a":[],"u":2,"seq":2}"#, "b", Why::Unit(UnitError::NotDecimal)),
        (r#"{"s":"BTCUSDT","b":[["1.0","-1"]],"a":[],"u":2,"seq":2}"#, "b", Why::Negative),
        (r#"{"s":"BTCUSDT","b":[[1.0,1]],"a":[],"u":2,"seq":2}"#, "b", Why::WrongType),
        (r#"{"s":"BTCUSDT","b":[["1.0","1","2"]],"a":[],"u":2,"seq":2}"#, "b", Why::WrongType),
        (r#"{"s":"BTCUSDT","b":{},"a":[],"u":2,"seq":2}"#, "b", Why::WrongType),
        (r#"{"s":"BTCUSDT","b":[],"a":[],"u":2.5,"seq":2}"#, "u", Why::WrongType),
        (r#"{"s":"BTCUSDT","b":[],"a":[],"u":-2,"seq":2}"#, "u", Why::WrongType),
        (r#"{"s":"BTCUSDT","b":[],"a":[],"seq":2}"#, "u", Why::Missing),
        (r#"{"s":"BTCUSDT","b":[],"u":2,"seq":2}"#, "a", Why::Missing),
        (r#"{"s":"BTCUSDT","b":[],"b":[],"a":[],"u":2,"seq":2}"#, "b", Why::Duplicate),
        (r#"{"s":"ETHUSDT","b":[],"a":[],"u":2,"seq":2}"#, "s", Why::Contradiction),
        ("[]", "data", Why::WrongType),
    ];
    for (data, field, why) in cases {
        assert_eq!(refused(&frame(data)), DecodeError { field, why }, "{data}");
    }
    let good = frame(r#"{"s":"BTCUSDT","b":[],"a":[],"u":2,"seq":2}"#);
    assert_eq!(refused(&good.replace("delta", "patch")), DecodeError { field: "type", why: Why::UnknownValue });
    assert_eq!(refused(&good.replace(r#","cts""#, r#","ts":6,"cts""#)), DecodeError { field: "ts", why: Why::Duplicate });
    assert_eq!(refused(&good.replace(r#","cts""#, r#","topic":"x","cts""#)), DecodeError { field: "topic", why: Why::Duplicate });
    assert_eq!(refused(&format!("{good} 1")), DecodeError { field: "json", why: Why::Syntax });
}

#[test]
fn trades_carry_the_takers_side_and_what_is_off_the_book() {
    let frame = r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1700000000100,"data":[
        {"T":1700000000090,"s":"BTCUSDT","S":"Buy","v":"0.010","p":"70000.10","L":"PlusTick","i":"made-up-1","BT":false,"RPI":false,"seq":77},
        {"seq":77,"p":"70000.20","S":"Sell","v":"2","s":"BTCUSDT","T":1700000000090,"RPI":true}]}"#;
    let first =
        Trade { engine_ms: 1_700_000_000_090, side: Side::Buy, price: Ticks(700_001), qty: Lots(10), seq: Some(77), off_book: false };
    let second = Trade { side: Side::Sell, price: Ticks(700_002), qty: Lots(2000), off_book: true, ..first };
    decode(LINEAR, frame, |message| assert_eq!(message, Ok(Message::Trades(BTC, &[first, second]))));
    let refusal = refused(&frame.replace("Sell", "sell"));
    assert_eq!(refusal, DecodeError { field: "S", why: Why::UnknownValue });
    decode(LINEAR, &frame.replace(r#""seq":77,"p""#, r#""p""#), |message| {
        let Ok(Message::Trades(BTC, [_, second])) = message else { panic!("{message:?}") };
        assert_eq!(second.seq, None, "older frames have none");
    });
    assert_eq!(refused(&frame.replace(r#""T":1700000000090,"RPI""#, r#""RPI""#)), DecodeError { field: "T", why: Why::Missing });
}

#[test]
fn a_ticker_delta_tells_only_what_changed() {
    let frame = r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"70001.23","fundingRate":"-0.0001","bid1Price":"70000.10"},"cs":8,"ts":5}"#;
    let expected = TickerUpdate {
        market: BTC,
        mark_price: Some(amount("70001.23")),
        index_price: None,
        funding_rate: Some(amount("-0.0001")),
        next_funding_ms: None,
    };
    decode(LINEAR, frame, |message| assert_eq!(message, Ok(Message::Ticker(expected))));
    let empty = frame.replace("70001.23", "").replace("-0.0001", "");
    let nothing = TickerUpdate { mark_price: None, funding_rate: None, ..expected };
    decode(LINEAR, &empty, |message| assert_eq!(message, Ok(Message::Ticker(nothing))));
    let next = frame.replace(r#""markPrice":"70001.23""#, r#""nextFundingTime":"1700000000000""#);
    let funding = TickerUpdate { mark_price: None, next_funding_ms: Some(1_700_000_000_000), ..expected };
    decode(LINEAR, &next, |message| assert_eq!(message, Ok(Message::Ticker(funding))));
}

#[test]
fn acknowledgements_and_pongs_have_a_shape_per_path() {
    let pongs = [
        (LINEAR, r#"{"success":true,"ret_msg":"pong","conn_id":"c","req_id":"","op":"ping"}"#),
        (LINEAR, r#"{"args":["1700000000000"],"op":"pong"}"#),
        (StreamRole::Private, r#"{"req_id":"1","op":"pong","args":["1700000000000"],"conn_id":"c"}"#),
        (StreamRole::Trade, r#"{"retCode":0,"retMsg":"OK","op":"pong","data":["1700000000000"],"connId":"c"}"#),
    ];
    for (role, frame) in pongs {
        decode(role, frame, |message| assert_eq!(message, Ok(Message::Pong), "{frame}"));
    }
    let acks = [
        (r#"{"success":true,"ret_msg":"","conn_id":"c","req_id":"","op":"subscribe"}"#, true, ""),
        (r#"{"success":true,"ret_msg":"subscribe","conn_id":"c","op":"subscribe"}"#, true, "subscribe"),
        (r#"{"success":true,"conn_id":"c","data":{"failTopics":[],"successTopics":["x"]},"type":"COMMAND_RESP"}"#, true, ""),
        (
            r#"{"success":false,"ret_msg":"error:handler not found,topic:orderbook.500.X","op":"subscribe"}"#,
            false,
            "error:handler not found,topic:orderbook.500.X",
        ),
        (r#"{"success":false,"ret_msg":"a\"b\u00e9\ud83d\ude00","op":"auth"}"#, false, "a\"bé😀"),
    ];
    for (frame, ok, text) in acks {
        decode(StreamRole::Private, frame, |message| assert_eq!(message, Ok(Message::Subscribed { ok, text }), "{frame}"));
    }
    assert_eq!(refused(r#"{"op":"surprise","success":true}"#), DecodeError { field: "op", why: Why::UnknownValue });
    assert_eq!(refused("{}"), DecodeError { field: "success", why: Why::Missing });
}

#[test]
fn other_topics_are_refused_by_reason_and_other_instruments_are_told() {
    let topics = [
        ("allLiquidation.BTCUSDT", Reason::Unused),
        ("orderbook.rpi.BTCUSDT", Reason::RetailBook),
        ("orderbook.full.BTCUSDT", Reason::FullBook),
        ("weather.BTCUSDT", Reason::Unlisted),
    ];
    for (topic, reason) in topics {
        let frame = format!(r#"{{"topic":"{topic}","type":"snapshot","ts":1,"data":[{{"any":["thing",null,true,-1.5e3]}}]}}"#);
        let refused = DecodeError { field: "topic", why: Why::OutOfScope(reason) };
        decode(LINEAR, &frame, |message| assert_eq!(message, Err(refused), "{topic}"));
    }
    let mut decoder = Decoder::new();
    for topic in ["orderbook.50.XYZUSDT", "publicTrade.XYZUSDT", "tickers.XYZUSDT", "kline.1.XYZUSDT"] {
        let frame = format!(r#"{{"topic":"{topic}","type":"snapshot","ts":1,"data":{{"s":"XYZUSDT"}}}}"#);
        assert_eq!(decoder.frame(LINEAR, &table(), frame.as_bytes()), Ok(Message::UnknownInstrument), "{topic}");
    }
    assert_eq!(decoder.unknown_rows(), 4);
}

#[test]
fn candles_are_exact_and_say_whether_they_are_final() {
    let frame = r#"{"topic":"kline.5.BTCUSDT","data":[{"start":1700000000000,"end":1700000299999,"interval":"5","open":"1.5","close":"2","high":"2.25","low":"1","volume":"3.001","turnover":"5.25","confirm":false,"timestamp":1700000001000}],"ts":1700000001001,"type":"snapshot"}"#;
    decode(LINEAR, frame, |message| {
        let Ok(Message::Candles(BTC, [candle])) = message else { panic!("{message:?}") };
        assert_eq!((candle.high, candle.volume, candle.confirmed), (amount("2.25"), amount("3.001"), false));
    });
    let unsaid = frame.replace(r#""confirm":false,"#, "");
    assert_eq!(refused(&unsaid), DecodeError { field: "confirm", why: Why::Missing });
}

#[test]
fn what_a_client_sends_is_not_taken_for_an_answer() {
    let request = DecodeError { field: "op", why: Why::OutOfScope(Reason::ClientRequest) };
    assert_eq!(refused(r#"{"op":"subscribe","args":["order"]}"#), request);
    let order = r#"{"reqId":"1","header":{"X-BAPI-TIMESTAMP":"1"},"op":"order.create","args":[{"symbol":"BTCUSDT"}]}"#;
    decode(StreamRole::Trade, order, |message| assert_eq!(message, Err(request)));
}

#[test]
fn fields_that_we_do_not_use_are_counted_and_new_ones_named() {
    let mut decoder = Decoder::new();
    let frame = r#"{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1,"new":{"deep":[1]},"data":{"s":"BTCUSDT","b":[],"a":[],"u":1,"seq":1,"also":"new"}}"#;
    decoder.frame(LINEAR, &table(), frame.as_bytes()).unwrap();
    decoder.frame(LINEAR, &table(), frame.as_bytes()).unwrap();
    let long = frame.replace("new", &"n".repeat(80)).replace("ts\":1,", "ts\":1,\"req_id\":7,");
    decoder.frame(LINEAR, &table(), long.as_bytes()).unwrap();
    let names: Vec<&str> = decoder.unknown_names().iter().map(|name| name.as_str()).collect();
    assert_eq!((decoder.unknown_fields(), names), (6, vec!["new", "also", "?"]), "each name once");
    assert_eq!(decoder.passed_fields(), 1, "req_id is documented");
}

#[test]
fn rules_not_told_yet_are_an_error_not_a_guess() {
    let bare = mm_core::instrument::Instruments::new([support::id(Category::Linear, "BTCUSDT")]);
    let frame = r#"{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1,"data":{"s":"BTCUSDT","b":[],"a":[],"u":1,"seq":1}}"#;
    let mut decoder = Decoder::new();
    assert_eq!(decoder.frame(LINEAR, &bare, frame.as_bytes()), Err(DecodeError { field: "topic", why: Why::NoSpec }));
}
