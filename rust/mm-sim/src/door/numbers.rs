//! How numbers are written: exactly, padded to a listing's decimals.

use alloc::string::{String, ToString};

use mm_core::units::{Amount, Lots, Ticks};
use serde_json::{Value, json};

use super::listing::Listing;

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
    let mut text = amount.to_string();
    let have = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if have == 0 && decimals > 0 {
        text.push('.');
    }
    text.extend((have..decimals).map(|_| '0'));
    text
}

/// Levels as the wire's `[["price","size"],…]`.
#[must_use]
pub fn levels(listing: &Listing, levels: &[(Ticks, Lots)]) -> Value {
    levels.iter().map(|(price, qty)| json!([padded_price(listing, *price), padded_qty(listing, *qty)])).collect()
}
