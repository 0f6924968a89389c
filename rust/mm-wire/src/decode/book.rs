//! `orderbook.{depth}.{symbol}`: the hot path. One pass, no envelope, levels parsed where they stand.

use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::input::{BookUpdate, Message};
use mm_core::instrument::Instruments;
use mm_core::units::{Lots, Ticks};

use super::fields::{Fields, Result, refuse};
use super::{Counts, Decoder, ENVELOPE_FIELDS, Scratch, Seen, market_scale};
use crate::grid::Scale;
use crate::json::Reader;
use crate::refusal::{DecodeError, Why};

/// The depth and the symbol of a book topic; `None` for the depths that are words (`rpi`, `full`).
pub(super) fn topic_parts(topic: &[u8]) -> Option<(u16, &[u8])> {
    let rest = topic.strip_prefix(b"orderbook.")?;
    let dot = rest.iter().position(|byte| *byte == b'.')?;
    let depth = core::str::from_utf8(&rest[..dot]).ok()?.parse().ok()?;
    Some((depth, &rest[dot + 1..]))
}

/// The topic, if the frame begins with a book topic; the reader then stands behind it.
pub(super) fn leading_topic<'b>(reader: &mut Reader<'b>) -> Option<&'b [u8]> {
    reader.open(b'{').ok()?;
    let key = reader.key(&mut true).ok()??;
    if key != b"topic" {
        return None;
    }
    reader.string().ok()?.plain().filter(|topic| topic_parts(topic).is_some())
}

/// What the envelope says around `data`.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    pub(super) snapshot: bool,
    pub(super) ts: u64,
    pub(super) cts: Option<u64>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Body {
    pub(super) update_id: u64,
    pub(super) seq: u64,
}

impl Decoder {
    /// A frame whose leading topic has been read.
    pub(super) fn leading_book<'a>(
        &'a mut self,
        category: Category,
        instruments: &Instruments,
        topic: &[u8],
        mut reader: Reader<'_>,
    ) -> Result<Message<'a>> {
        let (depth, symbol) = topic_parts(topic).ok_or(DecodeError { field: "topic", why: Why::UnknownValue })?;
        let Some(market) = instruments.find(category, symbol) else {
            return self.unknown_book(reader);
        };
        let scale = market_scale(&mut self.scratch.grids, market, instruments)?;
        let (mut around, mut body, mut seen) = (Around::default(), Body::default(), Seen::default());
        let mut first = false;
        while let Some(key) = reader.key(&mut first)? {
            match key {
                b"topic" => return Err(DecodeError { field: "topic", why: Why::Duplicate }),
                b"type" => {
                    seen.mark(0, "type")?;
                    around.snapshot = is_snapshot(reader.string()?.raw())?;
                }
                b"ts" => {
                    seen.mark(1, "ts")?;
                    around.ts = reader.unsigned().map_err(refuse("ts"))?;
                }
                b"data" => {
                    seen.mark(2, "data")?;
                    body = self.scratch.book_data(&mut reader, symbol, &scale, &mut self.counts)?;
                }
                b"cts" => {
                    seen.mark(3, "cts")?;
                    around.cts = Some(reader.unsigned().map_err(refuse("cts"))?);
                }
                _ => {
                    self.counts.pass(key);
                    reader.skip()?;
                }
            }
        }
        reader.finish()?;
        seen.require(&["type", "ts", "data"])?;
        Ok(self.book_message(market, depth, around, body))
    }

    /// A frame whose topic did not come first: its envelope has been read as a whole.
    pub(super) fn enveloped_book<'a>(
        &'a mut self,
        market: MarketIx,
        instruments: &Instruments,
        (depth, symbol): (u16, &[u8]),
        envelope: &Fields<'_, ENVELOPE_FIELDS>,
    ) -> Result<Message<'a>> {
        let time = |value: i64, field| u64::try_from(value).map_err(|_| DecodeError { field, why: Why::Negative });
        let around = Around {
            snapshot: is_snapshot(envelope.text("type")?)?,
            ts: time(envelope.required_millis("ts")?, "ts")?,
            cts: envelope.millis("cts")?.map(|cts| time(cts, "cts")).transpose()?,
        };
        let scale = market_scale(&mut self.scratch.grids, market, instruments)?;
        let body = self.scratch.book_data(&mut envelope.required_nested("data")?, symbol, &scale, &mut self.counts)?;
        Ok(self.book_message(market, depth, around, body))
    }

    fn unknown_book<'a>(&'a mut self, mut reader: Reader<'_>) -> Result<Message<'a>> {
        let mut first = false;
        while reader.key(&mut first)?.is_some() {
            reader.skip()?;
        }
        reader.finish()?;
        self.counts.unknown_rows += 1;
        Ok(Message::UnknownInstrument)
    }

    pub(super) fn book_message(&self, market: MarketIx, depth: u16, around: Around, body: Body) -> Message<'_> {
        Message::Book(BookUpdate {
            market,
            depth,
            snapshot: around.snapshot,
            update_id: body.update_id,
            seq: body.seq,
            engine_ms: around.cts.unwrap_or(around.ts).cast_signed(),
            bids: &self.scratch.bids,
            asks: &self.scratch.asks,
        })
    }
}

