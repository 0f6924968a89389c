//! Kline intervals on the wall clock: minutes since midnight, days, weeks from Monday, calendar months; all in UTC.

use alloc::format;
use alloc::string::{String, ToString};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// 1970-01-05, in days since the epoch.
const FIRST_MONDAY: i64 = 4;
const MINUTES: [u16; 10] = [1, 3, 5, 15, 30, 60, 120, 240, 360, 720];

/// How long a candle lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    Minutes(u16),
    Day,
    Week,
    Month,
}

impl Interval {
    /// `1 3 5 15 30 60 120 240 360 720 D W M`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Interval> {
        match name {
            "D" => Some(Interval::Day),
            "W" => Some(Interval::Week),
            "M" => Some(Interval::Month),
            _ => MINUTES.into_iter().find(|minutes| minutes.to_string() == name).map(Interval::Minutes),
        }
    }

    /// The wire name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Interval::Minutes(minutes) => format!("{minutes}"),
            Interval::Day => "D".to_string(),
            Interval::Week => "W".to_string(),
            Interval::Month => "M".to_string(),
        }
    }

    /// First and last millisecond of the candle that holds `at_ms`.
    #[must_use]
    pub fn span(self, at_ms: i64) -> (i64, i64) {
        let (first_ms, length_ms) = match self {
            Interval::Minutes(minutes) => floor(at_ms, 0, i64::from(minutes) * MINUTE_MS),
            Interval::Day => floor(at_ms, 0, DAY_MS),
            Interval::Week => floor(at_ms, FIRST_MONDAY * DAY_MS, 7 * DAY_MS),
            Interval::Month => month(at_ms.div_euclid(DAY_MS)),
        };
        (first_ms, first_ms + length_ms - 1)
    }
}

fn floor(at_ms: i64, origin_ms: i64, length_ms: i64) -> (i64, i64) {
    (at_ms - (at_ms - origin_ms).rem_euclid(length_ms), length_ms)
}

/// Beginning and length of the month that holds `day` (days since the epoch), counted on from January 1970; before it, the first month.
fn month(day: i64) -> (i64, i64) {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (mut first_day, mut year, mut of_year) = (0, 1970, 0);
    loop {
        let days = match of_year {
            1 if leap(year) => 29,
            1 => 28,
            3 | 5 | 8 | 10 => 30,
            _ => 31,
        };
        if day < first_day + days {
            return (first_day * DAY_MS, days * DAY_MS);
        }
        first_day += days;
        of_year = (of_year + 1) % 12;
        year += i64::from(of_year == 0);
    }
}
