//! Quoting models: pure functions from signals to desired quotes. Floats end here; what leaves is integers.

use alloc::vec::Vec;
use core::fmt;

use crate::units::{Lots, Side, Ticks};

pub mod avellaneda_stoikov;
pub mod declared;
pub mod glft;
pub mod ladder;
pub mod stages;
pub mod tridiagonal;

/// The most levels of one side.
pub const MAX_LEVELS: usize = 10;
const CAPACITY: usize = 2 * MAX_LEVELS;
/// One tick in the unit of [`Explanation`].
pub const MICRO_TICKS: i64 = 1_000_000;

/// Why a price is what it is: named contributions in integer micro-ticks (1e-6 tick) that sum exactly to the price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The mid of the others' best prices.
    pub mid: i64,
    /// How far the microprice moves the fair price away from the mid.
    pub microprice: i64,
    /// The three other moves of the fair price: resting sizes near the touch, their recent changes, funding to come.
    pub imbalance: i64,
    pub order_flow: i64,
    pub funding: i64,
    /// The model's half spread: negative on a bid, positive on an ask. So are the next three.
    pub half_spread: i64,
    /// What the fee-aware floor adds to it.
    pub floor_top_up: i64,
    /// What the toxicity guard adds to the floor.
    pub toxicity: i64,
    /// What this level lies further out than the first, whole ticks against a shared price included.
    pub level: i64,
    /// How far a strategy outside the core wants it from the mid; that strategy knows its own reasons.
    pub strategy: i64,
    /// The inventory shift: the same number on both sides, against the position.
    pub skew: i64,
    /// What it took to stay off the opposite best.
    pub post_only: i64,
    /// To the grid, away from the touch: bids down, asks up, by less than a tick.
    pub rounding: i64,
}

impl Explanation {
    /// The sum of all contributions: the price in micro-ticks.
    #[must_use]
    pub fn price(&self) -> i64 {
        self.unrounded() + self.rounding
    }

    /// Every contribution by name, in the order in which they add up.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, i64); 13] {
        [
            ("mid", self.mid),
            ("microprice", self.microprice),
            ("imbalance", self.imbalance),
            ("order_flow", self.order_flow),
            ("funding", self.funding),
            ("half_spread", self.half_spread),
            ("floor_top_up", self.floor_top_up),
            ("toxicity", self.toxicity),
            ("level_distance", self.level),
            ("strategy", self.strategy),
            ("skew", self.skew),
            ("post_only", self.post_only),
            ("rounding", self.rounding),
        ]
    }

    #[inline(always)]
    fn unrounded(&self) -> i64 {
        let fair = self.mid + self.microprice + self.imbalance + self.order_flow + self.funding;
        fair + self.half_spread + self.floor_top_up + self.toxicity + self.level + self.strategy + self.skew + self.post_only
    }
}

/// A desired resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    pub side: Side,
    /// 0 is nearest to the touch.
    pub level: u8,
    /// The parameter set that made it.
    pub colour: u8,
    pub price: Ticks,
    pub qty: Lots,
    pub explanation: Explanation,
}

/// Up to [`MAX_LEVELS`] quotes a side: bids then asks, each from the touch outward.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quotes {
    rows: Vec<Quote>,
}

impl Quotes {
    /// No quotes: nothing should rest.
    #[must_use]
    pub const fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// Appends a quote; false if there is no room.
    pub fn push(&mut self, quote: Quote) -> bool {
        let room = self.rows.len() < CAPACITY;
        if room {
            self.rows.push(quote);
        }
        room
    }

    /// Takes all quotes away; the memory is kept for the next.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Keeps the quotes that `keep` wants, asked in order; it may change them.
    pub fn retain(&mut self, keep: impl FnMut(&mut Quote) -> bool) {
        self.rows.retain_mut(keep);
    }

    #[must_use]
    pub fn as_slice(&self) -> &[Quote] {
        &self.rows
    }

    /// The quotes of one side, from the touch outward.
    pub fn side(&self, side: Side) -> impl Iterator<Item = &Quote> {
        self.as_slice().iter().filter(move |quote| quote.side == side)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// A model parameter outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamError {
    pub field: &'static str,
    pub why: &'static str,
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.why)
    }
}

impl core::error::Error for ParamError {}

/// Checks fields that must lie in closed ranges: (field, value, least, most, what must hold).
pub(crate) fn check_ranges(fields: &[(&'static str, f64, f64, f64, &'static str)]) -> Result<(), ParamError> {
    for &(field, value, least, most, why) in fields {
        if !(least..=most).contains(&value) {
            return Err(ParamError { field, why });
        }
    }
    Ok(())
}

/// Checks fields that must lie above 0 and at most at a limit: (field, value, limit, what must hold).
fn check_positive(fields: &[(&'static str, f64, f64, &'static str)]) -> Result<(), ParamError> {
    for &(field, value, most, why) in fields {
        if !(0.0 < value && value <= most) {
            return Err(ParamError { field, why });
        }
    }
    Ok(())
}
