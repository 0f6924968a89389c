//! The circuit breaker: when the venue fails request after request, nothing but cancels is asked of it for a while; then a few probes
//! decide whether all may go on. Half-open is a state with a budget of its own, not a timer that closes.
//!
//! Each way to the venue has a circuit of its own: while the trade socket loses its replies, the fate of those orders is asked by HTTP.

use alloc::collections::VecDeque;

use super::config::BreakerParams;

/// Where the circuit stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Circuit {
    #[default]
    Closed,
    Open {
        until_ns: i64,
    },
    /// `left` probes may still leave; `answered` came back well.
    HalfOpen {
        left: u32,
        answered: u32,
    },
}

/// One way's breaker.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    circuit: Circuit,
    failed_ns: VecDeque<i64>,
}

impl Breaker {
    /// How many requests may leave now; cancels do not ask.
    pub fn allows(&mut self, params: BreakerParams, now_ns: i64) -> u32 {
        match self.circuit {
            Circuit::Closed => u32::MAX,
            Circuit::Open { until_ns } if now_ns < until_ns => 0,
            Circuit::Open { .. } => {
                self.circuit = Circuit::HalfOpen { left: params.probes, answered: 0 };
                params.probes
            }
            Circuit::HalfOpen { left, .. } => left,
        }
    }

    /// Requests left while the circuit was half open.
    pub fn sent(&mut self, count: u32) {
        if let Circuit::HalfOpen { left, .. } = &mut self.circuit {
            *left = left.saturating_sub(count);
        }
    }

    /// The venue answered something sensible, if only a refusal for a reason.
    pub fn succeeded(&mut self, params: BreakerParams) {
        if let Circuit::HalfOpen { answered, .. } = &mut self.circuit {
            *answered += 1;
            if *answered >= params.probes {
                *self = Self::default();
            }
        }
    }

    /// No answer in time, or none that can be read.
    pub fn failed(&mut self, params: BreakerParams, now_ns: i64) {
        let open = Circuit::Open { until_ns: now_ns + params.open_ns };
        match self.circuit {
            Circuit::Open { .. } => {}
            Circuit::HalfOpen { .. } => self.circuit = open,
            Circuit::Closed => {
                self.failed_ns.push_back(now_ns);
                while self.failed_ns.front().is_some_and(|at_ns| now_ns - at_ns >= params.window_ns) {
                    self.failed_ns.pop_front();
                }
                if self.failed_ns.len() >= params.failures as usize {
                    self.failed_ns.clear();
                    self.circuit = open;
                }
            }
        }
    }

    #[must_use]
    pub fn circuit(&self) -> Circuit {
        self.circuit
    }

    /// True while nothing but cancels may leave.
    #[must_use]
    pub fn is_open(&self, now_ns: i64) -> bool {
        matches!(self.circuit, Circuit::Open { until_ns } if now_ns < until_ns)
    }

    /// When the state changes by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        match self.circuit {
            Circuit::Open { until_ns } => Some(until_ns),
            // Every probe ends in an answer or a time-out of its own.
            Circuit::Closed | Circuit::HalfOpen { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    const PARAMS: BreakerParams = BreakerParams { failures: 3, window_ns: 100, open_ns: 50, probes: 2 };

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for now in 0..3 {
            breaker.failed(PARAMS, now);
        }
        breaker
    }

    #[test]
    fn failures_far_apart_do_not_open_it() {
        let mut breaker = Breaker::default();
        for step in 0..100 {
            breaker.failed(PARAMS, step * 50);
            assert_eq!(breaker.circuit(), Circuit::Closed);
            assert!(breaker.failed_ns.len() < 3);
        }
    }

    #[test]
    fn it_opens_then_lets_two_probes_out_and_closes_when_both_are_answered() {
        let mut breaker = opened();
        assert_eq!(breaker.circuit(), Circuit::Open { until_ns: 52 });
        assert_eq!(breaker.allows(PARAMS, 51), 0);
        assert_eq!(breaker.allows(PARAMS, 52), 2);
        breaker.sent(1);
        assert_eq!(breaker.allows(PARAMS, 53), 1);
        breaker.sent(1);
        assert_eq!(breaker.allows(PARAMS, 54), 0, "the probe budget is spent");
        breaker.succeeded(PARAMS);
        assert_eq!(breaker.allows(PARAMS, 55), 0, "one answer is not enough");
        breaker.succeeded(PARAMS);
        assert_eq!(breaker.circuit(), Circuit::Closed);
        assert_eq!(breaker.allows(PARAMS, 56), u32::MAX);
    }

    #[test]
    fn one_failed_probe_opens_it_again() {
        let mut breaker = opened();
        breaker.allows(PARAMS, 52);
        breaker.sent(2);
        breaker.failed(PARAMS, 60);
        assert_eq!(breaker.circuit(), Circuit::Open { until_ns: 110 });
    }

    #[test]
    fn no_run_of_events_lets_more_probes_out_than_the_budget_per_opening() {
        let mut rng = Rng::new(11);
        let (mut breaker, mut out) = (Breaker::default(), 0);
        for now in 0..20_000 {
            match rng.below(4) {
                0 => breaker.failed(PARAMS, now),
                1 => breaker.succeeded(PARAMS),
                _ => {
                    let half = breaker.allows(PARAMS, now);
                    if half > 0 && half != u32::MAX {
                        breaker.sent(1);
                        out += 1;
                    }
                }
            }
            if !matches!(breaker.circuit(), Circuit::HalfOpen { .. }) {
                out = 0;
            }
            assert!(out <= PARAMS.probes);
        }
    }
}
