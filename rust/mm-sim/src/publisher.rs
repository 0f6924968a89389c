//! Turns changes of the published book into the frames of one `orderbook.{depth}` topic.
//!
//! One [`Publisher`] per (market, depth) serves all its subscribers, so everyone sees the same `u`. A subscriber that joins gets
//! [`Publisher::snapshot_now`], which is exactly the last published window; every later frame is a step from it. Feed every publisher every
//! book event from the start, subscribed or not.
//!
//! Source: reference, public order book topic (cadence, window, depth 1 re-sent after 3 s idle with the same `u`).

use alloc::vec::Vec;
use core::cmp::Ordering;

use mm_core::ids::MarketIx;
use mm_core::units::{Lots, Side, Ticks};

use crate::api::Event;
use crate::liquidity::Liquidity;

/// Levels of one side that a delta usually changes at most.
const USUAL_STEPS: usize = 16;
/// Depth 1 is re-sent after this much silence.
pub const IDLE_RESEND_NS: i64 = 3_000_000_000;

/// One message of an order book topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookFrame {
    pub market: MarketIx,
    pub depth: u16,
    /// `type`: snapshot replaces, delta upserts (size 0 deletes).
    pub snapshot: bool,
    /// `u`
    pub update_id: u64,
    pub seq: u64,
    /// `cts`
    pub engine_ms: i64,
    /// `ts`
    pub publish_ms: i64,
    /// Best first, deletions included.
    pub bids: Vec<(Ticks, Lots)>,
    /// Best first, deletions included.
    pub asks: Vec<(Ticks, Lots)>,
}

/// What a book event says besides the levels.
#[derive(Clone, Copy, Debug)]
struct Change {
    engine_ms: i64,
    publish_ms: i64,
    seq: u64,
    update_id: Option<u64>,
    reset: bool,
}

/// The state of one topic.
#[derive(Clone, Debug)]
pub struct Publisher {
    market: MarketIx,
    depth: u16,
    next_update_id: u64,
    /// The window as every subscriber holds it, in the form of a snapshot.
    window: Option<BookFrame>,
    /// A change that waits for the cadence.
    pending: Option<Change>,
    last_ns: i64,
    over: bool,
    /// Memory of the window before the last.
    spare: [Vec<(Ticks, Lots)>; 2],
}

impl Publisher {
    /// `first_update_id` numbers the first frame where `u` is our own (every depth but the recorded one of a tape); use > 1, since
    /// `u == 1` announces a service restart.
    #[must_use]
    pub fn new(market: MarketIx, depth: u16, first_update_id: u64) -> Self {
        Self {
            market,
            depth,
            next_update_id: first_update_id,
            window: None,
            pending: None,
            last_ns: 0,
            over: false,
            spare: Default::default(),
        }
    }

    #[must_use]
    pub fn market(&self) -> MarketIx {
        self.market
    }

    #[must_use]
    pub fn depth(&self) -> u16 {
        self.depth
    }

    /// The last published window with its `u`, as the first frame of a new subscriber; `None` before the first frame.
    #[must_use]
    pub fn snapshot_now(&self) -> Option<BookFrame> {
        self.window.clone()
    }

    /// Takes a book event; other events and other markets are ignored. The recorded depth of a tape answers every event, other depths
    /// only a change of their window; a matching book is conflated to the topic's cadence.
    pub fn on_book(&mut self, now_ns: i64, event: &Event, liquidity: &dyn Liquidity) -> Option<BookFrame> {
        let Event::Book { market, engine_ms, publish_ms, seq, update_id, reset } = *event else { return None };
        if market != self.market {
            return None;
        }
        let change = Change { engine_ms, publish_ms, seq, update_id, reset };
        let conflated = update_id.is_none() && !reset && self.window.is_some() && now_ns < self.last_ns + self.cadence_ns();
        if conflated {
            self.pending = Some(change);
            return None;
        }
        self.publish(now_ns, change, liquidity)
    }

