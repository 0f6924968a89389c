//! The order book of one instrument, and the rule that says when it may be believed.
//!
//! Each side ([`side`]) holds the prices near its best level in slots and the rest sorted. Asks are keyed by the negated price, which
//! makes both sides the same code. Nothing allocates once the arrays have grown.

use alloc::vec::Vec;
use core::fmt;

use crate::units::{Lots, Side, Ticks};

use side::{HalfBook, Level};

mod side;

/// The highest price that the book takes: keeps every sum, and micro-ticks in quoting, inside 64 bits.
pub const MAX_PRICE: Ticks = Ticks(1 << 36);
/// The largest size of one level: [`MAX_LEVELS`] of them still sum inside 64 bits.
pub const MAX_SIZE: Lots = Lots(1 << 50);
/// The most levels of one side: twice the deepest topic.
pub const MAX_LEVELS: usize = 2000;

/// Why an update was refused; the book is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookError {
    /// A price outside 1..=[`MAX_PRICE`].
    Price(Ticks),
    /// A negative size, one above [`MAX_SIZE`], or a zero in a snapshot.
    Size(Lots),
    /// A snapshot that names a price of one side twice.
    DuplicatePrice(Ticks),
    /// A snapshot whose best bid is not below its best ask.
    Crossed,
    /// More than [`MAX_LEVELS`] levels on one side.
    TooManyLevels,
}

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BookError::Price(price) => write!(f, "price of {} ticks is out of range", price.0),
            BookError::Size(size) => write!(f, "size of {} lots is out of range", size.0),
            BookError::DuplicatePrice(price) => write!(f, "price of {} ticks appears twice", price.0),
            BookError::Crossed => f.write_str("best bid is not below best ask"),
            BookError::TooManyLevels => write!(f, "more than {MAX_LEVELS} levels on one side"),
        }
    }
}

impl core::error::Error for BookError {}

/// A price-aggregated (L2) order book.
#[derive(Clone, Debug, Default)]
pub struct L2Book {
    /// Bids, asks.
    sides: [HalfBook; 2],
    /// The best level of each, looked up once a change: everything asks for them.
    bests: [Option<(Ticks, Lots)>; 2],
    /// Where a snapshot is built before it replaces `sides`.
    spare: [HalfBook; 2],
    /// Where a snapshot that does not come best first is sorted.
    unsorted: Vec<Level>,
}

impl L2Book {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the whole book, atomically. Levels may come in any order; best first is fastest. A side may be empty.
    ///
    /// # Errors
    /// [`BookError`]; the old book is then untouched.
    pub fn apply_snapshot(&mut self, bids: &[(Ticks, Lots)], asks: &[(Ticks, Lots)]) -> Result<(), BookError> {
        for (side, levels) in Side::BOTH.into_iter().zip([bids, asks]) {
            build_side(&mut self.spare[side.index()], &mut self.unsorted, side, levels)?;
        }
        if keys_crossed(&self.spare) {
            return Err(BookError::Crossed);
        }
        core::mem::swap(&mut self.sides, &mut self.spare);
        self.find_bests();
        Ok(())
    }

    /// Applies changed levels: size 0 removes (an absent level is ignored), anything else sets. Repeated prices: the last one holds.
    /// The result may be crossed; [`L2Book::is_crossed`] tells.
    ///
    /// # Errors
    /// [`BookError`]; the old book is then untouched.
    pub fn apply_delta(&mut self, bids: &[(Ticks, Lots)], asks: &[(Ticks, Lots)]) -> Result<(), BookError> {
        for (held, levels) in self.sides.iter().zip([bids, asks]) {
            check_delta(held.len(), levels)?;
        }
        for (side, levels) in Side::BOTH.into_iter().zip([bids, asks]) {
            let half = &mut self.sides[side.index()];
            match side {
                Side::Buy => half.apply(levels.iter().map(|&(price, size)| (price.0, size))),
                Side::Sell => half.apply(levels.iter().map(|&(price, size)| (price.0.wrapping_neg(), size))),
            }
            half.settle();
        }
        self.find_bests();
        Ok(())
    }

