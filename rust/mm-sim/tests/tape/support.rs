//! A made-up recording (tick 0.1, step 0.001, depth 50) and a desk that trades on it, all in ticks and lots.

use mm_core::ids::MarketIx;
use mm_core::units::{Lots, Side, Ticks};
use mm_sim::api::{Event, FillReason, OrderKey, SelfMatch, TimeInForce, Uid};
use mm_sim::liquidity::{Happening, Liquidity, Outbox, Resting, Trader};
use mm_sim::tape::{Tape, TapeBuilder};
use serde_json::{Value, json};

pub const MARKET: MarketIx = MarketIx(0);
/// When desks open; not a whole millisecond, so that rounding of stamps shows.
pub const START_NS: i64 = 5_000_000_000_000_123_456;
/// Recorded time of the made-up recordings' beginning.
pub const RECORDED_MS: i64 = 1_700_000_000_000;
pub const SIDECAR: &str = r#"{"category":"linear","symbol":"TESTUSDT","baseCoin":"TEST","quoteCoin":"USDT","settleCoin":"USDT",
    "priceFilter":{"tickSize":"0.10","minPrice":"0.10","maxPrice":"99999.90"},
    "lotSizeFilter":{"qtyStep":"0.001","minOrderQty":"0.001","maxOrderQty":"100.000","minNotionalValue":"5"}}"#;

pub type Levels<'a> = &'a [(i64, i64)];

pub fn price(ticks: i64) -> String {
    format!("{}.{}0", ticks / 10, ticks % 10)
}

pub fn size(lots: i64) -> String {
    format!("{}.{:03}", lots / 1000, lots % 1000)
}

pub fn book(kind: &str, u: u64, bids: Levels, asks: Levels) -> Value {
    let side = |levels: Levels| levels.iter().map(|level| json!([price(level.0), size(level.1)])).collect::<Vec<_>>();
    json!({"topic": "orderbook.50.TESTUSDT", "type": kind, "ts": RECORDED_MS + 7, "cts": RECORDED_MS + 3,
        "data": {"s": "TESTUSDT", "b": side(bids), "a": side(asks), "u": u, "seq": 100 * u}})
}

/// Prints of (taker side, price, size).
pub fn prints(rows: &[(&str, i64, i64)]) -> Value {
    flagged_prints(rows, false, false)
}

pub fn flagged_prints(rows: &[(&str, i64, i64)], block: bool, rpi: bool) -> Value {
    let row = |&(side, ticks, lots): &(&str, i64, i64)| json!({"T": RECORDED_MS + 2, "s": "TESTUSDT", "S": side, "p": price(ticks), "v": size(lots), "i": "t1", "BT": block, "RPI": rpi, "seq": 777});
    json!({"topic": "publicTrade.TESTUSDT", "type": "snapshot", "ts": RECORDED_MS + 4, "data": rows.iter().map(row).collect::<Vec<_>>()})
}

/// A line of the `{recv_ns, msg}` format, `ms` after the recording's beginning.
pub fn line(ms: i64, message: &Value) -> Vec<u8> {
    json!({"recv_ns": (RECORDED_MS + ms) * 1_000_000, "msg": message}).to_string().into_bytes()
}

pub fn load(builder: TapeBuilder, frames: &[(i64, Value)]) -> Tape {
    let mut builder = builder;
    builder.add_instrument(SIDECAR.as_bytes()).unwrap();
    frames.iter().for_each(|(ms, message)| builder.line(&line(*ms, message)).unwrap());
    builder.build().unwrap()
}

/// The book that most tests start from: 1000 × 5 | 1002 × 4, with one level behind each.
pub fn opening() -> Value {
    book("snapshot", 10, &[(1000, 5), (999, 7)], &[(1002, 4), (1003, 6)])
}

/// A tape under way, one frame every 10 ms; a quiet frame follows the last, so that the tape has not ended when it is played.
pub struct Desk {
    pub tape: Tape,
    pub now_ns: i64,
    keys: u64,
}

