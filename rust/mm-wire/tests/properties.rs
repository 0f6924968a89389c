//! What holds for every input: the fast number path is the exact one, field order does not matter, nothing panics.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::ids::Category;
use mm_core::input::{Message, StreamRole};
use mm_core::output::Query;
use mm_core::units::{Amount, Lots, Ticks};
use mm_wire::grid::Grids;
use mm_wire::json::{MAX_BYTES, Reader, Value};
use mm_wire::{Decoder, HttpAnswer, Why};
use proptest::prelude::*;

use support::{BTC, spec, table, table_of};

const LINEAR: StreamRole = StreamRole::Public(Category::Linear);
const ROLES: [StreamRole; 3] = [LINEAR, StreamRole::Private, StreamRole::Trade];

/// One frame of each kind, with the role that it is for.
const FRAMES: [(StreamRole, &str); 8] = [
    (
        LINEAR,
        r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1700000000009,"data":{"s":"BTCUSDT","b":[["70000.10","1.5"],["69999.90","0"]],"a":[["70000.2","0.007"]],"u":42,"seq":9000},"cts":1700000000004}"#,
    ),
    (
        LINEAR,
        r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":17,"data":[{"T":16,"s":"BTCUSDT","S":"Buy","v":"0.01","p":"70000.10","BT":false,"RPI":true,"seq":77}]}"#,
    ),
    (LINEAR, r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"70001.23"},"cs":8,"ts":5}"#),
    (LINEAR, r#"{"success":true,"ret_msg":"A\u00e9","conn_id":"c","req_id":"","op":"subscribe"}"#),
    (
        StreamRole::Private,
        r#"{"topic":"order","creationTime":5,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"a","orderLinkId":"r","side":"Sell","orderStatus":"New","rejectReason":"EC_NoError","price":"70000","qty":"0.01","leavesQty":"0.01","cumExecQty":"0","updatedTime":"3"}]}"#,
    ),
    (
        StreamRole::Private,
        r#"{"topic":"execution","creationTime":5,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"a","orderLinkId":"r","side":"Buy","leavesQty":"0","execId":"e","execPrice":"7","execQty":"1","execFee":"-0.1","execType":"Trade","execTime":"1","isMaker":true,"feeCurrency":"USDT"}]}"#,
    ),
    (
        StreamRole::Private,
        r#"{"topic":"wallet","data":[{"accountType":"UNIFIED","coin":[{"coin":"USDT","equity":"1","walletBalance":"2"}]}]}"#,
    ),
    (
        StreamRole::Trade,
        r#"{"reqId":"19","retCode":0,"retMsg":"OK","op":"order.create-batch","data":{"list":[{"orderId":"a"}]},"retExtInfo":{"list":[{"code":0,"msg":"OK"}]},"header":{"X-Bapi-Limit":"10"}}"#,
    ),
];

/// A copy of the tree with the fields of every object in an order drawn from `seed`.
fn shuffled(value: &serde_json::Value, seed: &mut u64) -> String {
    match value {
        serde_json::Value::Object(map) => {
            let mut fields: Vec<String> = map.iter().map(|(key, value)| format!(" \"{key}\" : {}", shuffled(value, seed))).collect();
            for index in (1..fields.len()).rev() {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                fields.swap(index, usize::try_from(*seed >> 33).unwrap() % (index + 1));
            }
            format!("{{{}}}\n", fields.join(","))
        }
        serde_json::Value::Array(rows) => {
            format!("[ {} ]", rows.iter().map(|row| shuffled(row, seed)).collect::<Vec<_>>().join(" ,\t"))
        }
        scalar => scalar.to_string(),
    }
}

/// Any text that could stand where a decimal is wanted: mostly decimals, of all lengths.
fn decimal_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "-?[0-9]{1,9}(\\.[0-9]{1,9})?",
        2 => "0{0,3}[0-9]{1,21}(\\.[0-9]{0,20}0{0,4})?",
        1 => "[0-9.eE+ -]{0,12}",
        1 => "[0-9]{1,6}\\.[0-9]{1,3}00000",
    ]
}

