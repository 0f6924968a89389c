//! Background traders of one market: a random fair price, quotes around it in fixed slots, and takers.
//!
//! A slot is one background order a fixed number of ticks from the fair price; an event moves the fair price, lets those who are
//! now on its wrong side pull or be hit, sometimes sends a taker, and re-quotes a few slots. Slots are fixed in number, so nothing grows.

use alloc::vec::Vec;

use mm_core::instrument::Instrument;
use mm_core::rng::Rng;
use mm_core::units::{Amount, Lots, Side, Ticks};

use super::book::{Book, Fill, Owner};
use crate::liquidity::NEVER_NS;

/// Share of the orders on the wrong side of a moved fair price that are pulled before anyone hits them.
const PULLED: f64 = 0.85;
/// The fair price is drawn back to the start over this time, so that a run of days stays in a plausible range.
const PULL_BACK_S: f64 = 4.0 * 3600.0;

/// No taker reaches further, so that none empties a side.
pub const MAX_REACH_BPS: f64 = 3.5;

/// How lively the background is. The defaults give about 25 book changes and 2 trades a second and market.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// Mean rate of events; 0 freezes the book as it was laid out.
    pub events_per_s: f64,
    /// Mean rate of takers (at most one per event).
    pub takers_per_s: f64,
    /// Standard deviation of the fair price over one second, in basis points.
    pub volatility_bps: f64,
    /// Mean distance behind the touch that a taker accepts, in basis points (exponential, cut at [`MAX_REACH_BPS`]).
    pub taker_reach_bps: f64,
    /// Share of takers who take everything up to their limit; the others want a usual size.
    pub sweep_share: f64,
    /// Background orders a side; 0 for an empty book.
    pub slots: usize,
    /// Slots quoted anew at each event.
    pub requotes: usize,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            events_per_s: 25.0,
            takers_per_s: 2.0,
            volatility_bps: 0.4,
            taker_reach_bps: 1.0,
            sweep_share: 0.1,
            slots: 360,
            requotes: 12,
        }
    }
}

impl Flow {
    /// The laid-out book and nothing after it.
    #[must_use]
    pub fn frozen() -> Self {
        Self { events_per_s: 0.0, ..Self::default() }
    }

    /// The same market with a 25th of the events and takers.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { events_per_s: self.events_per_s / 25.0, takers_per_s: self.takers_per_s / 25.0, ..self }
    }

    /// No background at all: an empty book.
    #[must_use]
    pub fn empty() -> Self {
        Self { slots: 0, ..Self::frozen() }
    }
}

/// One taker's trades of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) side: Side,
    pub(super) fills: Vec<Fill>,
}

#[derive(Clone, Debug)]
pub(super) struct Background {
    flow: Flow,
    rng: Rng,
    start_ticks: f64,
    /// Ticks from one slot to the next: 1 until the tick becomes finer, so that the book stays as deep.
    spacing: i64,
    /// ln(fair / start).
    drift: f64,
    /// The fair price in steps of `spacing`, rounded down.
    fair: i64,
    typical: f64,
    last_ns: i64,
    pub(super) next_ns: i64,
}

impl Background {
    /// Lays out the book; silent until [`Background::start`].
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn new(flow: Flow, seed: u64, start: Ticks, typical: Lots, book: &mut Book) -> Self {
        let (rng, start_ticks, typical) = (Rng::new(seed), start.0 as f64 + 0.5, typical.0 as f64);
        let mut background = Self { flow, rng, start_ticks, spacing: 1, drift: 0.0, fair: 0, typical, last_ns: 0, next_ns: NEVER_NS };
        background.lay_out(book);
        background
    }

    /// Quotes every slot into an empty book.
    fn lay_out(&mut self, book: &mut Book) {
        self.find_fair();
        for slot in 0..self.flow.slots {
            Side::BOTH.into_iter().for_each(|side| self.quote(side, slot, book));
        }
    }

