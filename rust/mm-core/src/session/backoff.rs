//! Reconnect delays: `min(45, 2^(n−1)) · U(0.7, 1)` seconds, n counted from the last healthy minute.

use crate::mutants::{Mutant, planted};
use crate::rng::Rng;

/// The longest wait, handshake and recovery together stay below the minute in which everything must stand again once the network does.
const CAP_S: f64 = 45.0;
/// A connection that lived this long was healthy: the next failure counts as the first.
pub const HEALTHY_NS: i64 = 60_000_000_000;

/// The failure count of one socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Notes a failure after `up_ns` of life (0 if it never came up) and returns the delay before the next attempt, in ns.
    #[allow(clippy::cast_possible_truncation)]
    pub fn failed(&mut self, up_ns: i64, rng: &mut Rng) -> i64 {
        if up_ns >= HEALTHY_NS {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        if planted(Mutant::BackoffForgotten) {
            return 10_000_000;
        }
        let exponent = (self.failures - 1).min(6);
        let seconds = f64::from(1_u32 << exponent).min(CAP_S) * rng.uniform(0.7, 1.0);
        (seconds * 1e9) as i64
    }

    /// Consecutive failures without a healthy minute between them.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_their_cap_with_downward_jitter() {
        let (mut backoff, mut rng) = (Backoff::default(), Rng::new(1));
        for base in [1, 2, 4, 8, 16, 32, 45, 45, 45, 45] {
            let delay = backoff.failed(0, &mut rng);
            assert!(delay <= base * 1_000_000_000 && delay >= base * 700_000_000, "{base}: {delay}");
        }
    }

    #[test]
    fn only_a_healthy_minute_resets() {
        let (mut backoff, mut rng) = (Backoff::default(), Rng::new(2));
        for _ in 0..5 {
            backoff.failed(HEALTHY_NS - 1, &mut rng);
        }
        assert_eq!(backoff.failures(), 5);
        backoff.failed(HEALTHY_NS, &mut rng);
        assert_eq!(backoff.failures(), 1);
    }
}
