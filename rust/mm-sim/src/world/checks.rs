//! The auditor's checks of what the bot itself holds: ledger, book, and how often it knocks.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::engine::Engine;
use mm_core::ids::MarketIx;
use mm_core::ledger::Ledger;
use mm_core::market::Market;
use mm_core::orders::{Order, OrderState};
use mm_core::units::{Lots, Side, Ticks};

use super::auditor::Auditor;
use super::grids::CASH_UNIT;
use super::{DEPTH, SECOND_NS};
use crate::publisher::BookFrame;

/// Answers that only a mistake of ours can bring.
const NEVER: [(i64, &str); 7] = [
    (10006, "too many requests"),
    (10403, "too many requests of one address"),
    (20003, "too many requests on one socket"),
    (10002, "a time stamp outside the window"),
    (10004, "a signature that is wrong"),
    (110_072, "an order id used before"),
    (170_141, "an order id used before"),
];

/// A book is compared this often.
const SAMPLE_EVERY_NS: i64 = 2 * SECOND_NS;
/// Doubling from a second, with jitter down to 0.7, leaves room for this many attempts of one socket in [`KNOCK_NS`].
const MAX_KNOCKS: usize = 6;
const KNOCK_NS: i64 = 10 * SECOND_NS;

/// One book of the venue that waits until the bot has applied the same frame.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    frame: Option<BookFrame>,
    next_ns: i64,
}

impl Auditor {
    /// A new order waits for an answer only while somebody does.
    pub fn check_waiting(&mut self, engine: &Engine) {
        let waits = |order: &Order| order.state == OrderState::PendingNew && !engine.requests().carries(&order.client_id);
        if let Some((market, order)) = engine.orders().iter().find(|(_, order)| waits(order)) {
            self.fail(format!("market {}: {} waits for the answer to a request that is no longer in flight", market.0, order.client_id));
        }
    }

    /// The bot's own figures against the sums of what it booked.
    pub fn check_ledger(&mut self, market: MarketIx, ledger: Option<&Ledger>) {
        let sums = self.bot.get(market.index()).copied().unwrap_or_default();
        let grid = self.grids.get(market.index()).map(|grids| grids.1);
        let (held, paid, cash) = ledger
            .zip(grid)
            .map_or((0, 0, 0), |(row, grid)| (grid.qty(row.position() - row.start()), row.fees().0 + row.base_fees().0, row.cash().0));
        let funded = ledger.map_or(0, |row| row.pnl().funding.0);
        if funded != self.funding.sum(market) {
            self.fail(format!("market {}: the bot's funding is {funded} but it has booked {}", market.0, self.funding.sum(market)));
        }
        if sums.position != held {
            self.fail(format!("market {}: the bot holds {held} but has booked {}", market.0, sums.position));
        }
        if sums.cash * CASH_UNIT != cash {
            self.fail(format!("market {}: the bot's cash is {cash} but it has booked {}", market.0, sums.cash * CASH_UNIT));
        }
        if sums.fees != paid {
            self.fail(format!("market {}: the bot's fees are {paid} but it has booked {}", market.0, sums.fees));
        }
    }

    /// Takes the venue's book now and then, to be compared once the bot has come to it.
    pub fn sample_book(&mut self, market: MarketIx, now_ns: i64, published: impl FnOnce() -> Option<BookFrame>) {
        if let Some(sample) = self.samples.get_mut(market.index())
            && now_ns >= sample.next_ns
        {
            *sample = Sample { frame: published(), next_ns: now_ns + SAMPLE_EVERY_NS };
        }
    }

    /// A book that is trusted is the venue's at the same frame, to the last lot.
    pub fn check_book(&mut self, market: MarketIx, held: &Market) {
        if held.is_trusted() && held.book.touch().is_none_or(|(bid, ask)| ask.0.0 > 2 * bid.0.0) {
            self.fail(format!("market {} is trusted with a book of {:?} and {:?}", market.0, held.book.best_bid(), held.book.best_ask()));
        }
        let Some(sample) = self.samples.get_mut(market.index()) else { return };
        let Some(frame) = sample.frame.take_if(|frame| held.update_id().is_some_and(|last| last >= frame.update_id)) else { return };
        if held.update_id() != Some(frame.update_id) || !held.is_trusted() || !self.same_grid(market) {
            return;
        }
        let levels = |side: Side| held.book.levels(side).take(usize::from(DEPTH)).collect::<Vec<(Ticks, Lots)>>();
        if levels(Side::Buy) != frame.bids || levels(Side::Sell) != frame.asks {
            self.fail(format!("market {}: the trusted book at frame {} is not the venue's", market.0, frame.update_id));
        }
    }

    /// A socket is opened.
    pub fn connected(&mut self, path: &'static str, now_ns: i64) {
        let attempts = self.attempts.entry(path).or_default();
        attempts.retain(|at| now_ns - at < KNOCK_NS);
        attempts.push_back(now_ns);
        if attempts.len() > MAX_KNOCKS {
            let knocks = attempts.len();
            self.fail(format!("{path} was opened {knocks} times in {} s", KNOCK_NS / SECOND_NS));
        }
    }

    /// The venue itself turned our address away: too many requests by HTTP, or too many sockets.
    pub fn turned_away(&mut self, what: &str) {
        self.fail(format!("the venue turned our address away at {what}: we flooded it"));
    }

    /// What the venue itself answered: none of [`NEVER`] may come to a bot that keeps budget, clock and ids.
    pub fn answered(&mut self, codes: &[i64], exchange: impl Fn() -> String) {
        for (code, what) in NEVER.into_iter().filter(|never| codes.contains(&never.0)) {
            let excused = match code {
                10002 => self.time.excuses(self.now_ns),
                10006 => self.time.excuses_rate(self.now_ns),
                _ => false,
            };
            if !excused {
                self.fail(format!("the venue answered {code}, {what}: {}", exchange()));
            }
        }
    }
}

/// Every code that an answer tells, of itself or of an item, but 0.
pub fn told(bytes: &[u8]) -> Vec<i64> {
    let keys = [&b"\"retCode\":"[..], b"\"code\":"];
    let places = keys.into_iter().flat_map(|key| memchr::memmem::find_iter(bytes, key).map(|at| at + key.len()));
    let digits = places.map(|at| bytes[at..].iter().map_while(|byte| char::from(*byte).to_digit(10)));
    let codes = digits.map(|digits| digits.fold(0, |code: i64, digit| code.saturating_mul(10).saturating_add(digit.into())));
    codes.filter(|code| *code != 0).collect()
}
