//! Private frames: orders, executions, positions, wallet. All values are made up.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::ids::{ClientId, Coin, ExecId, OrderId};
use mm_core::input::{CoinBalance, ExecKind, Execution, Message, OrderUpdate, PositionUpdate, StreamRole, VenueStatus};
use mm_core::units::{Amount, Lots, Side, Ticks, UnitError};
use mm_wire::scope::Reason;
use mm_wire::{DecodeError, Decoder, Why};

use support::{BTC, ETH, SPOT, amount, table};

const ORDER: &str = r#"{"topic":"order","id":"1_BTCUSDT_5","creationTime":1700000000005,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"aaaa-1","orderLinkId":"r-0-1","side":"Sell","positionIdx":0,"orderStatus":"PartiallyFilled","cancelType":"UNKNOWN","rejectReason":"EC_NoError","timeInForce":"PostOnly","price":"70000","qty":"0.01","avgPrice":"70000","leavesQty":"0.004","leavesValue":"280","cumExecQty":"0.006","cumFeeDetail":{"USDT":"0.1"},"orderType":"Limit","closeOnTrigger":false,"createdTime":"1700000000000","updatedTime":"1700000000003"}]}"#;

const EXECUTION: &str = r#"{"topic":"execution.linear","id":"1_BTCUSDT_5","creationTime":1700000000005,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"aaaa-1","orderLinkId":"r-0-1","side":"Buy","orderPrice":"70000","orderQty":"0.01","leavesQty":"0.004","execId":"eeee-1","execPrice":"70000.1","execQty":"0.006","execValue":"420.0006","execFee":"-0.00420001","feeRate":"-0.00001","execType":"Trade","execTime":"1700000000001","isMaker":true,"closedSize":"0","seq":5,"feeCurrency":"","orderType":"Limit"}]}"#;

