//! The traded account's quotes in one market as the record judges them: two-sided time, and skew against position.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mm_core::units::{Lots, Side, Ticks};

use crate::api::OrderKey;

/// Closed two-sided intervals that are kept; more only set the `truncated` flag.
pub const MAX_INTERVALS: usize = 100_000;
/// Exchange time between two skew samples.
pub const SAMPLE_NS: i64 = 100_000_000;

/// A weighted running correlation: two means, three central moments (Welford), no samples kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Correlation {
    weight: f64,
    mean: (f64, f64),
    variance: (f64, f64),
    covariance: f64,
}

impl Correlation {
    /// Adds the point (x, y) `times` times.
    pub fn add(&mut self, x: f64, y: f64, times: f64) {
        self.weight += times;
        let (dx, dy) = (x - self.mean.0, y - self.mean.1);
        self.mean.0 += dx * times / self.weight;
        self.mean.1 += dy * times / self.weight;
        self.variance.0 += times * dx * (x - self.mean.0);
        self.variance.1 += times * dy * (y - self.mean.1);
        self.covariance += times * dx * (y - self.mean.1);
    }

    /// Pearson's r; `None` while either side has not varied.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let product = libm::sqrt(self.variance.0) * libm::sqrt(self.variance.1);
        (product > 0.0).then(|| (self.covariance / product).clamp(-1.0, 1.0))
    }
}

/// The standing state between two events: (own mid − book mid in ticks, position in lots) and whether it is two-sided.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Standing {
    skew: Option<(f64, f64)>,
    two_sided: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct QuoteWatch {
    /// Resting orders per side; true for post-only.
    own: [BTreeMap<(Ticks, OrderKey), bool>; 2],
    standing: Standing,
    /// Skew samples are due at `origin + n × SAMPLE_NS`.
    origin_ns: Option<i64>,
    instants_passed: i64,
    pub(super) samples: u64,
    pub(super) correlation: Correlation,
    pub(super) intervals: Vec<(i64, i64)>,
    pub(super) intervals_truncated: bool,
    two_sided_since: Option<i64>,
    /// The first grid's ticks and lots in one of today's, so that samples of all grids compare.
    unit: Unit,
}

/// Ticks and lots of the first grid.
#[derive(Clone, Copy, Debug)]
struct Unit(f64, f64);

impl Default for Unit {
    fn default() -> Self {
        Self(1.0, 1.0)
    }
}

impl QuoteWatch {
    /// Sampling begins with the first subscription.
    pub(super) fn start(&mut self, now_ns: i64) {
        self.origin_ns.get_or_insert(now_ns);
    }

    /// The market's tick and step have become so many times as large.
    pub(super) fn regrid(&mut self, ticks: f64, lots: f64) {
        self.unit = Unit(self.unit.0 * ticks, self.unit.1 * lots);
        self.standing = Standing::default();
    }

    pub(super) fn rest(&mut self, side: Side, price: Ticks, key: OrderKey, post_only: bool) {
        self.own[side.index()].insert((price, key), post_only);
    }

    pub(super) fn leave(&mut self, side: Side, price: Ticks, key: OrderKey) {
        self.own[side.index()].remove(&(price, key));
    }

    /// Closes the time since the last event under what stood then, and takes on the new state at `now_ns`.
    pub(super) fn observe(&mut self, now_ns: i64, best: (Option<Ticks>, Option<Ticks>), position: Lots, within_bps: f64) {
        self.elapse(now_ns);
        self.standing = self.stand(best, position, within_bps);
        match (self.two_sided_since, self.standing.two_sided) {
            (None, true) => self.two_sided_since = Some(now_ns),
            (Some(since), false) => {
                self.close_interval(since, now_ns);
                self.two_sided_since = None;
            }
            _ => {}
        }
    }

    /// The same as seen at `now_ns`, with the running interval closed there.
    pub(super) fn seen_at(&self, now_ns: i64) -> QuoteWatch {
        let mut seen = self.clone();
        seen.elapse(now_ns);
        if let Some(since) = seen.two_sided_since.take() {
            seen.close_interval(since, now_ns);
        }
        seen
    }

    /// Own best of a side: the highest bid, the lowest ask.
    fn own_best(&self, side: Side, post_only: bool) -> Option<Ticks> {
        let orders = &self.own[side.index()];
        let counts = |entry: &(&(Ticks, OrderKey), &bool)| !post_only || *entry.1;
        let found = match side {
            Side::Buy => orders.iter().rev().find(counts),
            Side::Sell => orders.iter().find(counts),
        };
        found.map(|((price, _), _)| *price)
    }

    #[allow(clippy::cast_precision_loss)]
    fn stand(&self, best: (Option<Ticks>, Option<Ticks>), position: Lots, within_bps: f64) -> Standing {
        let (Some(bid), Some(ask)) = best else { return Standing::default() };
        let twice_mid = bid.0 + ask.0;
        let pair = |post_only| Some((self.own_best(Side::Buy, post_only)?.0, self.own_best(Side::Sell, post_only)?.0));
        let skew = pair(false)
            .map(|(own_bid, own_ask)| ((own_bid + own_ask - twice_mid) as f64 / 2.0 * self.unit.0, position.0 as f64 * self.unit.1));
        let reach = within_bps * 1e-4 * twice_mid as f64;
        let near = |own: i64| ((2 * own - twice_mid) as f64).abs() <= reach;
        Standing { skew, two_sided: pair(true).is_some_and(|(own_bid, own_ask)| near(own_bid) && near(own_ask)) }
    }

    /// Counts the sampling instants up to `now_ns`: all of them saw the standing state.
    #[allow(clippy::cast_precision_loss)]
    fn elapse(&mut self, now_ns: i64) {
        let Some(origin) = self.origin_ns else { return };
        let instants = (now_ns - origin) / SAMPLE_NS;
        let passed = instants - self.instants_passed;
        if passed <= 0 {
            return;
        }
        self.instants_passed = instants;
        if let Some((skew, position)) = self.standing.skew {
            self.samples += passed.unsigned_abs();
            self.correlation.add(skew, position, passed as f64);
        }
    }

    fn close_interval(&mut self, since: i64, until: i64) {
        if until <= since {
            return;
        }
        if self.intervals.len() < MAX_INTERVALS {
            self.intervals.push((since, until));
        } else {
            self.intervals_truncated = true;
        }
    }
}
