//! The wallet's coins against the ledgers: what traded explains every digit, and what did not is told and taken over.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{EngineConfig, Input, Sink};
use mm_core::fact::Fact;
use mm_core::guards::Guard;
use mm_core::guards::config::GuardConfig;
use mm_core::ids::{ClientId, Coin, ExecId, OrderId};
use mm_core::input::{ExecKind, Execution, Message, Outcome, StreamRole, VenueStatus};
use mm_core::output::{Output, Query};
use mm_core::rng::Rng;
use mm_core::units::{Amount, Lots, Side, Ticks};
use support::{M, MS, Venue, amount, cancels, config, has, orders};

/// A recovery that reads the wallet differently for this long takes its word.
const TAKEN_OVER_MS: i64 = 2_500;

fn told(sink: &Sink, wanted: &str) -> Option<(Amount, Amount)> {
    sink.facts.iter().find_map(|fact| match *fact {
        Fact::BalanceMismatch { venue, ledger, .. } if wanted == "mismatch" => Some((venue, ledger)),
        Fact::BalanceTakenOver { venue, ledger, .. } if wanted == "taken over" => Some((venue, ledger)),
        _ => None,
    })
}

fn recovers(sink: &Sink) -> bool {
    has(sink, |fact| matches!(fact, Fact::RecoveryMoved { .. }))
}

/// Nothing of ours stands at the venue any more, as a listing shows it.
fn clear(venue: &mut Venue, ids: &[ClientId]) {
    venue.open = ids.iter().map(|id| venue.row(*id, VenueStatus::Cancelled, 0)).collect();
}

fn execution(kind: ExecKind, (side, price, qty): (Side, i64, i64), fee: Amount, name: &str, exec_ms: i64) -> Execution {
    Execution {
        market: M,
        exec_id: ExecId::new(name.as_bytes()).unwrap(),
        order_id: OrderId::EMPTY,
        client_id: ClientId::EMPTY,
        side,
        price: Ticks(price),
        price_rest: Amount::ZERO,
        qty: Lots(qty),
        leaves_qty: Lots::ZERO,
        fee,
        fee_coin: Coin::EMPTY,
        is_maker: false,
        kind,
        exec_ms,
    }
}

/// A trade or a funding of the account, told as a venue does.
fn happen(venue: &mut Venue, row: Execution) -> Sink {
    let conn = venue.conn(StreamRole::Private);
    let mut all = venue.step(Input::Frame { conn, message: Message::Executions(&[row]) });
    match row.kind {
        ExecKind::Funding => venue.wallet -= row.fee,
        _ => venue.realise(row.side, row.price, row.qty, row.fee),
    }
    for sink in [venue.tell_position(), venue.tell_wallet()] {
        all.facts.extend(sink.facts);
        all.outputs.extend(sink.outputs);
    }
    all
}

fn shared() -> EngineConfig {
    EngineConfig { shared_account: true, ..config() }
}

#[test]
fn every_trade_and_funding_of_a_drawn_day_explains_the_wallet_to_its_last_digit() {
    for seed in 0..20 {
        let (mut venue, _, _) = Venue::quoting();
        let mut rng = Rng::new(seed);
        for step in 0..200_i64 {
            let draw = |rng: &mut Rng, below: u64| i64::try_from(rng.below(below)).unwrap();
            let side = if rng.chance(0.5) { Side::Buy } else { Side::Sell };
            let (price, qty) = (9_000 + draw(&mut rng, 2_000), 1 + draw(&mut rng, 40));
            let fee = Amount(i128::from(draw(&mut rng, 1_000_000) - 500_000) * 1_234_567_891);
            let kind = if rng.chance(0.1) { ExecKind::Funding } else { ExecKind::Trade };
            let row = execution(kind, (side, price, qty), fee, &format!("{seed}-{step}"), venue.now_ns / MS);
            let mut sink = happen(&mut venue, row);
            if rng.chance(0.1) {
                venue.pong();
                sink.facts.extend(venue.wait(1_200).facts);
            }
            assert!(told(&sink, "mismatch").is_none() && !recovers(&sink), "seed {seed}, step {step}: {:?}", sink.facts);
        }
    }
}

