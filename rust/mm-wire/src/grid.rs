//! Wire decimals to grid counts: a fast exact path in 64 bits, and the instrument's own for all else.

use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::instrument::{Instrument, Instruments};
use mm_core::units::{AMOUNT_DECIMALS, Amount, Lots, Ticks, UnitError};

use crate::refusal::Why;

const TENS: [i64; 19] = powers_of_ten();

const fn powers_of_ten() -> [i64; 19] {
    let mut table = [1; 19];
    let mut at = 1;
    while at < table.len() {
        table[at] = table[at - 1] * 10;
        at += 1;
    }
    table
}

/// A tick size or quantity step as `unit / 10^decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grid {
    unit: i64,
    decimals: usize,
}

impl Grid {
    /// `None` if the step is not positive or does not fit 64 bits: then only the exact path is used.
    fn new(step: Amount) -> Option<Grid> {
        let (mut unit, mut decimals) = (step.0, AMOUNT_DECIMALS as usize);
        while decimals > 0 && unit > 0 && unit % 10 == 0 {
            unit /= 10;
            decimals -= 1;
        }
        (unit > 0).then_some(Grid { unit: i64::try_from(unit).ok()?, decimals })
    }

    /// The count of `digits[.digits]` that stands before a quote, and the length of the text; `None` for whatever needs the exact path.
    #[inline(always)]
    fn quoted(self, text: &[u8]) -> Option<(i64, usize)> {
        let (whole, at) = leading_digits(text)?;
        let (value, end) = match text.get(at) {
            Some(b'"') => (whole.checked_mul(TENS[self.decimals])?, at),
            Some(b'.') => self.fraction(whole, text, at + 1)?,
            _ => return None,
        };
        if self.unit == 1 {
            return Some((value, end));
        }
        (value % self.unit == 0).then(|| (value / self.unit, end))
    }

    /// The scaled value of `whole` and the fraction that begins at `at`.
    #[inline(always)]
    fn fraction(self, whole: i64, text: &[u8], at: usize) -> Option<(i64, usize)> {
        let chunk = chunk(text, at)?;
        let digits = digit_count(chunk);
        if digits == 0 || digits == 8 || text.get(at + digits) != Some(&b'"') {
            return None;
        }
        let kept = digits.min(self.decimals);
        // What is finer than the grid must be zeros, or the exact path says what is wrong with it.
        let finer = (chunk ^ ZEROS) & mask(digits) & !mask(kept);
        if finer != 0 {
            return None;
        }
        let fraction = value_of(chunk, kept).wrapping_mul(TENS[self.decimals - kept]);
        Some((whole.checked_mul(TENS[self.decimals])?.checked_add(fraction)?, at + digits))
    }
}

// The digit helpers below are a few instructions each and run some fifty times a frame: a call would cost more than they do, and the
// compiler, left to itself, makes calls of them.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The low `bytes` (≤ 8) bytes.
#[inline(always)]
const fn mask(bytes: usize) -> u64 {
    if bytes >= 8 { u64::MAX } else { (1 << (8 * bytes)) - 1 }
}

