//! One market's live state: book, trust, signals, ledger, fees, and what was last decided.

use crate::book::L2Book;
use crate::continuity::{Applied, Continuity, Refused};
use crate::fact::Distrust;
use crate::guards::collar::Mark;
use crate::guards::contradiction::TradeWatch;
use crate::guards::duplicate::RecentSends;
use crate::guards::holding::HoldingWatch;
use crate::guards::reject_backoff::RejectBackoff;
use crate::guards::repeat::RepeatGuard;
use crate::guards::shape::ShapeWatch;
use crate::guards::throttle::Throttle;
use crate::input::{BookUpdate, Trade};
use crate::instrument::Instrument;
use crate::ledger::Ledger;
use crate::mutants::{Mutant, planted};
use crate::risk::Limits;
use crate::signals::EwmaVolatility;
use crate::units::{Amount, Lots, Side, Ticks};

/// A book is stale when its last frame, depth-1 re-sends included, is older than this: quotes are to be gone 4 s after that frame, and
/// the cancel has a way to go.
pub const STALE_NS: i64 = 3_900_000_000;
/// A change of the book that is older than this on arrival is late, or we sign with a clock that is ahead by as much.
const LATE_MS: i64 = 900;

/// What the venue told about a configured market, once it has.
#[derive(Clone, Debug)]
pub struct Terms {
    pub order_qty: Lots,
    pub limits: Limits,
    pub tick_lot: Amount,
}

/// A post-only order that was refused because it would have taken: no loop may retry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostOnlyRefusal {
    pub side: Side,
    pub price: Ticks,
    pub at_ns: i64,
    /// How many followed each other closely, this one included.
    pub in_a_row: u32,
}

impl PostOnlyRefusal {
    /// The book that refused it must have had time to reach us; the pause doubles with each refusal in a row.
    const ANY_PRICE_NS: i64 = 100_000_000;
    /// The same price, or one still closer to the other side, is tried again after this.
    const SAME_PRICE_NS: i64 = 1_000_000_000;

    /// The refusal that follows `last`.
    #[must_use]
    pub fn after(last: Option<Self>, side: Side, price: Ticks, at_ns: i64) -> Self {
        let close = last.filter(|last| at_ns - last.at_ns < 2 * Self::SAME_PRICE_NS);
        Self { side, price, at_ns, in_a_row: close.map_or(0, |last| last.in_a_row).saturating_add(1) }
    }

    /// When an order at `price` may be tried.
    #[must_use]
    pub fn over_ns(&self, price: Ticks) -> i64 {
        let further = (self.price - price).0 * self.side.sign() > 0;
        let further_ns = (Self::ANY_PRICE_NS << (self.in_a_row.max(1) - 1).min(4)).min(Self::SAME_PRICE_NS);
        self.at_ns + if further { further_ns } else { Self::SAME_PRICE_NS }
    }
}

/// One market.
#[derive(Clone, Debug)]
pub struct Market {
    pub book: L2Book,
    continuity: Continuity,
    /// The topic depth that makes the book; depth 1 only proves that the stream lives.
    depth: u16,
    stream_live: bool,
    broken: Option<Distrust>,
    last_frame_ns: i64,
    /// The verdict last reported.
    distrust: Option<Distrust>,
    pub volatility: EwmaVolatility,
    pub terms: Option<Terms>,
    pub maker_rate: Option<Amount>,
    /// `None` until the first recovery has compared the venue's position with the day's executions.
    pub ledger: Option<Ledger>,
    /// Linear: the venue's average entry price of what we hold.
    pub entry: Amount,
    pub decisions: u64,
    /// When a fresh snapshot was last asked for.
    pub resynced_ns: i64,
    /// When its orders were last pulled by HTTP.
    pub pulled_ns: i64,
    /// When the quoting of this market next needs a look by itself.
    pub due_ns: Option<i64>,
    /// The last post-only refusal of each side.
    pub crossed: [Option<PostOnlyRefusal>; 2],
    /// A person has stopped the quoting of this market.
    pub paused: bool,
    /// Slots that the venue refused and that wait.
    pub refused: RejectBackoff,
    pub sent: RecentSends,
    pub repeat: RepeatGuard,
    pub throttle: Throttle,
    /// The venue's word on what we hold against the ledger's.
    pub holding: HoldingWatch,
    pub mark: Mark,
    trades: TradeWatch,
    shape: ShapeWatch,
    /// The last change of the book was old when it came.
    late: bool,
}

/// What a book frame did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookChange {
    /// The book is whole and changed.
    Changed,
    /// Nothing to decide on: a depth-1 sign of life, or a frame that must not be applied.
    Unchanged,
    /// The chain broke at this frame: ask for a fresh snapshot.
    Resync,
}

impl Market {
    #[must_use]
    pub fn new(depth: u16, volatility: EwmaVolatility) -> Self {
        Self {
            book: L2Book::new(),
            continuity: Continuity::new(),
            depth,
            stream_live: false,
            broken: None,
            last_frame_ns: i64::MIN / 2,
            distrust: Some(Distrust::StreamDown),
            volatility,
            terms: None,
            maker_rate: None,
            ledger: None,
            entry: Amount::ZERO,
            decisions: 0,
            resynced_ns: i64::MIN / 2,
            pulled_ns: i64::MIN / 2,
            due_ns: None,
            crossed: [None; 2],
            paused: false,
            refused: RejectBackoff::default(),
            sent: RecentSends::default(),
            repeat: RepeatGuard::default(),
            throttle: Throttle::default(),
            holding: HoldingWatch::default(),
            mark: Mark::default(),
            trades: TradeWatch::default(),
            shape: ShapeWatch::default(),
            late: false,
        }
    }

