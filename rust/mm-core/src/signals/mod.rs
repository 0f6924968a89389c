//! Signals are floats, made of market data only, and end inside the quoting models. Float functions are `libm`'s, so that they are
//! bit-identical everywhere.

pub mod flow;
pub mod toxicity;

const LN_2: f64 = core::f64::consts::LN_2;
const NANOS_PER_SECOND: f64 = 1e9;

/// Time-weighted volatility of the mid.
///
/// Between successive samples i the log return is r_i = 10⁴·ln(mid_i / mid_{i−1}) bps over dt_i seconds. The variance rate is the mean of
/// r_i² / dt_i weighted by time with an exponentially fading memory: a second that lies `half_life_s` back counts half.
///
/// ```text
/// S ← S·d + (r²/dt)·(1 − d)      W ← W·d + (1 − d)      d = 2^(−dt / half_life)
/// sigma_1m_bps = sqrt(60 · S / W)
/// ```
///
/// W = 1 − 2^(−elapsed / half_life) removes the start-up bias. Splitting an interval without a price change changes nothing;
/// quiet time lowers the estimate. Samples at an already seen time (or an earlier one) are skipped: their move is part of the next
/// interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EwmaVolatility {
    half_life_s: f64,
    first_ns: i64,
    last: Option<(i64, i64)>,
    /// S in bps² per second, W without unit.
    weighted: f64,
    weight: f64,
}

impl EwmaVolatility {
    /// `None` unless the half-life is a positive, finite number of seconds.
    #[must_use]
    pub fn new(half_life_s: f64) -> Option<Self> {
        let usable = half_life_s.is_finite() && half_life_s > 0.0;
        usable.then_some(Self { half_life_s, first_ns: 0, last: None, weighted: 0.0, weight: 0.0 })
    }

    /// The mid was `mid_x2` / 2 ticks at `ts_ns`. A mid that is not positive is skipped.
    #[allow(clippy::cast_precision_loss)]
    pub fn update(&mut self, ts_ns: i64, mid_x2: i64) {
        if mid_x2 <= 0 {
            return;
        }
        let Some((last_ns, last_mid_x2)) = self.last else {
            (self.first_ns, self.last) = (ts_ns, Some((ts_ns, mid_x2)));
            return;
        };
        if ts_ns <= last_ns {
            return;
        }
        let seconds = seconds_between(last_ns, ts_ns);
        let log_return = if mid_x2 == last_mid_x2 { 0.0 } else { 1e4 * libm::log(mid_x2 as f64 / last_mid_x2 as f64) };
        let fresh = -libm::expm1(-LN_2 * seconds / self.half_life_s);
        self.weighted += fresh * (log_return * log_return / seconds - self.weighted);
        self.weight += fresh * (1.0 - self.weight);
        self.last = Some((ts_ns, mid_x2));
    }

    /// Standard deviation of the mid's log return over one minute, in basis points (bps per square root of a minute).
    /// `None` until warm: one half-life since the first sample.
    #[must_use]
    pub fn sigma_1m_bps(&self) -> Option<f64> {
        let (last_ns, _) = self.last?;
        let warm = seconds_between(self.first_ns, last_ns) >= self.half_life_s;
        warm.then(|| libm::sqrt(60.0 * self.weighted / self.weight))
    }
}

#[allow(clippy::cast_precision_loss)]
fn seconds_between(from_ns: i64, to_ns: i64) -> f64 {
    to_ns.saturating_sub(from_ns) as f64 / NANOS_PER_SECOND
}
