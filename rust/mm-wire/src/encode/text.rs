//! Integers and exact decimals as text, without formatting machinery.

use alloc::vec::Vec;

use mm_core::units::{AMOUNT_DECIMALS, Amount};

/// Appends a decimal integer.
pub(super) fn put_u64(out: &mut Vec<u8>, value: u64) {
    put_scaled(out, value, 0);
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
        Some((value, decimals)) => put_scaled(out, value, decimals),
        None => out.extend_from_slice(alloc::format!("{}", Amount(unit.0.saturating_mul(i128::from(magnitude)))).as_bytes()),
    }
}

/// Drops trailing decimal zeros: the value and how many decimals are left.
fn trimmed(mut value: u64, mut decimals: usize) -> (u64, usize) {
    if !value.is_multiple_of(10) {
        return (value, decimals);
    }
    for (step, unit) in [(8, 100_000_000), (4, 10_000), (4, 10_000), (2, 100), (1, 10), (1, 10)] {
        if decimals >= step && value.is_multiple_of(unit) {
            value /= unit;
            decimals -= step;
        }
    }
    (value, decimals)
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
