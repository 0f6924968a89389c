//! An address that the venue has shut out (HTTP 403): it is asked one thing a minute by HTTP and no more, because every further request
//! prolongs the ban. The first answer of any other kind ends it.
//!
//! Bybit V5 docs, "Rate Limit Rules": an address that is over the limit gets 403 and should end all HTTP sessions.

/// From the venue's last word, or from a probe without an answer, to the next probe.
pub const REST_NS: i64 = 60_000_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    Resting {
        until_ns: i64,
    },
    /// The one request of this minute is out.
    Probing,
}

/// One address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ban {
    state: State,
    told: u32,
}

impl Ban {
    /// The venue answered 403.
    pub fn told(&mut self, now_ns: i64) {
        self.told = self.told.saturating_add(1);
        self.state = State::Resting { until_ns: now_ns + REST_NS };
    }

    /// A request by HTTP was answered otherwise. Only the probe's answer counts: what left before the ban proves nothing about it.
    pub fn answered(&mut self) {
        if self.state == State::Probing {
            *self = Self::default();
        }
    }

    /// A request by HTTP has ended without an answer.
    pub fn unanswered(&mut self, now_ns: i64) {
        if self.state == State::Probing {
            self.state = State::Resting { until_ns: now_ns + REST_NS };
        }
    }

    /// Whether a request may leave by HTTP; no kind of request is excepted.
    #[must_use]
    pub fn allows(&self, now_ns: i64) -> bool {
        match self.state {
            State::Open => true,
            State::Resting { until_ns } => now_ns >= until_ns,
            State::Probing => false,
        }
    }

    /// A request left by HTTP.
    pub fn sent(&mut self) {
        if matches!(self.state, State::Resting { .. }) {
            self.state = State::Probing;
        }
    }

    /// Something is worth a probe before its time: the stop that a person ordered.
    pub fn hasten(&mut self, now_ns: i64) {
        if matches!(self.state, State::Resting { .. }) {
            self.state = State::Resting { until_ns: now_ns };
        }
    }

    /// How often 403 was the answer since the ban began; `None` if there is none.
    #[must_use]
    pub fn refusals(&self) -> Option<u32> {
        (self.state != State::Open).then_some(self.told)
    }

    /// When the next probe may leave.
    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        match self.state {
            State::Resting { until_ns } => Some(until_ns),
            State::Open | State::Probing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn one_probe_a_minute_and_its_answer_alone_ends_the_ban() {
        let mut ban = Ban::default();
        assert!(ban.allows(0));
        ban.told(5);
        ban.answered();
        assert_eq!(ban.refusals(), Some(1), "an answer to what left before says nothing");
        assert!(!ban.allows(4 + REST_NS) && ban.allows(5 + REST_NS));
        ban.sent();
        assert!(!ban.allows(6 + REST_NS), "one at a time");
        ban.told(7 + REST_NS);
        assert_eq!((ban.refusals(), ban.deadline()), (Some(2), Some(7 + 2 * REST_NS)));
        ban.sent();
        ban.answered();
        assert_eq!((ban.refusals(), ban.allows(8 + REST_NS)), (None, true));
    }

    #[test]
    fn a_stop_may_ask_at_once_and_then_rests_like_any_other() {
        let mut ban = Ban::default();
        ban.told(0);
        ban.hasten(3);
        assert!(ban.allows(3));
        ban.sent();
        ban.hasten(4);
        assert!(!ban.allows(4));
        ban.unanswered(9);
        assert!(!ban.allows(8 + REST_NS) && ban.allows(9 + REST_NS));
    }

    #[test]
    fn no_run_of_events_lets_two_requests_out_within_a_minute_of_a_ban() {
        let (mut ban, mut rng, mut last_ns) = (Ban::default(), Rng::new(3), i64::MIN / 2);
        ban.told(0);
        for step in 1..5_000 {
            let now_ns = step * 1_000_000_000;
            match rng.below(4) {
                0 => ban.told(now_ns),
                1 => ban.unanswered(now_ns),
                _ if ban.allows(now_ns) => {
                    assert!(now_ns - last_ns >= REST_NS);
                    ban.sent();
                    last_ns = now_ns;
                }
                _ => {}
            }
        }
    }
}
