//! Each guard in the engine: evidence pulls the quotes, or leaves what reduces; the fact says why; and they come back by themselves,
//! or stay away where a stop is meant to last.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{EngineConfig, Input, Sink};
use mm_core::fact::{Distrust, Fact};
use mm_core::guards::Guard;
use mm_core::guards::config::{BreakerParams, GuardConfig, RepeatParams};
use mm_core::ids::{Category, ClientId, Coin};
use mm_core::input::{CoinBalance, Message, Outcome, RejectKind, StreamRole, TickerUpdate, Trade, VenueStatus};
use mm_core::orders::OrderState;
use mm_core::output::{Output, Query};
use mm_core::units::{Lots, Side, Ticks};
use support::{M, Venue, amount, cancels, config, has, orders};

const PUBLIC: StreamRole = StreamRole::Public(Category::Linear);

fn tripped(sink: &Sink, wanted: Guard) -> bool {
    has(sink, |fact| matches!(fact, Fact::GuardTripped { guard, .. } if *guard == wanted))
}

fn cleared(sink: &Sink, wanted: Guard) -> bool {
    has(sink, |fact| matches!(fact, Fact::GuardCleared { guard, .. } if *guard == wanted))
}

fn guarded(guards: GuardConfig) -> EngineConfig {
    EngineConfig { guards, ..config() }
}

/// The venue confirms every cancel of a step.
fn gone(venue: &mut Venue, sink: &Sink) {
    let ids = cancels(sink);
    venue.ack(sink, Outcome::Accepted);
    for id in ids {
        let row = venue.row(id, VenueStatus::Cancelled, 0);
        venue.push(row);
    }
}

fn accept(venue: &mut Venue, sink: &Sink) -> Vec<(ClientId, Side)> {
    let news = orders(sink);
    venue.ack(sink, Outcome::Accepted);
    for (id, ..) in &news {
        let row = venue.row(*id, VenueStatus::New, 0);
        venue.push(row);
    }
    news.into_iter().map(|order| (order.0, order.1)).collect()
}

fn trade(venue: &mut Venue, side: Side, price: i64, seq: u64) -> Sink {
    let conn = venue.conn(PUBLIC);
    let row = Trade { engine_ms: 0, side, price: Ticks(price), qty: Lots(1), seq: Some(seq), off_book: false };
    venue.step(Input::Frame { conn, message: Message::Trades(M, &[row]) })
}

#[test]
fn a_book_that_shows_what_was_traded_away_is_dropped_until_a_fresh_one() {
    let (mut venue, bid, ask) = Venue::quoting();
    let next = venue.update_id + 1;
    trade(&mut venue, Side::Buy, 10_003, next);
    let shown = venue.book(10_000, 10_001, false);
    assert!(has(&shown, |fact| matches!(fact, Fact::TrustLost { why: Distrust::Contradiction, .. })));
    assert_eq!(cancels(&shown), [bid, ask]);
    assert!(shown.outputs.iter().any(|out| matches!(out, Output::Resync { .. })));
    gone(&mut venue, &shown);
    venue.wait(100);
    assert_eq!(orders(&venue.book(10_000, 10_001, true)).len(), 2, "back with the snapshot");
}

#[test]
fn a_trade_that_no_book_frame_follows_within_a_second_pulls_the_quotes() {
    let (mut venue, bid, ask) = Venue::quoting();
    let next = venue.update_id + 1;
    trade(&mut venue, Side::Buy, 10_001, next);
    assert!(cancels(&venue.wait(999)).is_empty());
    let silent = venue.wait(10);
    assert!(has(&silent, |fact| matches!(fact, Fact::TrustLost { why: Distrust::Contradiction, .. })));
    assert_eq!(cancels(&silent), [bid, ask]);
    gone(&mut venue, &silent);
    assert_eq!(orders(&venue.book(10_000, 10_001, false)).len(), 2, "the frame that answers brings them back");
}