fn decode(frame: &str, check: impl FnOnce(Result<Message<'_>, DecodeError>)) {
    check(Decoder::new().frame(StreamRole::Private, &table(), frame.as_bytes()));
}

fn refused(frame: &str) -> DecodeError {
    let mut decoder = Decoder::new();
    decoder.frame(StreamRole::Private, &table(), frame.as_bytes()).map(|message| format!("{message:?}")).unwrap_err()
}

fn one_order(frame: &str) -> OrderUpdate {
    let mut decoder = Decoder::new();
    match decoder.frame(StreamRole::Private, &table(), frame.as_bytes()) {
        Ok(Message::Orders([order])) => *order,
        other => panic!("{other:?}"),
    }
}

fn one_execution(frame: &str) -> Execution {
    let mut decoder = Decoder::new();
    match decoder.frame(StreamRole::Private, &table(), frame.as_bytes()) {
        Ok(Message::Executions([execution])) => *execution,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_row_becomes_an_update() {
    let expected = OrderUpdate {
        market: BTC,
        order_id: OrderId::new(b"aaaa-1").unwrap(),
        client_id: ClientId::new(b"r-0-1").unwrap(),
        side: Side::Sell,
        price: Ticks(700_000),
        qty: Lots(10),
        cum_qty: Lots(6),
        leaves_qty: Lots(4),
        status: VenueStatus::PartiallyFilled,
        post_only_crossed: false,
        updated_ms: 1_700_000_000_003,
    };
    assert_eq!(one_order(ORDER), expected);
    assert_eq!(one_order(&ORDER.replace(r#""topic":"order""#, r#""topic":"order.linear""#)), expected);
    let uncategorised = ORDER.replace(r#""category":"linear","#, "");
    assert_eq!(refused(&uncategorised), DecodeError { field: "category", why: Why::Missing });
    assert_eq!(one_order(&uncategorised.replace(r#""topic":"order""#, r#""topic":"order.linear""#)), expected);
}

#[test]
fn every_status_is_mapped_or_refused() {
    let with = |status: &str, cum: &str| {
        let frame = ORDER.replace("PartiallyFilled", status).replace(r#""cumExecQty":"0.006""#, &format!(r#""cumExecQty":"{cum}""#));
        one_order(&frame).status
    };
    let cases = [
        ("New", VenueStatus::New),
        ("Created", VenueStatus::New),
        ("Untriggered", VenueStatus::New),
        ("Triggered", VenueStatus::New),
        ("PartiallyFilled", VenueStatus::PartiallyFilled),
        ("Filled", VenueStatus::Filled),
        ("Cancelled", VenueStatus::Cancelled),
        ("PartiallyFilledCanceled", VenueStatus::Cancelled),
        ("Deactivated", VenueStatus::Cancelled),
        ("Rejected", VenueStatus::Rejected),
    ];
    for (word, status) in cases {
        assert_eq!(with(word, "0"), status, "{word}");
    }
    assert_eq!(with("Rejected", "0.006"), VenueStatus::Cancelled, "the rest of a filled order can be rejected");
    assert_eq!(refused(&ORDER.replace("PartiallyFilled", "Paused")), DecodeError { field: "orderStatus", why: Why::UnknownValue });
}

#[test]
fn a_post_only_order_that_would_take_says_so() {
    let frame = ORDER.replace("PartiallyFilled", "Cancelled").replace("EC_NoError", "EC_PostOnlyWillTakeLiquidity");
    assert!(one_order(&frame).post_only_crossed);
}

#[test]
fn empty_numbers_of_an_order_have_the_value_that_they_stand_for() {
    let empty = |field: &str, value: &str| ORDER.replace(&format!(r#""{field}":"{value}""#), &format!(r#""{field}":"""#));
    assert_eq!(one_order(&empty("leavesQty", "0.004")).leaves_qty, Lots(4), "what the fills leave");
    assert_eq!(one_order(&empty("leavesQty", "0.004").replace("PartiallyFilled", "Cancelled")).leaves_qty, Lots(0));
    assert_eq!(one_order(&empty("cumExecQty", "0.006")).cum_qty, Lots(0));
    assert_eq!(one_order(&empty("updatedTime", "1700000000003")).updated_ms, 1_700_000_000_005, "the frame's own time");
    assert_eq!(one_order(&empty("price", "70000")).price, Ticks(0), "a market order has none");
    assert_eq!(refused(&empty("qty", "0.01")), DecodeError { field: "qty", why: Why::Missing });
    assert_eq!(refused(&empty("side", "Sell").replace("Sell", "")), DecodeError { field: "side", why: Why::Missing });
}

#[test]
fn an_open_order_that_is_filled_beyond_its_size_is_refused() {
    let frame = ORDER.replace(r#""leavesQty":"0.004","#, "").replace(r#""qty":"0.01""#, r#""qty":"0""#);
    assert_eq!(refused(&frame), DecodeError { field: "cumExecQty", why: Why::Contradiction });
}

#[test]
fn wrong_types_are_refused_by_name() {
    let cases = [
        (r#""price":"70000""#, r#""price":"70000.05""#, "price", Why::Unit(UnitError::OffGrid)),
        (r#""price":"70000""#, r#""price":true"#, "price", Why::WrongType),
        (r#""qty":"0.01""#, r#""qty":"-0.01""#, "qty", Why::Negative),
        (r#""side":"Sell""#, r#""side":"Short""#, "side", Why::UnknownValue),
        (r#""orderId":"aaaa-1""#, r#""orderId":7"#, "orderId", Why::WrongType),
        (r#""category":"linear""#, r#""category":"lunar""#, "category", Why::UnknownValue),
        (r#""qty":"0.01""#, r#""qty":"0.01","qty":"0.01""#, "qty", Why::Duplicate),
        (r#""updatedTime":"1700000000003""#, r#""updatedTime":"soon""#, "updatedTime", Why::WrongType),
    ];
    for (good, bad, field, why) in cases {
        assert_eq!(refused(&ORDER.replace(good, bad)), DecodeError { field, why }, "{bad}");
    }
    let long = ORDER.replace("r-0-1", &"x".repeat(46));
    assert_eq!(refused(&long), DecodeError { field: "orderLinkId", why: Why::WrongType });
    let number = ORDER.replace(r#""qty":"0.01""#, r#""qty":0.01"#);
    assert_eq!(one_order(&number).qty, Lots(10), "the venue sometimes writes a number for a string");
}

#[test]
fn a_maker_fill_keeps_its_rebate_exactly() {
    let expected = Execution {
        market: BTC,
        exec_id: ExecId::new(b"eeee-1").unwrap(),
        order_id: OrderId::new(b"aaaa-1").unwrap(),
        client_id: ClientId::new(b"r-0-1").unwrap(),
        side: Side::Buy,
        price: Ticks(700_001),
        price_rest: Amount::ZERO,
        qty: Lots(6),
        leaves_qty: Lots(4),
        fee: Amount(-4_200_010_000_000_000),
        fee_coin: Coin::new(b"USDT").unwrap(),
        is_maker: true,
        kind: ExecKind::Trade,
        exec_ms: 1_700_000_000_001,
    };
    assert_eq!(one_execution(EXECUTION), expected, "an empty fee coin is the settle coin on linear");
    let mnt = one_execution(&EXECUTION.replace(r#""feeCurrency":"""#, r#""feeCurrency":"MNT""#));
    assert_eq!(mnt.fee_coin, Coin::new(b"MNT").unwrap());
    let spot = EXECUTION.replace("linear", "spot");
    assert_eq!(refused(&spot), DecodeError { field: "feeCurrency", why: Why::Missing });
    assert_eq!(one_execution(&spot.replace(r#""feeCurrency":"""#, r#""feeCurrency":"BTC""#)).market, SPOT);
}

#[test]
fn what_moved_the_position_is_never_mistaken_for_a_trade() {
    let kind = |word: &str| one_execution(&EXECUTION.replace("\"Trade\"", &format!("\"{word}\""))).kind;
    assert_eq!(kind("BustTrade"), ExecKind::Liquidation);
    assert_eq!(kind("AdlTrade"), ExecKind::Adl);
    for word in ["Delivery", "Settle", "BlockTrade", "MovePosition", "FutureSpread", "CorporateAction"] {
        assert_eq!(kind(word), ExecKind::Other);
    }
    assert_eq!(refused(&EXECUTION.replace("\"Trade\"", "\"Gift\"")), DecodeError { field: "execType", why: Why::UnknownValue });
    let funding = EXECUTION
        .replace("\"Trade\"", "\"Funding\"")
        .replace("70000.1", "70000.1234")
        .replace("aaaa-1", &"f".repeat(60))
        .replace(r#""isMaker":true,"#, "");
    let funding = one_execution(&funding);
    assert_eq!((funding.kind, funding.price, funding.order_id), (ExecKind::Funding, Ticks(0), OrderId::EMPTY));
    assert_eq!(funding.fee, amount("-0.00420001"));
}

#[test]
fn a_fill_without_its_money_is_refused() {
    for (good, field) in [
        (r#""execFee":"-0.00420001""#, "execFee"),
        (r#""leavesQty":"0.004""#, "leavesQty"),
        (r#""execId":"eeee-1""#, "execId"),
        (r#""execPrice":"70000.1""#, "execPrice"),
        (r#""execTime":"1700000000001""#, "execTime"),
    ] {
        let empty = EXECUTION.replace(good, &format!(r#""{field}":"""#));
        assert_eq!(refused(&empty), DecodeError { field, why: Why::Missing }, "{field}");
    }
    let finer = one_execution(&EXECUTION.replace("70000.1", "70000.1500000000"));
    assert_eq!((finer.price, finer.price_rest), (Ticks(700_001), amount("0.05")), "made before the venue changed the tick");
    let anonymous = one_execution(&EXECUTION.replace("r-0-1", ""));
    assert!(anonymous.client_id.is_empty(), "liquidations and others' orders have no id of ours, yet they count");
}

#[test]
fn positions_are_signed_by_their_side() {
    let row = |symbol: &str, side: &str, size: &str| {
        format!(
            r#"{{"positionIdx":0,"symbol":"{symbol}","side":"{side}","size":"{size}","entryPrice":"70000.5","category":"linear","liqPrice":"","seq":9}}"#
        )
    };
    let frame =
        |rows: &[String]| format!(r#"{{"id":"1_position_5","topic":"position","creationTime":1700000000005,"data":[{}]}}"#, rows.join(","));
    let all = frame(&[row("BTCUSDT", "Sell", "0.5"), row("ETHUSDT", "Buy", "2"), row("BTCUSDT", "", "0")]);
    decode(&all, |message| {
        let rows = [(BTC, -500, "70000.5"), (ETH, 200, "70000.5"), (BTC, 0, "0")].map(|(market, size, entry)| PositionUpdate {
            market,
            size: Lots(size),
            entry: amount(entry),
            seq: 9,
        });
        assert_eq!(message, Ok(Message::Positions(&rows)));
    });
    let sideless = frame(&[row("BTCUSDT", "", "1")]);
    assert_eq!(refused(&sideless), DecodeError { field: "side", why: Why::Contradiction });
    let unpriced = frame(&[row("BTCUSDT", "Buy", "1").replace(r#""entryPrice":"70000.5","#, "")]);
    assert_eq!(refused(&unpriced), DecodeError { field: "avgPrice", why: Why::Missing });
    let worthless = frame(&[row("BTCUSDT", "Buy", "1").replace("70000.5", "0")]);
    assert_eq!(refused(&worthless), DecodeError { field: "avgPrice", why: Why::Contradiction });
    let hedge = frame(&[row("BTCUSDT", "Buy", "1").replace(r#""positionIdx":0"#, r#""positionIdx":1"#)]);
    assert_eq!(refused(&hedge), DecodeError { field: "positionIdx", why: Why::UnknownValue });
}

#[test]
fn the_wallet_is_exact_per_coin() {
    let frame = r#"{"id":"1_wallet_5","topic":"wallet","creationTime":1,"data":[{"accountType":"UNIFIED","totalEquity":"","coin":[{"coin":"USDT","equity":"99999.5","walletBalance":"100000.000000000000000001","availableToWithdraw":"","collateralSwitch":true},{"coin":"BTC","equity":"-0.1","walletBalance":"0"}]},{"accountType":"FUND","coin":[]}]}"#;
    decode(frame, |message| {
        let coin = |coin: &[u8], wallet, equity| {
            let coin = Coin::new(coin).unwrap();
            CoinBalance { coin, wallet: amount(wallet), equity: amount(equity), told_ms: 1 }
        };
        let rows = [coin(b"USDT", "100000.000000000000000001", "99999.5"), coin(b"BTC", "0", "-0.1")];
        assert_eq!(message, Ok(Message::Wallet(&rows)));
    });
    let poor = frame.replace(r#""equity":"-0.1""#, r#""equity":"""#);
    assert_eq!(refused(&poor), DecodeError { field: "equity", why: Why::Missing });
}

#[test]
fn rows_of_other_instruments_are_told_and_never_cost_us_our_own() {
    let foreign = ORDER.replace("BTCUSDT", "XYZUSDT");
    decode(&foreign, |message| assert_eq!(message, Ok(Message::UnknownInstrument)));
    decode(&ORDER.replace(r#""category":"linear""#, r#""category":"inverse""#), |message| {
        assert_eq!(message, Ok(Message::UnknownInstrument));
    });
    let row = |frame: &str| frame.split_once(r#""data":["#).unwrap().1.strip_suffix("]}").unwrap().to_owned();
    let mixed = format!(r#"{{"topic":"order","data":[{},{}]}}"#, row(&foreign), row(ORDER));
    let (mut decoder, table) = (Decoder::new(), table());
    let Ok(Message::Orders([order])) = decoder.frame(StreamRole::Private, &table, mixed.as_bytes()) else { panic!() };
    assert_eq!(order.market, BTC);
    assert_eq!(decoder.unknown_rows(), 1);
}

#[test]
fn fast_executions_are_trades_without_a_fee() {
    let frame = r#"{"topic":"execution.fast","creationTime":1700000000005,"data":[{"category":"linear","symbol":"BTCUSDT","execId":"e-1","execPrice":"70000","execQty":"0.01","orderId":"aaaa-1","isMaker":true,"orderLinkId":"","side":"Buy","execTime":"1700000000001","seq":77}]}"#;
    for topic in ["execution.fast", "execution.fast.linear"] {
        decode(&frame.replace("execution.fast", topic), |message| {
            let Ok(Message::FastExecutions([row])) = message else { panic!("{message:?}") };
            assert_eq!((row.market, row.price, row.qty, row.is_maker, row.seq), (BTC, Ticks(700_000), Lots(10), Some(true), 77));
            assert!(row.client_id.is_empty(), "the venue leaves it empty for a maker");
        });
    }
    assert_eq!(refused(&frame.replace(r#""seq":77"#, r#""seq":-1"#)), DecodeError { field: "seq", why: Why::Negative });
}

#[test]
fn topics_that_we_do_not_use_are_refused_by_reason() {
    let topics = [
        ("greeks", Reason::Options),
        ("dcp.future", Reason::Unlisted),
        ("order.inverse", Reason::Inverse),
        ("execution.fast.option", Reason::Options),
        ("spread.order", Reason::Spread),
    ];
    for (topic, reason) in topics {
        decode(&format!(r#"{{"topic":"{topic}","creationTime":1,"data":[{{"symbol":"BTCUSDT"}}]}}"#), |message| {
            assert_eq!(message, Err(DecodeError { field: "topic", why: Why::OutOfScope(reason) }), "{topic}");
        });
    }
    decode(r#"{"topic":"order","creationTime":1,"data":[]}"#, |message| assert_eq!(message, Ok(Message::Orders(&[]))));
}
