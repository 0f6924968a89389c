//! Calibration of the trade intensity lambda(d) = A·exp(−k·d): how often market orders reach d or more ticks beyond the mid.
//!
//! Time is cut into steps of h seconds. For each step and side the deepest print is compared with the mid before the step. A print at
//! depth D shows an order that reached D but not D + 1 tick, and prints nearer than the touch cannot be seen, so:
//!
//! - depths are counted in half ticks, since the mid may lie between two prices, and each bin is a whole number of ticks wide; odd and
//!   even depths have bins of their own, each beginning exactly at a possible print;
//! - a step exposes the bins from the touch outward that no deeper print hides; in each of them it did or did not end.
//!
//! With mu = A·(exp(−k·lower) − exp(−k·upper))·h per exposed step, a bin's hits are binomial with p = 1 − exp(−mu): exactly the Poisson
//! process, seen through one maximum per step. The fit maximises that likelihood; bins without a hit count through their exposure.
//! What lies beyond the last bin is out of the fit (the near range). There is no queue in this estimate: it over-states fills at the touch.

mod fit;

use crate::units::{Side, Ticks};
pub use fit::{Bin, Fit, MIN_HITS, fit};

/// Bins of each parity.
pub const BINS: usize = 64;

/// lambda(d) = `per_second` · exp(−`decay` · d): A in 1/s, k per unit of d.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intensity {
    pub per_second: f64,
    pub decay: f64,
}

/// The others' mid and touch, in half ticks.
#[derive(Clone, Copy, Debug)]
struct Quoted {
    mid_x2: i64,
    /// From the mid to either best.
    touch: i64,
}

/// The step that is being watched, with what was quoted before it.
#[derive(Clone, Copy, Debug)]
struct Step {
    ends_ns: i64,
    before: Quoted,
    /// Deepest print beyond the mid, in half ticks: of sellers below it, of buyers above.
    deepest: [i64; 2],
}

/// Counts steps over one window, fits at its end, and keeps the last fit that was good. Bounded; nothing is allocated.
#[derive(Clone, Debug)]
pub struct Calibration {
    step_ns: i64,
    window_ns: i64,
    range_bps: f64,
    window_ends_ns: i64,
    /// Mid and width of a bin (in half ticks) of this window.
    window_mid_x2: i64,
    width: i64,
    quoted: Option<Quoted>,
    step: Option<Step>,
    counts: [[Bin; BINS]; 2],
    last: Option<Fit>,
    last_mid_x2: i64,
}

impl Calibration {
    /// `None` unless 0 < step ≤ window and 0 < range ≤ 1000. The bins span about `range_bps` of the mid, each at least one tick.
    #[must_use]
    pub fn new(step_ns: i64, window_ns: i64, range_bps: f64) -> Option<Self> {
        let usable = 0 < step_ns && step_ns <= window_ns && 0.0 < range_bps && range_bps <= 1000.0;
        usable.then_some(Self {
            step_ns,
            window_ns,
            range_bps,
            window_ends_ns: i64::MIN,
            window_mid_x2: 0,
            width: 2,
            quoted: None,
            step: None,
            counts: [[Bin::EMPTY; BINS]; 2],
            last: None,
            last_mid_x2: 0,
        })
    }

    /// From `ts_ns` on the best prices are these. Equal or crossed ones end the watch until better come.
    pub fn quoted(&mut self, ts_ns: i64, best_bid: Ticks, best_ask: Ticks) {
        if best_bid <= Ticks::ZERO || best_ask <= best_bid {
            self.interrupt();
            return;
        }
        self.advance(ts_ns);
        let quoted = Quoted { mid_x2: best_bid.0 + best_ask.0, touch: best_ask.0 - best_bid.0 };
        if self.step.is_none() {
            if self.window_ends_ns <= ts_ns {
                self.begin_window(ts_ns, quoted.mid_x2);
            }
            self.step = Some(Step { ends_ns: ts_ns + self.step_ns, before: quoted, deepest: [0; 2] });
        }
        self.quoted = Some(quoted);
    }

