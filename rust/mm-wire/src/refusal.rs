//! What a decoder or encoder refuses, by the name of the field.

use core::fmt;

use mm_core::units::UnitError;

use crate::scope::Reason;

/// Why a field, or the frame itself (`field == "json"`), cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Not strict JSON: truncated, trailing bytes, bad escape, bad number, not UTF-8.
    Syntax,
    /// More than [`crate::json::MAX_BYTES`].
    TooLarge,
    /// Nested deeper than [`crate::json::MAX_DEPTH`].
    TooDeep,
    /// The object names the field twice.
    Duplicate,
    /// Needed, and absent, null or empty.
    Missing,
    /// Not the JSON type, or not the form of text, that the field has.
    WrongType,
    /// An enumeration value that we do not know.
    UnknownValue,
    /// A size or a count below zero.
    Negative,
    /// A number that is no exact multiple of the instrument's grid, or no plain decimal.
    Unit(UnitError),
    /// A row of the instrument table whose trading rules the venue has not told yet.
    NoSpec,
    /// Two fields of one frame contradict each other.
    Contradiction,
    /// Understood, documented, and not for us.
    OutOfScope(Reason),
}

/// A frame or an answer that is refused; `field` is the venue's own name of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    pub field: &'static str,
    pub why: Why,
}

impl From<Why> for DecodeError {
    fn from(why: Why) -> Self {
        Self { field: "json", why }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            Why::OutOfScope(reason) => write!(f, "{}: out of scope: {reason}", self.field),
            why => write!(f, "{}: {why:?}", self.field),
        }
    }
}

/// A command or query that has no wire form; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// No order in the command.
    Empty,
    /// More orders than one batch of the category carries.
    TooMany,
    /// Orders of both categories in one command.
    MixedCategories,
    /// A market outside the table.
    UnknownMarket,
    /// A market whose trading rules are not known yet.
    NoSpec,
    /// An amend that changes neither price nor size.
    NothingToAmend,
    /// The category has no such query (spot has no positions).
    NotOffered,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EncodeError::Empty => "the command carries no order",
            EncodeError::TooMany => "more orders than one batch carries",
            EncodeError::MixedCategories => "orders of both categories in one command",
            EncodeError::UnknownMarket => "market outside the table",
            EncodeError::NoSpec => "trading rules not known yet",
            EncodeError::NothingToAmend => "the amend changes nothing",
            EncodeError::NotOffered => "the category has no such query",
        })
    }
}