proptest! {
    #[test]
    fn the_fast_decimal_path_is_the_exact_one(text in decimal_text(), unit in prop_oneof![Just(1_i64), Just(5), Just(25), 1_i64..300], decimals in 0_u32..12) {
        let step = Amount(i128::from(unit) * 10_i128.pow(18 - decimals)).to_string();
        let one = spec(Category::Linear, "BTCUSDT", &step, "1");
        let other = spec(Category::Linear, "BTCUSDT", "1", &step);
        let (prices, sizes) = (table_of([one.clone()]), table_of([other.clone()]));
        let quoted = format!("{text}\",\"next\":1234567890}}");
        let price = Grids::default().scale(BTC, &prices).unwrap().quoted_ticks(quoted.as_bytes());
        prop_assert_eq!(price, one.ticks(text.as_bytes()).map(|ticks| (ticks, text.len())).map_err(Why::Unit));
        let size = Grids::default().scale(BTC, &sizes).unwrap().quoted_lots(quoted.as_bytes());
        prop_assert_eq!(size, other.lots(text.as_bytes()).map(|lots| (lots, text.len())).map_err(Why::Unit));
    }

    #[test]
    fn what_is_on_the_grid_is_read_back(count in 0_i64..1_000_000_000_000, unit in 1_i64..100, decimals in 0_u32..9) {
        let step = Amount(i128::from(unit) * 10_i128.pow(18 - decimals)).to_string();
        let spec = spec(Category::Linear, "BTCUSDT", &step, &step);
        let table = table_of([spec.clone()]);
        let scale = Grids::default().scale(BTC, &table).unwrap();
        let quoted = format!("{}\", padding", spec.price(Ticks(count)));
        prop_assert_eq!(scale.quoted_ticks(quoted.as_bytes()).unwrap().0, Ticks(count));
        prop_assert_eq!(scale.quoted_lots(quoted.as_bytes()).unwrap().0, Lots(count));
    }

    #[test]
    fn the_order_of_fields_and_white_space_do_not_matter(seed in any::<u64>()) {
        let table = table();
        for (role, frame) in FRAMES {
            let text = shuffled(&serde_json::from_str(frame).unwrap(), &mut seed.clone());
            let (mut one, mut other) = (Decoder::new(), Decoder::new());
            let expected = one.frame(role, &table, frame.as_bytes());
            prop_assert!(expected.is_ok(), "{:?} for {}", expected, frame);
            prop_assert_eq!(other.frame(role, &table, text.as_bytes()), expected, "{}", text);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (mut decoder, table) = (Decoder::new(), table());
        for role in ROLES {
            let _ = decoder.frame(role, &table, &bytes);
        }
        let _ = decoder.reply(&Query::Wallet, &table, HttpAnswer { status: 200, rate: None, body: &bytes });
    }

    #[test]
    fn a_frame_with_a_few_bytes_changed_never_panics(which in 0_usize..8, changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let (role, frame) = FRAMES[which];
        let mut bytes = frame.as_bytes().to_vec();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = Decoder::new().frame(role, &table(), &bytes);
    }

    /// The reader takes what another strict reader takes, and nothing else.
    #[test]
    fn the_reader_is_as_strict_as_any(text in "[\\[\\]{}:,\"\\\\truefalsn0-9.eE+ -]{0,24}") {
        let ours = Reader::new(text.as_bytes()).and_then(|mut reader| { reader.skip()?; reader.finish() }).is_ok();
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        // A float's range is no matter of syntax.
        let huge = theirs.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range"));
        prop_assert!(ours == theirs.is_ok() || huge, "{}", text);
    }
}

#[test]
fn a_frame_cut_anywhere_is_refused() {
    let (mut decoder, table) = (Decoder::new(), table());
    for (role, frame) in FRAMES {
        assert!(matches!(decoder.frame(role, &table, frame.as_bytes()), Ok(message) if message != Message::Ignored), "{frame}");
        for end in 0..frame.len() {
            let cut = decoder.frame(role, &table, &frame.as_bytes()[..end]);
            assert!(cut.is_err(), "{cut:?} for the first {end} bytes of {frame}");
        }
    }
}

#[test]
fn size_depth_and_encoding_are_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let read = |text: &[u8]| Reader::new(text).and_then(|mut reader| reader.skip());
    assert_eq!(read(nested(32).as_bytes()), Ok(()));
    assert_eq!(read(nested(33).as_bytes()), Err(Why::TooDeep));
    assert_eq!(read(&vec![b' '; MAX_BYTES + 1]), Err(Why::TooLarge));
    assert_eq!(read(b"\"\xff\""), Err(Why::Syntax));
    for bad in ["NaN", "Infinity", "01", "1.", ".5", "+1", "'a'", "[1,]", "{\"a\":1,}", "\"\n\"", "\"\\x\"", "tru", "", "// c"] {
        let whole = Reader::new(bad.as_bytes()).and_then(|mut reader| {
            reader.skip()?;
            reader.finish()
        });
        assert_eq!(whole, Err(Why::Syntax), "{bad:?}");
    }
}

#[test]
fn escapes_decode_only_to_what_they_mean() {
    let decoded = |text: &str| {
        let mut out = String::new();
        match Reader::new(text.as_bytes()).and_then(|mut reader| reader.value()) {
            Ok(Value::Str(string)) => string.decode_into(&mut out).map(|()| out),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(decoded(r#""plain""#).as_deref(), Ok("plain"));
    assert_eq!(decoded(r#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00""#).as_deref(), Ok("\"\\/\u{8}\u{c}\n\r\tA\u{e9}\u{1F600}"));
    for lone in [r#""\ud83d""#, r#""\ude00""#, r#""\ud83dx""#, r#""\ud83d\u0041""#] {
        assert_eq!(decoded(lone), Err(Why::Syntax), "{lone}");
    }
}
