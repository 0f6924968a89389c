//! The ledgers open only on holdings and executions of one moment.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{Input, Sink};
use mm_core::fact::Fact;
use mm_core::ids::{Category, ClientId, Coin, ExecId, OrderId};
use mm_core::input::{ExecKind, Execution, Message, StreamRole};
use mm_core::ledger::Ledger;
use mm_core::output::{Output, Query};
use mm_core::units::{Amount, Lots, Side, Ticks};
use support::{M, MS, Venue, config, has};

const SIZE: Lots = Lots(2);

/// The venue reduces our position by itself: no request of ours, at any moment.
fn deleveraged(venue: &Venue) -> Execution {
    Execution {
        market: M,
        exec_id: ExecId::new(b"adl").unwrap(),
        order_id: OrderId::EMPTY,
        client_id: ClientId::EMPTY,
        side: Side::Buy,
        price: Ticks(10_000),
        price_rest: Amount::ZERO,
        qty: SIZE,
        leaves_qty: Lots::ZERO,
        fee: Amount::ZERO,
        fee_coin: Coin::EMPTY,
        is_maker: false,
        kind: ExecKind::Adl,
        exec_ms: venue.now_ns / MS,
    }
}

/// Answers every query, one at a time, until none is left; `before` may change the venue before an answer.
fn answer_all(venue: &mut Venue, begun: Sink, mut before: impl FnMut(&mut Venue, &Query)) -> Sink {
    let mut all = Sink::default();
    let mut sink = begun;
    for _ in 0..200 {
        let asked = sink
            .outputs
            .iter()
            .filter_map(|out| if let Output::Query { req_id, query } = out { Some((*req_id, query.clone())) } else { None });
        let asked: Vec<_> = asked.collect();
        all.facts.append(&mut sink.facts);
        sink = Sink::default();
        for (req_id, query) in asked {
            before(venue, &query);
            let reply = venue.answer(&query);
            let more = venue.step(Input::HttpReply { req_id, reply });
            sink.outputs.extend(more.outputs);
            sink.facts.extend(more.facts);
        }
        let later = venue.wait(50);
        sink.outputs.extend(later.outputs);
        sink.facts.extend(later.facts);
    }
    all
}

fn booted() -> (Venue, Sink) {
    let mut venue = Venue::with(config());
    venue.answering = false;
    let mut sink = venue.step(Input::Timer);
    for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
        sink.outputs.extend(venue.up(role).outputs);
    }
    (venue, sink)
}

fn held(venue: &Venue) -> Option<(Lots, Lots)> {
    venue.engine.market(M).unwrap().ledger.as_ref().map(|ledger: &Ledger| (ledger.start(), ledger.position()))
}

/// Starts up; before the first answer about the position that follows the executions' the venue moves it, and `strike` says how that shows.
/// `after` sees every later question.
fn struck_while_opening(mut strike: impl FnMut(&mut Venue), mut after: impl FnMut(&mut Venue)) {
    let (mut venue, begun) = booted();
    let (mut read, mut struck) = (false, false);
    let said = answer_all(&mut venue, begun, |venue, query| {
        read |= matches!(query, Query::Executions { .. });
        if struck {
            after(venue);
        } else if read && matches!(query, Query::Position(_)) {
            struck = true;
            strike(venue);
        }
    });
    assert!(struck);
    assert_eq!(held(&venue), Some((Lots::ZERO, SIZE)));
    assert!(!has(&said, |fact| matches!(fact, Fact::PositionMismatch { .. })), "{:?}", said.facts);
}

/// Between the reading of the executions and that of the position; its message on the stream is late.
#[test]
fn an_execution_between_the_two_readings_does_not_become_the_days_start() {
    let strike = |venue: &mut Venue| {
        venue.day.push(deleveraged(venue));
        (venue.position, venue.position_seq) = (SIZE, venue.position_seq + 1);
    };
    struck_while_opening(strike, |_| {});
}

/// After the position was read; its message on the stream comes before the answer with the position does.
#[test]
fn an_execution_that_overtakes_the_position_does_not_become_the_days_start() {
    let strike = |venue: &mut Venue| {
        let row = deleveraged(venue);
        venue.day.push(row);
        let conn = venue.conn(StreamRole::Private);
        venue.step(Input::Frame { conn, message: Message::Executions(&[row]) });
    };
    struck_while_opening(strike, |venue| (venue.position, venue.position_seq) = (SIZE, 1));
}
