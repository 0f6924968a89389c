//! The fault simulator: the bot as it trades, a venue, a network that fails, and a judge, on one virtual clock from one seed.
//!
//! ```text
//! boot ─► safety phase: faults, every invariant after every input ─► heal ─► liveness: must settle within a bound ─► ordered stop
//! ```
//!
//! A failing seed is replayed by its number alone: nothing here reads a clock or an environment. After TigerBeetle's simulator (safety
//! phase, then liveness phase).

mod arrivals;
mod auditor;
mod calendar;
mod checks;
mod clock;
mod coins;
mod conduct;
mod craft;
mod days;
mod exposure;
mod faults;
mod funding;
mod grids;
mod measures;
mod network;
mod outcome;
mod outsiders;
mod profile;
mod queue;
mod regrid;
mod settle;
mod setup;
mod shut_out;
mod strategist;
mod way;
mod weather;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::engine::Operator;
use mm_core::fact::Fact;
use mm_core::ids::{ConnId, MarketIx};
use mm_core::rng::Rng;
use mm_wire::bot::{Bot, BotInput, BotOutput};

pub use auditor::{Auditor, Sums};
pub use faults::Fault;
pub use outcome::{Failure, Least, Outcome};
pub use profile::{Profile, Window};
pub use setup::two_market_bot;
pub use way::Way;

use crate::door::{Door, Outgoing};
use calendar::Calendar;
use clock::VenueClock;
use network::Link;
use queue::{Arrival, Queue};
use regrid::Runs;
use shut_out::ShutOut;

const SECOND_NS: i64 = 1_000_000_000;
/// Everything begins at this moment: 2026-01-01, 03:00 UTC.
const START_NS: i64 = 1_767_236_400 * SECOND_NS;
/// Without faults, until first quotes.
const BOOT_NS: i64 = 10 * SECOND_NS;
/// With faults.
const SAFETY_NS: i64 = 690 * SECOND_NS;
/// After healing, the bot must have settled within this.
pub const SETTLE_NS: i64 = 60 * SECOND_NS;
/// The ordered stop's own bound.
const STOP_NS: i64 = 30 * SECOND_NS;

/// Where the bot's requests come from, as the venue counts them.
const ADDRESS: &str = "192.0.2.1";

/// Depth of the books that are traded on.
const DEPTH: u16 = 50;

/// Why a phase ended early.
type Broken = String;

/// One seed's world.
pub struct World {
    now_ns: i64,
    rng: Rng,
    door: Door,
    venue_clock: VenueClock,
    bot: Bot,
    runs: Runs,
    queue: Queue,
    plan: Plan,
    way: Way,
    profile: Profile,
    links: BTreeMap<ConnId, Link>,
    back: BTreeMap<u32, ConnId>,
    markets: Vec<MarketIx>,
    /// Socket of each market's book frames, whatever their depth, and the end of their topic.
    book_topics: Vec<(&'static str, String)>,
    auditor: Auditor,
    shut_out: ShutOut,
    calendar: Calendar,
    outcome: Outcome,
    /// Memory for what the venue says, and the bot wants and tells.
    said: Vec<Outgoing>,
    outputs: Vec<BotOutput>,
    facts: Vec<Fact>,
    stopped_clean: Option<bool>,
}

/// Runs one seed from boot to stop, with the faults that it draws.
///
/// # Errors
/// A sentence if the world itself cannot be set up: a bug of the simulator.
pub fn run(seed: u64) -> Result<Outcome, String> {
    run_with(seed, Plan::Swarm, Way::Typed)
}

/// What strikes a world, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Eleven minutes of about half of all faults, many at a time.
    Swarm,
    /// Eleven minutes of one fault alone, again and again.
    Only(Fault),
    /// Two markets for many hours with few faults: funding, hourly queries and the turn of the day come by themselves.
    Soak { hours: u32 },
}

impl Plan {
    fn safety_ns(self) -> i64 {
        match self {
            Plan::Swarm | Plan::Only(_) => SAFETY_NS,
            Plan::Soak { hours } => i64::from(hours) * 3600 * SECOND_NS,
        }
    }

    /// A seed in which less happens proves nothing. A soak owes fifty inputs a second for each of its two markets.
    #[must_use]
    pub fn least(self) -> Least {
        let swarm = Least { steps: 20_000, orders: 200, fills: 20, overlapping: 3 };
        match self {
            Plan::Swarm => swarm,
            Plan::Only(_) => Least { overlapping: 1, ..swarm },
            Plan::Soak { hours } => {
                let hours = u64::from(hours);
                Least { steps: hours * 360_000, orders: hours * 200, fills: hours * 20, overlapping: 1 }
            }
        }
    }
}

