//! Typed access to a JSON object whose refusals name the field.

use serde_json::Value;

use super::error::TapeError;

/// A text member.
pub(super) fn text<'a>(object: &'a Value, field: &str) -> Result<&'a str, TapeError> {
    let value = object.get(field);
    value.and_then(Value::as_str).ok_or_else(|| TapeError::not(field, value, "a text"))
}

/// A signed whole number.
pub(super) fn int(object: &Value, field: &str) -> Result<i64, TapeError> {
    let value = object.get(field);
    value.and_then(Value::as_i64).ok_or_else(|| TapeError::not(field, value, "a whole number"))
}

/// A whole number ≥ 0.
pub(super) fn uint(object: &Value, field: &str) -> Result<u64, TapeError> {
    let value = object.get(field);
    value.and_then(Value::as_u64).ok_or_else(|| TapeError::not(field, value, "a whole number of at least 0"))
}

/// A member that must be there.
pub(super) fn member<'a>(object: &'a Value, field: &str) -> Result<&'a Value, TapeError> {
    object.get(field).ok_or_else(|| TapeError::not(field, None, "a member"))
}

/// An array member.
pub(super) fn array<'a>(object: &'a Value, field: &str) -> Result<&'a [Value], TapeError> {
    let value = object.get(field);
    value.and_then(Value::as_array).map(|items| &items[..]).ok_or_else(|| TapeError::not(field, value, "an array"))
}

/// Parses one whole JSON text.
pub(super) fn parse(bytes: &[u8], field: &str) -> Result<Value, TapeError> {
    serde_json::from_slice(bytes).map_err(|error| TapeError::new(field, "", error))
}
