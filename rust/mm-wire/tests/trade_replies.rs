//! Replies of the trade socket. All values are made up.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::ids::OrderId;
use mm_core::input::{Message, Outcome, RateHeaders, RejectKind, Reply, ReplyBody, StreamRole};
use mm_wire::{DecodeError, Decoder, NO_REQUEST, Why};

use support::table;

fn reply(frame: &str) -> Result<(u64, Reply), DecodeError> {
    match Decoder::new().frame(StreamRole::Trade, &table(), frame.as_bytes())? {
        Message::TradeReply { req_id, reply } => Ok((req_id, reply)),
        other => panic!("{other:?}"),
    }
}

fn order_id(text: &str) -> Option<OrderId> {
    OrderId::new(text.as_bytes())
}

#[test]
fn a_single_ack_names_the_request_the_order_and_the_limits() {
    let frame = r#"{"reqId":"17","retCode":0,"retMsg":"OK","op":"order.create","data":{"orderId":"aaaa-1","orderLinkId":"r-0-1"},"retExtInfo":{},"header":{"X-Bapi-Limit":"10","X-Bapi-Limit-Status":"9","X-Bapi-Limit-Reset-Timestamp":"1700000000000","Traceid":"t","Timenow":"1700000000000"},"connId":"c"}"#;
    let rate = Some(RateHeaders { limit: 10, remaining: 9, reset_ms: 1_700_000_000_000 });
    let body = ReplyBody::Acks(vec![(Outcome::Accepted, order_id("aaaa-1"))]);
    assert_eq!(reply(frame), Ok((17, Reply { outcome: Outcome::Accepted, rate, body })));
}

#[test]
fn a_single_refusal_is_an_ack_of_that_outcome() {
    let frame = r#"{"data":{},"op":"order.cancel","retMsg":"order not exists or too late to cancel","retCode":110001,"reqId":"18","retExtInfo":{},"connId":"c"}"#;
    let outcome = Outcome::Rejected(RejectKind::OrderGone, 110_001);
    assert_eq!(reply(frame), Ok((18, Reply { outcome, rate: None, body: ReplyBody::Acks(vec![(outcome, None)]) })));
    let (_, timeout) = reply(&frame.replace("110001", "10016")).unwrap();
    assert_eq!(timeout.outcome, Outcome::Ambiguous(10016));
}

#[test]
fn a_batch_tells_each_orders_outcome_in_order() {
    let frame = r#"{"reqId":"19","retCode":0,"retMsg":"OK","op":"order.create-batch","data":{"list":[
        {"category":"linear","symbol":"BTCUSDT","orderId":"aaaa-2","orderLinkId":"r-0-2","createAt":"1700000000000"},
        {"category":"linear","symbol":"BTCUSDT","orderId":"","orderLinkId":"r-0-3","createAt":""},
        {"category":"linear","symbol":"BTCUSDT","orderId":"","orderLinkId":"r-0-4","createAt":""}]},
        "retExtInfo":{"list":[{"code":0,"msg":"OK"},{"code":10006,"msg":"Too many visits!"},{"code":170007,"msg":"timeout"}]},"connId":"c"}"#;
    let rows = vec![
        (Outcome::Accepted, order_id("aaaa-2")),
        (Outcome::Rejected(RejectKind::RateLimited, 10006), None),
        (Outcome::Ambiguous(170_007), None),
    ];
    let (req_id, reply_19) = reply(frame).unwrap();
    assert_eq!((req_id, reply_19.outcome, reply_19.body), (19, Outcome::Accepted, ReplyBody::Acks(rows)));
    let short = frame.replace(r#"{"code":0,"msg":"OK"},"#, "");
    assert_eq!(reply(&short), Err(DecodeError { field: "retExtInfo", why: Why::Contradiction }));
    let (_, whole) = reply(&frame.replace(r#""retCode":0"#, r#""retCode":10016"#)).unwrap();
    assert_eq!((whole.outcome, whole.body), (Outcome::Ambiguous(10016), ReplyBody::Empty));
}

#[test]
fn a_refusal_that_names_no_request_is_still_told() {
    let frame = r#"{"retCode":10005,"retMsg":"Permission denied","op":"order.create","data":{},"connId":"c"}"#;
    let (req_id, refused) = reply(frame).unwrap();
    assert_eq!((req_id, refused.outcome), (NO_REQUEST, Outcome::Rejected(RejectKind::Fatal, 10005)));
    let (_, bare) = reply(r#"{"reqId":"","retCode":10404,"retMsg":"bad op","op":"","connId":"c"}"#).unwrap();
    assert_eq!((bare.outcome, bare.body), (Outcome::Rejected(RejectKind::Other, 10404), ReplyBody::Empty));
}

#[test]
fn a_bad_reply_is_refused_by_name() {
    let cases = [
        (r#"{"reqId":"x1","retCode":0,"op":"order.create","data":{}}"#, "reqId", Why::WrongType),
        (r#"{"reqId":"-1","retCode":0,"op":"order.create","data":{}}"#, "reqId", Why::Negative),
        (r#"{"reqId":"1","op":"order.create","data":{}}"#, "retCode", Why::Missing),
        (r#"{"reqId":"1","reqId":"2","retCode":0,"op":"order.create"}"#, "reqId", Why::Duplicate),
        (r#"{"reqId":"1","retCode":0,"op":"order.create","data":[]}"#, "json", Why::WrongType),
        (r#"{"reqId":"1","retCode":0,"op":"order.cancel-batch","data":{"list":[]}}"#, "retExtInfo", Why::Missing),
    ];
    for (frame, field, why) in cases {
        assert_eq!(reply(frame), Err(DecodeError { field, why }), "{frame}");
    }
}

#[test]
fn authentication_belongs_to_the_transport_but_its_failure_is_told() {
    let (mut decoder, table) = (Decoder::new(), table());
    let ok = br#"{"retCode":0,"retMsg":"OK","op":"auth","connId":"c"}"#;
    assert_eq!(decoder.frame(StreamRole::Trade, &table, ok), Ok(Message::Ignored));
    let bad = br#"{"retCode":10004,"retMsg":"bad sign","op":"auth","connId":"c"}"#;
    assert_eq!(decoder.frame(StreamRole::Trade, &table, bad), Ok(Message::Subscribed { ok: false, text: "bad sign" }));
}
