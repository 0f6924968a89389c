//! What no honest book of a live market looks like: one-sided, crossed, or at an absurd price.
//!
//! Such a book may look well again after its next delta and still hold what made it so: only a snapshot mends it. One that agrees with an
//! absurd price makes that the price.

use crate::book::L2Book;
use crate::fact::Distrust;

/// One market's books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShapeWatch {
    /// Of the last book with a touch, trusted or not.
    mid_x2: Option<i64>,
}

impl ShapeWatch {
    /// Looks at the book after a frame; says why it must not be used.
    #[inline(always)]
    pub fn look(&mut self, book: &L2Book) -> Option<Distrust> {
        if book.best_bid().is_none() || book.best_ask().is_none() {
            return Some(Distrust::OneSided);
        }
        let Some((bid, ask)) = book.touch() else { return Some(Distrust::Crossed) };
        let mid_x2 = bid.0.0 + ask.0.0;
        let last_x2 = self.mid_x2.replace(mid_x2).unwrap_or(mid_x2);
        let absurd = ask.0.0 > 2 * bid.0.0 || mid_x2 > 2 * last_x2 || last_x2 > 2 * mid_x2;
        absurd.then_some(Distrust::Absurd)
    }
}
