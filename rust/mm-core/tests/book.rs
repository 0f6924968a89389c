//! The book against a naive model.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use mm_core::book::{BookError, L2Book, MAX_LEVELS, MAX_PRICE, MAX_SIZE};
use mm_core::units::{Lots, Side, Ticks};
use proptest::prelude::*;

type Levels = Vec<(Ticks, Lots)>;

fn levels(rows: &[(i64, i64)]) -> Levels {
    rows.iter().map(|&(price, size)| (Ticks(price), Lots(size))).collect()
}

fn book(bids: &[(i64, i64)], asks: &[(i64, i64)]) -> L2Book {
    let mut book = L2Book::new();
    book.apply_snapshot(&levels(bids), &levels(asks)).unwrap();
    book
}

/// The specification, written the slow way.
#[derive(Clone, Debug, Default, PartialEq)]
struct Naive {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Naive {
    fn snapshot(&mut self, bids: &Levels, asks: &Levels) -> bool {
        let mut next = Naive::default();
        for (side, rows) in [(&mut next.bids, bids), (&mut next.asks, asks)] {
            for &(price, size) in rows {
                if price.0 <= 0 || price > MAX_PRICE || size.0 <= 0 || size > MAX_SIZE || side.insert(price.0, size.0).is_some() {
                    return false;
                }
            }
        }
        if next.crossed() {
            return false;
        }
        *self = next;
        true
    }

    fn delta(&mut self, bids: &Levels, asks: &Levels) -> bool {
        let mut next = self.clone();
        for (side, rows) in [(&mut next.bids, bids), (&mut next.asks, asks)] {
            for &(price, size) in rows {
                if price.0 <= 0 || price > MAX_PRICE || size.0 < 0 || size > MAX_SIZE {
                    return false;
                }
                if size.0 == 0 {
                    side.remove(&price.0)
                } else {
                    side.insert(price.0, size.0)
                };
            }
        }
        *self = next;
        true
    }

    fn crossed(&self) -> bool {
        matches!((self.bids.keys().next_back(), self.asks.keys().next()), (Some(bid), Some(ask)) if bid >= ask)
    }

