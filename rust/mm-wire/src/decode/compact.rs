//! `orderbook` frames written exactly as the venue writes them: keys in its order, no white space, plain numbers.
//!
//! Nothing is refused here. Whatever deviates is `None` and takes the general way ([`super::book`]), which gives the same message for
//! every frame that this one reads, and names what is wrong with the others.

mod level;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use mm_core::ids::{Category, InstrumentId, MarketIx};
use mm_core::instrument::Instruments;
use mm_core::units::{Lots, Ticks};

use super::Decoder;
use super::book::{Around, Body};
use crate::digits::{TENS, ZEROS, aligned, chunk, leading_digits, no_digits, number, position};
use crate::grid::Scale;
use crate::json::MAX_BYTES;
pub(crate) use level::Shape;

/// The digits of a time in ms, from 2001 to 2286.
const TIME_DIGITS: usize = 13;

/// What is left to read of a frame.
struct Cursor<'b> {
    rest: &'b [u8],
}

impl<'b> Cursor<'b> {
    /// Moves past `words` if they are next.
    #[inline(always)]
    fn take(&mut self, words: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(words)?;
        Some(())
    }

    /// Moves past a whole number without leading zeros.
    #[inline(always)]
    fn unsigned(&mut self) -> Option<u64> {
        let (value, length) = leading_digits(self.rest)?;
        if length > 1 && self.rest.first() == Some(&b'0') {
            return None;
        }
        self.rest = self.rest.get(length..)?;
        Some(value.unsigned_abs())
    }

    /// Moves past a depth, 1 to 4 digits, and the dot behind it.
    #[inline(always)]
    fn depth(&mut self) -> Option<u16> {
        let text = chunk(self.rest, 0)?;
        let digits = position(text, b'.');
        let values = aligned(text, digits);
        if !(1..5).contains(&digits) || no_digits(values) != 0 || self.rest[0] == b'0' {
            return None;
        }
        self.rest = self.rest.get(digits + 1..)?;
        u16::try_from(number(values)).ok()
    }

    /// Moves past a time in ms.
    #[inline(always)]
    fn time(&mut self) -> Option<u64> {
        let (first, last) = (aligned(chunk(self.rest, 0)?, 5), chunk(self.rest, 5)? ^ ZEROS);
        if no_digits(first) | no_digits(last) != 0 || self.rest[0] == b'0' {
            return None;
        }
        self.rest = self.rest.get(TIME_DIGITS..)?;
        Some((number(first) * TENS[8] + number(last)).unsigned_abs())
    }

    /// Moves past a symbol and the quote behind it.
    #[inline(always)]
    fn symbol(&mut self) -> Option<&'b [u8]> {
        let start = chunk(self.rest, 0)?;
        let length = match position(start, b'"').min(position(start, b'\\')) {
            8 => self.rest.iter().take(32).position(|byte| matches!(byte, b'"' | b'\\'))?,
            near => near,
        };
        let (symbol, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.take(b"\"")?;
        Some(symbol)
    }

    /// `orderbook.50.SYMBOL`: the depth and the symbol.
    #[inline(always)]
    fn topic(&mut self) -> Option<(u16, &'b [u8])> {
        self.take(b"{\"topic\":\"orderbook.")?;
        let depth = self.depth()?;
        Some((depth, self.symbol()?))
    }

    /// Whether it is a snapshot; its time follows.
    #[inline(always)]
    fn kind(&mut self) -> Option<bool> {
        self.take(b",\"type\":\"")?;
        let snapshot = self.take(b"delta\"").is_none();
        if snapshot {
            self.take(b"snapshot\"")?;
        }
        self.take(b",\"ts\":")?;
        Some(snapshot)
    }

    /// `[["price","size"],…]` into `out`. `shape` is how numbers were written last.
    #[inline(never)]
    fn levels(&mut self, kept: &mut Option<Shape>, scale: &Scale<'_>, out: &mut Vec<(Ticks, Lots)>) -> Option<()> {
        out.clear();
        self.take(b"[")?;
        if self.take(b"]").is_some() {
            return Some(());
        }
        let mut rest = self.rest;
        loop {
            let shape = *kept;
            // As long as each is written like the last one.
            let (level, length, then) = loop {
                let Some((level, length, then)) = shape.as_ref().and_then(|shape| shape.level(rest)) else {
                    break Shape::learn(kept, rest, scale)?;
                };
                if then != b',' {
                    break (level, length, then);
                }
                out.push(level);
                rest = rest.get(length + 1..)?;
            };
            out.push(level);
            rest = rest.get(length + 1..)?;
            if then != b',' {
                self.rest = rest;
                return (then == b']').then_some(());
            }
        }
    }

