//! Eight characters at a time as one word: counting digits, and the number that they write.
//!
//! Each helper is a few instructions and runs some fifty times a frame: a call would cost more than it does, and the compiler, left to
//! itself, makes calls of them.

/// Eight times `0`.
pub const ZEROS: u64 = 0x3030_3030_3030_3030;
const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Powers of ten.
pub const TENS: [i64; 19] = powers_of_ten();

const fn powers_of_ten() -> [i64; 19] {
    let mut table = [1; 19];
    let mut at = 1;
    while at < table.len() {
        table[at] = table[at - 1] * 10;
        at += 1;
    }
    table
}

/// The low `bytes` (≤ 8) bytes.
#[inline(always)]
pub const fn mask(bytes: usize) -> u64 {
    if bytes >= 8 { u64::MAX } else { (1 << (8 * bytes)) - 1 }
}

/// Eight bytes at `at`, the first lowest.
#[inline(always)]
pub fn chunk(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes))
}

/// How many of the eight bytes, from the first on, are digits.
#[inline(always)]
pub const fn digit_count(chunk: u64) -> usize {
    let value = chunk ^ ZEROS;
    // A digit became 0..=9: adding 0x76 leaves its top bit clear, and nothing carries into the next byte.
    let other = (((value & 0x7F7F_7F7F_7F7F_7F7F) + 0x7676_7676_7676_7676) | value) & HIGH_BITS;
    (other.trailing_zeros() / 8) as usize
}

/// 0 if all eight bytes are digits' values (0..=9), something else if not.
#[inline(always)]
pub const fn no_digits(values: u64) -> u64 {
    // 10..=15 plus 6 reaches the high half; what stands in the high half already is found whatever is carried into it.
    (values | values.wrapping_add(0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0
}

/// The lowest bit set is the highest of the first byte that is `byte`; 0 if none is.
#[inline(always)]
pub const fn found(chunk: u64, byte: u8) -> u64 {
    let value = chunk ^ LOW_BITS.wrapping_mul(byte as u64);
    // Borrows run upwards only: the lowest bit found is right.
    value.wrapping_sub(LOW_BITS) & !value & HIGH_BITS
}

/// Where `byte` first stands among the eight, or 8.
#[inline(always)]
pub const fn position(chunk: u64, byte: u8) -> usize {
    (found(chunk, byte).trailing_zeros() / 8) as usize
}

/// The first `length` (1..=8) characters moved to the end, without the digits' common bits; zeros lead.
#[inline(always)]
pub const fn aligned(text: u64, length: usize) -> u64 {
    (text ^ ZEROS) << ((64 - 8 * length as u32) & 63)
}

/// The number that eight digit values (0..=9 each, the first lowest) write.
#[inline(always)]
pub const fn number(values: u64) -> i64 {
    // Each factor adds its tens, hundreds or ten thousands to the neighbour above, where the sum is taken from. Nothing carries further.
    let pairs = values.wrapping_mul(10 << 8 | 1) >> 8 & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_FFFF_0000_FFFF;
    (fours.wrapping_mul(10_000 << 32 | 1) >> 32) as i64
}

/// The number that the first `digits` (≤ 8) bytes write.
#[inline(always)]
pub const fn value_of(chunk: u64, digits: usize) -> i64 {
    // Shifted up (in two steps, since no digit at all would be a shift by the full width), the digits end at the last byte and zeros lead
    // them.
    let short = 8 - digits as u32;
    number(((chunk ^ ZEROS) << (4 * short)) << (4 * short))
}

/// The whole number at the start of a text and its length: 1 to 15 digits.
#[inline(always)]
pub fn leading_digits(text: &[u8]) -> Option<(i64, usize)> {
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
