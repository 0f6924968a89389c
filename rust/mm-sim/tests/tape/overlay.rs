//! What of ours shows in the published book, when, and how recorded stamps move.

use mm_core::units::Side::{Buy, Sell};
use mm_core::units::Ticks;
use mm_sim::api::Event;
use mm_sim::liquidity::{Liquidity, Outbox};
use mm_sim::tape::TapeBuilder;
use serde_json::json;

use crate::support::{Desk, MARKET, RECORDED_MS, START_NS, book, load, opening, prints};

#[test]
fn our_size_shows_from_the_next_recorded_book_frame_on() {
    let mut desk = Desk::open(&[prints(&[("Buy", 1002, 1)]), book("delta", 11, &[(999, 8)], &[])]);
    desk.rest(Buy, 1000, 10);
    desk.rest(Buy, 1001, 1);
    assert_eq!(desk.side(Buy), [(1000, 5), (999, 7)]);
    desk.next();
    assert_eq!(desk.side(Buy), [(1000, 5), (999, 7)], "a trade is not a book frame");
    desk.next();
    assert_eq!(desk.side(Buy), [(1001, 1), (1000, 15), (999, 8)]);
    assert_eq!(desk.tape.best(MARKET), (Some(Ticks(1001)), Some(Ticks(1002))));
}

#[test]
fn a_cancelled_size_shows_until_the_next_frame() {
    let mut desk = Desk::open(&[book("delta", 11, &[], &[]), book("delta", 12, &[], &[])]);
    let key = desk.rest(Sell, 1001, 10);
    desk.next();
    desk.cancel(key);
    assert_eq!(desk.side(Sell)[0], (1001, 10));
    desk.next();
    assert_eq!(desk.side(Sell)[0], (1002, 4));
}

#[test]
fn a_size_that_the_opposite_recorded_best_reaches_is_hidden() {
    let down = book("delta", 11, &[(1000, 0), (999, 0), (998, 3)], &[(1000, 2)]);
    let up = book("delta", 12, &[(1003, 2)], &[(1000, 0), (1002, 0), (1003, 0), (1005, 1)]);
    let mut desk = Desk::open(&[down, up]);
    desk.rest(Buy, 1000, 10);
    desk.rest(Buy, 999, 10);
    desk.rest(Sell, 1003, 10);
    desk.next();
    assert_eq!(desk.side(Buy), [(999, 10), (998, 3)], "1000 equals the best ask");
    desk.next();
    assert_eq!(desk.side(Buy)[..2], [(1003, 2), (1000, 10)], "it shows again when the ask has gone");
    assert_eq!(desk.side(Sell), [(1005, 1)], "1003 equals the best bid");
}

#[test]
fn our_own_two_sides_never_cross_the_published_book() {
    let wide = book("delta", 11, &[], &[(1002, 0), (1003, 0), (1010, 1)]);
    let mut desk = Desk::open(&[wide, book("delta", 12, &[], &[])]);
    desk.next();
    desk.rest(Buy, 1006, 1);
    desk.rest(Sell, 1004, 1);
    desk.rest(Sell, 1007, 1);
    desk.next();
    assert_eq!((desk.side(Buy)[0], desk.side(Sell)[0]), ((1006, 1), (1007, 1)));
}

#[test]
fn book_events_carry_the_recorded_numbers_and_shifted_stamps() {
    let mut desk = Desk::open(&[book("delta", 11, &[], &[]), book("snapshot", 20, &[(1, 1)], &[]), book("delta", 1, &[(2, 1)], &[])]);
    let shift_ms = (START_NS - RECORDED_MS * 1_000_000).div_euclid(1_000_000);
    for (update_id, reset) in [(11, false), (20, true), (1, true)] {
        let expected = Event::Book {
            market: MARKET,
            engine_ms: RECORDED_MS + 3 + shift_ms,
            publish_ms: RECORDED_MS + 7 + shift_ms,
            seq: 100 * update_id,
            update_id: Some(update_id),
            reset,
        };
        assert_eq!(desk.next_out().market, [expected]);
    }
    assert_eq!(desk.side(Buy), [(2, 1)], "u = 1 replaces the book");
}

#[test]
fn trades_pass_with_their_flags_and_tickers_verbatim_but_for_times() {
    let ticker = json!({"topic": "tickers.TESTUSDT", "type": "delta", "ts": RECORDED_MS, "cs": 55, "data":
        {"symbol": "TESTUSDT", "markPrice": "100.10", "nextFundingTime": "1700000100000", "deliveryTime": "0"}});
    let mut desk = Desk::open(&[crate::support::flagged_prints(&[("Sell", 1000, 3)], false, true), ticker]);
    let shift_ms = (START_NS - RECORDED_MS * 1_000_000).div_euclid(1_000_000);
    let Event::Trades { publish_ms, trades, .. } = desk.next_out().market.remove(0) else { panic!("not trades") };
    assert_eq!(publish_ms, RECORDED_MS + 4 + shift_ms);
    assert_eq!((trades[0].engine_ms, trades[0].seq, trades[0].block, trades[0].rpi), (RECORDED_MS + 2 + shift_ms, 777, false, true));
    let Event::Ticker { snapshot, cross_seq, fields, .. } = desk.next_out().market.remove(0) else { panic!("not a ticker") };
    let funding = (1_700_000_100_000 + shift_ms).to_string();
    let expected = [("deliveryTime", "0"), ("markPrice", "100.10"), ("nextFundingTime", &funding)];
    assert_eq!((snapshot, cross_seq), (false, 55));
    assert_eq!(fields, expected.map(|(name, value)| (name.to_string(), value.to_string())));
}

#[test]
fn nothing_plays_before_the_start_and_then_at_recorded_distances() {
    let frames =
        [(0, opening()), (250, book("delta", 11, &[], &[])), (250, prints(&[("Buy", 1002, 1)])), (900, book("delta", 12, &[], &[]))];
    let mut tape = load(TapeBuilder::new(), &frames);
    let mut out = Outbox::default();
    assert_eq!((tape.next_due(), tape.ended()), (None, false));
    tape.advance(i64::MAX, &mut out);
    assert!(out.market.is_empty());
    tape.start(START_NS);
    tape.start(START_NS + 5);
    let mut times = Vec::new();
    while let Some(due) = tape.next_due() {
        times.push(due - START_NS);
        tape.advance(due, &mut out);
    }
    assert_eq!(times, [0, 250_000_000, 250_000_001, 900_000_000], "frames of one instant keep their order, one instant each");
    assert_eq!((out.market.len(), tape.ended(), tape.duration_ns()), (4, true, 900_000_000));
}

#[test]
fn depths_are_the_recorded_one_and_the_venues_smaller_ones() {
    assert_eq!(Desk::open(&[]).tape.depths(MARKET), [1, 50]);
}
