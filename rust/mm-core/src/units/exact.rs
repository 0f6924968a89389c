//! Exact products and quotients of 128-bit amounts. Most of them are small enough for a few 64-bit multiplications; what is not takes the
//! long way, to the same result.

/// What an amount counts in: 1e-18.
const ONE: u64 = 1_000_000_000_000_000_000;
/// Zero bits above [`ONE`].
const SHIFT: u32 = ONE.leading_zeros();
const DIVISOR: u64 = ONE << SHIFT;
/// (2^128 − 1) / [`DIVISOR`] − 2^64.
const INVERSE: u64 = (u128::MAX / (DIVISOR as u128) - (1 << 64)) as u64;

/// n / 1e18 and what is left over; `None` where that is more than 64 bits. Multiplies by the inverse of the divisor instead of dividing:
/// algorithm 4 of Möller and Granlund, "Improved division by invariant integers", 2011.
#[inline]
fn split(n: u128) -> Option<(u64, u64)> {
    if let Ok(small) = u64::try_from(n) {
        return Some((small / ONE, small % ONE));
    }
    let high = u64::try_from(n >> (64 - SHIFT)).ok().filter(|high| *high < DIVISOR)?;
    let low = (n << SHIFT) as u64;
    let estimate = u128::from(INVERSE) * u128::from(high) + (u128::from(high) << 64 | u128::from(low));
    let mut whole = ((estimate >> 64) as u64).wrapping_add(1);
    let mut rest = low.wrapping_sub(whole.wrapping_mul(DIVISOR));
    if rest > estimate as u64 {
        whole = whole.wrapping_sub(1);
        rest = rest.wrapping_add(DIVISOR);
    }
    if rest >= DIVISOR {
        whole = whole.wrapping_add(1);
        rest -= DIVISOR;
    }
    Some((whole, rest >> SHIFT))
}

/// The whole and the 1e-18 parts of a magnitude.
pub(super) fn parts(n: u128) -> (u128, u64) {
    let long_way = || (n / u128::from(ONE), (n % u128::from(ONE)) as u64);
    split(n).map_or_else(long_way, |(whole, rest)| (u128::from(whole), rest))
}

/// a·b/1e18 with half-to-even; `None` where it does not fit.
pub(super) fn mul_div_half_even(a: i128, b: i128) -> Option<i128> {
    if b == i128::from(ONE) {
        return Some(a);
    }
    let Some(product) = mul_small(a.unsigned_abs(), b.unsigned_abs()) else { return mul_div_large(a, b) };
    Some(if (a < 0) == (b < 0) { product } else { -product })
}

/// Of magnitudes whose product of wholes fits in 64 bits. No sum of these terms reaches 2^126.
#[inline]
fn mul_small(a: u128, b: u128) -> Option<i128> {
    let ((a_high, a_low), (b_high, b_low)) = (split(a)?, split(b)?);
    let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
    let (whole, rest) = split(product(a_low, b_low))?;
    let sum = product(a_high.checked_mul(b_high)?, ONE) + product(a_high, b_low) + product(a_low, b_high) + u128::from(whole);
    i128::try_from(sum).ok()?.checked_add(rounding(rest.cmp(&(ONE - rest)), sum % 2 != 0))
}

/// Split so that the product cannot overflow for |a|,|b| < 1e28.
#[cold]
fn mul_div_large(a: i128, b: i128) -> Option<i128> {
    let one = i128::from(ONE);
    let (a_high, a_low) = (a / one, a % one);
    let (b_high, b_low) = (b / one, b % one);
    let (whole, rest) = ((a_low * b_low).div_euclid(one), (a_low * b_low).rem_euclid(one));
    let sum = a_high.checked_mul(b)?.checked_add(a_low.checked_mul(b_high)?)?.checked_add(whole)?;
    sum.checked_add(rounding(rest.cmp(&(one - rest)), sum % 2 != 0))
}

/// n/d rounded half-to-even, d > 0.
#[must_use]
pub fn div_half_even(n: i128, d: i128) -> i128 {
    if let (Ok(n), Ok(d)) = (i64::try_from(n), i64::try_from(d)) {
        let (q, r) = (n.div_euclid(d), n.rem_euclid(d));
        return i128::from(q) + rounding(r.cmp(&(d - r)), q % 2 != 0);
    }
    let q = n / d;
    let r = n.wrapping_sub(q.wrapping_mul(d));
    let (q, r) = if r < 0 { (q - 1, r + d) } else { (q, r) };
    q + rounding(r.cmp(&(d - r)), q % 2 != 0)
}

/// What a whole is raised by, whose remainder so compares to what is missing to the next.
fn rounding(compared: core::cmp::Ordering, is_odd: bool) -> i128 {
    match compared {
        core::cmp::Ordering::Less => 0,
        core::cmp::Ordering::Greater => 1,
        core::cmp::Ordering::Equal => i128::from(is_odd),
    }
}
