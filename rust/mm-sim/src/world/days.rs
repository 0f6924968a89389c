//! The judge of the turn of the day: what begins anew at 00:00 UTC of the venue does so once, and what must not be lost over it is not.

use alloc::format;
use alloc::string::String;

use mm_core::fact::Fact;
use mm_core::guards::Guard;
use mm_core::units::Amount;

use super::SECOND_NS;
use super::auditor::Auditor;

const DAY_MS: i64 = 86_400_000;
/// The bot's idea of the venue's time may be this far off (F15 moves the clock by ten seconds at a time).
const NEAR_MS: i64 = 20_000;
/// A stop of the day before must be lifted within this.
const LIFTED_NS: i64 = 30 * SECOND_NS;
/// Within this after the turn everything that had happened must be booked at some moment: executions and funding come up to minutes late.
const EVEN_NS: i64 = 300 * SECOND_NS;
/// Own figures are as old as the last sight of the market when a stop trips, and follow within this.
const SEEN_NS: i64 = 2 * SECOND_NS;

/// What the judge remembers of days.
#[derive(Clone, Debug, Default)]
pub struct DayWatch {
    venue_ms: i64,
    day: Option<i64>,
    turned_ns: i64,
    /// Everything that the venue did has been booked at some moment since the day turned.
    even: bool,
    /// The day that each stop belongs to: daily loss, drawdown.
    latched: [Option<i64>; 2],
    /// Own figures: the PnL when the day began, its best, and how far it was below either.
    begin: Amount,
    best: Amount,
    worst: [Amount; 2],
    /// A stop that tripped at a limit, not yet seen in own figures.
    claim: Option<(i64, usize, Amount)>,
    pub turns: i64,
    pub lifts: i64,
}

fn slot(guard: Guard) -> Option<usize> {
    [Guard::DailyLoss, Guard::Drawdown].iter().position(|stop| *stop == guard)
}

impl DayWatch {
    /// The account's PnL since the bot began is now `total`.
    pub fn seen(&mut self, total: Amount) {
        self.best = self.best.max(total);
        self.worst = [self.worst[0].max(self.begin - total), self.worst[1].max(self.best - total)];
    }

    /// The venue's clock shows `venue_ms`; true if another day has begun.
    fn turn(&mut self, venue_ms: i64, total: Amount, now_ns: i64) -> bool {
        self.venue_ms = venue_ms;
        let day = venue_ms.div_euclid(DAY_MS);
        let turned = self.day.is_some_and(|known| day > known);
        if turned {
            (self.begin, self.best, self.worst) = (total, total, [Amount::ZERO; 2]);
            (self.turned_ns, self.even, self.claim) = (now_ns, false, None);
            self.turns += 1;
        }
        self.day = Some(day);
        turned
    }

    fn tripped(&mut self, guard: Guard, limit: Amount, now_ns: i64) {
        let Some(slot) = slot(guard) else { return };
        self.latched[slot] = Some((self.venue_ms + NEAR_MS).div_euclid(DAY_MS));
        self.claim = Some((now_ns + SEEN_NS, slot, limit));
    }

    /// A stop is lifted: at the turn of the day, and only one that was latched.
    fn lifted(&mut self, guard: Guard) -> Result<(), String> {
        let Some(slot) = slot(guard) else { return Ok(()) };
        let into_ms = self.venue_ms.rem_euclid(DAY_MS);
        if self.latched[slot].take().is_none() {
            return Err(format!("{} is lifted but was not latched", guard.as_str()));
        }
        if into_ms > LIFTED_NS / 1_000_000 + NEAR_MS && into_ms < DAY_MS - NEAR_MS {
            return Err(format!("{} is lifted {} s into the day that it holds for", guard.as_str(), into_ms / 1000));
        }
        self.lifts += 1;
        Ok(())
    }

    /// What is overdue.
    fn overdue(&mut self, now_ns: i64) -> Result<(), String> {
        let since_ns = now_ns - self.turned_ns;
        if self.turns > 0 && since_ns > LIFTED_NS && self.latched.iter().flatten().any(|day| Some(*day) < self.day) {
            return Err("a loss stop still holds after its day has ended".into());
        }
        if self.turns > 0 && !self.even && since_ns > EVEN_NS {
            return Err(format!("{} s into the day the books have not once been the venue's", since_ns / SECOND_NS));
        }
        if let Some((by_ns, slot, limit)) = self.claim.filter(|claim| now_ns > claim.0) {
            self.claim = None;
            // Half: the price moves between two sights.
            if self.worst[slot] < Amount(limit.0 / 2) {
                return Err(format!("a loss stop of {limit} tripped at {by_ns} while the day's own worst is {}", self.worst[slot]));
            }
        }
        Ok(())
    }
}

impl Auditor {
    /// Once a second: what the turn of the venue's day asks for.
    pub fn check_day(&mut self, venue_ms: i64) {
        let (now_ns, total) = (self.now_ns, self.conduct.total());
        self.days.turn(venue_ms, total, now_ns);
        if !self.days.even && self.is_even() {
            self.days.even = true;
        }
        if let Err(what) = self.days.overdue(now_ns) {
            self.fail(what);
        }
    }

    pub(super) fn hear_day(&mut self, fact: &Fact) {
        let told = match fact {
            Fact::GuardTripped { guard, limit, .. } => {
                self.days.tripped(*guard, *limit, self.now_ns);
                Ok(())
            }
            Fact::GuardCleared { guard, .. } => self.days.lifted(*guard),
            Fact::MarketSeen(_) => {
                let total = self.conduct.total();
                self.days.seen(total);
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(what) = told {
            self.fail(what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COINS: fn(i128) -> Amount = |coins| Amount(coins * Amount::ONE.0);

    fn latched() -> DayWatch {
        let mut days = DayWatch::default();
        days.turn(DAY_MS - 3_600_000, Amount::ZERO, 0);
        days.seen(COINS(-50));
        days.tripped(Guard::DailyLoss, COINS(40), 0);
        days
    }

    #[test]
    fn a_stop_is_lifted_once_and_at_the_turn_of_the_day_only() {
        let mut days = latched();
        assert!(days.clone().lifted(Guard::DailyLoss).unwrap_err().contains("82800 s into the day"));
        assert!(days.turn(DAY_MS, COINS(-50), 10 * SECOND_NS));
        days.even = true;
        assert!(days.clone().overdue(10 * SECOND_NS + LIFTED_NS + 1).unwrap_err().contains("still holds"));
        assert_eq!(days.lifted(Guard::DailyLoss), Ok(()));
        assert!(days.lifted(Guard::DailyLoss).unwrap_err().contains("was not latched"));
        assert_eq!((days.turns, days.lifts), (1, 1));
        assert_eq!(days.overdue(10 * SECOND_NS + LIFTED_NS + 1), Ok(()));
    }

    #[test]
    fn yesterdays_loss_trips_no_stop_of_today_and_the_books_must_be_even_in_time() {
        let mut days = latched();
        assert_eq!(days.overdue(SEEN_NS + 1), Ok(()), "the loss was seen");
        days.turn(DAY_MS, COINS(-50), 10 * SECOND_NS);
        assert_eq!(days.lifted(Guard::DailyLoss), Ok(()));
        days.seen(COINS(-51));
        days.tripped(Guard::DailyLoss, COINS(40), 11 * SECOND_NS);
        assert!(days.overdue(14 * SECOND_NS).unwrap_err().contains("the day's own worst is 1"));
        assert!(days.overdue(11 * SECOND_NS + EVEN_NS).unwrap_err().contains("not once"));
    }
}
