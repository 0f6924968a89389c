//! The engine dispatches to the configured model and feeds what it reads.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{Engine, EngineConfig, Input, Model, SignalParams, Sink};
use mm_core::ids::Category;
use mm_core::input::{Message, Outcome, StreamRole, TickerUpdate, Trade, VenueStatus};
use mm_core::orders::OrderState;
use mm_core::output::Output;
use mm_core::quoting::avellaneda_stoikov::AvellanedaStoikovParams;
use mm_core::quoting::glft::GlftParams;
use mm_core::quoting::ladder::LadderParams;
use mm_core::units::{Lots, Side, Ticks};
use support::{M, MS, Venue, amount, config, orders};

const PUBLIC: StreamRole = StreamRole::Public(Category::Linear);
const GLFT: GlftParams = GlftParams { gamma: 0.05, intensity_per_s: 1.0, decay_per_bps: 0.5, drift_bps_per_s: 0.0 };

fn glft(calibration_window_s: f64) -> EngineConfig {
    let base = config();
    let ladder = LadderParams { min_spread_bps: 0.0, max_spread_bps: 100.0, skew_bps: 50.0, ..base.ladder };
    EngineConfig { model: Model::Glft { params: GLFT, calibration_window_s }, ladder, volatility_half_life_s: 1.0, ..base }
}

fn started(config: EngineConfig) -> Venue {
    let mut venue = Venue::with(config);
    venue.step(Input::Timer);
    for role in [PUBLIC, StreamRole::Private, StreamRole::Trade] {
        venue.up(role);
    }
    venue
}

/// The first pair of quotes that a market moving by a tick every 100 ms brings.
fn first_quotes(venue: &mut Venue) -> (Ticks, Ticks) {
    for step in 0..30_i64 {
        venue.now_ns += 100 * MS;
        let sink = venue.book(100_000 + step % 2, 100_002 + step % 2, true);
        let placed = orders(&sink);
        if let [bid, ask] = placed[..] {
            return (bid.2, ask.2);
        }
        assert!(placed.is_empty(), "{placed:?}");
    }
    panic!("no quotes");
}

fn ticker(venue: &mut Venue, rate: &str, in_s: i64) {
    let next = venue.now_ns / MS + in_s * 1000;
    let conn = venue.conn(PUBLIC);
    let update =
        TickerUpdate { market: M, mark_price: None, index_price: None, funding_rate: Some(amount(rate)), next_funding_ms: Some(next) };
    venue.step(Input::Frame { conn, message: Message::Ticker(update) });
}

#[test]
fn each_model_quotes_and_only_once_the_volatility_is_warm() {
    let params = AvellanedaStoikovParams { gamma: 0.05, decay_per_bps: 0.5, horizon_s: 60.0 };
    let stoikov = EngineConfig { model: Model::AvellanedaStoikov { params, calibration_window_s: 0.0 }, ..glft(0.0) };
    for config in [glft(0.0), stoikov] {
        let mut venue = started(config);
        let begun = venue.now_ns;
        let (bid, ask) = first_quotes(&mut venue);
        assert!(bid < Ticks(100_000) && ask > Ticks(100_002), "{bid:?} {ask:?}");
        assert!(venue.now_ns - begun >= 1000 * MS);
    }
}

#[test]
fn funding_to_come_lowers_both_quotes_and_only_inside_its_ramp() {
    let base = glft(0.0);
    let config = EngineConfig { signals: SignalParams { funding_ramp_s: 600.0, ..base.signals }, ..base };
    let quotes = |rate: &str, in_s: i64| {
        let mut venue = started(config.clone());
        ticker(&mut venue, rate, in_s);
        first_quotes(&mut venue)
    };
    let (bid, ask) = quotes("0.001", 1000);
    let (near_bid, near_ask) = quotes("0.001", 300);
    assert!(near_bid < bid && near_ask < ask, "longs pay: {near_bid:?} {bid:?}, {near_ask:?} {ask:?}");
    let (long_bid, long_ask) = quotes("-0.001", 300);
    assert!(long_bid > bid && long_ask > ask);
}