    #[inline(always)]
    fn find_bests(&mut self) {
        let (bid, ask) = (self.levels(Side::Buy).next(), self.levels(Side::Sell).next());
        self.bests = [bid, ask];
    }

    /// Empties the book; its memory is kept.
    pub fn clear(&mut self) {
        self.sides.iter_mut().for_each(HalfBook::clear);
        self.bests = [None; 2];
    }

    /// The highest bid and its size.
    #[must_use]
    pub fn best_bid(&self) -> Option<(Ticks, Lots)> {
        self.best(Side::Buy)
    }

    /// The lowest ask and its size.
    #[must_use]
    pub fn best_ask(&self) -> Option<(Ticks, Lots)> {
        self.best(Side::Sell)
    }

    /// The best level of a side: `Buy` is the bids.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<(Ticks, Lots)> {
        self.bests[side.index()]
    }

    /// Every bid, best first.
    pub fn bids(&self) -> impl ExactSizeIterator<Item = (Ticks, Lots)> + '_ {
        self.levels(Side::Buy)
    }

    /// Every ask, best first.
    pub fn asks(&self) -> impl ExactSizeIterator<Item = (Ticks, Lots)> + '_ {
        self.levels(Side::Sell)
    }

    /// Every level of a side, best first: `Buy` is the bids.
    pub fn levels(&self, side: Side) -> impl ExactSizeIterator<Item = (Ticks, Lots)> + '_ {
        let sign = side.sign();
        self.sides[side.index()].iter().map(move |(key, size)| (Ticks(sign * key), size))
    }

    /// True if both sides have levels and the best bid is not below the best ask.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        matches!(self.bests, [Some(bid), Some(ask)] if bid.0 >= ask.0)
    }

    /// Best bid and best ask of a two-sided, uncrossed book; what every figure below needs.
    #[must_use]
    pub fn touch(&self) -> Option<((Ticks, Lots), (Ticks, Lots))> {
        let (bid, ask) = (self.best_bid()?, self.best_ask()?);
        (bid.0 < ask.0).then_some((bid, ask))
    }

    /// Best bid + best ask in ticks: twice the mid, so that it stays an integer. `None` if one-sided or crossed.
    #[must_use]
    pub fn mid_x2(&self) -> Option<i64> {
        self.touch().map(|(bid, ask)| bid.0.0 + ask.0.0)
    }

    /// Best ask − best bid. `None` if one-sided or crossed.
    #[must_use]
    pub fn spread_ticks(&self) -> Option<Ticks> {
        self.touch().map(|(bid, ask)| ask.0 - bid.0)
    }

    /// The spread in basis points of the mid. `None` if one-sided or crossed.
    #[must_use]
    pub fn spread_bps(&self) -> Option<f64> {
        self.touch().map(|(bid, ask)| 20_000.0 * float(ask.0.0 - bid.0.0) / float(bid.0.0 + ask.0.0))
    }

    /// The size-weighted mid in ticks, bid·(1−I) + ask·I with I = bid size / (bid size + ask size). `None` if one-sided or crossed.
    #[must_use]
    pub fn microprice(&self) -> Option<f64> {
        let ((bid, bid_size), (ask, ask_size)) = self.touch()?;
        Some(float(bid.0) + float(ask.0 - bid.0) * float(bid_size.0) / float(bid_size.0 + ask_size.0))
    }

    /// (bid size − ask size) / (bid size + ask size) over the `depth` best levels of each side, in [−1, 1].
    /// `None` if one-sided or crossed, or for depth 0.
    #[must_use]
    pub fn imbalance(&self, depth: usize) -> Option<f64> {
        self.touch()?;
        let total = |side| self.levels(side).take(depth).map(|level| level.1.0).sum::<i64>();
        let (bid, ask) = (total(Side::Buy), total(Side::Sell));
        (bid + ask > 0).then(|| float(bid - ask) / float(bid + ask))
    }

    /// The size-weighted mean price in ticks of the `depth` best levels of a side; `None` if there are none.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn vwap(&self, side: Side, depth: usize) -> Option<f64> {
        let (mut value, mut size) = (0_i128, 0_i64);
        for (price, lots) in self.levels(side).take(depth) {
            value += i128::from(price.0) * i128::from(lots.0);
            size += lots.0;
        }
        (size > 0).then(|| value as f64 / float(size))
    }

    /// The size of a side at `price` or better: bids at or above it, asks at or below it.
    #[must_use]
    pub fn depth_at_price(&self, price: Ticks, side: Side) -> Lots {
        let key = side.sign().saturating_mul(price.0);
        Lots(self.sides[side.index()].iter().take_while(|level| level.0 >= key).map(|level| level.1.0).sum())
    }

    /// The best level of everyone else: our own resting sizes `own` (any order, prices may repeat) are subtracted,
    /// and levels that are wholly ours skipped.
    #[must_use]
    #[inline]
    pub fn best_excluding(&self, side: Side, own: &[(Ticks, Lots)]) -> Option<(Ticks, Lots)> {
        let best = self.best(side)?;
        // Almost always the best level is not ours, and there is no need to walk the side.
        if own.iter().all(|row| row.0 != best.0) {
            return Some(best);
        }
        self.walk_excluding(side, own)
    }

    #[inline(never)]
    fn walk_excluding(&self, side: Side, own: &[(Ticks, Lots)]) -> Option<(Ticks, Lots)> {
        self.levels(side).find_map(|(price, size)| {
            let ours = own.iter().filter(|row| row.0 == price).fold(0_i64, |sum, row| sum.saturating_add(row.1.0));
            let others = size.0.saturating_sub(ours);
            (others > 0).then_some((price, Lots(others)))
        })
    }
}

