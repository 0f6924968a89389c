//! JSON strings and their escapes.

use alloc::string::String;

use crate::refusal::Why;

/// A JSON string between its quotes, escapes checked but not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Str<'b> {
    raw: &'b [u8],
    escaped: bool,
}

impl<'b> Str<'b> {
    pub(super) const fn new(raw: &'b [u8], escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// The bytes between the quotes as they stand.
    #[must_use]
    pub const fn raw(self) -> &'b [u8] {
        self.raw
    }

    /// The text, if it needs no decoding.
    #[must_use]
    pub fn plain(self) -> Option<&'b [u8]> {
        (!self.escaped).then_some(self.raw)
    }

    /// Appends the text with its escapes decoded.
    ///
    /// # Errors
    /// [`Why::Syntax`] for a lone surrogate.
    pub fn decode_into(self, out: &mut String) -> Result<(), Why> {
        let mut rest = core::str::from_utf8(self.raw).map_err(|_| Why::Syntax)?;
        while let Some(at) = rest.find('\\') {
            let (plain, escape) = rest.split_at(at);
            out.push_str(plain);
            let (decoded, used) = unescape(escape.as_bytes()).ok_or(Why::Syntax)?;
            out.push(decoded);
            rest = escape.get(used..).ok_or(Why::Syntax)?;
        }
        out.push_str(rest);
        Ok(())
    }
}

/// One escape at the start of `text`: the character and how many bytes it took.
fn unescape(text: &[u8]) -> Option<(char, usize)> {
    let simple = match text.get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unescape_unit(text),
        other => char::from(*other),
    };
    Some((simple, 2))
}

fn unescape_unit(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| u32::from_str_radix(core::str::from_utf8(text.get(at..at + 4)?).ok()?, 16).ok();
    let high = unit(2)?;
    if !(0xD800..0xDC00).contains(&high) {
        return Some((char::from_u32(high)?, 6));
    }
    let low = unit(8).filter(|low| text.get(6..8) == Some(b"\\u") && (0xDC00..0xE000).contains(low))?;
    Some((char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 12))
}

/// The length of an escape, the backslash included, given what follows it.
pub(super) fn escape_length(after: &[u8]) -> Result<usize, Why> {
    match after.first() {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') if after.get(1..5).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => Ok(6),
        _ => Err(Why::Syntax),
    }
}
