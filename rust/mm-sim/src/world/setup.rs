//! Drawing a world: markets, sizes, venue and bot of one seed.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::rng::Rng;
use mm_core::units::Lots;
use serde_json::{Value, json};

use super::calendar::{Calendar, FOREIGN};
use super::clock::VenueClock;
use super::faults::Fault;
use super::grids::Grid;
use super::regrid::Runs;
use super::shut_out::ShutOut;
use super::strategist::is_asked;
use super::{Auditor, BOOT_NS, Outcome, Plan, Profile, Queue, START_NS, Way, World};
use crate::door::{Door, DoorBuilder, TRADED};

/// What the guards hold under the fault that they are about.
const MAX_CHANGES_PER_S: usize = 4;
const DRAWDOWN_USDT: &str = "40";

/// Rare faults are drawn from a generator of their own.
const RARE: u64 = 0x9e37_79b9_7f4a_7c15;

/// name, size of an order, lots of it.
const MARKETS: [(&str, &str, i64); 3] = [("linear.BTCUSDT", "0.008", 8), ("linear.ETHUSDT", "0.27", 27), ("spot.BTCUSDT", "0.008", 8000)];

impl World {
    /// A world that has not begun.
    ///
    /// # Errors
    /// A sentence if the drawn configuration is refused.
    pub(super) fn new(seed: u64, plan: Plan, way: Way) -> Result<World, String> {
        let mut rng = Rng::new(seed);
        let chosen: Vec<_> = match rng.below(4) {
            _ if matches!(plan, Plan::Soak { .. }) => Vec::from([MARKETS[0], MARKETS[1]]),
            0 => Vec::from([MARKETS[0]]),
            1 => Vec::from([MARKETS[0], MARKETS[1]]),
            2 => Vec::from([MARKETS[0], MARKETS[2]]),
            _ => Vec::from(MARKETS),
        };
        let safety_ns = START_NS + BOOT_NS;
        let healed_ns = safety_ns + plan.safety_ns();
        let profile = match plan {
            Plan::Only(fault) => Profile::only(fault, &mut rng, safety_ns, healed_ns),
            Plan::Swarm => Profile::draw(&mut rng, safety_ns, healed_ns).with_rare(&mut Rng::new(seed ^ RARE), safety_ns, healed_ns),
            Plan::Soak { .. } => Profile::soak(&mut rng, safety_ns, healed_ns),
        };
        let foreign = matches!(plan, Plan::Soak { .. }).then_some(FOREIGN);
        let door = door(seed, chosen.iter().map(|row| row.0), foreign, &mut rng)?;
        // How many orders of full size a position holds.
        let limit_orders = 4 + i64::try_from(rng.below(9)).unwrap_or(0);
        let runs = Runs::new(watched(bot(seed, &chosen, limit_orders, &mut rng), plan, profile.includes(Fault::External)));
        let limits = chosen.iter().map(|(_, _, lots)| Lots(lots * limit_orders));
        let mut auditor = Auditor::new(TRADED, limits.zip(door.exchange().instruments().iter().map(Grid::of)));
        auditor.is_shared = profile.includes(Fault::External);
        auditor.conduct.max_changes_per_s = (plan == Plan::Only(Fault::PriceWhipped)).then_some(MAX_CHANGES_PER_S);
        Ok(World {
            now_ns: START_NS,
            door,
            venue_clock: VenueClock::new(START_NS),
            bot: runs.bot()?,
            runs,
            queue: Queue::default(),
            outcome: Outcome { seed, overlapping: profile.overlapping(), ..Outcome::default() },
            plan,
            way,
            profile,
            links: BTreeMap::new(),
            back: BTreeMap::new(),
            markets: (0..u16::try_from(chosen.len()).unwrap_or(0)).map(MarketIx).collect(),
            book_topics: chosen.iter().map(|row| book_topic(row.0)).collect(),
            auditor,
            shut_out: ShutOut::default(),
            calendar: Calendar::default(),
            said: Vec::new(),
            outputs: Vec::new(),
            facts: Vec::new(),
            stopped_clean: None,
            rng,
        })
    }
}