/// Exact below 2^53; the sums that exceed it are rounded once.
#[allow(clippy::cast_precision_loss)]
fn float(value: i64) -> f64 {
    value as f64
}

/// Bid price ≥ ask price, in keys: bid key ≥ −ask key.
fn keys_crossed(sides: &[HalfBook; 2]) -> bool {
    matches!((sides[0].best_key(), sides[1].best_key()), (Some(bid), Some(ask)) if bid + ask >= 0)
}

fn check_level(price: Ticks, size: Lots, smallest: Lots) -> Result<(), BookError> {
    if price <= Ticks::ZERO || price > MAX_PRICE {
        return Err(BookError::Price(price));
    }
    if size < smallest || size > MAX_SIZE {
        return Err(BookError::Size(size));
    }
    Ok(())
}

/// Fills `out` with a snapshot's side.
fn build_side(out: &mut HalfBook, unsorted: &mut Vec<Level>, side: Side, levels: &[(Ticks, Lots)]) -> Result<(), BookError> {
    if levels.len() > MAX_LEVELS {
        return Err(BookError::TooManyLevels);
    }
    levels.iter().try_for_each(|&(price, size)| check_level(price, size, Lots(1)))?;
    let keyed = levels.iter().map(|&(price, size)| (side.sign() * price.0, size));
    if keyed.clone().is_sorted_by(|a, b| a.0 > b.0) {
        out.replace(keyed);
        return Ok(());
    }
    unsorted.clear();
    unsorted.extend(keyed);
    unsorted.sort_unstable();
    if let Some(pair) = unsorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(BookError::DuplicatePrice(Ticks(pair[0].0.abs())));
    }
    out.replace(unsorted.iter().rev().copied());
    Ok(())
}

/// The level bound is judged as if every row were a new level: simple, and the bound is generous.
fn check_delta(held: usize, levels: &[(Ticks, Lots)]) -> Result<(), BookError> {
    if held + levels.len() > MAX_LEVELS {
        return Err(BookError::TooManyLevels);
    }
    // Without a branch a level: which one is wrong is looked for only if one is. A distance from a bound is negative beyond it.
    let beyond = |&(price, size): &(Ticks, Lots)| {
        price.0.wrapping_sub(1) | price.0 | MAX_PRICE.0.wrapping_sub(price.0) | MAX_SIZE.0.wrapping_sub(size.0) | size.0
    };
    if levels.iter().fold(0, |all, level| all | beyond(level)) >= 0 {
        return Ok(());
    }
    levels.iter().try_for_each(|&(price, size)| check_level(price, size, Lots::ZERO))
}
