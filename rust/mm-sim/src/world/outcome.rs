//! What one seed came to.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

use mm_wire::bot::Bot;

use super::auditor::Auditor;
use super::faults::Fault;
use super::profile::Profile;

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `safety`, `liveness` or `stop`.
    pub phase: &'static str,
    pub what: String,
    /// Virtual time since the start.
    pub at_ns: i64,
}

/// What a seed must hold at least to count as one, beside having at most as many timers as other inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Least {
    pub steps: u64,
    pub orders: u64,
    pub fills: u64,
    /// Different faults at one time.
    pub overlapping: u64,
}

/// One seed's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub seed: u64,
    /// Inputs of the bot, every invariant checked after each.
    pub steps: u64,
    /// Of these, timers.
    pub timers: u64,
    /// What the bot said of itself.
    pub facts: u64,
    pub orders: u64,
    pub fills: u64,
    /// The largest number of different faults at one time.
    pub overlapping: usize,
    /// How often each fault struck, by its row in the fault matrix.
    pub faults: BTreeMap<&'static str, u64>,
    pub virtual_ns: i64,
    /// From the last fault to two-sided quotes with everything booked and no order of unknown fate.
    pub settled_ns: i64,
    /// The longest that an order was of unknown fate.
    pub unknown_ns: i64,
    /// The longest that an execution was not booked.
    pub unbooked_ns: i64,
    /// The longest that orders stood after their book had lost its trust.
    pub pulled_ns: i64,
    /// What single faults are measured by, in the unit that the name ends with.
    pub figures: BTreeMap<&'static str, i64>,
    /// Cancels that left over the trade socket; of these, such as waited longer than 200 ms for the budget; the longest wait.
    pub cancels: u64,
    pub late_cancels: u64,
    pub cancel_wait_ns: i64,
    pub commands: u64,
    /// Over every command of the bot; two runs of a seed must agree.
    pub command_hash: String,
    pub failure: Option<Failure>,
    /// What the seed lacks to count as one; empty if it counts.
    pub thin: String,
}

impl Outcome {
    pub(super) fn count(&mut self, timer: bool) {
        self.steps += 1;
        self.timers += u64::from(timer);
    }

    pub(super) fn end(&mut self, failure: Option<Failure>, virtual_ns: i64, world: (&Bot, &Auditor, &Profile), least: Least) {
        let (bot, auditor, profile) = world;
        self.failure = failure;
        self.virtual_ns = virtual_ns;
        self.orders = auditor.orders;
        self.fills = auditor.fills() as u64;
        (self.unknown_ns, self.unbooked_ns) = (auditor.measures.unknown_ns, auditor.measures.unbooked_ns);
        self.pulled_ns = auditor.measures.pulled_ns;
        self.figures.insert("clock_wrong_ns", auditor.time.wrong_ns);
        self.figures.insert("cancels_refused_ns", auditor.time.cancels_refused_ns);
        self.cancels = auditor.measures.cancels;
        (self.late_cancels, self.cancel_wait_ns) = auditor.measures.late_cancels();
        self.figures.extend(auditor.conduct.figures(auditor.fills()));
        self.figures.insert("transfer_known_ns", auditor.coins.known_ns);
        self.figures.extend([("days_turned", auditor.days.turns), ("loss_stops_lifted", auditor.days.lifts)]);
        self.commands = bot.commands();
        self.command_hash = bot.command_hash();
        self.faults = Fault::ALL.iter().zip(profile.struck).map(|(fault, count)| (fault.id(), count)).collect();
        self.thin = self.lacks(least);
    }

    fn lacks(&self, least: Least) -> String {
        let minimum = [
            ("steps", self.steps, least.steps),
            ("orders", self.orders, least.orders),
            ("fills", self.fills, least.fills),
            ("overlapping faults", self.overlapping as u64, least.overlapping),
        ];
        let short =
            minimum.iter().find(|(_, have, least)| have < least).map(|(name, have, least)| format!("{have} {name}, {least} wanted"));
        let timers = (2 * self.timers > self.steps).then(|| format!("{} of {} steps are timers", self.timers, self.steps));
        short.or(timers).unwrap_or_default()
    }

    /// The one line that replays this seed.
    #[must_use]
    pub fn repro(&self) -> String {
        self.failure
            .as_ref()
            .map_or_else(String::new, |failure| {
                let seconds = failure.at_ns / 1_000_000;
                format!("mmbot simulate --seed {}   # {} after {} ms: {}", self.seed, failure.phase, seconds, failure.what)
            })
            .to_string()
    }
}