/// The configuration with the guards that the fault of a plan is about (without them the swarm goes to the venue's own limits), and of a
/// bot that knows whether somebody else trades on its account.
fn watched(mut config: Value, plan: Plan, shared: bool) -> Value {
    config["account"]["shared_account"] = Value::Bool(shared);
    let (changes, daily_loss, drawdown) = match plan {
        Plan::Only(Fault::PriceWhipped) => (Some(MAX_CHANGES_PER_S), None, None),
        Plan::Only(Fault::FlashCrash) => (None, None, Some(DRAWDOWN_USDT)),
        Plan::Soak { .. } => (None, Some(DRAWDOWN_USDT), Some(DRAWDOWN_USDT)),
        _ => return config,
    };
    config["guards"] = json!({
        "price_collar_bps": 500, "max_market_notional": null, "max_total_notional": null, "duplicate_window_ms": 100,
        "max_order_age_s": 600, "max_changes_per_s": changes, "max_orders_per_day": null, "losing_markouts": null,
        "daily_loss": daily_loss, "drawdown": drawdown, "margin_floor_pct": null,
        "repeated_execution": {"fills": 50, "window_s": 10, "pause_s": 30},
        "breaker": {"failures": 20, "window_s": 60, "open_s": 10, "probes": 3},
    });
    config
}

/// The configuration of a bot on linear and spot BTCUSDT, for whoever drives one without a world around it.
#[must_use]
pub fn two_market_bot(seed: u64) -> Vec<u8> {
    bot(seed, &[MARKETS[0], MARKETS[2]], 12, &mut Rng::new(seed)).to_string().into_bytes()
}

fn book_topic(name: &str) -> (&'static str, String) {
    let (category, symbol) = name.split_once('.').unwrap_or(("linear", name));
    let path = if category == "spot" { "/v5/public/spot" } else { "/v5/public/linear" };
    (path, format!(".{symbol}"))
}

/// What is not traded is quiet: its book is only there to be left alone.
fn door<'a>(seed: u64, traded: impl Iterator<Item = &'a str>, foreign: Option<&'a str>, rng: &mut Rng) -> Result<Door, String> {
    let symbols: Vec<&str> = traded.chain(foreign).collect();
    let quiet = Vec::from_iter(foreign);
    // An ack only queues. On a slow day much can happen between it and the deed.
    let order_latency_ns = if rng.chance(0.3) { 20_000_000 + rng.below(300_000_000) } else { 200_000 + rng.below(5_000_000) };
    let settings = json!({
        "symbols": symbols,
        "quiet": quiet,
        "seed": seed & 0xffff_ffff,
        "fee_tier": "-0.00001:0.00015",
        "deposit": {"USDT": "1000000", "BTC": "10"},
        "takers": seed & 0xffff,
        "order_latency_ns": order_latency_ns,
        "reply_delay_ns": 200_000 + rng.below(5_000_000),
    });
    DoorBuilder::new(settings.to_string().as_bytes())?.build()
}

fn bot(seed: u64, chosen: &[(&str, &str, i64)], limit_orders: i64, rng: &mut Rng) -> Value {
    let markets: Vec<Value> = chosen.iter().map(|(name, qty, _)| market(name, qty, limit_orders)).collect();
    let levels = 1 + rng.below(3);
    let python = json!({
        "decide_every_ms": 50, "answer_within_ms": 250, "failures_to_halt": 100, "view_levels": 3, "calibration_window_s": 0.0,
    });
    let python = is_asked(seed).then_some(python);
    json!({
        "account": {"recv_window_ms": 5000, "orders_per_s": 10, "queries_per_s": 10},
        "markets": markets,
        "strategy": {
            "model": if is_asked(seed) { "python" } else { "ladder" },
            "python": python,
            "signals": {
                "imbalance_levels": 5, "imbalance_bps": 0.0, "order_flow_weight": 0.0, "order_flow_half_life_s": 1.0,
                "toxicity_max_bps": 0.0, "toxicity_half_life_s": 300.0, "funding_ramp_s": 0.0,
            },
            "k_vola_spread": 0.5, "min_spread_bps": 1.0, "max_spread_bps": 12.0, "levels_per_side": levels, "level_spacing_coeff": 0.5,
            "skew_bps": 2.0, "microprice_weight": 0.5, "safety_bps": 0.0, "adverse_bps": 0.0, "volatility_half_life_s": 60.0,
            "min_time_in_book_ms": 100 + rng.below(400), "replace_threshold_bps": 0.1,
            "explain": false,
        },
        "run": {"seed": seed & 0xffff_ffff, "run_id": "world"},
    })
}

fn market(name: &str, qty: &str, limit_orders: i64) -> Value {
    let (category, symbol) = name.split_once('.').unwrap_or(("linear", name));
    let (whole, decimals) = qty.split_once('.').map_or((qty.to_string(), 0), |(a, b)| (format!("{a}{b}"), b.len()));
    let limit = whole.parse::<i64>().unwrap_or(0) * limit_orders;
    let scale = 10_i64.pow(u32::try_from(decimals).unwrap_or(0));
    let max_position = format!("{}.{:0decimals$}", limit / scale, limit % scale);
    json!({
        "category": category, "symbol": symbol, "depth": 50, "order_qty": qty, "max_position": max_position, "max_order_notional": "5000",
    })
}
