//! Money is integers: [`Ticks`] for prices, [`Lots`] for sizes, [`Amount`] for coin.
//!
//! A wire string becomes an integer exactly or is refused; nothing here rounds silently.

use core::fmt;
use core::ops::{Add, AddAssign, Neg, Sub, SubAssign};

mod exact;

pub use exact::div_half_even;

/// The greatest count of ticks or lots that is taken from the wire: up to it floats are exact, and doubling or summing it stays far from
/// overflow.
pub const MAX_COUNT: i64 = 1 << 53;

/// A price as a count of the instrument's tick size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(pub i64);

/// A size as a count of the instrument's quantity step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lots(pub i64);

/// An exact coin amount: units of 1e-18 (cash, fees, balances). A rebate is a negative fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub i128);

macro_rules! additive {
    ($t:ident) => {
        impl Add for $t {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl Sub for $t {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl Neg for $t {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl AddAssign for $t {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl SubAssign for $t {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }
        impl $t {
            /// The zero value.
            pub const ZERO: Self = Self(0);
            /// Absolute value.
            #[must_use]
            pub fn abs(self) -> Self {
                Self(self.0.abs())
            }
        }
    };
}
additive!(Ticks);
additive!(Lots);
additive!(Amount);

/// The side of an order. For a trade print it is the taker's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Buy,
    Sell,
}

impl Side {
    /// Both sides, bid first: the order in which tables and loops run.
    pub const BOTH: [Side; 2] = [Side::Buy, Side::Sell];

    /// +1 for a buy, −1 for a sell.
    #[must_use]
    pub fn sign(self) -> i64 {
        match self {
            Side::Buy => 1,
            Side::Sell => -1,
        }
    }

    #[must_use]
    pub fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }

    /// 0 for a buy, 1 for a sell.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Side::Buy => 0,
            Side::Sell => 1,
        }
    }

    /// The venue's word: `Buy` or `Sell`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Buy => "Buy",
            Side::Sell => "Sell",
        }
    }
}

/// Why a decimal string is not a number we can hold exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitError {
    /// Empty, signs or characters other than `-?digits[.digits]`, or exponent notation.
    NotDecimal,
    /// More digits than fit.
    TooLarge,
    /// Not a multiple of the instrument's tick or step.
    OffGrid,
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UnitError::NotDecimal => "not a plain decimal number",
            UnitError::TooLarge => "too many digits",
            UnitError::OffGrid => "not a multiple of the instrument's grid",
        })
    }
}

/// Decimal places of [`Amount`].
pub const AMOUNT_DECIMALS: u32 = 18;
const ONE: i128 = 1_000_000_000_000_000_000;

impl Amount {
    /// One whole coin.
    pub const ONE: Amount = Amount(ONE);

    /// Parses `-?digits[.digits]` exactly; at most 18 decimals (further zeros are accepted).
    ///
    /// # Errors
    /// [`UnitError::NotDecimal`] for anything else, [`UnitError::TooLarge`] past 20 integer or 18 significant decimal digits.
    pub fn parse(text: &[u8]) -> Result<Amount, UnitError> {
        let (negative, digits) = match text.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, text),
        };
        let magnitude = parse_scaled(digits, AMOUNT_DECIMALS)?;
        Ok(Amount(if negative { -magnitude } else { magnitude }))
    }

    /// `self × other / 1` rounded half-to-even at 1e-18: for a fee, value × rate. What does not fit becomes the greatest that does.
    #[must_use]
    pub fn mul_round(self, other: Amount) -> Amount {
        let greatest = if (self.0 < 0) == (other.0 < 0) { i128::MAX } else { -i128::MAX };
        self.checked_mul_round(other).unwrap_or(Amount(greatest))
    }

    /// The same; `None` where the product does not fit.
    #[must_use]
    pub fn checked_mul_round(self, other: Amount) -> Option<Amount> {
        exact::mul_div_half_even(self.0, other.0).map(Amount)
    }

    /// As a float, for signals only; never for money.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn to_f64(self) -> f64 {
        // A 128-bit number takes a routine to convert, a 64-bit one an instruction; both round to the nearest.
        i64::try_from(self.0).map_or(self.0 as f64, |small| small as f64) / 1e18
    }

    /// Rounds half-to-even to `decimals` places (≤ 18).
    #[must_use]
    pub fn round_half_even(self, decimals: u32) -> Amount {
        let unit = 10_i128.pow(AMOUNT_DECIMALS.saturating_sub(decimals));
        Amount(div_half_even(self.0, unit) * unit)
    }
}

/// Parses unsigned `digits[.digits]` into an integer scaled by `10^decimals`, exactly.
fn parse_scaled(text: &[u8], decimals: u32) -> Result<i128, UnitError> {
    let (mut value, mut seen, mut left, mut point) = (0_i128, 0_u32, decimals, false);
    for &byte in text {
        match byte {
            b'0'..=b'9' if point && left == 0 => {
                if byte != b'0' {
                    return Err(UnitError::TooLarge);
                }
            }
            b'0'..=b'9' => {
                value = value * 10 + i128::from(byte - b'0');
                seen += 1;
                if seen > 38 - 1 {
                    return Err(UnitError::TooLarge);
                }
                left -= u32::from(point);
            }
            b'.' if !point && seen > 0 => point = true,
            _ => return Err(UnitError::NotDecimal),
        }
    }
    if seen == 0 || text.last() == Some(&b'.') {
        return Err(UnitError::NotDecimal);
    }
    value.checked_mul(10_i128.pow(left)).ok_or(UnitError::TooLarge)
}

impl fmt::Display for Amount {
    /// The shortest exact decimal: no exponent, no trailing zeros, `-0` never.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, mut fraction) = exact::parts(self.0.unsigned_abs());
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let mut width = AMOUNT_DECIMALS as usize;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            width -= 1;
        }
        write!(f, ".{fraction:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn amounts_round_trip_exactly() {
        for text in ["0", "1", "-1", "0.1", "-0.000000000000000001", "65114.2", "99999999999.123456789012345678"] {
            assert_eq!(Amount::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        assert_eq!(Amount::parse(b"1.500").unwrap().to_string(), "1.5");
        assert_eq!(Amount::parse(b"0.0000000000000000010").unwrap(), Amount(1));
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", "-", ".", "1.", ".5", "1e-7", "+1", "--1", "NaN", "1 ", "0x1", "1.2.3"] {
            assert_eq!(Amount::parse(text.as_bytes()), Err(UnitError::NotDecimal), "{text:?}");
        }
        assert_eq!(Amount::parse(b"0.0000000000000000001"), Err(UnitError::TooLarge));
        assert_eq!(Amount::parse(&[b'9'; 40]), Err(UnitError::TooLarge));
    }

    #[test]
    fn products_round_half_to_even() {
        let rate = Amount::parse(b"-0.00001").unwrap();
        assert_eq!(Amount::parse(b"600").unwrap().mul_round(rate).to_string(), "-0.006");
        let great = Amount::parse(b"170000000000000000000").unwrap();
        assert_eq!((great.checked_mul_round(great), great.mul_round(-great)), (None, Amount(-i128::MAX)));
        assert_eq!(div_half_even(5, 10), 0);
        assert_eq!(div_half_even(15, 10), 2);
        assert_eq!(div_half_even(-5, 10), 0);
        assert_eq!(div_half_even(-15, 10), -2);
    }
}
