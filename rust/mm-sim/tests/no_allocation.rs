//! After warm-up no book frame costs an allocation, whether or not it leads to a request: bot and venue on one virtual clock, with an
//! allocator that counts what is asked of it while the bot works.
#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mm_core::engine::Engine;
use mm_core::fact::Fact;
use mm_core::ids::ConnId;
use mm_sim::door::{Door, DoorBuilder, TRADED};
use mm_wire::bot::{Bot, BotInput, BotOutput, config};
use serde_json::json;

struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicU64 = AtomicU64::new(0);

fn note() {
    if COUNTS.load(Ordering::Relaxed) {
        ASKED.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SECOND_NS: i64 = 1_000_000_000;
const STEP_NS: i64 = 5_000_000;
const WARM_UP_NS: i64 = 60 * SECOND_NS;
const MEASURED_NS: i64 = 300 * SECOND_NS;

/// What book frames cost.
#[derive(Debug, Default)]
struct Tally {
    frames: u64,
    /// Of them led to an order request.
    requests: u64,
    allocations: u64,
}

/// The bot and the venue, joined without a delay.
struct Joined {
    now_ns: i64,
    door: Door,
    bot: Bot,
    venue: BTreeMap<ConnId, u32>,
    back: BTreeMap<u32, (ConnId, &'static str)>,
    outputs: Vec<BotOutput>,
    facts: Vec<Fact>,
    tally: Tally,
}

impl Joined {
    fn new() -> Self {
        let settings = json!({
            "symbols": ["linear.BTCUSDT"], "seed": 1, "fee_tier": "-0.00001:0.00015", "deposit": {"USDT": "1000000"},
            "takers": 1, "order_latency_ns": 1_000_000, "reply_delay_ns": 1_000_000,
        });
        let strategy = json!({
            "model": "ladder",
            "signals": {
                "imbalance_levels": 5, "imbalance_bps": 1.0, "order_flow_weight": 0.5, "order_flow_half_life_s": 1.0,
                "toxicity_max_bps": 2.0, "toxicity_half_life_s": 300.0, "funding_ramp_s": 0.0,
            },
            "k_vola_spread": 0.5, "min_spread_bps": 1.0, "max_spread_bps": 12.0, "levels_per_side": 1, "level_spacing_coeff": 0.5,
            "skew_bps": 2.0, "microprice_weight": 1.0, "safety_bps": 0.0, "adverse_bps": 0.0, "volatility_half_life_s": 30.0,
            "min_time_in_book_ms": 0, "replace_threshold_bps": 0.0, "explain": false,
        });
        let document = json!({
            "account": {"recv_window_ms": 5000, "orders_per_s": 100, "queries_per_s": 10},
            "markets": [{
                "category": "linear", "symbol": "BTCUSDT", "depth": 50, "order_qty": "0.008", "max_position": "0.5",
                "max_order_notional": "5000",
            }],
            "strategy": strategy,
            "run": {"seed": 1, "run_id": "alloc"},
        });
        let config = config::parse(document.to_string().as_bytes()).unwrap();
        Self {
            now_ns: 1_767_236_400 * SECOND_NS,
            door: DoorBuilder::new(settings.to_string().as_bytes()).unwrap().build().unwrap(),
            bot: Bot::new(Engine::new(config).unwrap()),
            venue: BTreeMap::new(),
            back: BTreeMap::new(),
            outputs: Vec::new(),
            facts: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn tell(&mut self, input: BotInput<'_>, counted: bool) {
        let mut outputs = std::mem::take(&mut self.outputs);
        ASKED.store(0, Ordering::Relaxed);
        COUNTS.store(counted, Ordering::Relaxed);
        self.bot.step(self.now_ns, input, &mut outputs, &mut self.facts);
        COUNTS.store(false, Ordering::Relaxed);
        // A frame that comes at the very time of a query, or that costs the book its trust, brings other work than its own.
        let asks = |output: &BotOutput| match output {
            BotOutput::Http { .. } => true,
            BotOutput::Send { bytes, .. } => bytes.starts_with(b"{\"op\":\"unsubscribe\""),
            _ => false,
        };
        if counted && !outputs.iter().any(asks) {
            self.tally.frames += 1;
            self.tally.requests += u64::from(outputs.iter().any(|output| matches!(output, BotOutput::Send { .. })));
            self.tally.allocations += ASKED.load(Ordering::Relaxed);
        }
        self.facts.clear();
        outputs.iter().for_each(|output| self.carry(output));
        self.bot.recycle(&mut outputs);
        self.bot.settle();
        self.outputs = outputs;
    }

    fn carry(&mut self, output: &BotOutput) {
        match output {
            BotOutput::Connect { conn, path, auth } => {
                let venue = self.door.open(path).unwrap();
                if *auth {
                    self.door.authenticate(self.now_ns, venue, Ok(TRADED), None);
                }
                self.venue.insert(*conn, venue);
                self.back.insert(venue, (*conn, path));
                self.tell(BotInput::StreamUp { conn: *conn }, false);
            }
            BotOutput::Send { conn, bytes } => {
                let _ = self.door.frame(self.now_ns, self.venue[conn], bytes);
            }
            BotOutput::Http { req_id, method, path, raw_query, body, signed, .. } => {
                let answer = self.door.http(self.now_ns, signed.then_some(TRADED), method, path, raw_query, body);
                self.tell(BotInput::HttpReply { req_id: *req_id, status: answer.status, rate: None, bytes: &answer.body }, false);
            }
            BotOutput::Close { conn } => panic!("the bot gave {conn:?} up"),
            BotOutput::DecisionDue { .. } => panic!("nobody is to be asked"),
        }
    }

    fn run(&mut self, for_ns: i64, counted: bool) {
        let end_ns = self.now_ns + for_ns;
        while self.now_ns < end_ns {
            self.now_ns += STEP_NS;
            self.door.advance(self.now_ns);
            for message in self.door.take_outgoing() {
                let Some(&(conn, path)) = self.back.get(&message.conn) else { continue };
                let text = std::str::from_utf8(&message.bytes).unwrap();
                if !text.contains("\"op\":\"auth\"") {
                    let book = path.contains("public") && text.contains("\"topic\":\"orderbook.50.");
                    self.tell(BotInput::Frame { conn, bytes: &message.bytes }, counted && book);
                }
            }
            if self.bot.deadline().is_some_and(|deadline| deadline <= self.now_ns) {
                self.tell(BotInput::Timer, false);
            }
        }
    }
}

#[test]
fn a_book_frame_costs_no_allocation_after_warm_up() {
    let mut joined = Joined::new();
    joined.tell(BotInput::Timer, false);
    joined.run(WARM_UP_NS, false);
    joined.run(MEASURED_NS, true);
    let tally = &joined.tally;
    assert!(tally.frames > 1000 && tally.requests > 200, "too little happened: {tally:?}");
    assert_eq!(tally.allocations, 0, "{tally:?}");
}