pub fn fill(key: OrderKey, at: i64, qty: i64, reason: FillReason) -> Happening {
    let seq = if matches!(reason, FillReason::TapeQueue | FillReason::TapeThrough) { 777 } else { 1000 };
    Happening::Filled { key, price: Ticks(at), qty: Lots(qty), is_maker: reason != FillReason::TapeTaken, reason, seq }
}

/// A post-only order of account 1.
pub fn resting(key: OrderKey, side: Side, at: i64, leaves: i64) -> Resting {
    let trader = Trader { uid: Uid(1), group: 0 };
    let (time_in_force, self_match) = (TimeInForce::PostOnly, SelfMatch::Allow);
    Resting {
        key,
        market: MARKET,
        side,
        price: Ticks(at),
        leaves: Lots(leaves),
        spend: None,
        to_back: false,
        time_in_force,
        self_match,
        trader,
    }
}

impl Desk {
    /// Plays the opening; `frames` come one by one with [`Desk::next`].
    pub fn open(frames: &[Value]) -> Self {
        let frames = std::iter::once(opening()).chain(frames.iter().cloned()).chain([book("delta", 99, &[], &[])]);
        let timed: Vec<_> = (0_i64..).zip(frames).map(|(i, message)| (i * 10, message)).collect();
        let mut desk = Self { tape: load(TapeBuilder::new(), &timed), now_ns: START_NS, keys: 0 };
        desk.tape.start(START_NS);
        desk.next();
        desk
    }

    pub fn fresh(&mut self) -> OrderKey {
        self.keys += 1;
        OrderKey(self.keys)
    }

    pub fn send(&mut self, side: Side, at: i64, leaves: i64, post_only: bool) -> (OrderKey, Vec<Happening>) {
        let key = self.fresh();
        let time_in_force = if post_only { TimeInForce::PostOnly } else { TimeInForce::Gtc };
        (key, self.submit(Resting { time_in_force, ..resting(key, side, at, leaves) }))
    }

    /// An order in all its words.
    pub fn submit(&mut self, order: Resting) -> Vec<Happening> {
        let mut out = Outbox::default();
        self.tape.submit(self.now_ns, order, &mut out);
        happenings(out)
    }

    /// A post-only order that rests.
    pub fn rest(&mut self, side: Side, at: i64, leaves: i64) -> OrderKey {
        let (key, happened) = self.send(side, at, leaves, true);
        assert_eq!(happened, [Happening::Rested { key }]);
        key
    }

    pub fn amend(&mut self, key: OrderKey, side: Side, at: i64, leaves: i64) -> Vec<Happening> {
        let order = resting(key, side, at, leaves);
        let mut out = Outbox::default();
        self.tape.amend(self.now_ns, order, &mut out);
        happenings(out)
    }

    pub fn cancel(&mut self, key: OrderKey) -> Vec<Happening> {
        let mut out = Outbox::default();
        self.tape.cancel(self.now_ns, key, &mut out);
        happenings(out)
    }

    pub fn take(&mut self, side: Side, limit: i64, qty: i64) -> Vec<Happening> {
        let mut out = Outbox::default();
        self.tape.take(self.now_ns, MARKET, side, Ticks(limit), Lots(qty), &mut out);
        happenings(out)
    }

    /// Plays one frame: what happened to our orders.
    pub fn next(&mut self) -> Vec<Happening> {
        self.next_out().happenings.into_iter().map(|row| row.1).collect()
    }

    pub fn next_out(&mut self) -> Outbox {
        self.now_ns = self.tape.next_due().expect("a frame is left");
        let mut out = Outbox::default();
        self.tape.advance(self.now_ns, &mut out);
        assert_eq!(out.market.len(), 1, "one step plays one frame");
        out
    }

    pub fn side(&self, side: Side) -> Vec<(i64, i64)> {
        let mut levels = Vec::new();
        self.tape.levels(MARKET, side, 100, &mut levels);
        levels.into_iter().map(|(at, lots)| (at.0, lots.0)).collect()
    }
}

/// What an order command led to: never a market event.
fn happenings(out: Outbox) -> Vec<Happening> {
    assert_eq!(out.market, Vec::<Event>::new());
    out.happenings.into_iter().map(|row| row.1).collect()
}
