//! The price collar: an order far from every price that we know is an error, whoever computed it.
//!
//! Two references that do not depend on each other: the mid of the trusted book, and the venue's mark price while it is fresh. Exact
//! integers throughout, so no NaN or overflow can slip past a comparison (MiFID II RTS 6 article 15; SEC rule 15c3-5).

use crate::instrument::Instrument;
use crate::units::{Amount, Ticks};

/// A mark price older than this is no reference.
pub const FRESH_NS: i64 = 10_000_000_000;

/// The band around the references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collar {
    pub band_bps: u32,
    /// Best bid + best ask.
    pub mid_x2: i64,
    /// The mark price, if it is fresh.
    pub mark: Option<Amount>,
}

impl Collar {
    /// True if `price` lies within the band of every reference.
    #[must_use]
    #[inline]
    pub fn holds(&self, price: Ticks, instrument: &Instrument) -> bool {
        let near_mid = within_ticks(price, self.mid_x2, self.band_bps)
            .unwrap_or_else(|| within(2 * i128::from(price.0), self.mid_x2.into(), self.band_bps));
        near_mid && self.mark.is_none_or(|mark| within(instrument.price(price).0, mark.0, self.band_bps))
    }
}

/// [`within`] of a price and twice the mid in 64 bits; `None` for figures that need more.
fn within_ticks(price: Ticks, mid_x2: i64, band_bps: u32) -> Option<bool> {
    let price_x2 = price.0.checked_mul(2)?;
    if price_x2 <= 0 || mid_x2 <= 0 {
        return Some(false);
    }
    // Both are positive, so their difference fits.
    Some((price_x2 - mid_x2).abs().checked_mul(10_000)? <= mid_x2.checked_mul(band_bps.into())?)
}

/// |value − reference| ≤ band · reference; false for anything that is not positive.
fn within(value: i128, reference: i128, band_bps: u32) -> bool {
    if value <= 0 || reference <= 0 {
        return false;
    }
    let (off, band) = ((value - reference).checked_mul(10_000), reference.checked_mul(band_bps.into()));
    matches!((off, band), (Some(off), Some(band)) if off.abs() <= band)
}

/// The last mark price of a market and when it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark(Option<(Amount, i64)>);

impl Mark {
    /// A ticker frame: without a price it says that the last one still holds.
    pub fn told(&mut self, price: Option<Amount>, now_ns: i64) {
        self.0 = price.or(self.0.map(|mark| mark.0)).map(|price| (price, now_ns));
    }

    #[must_use]
    pub fn fresh(&self, now_ns: i64) -> Option<Amount> {
        self.0.filter(|(_, at_ns)| now_ns - at_ns <= FRESH_NS).map(|(price, _)| price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn the_band_ends_where_it_says() {
        for (value, expected) in [(10_500, true), (10_501, false), (9_500, true), (9_499, false), (0, false), (-5, false)] {
            assert_eq!(within(value, 10_000, 500), expected, "{value}");
        }
        assert!(!within(1, 0, 500) && !within(i128::MAX, 1, 500) && !within(1, i128::MAX, 500));
    }

    #[test]
    fn no_random_price_outside_the_band_passes() {
        let mut rng = Rng::new(7);
        for _ in 0..1_000_000 {
            let reference = 1 + i128::from(rng.below(1_000_000_000));
            let value = i128::from(rng.below(3_000_000_000)) - 1_000_000_000;
            let band_bps = u32::try_from(rng.below(2_000)).unwrap();
            let outside = value <= 0 || (value - reference).abs() * 10_000 > reference * i128::from(band_bps);
            assert_eq!(within(value, reference, band_bps), !outside);
        }
    }

    #[test]
    fn sixty_four_bits_say_the_same_of_every_price() {
        let mut rng = Rng::new(11);
        for _ in 0..1_000_000 {
            let mut figure = || rng.bits().cast_signed() >> rng.below(64);
            let (price, mid_x2) = (figure(), figure());
            let near = price.saturating_mul(2).saturating_add(mid_x2 % 997);
            let band_bps = u32::try_from(rng.below(20_000)).unwrap();
            for mid_x2 in [mid_x2, near] {
                let exact = within(2 * i128::from(price), mid_x2.into(), band_bps);
                assert!(within_ticks(Ticks(price), mid_x2, band_bps).is_none_or(|held| held == exact), "{price} {mid_x2} {band_bps}");
            }
        }
        assert_eq!(within_ticks(Ticks(1 << 36), 1 << 37, 500), Some(true), "any price that a book holds fits");
    }

    #[test]
    fn a_mark_price_ages_and_any_ticker_frame_renews_it() {
        let mut mark = Mark::default();
        mark.told(None, 0);
        assert_eq!(mark.fresh(0), None);
        mark.told(Some(Amount(5)), 0);
        assert_eq!((mark.fresh(FRESH_NS), mark.fresh(FRESH_NS + 1)), (Some(Amount(5)), None));
        mark.told(None, FRESH_NS);
        assert_eq!(mark.fresh(2 * FRESH_NS), Some(Amount(5)));
    }
}
