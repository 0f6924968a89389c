//! What the venue does on each day of a soak, at fixed times (UTC): a listing comes and goes that is not ours, markets that are ours stop
//! trading or change their sizes for three minutes, and prices fall, so that a loss stop is latched when the day turns.

use alloc::format;

use mm_core::ids::MarketIx;
use serde_json::{Value, json};

use super::outsiders::{CRASH_BPS, CRASH_SHIFTS};
use super::{Plan, SECOND_NS, World};
use crate::door::TRADED;

const MINUTE_NS: i64 = 60 * SECOND_NS;
const DAY_MINUTES: i64 = 1440;
/// A market of the venue that the bot does not trade.
pub(super) const FOREIGN: &str = "spot.BTCUSDC";
const OURS: [&str; 2] = ["linear.BTCUSDT", "linear.ETHUSDT"];
/// The bot has learnt within this that it may not quote: address bans and maintenance of a soak's faults are shorter.
const LEARNT_NS: i64 = 120 * SECOND_NS;
/// Quotes must have been back at some moment within this after the venue's rules allow them again.
const BACK_NS: i64 = 300 * SECOND_NS;

/// One entry of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// What is not ours gets another status.
    Foreign(&'static str),
    /// One of ours may not be quoted: a status, or a limit of size that our orders do not keep.
    Pause(usize, &'static str, &'static str),
    /// As it was.
    Resume(usize, &'static str, &'static str),
    Crash,
}

/// Minute of the day, and what happens then; never at the hour, when a soak may end.
const DAY: [(i64, Event); 13] = [
    (2 * 60 + 20, Event::Foreign("PreLaunch")),
    (5 * 60 + 20, Event::Pause(0, "/status", "Settling")),
    (5 * 60 + 23, Event::Resume(0, "/status", "Trading")),
    (6 * 60 + 20, Event::Pause(1, "/status", "PreLaunch")),
    (6 * 60 + 23, Event::Resume(1, "/status", "Trading")),
    (7 * 60 + 20, Event::Foreign("Trading")),
    (9 * 60 + 20, Event::Pause(0, "/lotSizeFilter/maxOrderQty", "0.005")),
    (9 * 60 + 23, Event::Resume(0, "/lotSizeFilter/maxOrderQty", "100")),
    (11 * 60 + 20, Event::Pause(1, "/lotSizeFilter/minOrderQty", "1")),
    (11 * 60 + 23, Event::Resume(1, "/lotSizeFilter/minOrderQty", "0.01")),
    (13 * 60 + 20, Event::Foreign("Settling")),
    (14 * 60 + 20, Event::Foreign("Closed")),
    (22 * 60 + 20, Event::Crash),
];

/// Where a soak is in its calendar.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Calendar {
    /// Minutes since the epoch that are done.
    minute: Option<i64>,
    returning: Option<(MarketIx, i64)>,
}

impl World {
    /// Once a second: what has become due, and what must have come of it.
    pub(super) fn keep_calendar(&mut self) {
        if !matches!(self.plan, Plan::Soak { .. }) {
            return;
        }
        let minute = self.now_ns.div_euclid(MINUTE_NS);
        let Some(done) = self.calendar.minute.replace(minute) else { return self.happen(Event::Foreign("PreLaunch")) };
        for at in done + 1..=minute {
            let due = DAY.iter().filter(|row| row.0 == at.rem_euclid(DAY_MINUTES));
            due.for_each(|row| self.happen(row.1));
        }
        self.check_foreign();
        if let Some((market, by_ns)) = self.calendar.returning {
            if self.quotes(market) {
                self.calendar.returning = None;
            } else if self.now_ns > by_ns {
                self.auditor.fail(format!("market {}: no quotes are back {} s after the rules allow them", market.0, BACK_NS / SECOND_NS));
            }
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Foreign(status) => self.rule(FOREIGN, "/status", status),
            Event::Pause(market, pointer, value) => {
                self.rule(OURS[market], pointer, value);
                self.calendar.returning = None;
                self.auditor.conduct.paused = self.markets.get(market).map(|market| (*market, self.now_ns + LEARNT_NS));
            }
            Event::Resume(market, pointer, value) => {
                self.rule(OURS[market], pointer, value);
                self.auditor.conduct.paused = None;
                self.calendar.returning = self.markets.get(market).map(|market| (*market, self.now_ns + BACK_NS));
            }
            Event::Crash => {
                for market in self.markets.clone() {
                    self.shift_price(market, -CRASH_BPS, CRASH_SHIFTS, false);
                }
            }
        }
    }

    /// A field of a market's instruments-info item gets another value.
    pub(super) fn rule(&mut self, market: &str, pointer: &str, value: &str) {
        let mut names = pointer.rsplit('/').filter(|name| !name.is_empty());
        let inner: Value = names.next().map_or(Value::Null, |name| json!({name: value}));
        let info = names.fold(inner, |inner, name| json!({name: inner}));
        self.venue_does(&json!({"command": "set_instrument", "market": market, "info": info}));
    }

    /// Nothing of ours stands or happens in a market that the bot does not trade.
    fn check_foreign(&mut self) {
        let exchange = self.door.exchange();
        let foreign = |market: MarketIx| market.index() >= self.markets.len();
        if exchange.open_orders(TRADED).any(|row| foreign(row.market))
            || exchange.executions(TRADED).take(50).any(|row| foreign(row.market))
        {
            self.auditor.fail(format!("an order of ours reached {FOREIGN}, which is not ours to trade"));
        }
    }
}
