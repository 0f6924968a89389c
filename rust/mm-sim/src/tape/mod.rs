//! A recorded L2 book and its trades as a source of liquidity.
//!
//! The recording plays at its own pace, restamped from [`Liquidity::start`]; it never reacts to us. Our resting size is laid over the
//! published book from the next recorded frame of the market on, and fills only as the queue model in `queue` says.
//! After the last frame nothing fills any more, while orders can still be entered and cancelled.
//!
//! Source: strategy reference, section 5 (queue models; block and RPI trades do not advance a queue).

mod book;
mod error;
mod json;
mod load;
mod market;
mod message;
mod queue;
mod recording;
mod spec;

use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::instrument::Instrument;
use mm_core::units::{Lots, Side, Ticks};

pub use self::error::TapeError;
pub use self::load::TapeBuilder;

use self::market::Market;
use self::recording::{Body, Frame};
use crate::api::{Event, OrderKey, TradeRow};
use crate::liquidity::{Liquidity, Outbox, Resting};

/// A playable recording of one or more markets. [`MarketIx`] counts the rows of [`Tape::instruments`].
#[derive(Clone, Debug)]
pub struct Tape {
    instruments: Vec<Instrument>,
    frames: Vec<Frame>,
    markets: Vec<Market>,
    /// Recorded wall time of the tape's beginning.
    origin_ns: i64,
    start_ns: Option<i64>,
    played: usize,
}

impl Tape {
    /// The instruments in market order.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// How many frames the tape holds.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames.len()
    }

    /// From [`Liquidity::start`] to the last frame.
    #[must_use]
    pub fn duration_ns(&self) -> i64 {
        self.frames.last().map_or(0, |frame| frame.at_ns)
    }

    /// Recorded wall time of the tape's beginning.
    #[must_use]
    pub fn recorded_from_ns(&self) -> i64 {
        self.origin_ns
    }

    /// The best bid of a market's first recorded book that has one.
    #[must_use]
    pub fn first_bid(&self, market: MarketIx) -> Option<Ticks> {
        let books = self.frames.iter().filter(|frame| frame.market == market).filter_map(|frame| match &frame.body {
            Body::Book(body) => body.bids.iter().filter(|level| level.1 > Lots::ZERO).map(|level| level.0).max(),
            _ => None,
        });
        books.into_iter().next()
    }

    /// Whether fills can happen.
    fn live(&self) -> bool {
        self.start_ns.is_some() && !self.ended()
    }

    fn play(&mut self, now_ns: i64, shift_ms: i64, out: &mut Outbox) {
        let Some(frame) = self.frames.get(self.played) else { return };
        self.played += 1;
        let Some(market) = self.markets.get_mut(frame.market.index()) else { return };
        let publish_ms = frame.publish_ms + shift_ms;
        let event = match &frame.body {
            Body::Book(body) => {
                market.on_book(body);
                Event::Book {
                    market: frame.market,
                    engine_ms: body.engine_ms + shift_ms,
                    publish_ms,
                    seq: body.seq,
                    update_id: Some(body.update_id),
                    reset: body.snapshot,
                }
            }
            Body::Trades(rows) => {
                market.on_trades(now_ns, rows, out);
                let shifted = |row: &TradeRow| TradeRow { engine_ms: row.engine_ms + shift_ms, ..row.clone() };
                Event::Trades { market: frame.market, publish_ms, trades: rows.iter().map(shifted).collect() }
            }
            Body::Ticker(body) => {
                let fields = body.fields.iter().map(|(name, value)| (name.clone(), message::shifted(name, value, shift_ms)));
                let (snapshot, cross_seq) = (body.snapshot, body.cross_seq);
                Event::Ticker { market: frame.market, publish_ms, snapshot, cross_seq, fields: fields.collect() }
            }
        };
        out.market.push(event);
    }
}

impl Liquidity for Tape {
    fn next_due(&self) -> Option<i64> {
        let frame = self.frames.get(self.played)?;
        Some(self.start_ns? + frame.at_ns)
    }

    fn advance(&mut self, now_ns: i64, out: &mut Outbox) {
        let Some(start_ns) = self.start_ns else { return };
        // Recorded stamps are whole milliseconds: one whole shift for all keeps their order and their distances.
        let shift_ms = (start_ns - self.origin_ns).div_euclid(1_000_000);
        while let Some(due_ns) = self.next_due().filter(|due| *due <= now_ns) {
            self.play(due_ns, shift_ms, out);
        }
    }

    fn submit(&mut self, now_ns: i64, order: Resting, out: &mut Outbox) {
        let live = self.live();
        if let Some(market) = self.markets.get_mut(order.market.index()) {
            market.submit(now_ns, order, live, out);
        }
    }

    fn amend(&mut self, now_ns: i64, order: Resting, out: &mut Outbox) {
        let live = self.live();
        if let Some(market) = self.markets.get_mut(order.market.index()) {
            market.amend(now_ns, order, live, out);
        }
    }

    fn cancel(&mut self, now_ns: i64, key: OrderKey, out: &mut Outbox) {
        self.markets.iter_mut().for_each(|market| market.cancel(now_ns, key, out));
    }

    fn take(&mut self, now_ns: i64, market: MarketIx, side: Side, limit: Ticks, qty: Lots, out: &mut Outbox) {
        if self.live()
            && let Some(market) = self.markets.get_mut(market.index())
        {
            market.take(now_ns, side, limit, qty, out);
        }
    }

    fn levels(&self, market: MarketIx, side: Side, levels: usize, out: &mut Vec<(Ticks, Lots)>) {
        if let Some(market) = self.markets.get(market.index()) {
            out.extend(market.published(side).take(levels));
        }
    }

    fn best(&self, market: MarketIx) -> (Option<Ticks>, Option<Ticks>) {
        let best = |side| Some(self.markets.get(market.index())?.published(side).next()?.0);
        (best(Side::Buy), best(Side::Sell))
    }

    fn depths(&self, market: MarketIx) -> &[u16] {
        self.markets.get(market.index()).map_or(&[], |market| &market.depths)
    }

    fn ended(&self) -> bool {
        self.played == self.frames.len()
    }

    fn start(&mut self, now_ns: i64) {
        self.start_ns.get_or_insert(now_ns);
    }
}