#[test]
fn a_change_of_the_book_that_comes_late_is_not_quoted_on() {
    let (mut venue, bid, ask) = Venue::quoting();
    // The clock of the venue is read again: what we took for now is 2 s ahead of it.
    venue.step(Input::ClockOffset { offset_ns: 2_000_000_000 });
    let late = venue.book(10_000, 10_001, false);
    assert!(has(&late, |fact| matches!(fact, Fact::TrustLost { why: Distrust::Late, .. })));
    assert_eq!(cancels(&late), [bid, ask]);
}

#[test]
fn a_clock_that_jumps_or_is_refused_stops_quoting_until_a_reading_agrees() {
    let (mut venue, bid, ask) = Venue::quoting();
    venue.step(Input::ClockOffset { offset_ns: 0 });
    let jumped = venue.step(Input::ClockOffset { offset_ns: -1_000_000_000 });
    assert!(tripped(&jumped, Guard::ClockSkew) && tripped(&jumped, Guard::ClockDoubt));
    assert_eq!(cancels(&jumped), [bid, ask]);
    gone(&mut venue, &jumped);
    venue.wait(100);
    let agreed = venue.step(Input::ClockOffset { offset_ns: -1_000_000_000 });
    assert!(cleared(&agreed, Guard::ClockDoubt));
    let news = accept(&mut venue, &agreed);
    assert_eq!(news.len(), 2);
    let filled = venue.fill(news[0].0, "e1", 10);
    let refused = venue.ack(&filled, Outcome::Rejected(RejectKind::ClockSkew(None), 10_002));
    assert!(tripped(&refused, Guard::ClockDoubt));
    assert!(cancels(&refused).contains(&news[1].0));
}

#[test]
fn a_position_that_differs_for_a_second_is_a_recovery_and_one_that_catches_up_is_nothing() {
    let (mut venue, bid, ask) = Venue::quoting();
    venue.position = Lots(4);
    venue.tell_position();
    let early = venue.wait(900);
    assert!(cancels(&early).is_empty());
    venue.position = Lots::ZERO;
    venue.fill(bid, "e1", 4);
    assert!(!has(&venue.wait(1_500), |fact| matches!(fact, Fact::PositionMismatch { .. })), "the execution explains it");
    venue.position = Lots(9);
    venue.tell_position();
    venue.open = vec![venue.row(bid, VenueStatus::Cancelled, 4), venue.row(ask, VenueStatus::Cancelled, 0)];
    let late = venue.wait(1_100);
    assert!(has(&late, |fact| matches!(fact, Fact::PositionMismatch { venue: Lots(9), ledger: Lots(4), .. })));
    assert!(late.outputs.iter().any(|out| matches!(out, Output::Query { query: Query::CancelAll(_), .. })));
    assert!(orders(&venue.book(10_000, 10_001, false)).is_empty());
}

#[test]
fn positions_and_wallet_are_asked_for_each_minute_even_if_no_stream_says_a_word() {
    let (mut venue, bid, ask) = Venue::quoting();
    venue.open = [bid, ask].map(|id| venue.row(id, VenueStatus::New, 0)).to_vec();
    venue.position = Lots(5);
    let mut all = Sink::default();
    for _ in 0..61 {
        venue.book(10_000, 10_001, false);
        venue.pong();
        let sink = venue.wait(1_000);
        all.facts.extend(sink.facts);
        all.outputs.extend(sink.outputs);
    }
    for wanted in [Query::Position(M), Query::Wallet] {
        assert!(all.outputs.iter().any(|out| matches!(out, Output::Query { query, .. } if *query == wanted)), "{wanted:?}");
    }
    all.facts.extend(venue.wait(1_100).facts);
    assert!(has(&all, |fact| matches!(fact, Fact::PositionMismatch { venue: Lots(5), .. })));
}

