//! Candles of one price: what the kline queries and topics tell.

use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec::Vec;

use mm_core::units::Amount;
use serde_json::{Value, json};

use super::interval::Interval;

/// Minutes with a price that are kept: a week without a pause.
const MAX_MINUTES: usize = 7 * 24 * 60;
/// A kline topic tells a changed candle at most this often.
const KLINE_NS: i64 = 1_000_000_000;
/// What tickers look back.
pub const HOUR_MS: i64 = 60 * 60 * 1000;
pub const DAY_MS: i64 = 24 * HOUR_MS;
const SPANS_MS: [i64; 2] = [HOUR_MS, DAY_MS];
/// Trades of a candle's last moment still come in for this long.
const SETTLING_NS: i64 = 100_000_000;

/// One candle; where nothing traded, all four prices are the last one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// Its first and last millisecond.
    pub start_ms: i64,
    pub end_ms: i64,
    pub open: Amount,
    pub high: Amount,
    pub low: Amount,
    pub close: Amount,
    /// In base coin.
    pub volume: Amount,
    /// In quote coin.
    pub turnover: Amount,
}

impl Candle {
    fn flat((start_ms, end_ms): (i64, i64), price: Amount) -> Candle {
        Candle { start_ms, end_ms, open: price, high: price, low: price, close: price, volume: Amount::ZERO, turnover: Amount::ZERO }
    }

    /// Takes in what came right after.
    fn follow(&mut self, later: &Candle) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.volume += later.volume;
        self.turnover += later.turnover;
    }

    /// `[start, open, high, low, close, volume, turnover]`, or the first five for a price that is not traded.
    #[must_use]
    pub fn listed(&self, traded: bool) -> Value {
        let mut row = Vec::from([self.start_ms.to_string()]);
        row.extend([self.open, self.high, self.low, self.close].map(|price| price.to_string()));
        row.extend([self.volume, self.turnover].iter().filter(|_| traded).map(Amount::to_string));
        json!(row)
    }
}

/// The last week of one price, by the minute.
#[derive(Clone, Debug, Default)]
pub struct Candles {
    /// Oldest first; minutes without a price are left out.
    minutes: VecDeque<Candle>,
    /// What lies between each of [`SPANS_MS`] and the last minute, folded once a minute: tickers ask for it many times a second.
    behind: [Behind; SPANS_MS.len()],
}

/// Every minute from one that begins at `from_ms` up to the last, which is not in it.
#[derive(Clone, Copy, Debug, Default)]
struct Behind {
    from_ms: i64,
    folded: Option<Candle>,
}

impl Candles {
    /// The price at `at_ms`, with what was traded at it (0 for a price that is only observed). Times that run back count to the last minute.
    pub fn add(&mut self, at_ms: i64, price: Amount, volume: Amount, turnover: Amount) {
        let span = Interval::Minutes(1).span(at_ms);
        let news = Candle { volume, turnover, ..Candle::flat(span, price) };
        match self.minutes.back_mut() {
            Some(last) if last.start_ms >= span.0 => last.follow(&news),
            _ => {
                self.behind = SPANS_MS.map(|span_ms| Behind { from_ms: span.0 - span_ms, folded: self.fold(span.0 - span_ms) });
                self.minutes.push_back(news);
            }
        }
        if self.minutes.len() > MAX_MINUTES {
            self.minutes.pop_front();
        }
    }

    /// Up to `limit` candles that begin in `from_ms..=to_ms`, newest first, without a hole back to the first price.
    #[must_use]
    pub fn newest(&self, interval: Interval, from_ms: i64, to_ms: i64, limit: usize) -> Vec<Candle> {
        let mut minutes = self.minutes.iter().rev().peekable();
        let (mut out, mut span) = (Vec::new(), interval.span(to_ms));
        while out.len() < limit && span.0 >= from_ms {
            while minutes.next_if(|minute| minute.start_ms > span.1).is_some() {}
            let mut inside = Vec::new();
            while let Some(minute) = minutes.next_if(|minute| minute.start_ms >= span.0) {
                inside.push(minute);
            }
            let candle = match (inside.pop(), minutes.peek()) {
                (Some(first), _) => {
                    let mut candle = Candle { start_ms: span.0, end_ms: span.1, ..*first };
                    inside.iter().rev().for_each(|later| candle.follow(later));
                    candle
                }
                (None, Some(before)) => Candle::flat(span, before.close),
                (None, None) => break,
            };
            out.push(candle);
            span = interval.span(span.0 - 1);
        }
        out
    }

