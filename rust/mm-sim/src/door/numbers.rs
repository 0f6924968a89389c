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
    String::from_utf8_lossy(&text).into_owned()
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
    put_digits(out, value.unsigned_abs().into(), 1);
}

/// Writes the exact decimal with at least `decimals` places.
pub fn put_padded(out: &mut Vec<u8>, amount: Amount, decimals: usize) {
    let unsigned = amount.0.unsigned_abs();
    if amount.0 < 0 {
        out.push(b'-');
    }
    put_digits(out, unsigned / UNIT, 1);
    let (mut fraction, mut places) = ((unsigned % UNIT) as u64, PLACES);
    while places > decimals && fraction.is_multiple_of(10) {
        fraction /= 10;
        places -= 1;
    }
    if places > 0 {
        out.push(b'.');
        put_digits(out, u128::from(fraction), places);
    }
}

/// Writes a number with at least `width` digits.
fn put_digits(out: &mut Vec<u8>, value: u128, width: usize) {
    let (mut digits, mut at) = ([b'0'; 39], 39);
    // Nearly every number fits 64 bits, whose division costs a tenth.
    let mut rest = value;
    while rest > u128::from(u64::MAX) {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let mut rest = rest as u64;
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at.min(39 - width)..]);
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
