//! Liquidity from a real price-time book with seeded background traders.
//!
//! Accounts' orders stand in the same queues as the background's and fill only when someone really trades with them. Trades are
//! told at once, book changes on the next 20 ms tick, so a trade comes before the book that covers its `seq`. [`Liquidity::levels`]
//! reads the book as it is; a frame may therefore already show what the next tick would tell, never less than its `seq` says.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::instrument::Instrument;
use mm_core::rng::Rng;
use mm_core::units::{Lots, Side, Ticks};

pub mod book;
mod flow;
mod pages;
mod specs;
mod trading;

pub use flow::{Flow, MAX_REACH_BPS};
pub use specs::{MarketSetup, UnknownSymbol, default_instruments, default_markets, market};

use crate::api::{Event, FillReason, OrderKey, TradeRow};
use crate::identity::TradeId;
use crate::liquidity::{Happening, Liquidity, NEVER_NS, Outbox, Resting, Trader};
use book::{Book, Fill, Owner};
use flow::{Background, Taken};
use trading::Taker;

/// Book changes are told at multiples of this.
pub const PUBLISH_NS: i64 = 20_000_000;
const DEPTHS: [u16; 4] = [1, 50, 200, 1000];

/// What a matching liquidity is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchingConfig {
    /// The row number is the [`MarketIx`].
    pub markets: Vec<MarketSetup>,
    pub flow: Flow,
    pub seed: u64,
}

#[derive(Clone, Debug)]
struct Market {
    index: MarketIx,
    category: Category,
    book: Book,
    background: Background,
    trade_seed: u64,
    seq: u64,
    trades: u64,
    changed_ns: i64,
    publish_due_ns: i64,
}

type Homes = BTreeMap<OrderKey, (MarketIx, Trader)>;

/// The matching liquidity of all markets.
#[derive(Clone, Debug)]
pub struct Matching {
    markets: Vec<Market>,
    /// Where an account's resting order stands, and whose it is.
    homes: Homes,
    started: bool,
}

impl Matching {
    /// Lays out every book; their clocks stand still until [`Liquidity::start`]. At most 65,536 markets are kept.
    #[must_use]
    pub fn new(config: &MatchingConfig) -> Self {
        let mut seeds = Rng::new(config.seed);
        let rows = config.markets.iter().zip(0_u16..);
        let markets = rows.map(|(setup, index)| Market::new(setup, MarketIx(index), config.flow, &mut seeds)).collect();
        Self { markets, homes: BTreeMap::new(), started: false }
    }

    fn get(&self, market: MarketIx) -> Option<&Market> {
        self.markets.get(market.index())
    }

    fn step(&mut self, at: usize, due_ns: i64, out: &mut Outbox) {
        let Some(market) = self.markets.get_mut(at) else { return };
        if market.background.next_ns == due_ns {
            let mut taken = Vec::new();
            market.background.step(due_ns, &mut market.book, &mut taken);
            market.next_seq(due_ns);
            for Taken { side, fills } in taken {
                self.settle(due_ns, at, Taker { side, key: None, reason: FillReason::Matched }, &fills, out);
            }
        } else if market.publish_due_ns == due_ns {
            out.market.push(market.publish(due_ns, false));
        }
    }
}

impl Market {
    fn new(setup: &MarketSetup, index: MarketIx, flow: Flow, seeds: &mut Rng) -> Self {
        let mut book = Book::default();
        let flow = if setup.quiet { flow.quiet() } else { flow };
        let background = Background::new(flow, seeds.bits(), setup.start_price, setup.typical_qty, &mut book);
        let category = setup.instrument.id.category;
        Self { index, category, book, background, trade_seed: seeds.bits(), seq: 1, trades: 0, changed_ns: 0, publish_due_ns: NEVER_NS }
    }

    fn due_ns(&self) -> i64 {
        self.background.next_ns.min(self.publish_due_ns)
    }

    /// The number of a change, which the next tick tells.
    fn next_seq(&mut self, now_ns: i64) -> u64 {
        self.seq += 1;
        self.changed_ns = now_ns;
        self.publish_due_ns = self.publish_due_ns.min((now_ns.div_euclid(PUBLISH_NS) + 1) * PUBLISH_NS);
        self.seq
    }

    fn print(&mut self, now_ns: i64, side: Side, fill: &Fill, seq: u64) -> TradeRow {
        self.trades += 1;
        let trade_id = TradeId::Own { category: self.category, seed: self.trade_seed, number: self.trades };
        TradeRow { engine_ms: ms(now_ns), side, price: fill.price, qty: fill.qty, trade_id, seq, block: false, rpi: false }
    }