#[test]
fn an_acknowledged_order_that_the_private_stream_never_shows_means_that_it_is_silent() {
    let (mut venue, bid, _) = Venue::quoting();
    let sent = venue.fill(bid, "e1", 10);
    venue.answering = false;
    venue.ack(&sent, Outcome::Accepted);
    assert!(!tripped(&venue.wait(2_900), Guard::PrivateSilence));
    let conn = venue.conn(StreamRole::Private);
    let silent = venue.wait(200);
    assert!(tripped(&silent, Guard::PrivateSilence));
    assert!(silent.outputs.contains(&Output::Close { conn }), "taken anew");
    assert!(orders(&venue.book(10_000, 10_001, true)).is_empty());
}

#[test]
fn the_canary_finds_an_order_that_is_gone_and_a_fill_that_was_never_told() {
    let (mut venue, bid, ask) = Venue::quoting();
    // The venue lists only the ask; of the bid it knows that it ended, long ago and without a word on the stream.
    let mut lost = venue.row(bid, VenueStatus::Cancelled, 0);
    lost.updated_ms += 10_000;
    venue.open = vec![venue.row(ask, VenueStatus::New, 0), lost];
    let mut found = Sink::default();
    for _ in 0..30 {
        venue.book(10_000, 10_001, false);
        let sink = venue.wait(1_000);
        found.facts.extend(sink.facts);
        found.outputs.extend(sink.outputs);
        if tripped(&found, Guard::PrivateSilence) {
            break;
        }
    }
    assert!(tripped(&found, Guard::PrivateSilence), "within 30 s");
}

#[test]
fn repeated_fills_of_one_side_pause_the_market_and_the_pause_ends() {
    let repeat = RepeatParams { fills: 3, window_ns: 60_000_000_000, pause_ns: 2_000_000_000 };
    let mut venue = Venue::started(guarded(GuardConfig { repeat, ..GuardConfig::default() }));
    let placed = venue.book(10_000, 10_001, true);
    let news = accept(&mut venue, &placed);
    let bid = news.iter().find(|order| order.1 == Side::Buy).unwrap().0;
    venue.fill(bid, "e1", 1);
    assert!(!tripped(&venue.fill(bid, "e2", 1), Guard::RepeatedExecution));
    let third = venue.fill(bid, "e3", 1);
    assert!(tripped(&third, Guard::RepeatedExecution));
    assert_eq!(cancels(&third).len(), 2);
    gone(&mut venue, &third);
    assert!(orders(&venue.wait(1_900)).is_empty());
    let back = venue.wait(200);
    assert!(cleared(&back, Guard::RepeatedExecution));
    assert_eq!(orders(&back).len(), 2);
}

#[test]
fn a_daily_loss_leaves_only_what_reduces_until_the_venues_day_ends() {
    let mut venue = Venue::started(guarded(GuardConfig { daily_loss: Some(amount("0.5")), ..GuardConfig::default() }));
    let placed = venue.book(10_000, 10_001, true);
    let news = accept(&mut venue, &placed);
    let bid = news.iter().find(|order| order.1 == Side::Buy).unwrap().0;
    let more = venue.fill(bid, "e1", 10);
    accept(&mut venue, &more);
    // 0.01 long at 999.9; the price falls by 60: a loss of 0.6.
    let fallen = venue.book(9_400, 9_401, true);
    let stopped = venue.wait(300);
    assert!(tripped(&stopped, Guard::DailyLoss), "{stopped:?}");
    for sink in [&fallen, &stopped] {
        gone(&mut venue, sink);
    }
    for step in 0..20 {
        venue.wait(200);
        let sink = venue.book(9_400 + step % 2, 9_401 + step % 2, true);
        assert!(orders(&sink).iter().all(|order| order.1 == Side::Sell), "{:?}", orders(&sink));
        venue.ack(&sink, Outcome::Accepted);
    }
    let day_ms = 86_400_000;
    let to_midnight_ms = day_ms - (venue.now_ns / 1_000_000) % day_ms;
    venue.now_ns += to_midnight_ms * 1_000_000;
    let tomorrow = venue.step(Input::Timer);
    assert!(cleared(&tomorrow, Guard::DailyLoss));
}

