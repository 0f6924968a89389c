//! What the order book's sizes say about the next price.

use super::{LN_2, seconds_between};
use crate::book::L2Book;
use crate::units::{Lots, Side, Ticks};

/// Best price and size of a side.
pub type Best = (Ticks, Lots);

/// One term of the order flow imbalance of Cont, Kukanov and Stoikov, Journal of Financial Econometrics 12(1), 2014, 47–88, in lots:
///
/// e = 1{Pb' ≥ Pb}·qb' − 1{Pb' ≤ Pb}·qb − 1{Pa' ≤ Pa}·qa' + 1{Pa' ≥ Pa}·qa, the later state primed.
#[must_use]
pub fn order_flow_event(before: [Best; 2], after: [Best; 2]) -> i64 {
    let [(bid, bid_size), (ask, ask_size)] = before;
    let [(next_bid, next_bid_size), (next_ask, next_ask_size)] = after;
    let when = |holds: bool, size: Lots| if holds { size.0 } else { 0 };
    when(next_bid >= bid, next_bid_size) - when(next_bid <= bid, bid_size) - when(next_ask <= ask, next_ask_size)
        + when(next_ask >= ask, ask_size)
}

/// Order flow imbalance with a fading memory, as the price change that it predicts: beta·OFI with beta = 1 / (2·depth), in ticks, where
/// depth is the fading mean size of the two bests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderFlow {
    half_life_s: f64,
    last: Option<(i64, [Best; 2])>,
    flow: f64,
    depth: f64,
}

impl OrderFlow {
    /// `None` unless the half-life is a positive, finite number of seconds.
    #[must_use]
    pub fn new(half_life_s: f64) -> Option<Self> {
        let usable = half_life_s.is_finite() && half_life_s > 0.0;
        usable.then_some(Self { half_life_s, last: None, flow: 0.0, depth: 0.0 })
    }

    /// The bests (bid, ask) are these at `ts_ns`.
    #[allow(clippy::cast_precision_loss)]
    pub fn update(&mut self, ts_ns: i64, bests: [Best; 2]) {
        let size = (bests[0].1.0 as f64 + bests[1].1.0 as f64) / 2.0;
        let Some((last_ns, before)) = self.last else {
            (self.last, self.depth) = (Some((ts_ns, bests)), size);
            return;
        };
        let keep = libm::exp2(-seconds_between(last_ns, ts_ns).max(0.0) / self.half_life_s);
        self.flow = self.flow * keep + order_flow_event(before, bests) as f64;
        self.depth = self.depth * keep + size * (1.0 - keep);
        self.last = Some((ts_ns.max(last_ns), bests));
    }

    /// The predicted change of the mid in ticks; 0 before the second state.
    #[must_use]
    pub fn predicted_ticks(&self) -> f64 {
        if self.depth > 0.0 { self.flow / (2.0 * self.depth) } else { 0.0 }
    }

    /// The book was lost: what comes next is no flow.
    pub fn clear(&mut self) {
        (self.last, self.flow, self.depth) = (None, 0.0, 0.0);
    }
}

/// (bids − asks) / (bids + asks) of the sizes in the best `levels` of each side, `own` (price, size) orders left out: −1 … 1.
/// `None` if nothing is left.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn depth_imbalance(book: &L2Book, levels: usize, own: [&[(Ticks, Lots)]; 2]) -> Option<f64> {
    let total = |side: Side| -> f64 {
        let own = own[side.index()];
        let others = |(price, size): (Ticks, Lots)| {
            let mine: i64 = own.iter().filter(|order| order.0 == price).map(|order| order.1.0).sum();
            (size.0 - mine).max(0) as f64
        };
        book.levels(side).take(levels).map(others).sum()
    };
    let (bids, asks) = (total(Side::Buy), total(Side::Sell));
    (bids + asks > 0.0).then(|| (bids - asks) / (bids + asks))
}

/// Expected price change in bps until the funding is paid, as a shift of the fair price. A positive `rate` (a fraction, per settlement)
/// is paid by longs, so it lowers both quotes. It counts fully at the settlement and fades linearly to nothing `ramp_s` seconds before
/// it, since a maker's inventory seldom lives longer. 0 once the settlement is past or if a figure is unusable.
#[must_use]
pub fn funding_shift_bps(rate: f64, to_settlement_s: f64, ramp_s: f64) -> f64 {
    let usable = rate.is_finite() && ramp_s > 0.0 && (0.0..ramp_s).contains(&to_settlement_s);
    if usable { -rate * 1e4 * (1.0 - to_settlement_s / ramp_s) } else { 0.0 }
}

/// Fraction of what was `half_lives` half-lives ago.
pub(super) fn fade(seconds: f64, half_life_s: f64) -> f64 {
    libm::exp(-LN_2 * seconds.max(0.0) / half_life_s)
}
