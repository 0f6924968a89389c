//! A naive client that applies the frames always holds the true top of the book.

use std::collections::BTreeMap;

use mm_core::ids::MarketIx;
use mm_core::units::{Lots, Side, Ticks};
use mm_sim::api::{Event, OrderKey};
use mm_sim::liquidity::{Liquidity, Outbox, Resting};
use mm_sim::publisher::{BookFrame, Publisher};
use mm_sim::tape::TapeBuilder;
use proptest::prelude::*;

use crate::support::{Desk, MARKET, START_NS, book, load};

/// What a subscriber of one topic knows: it applies frames and nothing else.
#[derive(Default)]
pub struct Client {
    pub bids: BTreeMap<i64, i64>,
    pub asks: BTreeMap<i64, i64>,
    pub update_id: u64,
}

impl Client {
    pub fn apply(&mut self, frame: &BookFrame) {
        if frame.snapshot {
            *self = Self { update_id: frame.update_id, ..Self::default() };
        } else {
            assert_eq!(frame.update_id, self.update_id + 1, "u is contiguous");
            self.update_id = frame.update_id;
        }
        for (levels, steps) in [(&mut self.bids, &frame.bids), (&mut self.asks, &frame.asks)] {
            for (price, size) in steps {
                if size.0 == 0 {
                    assert!(levels.remove(&price.0).is_some(), "no deletion of a level that is not held");
                } else {
                    levels.insert(price.0, size.0);
                }
            }
        }
    }

    /// Both sides, best first.
    pub fn sides(&self) -> [Vec<(Ticks, Lots)>; 2] {
        let level = |(price, size): (&i64, &i64)| (Ticks(*price), Lots(*size));
        [self.bids.iter().rev().map(level).collect(), self.asks.iter().map(level).collect()]
    }
}

pub fn truth(liquidity: &dyn Liquidity, market: MarketIx, depth: usize) -> [Vec<(Ticks, Lots)>; 2] {
    Side::BOTH.map(|side| {
        let mut levels = Vec::new();
        liquidity.levels(market, side, depth, &mut levels);
        levels
    })
}

/// A made-up source that only has levels.
#[derive(Default)]
struct Shelf {
    sides: [BTreeMap<i64, i64>; 2],
    ended: bool,
}

impl Liquidity for Shelf {
    fn levels(&self, _: MarketIx, side: Side, levels: usize, out: &mut Vec<(Ticks, Lots)>) {
        let level = |(price, size): (&i64, &i64)| (Ticks(*price), Lots(*size));
        match side {
            Side::Buy => out.extend(self.sides[0].iter().rev().take(levels).map(level)),
            Side::Sell => out.extend(self.sides[1].iter().take(levels).map(level)),
        }
    }
    fn depths(&self, _: MarketIx) -> &[u16] {
        &[1, 50, 200]
    }
    fn ended(&self) -> bool {
        self.ended
    }
    fn next_due(&self) -> Option<i64> {
        None
    }
    fn best(&self, _: MarketIx) -> (Option<Ticks>, Option<Ticks>) {
        (None, None)
    }
    fn advance(&mut self, _: i64, _: &mut Outbox) {}
    fn submit(&mut self, _: i64, _: Resting, _: &mut Outbox) {}
    fn amend(&mut self, _: i64, _: Resting, _: &mut Outbox) {}
    fn cancel(&mut self, _: i64, _: OrderKey, _: &mut Outbox) {}
    fn take(&mut self, _: i64, _: MarketIx, _: Side, _: Ticks, _: Lots, _: &mut Outbox) {}
    fn start(&mut self, _: i64) {}
}

