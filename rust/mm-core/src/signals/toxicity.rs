//! The toxicity guard: what the market does to us after our fills.

use alloc::collections::VecDeque;

use super::flow::fade;
use super::seconds_between;
use crate::units::{Lots, Side, Ticks};

/// A fill is judged by the mid this long after it.
pub const HORIZON_NS: i64 = 5_000_000_000;
/// Fills that wait for their judgement; beyond it the oldest is forgotten.
pub const MAX_WAITING: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Waiting {
    due_ns: i64,
    side: Side,
    mid_x2: i64,
    notional: f64,
}

/// Rolling markout of own fills: side · (mid after 5 s − mid at the fill) in bps of the mid at the fill, negative when the price moved
/// against us; averaged with weight notional · 2^(−age / half-life).
#[derive(Clone, Debug)]
pub struct Toxicity {
    half_life_s: f64,
    most_bps: f64,
    waiting: VecDeque<Waiting>,
    mid_x2: Option<i64>,
    /// Sums of weight · markout and of weights, as of `summed_ns`.
    weighted: f64,
    weight: f64,
    summed_ns: i64,
}

impl Toxicity {
    /// `None` unless half-life and `most_bps`, the largest widening, are positive and finite.
    #[must_use]
    pub fn new(half_life_s: f64, most_bps: f64) -> Option<Self> {
        let usable = [half_life_s, most_bps].iter().all(|figure| figure.is_finite() && *figure > 0.0);
        usable.then(|| Self {
            half_life_s,
            most_bps,
            waiting: VecDeque::with_capacity(MAX_WAITING),
            mid_x2: None,
            weighted: 0.0,
            weight: 0.0,
            summed_ns: 0,
        })
    }

    /// The mid is `mid_x2` / 2 ticks from `ts_ns` on. Fills that were due before are judged by the mid that stood then.
    pub fn mid(&mut self, ts_ns: i64, mid_x2: i64) {
        if mid_x2 <= 0 {
            return;
        }
        while let Some(fill) = self.waiting.front().copied().filter(|fill| fill.due_ns <= ts_ns) {
            self.waiting.pop_front();
            let then = if fill.due_ns == ts_ns { mid_x2 } else { self.mid_x2.unwrap_or(mid_x2) };
            self.judge(&fill, then);
        }
        self.mid_x2 = Some(mid_x2);
    }

    /// An own fill, with the mid of the book at that time.
    #[allow(clippy::cast_precision_loss)]
    pub fn filled(&mut self, ts_ns: i64, side: Side, price: Ticks, qty: Lots, mid_x2: i64) {
        let notional = price.0 as f64 * qty.0 as f64;
        if mid_x2 <= 0 || notional <= 0.0 {
            return;
        }
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Waiting { due_ns: ts_ns + HORIZON_NS, side, mid_x2, notional });
    }

    /// The book was lost: fills that wait cannot be judged.
    pub fn interrupt(&mut self) {
        self.waiting.clear();
        self.mid_x2 = None;
    }

    #[allow(clippy::cast_precision_loss)]
    fn judge(&mut self, fill: &Waiting, mid_x2: i64) {
        let markout = 1e4 * (fill.side.sign() * (mid_x2 - fill.mid_x2)) as f64 / fill.mid_x2 as f64;
        let keep = if self.weight > 0.0 { fade(seconds_between(self.summed_ns, fill.due_ns), self.half_life_s) } else { 0.0 };
        self.weighted = self.weighted * keep + fill.notional * markout;
        self.weight = self.weight * keep + fill.notional;
        self.summed_ns = fill.due_ns;
    }

    /// The average markout in bps; `None` before the first judgement.
    #[must_use]
    pub fn markout_bps(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.weighted / self.weight)
    }

    /// What to add to the expected adverse selection: the average loss, if it is one. It fades by the same half-life while no fill is
    /// judged, so that quotes too wide to be filled come back.
    #[must_use]
    pub fn widening_bps(&self, now_ns: i64) -> f64 {
        let loss = self.markout_bps().map_or(0.0, |markout| (-markout).max(0.0));
        (loss * fade(seconds_between(self.summed_ns, now_ns), self.half_life_s)).min(self.most_bps)
    }
}