#[test]
fn a_fee_that_no_execution_tells_is_a_recovery_within_a_second_and_then_taken_over_by_name() {
    let (mut venue, bid, ask) = Venue::quoting();
    venue.fill(bid, "e1", 4);
    let before = venue.engine.market(M).unwrap().ledger.unwrap();
    clear(&mut venue, &[bid, ask]);
    venue.wallet -= amount("0.00000003");
    venue.tell_wallet();
    assert!(told(&venue.wait(900), "mismatch").is_none());
    let late = venue.wait(200);
    let (wallet, ledger) = told(&late, "mismatch").unwrap();
    assert_eq!(wallet - ledger, amount("-0.00000003"));
    assert!(late.outputs.iter().any(|out| matches!(out, Output::Query { query: Query::Executions { .. }, .. })));
    assert!(orders(&venue.book(10_000, 10_001, false)).is_empty(), "not quoted on money that nobody has explained");
    let settled = venue.wait(TAKEN_OVER_MS);
    assert_eq!(told(&settled, "taken over"), Some((wallet, ledger)));
    assert_eq!(venue.engine.market(M).unwrap().ledger.unwrap(), before, "it is nobody's PnL");
    assert!(!orders(&settled).is_empty(), "back by itself");
    assert!(told(&venue.wait(1_500), "mismatch").is_none(), "agreed");
}

#[test]
fn a_transfer_trips_no_loss_stop() {
    let guards = GuardConfig { daily_loss: Some(amount("1")), drawdown: Some(amount("1")), ..GuardConfig::default() };
    let mut venue = Venue::started(EngineConfig { guards, ..config() });
    venue.book(10_000, 10_001, true);
    let ids: Vec<ClientId> = venue.engine.orders().of(M).iter().map(|order| order.client_id).collect();
    clear(&mut venue, &ids);
    venue.wallet -= amount("4000");
    let mut all = venue.tell_wallet();
    all.facts.extend(venue.wait(1_100 + TAKEN_OVER_MS).facts);
    assert!(told(&all, "taken over").is_some(), "{all:?}");
    assert!(!has(&all, |fact| matches!(fact, Fact::GuardTripped { guard: Guard::DailyLoss | Guard::Drawdown, .. })));
}

#[test]
fn an_execution_that_only_the_recovery_finds_explains_the_balance_and_nothing_is_taken_over() {
    let (mut venue, bid, ask) = Venue::quoting();
    let funding = execution(ExecKind::Funding, (Side::Buy, 10_000, 4), amount("0.25"), "f1", venue.now_ns / MS);
    venue.wallet -= funding.fee;
    venue.day = vec![funding];
    clear(&mut venue, &[bid, ask]);
    venue.tell_wallet();
    let found = venue.wait(1_100 + TAKEN_OVER_MS);
    assert!(told(&found, "mismatch").is_some());
    assert!(has(&found, |fact| matches!(fact, Fact::FundingBooked { .. })));
    assert!(told(&found, "taken over").is_none());
    assert!(!orders(&found).is_empty(), "back by itself");
}

#[test]
fn a_wallet_row_that_a_newer_one_overtook_is_no_difference() {
    let (mut venue, bid, _) = Venue::quoting();
    let old = venue.coin_row();
    venue.now_ns += 5 * MS;
    venue.fill(bid, "e1", 4);
    let conn = venue.conn(StreamRole::Private);
    venue.step(Input::Frame { conn, message: Message::Wallet(&[old]) });
    assert!(told(&venue.wait(1_500), "mismatch").is_none());
}

#[test]
fn on_a_shared_account_a_moved_coin_is_told_once_and_nothing_follows_from_it() {
    let mut venue = Venue::started(shared());
    let placed = venue.book(10_000, 10_001, true);
    venue.ack(&placed, Outcome::Accepted);
    for (id, ..) in orders(&placed) {
        let row = venue.row(id, VenueStatus::New, 0);
        venue.push(row);
        venue.open.push(row);
    }
    venue.wallet -= amount("100");
    venue.tell_wallet();
    let mut said = Vec::new();
    for second in 0..70 {
        if second == 40 {
            venue.wallet -= amount("5");
            said.extend(told(&venue.tell_wallet(), "mismatch").map(|_| second));
        }
        venue.book(10_000, 10_001, false);
        venue.pong();
        let sink = venue.wait(1_000);
        assert!(cancels(&sink).is_empty() && !recovers(&sink), "second {second}: {:?}", sink.facts);
        assert!(told(&sink, "taken over").is_none());
        said.extend(told(&sink, "mismatch").map(|_| second));
    }
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0] <= 1 && said[1] == 40, "{said:?}");
}
