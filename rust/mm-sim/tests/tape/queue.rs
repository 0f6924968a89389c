//! When our orders fill, and when they do not.

use mm_core::units::Side::{Buy, Sell};
use mm_sim::api::FillReason::{TakerSeed, TapeQueue, TapeTaken, TapeThrough};
use mm_sim::api::{SelfMatch, TimeInForce};
use mm_sim::liquidity::{Happening, Liquidity, Resting};

use crate::support::{Desk, book, fill, flagged_prints, prints, resting};

#[test]
fn displayed_size_is_ahead_and_prints_at_our_price_use_it_up() {
    let mut desk = Desk::open(&[prints(&[("Sell", 1000, 3)]), prints(&[("Sell", 1000, 4)]), prints(&[("Sell", 1000, 9)])]);
    let key = desk.rest(Buy, 1000, 10);
    assert_eq!(desk.next(), [], "3 of the 5 ahead");
    assert_eq!(desk.next(), [fill(key, 1000, 2, TapeQueue)], "the last 2 ahead, then 2 of ours");
    assert_eq!(desk.next(), [fill(key, 1000, 8, TapeQueue)], "no more than what is open");
}

#[test]
fn asks_queue_the_same_way() {
    let mut desk = Desk::open(&[prints(&[("Buy", 1002, 6)])]);
    let key = desk.rest(Sell, 1002, 10);
    assert_eq!(desk.next(), [fill(key, 1002, 2, TapeQueue)]);
}

#[test]
fn nothing_is_ahead_where_we_improve_the_book() {
    let mut desk = Desk::open(&[prints(&[("Sell", 1001, 1)])]);
    let key = desk.rest(Buy, 1001, 10);
    assert_eq!(desk.next(), [fill(key, 1001, 1, TapeQueue)]);
}

#[test]
fn a_print_of_our_own_taker_side_does_nothing() {
    let mut desk = Desk::open(&[prints(&[("Buy", 1000, 50), ("Buy", 999, 50), ("Buy", 1001, 50)]), prints(&[("Sell", 1000, 5)])]);
    desk.rest(Buy, 1000, 10);
    assert_eq!(desk.next(), []);
    assert_eq!(desk.next(), [], "all 5 were still ahead");
}

#[test]
fn a_print_through_our_price_fills_all_that_is_open_at_our_price() {
    let mut desk = Desk::open(&[prints(&[("Sell", 999, 1)]), prints(&[("Buy", 1004, 1)])]);
    let (bid, ask) = (desk.rest(Buy, 1000, 10), desk.rest(Sell, 1003, 20));
    assert_eq!(desk.next(), [fill(bid, 1000, 10, TapeThrough)]);
    assert_eq!(desk.next(), [fill(ask, 1003, 20, TapeThrough)]);
}

#[test]
fn prices_through_fill_best_first_and_before_the_price_that_printed() {
    let mut desk = Desk::open(&[prints(&[("Sell", 999, 8)])]);
    let (at, through, better) = (desk.rest(Buy, 999, 5), desk.rest(Buy, 1000, 5), desk.rest(Buy, 1001, 5));
    let expected = [fill(better, 1001, 5, TapeThrough), fill(through, 1000, 5, TapeThrough), fill(at, 999, 1, TapeQueue)];
    assert_eq!(desk.next(), expected);
}

#[test]
fn each_lot_of_a_print_is_used_once_and_oldest_first() {
    let mut desk = Desk::open(&[prints(&[("Sell", 1000, 9)]), prints(&[("Sell", 1000, 5)])]);
    let (first, second) = (desk.rest(Buy, 1000, 3), desk.rest(Buy, 1000, 3));
    // 5 ahead of both are the same 5; then 3 of the first and 1 of the second.
    assert_eq!(desk.next(), [fill(first, 1000, 3, TapeQueue), fill(second, 1000, 1, TapeQueue)]);
    assert_eq!(desk.next(), [fill(second, 1000, 2, TapeQueue)]);
}

