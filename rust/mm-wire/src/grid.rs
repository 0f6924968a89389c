//! Wire decimals to grid counts: a fast exact path in 64 bits, and the instrument's own for all else.

use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::instrument::{Instrument, Instruments};
use mm_core::units::{AMOUNT_DECIMALS, Amount, Lots, MAX_COUNT, Ticks, UnitError};

use crate::decode::Shape;
use crate::digits::{TENS, ZEROS, chunk, digit_count, leading_digits, mask, value_of};
use crate::refusal::Why;

/// A tick size or quantity step as `unit / 10^decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) unit: i64,
    pub(crate) decimals: usize,
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
        self.count(value).map(|count| (count, end))
    }

    /// How many units a number of `decimals` decimals is, without its dot; `None` if that is no whole count, or so great that
    /// the exact path must say whether it fits.
    #[inline(always)]
    pub(crate) fn count(self, value: i64) -> Option<i64> {
        if value > MAX_COUNT {
            return None;
        }
        if self.unit == 1 {
            return Some(value);
        }
        (value % self.unit == 0).then(|| value / self.unit)
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

#[derive(Clone, Copy, Debug)]
struct Row {
    tick_size: Amount,
    qty_step: Amount,
    price: Option<Grid>,
    qty: Option<Grid>,
    /// How the last frame of the market wrote its numbers.
    shape: Option<Shape>,
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
        if !matches!(slot, Some(row) if row.tick_size == spec.tick_size && row.qty_step == spec.qty_step) {
            let (price, qty) = (Grid::new(spec.tick_size), Grid::new(spec.qty_step));
            *slot = Some(Row { tick_size: spec.tick_size, qty_step: spec.qty_step, price, qty, shape: None });
        }
        let row = slot.as_ref()?;
        Some(Scale { spec, price: row.price, qty: row.qty })
    }

    /// Where the shape of a market's numbers is kept, for as long as its rules do not change.
    pub(crate) fn shape(&mut self, market: MarketIx) -> Option<&mut Option<Shape>> {
        self.rows.get_mut(market.index())?.as_mut().map(|row| &mut row.shape)
    }
}

/// Converts the prices and sizes of one instrument; agrees with [`Instrument::ticks`] and [`Instrument::lots`] on every text.
#[derive(Clone, Copy, Debug)]
pub struct Scale<'i> {
    pub spec: &'i Instrument,
    pub(crate) price: Option<Grid>,
    pub(crate) qty: Option<Grid>,
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