    /// The public stream came or went. Either way the book is worthless until a new snapshot.
    pub fn stream(&mut self, live: bool) {
        self.stream_live = live;
        self.broken = None;
        self.continuity = Continuity::new();
        self.book.clear();
        self.trades.reset();
        self.late = false;
    }

    /// Public trades, which the book must answer.
    pub fn traded(&mut self, trades: &[Trade], now_ns: i64) {
        if self.continuity.last().is_some() {
            self.trades.traded(trades, &self.book, now_ns);
        }
    }

    /// Applies one book frame.
    #[inline]
    pub fn fold(&mut self, update: &BookUpdate<'_>, now_ns: i64, venue_ms: i64) -> BookChange {
        self.last_frame_ns = now_ns;
        if update.depth != self.depth {
            return BookChange::Unchanged;
        }
        let applied = match self.continuity.check(update.snapshot, update.update_id) {
            Ok(Applied::Snapshot) if planted(Mutant::MergedSnapshot) => self.book.apply_delta(update.bids, update.asks),
            Ok(Applied::Snapshot | Applied::Resent) => self.book.apply_snapshot(update.bids, update.asks),
            Ok(Applied::Delta) => {
                // Only a change has an age: a snapshot may show a book that has rested for long.
                self.late = venue_ms - update.engine_ms > LATE_MS;
                self.book.apply_delta(update.bids, update.asks)
            }
            Err(Refused::Gap { .. }) => {
                self.broken = Some(Distrust::Gap);
                return BookChange::Resync;
            }
            Err(Refused::AwaitingSnapshot) => return BookChange::Unchanged,
        };
        if applied.is_err() {
            self.continuity.invalidate();
            self.broken = Some(Distrust::Gap);
            return BookChange::Resync;
        }
        if self.trades.framed(update.seq, &self.book) {
            self.distrust_book(Distrust::Contradiction);
            return BookChange::Resync;
        }
        self.broken = None;
        if let Some(why) = self.shape.look(&self.book) {
            self.distrust_book(why);
            return BookChange::Resync;
        }
        if let Some(mid_x2) = self.book.mid_x2() {
            self.volatility.update(now_ns, mid_x2);
        }
        BookChange::Changed
    }

    /// The book is not to be used until the next snapshot.
    pub fn distrust_book(&mut self, why: Distrust) {
        self.continuity.invalidate();
        self.broken = Some(why);
    }

    /// Why the book cannot be quoted on at this moment; `None` if it can.
    #[must_use]
    pub fn judge(&self, now_ns: i64) -> Option<Distrust> {
        if !self.stream_live {
            return Some(Distrust::StreamDown);
        }
        if let Some(why) = self.broken {
            return Some(why);
        }
        if self.continuity.last().is_none() {
            return Some(Distrust::NoSnapshot);
        }
        if self.trades.due_ns().is_some_and(|due_ns| now_ns > due_ns) {
            return Some(Distrust::Contradiction);
        }
        if self.late {
            return Some(Distrust::Late);
        }
        (now_ns - self.last_frame_ns > STALE_NS && !planted(Mutant::StaleBookTrusted)).then_some(Distrust::Stale)
    }

    /// Judges again; returns the new verdict if it differs from the last one.
    #[allow(clippy::option_option)]
    pub fn rejudge(&mut self, now_ns: i64) -> Option<Option<Distrust>> {
        let verdict = self.judge(now_ns);
        (verdict != self.distrust).then(|| {
            self.distrust = verdict;
            verdict
        })
    }

    /// The verdict last reported: the book may be quoted on.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.distrust.is_none()
    }

    /// The number of the last frame in the book; `None` while it is not whole.
    #[must_use]
    pub fn update_id(&self) -> Option<u64> {
        self.continuity.last()
    }

    #[must_use]
    pub fn depth(&self) -> u16 {
        self.depth
    }

    /// The chain is broken and only a new snapshot mends it.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.stream_live && self.broken.is_some()
    }

    /// When the book loses its trust if nothing more arrives.
    #[must_use]
    pub fn stale_ns(&self) -> Option<i64> {
        let stale_ns = self.last_frame_ns + STALE_NS;
        self.is_trusted().then_some(self.trades.due_ns().map_or(stale_ns, |due_ns| stale_ns.min(due_ns)) + 1)
    }

    #[must_use]
    pub fn position(&self) -> Lots {
        self.ledger.as_ref().map_or(Lots::ZERO, Ledger::position)
    }

    /// Spot: what this market's trades did to the base coin held: whole lots less fees taken in coin.
    #[must_use]
    pub fn coin_moved(&self, spec: &Instrument) -> Amount {
        spec.qty(self.position()) - self.ledger.as_ref().map_or(Amount::ZERO, Ledger::base_fees)
    }
}
