//! Daily-loss and drawdown stops: latched until the day (UTC, the venue's clock) ends, or lifted for minutes by an operator.
//!
//! The PnL is the ledgers' since the day began, so a restart that reads the day's executions again arrives at the same figure and at the
//! same verdict: a stop cannot be escaped by restarting.

use crate::units::Amount;

pub const DAY_MS: i64 = 86_400_000;

/// One settle coin's day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossStop {
    day: Option<i64>,
    /// The ledgers' PnL when the day began.
    begin: Amount,
    /// The day's best.
    peak: Amount,
    lost: bool,
    fallen: bool,
    /// The day's PnL as of the last look.
    today: Amount,
    lifted: Option<Lift>,
}

/// A stop that an operator has lifted: what it counts meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lift {
    until_ms: i64,
    begin: Amount,
    peak: Amount,
}

/// What a day's PnL says about each stop: how far it is beyond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The day's loss, if the daily stop is latched.
    pub daily: Option<Amount>,
    /// The fall from the day's best, if the drawdown stop is latched.
    pub drawdown: Option<Amount>,
}

impl LossStop {
    /// Takes the ledgers' total PnL at a venue time. `limits` are daily loss and drawdown, in the same coin.
    pub fn update(&mut self, total: Amount, venue_ms: i64, limits: [Option<Amount>; 2]) -> Losses {
        let day = venue_ms.div_euclid(DAY_MS);
        match self.day {
            Some(now) if now == day => {}
            // The first look: ledgers open with the day's executions, so all of their PnL is today's.
            None => *self = Self { day: Some(day), ..Self::default() },
            Some(_) => *self = Self { day: Some(day), begin: total, ..Self::default() },
        }
        let today = total - self.begin;
        self.peak = Amount(self.peak.0.max(today.0));
        self.today = today;
        self.judge_lift(venue_ms, limits);
        let (loss, fall) = (-today, self.peak - today);
        self.lost |= limits[0].is_some_and(|limit| loss >= limit);
        self.fallen |= limits[1].is_some_and(|limit| fall >= limit);
        if self.lifted.is_some() {
            return Losses::default();
        }
        Losses { daily: self.lost.then_some(loss), drawdown: self.fallen.then_some(fall) }
    }

    /// The lift ends with its time, or with one more limit lost since.
    fn judge_lift(&mut self, venue_ms: i64, limits: [Option<Amount>; 2]) {
        let Some(lift) = self.lifted.as_mut() else { return };
        lift.peak = Amount(lift.peak.0.max(self.today.0));
        let (loss, fall) = (lift.begin - self.today, lift.peak - self.today);
        let lost = limits[0].is_some_and(|limit| loss >= limit) || limits[1].is_some_and(|limit| fall >= limit);
        if lost || venue_ms >= lift.until_ms {
            self.lifted = None;
        }
    }

    /// True if a stop is latched and not lifted.
    #[must_use]
    pub fn is_latched(&self) -> bool {
        (self.lost || self.fallen) && self.lifted.is_none()
    }

    /// Lifts what is latched until a venue time; it counts anew from here.
    pub fn lift(&mut self, until_ms: i64) {
        if self.is_latched() {
            self.lifted = Some(Lift { until_ms, begin: self.today, peak: self.today });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    const LIMITS: [Option<Amount>; 2] = [Some(Amount(10)), Some(Amount(15))];

    #[test]
    fn each_stop_latches_at_its_limit_until_the_day_ends() {
        let mut stop = LossStop::default();
        assert_eq!(stop.update(Amount(-9), 0, LIMITS), Losses::default());
        assert_eq!(stop.update(Amount(-10), 1, LIMITS).daily, Some(Amount(10)));
        assert!(stop.update(Amount(50), 2, LIMITS).daily.is_some(), "latched, whatever comes back");
        assert_eq!(stop.update(Amount(36), 3, LIMITS).drawdown, None);
        assert_eq!(stop.update(Amount(35), 3, LIMITS).drawdown, Some(Amount(15)));
        assert_eq!(stop.update(Amount(35), DAY_MS, LIMITS), Losses::default(), "a new day begins at its own zero");
        assert_eq!(stop.update(Amount(26), DAY_MS, LIMITS), Losses::default());
        assert!(stop.update(Amount(25), DAY_MS, LIMITS).daily.is_some());
    }

    #[test]
    fn a_lifted_stop_counts_anew_and_is_back_after_its_time_or_one_more_limit() {
        let lost = |total: i128| {
            let mut stop = LossStop::default();
            assert!(stop.update(Amount(total), 0, LIMITS).daily.is_some());
            stop.lift(100);
            stop
        };
        let mut stop = lost(-12);
        assert_eq!(stop.update(Amount(-21), 99, LIMITS), Losses::default());
        assert_eq!(stop.update(Amount(-21), 100, LIMITS).daily, Some(Amount(21)), "its time is over");
        let mut stop = lost(-12);
        assert!(stop.update(Amount(-22), 5, LIMITS).daily.is_some(), "one more limit");
        assert!(stop.update(Amount(0), 6, LIMITS).daily.is_some());
        let mut stop = lost(-12);
        stop.update(Amount(-3), 5, LIMITS);
        assert!(stop.update(Amount(-18), 6, LIMITS).drawdown.is_some(), "15 below the best since it was lifted");
        let mut stop = lost(-12);
        assert_eq!(stop.update(Amount(-12), DAY_MS, LIMITS), Losses::default());
        assert!(!stop.is_latched(), "a new day has nothing to lift");
        stop.lift(DAY_MS + 9);
        assert!(stop.update(Amount(-22), DAY_MS + 1, LIMITS).daily.is_some());
    }

    #[test]
    fn without_limits_nothing_stops() {
        let mut stop = LossStop::default();
        assert_eq!(stop.update(Amount(-1_000_000), 0, [None, None]), Losses::default());
    }

    #[test]
    fn a_restart_within_the_day_comes_to_the_same_verdict() {
        let mut rng = Rng::new(5);
        for _ in 0..200 {
            let (mut before, mut total) = (LossStop::default(), 0_i128);
            let mut verdict = Losses::default();
            for _ in 0..20 {
                total += i128::from(rng.below(9)) - 5;
                verdict = before.update(Amount(total), 5, [LIMITS[0], None]);
            }
            let fresh = LossStop::default().update(Amount(total), 5, [LIMITS[0], None]);
            // The loss now is the same figure; a stop that had latched and recovered since is the one thing a restart forgets.
            assert!(fresh.daily.is_none() || fresh == verdict);
        }
    }
}
