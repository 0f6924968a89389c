//! Requests as they were parsed: a text stays where it stands in the request, unless it has escapes to be decoded.

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use serde_core::Deserialize;
use serde_core::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number};

/// A JSON value of a request.
#[derive(Clone, Debug)]
pub enum Value<'b> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'b, str>),
    Array(Vec<Value<'b>>),
    Object(Fields<'b>),
}

/// The fields of an object; of a name that comes twice, the last counts.
#[derive(Clone, Debug, Default)]
pub struct Fields<'b> {
    rows: Vec<(Cow<'b, str>, Value<'b>)>,
}

impl<'b> Fields<'b> {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'b>> {
        self.rows.iter().rev().find(|row| row.0 == name).map(|row| &row.1)
    }
}

impl<'b> Value<'b> {
    /// `None` if it is not one JSON value and no more.
    #[must_use]
    pub fn parse(bytes: &'b [u8]) -> Option<Self> {
        serde_json::from_str(core::str::from_utf8(bytes).ok()?).ok()
    }

    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = self { Some(text) } else { None }
    }

    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self { Some(*value) } else { None }
    }

    #[must_use]
    pub fn as_array(&self) -> Option<&[Value<'b>]> {
        if let Value::Array(items) = self { Some(items) } else { None }
    }

    #[must_use]
    pub fn as_object(&self) -> Option<&Fields<'b>> {
        if let Value::Object(fields) = self { Some(fields) } else { None }
    }

    /// For what is echoed.
    #[must_use]
    pub fn to_tree(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => number.clone().into(),
            Value::String(text) => text.to_string().into(),
            Value::Array(items) => items.iter().map(Value::to_tree).collect(),
            Value::Object(fields) => {
                fields.rows.iter().map(|(name, value)| (name.to_string(), value.to_tree())).collect::<Map<_, _>>().into()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(text.to_string())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element()? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value<'de>, A::Error> {
        let mut rows = Vec::with_capacity(USUAL_FIELDS);
        while let Some((Key(name), value)) = fields.next_entry()? {
            rows.push((name, value));
        }
        Ok(Value::Object(Fields { rows }))
    }
}

/// As many has a new order.
const USUAL_FIELDS: usize = 10;

/// The name of a field.
struct Key<'b>(Cow<'b, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(AnyKey)
    }
}

struct AnyKey;

impl<'de> Visitor<'de> for AnyKey {
    type Value = Key<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a field")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(text.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_parsed_as_a_tree_would_be() {
        let texts = [
            r#"{"op":"order.create","args":[{"a":"b","c":1.50,"d":-3,"e":18446744073709551615,"f":null,"g":[true,false,{}]}]}"#,
            r#"{"esc\u0061ped":"\"q\" \u00e9","twice":1,"twice":2}"#,
            r#"[]"#,
            r#""text""#,
            " 7 ",
            "{\"a\":1}x",
            "{\"a\":1,}",
            "{\"a\":01}",
            "{\"a\":1e999}",
            "\"\u{1}\"",
            "",
        ];
        for text in texts {
            let tree = serde_json::from_str::<serde_json::Value>(text).ok();
            assert_eq!(Value::parse(text.as_bytes()).map(|value| value.to_tree()), tree, "{text}");
        }
        assert!(Value::parse(b"\"\xff\"").is_none());
    }

    #[test]
    fn of_a_name_that_comes_twice_the_last_counts() {
        let value = Value::parse(br#"{"twice":"one","twice":"two"}"#);
        let fields = value.as_ref().and_then(Value::as_object);
        assert_eq!(fields.and_then(|fields| fields.get("twice")).and_then(Value::as_str), Some("two"));
    }
}