#[test]
fn a_younger_order_waits_for_what_joined_before_it() {
    let grown = book("delta", 11, &[(1000, 9)], &[]);
    let mut desk = Desk::open(&[grown, prints(&[("Sell", 1000, 10)]), prints(&[("Sell", 1000, 3)])]);
    let first = desk.rest(Buy, 1000, 2);
    desk.next();
    let second = desk.rest(Buy, 1000, 2);
    // Ahead of the first 5, of the second 9: print 10 = 5 others, 2 of the first, 3 of the 4 others between them.
    assert_eq!(desk.next(), [fill(first, 1000, 2, TapeQueue)]);
    assert_eq!(desk.next(), [fill(second, 1000, 2, TapeQueue)]);
}

#[test]
fn a_younger_order_never_fills_before_an_older_one() {
    let shrunk = book("delta", 11, &[(1000, 1)], &[]);
    let mut desk = Desk::open(&[shrunk, prints(&[("Sell", 1000, 5)]), prints(&[("Sell", 1000, 2)])]);
    let first = desk.rest(Buy, 1000, 2);
    desk.next();
    desk.rest(Buy, 1000, 2);
    assert_eq!(desk.next(), []);
    assert_eq!(desk.next(), [fill(first, 1000, 2, TapeQueue)]);
}

#[test]
fn our_own_shown_size_is_never_ahead_of_us() {
    let mut desk = Desk::open(&[book("delta", 11, &[], &[]), prints(&[("Sell", 1000, 6)])]);
    desk.rest(Sell, 1003, 1);
    let first = desk.rest(Buy, 1000, 4);
    desk.next();
    assert_eq!(desk.side(Buy)[0], (1000, 9), "5 recorded and 4 of ours are shown");
    desk.cancel(first);
    let second = desk.rest(Buy, 1000, 4);
    assert_eq!(desk.next(), [fill(second, 1000, 1, TapeQueue)], "only the recorded 5 were ahead");
}

#[test]
fn a_size_down_keeps_its_place() {
    let mut desk = Desk::open(&[prints(&[("Sell", 1000, 4)]), prints(&[("Sell", 1000, 3)])]);
    let key = desk.rest(Buy, 1000, 10);
    desk.next();
    assert_eq!(desk.amend(key, Buy, 1000, 6), [Happening::Amended { key }]);
    assert_eq!(desk.next(), [fill(key, 1000, 2, TapeQueue)], "1 was ahead, not 5");
}

#[test]
fn a_size_up_goes_to_the_back() {
    let mut desk = Desk::open(&[prints(&[("Sell", 1000, 4)]), prints(&[("Sell", 1000, 6)])]);
    let (key, other) = (desk.rest(Buy, 1000, 10), desk.rest(Buy, 1000, 1));
    desk.next();
    assert_eq!(desk.amend(key, Buy, 1000, 11), [Happening::Amended { key }]);
    // 1 is left ahead of the other; behind it stand the 5 displayed now.
    assert_eq!(desk.next(), [fill(other, 1000, 1, TapeQueue)]);
}

#[test]
fn a_price_change_queues_anew_at_the_new_price() {
    let mut desk = Desk::open(&[prints(&[("Sell", 1000, 5)]), prints(&[("Sell", 999, 7), ("Sell", 999, 2)])]);
    let key = desk.rest(Buy, 1000, 10);
    desk.next();
    assert_eq!(desk.amend(key, Buy, 999, 10), [Happening::Amended { key }]);
    assert_eq!(desk.next(), [fill(key, 999, 2, TapeQueue)], "7 were ahead");
}

#[test]
fn block_and_rpi_prints_move_nothing() {
    let rows = [("Sell", 1000, 50), ("Sell", 990, 50)];
    let mut desk = Desk::open(&[flagged_prints(&rows, true, false), flagged_prints(&rows, false, true), prints(&[("Sell", 1000, 5)])]);
    desk.rest(Buy, 1000, 10);
    assert_eq!((desk.next(), desk.next(), desk.next()), (vec![], vec![], vec![]));
}