#[test]
fn too_little_equity_for_what_may_fill_leaves_only_what_reduces() {
    let mut venue = Venue::started(guarded(GuardConfig { margin_floor_pct: Some(50), ..GuardConfig::default() }));
    let placed = venue.book(10_000, 10_001, true);
    accept(&mut venue, &placed);
    let coin = Coin::new(b"USDT").unwrap();
    let conn = venue.conn(StreamRole::Private);
    // One quote of 0.01 at 1000 may fill: 10. Half of that is 5.
    let mut tell = |equity: &str| {
        let rows = [CoinBalance { coin, wallet: amount(equity), equity: amount(equity), told_ms: 0 }];
        venue.step(Input::Frame { conn, message: Message::Wallet(&rows) })
    };
    assert!(!tripped(&tell("5.1"), Guard::MarginFloor));
    let short = tell("4.9");
    assert!(tripped(&short, Guard::MarginFloor));
    assert_eq!(cancels(&short).len(), 2, "flat: nothing is left to reduce");
    assert!(cleared(&tell("100"), Guard::MarginFloor));
}

#[test]
fn a_mark_price_far_away_keeps_every_order_back() {
    let mut venue = Venue::started(config());
    let conn = venue.conn(PUBLIC);
    let ticker = TickerUpdate { market: M, mark_price: Some(amount("1200")), index_price: None, funding_rate: None, next_funding_ms: None };
    venue.step(Input::Frame { conn, message: Message::Ticker(ticker) });
    let held = venue.book(10_000, 10_001, true);
    assert!(orders(&held).is_empty());
    assert_eq!(held.facts.iter().filter(|fact| matches!(fact, Fact::OrderRefused { why: "price_collar", .. })).count(), 2);
    let again = venue.book(10_000, 10_001, false);
    assert!(!has(&again, |fact| matches!(fact, Fact::OrderRefused { .. })), "asked again after a second, not with every frame");
    let conn = venue.conn(PUBLIC);
    venue.step(Input::Frame { conn, message: Message::Ticker(TickerUpdate { mark_price: Some(amount("1000")), ..ticker }) });
    assert_eq!(orders(&venue.wait(1_100)).len(), 2);
}

const BREAKER: BreakerParams = BreakerParams { failures: 3, window_ns: 60_000_000_000, open_ns: 5_000_000_000, probes: 2 };

/// A venue with one quote standing on each side, and the answer to whatever comes next on the trade socket unclear until the circuit opens.
fn trade_circuit_opened() -> (Venue, Sink) {
    let mut venue = Venue::started(guarded(GuardConfig { breaker: BREAKER, ..GuardConfig::default() }));
    let placed = venue.book(10_000, 10_001, true);
    let news = accept(&mut venue, &placed);
    venue.open = news.iter().map(|order| venue.row(order.0, VenueStatus::New, 0)).collect();
    let mut opened = venue.book(10_001, 10_002, true);
    for _ in 0..8 {
        opened = venue.ack(&opened, Outcome::Ambiguous(10_016));
        if tripped(&opened, Guard::Breaker) {
            break;
        }
    }
    assert!(tripped(&opened, Guard::Breaker));
    (venue, opened)
}

fn asks_after_orders(sink: &Sink) -> bool {
    sink.outputs.iter().any(|out| matches!(out, Output::Query { query: Query::OrderByClientId { .. }, .. }))
}

#[test]
fn failing_requests_open_the_circuit_cancels_pass_and_probes_close_it() {
    let (mut venue, opened) = trade_circuit_opened();
    let mut pulled = cancels(&opened);
    let while_open = venue.wait(1_000);
    pulled.extend(cancels(&while_open));
    assert!(!pulled.is_empty() || venue.engine.orders().of(M).iter().all(|order| order.state != OrderState::Working));
    assert!(orders(&while_open).is_empty());
    let half_open = venue.wait(6_000);
    assert!(cleared(&half_open, Guard::Breaker));
    assert!(half_open.outputs.iter().any(|out| matches!(out, Output::Query { .. })), "the probes");
}

