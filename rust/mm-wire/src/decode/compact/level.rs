//! `["price","size"]`, each number read as one word of eight characters that ends with its last.
//!
//! Where a level ends depends on the length of its size alone, once the length of a price is taken for granted: the next level can then
//! be begun before this one's numbers are worked out.

use mm_core::units::{Lots, Ticks};

use crate::decode::book::compact_level;
use crate::digits::{TENS, ZEROS, aligned, found, mask, no_digits, number, position};
use crate::grid::{Grid, Scale};

/// What is looked at of a level: so much that no index below can lie outside.
const WINDOW: usize = 48;
/// Where its price begins.
const PRICE: usize = 2;
/// The most characters of a price that count, and the most zeros behind them.
const MAX_KEPT: usize = 15;
const MAX_ZEROS: usize = 5;
/// The longest size.
const MAX_SIZE: usize = 15;
/// The quotes and the comma between price and size.
const BETWEEN: usize = 3;
/// The bit that marks the quote behind a size of one character, and how many bits further it may stand for a size of up to seven.
const FIRST_SIZE: u32 = 15;
const NEAR_SIZES: u32 = 49;
/// A dot once the digits' common bits have been removed.
const DOTS: u64 = 0x1E1E_1E1E_1E1E_1E1E;
const OPEN: u16 = u16::from_le_bytes(*b"[\"");
const CLOSE: u16 = u16::from_le_bytes(*b"\"]");
const NOTHING: u16 = u16::from_le_bytes(*b"0\"");

/// A level, the length of its text, and the byte behind it.
pub(super) type Read = ((Ticks, Lots), usize, u8);

type Window = [u8; WINDOW];

