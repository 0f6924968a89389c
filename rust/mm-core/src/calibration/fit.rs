//! Maximum likelihood of lambda(d) = A·exp(−k·d) from counts per depth bin, by Fisher scoring.

use super::Intensity;

/// Fewer hits than this fit nothing.
pub const MIN_HITS: u32 = 30;
const ITERATIONS: usize = 100;

/// One bin of depths [lower, upper): the steps that could have ended in it, and those that did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    pub lower: f64,
    pub upper: f64,
    pub hits: u32,
    pub exposed: u32,
}

impl Bin {
    pub(super) const EMPTY: Bin = Bin { lower: 0.0, upper: 0.0, hits: 0, exposed: 0 };
}

/// A fit in the unit of the bins, with standard errors from the expected information.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    pub intensity: Intensity,
    pub per_second_error: f64,
    pub decay_error: f64,
    pub hits: u32,
}

/// The fit of bins whose steps last `step_s` seconds. `None` below [`MIN_HITS`] hits, or if no k > 0 is the most likely.
#[must_use]
pub fn fit(bins: &[Bin], step_s: f64) -> Option<Fit> {
    let hits = bins.iter().map(|bin| bin.hits).fold(0, u32::saturating_add);
    if hits < MIN_HITS {
        return None;
    }
    let (mut log_rate, mut decay) = start(bins, step_s)?;
    let mut likelihood = log_likelihood(bins, step_s, log_rate, decay);
    for _ in 0..ITERATIONS {
        let (score, information) = derivatives(bins, step_s, log_rate, decay);
        let step = solve(information, score)?;
        let mut share = 1.0;
        let (next_rate, next_decay, next) = loop {
            let (rate, k) = (log_rate + share * step[0], decay + share * step[1]);
            let value = if k > 0.0 { log_likelihood(bins, step_s, rate, k) } else { f64::NEG_INFINITY };
            if value >= likelihood {
                break (rate, k, value);
            }
            share /= 2.0;
            if share < 1e-12 {
                break (log_rate, decay, likelihood);
            }
        };
        let moved = libm::fabs(next_rate - log_rate) + libm::fabs(next_decay - decay) / decay;
        (log_rate, decay, likelihood) = (next_rate, next_decay, next);
        if moved < 1e-12 {
            break;
        }
    }
    let (score, information) = derivatives(bins, step_s, log_rate, decay);
    let variance_rate = solve(information, [1.0, 0.0])?[0];
    let variance_decay = solve(information, [0.0, 1.0])?[1];
    // A climb that was stopped by the border k = 0 has its summit beyond it.
    let at_summit = libm::fabs(score[1]) * libm::sqrt(variance_decay) < 1e-3;
    let per_second = libm::exp(log_rate);
    let usable = at_summit && variance_rate > 0.0 && variance_decay > 0.0 && per_second.is_finite();
    usable.then(|| Fit {
        intensity: Intensity { per_second, decay },
        per_second_error: per_second * libm::sqrt(variance_rate),
        decay_error: libm::sqrt(variance_decay),
        hits,
    })
}

/// ln A and k from the mean depth of the hits, as if every bin were always exposed.
fn start(bins: &[Bin], step_s: f64) -> Option<(f64, f64)> {
    let hits: f64 = bins.iter().map(|bin| f64::from(bin.hits)).sum();
    let nearest = bins.iter().filter(|bin| bin.exposed > 0).map(|bin| bin.lower).fold(f64::INFINITY, f64::min);
    let depth: f64 = bins.iter().map(|bin| f64::from(bin.hits) * (f64::midpoint(bin.lower, bin.upper) - nearest)).sum();
    let decay = hits / depth;
    let expected: f64 = bins.iter().map(|bin| f64::from(bin.exposed) * step_s * share(bin, decay)).sum();
    let log_rate = libm::log(hits / expected);
    (decay.is_finite() && decay > 0.0 && log_rate.is_finite()).then_some((log_rate, decay))
}

/// exp(−k·lower) − exp(−k·upper): the bin's part of all orders.
fn share(bin: &Bin, k: f64) -> f64 {
    -libm::exp(-k * bin.lower) * libm::expm1(-k * (bin.upper - bin.lower))
}

fn log_likelihood(bins: &[Bin], step_s: f64, log_rate: f64, k: f64) -> f64 {
    let scale = libm::exp(log_rate) * step_s;
    let of_bin = |bin: &Bin| {
        let mu = scale * share(bin, k);
        let hit = if bin.hits > 0 { f64::from(bin.hits) * libm::log(-libm::expm1(-mu)) } else { 0.0 };
        hit - f64::from(bin.exposed - bin.hits.min(bin.exposed)) * mu
    };
    bins.iter().filter(|bin| bin.exposed > 0).map(of_bin).sum()
}

/// Score and expected information in (ln A, k).
fn derivatives(bins: &[Bin], step_s: f64, log_rate: f64, k: f64) -> ([f64; 2], [[f64; 2]; 2]) {
    let (mut score, mut information) = ([0.0; 2], [[0.0; 2]; 2]);
    let scale = libm::exp(log_rate) * step_s;
    for bin in bins.iter().filter(|bin| bin.exposed > 0) {
        let part = share(bin, k);
        let (mu, exposed) = (scale * part, f64::from(bin.exposed));
        let p = -libm::expm1(-mu);
        if p <= 0.0 {
            continue;
        }
        let slope = (bin.upper * libm::exp(-k * bin.upper) - bin.lower * libm::exp(-k * bin.lower)) / part;
        let weight = mu / p * (f64::from(bin.hits) - exposed * p);
        let certain = exposed * mu * mu * (1.0 - p) / p;
        score = [score[0] + weight, score[1] + weight * slope];
        information[0][0] += certain;
        information[0][1] += certain * slope;
        information[1][1] += certain * slope * slope;
    }
    information[1][0] = information[0][1];
    (score, information)
}

/// The solution of a symmetric positive definite 2×2 system; `None` if it is singular.
fn solve(matrix: [[f64; 2]; 2], right: [f64; 2]) -> Option<[f64; 2]> {
    let determinant = matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0];
    if !(determinant > 0.0 && determinant.is_finite()) {
        return None;
    }
    let first = (right[0] * matrix[1][1] - right[1] * matrix[0][1]) / determinant;
    let second = (right[1] * matrix[0][0] - right[0] * matrix[1][0]) / determinant;
    Some([first, second])
}
