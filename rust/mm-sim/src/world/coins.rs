//! The judge of coins: the bot may take over what somebody has moved into the account or out of it, once, to the last digit, and nothing else.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mm_core::ids::Coin;
use mm_core::units::Amount;

/// Wallets are told at 1e-8, at the beginning and now; entry prices too, of no more than some coins of position.
const ROUNDING: Amount = Amount(1_000_000_000_000);

/// One coin's transfers, added up, and what the bot has taken over of them.
#[derive(Clone, Debug, Default)]
struct Row {
    /// After each transfer: the sum of all, and when.
    moved: Vec<(Amount, i64)>,
    /// How many of them have been taken over.
    known: usize,
}

#[derive(Clone, Debug, Default)]
pub struct CoinJudge {
    rows: BTreeMap<Coin, Row>,
    /// The longest that a transfer was not taken over, of those that were.
    pub known_ns: i64,
}

impl CoinJudge {
    /// Somebody moves a coin: in, or (negative) out.
    pub fn moved(&mut self, coin: Coin, amount: Amount, now_ns: i64) {
        let moved = &mut self.rows.entry(coin).or_default().moved;
        let before = moved.last().map_or(Amount::ZERO, |last| last.0);
        moved.push((before + amount, now_ns));
    }

    /// The bot takes a difference over: true if it is what transfers that it did not know come to.
    pub fn taken(&mut self, coin: Coin, difference: Amount, now_ns: i64) -> bool {
        let Some(row) = self.rows.get_mut(&coin) else { return false };
        let taken = difference + row.known.checked_sub(1).map_or(Amount::ZERO, |last| row.moved[last].0);
        let fits = |sum: Amount| (sum - taken).abs() <= ROUNDING;
        let Some(known) = (row.known..row.moved.len()).rev().find(|at| fits(row.moved[*at].0)) else { return false };
        self.known_ns = self.known_ns.max(now_ns - row.moved[row.known].1);
        row.known = known + 1;
        true
    }

    /// A new run of the bot agrees to the wallet as it finds it.
    pub fn renewed(&mut self) {
        for row in self.rows.values_mut() {
            row.known = row.moved.len();
        }
    }

    /// Every transfer of a coin that the bot watches is known.
    pub fn is_even(&self, watched: impl Fn(Coin) -> bool) -> bool {
        self.rows.iter().all(|(coin, row)| row.known == row.moved.len() || !watched(*coin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_moved_is_taken_over_and_once() {
        let coin = Coin::new(b"USDT").unwrap_or(Coin::EMPTY);
        let mut judge = CoinJudge::default();
        assert!(!judge.taken(coin, Amount::ONE, 0), "nobody has moved any");
        judge.moved(coin, Amount::ONE, 1);
        judge.moved(coin, -Amount::ONE - Amount::ONE, 2);
        assert!(!judge.is_even(|_| true) && judge.is_even(|_| false));
        assert!(judge.taken(coin, -Amount::ONE, 5), "both at once");
        assert!(judge.is_even(|_| true));
        assert_eq!(judge.known_ns, 4);
        assert!(!judge.taken(coin, -Amount::ONE, 6), "a second time");
        judge.moved(coin, Amount::ONE, 7);
        assert!(!judge.taken(coin, Amount::ONE + Amount::ONE, 8), "another sum");
    }
}