#[inline(always)]
fn word(window: &Window, at: usize) -> u64 {
    window[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[inline(always)]
fn pair(window: &Window, at: usize) -> u16 {
    u16::from_le_bytes([window[at], window[at + 1]])
}

/// Where decimals and dot stand in eight characters that end with a number's last.
#[derive(Clone, Copy, Debug)]
struct Form {
    /// The digits that stay where they are: the decimals, or all of them where there are none.
    still: u64,
    /// The whole part in front of a dot, which closes the dot's gap.
    moved: u64,
    /// The dot's byte, and what must stand there; both 0 without decimals.
    dot: u64,
    dots: u64,
}

impl Form {
    /// `None` if the decimals do not fit.
    fn new(decimals: usize, has_dot: bool) -> Option<Form> {
        if decimals >= 8 {
            return None;
        }
        if !has_dot {
            return Some(Form { still: u64::MAX, moved: 0, dot: 0, dots: 0 });
        }
        let (still, moved) = (!mask(8 - decimals), mask(7 - decimals));
        let dot = !(still | moved);
        Some(Form { still, moved, dot, dots: DOTS & dot })
    }

    /// The digits' values, and what is wrong with the dot: 0 if nothing.
    #[inline(always)]
    const fn read(&self, text: u64) -> (u64, u64) {
        (text & self.still | (text & self.moved) << 8, text & self.dot ^ self.dots)
    }

    /// What the last digit before the eight characters is worth.
    fn head_unit(&self) -> i64 {
        if self.dot == 0 { TENS[8] } else { TENS[7] }
    }
}

/// How the prices and sizes of a market are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    price: Form,
    size: Form,
    /// Characters of a price that count, the dot included.
    kept: usize,
    /// Where what stands behind them begins, and where the size does: zeros that are finer than the grid lie between.
    behind: usize,
    size_at: usize,
    /// By how many bits the first eight characters of a price move up, so that its last one comes last.
    price_shift: u32,
    /// Lengths of a size, in bits, that can be read as one word with the price; none if the price is longer than that.
    near_sizes: u32,
    /// The zeros, the quotes and the comma behind a price.
    close: u64,
    close_mask: u64,
    /// Digits times this, divided by the grid's unit, are the count of ticks.
    times: i64,
    price_grid: Grid,
    size_grid: Grid,
    /// Digits are counts.
    plain: bool,
}

impl Shape {
    /// Reads a level of any plain form, and learns from it how the next prices will be written.
    #[cold]
    pub(super) fn learn(shape: &mut Option<Shape>, text: &[u8], scale: &Scale<'_>) -> Option<Read> {
        let (price, size, length) = compact_level(text, scale)?;
        let like_it = shape.is_some_and(|shape| text.get(shape.size_at - BETWEEN) == Some(&b'"'));
        if !like_it {
            *shape = Shape::of(text.get(PRICE..)?, scale);
        }
        Some(((price, size), length, *text.get(length)?))
    }

    /// The shape of the price at the start of a text; `None` if it is one for [`compact_level`].
    fn of(text: &[u8], scale: &Scale<'_>) -> Option<Shape> {
        let (price_grid, size_grid) = (scale.price?, scale.qty?);
        let length = text.iter().position(|byte| *byte == b'"')?;
        let dot = text[..length].iter().position(|byte| *byte == b'.');
        let decimals = dot.map_or(0, |dot| length - dot - 1);
        let zeros = decimals.saturating_sub(price_grid.decimals);
        let (kept, decimals) = (length - zeros, decimals - zeros);
        if !(1..=MAX_KEPT).contains(&kept) || zeros > MAX_ZEROS {
            return None;
        }
        let times = *TENS.get(price_grid.decimals - decimals)?;
        Some(Shape {
            price: Form::new(decimals, dot.is_some())?,
            size: Form::new(size_grid.decimals, size_grid.decimals > 0)?,
            kept,
            behind: PRICE + kept,
            size_at: PRICE + kept + zeros + BETWEEN,
            price_shift: (64 - 8 * kept.min(8) as u32) & 63,
            near_sizes: if kept <= 8 { NEAR_SIZES } else { 0 },
            close: u64::from_le_bytes(*b"\",\"00000") << (8 * zeros) | ZEROS & mask(zeros),
            close_mask: mask(zeros + 3),
            times,
            price_grid,
            size_grid,
            plain: times == 1 && price_grid.unit == 1 && size_grid.unit == 1,
        })
    }

    /// The level at the start of a text, if it has this shape.
    #[inline(always)]
    pub(super) fn level(&self, text: &[u8]) -> Option<Read> {
        let window = text.first_chunk::<WINDOW>()?;
        // The masks change nothing; they tell the compiler that every index is in bounds.
        let size_at = self.size_at & 31;
        let size = word(window, size_at);
        let quote = found(size, b'"').trailing_zeros();
        if quote.wrapping_sub(FIRST_SIZE) >= self.near_sizes {
            return self.long_level(window);
        }
        let end = size_at + (quote / 8) as usize;
        let (price_values, price_wrong) = self.price.read((word(window, PRICE) ^ ZEROS) << (self.price_shift & 63));
        let (size_values, size_wrong) = self.size.read((size ^ ZEROS) << (71_u32.wrapping_sub(quote) & 63));
        // The venue writes every decimal, or a lone `0`.
        let size_wrong = if size as u16 == NOTHING { 0 } else { size_wrong };
        let numbers_wrong = no_digits(price_values) | no_digits(size_values) | price_wrong | size_wrong;
        let marks_wrong = (pair(window, 0) ^ OPEN) | (pair(window, end) ^ CLOSE);
        if numbers_wrong | self.between_wrong(window) | u64::from(marks_wrong) != 0 {
            return None;
        }
        let level = self.on_grid(number(price_values), number(size_values))?;
        Some((level, end + 2, window[end + 2]))
    }

    /// What is wrong with what stands between the digits of price and size: 0 if nothing.
    #[inline(always)]
    fn between_wrong(&self, window: &Window) -> u64 {
        (word(window, self.behind & 31) ^ self.close) & self.close_mask
    }

    /// The counts that digits stand for.
    #[inline(always)]
    fn on_grid(&self, price: i64, size: i64) -> Option<(Ticks, Lots)> {
        if self.plain { Some((Ticks(price), Lots(size))) } else { self.scaled(price, size) }
    }

    /// The same of a grid whose unit is not the last decimal. Out of line: the plain way needs the registers.
    #[inline(never)]
    fn scaled(&self, price: i64, size: i64) -> Option<(Ticks, Lots)> {
        let price = self.price_grid.count(price.checked_mul(self.times)?)?;
        Some((Ticks(price), Lots(self.size_grid.count(size)?)))
    }

    /// The same of numbers of up to 15 characters.
    #[inline(never)]
    fn long_level(&self, window: &Window) -> Option<Read> {
        if pair(window, 0) != OPEN || self.between_wrong(window) != 0 {
            return None;
        }
        let size_at = self.size_at & 31;
        let near = position(word(window, size_at), b'"');
        let length = if near < 8 { near } else { 8 + position(word(window, size_at + 8), b'"') };
        if length == 0 || length > MAX_SIZE {
            return None;
        }
        let price = long(window, PRICE, self.kept & MAX_KEPT, &self.price, false)?;
        let size = long(window, size_at, length, &self.size, pair(window, size_at) == NOTHING)?;
        let end = size_at + length;
        if pair(window, end) != CLOSE {
            return None;
        }
        Some((self.on_grid(price, size)?, end + 2, window[end + 2]))
    }
}

/// The digits of the number of `length` (1..=15) characters at `at`. `lone`: it needs no dot.
fn long(window: &Window, at: usize, length: usize, form: &Form, lone: bool) -> Option<i64> {
    let (head, tail) = if length <= 8 {
        (0, aligned(word(window, at), length))
    } else {
        (aligned(word(window, at), length - 8), word(window, at + length - 8) ^ ZEROS)
    };
    let (values, wrong) = form.read(tail);
    if no_digits(values) | no_digits(head) != 0 || (wrong != 0 && !lone) {
        return None;
    }
    Some(number(values) + number(head) * form.head_unit())
}
