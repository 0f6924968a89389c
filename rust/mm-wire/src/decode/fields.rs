//! The fields that we read of one JSON object, whatever their order.

use alloc::string::String;

use mm_core::ids::Text;
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Side, Ticks, UnitError};

use super::Counts;
use crate::json::{Reader, Value};
use crate::refusal::{DecodeError, Why};

/// The wanted fields of one object, each at most once, found by name.
pub(super) struct Fields<'b, const N: usize> {
    names: &'static [&'static str; N],
    values: [Option<Value<'b>>; N],
}

/// The year 2262, where nanoseconds since the epoch end.
pub(super) const MAX_MS: i64 = i64::MAX / 1_000_000;

pub(super) type Result<T> = core::result::Result<T, DecodeError>;

/// An error of one field, for `map_err`.
pub(super) fn refuse(field: &'static str) -> impl Fn(Why) -> DecodeError {
    move |why| DecodeError { field, why }
}

impl<'b, const N: usize> Fields<'b, N> {
    /// Reads an object through to its end; what is not in `names` is checked, passed over and counted.
    pub(super) fn read(reader: &mut Reader<'b>, names: &'static [&'static str; N], counts: &mut Counts) -> Result<Self> {
        let mut fields = Self { names, values: [None; N] };
        let mut first = true;
        reader.open(b'{')?;
        while let Some(key) = reader.key(&mut first)? {
            // Most names differ in their first byte already.
            let is_key = |name: &&str| name.as_bytes().first() == key.first() && name.as_bytes() == key;
            let Some(index) = names.iter().position(is_key) else {
                counts.pass(key);
                reader.skip()?;
                continue;
            };
            if fields.values[index].is_some() {
                return Err(DecodeError { field: names[index], why: Why::Duplicate });
            }
            fields.values[index] = Some(reader.value()?);
        }
        Ok(fields)
    }

    /// The value; `None` if it is absent, null or the empty string, which the venue uses alike.
    fn value(&self, name: &'static str) -> Option<Value<'b>> {
        let index = self.names.iter().position(|known| *known == name)?;
        match self.values[index]? {
            Value::Null => None,
            Value::Str(text) if text.raw().is_empty() => None,
            value => Some(value),
        }
    }

    pub(super) fn has(&self, name: &'static str) -> bool {
        self.value(name).is_some()
    }

    /// A string without escapes, or empty.
    pub(super) fn text_or_empty(&self, name: &'static str) -> Result<&'b [u8]> {
        match self.value(name) {
            None => Ok(&[]),
            Some(Value::Str(text)) => text.plain().ok_or(DecodeError { field: name, why: Why::WrongType }),
            Some(_) => Err(DecodeError { field: name, why: Why::WrongType }),
        }
    }

    /// A string without escapes that says something.
    pub(super) fn text(&self, name: &'static str) -> Result<&'b [u8]> {
        match self.text_or_empty(name)? {
            [] => Err(DecodeError { field: name, why: Why::Missing }),
            text => Ok(text),
        }
    }

    /// A string with its escapes decoded, or empty.
    pub(super) fn words(&self, name: &'static str) -> Result<String> {
        let mut out = String::new();
        match self.value(name) {
            None => Ok(out),
            Some(Value::Str(text)) => text.decode_into(&mut out).map(|()| out).map_err(refuse(name)),
            Some(_) => Err(DecodeError { field: name, why: Why::WrongType }),
        }
    }

    /// An identity of printable ASCII, or empty.
    pub(super) fn id<const L: usize>(&self, name: &'static str) -> Result<Text<L>> {
        Text::new(self.words(name)?.as_bytes()).ok_or(DecodeError { field: name, why: Why::WrongType })
    }

    /// An identity that is there.
    pub(super) fn required_id<const L: usize>(&self, name: &'static str) -> Result<Text<L>> {
        let id = self.id(name)?;
        if id.is_empty() { Err(DecodeError { field: name, why: Why::Missing }) } else { Ok(id) }
    }

    /// A number, written as one or as a string: the venue does not hold to either.
    fn numeral(&self, name: &'static str) -> Result<Option<&'b [u8]>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Number(text)) => Ok(Some(text)),
            Some(Value::Str(text)) => text.plain().map(Some).ok_or(DecodeError { field: name, why: Why::WrongType }),
            Some(_) => Err(DecodeError { field: name, why: Why::WrongType }),
        }
    }

    fn converted<T>(&self, name: &'static str, convert: impl Fn(&[u8]) -> core::result::Result<T, UnitError>) -> Result<Option<T>> {
        let Some(text) = self.numeral(name)? else { return Ok(None) };
        convert(text).map(Some).map_err(|error| DecodeError { field: name, why: Why::Unit(error) })
    }

    pub(super) fn amount(&self, name: &'static str) -> Result<Option<Amount>> {
        self.converted(name, Amount::parse)
    }

    pub(super) fn required_amount(&self, name: &'static str) -> Result<Amount> {
        self.amount(name)?.ok_or(DecodeError { field: name, why: Why::Missing })
    }

    /// A price on the instrument's grid.
    pub(super) fn ticks(&self, name: &'static str, spec: &Instrument) -> Result<Ticks> {
        self.converted(name, |text| spec.ticks(text))?.ok_or(DecodeError { field: name, why: Why::Missing })
    }

    /// The whole ticks of a price, and what it has beyond them.
    pub(super) fn ticks_and_rest(&self, name: &'static str, spec: &Instrument) -> Result<(Ticks, Amount)> {
        self.converted(name, |text| spec.ticks_and_rest(text))?.ok_or(DecodeError { field: name, why: Why::Missing })
    }

    /// A size on the instrument's grid, not negative.
    pub(super) fn lots(&self, name: &'static str, spec: &Instrument) -> Result<Option<Lots>> {
        match self.converted(name, |text| spec.lots(text))? {
            Some(lots) if lots < Lots::ZERO => Err(DecodeError { field: name, why: Why::Negative }),
            lots => Ok(lots),
        }
    }

    pub(super) fn required_lots(&self, name: &'static str, spec: &Instrument) -> Result<Lots> {
        self.lots(name, spec)?.ok_or(DecodeError { field: name, why: Why::Missing })
    }

    /// A whole number, written as one or as a string.
    pub(super) fn integer(&self, name: &'static str) -> Result<Option<i64>> {
        let Some(text) = self.numeral(name)? else { return Ok(None) };
        let parsed = core::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        parsed.map(Some).ok_or(DecodeError { field: name, why: Why::WrongType })
    }

    pub(super) fn required_integer(&self, name: &'static str) -> Result<i64> {
        self.integer(name)?.ok_or(DecodeError { field: name, why: Why::Missing })
    }

    /// A time in milliseconds since the epoch: one that also fits in nanoseconds.
    pub(super) fn millis(&self, name: &'static str) -> Result<Option<i64>> {
        match self.integer(name)? {
            Some(..0) => Err(DecodeError { field: name, why: Why::Negative }),
            Some(MAX_MS..) => Err(DecodeError { field: name, why: Why::TooLarge }),
            time => Ok(time),
        }
    }

    pub(super) fn required_millis(&self, name: &'static str) -> Result<i64> {
        self.millis(name)?.ok_or(DecodeError { field: name, why: Why::Missing })
    }

    pub(super) fn boolean(&self, name: &'static str) -> Result<Option<bool>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(DecodeError { field: name, why: Why::WrongType }),
        }
    }

    /// `Buy` or `Sell`; `None` if empty.
    pub(super) fn side(&self, name: &'static str) -> Result<Option<Side>> {
        match self.text_or_empty(name)? {
            b"" => Ok(None),
            b"Buy" => Ok(Some(Side::Buy)),
            b"Sell" => Ok(Some(Side::Sell)),
            _ => Err(DecodeError { field: name, why: Why::UnknownValue }),
        }
    }

    pub(super) fn required_side(&self, name: &'static str) -> Result<Side> {
        self.side(name)?.ok_or(DecodeError { field: name, why: Why::Missing })
    }

    /// An object or an array to be read on its own.
    pub(super) fn nested(&self, name: &'static str) -> Result<Option<Reader<'b>>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Nested(reader)) => Ok(Some(reader)),
            Some(_) => Err(DecodeError { field: name, why: Why::WrongType }),
        }
    }

    pub(super) fn required_nested(&self, name: &'static str) -> Result<Reader<'b>> {
        self.nested(name)?.ok_or(DecodeError { field: name, why: Why::Missing })
    }
}

/// Runs `each` on every element of the array at `reader`.
pub(super) fn for_each<'b>(mut reader: Reader<'b>, field: &'static str, mut each: impl FnMut(&mut Reader<'b>) -> Result<()>) -> Result<()> {
    let mut first = true;
    reader.open(b'[').map_err(refuse(field))?;
    while reader.element(&mut first)? {
        each(&mut reader)?;
    }
    Ok(())
}