    fn publish(&mut self, now_ns: i64, reset: bool) -> Event {
        self.publish_due_ns = NEVER_NS;
        Event::Book { market: self.index, engine_ms: ms(self.changed_ns), publish_ms: ms(now_ns), seq: self.seq, update_id: None, reset }
    }
}

fn ms(ns: i64) -> i64 {
    ns.div_euclid(1_000_000)
}

impl Liquidity for Matching {
    fn next_due(&self) -> Option<i64> {
        let due_ns = self.markets.iter().fold(NEVER_NS, |due_ns, market| due_ns.min(market.due_ns()));
        (due_ns < NEVER_NS).then_some(due_ns)
    }

    fn advance(&mut self, now_ns: i64, out: &mut Outbox) {
        loop {
            let due = self.markets.iter().map(Market::due_ns).enumerate().min_by_key(|(_, due_ns)| *due_ns);
            let Some((at, due_ns)) = due.filter(|(_, due_ns)| *due_ns <= now_ns && *due_ns < NEVER_NS) else { break };
            self.step(at, due_ns, out);
        }
    }

    fn submit(&mut self, now_ns: i64, order: Resting, out: &mut Outbox) {
        self.advance(now_ns, out);
        let crosses = self.get(order.market).is_none_or(|market| market.book.crosses(order.side, order.price));
        if order.is_post_only() && crosses {
            out.happenings.push((now_ns, Happening::WouldTake { key: order.key }));
        } else if self.enter(now_ns, order, out) {
            out.happenings.push((now_ns, Happening::Rested { key: order.key }));
        }
    }

    fn amend(&mut self, now_ns: i64, order: Resting, out: &mut Outbox) {
        self.advance(now_ns, out);
        let (key, owner) = (order.key, Owner::Account(order.key));
        let Some((market, (_, price, open))) = self.get(order.market).and_then(|market| Some((market, market.book.find(owner)?))) else {
            return;
        };
        let keeps_place = order.keeps_place(price, open);
        if !keeps_place && order.is_post_only() && market.book.crosses(order.side, order.price) {
            self.leave(now_ns, key);
            out.happenings.push((now_ns, Happening::WouldTake { key }));
            return;
        }
        out.happenings.push((now_ns, Happening::Amended { key }));
        if !keeps_place {
            self.leave(now_ns, key);
            self.enter(now_ns, order, out);
        } else if let Some(market) = self.markets.get_mut(order.market.index()) {
            market.book.shrink(owner, order.leaves);
            market.next_seq(now_ns);
        }
    }

    fn cancel(&mut self, now_ns: i64, key: OrderKey, out: &mut Outbox) {
        self.advance(now_ns, out);
        if self.leave(now_ns, key) {
            out.happenings.push((now_ns, Happening::Cancelled { key }));
        }
    }

    fn take(&mut self, now_ns: i64, market: MarketIx, side: Side, limit: Ticks, qty: Lots, out: &mut Outbox) {
        self.advance(now_ns, out);
        let mut fills = Vec::new();
        if let Some(row) = self.markets.get_mut(market.index()) {
            row.book.execute(side, limit, qty, &mut fills);
        }
        self.settle(now_ns, market.index(), Taker { side, key: None, reason: FillReason::TakerSeed }, &fills, out);
    }

    fn levels(&self, market: MarketIx, side: Side, levels: usize, out: &mut Vec<(Ticks, Lots)>) {
        if let Some(row) = self.get(market) {
            row.book.levels(side, levels, out);
        }
    }

    fn best(&self, market: MarketIx) -> (Option<Ticks>, Option<Ticks>) {
        self.get(market).map_or((None, None), |row| (row.book.best(Side::Buy), row.book.best(Side::Sell)))
    }

    fn depths(&self, market: MarketIx) -> &[u16] {
        if self.get(market).is_some() { &DEPTHS } else { &[] }
    }

    fn ended(&self) -> bool {
        false
    }

    fn shift(&mut self, now_ns: i64, market: MarketIx, bps: i64, out: &mut Outbox) {
        self.advance(now_ns, out);
        if let Some(row) = self.markets.get_mut(market.index()) {
            row.background.shift(bps);
        }
    }

    fn may_regrid(&self) -> bool {
        true
    }

    fn regrid(&mut self, now_ns: i64, market: MarketIx, old: &Instrument, new: &Instrument, out: &mut Outbox) {
        self.advance(now_ns, out);
        if let Some(row) = self.markets.get_mut(market.index()) {
            row.book = Book::default();
            row.background.regrid(old, new, &mut row.book);
            row.next_seq(now_ns);
            out.market.push(row.publish(now_ns, true));
        }
    }

    fn start(&mut self, now_ns: i64) {
        if core::mem::replace(&mut self.started, true) {
            return;
        }
        self.markets.iter_mut().for_each(|market| market.background.start(now_ns));
    }
}