    /// Everything since the minute of `from_ms` as one candle; `None` without a price since.
    #[must_use]
    pub fn since(&self, from_ms: i64) -> Option<Candle> {
        let from_ms = Interval::Minutes(1).span(from_ms).0;
        let known = self.behind.iter().find(|behind| behind.from_ms == from_ms).filter(|_| !self.minutes.is_empty());
        let Some(behind) = known else { return self.fold(from_ms) };
        let last = self.minutes.back()?;
        let Some(mut all) = behind.folded else { return Some(*last) };
        all.follow(last);
        Some(all)
    }

    /// The minutes that begin at `from_ms` or later.
    fn fold(&self, from_ms: i64) -> Option<Candle> {
        let first = self.minutes.partition_point(|minute| minute.start_ms < from_ms);
        let mut minutes = self.minutes.range(first..);
        let mut all = *minutes.next()?;
        minutes.for_each(|minute| all.follow(minute));
        Some(all)
    }

    /// The candle that `at_ms` falls into; `None` before the first price.
    #[must_use]
    pub fn current(&self, interval: Interval, at_ms: i64) -> Option<Candle> {
        self.newest(interval, i64::MIN, at_ms, 1).pop()
    }
}

/// A kline topic that somebody listens to.
#[derive(Clone, Copy, Debug)]
pub struct KlineTopic {
    pub interval: Interval,
    /// The candle that was told last, by its first and last millisecond.
    span: (i64, i64),
    told_ns: i64,
    changed: bool,
}

impl KlineTopic {
    /// A topic whose first frame shows the candle of `now_ns`.
    #[must_use]
    pub fn new(interval: Interval, now_ns: i64) -> Self {
        Self { interval, span: interval.span(now_ns.div_euclid(1_000_000)), told_ns: now_ns, changed: false }
    }

    /// The candle is not what was told last.
    pub fn change(&mut self) {
        self.changed = true;
    }

    /// When [`KlineTopic::tell`] must be called: at the latest when the candle ends.
    #[must_use]
    pub fn due_ns(&self) -> i64 {
        let (ends_ns, next_ns) = ((self.span.1 + 1) * 1_000_000, self.told_ns + KLINE_NS);
        if self.changed && next_ns < ends_ns { next_ns } else { ends_ns + SETTLING_NS }
    }

    /// What is due: the ended candle with `true`, and the candle of now with `false`.
    pub fn tell(&mut self, now_ns: i64, candles: &Candles) -> Vec<(Candle, bool)> {
        let now_ms = now_ns.div_euclid(1_000_000);
        let mut told = Vec::new();
        if now_ms > self.span.1 {
            told.extend(candles.current(self.interval, self.span.1).map(|candle| (candle, true)));
        }
        told.extend(candles.current(self.interval, now_ms).map(|candle| (candle, false)));
        *self = Self::new(self.interval, now_ns);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_folded_once_a_minute_is_what_the_minutes_say() {
        let (mut candles, mut at_ms) = (Candles::default(), 1_767_236_400_000);
        let mut rng = mm_core::rng::Rng::new(3);
        for _ in 0..5000 {
            let pause_ms = if rng.chance(0.01) { 10 * HOUR_MS.unsigned_abs() } else { 90_000 };
            at_ms += i64::try_from(rng.below(pause_ms)).unwrap();
            let (price, volume) = (Amount(rng.below(1000).into()), Amount(rng.below(9).into()));
            candles.add(at_ms, price, volume, volume);
            let now_ms = at_ms + i64::try_from(rng.below(120_000)).unwrap();
            for from_ms in [now_ms - DAY_MS, now_ms - HOUR_MS, now_ms - 7 * HOUR_MS, now_ms] {
                assert_eq!(candles.since(from_ms), candles.fold(from_ms - from_ms.rem_euclid(60_000)));
            }
        }
    }
}