impl Scratch {
    /// Reads `{s, b, a, u, seq}`, leaving the levels in the scratch space.
    fn book_data(&mut self, reader: &mut Reader<'_>, symbol: &[u8], scale: &Scale<'_>, counts: &mut Counts) -> Result<Body> {
        let (mut body, mut seen, mut first) = (Body::default(), Seen::default(), true);
        reader.open(b'{').map_err(refuse("data"))?;
        while let Some(key) = reader.key(&mut first)? {
            match key {
                b"b" => {
                    seen.mark(0, "b")?;
                    levels(reader, scale, &mut self.bids).map_err(refuse("b"))?;
                }
                b"a" => {
                    seen.mark(1, "a")?;
                    levels(reader, scale, &mut self.asks).map_err(refuse("a"))?;
                }
                b"u" => {
                    seen.mark(2, "u")?;
                    body.update_id = reader.unsigned().map_err(refuse("u"))?;
                }
                b"seq" => {
                    seen.mark(3, "seq")?;
                    body.seq = reader.unsigned().map_err(refuse("seq"))?;
                }
                b"s" => {
                    seen.mark(4, "s")?;
                    super::same_symbol(reader.string()?, symbol, "s")?;
                }
                _ => {
                    counts.pass(key);
                    reader.skip()?;
                }
            }
        }
        seen.require(&["b", "a", "u", "seq"])?;
        Ok(body)
    }
}

fn is_snapshot(kind: &[u8]) -> Result<bool> {
    match kind {
        b"snapshot" => Ok(true),
        b"delta" => Ok(false),
        _ => Err(DecodeError { field: "type", why: Why::UnknownValue }),
    }
}

/// `[["price","size"],…]` into the vector.
fn levels(reader: &mut Reader<'_>, scale: &Scale<'_>, out: &mut Vec<(Ticks, Lots)>) -> core::result::Result<(), Why> {
    out.clear();
    reader.open(b'[')?;
    let mut first = true;
    while reader.element(&mut first)? {
        out.push(level(reader, scale)?);
    }
    Ok(())
}

#[inline]
fn level(reader: &mut Reader<'_>, scale: &Scale<'_>) -> core::result::Result<(Ticks, Lots), Why> {
    if let Some((price, size, length)) = compact_level(reader.rest(), scale) {
        reader.advance(length);
        return Ok((price, size));
    }
    punctuation(reader, b'[')?;
    let price = quoted_price(reader, scale)?;
    punctuation(reader, b',')?;
    let size = quoted_size(reader, scale)?;
    punctuation(reader, b']')?;
    Ok((price, size))
}

/// A level as the venue writes it, without white space, and its length; `None` for whatever needs a closer look.
#[inline]
pub(super) fn compact_level(text: &[u8], scale: &Scale<'_>) -> Option<(Ticks, Lots, usize)> {
    let after = text.strip_prefix(b"[\"")?;
    let (price, price_length) = scale.fast_ticks(after)?;
    let after = after.get(price_length..)?.strip_prefix(b"\",\"")?;
    let (size, size_length) = scale.fast_lots(after)?;
    after.get(size_length..)?.starts_with(b"\"]").then_some((price, size, price_length + size_length + 7))
}

#[inline]
fn punctuation(reader: &mut Reader<'_>, byte: u8) -> core::result::Result<(), Why> {
    if reader.take(byte) { Ok(()) } else { Err(Why::WrongType) }
}

/// A price as a string, on the grid and not negative.
#[inline]
pub(super) fn quoted_price(reader: &mut Reader<'_>, scale: &Scale<'_>) -> core::result::Result<Ticks, Why> {
    punctuation(reader, b'"')?;
    let (price, length) = scale.quoted_ticks(reader.rest())?;
    reader.advance(length + 1);
    if price < Ticks::ZERO { Err(Why::Negative) } else { Ok(price) }
}

/// A size as a string, on the grid and not negative.
#[inline]
pub(super) fn quoted_size(reader: &mut Reader<'_>, scale: &Scale<'_>) -> core::result::Result<Lots, Why> {
    punctuation(reader, b'"')?;
    let (size, length) = scale.quoted_lots(reader.rest())?;
    reader.advance(length + 1);
    if size < Lots::ZERO { Err(Why::Negative) } else { Ok(size) }
}
