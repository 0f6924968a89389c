//! Integers and exact decimals as text, without formatting machinery.

use alloc::vec::Vec;

use mm_core::ids::Text;
use mm_core::units::{AMOUNT_DECIMALS, Amount};

use crate::digits::{TENS, ZEROS};

/// Appends a short text. All of its room is copied, which takes fewer steps than as many bytes as it has.
pub(super) fn put_text<const N: usize>(out: &mut Vec<u8>, text: &Text<N>) {
    let (room, length) = text.room();
    let end = out.len() + length;
    out.extend_from_slice(room);
    out.truncate(end);
}

/// Appends a decimal integer.
pub(super) fn put_u64(out: &mut Vec<u8>, value: u64) {
    if value < EIGHT_DIGITS {
        let digits = digits(value);
        // At least one digit stays.
        let leading = (digits.trailing_zeros() / 8).min(7);
        let end = out.len() + 8 - leading as usize;
        out.extend_from_slice(&((digits | ZEROS) >> (8 * leading)).to_le_bytes());
        out.truncate(end);
        return;
    }
    put_u64(out, value / EIGHT_DIGITS);
    out.extend_from_slice(&(digits(value % EIGHT_DIGITS) | ZEROS).to_le_bytes());
}

/// Appends a signed decimal integer.
pub(super) fn put_i64(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    put_u64(out, value.unsigned_abs());
}

/// Appends `count × unit` exactly: trimmed, no exponent, what `Display` of the product writes.
pub(super) fn put_multiple(out: &mut Vec<u8>, count: i64, unit: Amount) {
    if count < 0 {
        out.push(b'-');
    }
    let magnitude = count.unsigned_abs();
    let small = u64::try_from(unit.0).ok().and_then(|unit| {
        let (unit, decimals) = trimmed(unit, AMOUNT_DECIMALS as usize);
        Some(trimmed(unit.checked_mul(magnitude)?, decimals))
    });
    match small {
        Some((value, decimals)) if value < EIGHT_DIGITS && decimals < 8 => put_short(out, value, decimals),
        Some((value, decimals)) => put_scaled(out, value, decimals),
        None => out.extend_from_slice(alloc::format!("{}", Amount(unit.0.saturating_mul(i128::from(magnitude)))).as_bytes()),
    }
}

/// Drops trailing decimal zeros: the value and how many decimals are left.
#[inline(always)]
fn trimmed(mut value: u64, mut decimals: usize) -> (u64, usize) {
    if !value.is_multiple_of(10) {
        return (value, decimals);
    }
    // Most steps are a power of ten: 10ⁿ is 2ⁿ times an odd number.
    let zeros = value.trailing_zeros() as usize;
    if zeros <= decimals && TENS.get(zeros).is_some_and(|power| power.unsigned_abs() == value) {
        return (1, decimals - zeros);
    }
    for (step, unit) in [(8, 100_000_000), (4, 10_000), (4, 10_000), (2, 100), (1, 10), (1, 10)] {
        if decimals >= step && value.is_multiple_of(unit) {
            value /= unit;
            decimals -= step;
        }
    }
    (value, decimals)
}

const EIGHT_DIGITS: u64 = 100_000_000;

/// The eight digits of a number below 10^8, the first lowest, without their common bits.
const fn digits(value: u64) -> u64 {
    // Each step parts every field in two; a multiplication and a shift divide exactly below its bound.
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
    let pairs = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | ((pairs - tens * 10) << 8)
}

/// [`put_scaled`] of a value below 10^8 with at most 7 decimals, eight characters at a time.
#[inline(always)]
fn put_short(out: &mut Vec<u8>, value: u64, decimals: usize) {
    let digits = digits(value);
    let leading = (digits.trailing_zeros() / 8) as usize;
    let skipped = leading.min(7 - decimals.min(7));
    let text = (digits | ZEROS) >> (8 * skipped);
    let end = out.len() + 8 - skipped + usize::from(decimals > 0);
    let dot = 8 * (8 - skipped - decimals.min(7));
    // Put together in a register: what is written in parts and copied at once waits for its parts.
    let with_dot = match 1_u64.checked_shl(dot as u32) {
        Some(unit) if decimals > 0 => (text & (unit - 1)) | (u64::from(b'.') << dot) | ((text & !(unit - 1)) << 8),
        _ => text,
    };
    out.extend_from_slice(&with_dot.to_le_bytes());
    out.push((text >> 56) as u8);
    out.truncate(end);
}

/// 00 to 99.
const PAIRS: [[u8; 2]; 100] = pairs();

const fn pairs() -> [[u8; 2]; 100] {
    let mut table = [[b'0'; 2]; 100];
    let mut at = 0;
    while at < table.len() {
        table[at] = [b'0' + (at / 10) as u8, b'0' + (at % 10) as u8];
        at += 1;
    }
    table
}

/// Appends `value / 10^decimals`, with at least one digit before the point.
fn put_scaled(out: &mut Vec<u8>, value: u64, decimals: usize) {
    let mut digits = [b'0'; 40];
    let (end, mut at, mut left) = (digits.len(), digits.len(), value);
    while left >= 100 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(left % 100) as usize]);
        left /= 100;
    }
    while left > 0 {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    at = at.min(end - decimals - 1);
    let (whole, fraction) = digits[at..].split_at(end - at - decimals);
    out.extend_from_slice(whole);
    if decimals > 0 {
        out.push(b'.');
        out.extend_from_slice(fraction);
    }
}