    /// Goes on in another grid, at the same fair price: lays out an empty book anew.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn regrid(&mut self, old: &Instrument, new: &Instrument, book: &mut Book) {
        let ratio = |old: Amount, new: Amount| old.0 as f64 / new.0 as f64;
        self.start_ticks *= ratio(old.tick_size, new.tick_size);
        self.typical *= ratio(old.qty_step, new.qty_step);
        let apart = i128::from(self.spacing) * old.tick_size.0 / new.tick_size.0.max(1);
        self.spacing = i64::try_from(apart).unwrap_or(1).max(1);
        self.lay_out(book);
    }

    /// The fair price moves at once; the next event finds who stands on the wrong side of it.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn shift(&mut self, bps: i64) {
        self.drift += bps as f64 * 1e-4;
        self.find_fair();
    }

    pub(super) fn start(&mut self, now_ns: i64) {
        self.last_ns = now_ns;
        if self.flow.events_per_s > 0.0 && self.next_ns == NEVER_NS {
            self.next_ns = now_ns + self.waiting_ns();
        }
    }

    /// One event at its own time; the takers' trades are appended to `taken`.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn step(&mut self, now_ns: i64, book: &mut Book, taken: &mut Vec<Taken>) {
        let elapsed_s = (now_ns - self.last_ns) as f64 / 1e9;
        self.last_ns = now_ns;
        self.next_ns = now_ns + self.waiting_ns();
        let shock = self.gauss() * self.flow.volatility_bps * 1e-4 * libm::sqrt(elapsed_s);
        self.drift += shock - self.drift * (elapsed_s / PULL_BACK_S).min(1.0);
        self.find_fair();
        self.correct(book, taken);
        if self.rng.chance(self.flow.takers_per_s / self.flow.events_per_s) {
            self.take(book, taken);
        }
        self.requote(book);
    }

    /// Those on the wrong side of the fair price pull their orders or are hit.
    fn correct(&mut self, book: &mut Book, taken: &mut Vec<Taken>) {
        for side in Side::BOTH {
            let limit = self.inner(side);
            let mut stale = Vec::new();
            book.reachable(side, limit, &mut stale);
            for (owner, _) in stale {
                if matches!(owner, Owner::Background(_)) && self.rng.chance(PULLED) {
                    book.remove(owner);
                }
            }
            let mut fills = Vec::new();
            book.execute(side, limit, Lots(i64::MAX), &mut fills);
            if !fills.is_empty() {
                taken.push(Taken { side, fills });
            }
        }
    }

    /// Someone crosses the spread for a size of their own.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    fn take(&mut self, book: &mut Book, taken: &mut Vec<Taken>) {
        let side = if self.rng.chance(0.5) { Side::Buy } else { Side::Sell };
        let reach_bps = self.rng.exponential(self.flow.taker_reach_bps).min(MAX_REACH_BPS);
        let (usual, sweeps) = (self.size(3.0), self.rng.chance(self.flow.sweep_share));
        let size = if sweeps { Lots(i64::MAX) } else { usual };
        let Some(touch) = book.best(side.opposite()) else { return };
        let reach = libm::floor(touch.0 as f64 * reach_bps * 1e-4) as i64;
        let mut fills = Vec::new();
        book.execute(side, Ticks(touch.0 + side.sign() * reach), size, &mut fills);
        if !fills.is_empty() {
            taken.push(Taken { side, fills });
        }
    }

    /// Re-quotes slots: every other one near the touch, where markets are busiest.
    #[allow(clippy::cast_possible_truncation)]
    fn requote(&mut self, book: &mut Book) {
        for turn in 0..self.flow.requotes {
            let side = if self.rng.chance(0.5) { Side::Buy } else { Side::Sell };
            let span = if turn % 2 == 0 { self.flow.slots } else { self.flow.slots.div_ceil(6) };
            let slot = self.rng.below(span as u64) as usize;
            if slot < self.flow.slots {
                self.quote(side, slot, book);
            }
        }
    }

    fn quote(&mut self, side: Side, slot: usize, book: &mut Book) {
        let owner = Owner::Background(2 * slot as u64 + side.index() as u64);
        let qty = self.size(if slot < 20 { 1.0 } else { 1.5 });
        let distance = i64::try_from(slot).unwrap_or(i64::MAX);
        let distance = distance.saturating_mul(self.spacing);
        let price = Ticks(self.inner(side).0.saturating_sub(side.sign().saturating_mul(distance)));
        if price.0 > 0 && !book.crosses(side, price) {
            book.insert(owner, side, price, qty);
        } else {
            book.remove(owner);
        }
    }

    /// The best price that a background order of `side` may have: below the fair price for a bid, above for an ask.
    fn inner(&self, side: Side) -> Ticks {
        Ticks(self.spacing.saturating_mul(if side == Side::Buy { self.fair } else { self.fair.saturating_add(1) }))
    }

    /// After every change of drift, grid or spacing.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn find_fair(&mut self) {
        self.fair = libm::floor(self.start_ticks * libm::exp(self.drift) / self.spacing as f64) as i64;
    }

    #[allow(clippy::cast_possible_truncation)]
    fn size(&mut self, factor: f64) -> Lots {
        let drawn = self.typical * factor * libm::exp(0.9 * self.gauss());
        Lots((drawn as i64).max(1))
    }

    #[allow(clippy::cast_possible_truncation)]
    fn waiting_ns(&mut self) -> i64 {
        (self.rng.exponential(1e9 / self.flow.events_per_s) as i64).max(1)
    }

    /// A standard normal draw (Box–Muller, one of the pair).
    fn gauss(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.rng.unit()));
        radius * libm::cos(core::f64::consts::TAU * self.rng.unit())
    }
}
