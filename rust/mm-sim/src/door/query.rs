//! Query strings as they come off the wire, and the cursors that page long lists.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::api::ApiError;

/// The last millisecond of the year 9999.
const MAX_MS: i64 = 253_402_300_799_999;

/// The decoded parameters of a raw query string, in their order.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Decodes `a=1&b=2`; a broken percent escape is kept as it stands.
    #[must_use]
    pub fn parse(raw_query: &str) -> Params {
        let pairs = raw_query.split('&').filter(|pair| !pair.is_empty());
        Params(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect())
    }

    /// The value of `name`; an empty value counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str()).filter(|value| !value.is_empty())
    }

    /// A whole number in `1..=max`, or `default` when absent.
    ///
    /// # Errors
    /// 10001 naming the parameter.
    pub fn limit(&self, default: usize, max: usize) -> Result<usize, ApiError> {
        let Some(text) = self.get("limit") else { return Ok(default) };
        let value = text.parse::<usize>().ok().filter(|value| (1..=max).contains(value));
        value.ok_or_else(|| invalid(format!("params error: limit should be within 1-{max}")))
    }

    /// Milliseconds since the epoch; `None` when absent.
    ///
    /// # Errors
    /// 10001 naming the parameter.
    pub fn ms(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let value = text.parse::<i64>().ok().filter(|value| (0..=MAX_MS).contains(value));
        value.map(Some).ok_or_else(|| invalid(format!("params error: {name} should be milliseconds since 1970")))
    }

    /// The place after which the page begins; `None` from the newest.
    ///
    /// # Errors
    /// 10001 if the cursor is not of the form that this exchange gives.
    pub fn cursor(&self) -> Result<Option<Place<'_>>, ApiError> {
        let Some(text) = self.get("cursor") else { return Ok(None) };
        let place = text.strip_prefix("last=").and_then(|place| place.split_once('_'));
        let place = place.and_then(|(number, id)| Some(Place { number: number.parse().ok()?, id }));
        place.map(Some).ok_or_else(|| invalid(String::from("params error: cursor invalid")))
    }
}

/// Where a row stands in its list: lists fall by number, and rows of one number follow each other in an order of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub number: i64,
    pub id: &'a str,
}

/// A parameter error (10001) with its text.
#[must_use]
pub fn invalid(msg: String) -> ApiError {
    ApiError { code: 10001, msg }
}

/// One page of `(place, item)` rows after the place `after`, and the cursor to the next page (`""` at the end). A list that grows or
/// loses rows between two pages neither repeats nor hides the others.
#[must_use]
pub fn page<'a, T>(rows: impl Iterator<Item = (Place<'a>, T)>, after: Option<Place<'_>>, limit: usize) -> (Vec<T>, String) {
    let mut passed = false;
    let mut before = |place: Place<'_>| {
        let Some(after) = after else { return false };
        let skipped = place.number > after.number || place.number == after.number && !passed;
        passed = passed || place == after;
        skipped
    };
    let mut rows = rows.skip_while(|row| before(row.0));
    let (mut items, mut last) = (Vec::new(), Place { number: 0, id: "" });
    while items.len() < limit {
        let Some((place, item)) = rows.next() else { return (items, String::new()) };
        items.push(item);
        last = place;
    }
    let cursor = if rows.next().is_some() { format!("last%3D{}_{}", last.number, last.id) } else { String::new() };
    (items, cursor)
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let escape = (byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        match escape.and_then(|hex| core::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