    /// When [`Publisher::on_due`] must be called.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        if self.over || self.window.is_none() {
            return None;
        }
        if self.pending.is_some() {
            return Some(self.last_ns + self.cadence_ns());
        }
        self.idle_due()
    }

    /// When depth 1 is re-sent if nothing changes; `None` for other depths.
    #[must_use]
    pub fn idle_due(&self) -> Option<i64> {
        (self.depth == 1 && self.window.is_some() && !self.over).then_some(self.last_ns + IDLE_RESEND_NS)
    }

    /// Sends what the cadence held back, or depth 1 again with the same `u` after 3 s of silence. Silent for good once the tape has ended.
    pub fn on_due(&mut self, now_ns: i64, liquidity: &dyn Liquidity) -> Option<BookFrame> {
        if liquidity.ended() {
            self.over = true;
            return None;
        }
        if now_ns >= self.last_ns + self.cadence_ns()
            && let Some(change) = self.pending.take()
            && let Some(frame) = self.publish(now_ns, Change { publish_ms: now_ns.div_euclid(1_000_000), ..change }, liquidity)
        {
            return Some(frame);
        }
        if self.idle_due().is_none_or(|due| now_ns < due) {
            return None;
        }
        self.last_ns = now_ns;
        let window = self.window.as_mut()?;
        window.publish_ms = now_ns.div_euclid(1_000_000);
        Some(window.clone())
    }

    fn cadence_ns(&self) -> i64 {
        1_000_000
            * match self.depth {
                1 => 10,
                50 => 20,
                200 => 100,
                _ => 200,
            }
    }

    fn publish(&mut self, now_ns: i64, change: Change, liquidity: &dyn Liquidity) -> Option<BookFrame> {
        self.pending = None;
        let [mut bids, mut asks] = core::mem::take(&mut self.spare);
        for (side, levels) in [(Side::Buy, &mut bids), (Side::Sell, &mut asks)] {
            levels.clear();
            liquidity.levels(self.market, side, usize::from(self.depth), levels);
        }
        let recorded = change.update_id.filter(|_| liquidity.depths(self.market).iter().max() == Some(&self.depth));
        let (old_bids, old_asks) = self.window.as_ref().map_or((&[][..], &[][..]), |window| (&window.bids[..], &window.asks[..]));
        let same = old_bids == bids && old_asks == asks;
        if same && recorded.is_none() && (!change.reset || self.window.is_none()) {
            self.spare = [bids, asks];
            return None;
        }
        let (market, depth) = (self.market, self.depth);
        let snapshot = depth == 1 || change.reset || self.window.is_none();
        let update_id = recorded.unwrap_or(self.next_update_id);
        self.next_update_id = update_id + 1;
        self.last_ns = now_ns;
        let Change { engine_ms, publish_ms, seq, .. } = change;
        let of = |snapshot, bids, asks| BookFrame { market, depth, snapshot, update_id, seq, engine_ms, publish_ms, bids, asks };
        let frame = if snapshot {
            of(true, bids.clone(), asks.clone())
        } else {
            of(false, steps(old_bids, &bids, Side::Buy), steps(old_asks, &asks, Side::Sell))
        };
        if let Some(gone) = self.window.replace(of(true, bids, asks)) {
            self.spare = [gone.bids, gone.asks];
        }
        Some(frame)
    }
}

/// The upserts and deletions that turn one window side into another, best first.
fn steps(old: &[(Ticks, Lots)], new: &[(Ticks, Lots)], side: Side) -> Vec<(Ticks, Lots)> {
    let better_first = |a: Ticks, b: Ticks| if side == Side::Buy { b.cmp(&a) } else { a.cmp(&b) };
    let (mut old, mut new, mut steps) = (old, new, Vec::with_capacity(USUAL_STEPS));
    loop {
        let (mut same, both) = (0, old.len().min(new.len()));
        while same < both && old[same] == new[same] {
            same += 1;
        }
        (old, new) = (&old[same..], &new[same..]);
        let order = match (old.first(), new.first()) {
            (Some(gone), Some(come)) => better_first(gone.0, come.0),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        steps.push(if order == Ordering::Less { (old[0].0, Lots::ZERO) } else { new[0] });
        old = &old[usize::from(order != Ordering::Greater)..];
        new = &new[usize::from(order != Ordering::Less)..];
    }
    steps
}