    fn side(&self, side: Side) -> Levels {
        let row = |(&price, &size): (&i64, &i64)| (Ticks(price), Lots(size));
        match side {
            Side::Buy => self.bids.iter().rev().map(row).collect(),
            Side::Sell => self.asks.iter().map(row).collect(),
        }
    }
}

#[derive(Clone, Debug)]
enum Update {
    Snapshot(Levels, Levels),
    Delta(Levels, Levels),
    Clear,
}

/// How prices of one update are spread: the book's window of slots must be left, entered and moved across.
fn spreads() -> impl Strategy<Value = (i64, i64)> {
    // Multiples of 64 meet the window's ends exactly.
    (prop::sample::select(vec![0, 0, 512, 700, 3_584, 90_112]), prop::sample::select(vec![1, 1, 64, 512, 900]))
}

/// Mostly legal rows around `centre`, now and then garbage.
fn rows(centre: i64, smallest: i64, (shift, stretch): (i64, i64)) -> impl Strategy<Value = Levels> {
    let legal = (centre - 12..centre + 12, smallest..6).prop_map(move |(price, size)| (shift + price * stretch, size));
    let garbage = prop::sample::select(vec![
        (0, 1),
        (-3, 1),
        (5, -1),
        (7, 0),
        (i64::MIN, i64::MIN),
        (i64::MAX, i64::MAX),
        (MAX_PRICE.0, MAX_SIZE.0),
        (MAX_PRICE.0 + 1, 1),
        (9, MAX_SIZE.0 + 1),
    ]);
    prop::collection::vec(prop_oneof![60 => legal, 1 => garbage], 0..8).prop_map(|rows| levels(&rows))
}

fn updates() -> impl Strategy<Value = Vec<Update>> {
    let snapshot = spreads().prop_flat_map(|spread| (rows(40, 1, spread), rows(60, 1, spread)));
    let delta = spreads().prop_flat_map(|spread| (rows(44, 0, spread), rows(56, 0, spread)));
    let update = prop_oneof![
        2 => snapshot.prop_map(|(bids, asks)| Update::Snapshot(bids, asks)),
        8 => delta.prop_map(|(bids, asks)| Update::Delta(bids, asks)),
        1 => Just(Update::Clear),
    ];
    prop::collection::vec(update, 1..40)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * b.abs().max(1.0)
}

#[allow(clippy::cast_precision_loss)]
fn assert_figures(book: &L2Book, model: &Naive) {
    let (bids, asks) = (model.side(Side::Buy), model.side(Side::Sell));
    let touch = bids.first().zip(asks.first()).filter(|(bid, ask)| bid.0 < ask.0);
    assert_eq!(book.mid_x2(), touch.map(|(bid, ask)| bid.0.0 + ask.0.0));
    assert_eq!(book.spread_ticks(), touch.map(|(bid, ask)| ask.0 - bid.0));
    assert_eq!(book.spread_bps().is_some(), touch.is_some());
    assert_eq!(book.imbalance(3).is_some(), touch.is_some());
    if let Some((bid, ask)) = touch {
        let (pb, pa, qb, qa) = (bid.0.0 as f64, ask.0.0 as f64, bid.1.0 as f64, ask.1.0 as f64);
        let share = qb / (qb + qa);
        assert!(close(book.microprice().unwrap(), pb * (1.0 - share) + pa * share));
        assert!(close(book.spread_bps().unwrap(), (pa - pb) / ((pa + pb) / 2.0) * 1e4));
        let total = |rows: &Levels| rows.iter().take(3).map(|row| row.1.0 as f64).sum::<f64>();
        let expected = (total(&bids) - total(&asks)) / (total(&bids) + total(&asks));
        assert!(close(book.imbalance(3).unwrap(), expected));
    }
    for (side, rows) in [(Side::Buy, &bids), (Side::Sell, &asks)] {
        let top: Vec<_> = rows.iter().take(4).collect();
        let size: f64 = top.iter().map(|row| row.1.0 as f64).sum();
        let value: f64 = top.iter().map(|row| row.0.0 as f64 * row.1.0 as f64).sum();
        match book.vwap(side, 4) {
            Some(vwap) => assert!(close(vwap, value / size)),
            None => assert!(top.is_empty()),
        }
        for price in [1, 38, 44, 50, 56, 62, 3_040, 40_000, i64::MIN, i64::MAX] {
            let better = rows.iter().filter(|row| at_or_better(side, row.0.0, price));
            assert_eq!(book.depth_at_price(Ticks(price), side), Lots(better.map(|row| row.1.0).sum()));
        }
    }
}

fn at_or_better(side: Side, level: i64, price: i64) -> bool {
    match side {
        Side::Buy => level >= price,
        Side::Sell => level <= price,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_book_equals_a_naive_model_under_any_updates(updates in updates()) {
        let (mut book, mut model) = (L2Book::new(), Naive::default());
        for update in updates {
            let (took, expected) = match &update {
                Update::Snapshot(bids, asks) => (book.apply_snapshot(bids, asks).is_ok(), model.snapshot(bids, asks)),
                Update::Delta(bids, asks) => (book.apply_delta(bids, asks).is_ok(), model.delta(bids, asks)),
                Update::Clear => {
                    book.clear();
                    model = Naive::default();
                    (true, true)
                }
            };
            prop_assert_eq!(took, expected, "{:?}", update);
            prop_assert_eq!(book.bids().collect::<Levels>(), model.side(Side::Buy));
            prop_assert_eq!(book.asks().collect::<Levels>(), model.side(Side::Sell));
            prop_assert_eq!((book.bids().len(), book.asks().len()), (model.bids.len(), model.asks.len()));
            prop_assert_eq!(book.is_crossed(), model.crossed());
            assert_figures(&book, &model);
        }
    }

    #[test]
    fn the_others_best_equals_a_book_without_our_orders(
        others in prop::collection::btree_map(1_i64..30, 0_i64..4, 0..10),
        own in prop::collection::vec((1_i64..30, 1_i64..4), 0..6),
        side in prop::sample::select(vec![Side::Buy, Side::Sell]),
    ) {
        let mut shown = others.clone();
        for &(price, size) in &own {
            *shown.entry(price).or_default() += size;
        }
        let shown: Levels = shown.into_iter().filter(|row| row.1 > 0).map(|(price, size)| (Ticks(price), Lots(size))).collect();
        let mut book = L2Book::new();
        match side {
            Side::Buy => book.apply_snapshot(&shown, &[]).unwrap(),
            Side::Sell => book.apply_snapshot(&[], &shown).unwrap(),
        }
        let mut left = others.into_iter().filter(|row| row.1 > 0).map(|(price, size)| (Ticks(price), Lots(size)));
        let expected = if side == Side::Buy { left.next_back() } else { left.next() };
        prop_assert_eq!(book.best_excluding(side, &levels(&own)), expected);
    }
}

#[test]
fn each_kind_of_garbage_is_named_and_leaves_the_book() {
    let mut book = book(&[(10, 1), (9, 2)], &[(12, 3)]);
    let before: (Levels, Levels) = (book.bids().collect(), book.asks().collect());
    let cases: [(Levels, Levels, BookError); 6] = [
        (levels(&[(11, 1)]), levels(&[(11, 1)]), BookError::Crossed),
        (levels(&[(8, 1), (7, 1), (8, 2)]), vec![], BookError::DuplicatePrice(Ticks(8))),
        (vec![], levels(&[(13, 1), (12, 1), (12, 1)]), BookError::DuplicatePrice(Ticks(12))),
        (levels(&[(8, 0)]), vec![], BookError::Size(Lots(0))),
        (vec![], levels(&[(0, 1)]), BookError::Price(Ticks(0))),
        (levels(&vec![(1, 1); MAX_LEVELS + 1]), vec![], BookError::TooManyLevels),
    ];
    for (bids, asks, error) in cases {
        assert_eq!(book.apply_snapshot(&bids, &asks), Err(error));
    }
    assert_eq!(book.apply_delta(&levels(&[(10, 5)]), &levels(&[(12, -1)])), Err(BookError::Size(Lots(-1))));
    assert_eq!(book.apply_delta(&levels(&vec![(1, 1); MAX_LEVELS]), &[]), Err(BookError::TooManyLevels));
    assert_eq!((book.bids().collect::<Levels>(), book.asks().collect::<Levels>()), before);
}

#[test]
fn a_delta_may_cross_the_book_and_the_figures_stop() {
    let mut book = book(&[(10, 1)], &[(12, 3)]);
    book.apply_delta(&levels(&[(12, 1)]), &[]).unwrap();
    assert!(book.is_crossed());
    assert_eq!((book.mid_x2(), book.microprice(), book.spread_bps(), book.imbalance(1)), (None, None, None, None));
    book.apply_delta(&[], &levels(&[(12, 0), (13, 2)])).unwrap();
    assert!(!book.is_crossed());
    assert_eq!(book.mid_x2(), Some(25));
}

#[test]
fn the_largest_legal_book_does_not_overflow() {
    let side = |from: i64| (0..MAX_LEVELS as i64).map(|i| (Ticks(from + i), MAX_SIZE)).collect::<Levels>();
    let mut book = L2Book::new();
    book.apply_snapshot(&side(1), &side(MAX_PRICE.0 - MAX_LEVELS as i64 + 1)).unwrap();
    assert_eq!(book.imbalance(MAX_LEVELS), Some(0.0));
    assert_eq!(book.imbalance(0), None);
    assert_eq!(book.depth_at_price(Ticks(1), Side::Buy), Lots(MAX_SIZE.0 * MAX_LEVELS as i64));
    assert!(book.vwap(Side::Sell, MAX_LEVELS).is_some());
}

#[test]
fn a_side_that_is_eaten_from_the_top_keeps_what_is_left() {
    let rows = |sign: i64| (0..120).map(|i| (Ticks(50_000 + sign * (1 + 60 * i)), Lots(1 + i))).collect::<Levels>();
    let (bids, asks) = (rows(-1), rows(1));
    let mut book = L2Book::new();
    book.apply_snapshot(&bids, &asks).unwrap();
    for eaten in 0..119 {
        book.apply_delta(&[(bids[eaten].0, Lots(0))], &[(asks[eaten].0, Lots(0))]).unwrap();
        assert_eq!(book.bids().collect::<Levels>(), bids[eaten + 1..], "{eaten}");
        assert_eq!(book.asks().collect::<Levels>(), asks[eaten + 1..], "{eaten}");
    }
}

#[test]
fn a_book_that_wanders_far_keeps_every_level() {
    let (mut book, mut model) = (book(&[], &[]), Naive::default());
    for step in 0..3_000_i64 {
        let middle = 50_000 + 40 * (if step < 1_500 { step } else { 3_000 - step });
        let gone = (middle - 30_000..middle - 29_900).map(|price| (Ticks(price), Lots(0)));
        let bids: Levels = gone.chain([(Ticks(middle), Lots(0)), (Ticks(middle - 1), Lots(step + 1))]).collect();
        let asks: Levels = vec![(Ticks(middle - 5), Lots(0)), (Ticks(middle + 3), Lots(7)), (Ticks(middle + 9_001), Lots(1))];
        book.apply_delta(&bids, &asks).unwrap();
        model.delta(&bids, &asks);
        if step % 30 == 0 {
            assert_eq!(book.bids().collect::<Levels>(), model.side(Side::Buy), "{step}");
            assert_eq!(book.asks().collect::<Levels>(), model.side(Side::Sell), "{step}");
        }
        if model.bids.len().max(model.asks.len()) > MAX_LEVELS / 2 {
            book.clear();
            model = Naive::default();
        }
    }
}

#[test]
fn a_level_at_the_very_end_of_the_window_is_held_once() {
    // The last bid waits 3584 below the second: where the window ends when the first one goes.
    let mut book = book(&[(102_400, 1), (98_880, 1), (95_296, 1)], &[]);
    book.apply_delta(&levels(&[(102_400, 0)]), &[]).unwrap();
    book.apply_delta(&levels(&[(95_296, 9)]), &[]).unwrap();
    assert_eq!(book.bids().collect::<Levels>(), levels(&[(98_880, 1), (95_296, 9)]));
}

#[test]
fn own_size_above_the_displayed_one_hides_the_level() {
    let book = book(&[(10, 1), (9, 5)], &[]);
    assert_eq!(book.best_excluding(Side::Buy, &levels(&[(10, 4)])), Some((Ticks(9), Lots(5))));
    assert_eq!(book.best_excluding(Side::Buy, &levels(&[(10, 1), (9, 2), (9, 3)])), None);
}

#[test]
fn errors_say_what_was_wrong() {
    let told = [
        (BookError::Price(Ticks(-1)), "price of -1 ticks is out of range"),
        (BookError::Size(Lots(-2)), "size of -2 lots is out of range"),
        (BookError::DuplicatePrice(Ticks(3)), "price of 3 ticks appears twice"),
        (BookError::Crossed, "best bid is not below best ask"),
    ];
    for (error, expected) in told {
        assert_eq!(error.to_string(), expected);
    }
}
