//! A strategy's answer: from the decimals it was given in to what the core takes, and to bytes and back.
//!
//! Bytes, little endian: market u16, then either 0 and 18 bytes a quote (side u8 with 0 for a bid, colour u8, price in 1e-6 ticks i64,
//! size in lots i64), or the number of a [`Fault`], from 1.

use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::instrument::Instruments;
use mm_core::quoting::MICRO_TICKS;
use mm_core::quoting::declared::{Declared, Fault};
use mm_core::units::{AMOUNT_DECIMALS, Amount, Lots, Side};

const ROW_BYTES: usize = 18;

/// An answer by its market.
pub type Answer = (MarketIx, Result<Vec<Declared>, Fault>);

/// A quote as a strategy gave it: side, price and size as decimals, colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given<'a> {
    pub side: Side,
    pub price: &'a str,
    pub qty: &'a str,
    pub colour: u8,
}

/// One quote in the core's units. What is finer than they are is rounded: a bid down, an ask up, a size down.
///
/// # Errors
/// [`Fault`]: the instrument is not known, or a figure is no decimal or too large.
pub fn declare(instruments: &Instruments, market: MarketIx, given: &Given<'_>) -> Result<Declared, Fault> {
    let spec = instruments.get(market).ok_or(Fault::Shape)?;
    let (price, lost) = parse(given.price).ok_or(Fault::Price)?;
    let (qty, _) = parse(given.qty).ok_or(Fault::Qty)?;
    let scaled = price.checked_mul(MICRO_TICKS.into()).ok_or(Fault::Price)?;
    let (below, exact) = (scaled.div_euclid(spec.tick_size.0), !lost && scaled.rem_euclid(spec.tick_size.0) == 0);
    let price = if given.side == Side::Buy || exact { below } else { below + 1 };
    let qty = qty.div_euclid(spec.qty_step.0);
    Ok(Declared {
        side: given.side,
        colour: given.colour,
        price: i64::try_from(price).map_err(|_| Fault::Price)?,
        qty: Lots(i64::try_from(qty).map_err(|_| Fault::Qty)?),
    })
}

/// A positive decimal in units of 1e-18, cut there, and whether that lost anything; `None` for anything else.
fn parse(text: &str) -> Option<(i128, bool)> {
    let end = text.find('.').map_or(text.len(), |point| text.len().min(point + 1 + AMOUNT_DECIMALS as usize));
    let (kept, cut) = text.split_at_checked(end)?;
    let plain = cut.bytes().all(|byte| byte.is_ascii_digit());
    let value = Amount::parse(kept.as_bytes()).ok().filter(|value| plain && *value >= Amount::ZERO)?;
    Some((value.0, cut.bytes().any(|byte| byte != b'0')))
}

/// Writes an answer.
#[must_use]
pub fn encode(market: MarketIx, answer: Result<&[Declared], Fault>) -> Vec<u8> {
    let mut bytes = Vec::from(market.0.to_le_bytes());
    match answer {
        Ok(rows) => {
            bytes.push(0);
            for row in rows {
                bytes.extend_from_slice(&[u8::from(row.side == Side::Sell), row.colour]);
                bytes.extend_from_slice(&row.price.to_le_bytes());
                bytes.extend_from_slice(&row.qty.0.to_le_bytes());
            }
        }
        Err(fault) => {
            let place = Fault::ALL.iter().position(|other| *other == fault).unwrap_or_default();
            bytes.push(u8::try_from(place).unwrap_or(u8::MAX).saturating_add(1));
        }
    }
    bytes
}

/// Reads an answer back; `None` if these bytes are none.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Answer> {
    let (head, rest) = bytes.split_at_checked(3)?;
    let market = MarketIx(u16::from_le_bytes([head[0], head[1]]));
    if head[2] > 0 {
        let fault = Fault::ALL.get(usize::from(head[2]) - 1).filter(|_| rest.is_empty())?;
        return Some((market, Err(*fault)));
    }
    let rows = rest.chunks(ROW_BYTES).map(decode_row).collect::<Option<Vec<_>>>()?;
    Some((market, Ok(rows)))
}

fn decode_row(row: &[u8]) -> Option<Declared> {
    let (head, figures) = row.split_at_checked(2)?;
    let (price, qty) = figures.split_at_checked(8)?;
    let side = match head[0] {
        0 => Side::Buy,
        1 => Side::Sell,
        _ => return None,
    };
    let [price, qty] = [price, qty].map(|figure| figure.try_into().ok().map(i64::from_le_bytes));
    Some(Declared { side, colour: head[1], price: price?, qty: Lots(qty?) })
}
