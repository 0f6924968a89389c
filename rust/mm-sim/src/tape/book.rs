//! The book as it was recorded: nothing of ours in it, and nothing of ours moves it.

use alloc::collections::BTreeMap;

use mm_core::units::{Lots, Side, Ticks};

use super::recording::BookBody;

/// A price as its rank on a side: the lower, the better, so that a map runs from the best level outwards on both sides.
pub(super) fn rank(side: Side, price: Ticks) -> i64 {
    -side.sign() * price.0
}

/// The price of a rank.
pub(super) fn price(side: Side, rank: i64) -> Ticks {
    Ticks(-side.sign() * rank)
}

/// One market's recorded levels.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordedBook {
    sides: [BTreeMap<i64, Lots>; 2],
    /// How many levels a side the recording shows; 0 until the first frame.
    depth: u16,
}

impl RecordedBook {
    pub(super) fn apply(&mut self, body: &BookBody) {
        if body.snapshot {
            self.sides.iter_mut().for_each(BTreeMap::clear);
        }
        self.depth = body.depth;
        for (side, steps) in [(Side::Buy, &body.bids), (Side::Sell, &body.asks)] {
            let levels = &mut self.sides[side.index()];
            for &(at, size) in steps {
                if size == Lots::ZERO {
                    levels.remove(&rank(side, at));
                } else {
                    levels.insert(rank(side, at), size);
                }
            }
        }
    }

    /// All levels of a side, best first.
    pub(super) fn levels(&self, side: Side) -> impl Iterator<Item = (Ticks, Lots)> {
        self.sides[side.index()].iter().map(move |(rank, size)| (price(side, *rank), *size))
    }

    pub(super) fn best(&self, side: Side) -> Option<Ticks> {
        self.levels(side).next().map(|level| level.0)
    }

    /// Displayed size at a price: `None` where the recording does not say, that is before the first frame and past its deepest level.
    pub(super) fn displayed(&self, side: Side, at: Ticks) -> Option<Lots> {
        let levels = &self.sides[side.index()];
        let whole = self.depth > 0 && levels.len() < usize::from(self.depth);
        let covered = levels.last_key_value().is_some_and(|(worst, _)| rank(side, at) <= *worst);
        (whole || covered).then(|| levels.get(&rank(side, at)).copied().unwrap_or(Lots::ZERO))
    }

    /// Whether an order of `side` at this price would trade with the opposite best: an exact touch does.
    pub(super) fn is_reached_by(&self, side: Side, at: Ticks) -> bool {
        self.best(side.opposite()).is_some_and(|opposite| rank(side, at) <= rank(side, opposite))
    }
}
