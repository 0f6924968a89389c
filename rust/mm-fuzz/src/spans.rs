//! Where the values of a JSON text stand, found without understanding it: broken text has spans too.

/// Start and end of a value, and whether it is a field with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// Strings, scalars, arrays and objects, in the order in which they end.
pub fn spans(text: &[u8]) -> Vec<Span> {
    let (mut out, mut open, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(byte) = text.get(at) {
        let start = at;
        match byte {
            b'"' => {
                at = string_end(text, at);
                out.push(Span { start, end: at });
                continue;
            }
            b'{' | b'[' => open.push(at),
            b'}' | b']' => out.extend(open.pop().map(|start| Span { start, end: at + 1 })),
            byte if is_scalar(*byte) => {
                at += text[at..].iter().take_while(|byte| is_scalar(**byte)).count();
                out.push(Span { start, end: at });
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    out
}

fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

fn is_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}
