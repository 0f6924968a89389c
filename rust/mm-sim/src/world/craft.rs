//! Book frames that say what no honest book looks like (F14): crossed, locked, one-sided, empty, or with an ask at ten times the price.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::units::Ticks;

use super::network::place;
use super::{DEPTH, World};

impl World {
    /// The frame with another book in it; as it was if its market has no book yet.
    pub(super) fn crafted(&mut self, market: MarketIx, bytes: Vec<u8>) -> Vec<u8> {
        let kind = self.rng.below(4);
        let beyond = i64::try_from(self.rng.below(20)).unwrap_or(0);
        let levels = self.door.published(market, DEPTH).filter(|book| !book.bids.is_empty() && !book.asks.is_empty());
        let (Some(book), Some(spec)) = (levels, self.door.exchange().instruments().get(market.index())) else { return bytes };
        let (bid, ask) = (book.bids[0].0, book.asks[0].0);
        let level = |price: Ticks| format!("[[\"{}\",\"{}\"]]", spec.price(price), spec.qty(spec.min_qty));
        let (whole, bids, asks) = match kind {
            // Locked when nothing is beyond; the frame's own asks are what it crosses.
            0 => (false, level(Ticks(ask.0 + beyond)), own_asks(&bytes)),
            1 => (true, level(bid), String::from("[]")),
            2 => (true, String::from("[]"), String::from("[]")),
            _ => (true, level(bid), level(Ticks(10 * ask.0))),
        };
        with_levels(&bytes, whole, &bids, &asks).unwrap_or(bytes)
    }
}

/// The asks that a frame shows.
fn own_asks(bytes: &[u8]) -> String {
    let asks = place(bytes, ",\"a\":").zip(place(bytes, ",\"u\":")).and_then(|(begin, end)| bytes.get(begin + 5..end));
    asks.map_or_else(|| String::from("[]"), |asks| String::from_utf8_lossy(asks).into_owned())
}

/// The frame with these levels; `whole`: as a snapshot.
fn with_levels(bytes: &[u8], whole: bool, bids: &str, asks: &str) -> Option<Vec<u8>> {
    let (begin, end) = (place(bytes, ",\"b\":")?, place(bytes, ",\"u\":")?);
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(bytes.get(..begin)?);
    out.extend_from_slice(format!(",\"b\":{bids},\"a\":{asks}").as_bytes());
    out.extend_from_slice(bytes.get(end..)?);
    if let Some(kind) = place(&out, "\"delta\"").filter(|_| whole) {
        out.splice(kind..kind + 7, *b"\"snapshot\"");
    }
    Some(out)
}