/// An order whose reply was lost on the trade socket may stand at its old price: HTTP, which answers, tells at once, and it is pulled.
#[test]
fn while_the_trade_socket_fails_the_fate_of_its_orders_is_asked_by_http() {
    let (mut venue, mut seen) = trade_circuit_opened();
    let rest = venue.wait(1_000);
    seen.outputs.extend(rest.outputs);
    assert!(asks_after_orders(&seen));
    assert!(venue.engine.orders().of(M).iter().all(|order| order.state != OrderState::Unknown), "{:?}", venue.engine.orders().of(M));
    let standing: Vec<ClientId> = venue.open.iter().map(|row| row.client_id).collect();
    let pulled = cancels(&seen);
    assert!(standing.iter().all(|id| pulled.contains(id)), "{standing:?} {pulled:?}");
}

#[test]
fn while_http_fails_nothing_is_asked_and_nothing_new_is_sent() {
    let mut venue = Venue::started(guarded(GuardConfig { breaker: BREAKER, ..GuardConfig::default() }));
    let placed = venue.book(10_000, 10_001, true);
    let news = accept(&mut venue, &placed);
    venue.answering = false;
    let (mut pulled, mut opened_ns) = (Vec::new(), None);
    for _ in 0..2_000 {
        venue.now_ns += 50 * support::MS;
        let mut sink = venue.step(Input::Timer);
        let asked: Vec<_> =
            sink.outputs.iter().filter_map(|out| if let Output::Query { req_id, .. } = out { Some(*req_id) } else { None }).collect();
        if let Some(opened_ns) = opened_ns.filter(|opened_ns| venue.now_ns - opened_ns < BREAKER.open_ns) {
            assert!(asked.is_empty() && orders(&sink).is_empty(), "{} ms after it opened", (venue.now_ns - opened_ns) / support::MS);
        }
        for req_id in asked {
            let failed = venue.step(Input::SendFailed { req_id, definite: false });
            sink.facts.extend(failed.facts);
            sink.outputs.extend(failed.outputs);
        }
        pulled.extend(cancels(&sink));
        if tripped(&sink, Guard::Breaker) && opened_ns.is_none() {
            opened_ns = Some(venue.now_ns);
        }
        venue.book(10_000, 10_001, false);
        venue.pong();
    }
    assert!(opened_ns.is_some());
    assert!(news.iter().all(|order| pulled.contains(&order.0)), "cancels pass");
}

#[test]
fn an_order_that_nothing_has_moved_for_long_is_renewed() {
    let mut venue = Venue::started(guarded(GuardConfig { max_order_age_ns: 5_000_000_000, ..GuardConfig::default() }));
    let placed = venue.book(10_000, 10_001, true);
    let news = accept(&mut venue, &placed);
    let mut renewed = Vec::new();
    for _ in 0..6 {
        renewed.extend(cancels(&venue.wait(1_000)));
        venue.book(10_000, 10_001, false);
    }
    assert_eq!(renewed.len(), 2, "once each");
    assert!(news.iter().all(|order| renewed.contains(&order.0)));
}

#[test]
fn a_market_changes_no_more_orders_in_a_second_than_it_may_and_catches_up() {
    let mut venue = Venue::started(guarded(GuardConfig { max_changes_per_s: Some(3), ..GuardConfig::default() }));
    let placed = venue.book(10_000, 10_001, true);
    accept(&mut venue, &placed);
    let mut changes = vec![(venue.now_ns, 2)];
    for step in 0..60 {
        venue.wait(50);
        let sink = venue.book(10_001 + step % 2, 10_002 + step % 2, true);
        let amended = support::amends(&sink);
        venue.ack(&sink, Outcome::Accepted);
        for (id, _) in &amended {
            let row = venue.row(*id, VenueStatus::New, 0);
            venue.push(row);
        }
        changes.push((venue.now_ns, amended.len()));
        let last_second = changes.iter().filter(|(at_ns, _)| venue.now_ns - at_ns < 1_000 * support::MS).map(|row| row.1).sum::<usize>();
        assert!(last_second <= 3, "{last_second} at step {step}");
    }
    assert!(changes.iter().map(|row| row.1).sum::<usize>() > 6, "held back, not stopped");
}
