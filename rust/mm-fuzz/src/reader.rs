//! The JSON reader beside another strict reader: the same texts are read, to the same values.

use mm_wire::Why;
use mm_wire::json::{MAX_DEPTH, Reader, Value as Read};
use serde_json::{Map, Value};

use super::seeds::{ANSWERS, FRAMES, TEXTS};
use super::{Signature, Target, signature};

/// See the module.
pub struct ReaderDifferential;

impl Target for ReaderDifferential {
    fn name(&self) -> &'static str {
        "reader"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        [FRAMES, ANSWERS, TEXTS].concat().into_iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    fn run(&mut self, input: &[u8]) -> Result<Signature, String> {
        let ours = ours(input);
        let theirs = serde_json::from_slice::<Value>(input);
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) if ours != theirs => return Err("both read it, differently".to_owned()),
            (Err(Why::TooDeep), Ok(_)) if depth(input) > usize::from(MAX_DEPTH) => {}
            (Err(why), Ok(_)) => return Err(format!("only we refuse it: {why:?}")),
            // A float's range is no matter of syntax; such a number is refused where it is used.
            (Ok(_), Err(error)) if !error.to_string().starts_with("number out of range") => {
                return Err(format!("only we read it: {error}"));
            }
            _ => {}
        }
        Ok(match ours {
            Ok(value) => signature(&shape(&value)),
            Err(why) => signature(&format!("{why:?} {}", theirs.is_err())),
        })
    }
}

fn ours(input: &[u8]) -> Result<Value, Why> {
    let mut reader = Reader::new(input)?;
    let value = value(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

fn value(reader: &mut Reader<'_>) -> Result<Value, Why> {
    Ok(match reader.value()? {
        Read::Null => Value::Null,
        Read::Bool(value) => Value::Bool(value),
        Read::Str(text) => {
            let mut out = String::new();
            text.decode_into(&mut out)?;
            Value::String(out)
        }
        // The other reader's conversion: this is about syntax, the exact decimals have tests of their own.
        Read::Number(text) => serde_json::from_slice(text).unwrap_or(Value::Null),
        Read::Nested(mut inner) => nested(&mut inner)?,
    })
}

fn nested(reader: &mut Reader<'_>) -> Result<Value, Why> {
    let mut first = true;
    if reader.peek() == b'[' {
        let mut rows = Vec::new();
        reader.open(b'[')?;
        while reader.element(&mut first)? {
            rows.push(value(reader)?);
        }
        return Ok(Value::Array(rows));
    }
    let mut fields = Map::new();
    reader.open(b'{')?;
    while let Some(key) = reader.key(&mut first)? {
        // Keys are compared as they stand, so an escaped one is decoded here by reading it once more as a string.
        let quoted = [b"\"", key, b"\""].concat();
        let mut name = String::new();
        Reader::new(&quoted)?.string()?.decode_into(&mut name)?;
        fields.insert(name, value(reader)?);
    }
    Ok(Value::Object(fields))
}

/// The deepest nesting of a well-formed text.
fn depth(text: &[u8]) -> usize {
    let (mut deepest, mut open, mut within, mut escaped) = (0, 0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within => escaped = true,
            b'"' => within = !within,
            b'{' | b'[' if !within => open += 1,
            b'}' | b']' if !within => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// The kinds of values in it, in order, up to a length.
fn shape(value: &Value) -> String {
    let mut out = String::new();
    sketch(value, &mut out);
    out
}

fn sketch(value: &Value, out: &mut String) {
    if out.len() > 24 {
        return;
    }
    match value {
        Value::Null => out.push('n'),
        Value::Bool(_) => out.push('b'),
        Value::Number(number) => out.push(if number.is_f64() { 'f' } else { 'i' }),
        Value::String(text) => out.push(if text.is_ascii() { 's' } else { 'u' }),
        Value::Array(rows) => {
            out.push('[');
            rows.iter().for_each(|row| sketch(row, out));
        }
        Value::Object(fields) => {
            out.push('{');
            fields.values().for_each(|field| sketch(field, out));
        }
    }
}
