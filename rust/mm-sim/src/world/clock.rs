//! The venue's clock, which leaps, stands still or drifts (F15), and the judge's watch over what the bot makes of it.

use alloc::format;

use mm_core::rng::Rng;

use super::SECOND_NS;
use super::auditor::Auditor;

/// The venue takes a time stamp that is ahead of it by less than a second; the bot has to stay this far from that.
const MAX_AHEAD_MS: i64 = 900;
/// An idea of the venue's time that is wrong by more must be corrected within [`CORRECTED_NS`].
const NOTICE_MS: i64 = 250;
const CORRECTED_NS: i64 = 10 * SECOND_NS;
/// A clock that has moved this far since the host last read it explains a refusal.
const UNREAD_NS: i64 = SECOND_NS / 3;
/// A refused time stamp without a reading: nothing that adds risk may be tried before.
const DOUBT_NS: i64 = 10 * SECOND_NS;
/// A gateway refuses stamps from outside this window: `server − recv_window ≤ stamp < server + 1 s`.
const RECV_WINDOW_MS: i64 = 5_000;
const AHEAD_WINDOW_MS: i64 = 1_000;

/// What the venue calls now. It never runs back: where it should, it stands still until it is right.
#[derive(Clone, Copy, Debug)]
pub struct VenueClock {
    shift_ns: i64,
    shown_ns: i64,
}

impl VenueClock {
    pub fn new(now_ns: i64) -> Self {
        Self { shift_ns: 0, shown_ns: now_ns }
    }

    pub fn now_ns(&mut self, true_ns: i64) -> i64 {
        self.shown_ns = self.shown_ns.max(true_ns + self.shift_ns);
        self.shown_ns
    }

    pub fn now_ms(&mut self, true_ns: i64) -> i64 {
        self.now_ns(true_ns).div_euclid(1_000_000)
    }

    /// The true time at which it will show `venue_ns`.
    pub fn true_ns(&self, venue_ns: i64) -> i64 {
        venue_ns - self.shift_ns
    }

    /// It stands still because it should have run back.
    pub fn stands(&self, true_ns: i64) -> bool {
        self.shown_ns > true_ns + self.shift_ns
    }

    /// How long until something is due, for what runs on while the clock stands still.
    pub fn ahead_ns(&self, venue_ns: i64) -> i64 {
        (venue_ns - self.shown_ns).max(0)
    }

    /// A leap of up to ten seconds either way, or a little wandering. Returns by how much.
    #[allow(clippy::cast_possible_truncation)]
    pub fn stray(&mut self, rng: &mut Rng) -> i64 {
        let seconds = if rng.chance(0.2) { rng.uniform(0.5, 10.0) } else { rng.uniform(0.0, 0.05) };
        let ahead = rng.chance(0.5);
        let by_ns = (seconds * 1e9) as i64 * if ahead { 1 } else { -1 };
        self.shift_ns += by_ns;
        by_ns
    }

    /// True for a time stamp that the gateway takes.
    pub fn takes(&mut self, stamp_ms: i64, true_ns: i64) -> bool {
        let now_ms = self.now_ms(true_ns);
        now_ms - RECV_WINDOW_MS <= stamp_ms && stamp_ms < now_ms + AHEAD_WINDOW_MS
    }
}

/// What the judge remembers of clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimeWatch {
    /// Before the first reading the bot has only its own clock to go by.
    read: bool,
    /// How far the venue's clock has moved, this way and that, since the host read it.
    unread_ns: i64,
    excused_until_ns: i64,
    pub(super) still_until_ns: i64,
    /// The bot was told that its time stamp is wrong, and no reading has followed.
    refused_ns: Option<i64>,
    wrong_since_ns: Option<i64>,
    /// The longest that the bot's idea of the venue's time was wrong by more than a quarter of a second.
    pub wrong_ns: i64,
    /// The first of the cancels that were refused for their time stamp, with none taken since, and the longest such row.
    refused_since_ns: Option<i64>,
    pub cancels_refused_ns: i64,
}