    /// A market order of `taker` printed at `price`.
    pub fn traded(&mut self, ts_ns: i64, taker: Side, price: Ticks) {
        self.advance(ts_ns);
        if let Some(step) = self.step.as_mut() {
            let depth = taker.sign() * (2 * price.0 - step.before.mid_x2);
            let deepest = &mut step.deepest[taker.index()];
            *deepest = depth.max(*deepest);
        }
    }

    /// The book is not known any more: the step at hand is dropped.
    pub fn interrupt(&mut self) {
        (self.quoted, self.step) = (None, None);
    }

    /// The last good fit, in ticks.
    #[must_use]
    pub fn fit(&self) -> Option<Fit> {
        self.last
    }

    /// A in 1/s and k per basis point of the mid; `None` until a first window was good.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn per_bps(&self) -> Option<Intensity> {
        let Fit { intensity, .. } = self.last?;
        Some(Intensity { decay: intensity.decay * self.last_mid_x2 as f64 / 2e4, ..intensity })
    }

    /// Closes all steps that have ended.
    fn advance(&mut self, ts_ns: i64) {
        let (Some(step), Some(quoted)) = (self.step, self.quoted) else { return };
        if ts_ns < step.ends_ns {
            return;
        }
        for depth in step.deepest {
            self.count(step.before, depth, 1);
        }
        // Whole steps in which nothing was seen.
        let empty = (ts_ns - step.ends_ns) / self.step_ns;
        self.count(quoted, 0, 2 * u32::try_from(empty).unwrap_or(u32::MAX / 2));
        let begins_ns = step.ends_ns + empty * self.step_ns;
        self.step = Some(Step { ends_ns: begins_ns + self.step_ns, before: quoted, deepest: [0; 2] });
        if self.window_ends_ns <= begins_ns {
            self.end_window();
            self.begin_window(begins_ns, quoted.mid_x2);
        }
    }

    /// One side of `steps` equal steps.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn count(&mut self, before: Quoted, depth: i64, steps: u32) {
        let parity = before.touch % 2;
        let bin_of = |half_ticks: i64| usize::try_from((half_ticks - parity).div_euclid(self.width)).unwrap_or(0);
        // The first bin that begins at or beyond the touch.
        let nearest = bin_of(before.touch + self.width - 1);
        let hit = (depth >= before.touch).then(|| bin_of(depth)).filter(|bin| *bin >= nearest);
        let bins = &mut self.counts[parity as usize];
        for bin in bins.iter_mut().skip(hit.unwrap_or(nearest)) {
            bin.exposed = bin.exposed.saturating_add(steps);
        }
        if let Some(bin) = hit.and_then(|bin| bins.get_mut(bin)) {
            bin.hits = bin.hits.saturating_add(steps);
        }
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    fn begin_window(&mut self, ts_ns: i64, mid_x2: i64) {
        self.counts = [[Bin::EMPTY; BINS]; 2];
        (self.window_ends_ns, self.window_mid_x2) = (ts_ns + self.window_ns, mid_x2);
        let bin_ticks = mid_x2 as f64 / 2.0 * self.range_bps / 1e4 / BINS as f64;
        self.width = 2 * (libm::rint(bin_ticks) as i64).max(1);
    }

    #[allow(clippy::cast_precision_loss)]
    fn end_window(&mut self) {
        let width = self.width as f64 / 2.0;
        let mut rows = [Bin::EMPTY; 2 * BINS];
        let counted = self.counts.iter().enumerate().flat_map(|(parity, bins)| bins.iter().enumerate().map(move |at| (parity, at)));
        for (row, (parity, (index, bin))) in rows.iter_mut().zip(counted) {
            let lower = parity as f64 / 2.0 + index as f64 * width;
            *row = Bin { lower, upper: lower + width, ..*bin };
        }
        if let Some(fit) = fit(&rows, self.step_ns as f64 / 1e9) {
            (self.last, self.last_mid_x2) = (Some(fit), self.window_mid_x2);
        }
    }
}
