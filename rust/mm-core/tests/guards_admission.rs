//! Whose account this is: what key and account must be before anything is sent, and what somebody else's order does.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::account::{AccountInfo, ApiKeyInfo};
use mm_core::engine::{EngineConfig, Input, Sink};
use mm_core::fact::{Fact, FatalReason};
use mm_core::ids::{Category, ClientId, OrderId};
use mm_core::input::{OrderUpdate, Outcome, RejectKind, Reply, ReplyBody, StreamRole, VenueStatus};
use mm_core::output::{Output, Query};
use mm_core::units::{Lots, Side, Ticks};
use support::{M, MS, Venue, account, config, has, key, orders};

/// Everything comes up with this key and account; what was said, and whether a quote left.
fn start(key: ApiKeyInfo, account: AccountInfo) -> (Vec<&'static str>, bool) {
    let mut venue = Venue::with(config());
    (venue.key, venue.account) = (key, account);
    let mut facts = venue.step(Input::Timer).facts;
    for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
        facts.extend(venue.up(role).facts);
    }
    let quotes = !orders(&venue.book(10_000, 10_001, true)).is_empty();
    let what = facts.iter().filter_map(|fact| match fact {
        Fact::Fatal(FatalReason::Admission { what }) => Some(*what),
        _ => None,
    });
    (what.collect(), quotes)
}

#[test]
fn a_key_or_an_account_that_is_not_fit_is_named_and_nothing_is_quoted() {
    assert_eq!(start(key(), account()), (vec![], true));
    let keys = [
        (ApiKeyInfo { withdraws: true, ..key() }, "key_may_withdraw"),
        (ApiKeyInfo { read_only: true, ..key() }, "key_is_read_only"),
        (ApiKeyInfo { days_left: -1, ..key() }, "key_has_expired"),
        (ApiKeyInfo { unified: false, ..key() }, "key_is_not_of_a_unified_account"),
        (ApiKeyInfo { trades_linear: false, ..key() }, "key_may_not_trade_linear"),
    ];
    for (key, what) in keys {
        assert_eq!(start(key, account()), (vec![what], false));
    }
    assert_eq!(start(key(), AccountInfo { unified_status: 1, ..account() }), (vec!["account_is_not_unified"], false));
    assert_eq!(start(ApiKeyInfo { days_left: -2, ..key() }, account()).0, Vec::<&str>::new(), "without an end");
}

#[test]
fn positions_in_hedge_mode_are_refused_and_not_asked_for_again() {
    let mut venue = Venue::with(config());
    venue.answering = false;
    let mut sink = venue.step(Input::Timer);
    for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
        sink.outputs.extend(venue.up(role).outputs);
    }
    let (mut refused, mut asked) = (false, 0);
    for _ in 0..40 {
        let mut next = Sink::default();
        for out in &sink.outputs {
            let Output::Query { req_id, query } = out else { continue };
            let hedged = matches!(query, Query::Position(_));
            asked += usize::from(hedged);
            let reply = if hedged {
                Reply { outcome: Outcome::Rejected(RejectKind::PositionMode, 0), rate: None, body: ReplyBody::Empty }
            } else {
                venue.answer(query)
            };
            let answered = venue.step(Input::HttpReply { req_id: *req_id, reply });
            refused |= has(&answered, |fact| matches!(fact, Fact::Fatal(FatalReason::Admission { what: "position_mode_is_not_one_way" })));
            next.outputs.extend(answered.outputs);
        }
        next.outputs.extend(venue.wait(50).outputs);
        sink = next;
        if refused {
            break;
        }
    }
    assert!(refused && asked == 1, "{asked}");
}

fn foreign(venue: &Venue, id: &str) -> OrderUpdate {
    OrderUpdate {
        market: M,
        order_id: OrderId::EMPTY,
        client_id: ClientId::new(id.as_bytes()).unwrap(),
        side: Side::Buy,
        price: Ticks(9_000),
        qty: Lots(1),
        cum_qty: Lots(0),
        leaves_qty: Lots(1),
        status: VenueStatus::New,
        post_only_crossed: false,
        updated_ms: venue.now_ns / MS,
    }
}

fn cancel_alls(sink: &Sink) -> usize {
    sink.outputs.iter().filter(|out| matches!(out, Output::Query { query: Query::CancelAll(_), .. })).count()
}

#[test]
fn an_order_of_an_earlier_run_that_still_arrives_is_taken_down() {
    let (mut venue, ..) = Venue::quoting();
    let row = foreign(&venue, "old-0-5");
    let found = venue.push(row);
    assert!(has(&found, |fact| matches!(fact, Fact::StrayFound { .. })));
    assert!(!has(&found, |fact| matches!(fact, Fact::Fatal(_))));
    assert!(cancel_alls(&found) > 0);
}

#[test]
fn a_live_order_of_another_run_is_a_second_instance_and_one_of_nobody_is_foreign() {
    for (id, second) in [("other-0-5", true), ("by-hand", false), ("", false)] {
        let (mut venue, ..) = Venue::quoting();
        for _ in 0..8 {
            venue.book(10_000, 10_001, false);
            venue.wait(1_000);
        }
        let row = foreign(&venue, id);
        let found = venue.push(row);
        let said = |fact: &Fact| match fact {
            Fact::Fatal(FatalReason::SecondInstance { client_id, .. }) => second && client_id.as_str() == id,
            Fact::Fatal(FatalReason::ForeignOrder { client_id, .. }) => !second && client_id.as_str() == id,
            _ => false,
        };
        assert!(has(&found, said), "{id}: {found:?}");
    }
}

#[test]
fn on_a_shared_account_others_orders_stay_and_ours_go_one_by_one() {
    let mut venue = Venue::with(EngineConfig { shared_account: true, ..config() });
    let (theirs, ours) = (foreign(&venue, "by-hand"), foreign(&venue, "old-0-5"));
    venue.open = vec![theirs, ours];
    let mut all = venue.step(Input::Timer);
    for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
        all.outputs.extend(venue.up(role).outputs);
    }
    all.outputs.extend(venue.wait(300).outputs);
    assert_eq!(cancel_alls(&all), 0);
    let cancelled: Vec<ClientId> = all
        .outputs
        .iter()
        .filter_map(|out| match out {
            Output::Query { query: Query::CancelOrder { client_id, .. }, .. } => Some(*client_id),
            _ => None,
        })
        .collect();
    assert!(!cancelled.is_empty() && cancelled.iter().all(|id| *id == ours.client_id), "{cancelled:?}");
    venue.open = vec![theirs];
    venue.wait(1_000);
    assert_eq!(orders(&venue.book(10_000, 10_001, true)).len(), 2, "recovered beside somebody else's order");
    let found = venue.push(theirs);
    assert!(!has(&found, |fact| matches!(fact, Fact::Fatal(_))));
}