/// Runs one seed under `plan`; its outcome must not depend on `way`.
///
/// # Errors
/// A sentence if the world itself cannot be set up: a bug of the simulator.
pub fn run_with(seed: u64, plan: Plan, way: Way) -> Result<Outcome, String> {
    let mut world = World::new(seed, plan, way)?;
    let failure = world.live().and_then(|()| world.check_bounds()).err();
    world.outcome.end(failure, world.now_ns - START_NS, (&world.bot, &world.auditor, &world.profile), plan.least());
    world.runs.add_to(&mut world.outcome);
    Ok(world.outcome)
}

impl World {
    /// Boot, safety, heal, liveness, stop.
    fn live(&mut self) -> Result<(), Failure> {
        self.queue.put(self.now_ns, Arrival::ClockRead);
        self.queue.put(self.now_ns, Arrival::Weather);
        self.step(&BotInput::Timer);
        let safety = |what: Broken, at_ns: i64| Failure { phase: "safety", what, at_ns };
        let begin_ns = self.now_ns;
        self.run_until(begin_ns + BOOT_NS + self.plan.safety_ns(), |_| false).map_err(|what| safety(what, self.now_ns - START_NS))?;
        self.heal();
        let settled = self.settle().map_err(|what| safety(what, self.now_ns - START_NS))?;
        if !settled {
            return Err(Failure { phase: "liveness", what: self.unsettled(), at_ns: self.now_ns - START_NS });
        }
        self.step(&BotInput::Operator(Operator::Stop));
        let stopped = |world: &Self| world.bot.engine().is_stopped();
        let ended = self.run_until(self.now_ns + STOP_NS, stopped).map_err(|what| safety(what, self.now_ns - START_NS))?;
        self.check_stop(ended).map_err(|what| Failure { phase: "stop", what, at_ns: self.now_ns - START_NS })
    }

    /// One input to the bot, and every invariant after it.
    fn step(&mut self, input: &BotInput<'_>) {
        let ts_ns = self.now_ns + self.profile.skew_ns;
        let (mut outputs, mut facts) = (core::mem::take(&mut self.outputs), core::mem::take(&mut self.facts));
        self.bot.step(ts_ns, input.clone(), &mut outputs, &mut facts);
        self.outcome.count(matches!(input, BotInput::Timer));
        self.judge(outputs, facts);
    }

    /// Every invariant after an input, and what the bot wants done.
    fn judge(&mut self, mut outputs: Vec<BotOutput>, mut facts: Vec<Fact>) {
        self.outcome.facts += facts.len() as u64;
        for fact in facts.drain(..) {
            self.auditor.hear(&fact);
            match fact {
                Fact::Stopped { clean, .. } => self.run_ended(clean),
                Fact::GridChanged { .. } => self.want_new_run(),
                Fact::InstrumentLoaded { market } => {
                    if let Some(spec) = self.bot.engine().instruments().get(market) {
                        self.auditor.bot_reads(market, spec);
                    }
                }
                Fact::CancelWaited { waited_ns, .. } => self.auditor.measures.cancel_waited(waited_ns),
                _ => {}
            }
        }
        self.auditor.check_ended(self.door.exchange());
        self.auditor.check_silence(self.now_ns);
        self.auditor.check_waiting(self.bot.engine());
        self.auditor.check_clock(self.bot.engine().venue_ms(), self.venue_clock.now_ms(self.now_ns));
        for &market in &self.markets {
            let Some(row) = self.bot.engine().market(market) else { continue };
            self.auditor.check_ledger(market, row.ledger.as_ref());
            self.auditor.check_book(market, row);
        }
        for output in outputs.drain(..) {
            self.carry(output);
        }
        (self.outputs, self.facts) = (outputs, facts);
    }

    /// Lets time pass until `end_ns` or until `done`; says which.
    fn run_until(&mut self, end_ns: i64, done: impl Fn(&Self) -> bool) -> Result<bool, Broken> {
        loop {
            if let Some(what) = self.auditor.violation() {
                return Err(what.into());
            }
            if done(self) {
                return Ok(true);
            }
            let timer_ns = self.bot.deadline().map(|deadline| deadline - self.profile.skew_ns);
            let door_ns = self.door.next_due().map(|due_ns| self.venue_clock.true_ns(due_ns));
            let next_ns = [self.queue.next_due(), door_ns, timer_ns].into_iter().flatten().min().unwrap_or(end_ns);
            if next_ns > end_ns {
                self.now_ns = end_ns;
                return Ok(false);
            }
            self.now_ns = self.now_ns.max(next_ns);
            self.auditor.tick(self.now_ns);
            self.profile.advance(self.now_ns);
            self.choose_way();
            self.door.advance(self.venue_clock.now_ns(self.now_ns));
            self.pump();
            if let Some(arrival) = self.queue.take(self.now_ns) {
                self.arrive(arrival);
            } else if self.bot.deadline().is_some_and(|deadline| deadline <= self.now_ns + self.profile.skew_ns) {
                self.step(&BotInput::Timer);
            }
        }
    }

    fn heal(&mut self) {
        self.profile.heal();
        self.queue.hurry(self.now_ns + SECOND_NS);
        self.reset_half_open();
    }
}
