//! The venue changes a market's tick or step (F22), and the host's part in it: the run ends in order and another begins, in the new grid.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::engine::{Engine, Operator};
use mm_core::ids::{ConnId, MarketIx};
use mm_wire::bot::{Bot, BotInput, config};
use serde_json::{Value, json};

use super::conduct::is_ours;
use super::outcome::Outcome;
use super::queue::Arrival;
use super::shut_out::ShutOut;
use super::{SECOND_NS, World};
use crate::door::TRADED;

/// From the end of a run to the first input of the next.
const BETWEEN_NS: i64 = SECOND_NS / 5;
/// The host begins so many new runs within ten minutes, and then wants a person.
const MOST_CHANGES: u32 = 3;
/// Every world trades this market first.
const MARKET: MarketIx = MarketIx(0);
const NAME: &str = "linear.BTCUSDT";
const TICKS: [&str; 2] = ["0.10", "0.50"];
const STEPS: [&str; 2] = ["0.001", "0.0005"];

/// The bot's runs in one world.
pub(super) struct Runs {
    config: Value,
    number: u32,
    /// The host has ended the run under way, to begin another.
    ending: bool,
    changes: u32,
    coarse: bool,
    fine: bool,
    /// When a change of the grid struck: it came, if our orders do not fit it, or else the bot noticed it. Nothing is quoted in it yet.
    changed_ns: Option<i64>,
    /// The longest that it took from a change to quotes in the new grid.
    pub(super) quoted_ns: i64,
    commands: u64,
    hashes: String,
}

impl Runs {
    pub(super) fn new(config: Value) -> Self {
        Self {
            config,
            number: 0,
            ending: false,
            changes: 0,
            coarse: false,
            fine: false,
            changed_ns: None,
            quoted_ns: 0,
            commands: 0,
            hashes: String::new(),
        }
    }

    /// The bot of the run that is now, each with order ids of its own.
    ///
    /// # Errors
    /// A sentence if the configuration is refused.
    pub(super) fn bot(&self) -> Result<Bot, String> {
        let mut config = self.config.clone();
        config["run"]["run_id"] = json!(if self.number == 0 { "world".to_string() } else { format!("world{}", self.number) });
        let engine = Engine::new(config::parse(config.to_string().as_bytes())?);
        engine.map(Bot::new).map_err(|error| format!("config.{}: {}", error.field, error.why))
    }

    /// Adds what the runs before the last one sent, and the time that new grids took.
    pub(super) fn add_to(&self, outcome: &mut Outcome) {
        outcome.commands += self.commands;
        outcome.command_hash.insert_str(0, &self.hashes);
        outcome.figures.insert("new_grid_quoted_ns", self.quoted_ns);
    }
}

impl World {
    pub(super) fn may_change_grid(&self) -> bool {
        self.runs.changes < MOST_CHANGES
    }

    /// The tick becomes five times as coarse, or fine again; or the step half as coarse. Coarser steps do not fit every position.
    pub(super) fn change_grid(&mut self) {
        self.runs.changes += 1;
        if !self.runs.fine && self.rng.chance(0.3) {
            self.runs.fine = true;
        } else {
            self.runs.coarse = !self.runs.coarse;
        }
        let (tick, step) = (TICKS[usize::from(self.runs.coarse)], STEPS[usize::from(self.runs.fine)]);
        let info = json!({
            "priceFilter": {"tickSize": tick, "minPrice": "0.50", "maxPrice": "1999999.50"}, "lotSizeFilter": {"qtyStep": step},
        });
        // What has happened until now is judged in the grid that it happened in.
        self.pump();
        let venue_ns = self.venue_clock.now_ns(self.now_ns);
        let command = json!({"command": "set_instrument", "market": NAME, "info": info});
        self.door.speak_typed(false);
        if let Err(error) = self.door.control(venue_ns, command.to_string().as_bytes()) {
            return self.auditor.fail(format!("the simulator's own change of the grid is refused: {error}"));
        }
        if let Some(spec) = self.door.exchange().instruments().get(MARKET.index()) {
            self.auditor.venue_regridded(MARKET, spec);
        }
        if !self.auditor.fits_grid(MARKET) {
            self.runs.changed_ns.get_or_insert(self.now_ns);
        }
        self.pump();
    }

    /// Once a second: is it quoted again?
    pub(super) fn watch_grid(&mut self) {
        if let Some(changed_ns) = self.runs.changed_ns
            && self.auditor.same_grid(MARKET)
            && self.quotes(MARKET)
        {
            self.runs.changed_ns = None;
            self.runs.quoted_ns = self.runs.quoted_ns.max(self.now_ns - changed_ns);
        }
    }

    /// The bot says that its grid is not the venue's: its host orders the stop.
    pub(super) fn want_new_run(&mut self) {
        if !self.runs.ending && !self.auditor.is_stopping() {
            self.runs.ending = true;
            self.runs.changed_ns.get_or_insert(self.now_ns);
            self.queue.put(self.now_ns, Arrival::RunEnds);
        }
    }

    pub(super) fn end_run(&mut self) {
        self.step(&BotInput::Operator(Operator::Stop));
    }

    /// The bot has stopped; its host begins another run if that is what it stopped for.
    pub(super) fn run_ended(&mut self, clean: bool) {
        self.stopped_clean = Some(clean);
        if self.runs.ending {
            let left = self.door.exchange().open_orders(TRADED).filter(|row| is_ours(row.client_id)).count();
            if clean && left > 0 {
                self.auditor.fail(format!("{left} orders are open after a run that ended clean"));
            }
            self.queue.put(self.now_ns + BETWEEN_NS, Arrival::RunBegins);
        }
    }

    /// Nothing that was under way to or from the last run reaches the new one.
    pub(super) fn begin_run(&mut self) {
        self.runs.commands += self.bot.commands();
        let hash = self.bot.command_hash();
        self.runs.hashes.push_str(&format!("{hash}-"));
        let open: Vec<ConnId> = self.links.keys().copied().collect();
        open.into_iter().for_each(|conn| self.forget(conn));
        self.queue.keep(|arrival| matches!(arrival, Arrival::Weather | Arrival::RulesBack | Arrival::PriceShift { .. }));
        self.queue.put(self.now_ns, Arrival::ClockRead);
        self.shut_out = ShutOut::default();
        self.auditor.renewed();
        self.stopped_clean = None;
        self.runs.ending = false;
        self.runs.number += 1;
        match self.runs.bot() {
            Ok(bot) => self.bot = bot,
            Err(error) => self.auditor.fail(error),
        }
        self.step(&BotInput::Timer);
    }
}
