//! JSON written straight into bytes, for what is sent most: no tree, one allocation a message.
//!
//! Whoever writes gives the keys in the order in which they are sent: sorted by bytes, as `serde_json` sorts those of a tree.

use alloc::string::ToString;
use alloc::vec::Vec;

use mm_core::units::Amount;
use serde_json::Value;

use super::numbers::{put_amount, put_integer, put_padded, put_unsigned};

/// One object on its way into a buffer.
#[derive(Debug)]
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

/// A whole object of its own.
pub fn object(capacity: usize, write: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(capacity);
    put_object(&mut out, write);
    out
}

/// An object behind what `out` holds.
pub fn put_object(out: &mut Vec<u8>, write: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    write(&mut Object { out, first: true });
    out.push(b'}');
}

impl Object<'_> {
    /// A key, and the buffer that takes its value.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.out.extend_from_slice(if self.first { b"\"" } else { b",\"" });
        self.first = false;
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Fields as they are sent (`"a":"","b":0`).
    pub fn plain(&mut self, fields: &str) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.extend_from_slice(fields.as_bytes());
    }

    pub fn text(&mut self, key: &str, value: &str) {
        put_text(self.key(key), value);
    }

    pub fn flag(&mut self, key: &str, value: bool) {
        self.key(key).extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub fn integer(&mut self, key: &str, value: i64) {
        put_integer(self.key(key), value);
    }

    pub fn unsigned(&mut self, key: &str, value: u64) {
        put_unsigned(self.key(key), value);
    }

    /// An integer as a string.
    pub fn quoted_integer(&mut self, key: &str, value: i64) {
        quoted(self.key(key), |out| put_integer(out, value));
    }

    /// An exact decimal as a string; `None` is the empty one.
    pub fn amount(&mut self, key: &str, value: impl Into<Option<Amount>>) {
        let value = value.into();
        quoted(self.key(key), |out| value.into_iter().for_each(|value| put_amount(out, value)));
    }

    /// The same with at least `decimals` places.
    pub fn padded(&mut self, key: &str, value: Amount, decimals: usize) {
        quoted(self.key(key), |out| put_padded(out, value, decimals));
    }

    /// A value that is written already.
    pub fn written(&mut self, key: &str, value: &[u8]) {
        self.key(key).extend_from_slice(value);
    }

    /// A list of values that are written already.
    pub fn list<'v>(&mut self, key: &str, values: impl IntoIterator<Item = &'v Vec<u8>>) {
        let out = self.key(key);
        out.push(b'[');
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(value);
        }
        out.push(b']');
    }
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

/// A string with its quotes and escapes.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        quoted(out, |out| out.extend_from_slice(text.as_bytes()));
    } else {
        out.extend_from_slice(Value::String(text.to_string()).to_string().as_bytes());
    }
}

/// A tree.
pub fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => put_text(out, text),
        value => out.extend_from_slice(value.to_string().as_bytes()),
    }
}
