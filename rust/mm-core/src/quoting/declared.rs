//! Quotes that a strategy outside the core declares, and what it takes to make desired orders of them.
//!
//! ```text
//! bid = floor(min(declared, opposite best − 1 tick))     ask = ceil(max(declared, opposite best + 1 tick))
//! ```
//! Rounding goes away from the touch, in whole ticks; a declared price is exact to 1e-6 tick before it.

use super::stages::{Inputs, to_grid};
use super::{Explanation, MAX_LEVELS, MICRO_TICKS, Quote, Quotes};
use crate::book::MAX_PRICE;
use crate::instrument::Instrument;
use crate::units::{Lots, Side, Ticks};

/// One quote as a strategy declared it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    pub side: Side,
    /// Of the parameter set that made it.
    pub colour: u8,
    /// In 1e-6 ticks.
    pub price: i64,
    pub qty: Lots,
}

/// Why an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The strategy raised an error.
    Raised,
    /// It took longer than it may.
    Late,
    /// Not quotes at all.
    Shape,
    /// A price that is no decimal, or outside what the instrument allows.
    Price,
    /// A size that is no decimal, or outside what the instrument allows (its least order value included).
    Qty,
    /// More than [`MAX_LEVELS`] quotes on a side.
    Levels,
    /// The best bid reaches the best ask.
    Crossed,
}

impl Fault {
    /// Every fault; its place is its number in a capture.
    pub const ALL: [Fault; 7] = [Fault::Raised, Fault::Late, Fault::Shape, Fault::Price, Fault::Qty, Fault::Levels, Fault::Crossed];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Raised => "raised",
            Fault::Late => "late",
            Fault::Shape => "shape",
            Fault::Price => "price",
            Fault::Qty => "qty",
            Fault::Levels => "levels",
            Fault::Crossed => "crossed",
        }
    }
}

impl Declared {
    /// The price on the grid: a bid down, an ask up.
    fn rounded(&self) -> Ticks {
        Ticks((self.price + to_grid(self.price, self.side)) / MICRO_TICKS)
    }

    /// The price at which it may rest against these bests, and why.
    fn place(&self, inputs: &Inputs) -> (Ticks, Explanation) {
        let mid = (inputs.best_bid.0 + inputs.best_ask.0) * (MICRO_TICKS / 2);
        let free = match self.side {
            Side::Buy => self.price.min((inputs.best_ask.0 - 1) * MICRO_TICKS),
            Side::Sell => self.price.max((inputs.best_bid.0 + 1) * MICRO_TICKS),
        };
        let rounding = to_grid(free, self.side);
        let explanation = Explanation { mid, strategy: self.price - mid, post_only: free - self.price, rounding, ..Explanation::default() };
        (Ticks((free + rounding) / MICRO_TICKS), explanation)
    }
}

/// Checks an answer and brings it into order: bids, then asks, each from the touch outward.
///
/// # Errors
/// The first [`Fault`]; nothing of such an answer is used.
pub fn checked(rows: &[Declared], spec: &Instrument, into: &mut alloc::vec::Vec<Declared>) -> Result<(), Fault> {
    into.clear();
    for row in rows {
        let price = (0..=MAX_PRICE.0 * MICRO_TICKS).contains(&row.price).then(|| row.rounded()).ok_or(Fault::Price)?;
        if price <= Ticks::ZERO || price < spec.min_price || price > spec.max_price {
            return Err(Fault::Price);
        }
        let too_small = row.qty <= Lots::ZERO || row.qty < spec.min_qty || spec.notional(price, row.qty) < spec.min_notional;
        if too_small || row.qty > spec.max_qty {
            return Err(Fault::Qty);
        }
    }
    for side in Side::BOTH {
        let first = into.len();
        into.extend(rows.iter().filter(|row| row.side == side));
        if into.len() - first > MAX_LEVELS {
            return Err(Fault::Levels);
        }
        into[first..].sort_by_key(|row| -row.price * side.sign());
    }
    let best = |side: Side| into.iter().find(|row| row.side == side).map(Declared::rounded);
    match (best(Side::Buy), best(Side::Sell)) {
        (Some(bid), Some(ask)) if bid >= ask => Err(Fault::Crossed),
        _ => Ok(()),
    }
}

/// Appends the desired quotes of a checked answer in the market as it is now.
pub fn append(rows: &[Declared], inputs: &Inputs, out: &mut Quotes) {
    let mut levels = [0_u8; 2];
    for row in rows {
        let (price, explanation) = row.place(inputs);
        let level = &mut levels[row.side.index()];
        if price > Ticks::ZERO {
            out.push(Quote { side: row.side, level: *level, colour: row.colour, price, qty: row.qty, explanation });
            *level += 1;
        }
    }
}