impl TimeWatch {
    /// A new run of the bot has read no clock.
    pub fn renewed(&mut self) {
        (self.read, self.refused_ns, self.wrong_since_ns, self.refused_since_ns) = (false, None, None, None);
    }

    /// A wrong time stamp is the clock's doing.
    pub fn excuses(&self, now_ns: i64) -> bool {
        !self.read || self.unread_ns > UNREAD_NS || now_ns < self.excused_until_ns
    }

    /// Too many requests of one second are: it has not moved on as it should.
    pub fn excuses_rate(&self, now_ns: i64) -> bool {
        now_ns < self.still_until_ns + SECOND_NS
    }
}

impl Auditor {
    /// The venue's clock has moved; back: it stands still for as long, and whoever counts by it counts too much.
    pub fn clock_moved(&mut self, by_ns: i64) {
        // There and back is two moves: who followed the first is wrong after the second.
        self.time.unread_ns = self.time.unread_ns.saturating_add(by_ns.saturating_abs());
        if by_ns < 0 {
            self.time.still_until_ns = self.time.still_until_ns.max(self.now_ns) - by_ns;
        }
    }

    /// The bot was told the venue's time: what is still under way may carry an older idea of it. What was read while the clock stood
    /// still is old at once.
    pub fn clock_read(&mut self, stands: bool) {
        if self.time.excuses(self.now_ns) {
            self.time.excused_until_ns = self.now_ns + SECOND_NS;
        }
        if !stands {
            (self.time.read, self.time.unread_ns) = (true, 0);
        }
        self.time.refused_ns = None;
    }

    /// The bot asked for the venue's time itself, and has the answer.
    pub fn time_asked(&mut self) {
        self.time.refused_ns = None;
    }

    /// The host could not read the venue's clock.
    pub fn clock_unread(&mut self) {
        self.time.wrong_since_ns = self.time.wrong_since_ns.map(|_| self.now_ns);
    }

    /// A request leaves with this time stamp.
    pub fn signed(&mut self, stamp_ms: i64, venue_ms: i64) {
        let ahead_ms = stamp_ms - venue_ms;
        if ahead_ms > MAX_AHEAD_MS && !self.time.excuses(self.now_ns) {
            self.fail(format!("a request is signed {ahead_ms} ms ahead of the venue, whose clock the bot has read"));
        }
    }

    /// The bot is told that a time stamp of its was refused.
    pub fn clock_refused(&mut self) {
        self.time.refused_ns.get_or_insert(self.now_ns);
    }

    /// The venue answers a request to cancel on the trade socket: is it for long that no cancel has a time stamp which it takes?
    pub fn cancel_stamped(&mut self, codes: &[i64]) {
        if !codes.contains(&10002) {
            self.time.refused_since_ns = None;
            return;
        }
        let row_ns = self.now_ns - *self.time.refused_since_ns.get_or_insert(self.now_ns);
        self.time.cancels_refused_ns = self.time.cancels_refused_ns.max(row_ns);
    }

    /// What the bot takes for the venue's time after a step.
    pub fn check_clock(&mut self, idea_ms: i64, venue_ms: i64) {
        let off_ms = idea_ms - venue_ms;
        if off_ms.abs() <= NOTICE_MS {
            self.time.wrong_since_ns = None;
            return;
        }
        let wrong_ns = self.now_ns - *self.time.wrong_since_ns.get_or_insert(self.now_ns);
        self.time.wrong_ns = self.time.wrong_ns.max(wrong_ns);
        if wrong_ns > CORRECTED_NS {
            self.fail(format!("the bot's idea of the venue's time has been wrong for {wrong_ns} ns, now by {off_ms} ms"));
        }
    }

    /// An order is placed or moved: not blindly, once a time stamp has been refused.
    pub fn check_blind(&mut self, what: &dyn core::fmt::Display) {
        if self.time.refused_ns.is_some_and(|at_ns| self.now_ns - at_ns < DOUBT_NS) {
            self.fail(format!("{what} is sent although a time stamp was refused and nobody has read the clock since"));
        }
    }
}