#[test]
fn a_book_that_crosses_us_or_thins_out_does_not_fill_us() {
    let crossed = book("delta", 11, &[(1000, 0), (999, 0), (990, 1)], &[(995, 3)]);
    let mut desk = Desk::open(&[crossed, prints(&[("Sell", 1000, 5)])]);
    desk.rest(Buy, 1000, 10);
    assert_eq!(desk.next(), [], "no fill without a print");
    assert_eq!(desk.next(), [], "the vanished 5 are still taken to be ahead");
}

/// 50 bids down from 1000: the recording says nothing of what lies deeper.
fn full_side() -> serde_json::Value {
    let levels: Vec<(i64, i64)> = (0..50).map(|i| (1000 - i, 5)).collect();
    book("snapshot", 11, &levels, &[(1002, 4)])
}

#[test]
fn where_the_recording_shows_no_level_the_queue_starts_when_it_does() {
    let deeper = book("delta", 12, &[(1000, 0), (950, 8)], &[]);
    let mut desk = Desk::open(&[full_side(), prints(&[("Sell", 950, 99)]), deeper, prints(&[("Sell", 950, 9)])]);
    desk.next();
    let key = desk.rest(Buy, 950, 10);
    assert_eq!(desk.next(), [], "who stands ahead is not known");
    assert_eq!(desk.next(), []);
    assert_eq!(desk.next(), [fill(key, 950, 1, TapeQueue)], "8 were ahead");
}

#[test]
fn a_print_through_fills_even_where_the_recording_shows_no_level() {
    let mut desk = Desk::open(&[full_side(), prints(&[("Sell", 949, 1)])]);
    desk.next();
    let key = desk.rest(Buy, 950, 10);
    assert_eq!(desk.next(), [fill(key, 950, 10, TapeThrough)]);
}

#[test]
fn post_only_is_refused_at_an_exact_touch() {
    let mut desk = Desk::open(&[]);
    for (side, at) in [(Buy, 1002), (Buy, 1003), (Sell, 1000), (Sell, 999)] {
        let (key, happened) = desk.send(side, at, 1, true);
        assert_eq!(happened, [Happening::WouldTake { key }]);
        assert_eq!(desk.cancel(key), [], "it never rested");
    }
    desk.rest(Buy, 1001, 1);
    desk.rest(Sell, 1001, 1);
}

#[test]
fn a_post_only_order_amended_to_the_touch_leaves() {
    let mut desk = Desk::open(&[prints(&[("Sell", 990, 50)])]);
    let key = desk.rest(Buy, 1000, 10);
    assert_eq!(desk.amend(key, Buy, 1002, 10), [Happening::WouldTake { key }]);
    assert_eq!(desk.amend(key, Buy, 999, 10), [], "gone");
    assert_eq!(desk.next(), []);
}

#[test]
fn a_crossing_limit_order_takes_displayed_size_by_level_and_rests_the_remainder() {
    let mut desk = Desk::open(&[prints(&[("Sell", 1002, 1)])]);
    let (key, happened) = desk.send(Buy, 1002, 6, false);
    assert_eq!(happened, [fill(key, 1002, 4, TapeTaken), Happening::Rested { key }]);
    let (sweep, happened) = desk.send(Buy, 1003, 9, false);
    assert_eq!(happened, [fill(sweep, 1002, 4, TapeTaken), fill(sweep, 1003, 5, TapeTaken)], "the recording has not moved");
    assert_eq!(desk.next(), [fill(key, 1002, 1, TapeQueue)]);
}