impl Shelf {
    fn with(bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Self {
        Self { sides: [bids.iter().copied().collect(), asks.iter().copied().collect()], ended: false }
    }
}

fn change(update_id: Option<u64>, reset: bool) -> Event {
    Event::Book { market: MARKET, engine_ms: 1, publish_ms: 2, seq: 3, update_id, reset }
}

const MS: i64 = 1_000_000;

proptest! {
    #[test]
    fn every_depth_of_a_tape_is_the_true_window(steps in prop::collection::vec((0..2_usize, 0..70_i64, 0..4_i64), 1..120)) {
        // Levels 1..=70 from the touch on both sides: the 50 best of them come and go.
        let mut shelf = Shelf::with(&[(1000, 1)], &[(1001, 1)]);
        let mut topics: Vec<_> = [1, 50, 200].map(|depth| (Publisher::new(MARKET, depth, 7), Client::default())).into();
        for (u, (side, distance, size)) in (40..).zip(steps) {
            let price = if side == 0 { 1000 - distance } else { 1001 + distance };
            if size == 0 { shelf.sides[side].remove(&price); } else { shelf.sides[side].insert(price, size); }
            for (publisher, client) in &mut topics {
                let frame = publisher.on_book(0, &change(Some(u), u == 60), &shelf);
                prop_assert!(frame.is_some() || publisher.depth() != 200, "the recorded depth answers every frame");
                frame.iter().for_each(|frame| client.apply(frame));
                prop_assert_eq!(client.sides(), truth(&shelf, MARKET, publisher.depth().into()));
                prop_assert!(publisher.depth() != 200 || client.update_id == u, "with the recorded u");
            }
        }
    }

    #[test]
    fn a_late_subscriber_continues_from_the_snapshot(joins in 0..20_usize, sizes in prop::collection::vec((0..60_i64, 0..3_i64), 20..40)) {
        let mut shelf = Shelf::with(&[(1000, 1)], &[(1001, 1)]);
        let mut publisher = Publisher::new(MARKET, 50, 7);
        let mut client = None;
        for (i, (distance, size)) in sizes.into_iter().enumerate() {
            shelf.sides[0].insert(1000 - distance, size + 1);
            // Every third change is inside the cadence and waits.
            let now_ns = 7 * MS * i as i64;
            let frames = [publisher.on_book(now_ns, &change(None, false), &shelf), publisher.on_due(now_ns, &shelf)];
            if i == joins {
                let mut joined = Client::default();
                joined.apply(&publisher.snapshot_now().unwrap());
                client = Some(joined);
            } else if let Some(client) = &mut client {
                frames.iter().flatten().for_each(|frame| client.apply(frame));
            }
        }
        let client = client.as_mut().unwrap();
        let due = publisher.next_due();
        due.and_then(|due| publisher.on_due(due, &shelf)).iter().for_each(|frame| client.apply(frame));
        prop_assert_eq!(client.sides(), truth(&shelf, MARKET, 50));
    }
}

#[test]
fn a_derived_depth_is_silent_when_its_window_did_not_change() {
    let mut shelf = Shelf::with(&[(1000, 1), (999, 1)], &[(1001, 1)]);
    let (mut top, mut own, mut recorded) = (Publisher::new(MARKET, 1, 7), Publisher::new(MARKET, 50, 7), Publisher::new(MARKET, 200, 7));
    for publisher in [&mut top, &mut own, &mut recorded] {
        assert!(publisher.on_book(0, &change(Some(300), true), &shelf).unwrap().snapshot);
    }
    assert!(own.on_book(0, &change(Some(301), false), &shelf).is_none());
    let empty = recorded.on_book(0, &change(Some(301), false), &shelf).unwrap();
    assert_eq!((empty.update_id, empty.snapshot, empty.bids.len() + empty.asks.len()), (301, false, 0));
    shelf.sides[0].insert(999, 2);
    assert!(top.on_book(0, &change(Some(302), false), &shelf).is_none());
    assert_eq!(own.on_book(0, &change(Some(302), false), &shelf).unwrap().update_id, 8);
}

#[test]
fn a_matching_book_is_conflated_to_the_cadence() {
    for (depth, cadence_ms) in [(1, 10), (50, 20), (200, 100), (1000, 200)] {
        let mut shelf = Shelf::with(&[(1000, 1)], &[(1001, 1)]);
        let mut publisher = Publisher::new(MARKET, depth, 7);
        assert!(publisher.on_book(0, &change(None, false), &shelf).is_some());
        shelf.sides[0].insert(1000, 2);
        assert!(publisher.on_book(MS, &change(None, false), &shelf).is_none());
        assert_eq!(publisher.next_due(), Some(cadence_ms * MS));
        assert!(publisher.on_due(cadence_ms * MS - 1, &shelf).is_none());
        let held = publisher.on_due(cadence_ms * MS, &shelf).unwrap();
        assert_eq!((held.update_id, held.bids[0]), (8, (Ticks(1000), Lots(2))));
        shelf.sides[0].insert(1000, 3);
        assert!(publisher.on_book(2 * cadence_ms * MS, &change(None, false), &shelf).is_some(), "nothing is held back after a pause");
    }
}

#[test]
fn depth_1_is_sent_again_after_3_s_with_the_same_u_until_the_tape_ends() {
    let mut shelf = Shelf::with(&[(1000, 1)], &[(1001, 1)]);
    let mut publisher = Publisher::new(MARKET, 1, 7);
    assert_eq!((publisher.next_due(), publisher.snapshot_now()), (None, None));
    let first = publisher.on_book(0, &change(Some(1), true), &shelf).unwrap();
    assert_eq!(publisher.idle_due(), Some(3000 * MS));
    assert!(publisher.on_due(2999 * MS, &shelf).is_none());
    let again = publisher.on_due(3000 * MS, &shelf).unwrap();
    assert_eq!(again, BookFrame { publish_ms: 3000, ..first.clone() });
    assert_eq!(publisher.next_due(), Some(6000 * MS));
    shelf.sides[0].insert(1000, 5);
    let changed = publisher.on_book(4000 * MS, &change(Some(2), false), &shelf).unwrap();
    assert_eq!((changed.update_id, changed.snapshot, publisher.idle_due()), (8, true, Some(7000 * MS)));
    shelf.ended = true;
    assert!(publisher.on_due(7000 * MS, &shelf).is_none());
    assert_eq!(publisher.next_due(), None);
}

#[test]
fn our_own_size_reaches_subscribers_with_the_next_recorded_frame() {
    let mut desk = Desk::open(&[book("delta", 11, &[], &[]), book("delta", 12, &[], &[])]);
    let mut publisher = Publisher::new(MARKET, 50, 7);
    publisher.on_book(desk.now_ns, &desk.next_out().market[0], &desk.tape);
    desk.rest(Side::Buy, 1001, 3);
    let frame = publisher.on_book(desk.now_ns, &desk.next_out().market[0], &desk.tape).unwrap();
    assert_eq!((frame.update_id, frame.bids, frame.asks), (12, vec![(Ticks(1001), Lots(3))], vec![]));
}

#[test]
fn other_events_and_markets_are_ignored() {
    let mut tape = load(TapeBuilder::new(), &[(0, crate::support::opening())]);
    tape.start(START_NS);
    let mut publisher = Publisher::new(MarketIx(1), 50, 7);
    assert!(publisher.on_book(0, &change(Some(1), true), &tape).is_none());
    let trades = Event::Trades { market: MarketIx(1), publish_ms: 0, trades: vec![] };
    assert!(publisher.on_book(0, &trades, &tape).is_none());
}

#[test]
fn a_delta_that_the_recording_lost_is_a_gap_for_subscribers() {
    let mut desk = Desk::open(&[book("delta", 11, &[], &[]), book("delta", 13, &[(999, 9)], &[])]);
    let mut publisher = Publisher::new(MARKET, 50, 7);
    let seen = [0, 1].map(|_| publisher.on_book(desk.now_ns, &desk.next_out().market[0], &desk.tape).unwrap().update_id);
    assert_eq!(seen, [11, 13]);
}
