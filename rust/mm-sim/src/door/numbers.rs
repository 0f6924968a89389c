//! How numbers are written: exactly, padded to a listing's decimals.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::units::{Amount, Lots, Ticks};
use serde_json::{Value, json};

use super::listing::Listing;

/// An amount counts these.
const UNIT: u128 = 1_000_000_000_000_000_000;
const PLACES: usize = 18;

/// A public price: a contract's with the tick's decimals ("60000.10"), spot's trimmed.
#[must_use]
pub fn padded_price(listing: &Listing, price: Ticks) -> String {
    padded(listing.instrument.price(price), listing.price_decimals)
}

/// A public size, written like the price; a deletion is "0".
#[must_use]
pub fn padded_qty(listing: &Listing, qty: Lots) -> String {
    if qty == Lots::ZERO { "0".to_string() } else { padded(listing.instrument.qty(qty), listing.qty_decimals) }
}

/// The exact decimal with at least `decimals` places.
#[must_use]
pub fn padded(amount: Amount, decimals: usize) -> String {
    let mut text = Vec::with_capacity(24);
    put_padded(&mut text, amount, decimals);
    String::from_utf8(text).unwrap_or_default()
}

/// Writes the shortest exact decimal.
pub fn put_amount(out: &mut Vec<u8>, amount: Amount) {
    put_padded(out, amount, 0);
}

/// Writes a whole number.
pub fn put_integer(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    put_unsigned(out, value.unsigned_abs());
}

/// Writes a whole number.
pub fn put_unsigned(out: &mut Vec<u8>, value: u64) {
    put_digits(out, value, 1);
}

/// Writes the exact decimal with at least `decimals` places.
pub fn put_padded(out: &mut Vec<u8>, amount: Amount, decimals: usize) {
    if amount.0 < 0 {
        out.push(b'-');
    }
    let (whole, mut fraction) = split(amount.0.unsigned_abs());
    match u64::try_from(whole) {
        Ok(whole) => put_digits(out, whole, 1),
        Err(_) => out.extend_from_slice(whole.to_string().as_bytes()),
    }
    let mut places = PLACES;
    // Most amounts have few places: first in long strides.
    while places >= decimals + 8 && fraction.is_multiple_of(100_000_000) {
        fraction /= 100_000_000;
        places -= 8;
    }
    while places > decimals && fraction.is_multiple_of(10) {
        fraction /= 10;
        places -= 1;
    }
    if places > 0 {
        out.push(b'.');
        put_digits(out, fraction, places);
    }
}

/// Whole units and the rest of an amount. 10^18 is 2^18 · 5^18, so that whatever is below 2^82 (millions) needs no wide division.
fn split(amount: u128) -> (u128, u64) {
    if amount >> 82 == 0 {
        let whole = (amount >> 18) as u64 / 5_u64.pow(18);
        return (whole.into(), (amount - u128::from(whole) * UNIT) as u64);
    }
    (amount / UNIT, (amount % UNIT) as u64)
}

/// Writes a number with at least `width` digits, 20 at most.
fn put_digits(out: &mut Vec<u8>, value: u64, width: usize) {
    const MOST: usize = 20;
    let (mut digits, mut at, mut rest) = ([b'0'; MOST], MOST, value);
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at.min(MOST - width.min(MOST))..]);
}

/// Writes levels as the wire's `[["price","size"],…]`.
pub fn put_levels(out: &mut Vec<u8>, listing: &Listing, levels: &[(Ticks, Lots)]) {
    out.push(b'[');
    for (index, (price, qty)) in levels.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"[\"" } else { b",[\"" });
        put_price(out, listing, *price);
        out.extend_from_slice(b"\",\"");
        put_qty(out, listing, *qty);
        out.extend_from_slice(b"\"]");
    }
    out.push(b']');
}

/// [`padded_price`], written.
pub fn put_price(out: &mut Vec<u8>, listing: &Listing, price: Ticks) {
    put_padded(out, listing.instrument.price(price), listing.price_decimals);
}

/// [`padded_qty`], written.
pub fn put_qty(out: &mut Vec<u8>, listing: &Listing, qty: Lots) {
    if qty == Lots::ZERO {
        out.push(b'0');
    } else {
        put_padded(out, listing.instrument.qty(qty), listing.qty_decimals);
    }
}

/// Levels as the wire's `[["price","size"],…]`.
#[must_use]
pub fn levels(listing: &Listing, levels: &[(Ticks, Lots)]) -> Value {
    levels.iter().map(|(price, qty)| json!([padded_price(listing, *price), padded_qty(listing, *qty)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_as_it_is_displayed() {
        let mut rng = mm_core::rng::Rng::new(1);
        let mut amounts = Vec::from([i128::MAX, i128::MIN, 1 << 82, (1 << 82) - 1, 0]);
        for _ in 0..20_000 {
            let wide = i128::from(rng.bits().cast_signed()) * i128::from(rng.bits() >> rng.below(64));
            let step = 10_i128.pow(u32::try_from(rng.below(19)).unwrap());
            amounts.push((wide >> rng.below(120)) / step * step);
        }
        for amount in amounts.into_iter().map(Amount) {
            let mut text = Vec::new();
            put_amount(&mut text, amount);
            assert_eq!(String::from_utf8_lossy(&text), amount.to_string());
            assert_eq!(Amount::parse(padded(amount, 3).as_bytes()).ok().unwrap_or(amount), amount);
        }
        assert_eq!([padded(Amount(0), 2), padded(Amount(-Amount::ONE.0 / 4), 4)], ["0.00", "-0.2500"]);
    }
}
