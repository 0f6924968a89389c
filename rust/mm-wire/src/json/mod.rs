//! A zero-copy pull reader of strict JSON: borrowed strings, no tree.
//!
//! Strict means UTF-8, one value, nothing behind it, no `NaN`, no leading zeros, no bare control characters, bounded size and depth.

mod escape;
mod plain;

use crate::refusal::Why;
pub use escape::Str;
use escape::escape_length;
use plain::plain_length;

/// The largest text that is looked at; the venue's largest answer (1000 instruments) is about half of it.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The deepest nesting that is followed.
pub const MAX_DEPTH: u8 = 32;

/// A value of which only scalars are looked into.
#[derive(Clone, Copy, Debug)]
pub enum Value<'b> {
    Str(Str<'b>),
    /// A number, as written.
    Number(&'b [u8]),
    Bool(bool),
    Null,
    /// An object or an array: a reader that stands at its first byte.
    Nested(Reader<'b>),
}

/// A position in a JSON text.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    depth: u8,
}

impl<'b> Reader<'b> {
    /// A reader at the first value of a whole text.
    ///
    /// # Errors
    /// [`Why::TooLarge`], or [`Why::Syntax`] if it is not UTF-8.
    pub fn new(bytes: &'b [u8]) -> Result<Self, Why> {
        if bytes.len() > MAX_BYTES {
            return Err(Why::TooLarge);
        }
        core::str::from_utf8(bytes).map_err(|_| Why::Syntax)?;
        Ok(Self { bytes, at: 0, depth: 0 })
    }

    /// What is left to read.
    #[inline]
    #[must_use]
    pub fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    /// Moves on by bytes that the caller has understood.
    #[inline]
    pub fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The next byte that is not white space, or 0 at the end.
    #[inline]
    pub fn peek(&mut self) -> u8 {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return *byte;
            }
            self.at += 1;
        }
        0
    }

    /// Consumes `wanted` if it is the next byte.
    #[inline]
    pub fn take(&mut self, wanted: u8) -> bool {
        let found = self.bytes.get(self.at) == Some(&wanted) || self.peek() == wanted;
        self.at += usize::from(found);
        found
    }

    /// Consumes `wanted`.
    ///
    /// # Errors
    /// [`Why::Syntax`] if something else is next.
    #[inline]
    pub fn expect(&mut self, wanted: u8) -> Result<(), Why> {
        if self.take(wanted) { Ok(()) } else { Err(Why::Syntax) }
    }

    /// Refuses anything but white space up to the end.
    ///
    /// # Errors
    /// [`Why::Syntax`]
    pub fn finish(&mut self) -> Result<(), Why> {
        self.peek();
        if self.at == self.bytes.len() { Ok(()) } else { Err(Why::Syntax) }
    }

    /// Opens an object (`{`) or an array (`[`); follow with [`Reader::key`] or [`Reader::element`] until they end it.
    ///
    /// # Errors
    /// [`Why::WrongType`] if another kind of value is next, [`Why::TooDeep`].
    pub fn open(&mut self, bracket: u8) -> Result<(), Why> {
        if !self.take(bracket) {
            return Err(if self.peek() == 0 { Why::Syntax } else { Why::WrongType });
        }
        if self.depth == MAX_DEPTH {
            return Err(Why::TooDeep);
        }
        self.depth += 1;
        Ok(())
    }

    /// The next key of the open object, or `None` once it is closed. `first` starts true.
    ///
    /// # Errors
    /// [`Why::Syntax`]
    #[inline]
    pub fn key(&mut self, first: &mut bool) -> Result<Option<&'b [u8]>, Why> {
        if !self.next_item(first, b'}')? {
            return Ok(None);
        }
        let key = self.string()?;
        self.expect(b':')?;
        Ok(Some(key.raw()))
    }

    /// Whether the open array has another element; closes it otherwise. `first` starts true.
    ///
    /// # Errors
    /// [`Why::Syntax`]
    #[inline]
    pub fn element(&mut self, first: &mut bool) -> Result<bool, Why> {
        self.next_item(first, b']')
    }

    #[inline]
    fn next_item(&mut self, first: &mut bool, close: u8) -> Result<bool, Why> {
        if self.take(close) {
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if !core::mem::take(first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// A string.
    ///
    /// # Errors
    /// [`Why::Syntax`]
    #[inline]
    pub fn string(&mut self) -> Result<Str<'b>, Why> {
        self.expect(b'"')?;
        let rest = self.rest();
        let end = plain_length(rest);
        match rest.get(end) {
            Some(b'"') => {}
            Some(b'\\') => return self.escaped_string(end),
            _ => return Err(Why::Syntax),
        }
        self.at += end + 1;
        Ok(Str::new(&rest[..end], false))
    }

    /// The rest of a string whose first escape stands `end` bytes ahead.
    #[cold]
    fn escaped_string(&mut self, mut end: usize) -> Result<Str<'b>, Why> {
        let rest = self.rest();
        loop {
            match rest.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += escape_length(rest.get(end + 1..).unwrap_or(&[]))?,
                Some(0..0x20) | None => return Err(Why::Syntax),
                Some(_) => end += 1,
            }
        }
        self.at += end + 1;
        Ok(Str::new(&rest[..end], true))
    }

    /// A whole number without a sign.
    ///
    /// # Errors
    /// [`Why::WrongType`] for any other value, also a number with a fraction or past 18 digits.
    #[inline]
    pub fn unsigned(&mut self) -> Result<u64, Why> {
        self.peek();
        let rest = self.rest();
        let (mut value, mut end) = (0_u64, 0);
        while let Some(digit) = rest.get(end).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            end += 1;
        }
        let leading_zero = end > 1 && rest.first() == Some(&b'0');
        if end == 0 || end > 18 || leading_zero || matches!(rest.get(end), Some(b'.' | b'e' | b'E')) {
            return Err(Why::WrongType);
        }
        self.at += end;
        Ok(value)
    }

    /// Any value; an object or array is checked, skipped, and handed out to be read later.
    ///
    /// # Errors
    /// [`Why::Syntax`], [`Why::TooDeep`]
    pub fn value(&mut self) -> Result<Value<'b>, Why> {
        match self.peek() {
            b'"' => self.string().map(Value::Str),
            b'{' | b'[' => {
                let start = *self;
                self.skip_nested()?;
                Ok(Value::Nested(start))
            }
            b't' => self.literal(b"true").map(|()| Value::Bool(true)),
            b'f' => self.literal(b"false").map(|()| Value::Bool(false)),
            b'n' => self.literal(b"null").map(|()| Value::Null),
            _ => self.number().map(Value::Number),
        }
    }

    /// Checks and passes over one value.
    ///
    /// # Errors
    /// [`Why::Syntax`], [`Why::TooDeep`]
    pub fn skip(&mut self) -> Result<(), Why> {
        self.value().map(|_| ())
    }

    fn skip_nested(&mut self) -> Result<(), Why> {
        let mut first = true;
        if self.peek() == b'{' {
            self.open(b'{')?;
            while self.key(&mut first)?.is_some() {
                self.skip()?;
            }
        } else {
            self.open(b'[')?;
            while self.element(&mut first)? {
                self.skip()?;
            }
        }
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Why> {
        if !self.rest().starts_with(word) {
            return Err(Why::Syntax);
        }
        self.at += word.len();
        Ok(())
    }

    /// A number, as written: `-?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?`.
    fn number(&mut self) -> Result<&'b [u8], Why> {
        let rest = self.rest();
        let digits = |from: usize| rest.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let sign = usize::from(rest.first() == Some(&b'-'));
        let whole = digits(sign);
        if whole == 0 || (whole > 1 && rest.get(sign) == Some(&b'0')) {
            return Err(Why::Syntax);
        }
        let mut end = sign + whole;
        if rest.get(end) == Some(&b'.') {
            end = at_least_one(end + 1, digits(end + 1))?;
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
            end = at_least_one(end + 1 + sign, digits(end + 1 + sign))?;
        }
        self.at += end;
        Ok(&rest[..end])
    }
}

fn at_least_one(from: usize, digits: usize) -> Result<usize, Why> {
    if digits == 0 { Err(Why::Syntax) } else { Ok(from + digits) }
}
