//! What a loaded recording holds, and how a window is cut out of it.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::units::{Lots, Side, Ticks};

use super::book::RecordedBook;
use crate::api::TradeRow;

/// One recorded message.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// While loading: receive time. On a tape: time since its start; strictly increasing.
    pub at_ns: i64,
    pub market: MarketIx,
    /// `ts`, as recorded.
    pub publish_ms: i64,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Book(BookBody),
    Trades(Box<[TradeRow]>),
    Ticker(TickerBody),
}

#[derive(Clone, Debug)]
pub(super) struct BookBody {
    pub depth: u16,
    pub snapshot: bool,
    pub update_id: u64,
    pub seq: u64,
    pub engine_ms: i64,
    pub bids: Box<[(Ticks, Lots)]>,
    pub asks: Box<[(Ticks, Lots)]>,
}

#[derive(Clone, Debug)]
pub(super) struct TickerBody {
    pub snapshot: bool,
    pub cross_seq: u64,
    pub fields: Box<[(String, String)]>,
}

/// Cuts `[from_ns, to_ns)` (since `origin_ns`) out of frames in time order and makes their times relative to its start. What came before is
/// folded: the tape then begins with each market's whole book, and its whole ticker, stamped as their last recorded change was.
pub(super) fn cut(frames: Vec<Frame>, origin_ns: i64, from_ns: i64, to_ns: Option<i64>) -> Vec<Frame> {
    let begin = origin_ns.saturating_add(from_ns);
    let end = to_ns.map_or(i64::MAX, |to| origin_ns.saturating_add(to));
    let mut folded: BTreeMap<MarketIx, Folded> = BTreeMap::new();
    let mut inside = Vec::new();
    for frame in frames {
        if frame.at_ns < begin {
            folded.entry(frame.market).or_default().fold(frame);
        } else if frame.at_ns < end {
            inside.push(Frame { at_ns: frame.at_ns - begin, ..frame });
        }
    }
    if inside.is_empty() {
        return inside;
    }
    let mut tape: Vec<Frame> = folded.into_iter().flat_map(|(market, state)| state.frames(market)).collect();
    tape.append(&mut inside);
    // Frames of one instant keep their order and get an instant each, so that one step of the exchange plays one frame.
    let mut earliest = 0;
    for frame in &mut tape {
        frame.at_ns = frame.at_ns.max(earliest);
        earliest = frame.at_ns + 1;
    }
    tape
}

/// One market's state at the start of a window.
#[derive(Default)]
struct Folded {
    book: RecordedBook,
    last_book: Option<(i64, BookBody)>,
    last_ticker: Option<(i64, TickerBody)>,
    fields: BTreeMap<String, String>,
}

impl Folded {
    fn fold(&mut self, frame: Frame) {
        match frame.body {
            Body::Book(body) => {
                self.book.apply(&body);
                self.last_book = Some((frame.publish_ms, body));
            }
            Body::Ticker(body) => {
                if body.snapshot {
                    self.fields.clear();
                }
                self.fields.extend(body.fields.iter().cloned());
                self.last_ticker = Some((frame.publish_ms, body));
            }
            Body::Trades(_) => {}
        }
    }

    fn frames(self, market: MarketIx) -> impl Iterator<Item = Frame> {
        let levels = |side| self.book.levels(side).collect();
        let book = self.last_book.map(|(publish_ms, last)| {
            let body = BookBody { snapshot: true, bids: levels(Side::Buy), asks: levels(Side::Sell), ..last };
            Frame { at_ns: 0, market, publish_ms, body: Body::Book(body) }
        });
        let fields = self.fields.into_iter().collect();
        let ticker = self.last_ticker.map(|(publish_ms, last)| {
            let body = TickerBody { snapshot: true, fields, ..last };
            Frame { at_ns: 0, market, publish_ms, body: Body::Ticker(body) }
        });
        book.into_iter().chain(ticker)
    }
}
