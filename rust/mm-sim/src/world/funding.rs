//! The judge of funding: what the venue has settled of each market against what the bot has booked, in number and to the last digit.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use mm_core::ids::{ExecId, MarketIx};

/// One market's settlements, each counted and added up, at 1e-18 of the settle coin; received is positive.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    settled: (u64, i128),
    booked: (u64, i128),
}

#[derive(Clone, Debug, Default)]
pub struct FundingWatch {
    ids: BTreeSet<ExecId>,
    rows: Vec<Row>,
}

impl FundingWatch {
    pub fn new(markets: usize) -> Self {
        Self { ids: BTreeSet::new(), rows: alloc::vec![Row::default(); markets] }
    }

    pub fn knows(&self, id: ExecId) -> bool {
        self.ids.contains(&id)
    }

    /// The venue has settled.
    pub fn settled(&mut self, id: ExecId, market: MarketIx, amount: i128) {
        if self.ids.insert(id)
            && let Some(row) = self.rows.get_mut(market.index())
        {
            row.settled = (row.settled.0 + 1, row.settled.1 + amount);
        }
    }

    /// The bot says that it has booked a settlement; true if there was one more to book.
    pub fn booked(&mut self, market: MarketIx, amount: i128) -> bool {
        let Some(row) = self.rows.get_mut(market.index()) else { return false };
        row.booked = (row.booked.0 + 1, row.booked.1 + amount);
        row.booked.0 <= row.settled.0
    }

    /// A new run of the bot books everything of the day once more.
    pub fn renewed(&mut self) {
        self.rows.iter_mut().for_each(|row| row.booked = (0, 0));
    }

    /// What the bot has booked of a market.
    pub fn sum(&self, market: MarketIx) -> i128 {
        self.rows.get(market.index()).map_or(0, |row| row.booked.1)
    }

    /// Everything settled is booked once.
    pub fn is_even(&self) -> bool {
        self.rows.iter().all(|row| row.settled == row.booked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settlement_that_is_booked_twice_or_for_another_sum_is_told() {
        let id = ExecId::new(b"f1").unwrap_or(ExecId::EMPTY);
        let mut watch = FundingWatch::new(1);
        watch.settled(id, MarketIx(0), -5);
        watch.settled(id, MarketIx(0), -5);
        assert!(watch.booked(MarketIx(0), -4), "there was one to book");
        assert!(!watch.is_even(), "of another sum");
        assert!(!watch.booked(MarketIx(0), -1), "there is no second one");
        assert_eq!(watch.sum(MarketIx(0)), -5);
        assert!(!watch.is_even(), "the sum alone does not make it right");
    }
}
