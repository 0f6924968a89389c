//! The account, its key, maintenance, and the answers of any documented path. All values are made up.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::account::{AccountInfo, ApiKeyInfo, DcpInfo, DcpProduct, Maintenance, MaintenanceState, MarginMode};
use mm_core::ids::{Category, OrderId};
use mm_core::input::{Message, Outcome, RejectKind, ReplyBody, StreamRole};
use mm_core::output::Query;
use mm_wire::answer::Answer;
use mm_wire::scope::Reason;
use mm_wire::{DecodeError, Decoder, HttpAnswer, Why};

use support::{amount, table};

fn body(result: &str) -> String {
    format!(r#"{{"retCode":0,"retMsg":"OK","result":{result},"retExtInfo":{{}},"time":1700000000000}}"#)
}

fn asked(query: &Query, result: &str) -> Result<ReplyBody, DecodeError> {
    let body = body(result);
    Decoder::new().reply(query, &table(), HttpAnswer { status: 200, rate: None, body: body.as_bytes() }).map(|reply| reply.body)
}

fn answer(path: &str, whole: &str) -> Result<(Outcome, Option<Answer>), DecodeError> {
    let answer = HttpAnswer { status: 200, rate: None, body: whole.as_bytes() };
    Decoder::new().answer(path, Some(Category::Linear), &table(), answer).map(|answered| (answered.outcome, answered.answer))
}

fn payload(path: &str, result: &str) -> Result<Answer, DecodeError> {
    answer(path, &body(result)).map(|answered| answered.1.unwrap())
}

#[test]
fn the_account_says_how_it_is_margined() {
    let result = r#"{"marginMode":"REGULAR_MARGIN","updatedTime":"1700000000000","unifiedMarginStatus":5,"dcpStatus":"OFF","smpGroup":0}"#;
    let info = AccountInfo { margin_mode: MarginMode::Cross, unified_status: 5, smp_group: Some(0), updated_ms: 1_700_000_000_000 };
    assert!(info.is_unified());
    assert_eq!(asked(&Query::AccountInfo, result), Ok(ReplyBody::Account(info)));
    let classic = asked(&Query::AccountInfo, &result.replace(":5", ":1"));
    assert!(matches!(classic, Ok(ReplyBody::Account(info)) if !info.is_unified()));
    let odd = asked(&Query::AccountInfo, &result.replace("REGULAR", "GENEROUS"));
    assert_eq!(odd, Err(DecodeError { field: "marginMode", why: Why::UnknownValue }));
    let silent = asked(&Query::AccountInfo, &result.replace("unifiedMarginStatus", "other"));
    assert_eq!(silent, Err(DecodeError { field: "unifiedMarginStatus", why: Why::Missing }), "never a default");
    let huge = asked(&Query::AccountInfo, &result.replace(":5", ":500"));
    assert_eq!(huge, Err(DecodeError { field: "unifiedMarginStatus", why: Why::TooLarge }));
}

#[test]
fn a_key_says_what_it_may_do() {
    let result = r#"{"id":"7","readOnly":0,"permissions":{"ContractTrade":["Order","Position"],"Spot":["SpotTrade"],"Wallet":["AccountTransfer"],"Derivatives":[]},"ips":["192.0.2.7"],"deadlineDay":89,"uta":1,"userID":42}"#;
    let key = ApiKeyInfo {
        user_id: 42,
        read_only: false,
        trades_linear: true,
        trades_spot: true,
        withdraws: false,
        ip_bound: true,
        unified: true,
        days_left: 89,
    };
    assert_eq!(asked(&Query::ApiKey, result), Ok(ReplyBody::ApiKey(key)));
    let with = |from: &str, to: &str| match asked(&Query::ApiKey, &result.replace(from, to)) {
        Ok(ReplyBody::ApiKey(key)) => key,
        other => panic!("{other:?}"),
    };
    assert_eq!(with(r#"["AccountTransfer"]"#, r#"["AccountTransfer","Withdraw"]"#), ApiKeyInfo { withdraws: true, ..key });
    assert_eq!(with("192.0.2.7", "*"), ApiKeyInfo { ip_bound: false, ..key });
    assert_eq!(with(r#""Order","#, ""), ApiKeyInfo { trades_linear: false, ..key });
    assert_eq!(with(r#"["SpotTrade"]"#, "[]"), ApiKeyInfo { trades_spot: false, ..key });
    let unsaid = asked(&Query::ApiKey, &result.replace("permissions", "rights"));
    assert_eq!(unsaid, Err(DecodeError { field: "permissions", why: Why::Missing }));
    let wrong = asked(&Query::ApiKey, &result.replace(r#"["AccountTransfer"]"#, r#"["AccountTransfer",1]"#));
    assert_eq!(wrong, Err(DecodeError { field: "Wallet", why: Why::WrongType }), "a permission that cannot be read is not passed over");
}

#[test]
fn disconnect_cancel_all_is_told_by_product() {
    let result = r#"{"dcpInfos":[{"product":"SPOT","dcpStatus":"ON","timeWindow":"10"},{"product":"DERIVATIVES","dcpStatus":"ON","timeWindow":30}]}"#;
    let rows = vec![
        DcpInfo { product: DcpProduct::Spot, on: true, window_s: 10 },
        DcpInfo { product: DcpProduct::Derivatives, on: true, window_s: 30 },
    ];
    assert_eq!(asked(&Query::Dcp, result), Ok(ReplyBody::Dcp(rows)));
    assert_eq!(asked(&Query::Dcp, "{}"), Err(DecodeError { field: "dcpInfos", why: Why::Missing }));
}

const ROW: &str = r#"{"id":"m-1","title":"made up","state":"ongoing","begin":"1700000000000","end":"1700000600000","href":"","serviceTypes":[2,4],"product":[2],"uidSuffix":[],"maintainType":"1","env":"1"}"#;

#[test]
fn maintenance_is_the_same_from_the_stream_and_from_the_query() {
    let row = Maintenance {
        state: MaintenanceState::Ongoing,
        begin_ms: 1_700_000_000_000,
        end_ms: 1_700_000_600_000,
        linear: false,
        spot: true,
        trading: true,
        private_stream: true,
        market_data: false,
    };
    assert_eq!(asked(&Query::SystemStatus, &format!(r#"{{"list":[{ROW}]}}"#)), Ok(ReplyBody::SystemStatus(vec![row])));
    let frame = format!(r#"{{"topic":"system.status","ts":1700000000001,"data":[{ROW}]}}"#);
    let mut decoder = Decoder::new();
    for role in [StreamRole::Public(Category::Spot), StreamRole::Private] {
        assert_eq!(decoder.frame(role, &table(), frame.as_bytes()), Ok(Message::SystemStatus(&[row])));
    }
    let all = frame.replace(r#""product":[2]"#, r#""product":[]"#);
    let Ok(Message::SystemStatus([row])) = decoder.frame(StreamRole::Private, &table(), all.as_bytes()) else { panic!() };
    assert!(row.linear && row.spot, "an empty list names everything");
}

#[test]
fn market_answers_keep_names_and_exact_decimals() {
    let Ok(Answer::ServerTime(ns)) = payload("/v5/market/time", r#"{"timeSecond":"1700000000","timeNano":"1700000000123456789"}"#) else {
        panic!()
    };
    assert_eq!(ns, 1_700_000_000_123_456_789);
    let book = r#"{"s":"AAAUSDT","b":[["7.1","3"],["7","1"]],"a":[["7.2","0.5"]],"ts":1700000000005,"u":9,"seq":10,"cts":1700000000004}"#;
    let Ok(Answer::Book(snapshot)) = payload("/v5/market/orderbook", book) else { panic!() };
    assert_eq!((snapshot.symbol.as_str(), snapshot.bids.len(), snapshot.asks[0]), ("AAAUSDT", 2, (amount("7.2"), amount("0.5"))));
    assert_eq!((snapshot.update_id, snapshot.seq, snapshot.engine_ms), (9, 10, 1_700_000_000_004));
    let crossed = payload("/v5/market/orderbook", &book.replace("7.2", "7.1"));
    assert_eq!(crossed, Err(DecodeError { field: "b", why: Why::Contradiction }));
    let candles = r#"{"category":"linear","symbol":"AAAUSDT","list":[["1700000060000","1","3","0.5","2","10","20"],["1700000000000","1","2","1","1"]]}"#;
    let Ok(Answer::Candles(rows)) = payload("/v5/market/kline", candles) else { panic!() };
    assert_eq!((rows[0].start_ms, rows[0].high, rows[0].volume), (1_700_000_060_000, amount("3"), Some(amount("10"))));
    assert_eq!(rows[1].turnover, None, "mark and index candles have none");
    let long = payload("/v5/market/kline", &candles.replace(r#""20""#, r#""20","30""#));
    assert_eq!(long, Err(DecodeError { field: "list", why: Why::WrongType }));
    let rates = r#"{"category":"linear","list":[{"symbol":"AAAUSDT","fundingRate":"-0.0001","fundingRateTimestamp":"1700000000000"}]}"#;
    let Ok(Answer::FundingRates(rows)) = payload("/v5/market/funding/history", rates) else { panic!() };
    assert_eq!(rows[0].rate, amount("-0.0001"));
    let trades = r#"{"category":"linear","list":[{"execId":"e","symbol":"AAAUSDT","price":"7","size":"2","side":"Sell","time":"1700000000000","isBlockTrade":true,"isRPITrade":false,"seq":"3"}]}"#;
    let Ok(Answer::Trades(rows)) = payload("/v5/market/recent-trade", trades) else { panic!() };
    assert!(rows[0].off_book && rows[0].qty == amount("2"));
    let tickers = r#"{"category":"linear","list":[{"symbol":"AAAUSDT","bid1Price":"7","ask1Price":"","fundingRate":"0.0001"}]}"#;
    let Ok(Answer::Tickers(rows)) = payload("/v5/market/tickers", tickers) else { panic!() };
    assert_eq!((rows[0].bid_price, rows[0].ask_price), (Some(amount("7")), None));
}

#[test]
fn order_requests_are_answered_one_by_one_or_in_batches() {
    let Ok(Answer::Account(ReplyBody::Acks(acks))) = payload("/v5/order/create", r#"{"orderId":"aaaa-1","orderLinkId":"r-1"}"#) else {
        panic!()
    };
    assert_eq!(acks, [(Outcome::Accepted, OrderId::new(b"aaaa-1"))]);
    let batch = r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"orderId":"a","orderLinkId":"r"},{"orderId":"","orderLinkId":"s"}]},"retExtInfo":{"list":[{"code":0,"msg":"OK"},{"code":110007,"msg":"no"}]}}"#;
    let Ok((Outcome::Accepted, Some(Answer::Account(ReplyBody::Acks(acks))))) = answer("/v5/order/create-batch", batch) else { panic!() };
    assert_eq!(acks, [(Outcome::Accepted, OrderId::new(b"a")), (Outcome::Rejected(RejectKind::Other, 110_007), None)]);
    let bare = answer("/v5/order/disconnected-cancel-all", r#"{"retCode":0,"retMsg":"success"}"#);
    assert_eq!(bare, Ok((Outcome::Accepted, None)));
    let unknown = answer("/v5/order/cancel", r#"{"retCode":110001,"retMsg":"order not exists or too late to cancel","result":{}}"#);
    assert_eq!(unknown, Ok((Outcome::Rejected(RejectKind::OrderGone, 110_001), None)));
}

#[test]
fn what_is_not_read_is_refused_with_its_reason() {
    let refused = |path, reason| assert_eq!(answer(path, "{}"), Err(DecodeError { field: "path", why: Why::OutOfScope(reason) }), "{path}");
    refused("/v5/asset/transfer/inter-transfer", Reason::Funds);
    refused("/v5/announcements/index", Reason::Announcements);
    refused("/v5/user/create-sub-api", Reason::Keys);
    refused("/v5/nothing/like/it", Reason::Unlisted);
    let inverse = r#"{"category":"inverse","list":[]}"#;
    let category = |result| payload("/v5/market/tickers", result).unwrap_err();
    assert_eq!(category(inverse), DecodeError { field: "category", why: Why::OutOfScope(Reason::Inverse) });
    let other = r#"{"category":"spot","list":[]}"#;
    assert_eq!(category(other), DecodeError { field: "category", why: Why::Contradiction }, "an answer to another question");
    let error = DecodeError { field: "topic", why: Why::OutOfScope(Reason::FullBook) };
    assert_eq!(error.to_string(), "topic: out of scope: books are kept from the topics of 1 to 1000 levels");
}
