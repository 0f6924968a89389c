//! Trades against the book: a book that shows what has been traded away, or that does not move after a trade, is not the venue's.
//!
//! Trades normally come before their book frame and often print through the shown book, so neither is a contradiction by itself. What is:
//! a frame at or after the trade's `seq` that still shows, untouched, a level which the trade must have consumed; and no such frame
//! within [`FRAME_DUE_NS`].

use crate::book::L2Book;
use crate::input::Trade;
use crate::units::{Lots, Side, Ticks};

/// A trade's book frame must have come by then.
pub const FRAME_DUE_NS: i64 = 1_000_000_000;

/// One market's trades that its book has not answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct TradeWatch {
    /// `seq` of the newest frame of the book.
    framed_seq: u64,
    /// The oldest unanswered trade: its `seq`, and when it came.
    owed: Option<(u64, i64)>,
    /// Per side: a level better than a trade's price as it stood when the trade came, and the trade's `seq`.
    consumed: [Option<(Ticks, Lots, u64)>; 2],
}

impl TradeWatch {
    /// Trades came. `book` is as it stood before them.
    pub fn traded(&mut self, trades: &[Trade], book: &L2Book, now_ns: i64) {
        for trade in trades.iter().filter(|trade| !trade.off_book) {
            // Without a sequence it cannot be told which frame answers it.
            let Some(seq) = trade.seq.filter(|seq| *seq > self.framed_seq) else { continue };
            self.owed.get_or_insert((seq, now_ns));
            let resting = trade.side.opposite();
            // A taker who paid `price` took everything better first.
            let better = |level: &(Ticks, Lots)| (trade.price - level.0).0 * trade.side.sign() > 0;
            if let Some((price, qty)) = book.best(resting).filter(better) {
                self.consumed[resting.index()].get_or_insert((price, qty, seq));
            }
        }
    }

    /// A frame of the book was applied; true if it contradicts a trade.
    pub fn framed(&mut self, seq: u64, book: &L2Book) -> bool {
        self.framed_seq = self.framed_seq.max(seq);
        self.owed = self.owed.filter(|(owed, _)| *owed > seq);
        let mut contradicted = false;
        for side in Side::BOTH {
            if let Some((price, qty, traded_seq)) = self.consumed[side.index()]
                && seq >= traded_seq
            {
                self.consumed[side.index()] = None;
                contradicted |= book.best(side) == Some((price, qty));
            }
        }
        contradicted
    }

    /// When the oldest unanswered trade will have waited too long.
    #[must_use]
    pub fn due_ns(&self) -> Option<i64> {
        self.owed.map(|(_, at_ns)| at_ns + FRAME_DUE_NS)
    }

    /// The stream begins anew.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(asks: &[(i64, i64)]) -> L2Book {
        let mut book = L2Book::new();
        let asks: alloc::vec::Vec<_> = asks.iter().map(|&(price, qty)| (Ticks(price), Lots(qty))).collect();
        book.apply_snapshot(&[(Ticks(90), Lots(5))], &asks).unwrap();
        book
    }

    fn bought(price: i64, seq: u64) -> Trade {
        Trade { engine_ms: 0, side: Side::Buy, price: Ticks(price), qty: Lots(1), seq: Some(seq), off_book: false }
    }

    #[test]
    fn a_level_that_a_trade_went_through_must_change() {
        let mut watch = TradeWatch::default();
        let shown = book(&[(100, 7), (101, 9)]);
        watch.traded(&[bought(101, 20)], &shown, 0);
        assert!(!watch.framed(19, &shown), "this frame is older than the trade");
        assert!(watch.framed(20, &shown));
        assert!(!watch.framed(21, &shown), "said once");
    }

    #[test]
    fn a_trade_at_the_touch_or_a_level_that_came_anew_is_ordinary() {
        let shown = book(&[(100, 7), (101, 9)]);
        let mut watch = TradeWatch::default();
        watch.traded(&[bought(100, 20)], &shown, 0);
        assert!(!watch.framed(20, &shown));
        watch.traded(&[bought(101, 30)], &shown, 0);
        assert!(!watch.framed(30, &book(&[(100, 3), (101, 9)])));
        let block = Trade { off_book: true, ..bought(105, 40) };
        watch.traded(&[block], &shown, 0);
        assert_eq!(watch.due_ns(), None);
    }

    #[test]
    fn a_trade_wants_its_frame_within_a_second_unless_the_frame_came_first() {
        let shown = book(&[(100, 7)]);
        let mut watch = TradeWatch::default();
        watch.framed(20, &shown);
        watch.traded(&[bought(100, 20)], &shown, 5);
        assert_eq!(watch.due_ns(), None);
        watch.traded(&[bought(100, 21), bought(100, 22)], &shown, 7);
        assert_eq!(watch.due_ns(), Some(7 + FRAME_DUE_NS));
        watch.framed(21, &shown);
        assert_eq!(watch.due_ns(), None);
    }
}