#[test]
fn public_trades_calibrate_the_fill_rate() {
    let run = |window_s: f64, prints: bool| {
        let mut venue = started(glft(window_s));
        let conn = venue.conn(PUBLIC);
        let mut last = (Ticks(0), Ticks(0));
        venue.book(100_000, 100_002, true);
        for step in 0..400_i64 {
            venue.now_ns += 50 * MS;
            // Every step prints at the touch, some go deeper: a far steeper decay than configured.
            let deeper = i64::from(step % 8 == 0) * 3;
            let trade =
                Trade { engine_ms: 0, side: Side::Buy, price: Ticks(100_002 + deeper), qty: Lots(1), seq: Some(1), off_book: !prints };
            venue.step(Input::Frame { conn, message: Message::Trades(M, &[trade]) });
            let sink = venue.book(100_000 + step % 2, 100_002 + step % 2, true);
            settle(&mut venue, sink);
            let best = |side| venue.engine.orders().of(M).iter().filter(|order| order.side == side).map(|order| order.price).next_back();
            last = (best(Side::Buy).unwrap_or(last.0), best(Side::Sell).unwrap_or(last.1));
        }
        last.1.0 - last.0.0
    };
    let (configured, calibrated) = (run(0.0, true), run(10.0, true));
    assert!(calibrated < configured, "{calibrated} {configured}");
    assert_eq!(run(10.0, false), configured, "block and RPI trades say nothing about the book");
}

#[test]
fn parameters_out_of_range_make_no_engine() {
    let bad = [
        EngineConfig { model: Model::Glft { params: GlftParams { gamma: 0.0, ..GLFT }, calibration_window_s: 0.0 }, ..config() },
        glft(0.5),
        EngineConfig { signals: SignalParams { toxicity_max_bps: -1.0, ..config().signals }, ..config() },
    ];
    let fields = bad.map(|config| Engine::new(config).err().map(|error| error.field));
    assert_eq!(fields, [Some("gamma"), Some("calibration_window_s"), Some("toxicity_max_bps")]);
}

/// Acknowledges everything that a step sent, and what follows from that, until nothing is sent.
fn settle(venue: &mut Venue, mut sink: Sink) {
    while sink.outputs.iter().any(|out| matches!(out, Output::Order { .. })) {
        let mut more = venue.ack(&sink, Outcome::Accepted);
        let open: Vec<_> = venue.engine.orders().of(M).iter().filter(|order| order.leaves() > Lots::ZERO).cloned().collect();
        for order in open {
            let status = if order.state == OrderState::PendingCancel { VenueStatus::Cancelled } else { VenueStatus::New };
            let row = venue.row(order.client_id, status, order.executed.0);
            more.outputs.extend(venue.push(row).outputs);
        }
        sink = more;
    }
}

#[test]
fn fills_that_the_market_runs_over_widen_the_quotes() {
    let base = config();
    let config = EngineConfig { signals: SignalParams { toxicity_max_bps: 50.0, ..base.signals }, ..base };
    let spread_after = |mid: i64| {
        let mut venue = started(config.clone());
        let placed = venue.book(100_000, 100_002, true);
        let bid = orders(&placed)[0].0;
        settle(&mut venue, placed);
        let filled = venue.fill(bid, "e1", 10);
        settle(&mut venue, filled);
        for _ in 0..6 {
            venue.now_ns += 1000 * MS;
            let sink = venue.book(mid - 1, mid + 1, true);
            settle(&mut venue, sink);
        }
        let market = venue.engine.market(M).unwrap();
        assert_eq!(market.position().0, 10);
        let newest = |side| {
            venue
                .engine
                .orders()
                .of(M)
                .iter()
                .filter(|order| order.side == side)
                .map(|order| order.amending.map_or(order.price, |to| to.0))
                .next_back()
        };
        newest(Side::Sell).unwrap().0 - newest(Side::Buy).unwrap().0
    };
    assert!(spread_after(99_800) > spread_after(100_200) + 100);
}