    /// `"u":1,"seq":2},"cts":3}` and nothing behind it.
    #[inline(always)]
    fn tail(&mut self) -> Option<(Body, u64)> {
        self.take(b",\"u\":")?;
        let update_id = self.unsigned()?;
        self.take(b",\"seq\":")?;
        let seq = self.unsigned()?;
        self.take(b"},\"cts\":")?;
        let cts = self.time()?;
        (self.rest == b"}").then_some((Body { update_id, seq }, cts))
    }
}

/// What a frame says before its levels.
#[derive(Clone, Copy, Debug)]
struct Begun {
    market: MarketIx,
    depth: u16,
    snapshot: bool,
    ts: u64,
}

/// The last frame up to its levels: the next one of its market and kind differs from it in the time alone.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Before the time, and between it and the levels.
    before: Vec<u8>,
    between: Vec<u8>,
    known: Option<(InstrumentId, Begun)>,
}

impl Head {
    /// Moves past a head like the last one.
    #[inline(always)]
    fn repeated(&self, cursor: &mut Cursor<'_>, category: Category, instruments: &Instruments) -> Option<Begun> {
        let (id, begun) = self.known?;
        if id.category != category || instruments.id(begun.market) != Some(id) {
            return None;
        }
        let mut ahead = Cursor { rest: cursor.rest.strip_prefix(self.before.as_slice())? };
        let ts = ahead.time()?;
        ahead.take(&self.between)?;
        cursor.rest = ahead.rest;
        Some(Begun { ts, ..begun })
    }

    /// Moves past any head, and keeps it.
    #[inline(never)]
    fn learn(&mut self, cursor: &mut Cursor<'_>, category: Category, instruments: &Instruments) -> Option<Begun> {
        let text = cursor.rest;
        let (depth, symbol) = cursor.topic()?;
        let (snapshot, time_at) = (cursor.kind()?, text.len() - cursor.rest.len());
        let ts = cursor.time()?;
        cursor.take(b",\"data\":{\"s\":\"")?;
        cursor.take(symbol)?;
        cursor.take(b"\",\"b\":")?;
        let market = instruments.find(category, symbol)?;
        let begun = Begun { market, depth, snapshot, ts };
        let (before, from_time) = text.split_at_checked(time_at)?;
        let between = from_time.get(TIME_DIGITS..from_time.len() - cursor.rest.len())?;
        for (kept, text) in [(&mut self.before, before), (&mut self.between, between)] {
            kept.clear();
            kept.extend_from_slice(text);
        }
        self.known = instruments.id(market).map(|id| (id, begun));
        Some(begun)
    }
}

impl Decoder {
    /// A book frame of a market of ours in the venue's own form; `None` for everything else, which changes nothing but scratch space.
    #[inline(never)]
    pub(super) fn compact_book(
        &mut self,
        category: Category,
        instruments: &Instruments,
        text: &[u8],
    ) -> Option<(MarketIx, u16, Around, Body)> {
        let mut cursor = Cursor { rest: text };
        let head = &mut self.scratch.head;
        let Begun { market, depth, snapshot, ts } = match head.repeated(&mut cursor, category, instruments) {
            Some(begun) => begun,
            None => head.learn(&mut cursor, category, instruments)?,
        };
        if text.len() > MAX_BYTES {
            return None;
        }
        let scale = self.scratch.grids.scale(market, instruments)?;
        let shape = self.scratch.grids.shape(market)?;
        cursor.levels(shape, &scale, &mut self.scratch.bids)?;
        cursor.take(b",\"a\":")?;
        cursor.levels(shape, &scale, &mut self.scratch.asks)?;
        let (body, cts) = cursor.tail()?;
        Some((market, depth, Around { snapshot, ts, cts: Some(cts) }, body))
    }
}