#[test]
fn immediate_or_cancel_takes_displayed_size_and_goes_and_fill_or_kill_takes_all_or_none() {
    let mut desk = Desk::open(&[]);
    let mut send = |time_in_force, at, leaves| {
        let key = desk.fresh();
        (key, desk.submit(Resting { time_in_force, ..resting(key, Buy, at, leaves) }))
    };
    let (key, happened) = send(TimeInForce::Ioc, 1002, 6);
    assert_eq!(happened, [fill(key, 1002, 4, TapeTaken), Happening::Unfilled { key }]);
    let (key, happened) = send(TimeInForce::Fok, 1002, 6);
    assert_eq!(happened, [Happening::Unfilled { key }]);
    let (key, happened) = send(TimeInForce::Fok, 1003, 6);
    assert_eq!(happened, [fill(key, 1002, 4, TapeTaken), fill(key, 1003, 2, TapeTaken)]);
}

#[test]
fn an_own_order_in_the_way_is_met_behind_the_recorded_size_at_its_price() {
    let meet = |self_match| {
        let mut desk = Desk::open(&[]);
        let own = desk.rest(Sell, 1002, 3);
        let key = desk.fresh();
        let order = Resting { time_in_force: TimeInForce::Gtc, self_match, ..resting(key, Buy, 1003, 6) };
        (own, key, desk.submit(order))
    };
    let (_, key, happened) = meet(SelfMatch::Allow);
    let taken = [fill(key, 1002, 4, TapeTaken), fill(key, 1003, 2, TapeTaken)];
    assert_eq!(happened, taken, "accounts' orders do not trade with each other here");
    let (own, key, happened) = meet(SelfMatch::CancelMaker);
    assert_eq!(happened, [taken[0], Happening::SelfMatched { key: own, counter: key }, taken[1]]);
    let (own, key, happened) = meet(SelfMatch::CancelTaker);
    assert_eq!(happened, [taken[0], Happening::SelfMatched { key, counter: own }]);
    let (own, key, happened) = meet(SelfMatch::CancelBoth);
    let both = [Happening::SelfMatched { key: own, counter: key }, Happening::SelfMatched { key, counter: own }];
    assert_eq!(happened, [taken[0], both[0], both[1]]);
}

#[test]
fn a_cancelled_order_is_out_of_the_queue() {
    let mut desk = Desk::open(&[prints(&[("Sell", 990, 50)])]);
    let key = desk.rest(Buy, 1000, 10);
    assert_eq!(desk.cancel(key), [Happening::Cancelled { key }]);
    assert_eq!(desk.next(), []);
    assert_eq!(desk.cancel(key), []);
}

#[test]
fn nothing_fills_after_the_end_but_orders_come_and_go() {
    let mut desk = Desk::open(&[]);
    let resting = desk.rest(Buy, 1001, 10);
    desk.next();
    assert!(desk.tape.ended());
    assert_eq!(desk.tape.next_due(), None);
    assert_eq!(desk.take(Sell, 990, 50), []);
    let (key, happened) = desk.send(Buy, 1003, 6, false);
    assert_eq!(happened, [Happening::Rested { key }]);
    assert_eq!(desk.cancel(resting), [Happening::Cancelled { key: resting }]);
}

#[test]
fn a_taker_uses_displayed_size_then_ours_at_each_price_and_moves_no_queue() {
    let mut desk = Desk::open(&[prints(&[("Buy", 1002, 4)]), prints(&[("Buy", 1002, 1)])]);
    let (inside, at, second) = (desk.rest(Sell, 1001, 2), desk.rest(Sell, 1002, 3), desk.rest(Sell, 1002, 3));
    let before = desk.side(Sell);
    // 2 of ours at 1001; at 1002 the displayed 4, then ours, oldest first.
    let expected = [fill(inside, 1001, 2, TakerSeed), fill(at, 1002, 3, TakerSeed), fill(second, 1002, 1, TakerSeed)];
    assert_eq!(desk.take(Buy, 1002, 10), expected);
    assert_eq!(desk.take(Buy, 1001, 10), [], "not past its limit");
    assert_eq!(desk.side(Sell), before, "nothing recorded moved");
    assert_eq!(desk.next(), [], "the taker did not shorten the queue ahead");
    assert_eq!(desk.next(), [fill(second, 1002, 1, TapeQueue)]);
}
