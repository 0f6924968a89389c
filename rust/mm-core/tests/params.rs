//! Parameters that change while the bot quotes.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::engine::{EngineConfig, Input, Model, Params, Sink};
use mm_core::fact::Fact;
use mm_core::ids::{Category, MarketIx};
use mm_core::input::{Outcome, StreamRole, VenueStatus};
use mm_core::quoting::glft::GlftParams;
use mm_core::quoting::ladder::LadderParams;
use mm_core::units::{Side, Ticks};
use support::{M, MS, Venue, amends, amount, config, has, orders};

fn refused(sink: &Sink) -> Option<&str> {
    sink.facts.iter().find_map(|fact| if let Fact::ParamsRefused { field, .. } = fact { Some(field.as_str()) } else { None })
}

fn with_ladder(venue: &Venue, change: impl Fn(&mut LadderParams)) -> Params {
    let mut params = *venue.engine.params(M).unwrap();
    change(&mut params.ladder);
    params
}

#[test]
fn a_wider_spread_moves_the_standing_quotes_at_once() {
    let (mut venue, ..) = Venue::quoting();
    let params = with_ladder(&venue, |ladder| (ladder.min_spread_bps, ladder.max_spread_bps) = (20.0, 20.0));
    let sink = venue.step(Input::Params(&[(M, params)]));
    assert!(has(&sink, |fact| matches!(fact, Fact::ParamsApplied { market: M })));
    // Mid 10000.5, half spread 10 bp: 10.0005 ticks, rounded away from the touch.
    assert_eq!(amends(&sink).iter().map(|row| row.1).collect::<Vec<_>>(), [Some(Ticks(9990)), Some(Ticks(10_011))]);
}

#[test]
fn one_bad_field_refuses_the_whole_change() {
    let (mut venue, ..) = Venue::quoting();
    let good = with_ladder(&venue, |ladder| ladder.skew_bps = 1.0);
    let before = *venue.engine.params(M).unwrap();
    let cases: [(Params, &str); 5] = [
        (with_ladder(&venue, |ladder| ladder.skew_bps = -1.0), "skew_bps"),
        (Params { order_qty: amount("0.0105"), ..good }, "order_qty"),
        (Params { order_qty: amount("1000"), ..good }, "order_qty"),
        (Params { max_position: amount("0.0001"), ..good }, "max_position"),
        (Params { model: Model::Glft { params: GLFT, calibration_window_s: 0.0 }, ..good }, "model"),
    ];
    for (bad, field) in cases {
        let sink = venue.step(Input::Params(&[(M, good), (M, bad)]));
        assert_eq!(refused(&sink), Some(field));
        assert_eq!(*venue.engine.params(M).unwrap(), before);
        assert_eq!(amends(&sink), []);
    }
    assert_eq!(refused(&venue.step(Input::Params(&[(MarketIx(9), good)]))), Some("market"));
}

#[test]
fn sizes_take_effect_at_the_next_order() {
    let (mut venue, ..) = Venue::quoting();
    let params = Params { order_qty: amount("0.02"), max_position: amount("0.02"), ..*venue.engine.params(M).unwrap() };
    venue.step(Input::Params(&[(M, params)]));
    let market = venue.engine.market(M).unwrap();
    assert_eq!(market.terms.as_ref().unwrap().order_qty.0, 20);
    assert_eq!(market.terms.as_ref().unwrap().limits.max_position.0, 20);
}

const GLFT: GlftParams = GlftParams { gamma: 0.05, intensity_per_s: 1.0, decay_per_bps: 0.5, drift_bps_per_s: 0.0 };

#[test]
fn an_expected_drift_moves_both_quotes_its_way() {
    let base = config();
    let ladder = LadderParams { min_spread_bps: 0.0, max_spread_bps: 100.0, skew_bps: 50.0, ..base.ladder };
    let glft = EngineConfig { model: Model::Glft { params: GLFT, calibration_window_s: 0.0 }, ladder, volatility_half_life_s: 1.0, ..base };
    let quotes = |drift: f64| {
        let mut venue = Venue::with(glft.clone());
        venue.step(Input::Timer);
        for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
            venue.up(role);
        }
        let params = Model::Glft { params: GlftParams { drift_bps_per_s: drift, ..GLFT }, calibration_window_s: 0.0 };
        let params = Params { model: params, ..*venue.engine.params(M).unwrap() };
        venue.step(Input::Params(&[(M, params)]));
        for step in 0..30_i64 {
            venue.now_ns += 100 * MS;
            let sink = venue.book(100_000 + step % 2, 100_002 + step % 2, true);
            let placed = orders(&sink);
            if placed.len() == 2 {
                venue.ack(&sink, Outcome::Accepted);
                let row = venue.row(placed[0].0, VenueStatus::New, 0);
                venue.push(row);
                return placed.iter().map(|row| (row.1, row.2)).collect::<Vec<_>>();
            }
        }
        panic!("no quotes");
    };
    let (flat, rising, falling) = (quotes(0.0), quotes(0.05), quotes(-0.05));
    for side in [Side::Buy, Side::Sell] {
        let at = |quotes: &[(Side, Ticks)]| quotes.iter().find(|quote| quote.0 == side).unwrap().1;
        assert!(at(&falling) < at(&flat) && at(&flat) < at(&rising), "{flat:?} {rising:?} {falling:?}");
    }
}