/// Eight bytes at `at`, the first lowest.
#[inline(always)]
fn chunk(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..at + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// How many of the eight bytes, from the first on, are digits.
#[inline(always)]
const fn digit_count(chunk: u64) -> usize {
    let value = chunk ^ ZEROS;
    // A digit became 0..=9: adding 0x76 leaves its top bit clear, and nothing carries into the next byte.
    let other = (((value & 0x7F7F_7F7F_7F7F_7F7F) + 0x7676_7676_7676_7676) | value) & 0x8080_8080_8080_8080;
    (other.trailing_zeros() / 8) as usize
}

/// The number that the first `digits` (≤ 8) bytes write.
#[inline(always)]
const fn value_of(chunk: u64, digits: usize) -> i64 {
    // Shifted up (in two steps, since no digit at all would be a shift by the full width), the digits end at the last byte and zeros lead
    // them; then tens, hundreds and ten thousands are summed in pairs.
    let short = 8 - digits as u32;
    let value = ((chunk ^ ZEROS) << (4 * short)) << (4 * short);
    let value = value.wrapping_mul(10).wrapping_add(value >> 8) & 0x00FF_00FF_00FF_00FF;
    let value = value.wrapping_mul(100).wrapping_add(value >> 16) & 0x0000_FFFF_0000_FFFF;
    (value.wrapping_mul(10_000).wrapping_add(value >> 32) & 0xFFFF_FFFF) as i64
}

/// The whole number at the start of a text and its length: 1 to 15 digits.
#[inline(always)]
fn leading_digits(text: &[u8]) -> Option<(i64, usize)> {
    let first = chunk(text, 0)?;
    let digits = digit_count(first);
    if digits == 0 {
        return None;
    }
    let value = value_of(first, digits);
    if digits < 8 {
        return Some((value, digits));
    }
    let second = chunk(text, 8)?;
    let more = digit_count(second);
    (more < 8).then(|| (value * TENS[more] + value_of(second, more), 8 + more))
}

#[derive(Clone, Copy, Debug)]
struct Row {
    tick_size: Amount,
    qty_step: Amount,
    price: Option<Grid>,
    qty: Option<Grid>,
}

/// The grids of the instrument table, worked out once per instrument and again when its rules change.
#[derive(Debug, Default)]
pub struct Grids {
    rows: Vec<Option<Row>>,
}

impl Grids {
    /// The scale of one market, or `None` while its rules are unknown.
    pub fn scale<'i>(&mut self, market: MarketIx, instruments: &'i Instruments) -> Option<Scale<'i>> {
        let spec = instruments.get(market)?;
        if self.rows.len() <= market.index() {
            self.rows.resize(market.index() + 1, None);
        }
        let slot = self.rows.get_mut(market.index())?;
        let row = match slot {
            Some(row) if row.tick_size == spec.tick_size && row.qty_step == spec.qty_step => *row,
            _ => {
                let (price, qty) = (Grid::new(spec.tick_size), Grid::new(spec.qty_step));
                *slot.insert(Row { tick_size: spec.tick_size, qty_step: spec.qty_step, price, qty })
            }
        };
        Some(Scale { spec, price: row.price, qty: row.qty })
    }
}

/// Converts the prices and sizes of one instrument; agrees with [`Instrument::ticks`] and [`Instrument::lots`] on every text.
#[derive(Clone, Copy, Debug)]
pub struct Scale<'i> {
    pub spec: &'i Instrument,
    price: Option<Grid>,
    qty: Option<Grid>,
}

impl Scale<'_> {
    /// As [`Scale::quoted_ticks`] for a plain non-negative price; `None` for whatever needs the exact path.
    #[inline]
    pub(crate) fn fast_ticks(&self, text: &[u8]) -> Option<(Ticks, usize)> {
        self.price?.quoted(text).map(|(count, end)| (Ticks(count), end))
    }

    /// As [`Scale::quoted_lots`] for a plain non-negative size; `None` for whatever needs the exact path.
    #[inline]
    pub(crate) fn fast_lots(&self, text: &[u8]) -> Option<(Lots, usize)> {
        self.qty?.quoted(text).map(|(count, end)| (Lots(count), end))
    }

    /// The price that stands before the next quote, and the length of its text.
    ///
    /// # Errors
    /// [`Why::Unit`]; [`Why::Syntax`] if no quote follows.
    #[inline]
    pub fn quoted_ticks(&self, text: &[u8]) -> Result<(Ticks, usize), Why> {
        self.fast_ticks(text).map_or_else(|| exact(text, |decimal| self.spec.ticks(decimal)), Ok)
    }

    /// The size that stands before the next quote, and the length of its text.
    ///
    /// # Errors
    /// [`Why::Unit`]; [`Why::Syntax`] if no quote follows.
    #[inline]
    pub fn quoted_lots(&self, text: &[u8]) -> Result<(Lots, usize), Why> {
        self.fast_lots(text).map_or_else(|| exact(text, |decimal| self.spec.lots(decimal)), Ok)
    }
}

#[cold]
fn exact<T>(text: &[u8], convert: impl Fn(&[u8]) -> Result<T, UnitError>) -> Result<(T, usize), Why> {
    let end = text.iter().position(|byte| *byte == b'"').ok_or(Why::Syntax)?;
    convert(&text[..end]).map(|value| (value, end)).map_err(Why::Unit)
}
