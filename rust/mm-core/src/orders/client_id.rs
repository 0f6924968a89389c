//! Client order ids: a pure function of state, `{run}-{colour}-{seq36}`, at most 36 characters.

use crate::ids::{ClientId, Text};

/// The run's prefix: 1–8 of `[a-z0-9]`, different for every start of the bot.
pub type RunId = Text<8>;

/// Writes the id of order number `seq`.
#[must_use]
pub fn write(run: RunId, colour: u8, seq: u64) -> ClientId {
    // Written from its end: whatever the numbers, it fits.
    let (mut text, mut at) = ([0_u8; 45], 45);
    put_digits(&mut text, &mut at, seq, 36);
    put(&mut text, &mut at, b"-");
    put_digits(&mut text, &mut at, u64::from(colour), 10);
    put(&mut text, &mut at, b"-");
    put(&mut text, &mut at, run.as_bytes());
    ClientId::new(&text[at..]).unwrap_or(ClientId::EMPTY)
}

/// Reads `(colour, seq)` back if the id belongs to this run.
#[must_use]
pub fn read(run: RunId, id: &ClientId) -> Option<(u8, u64)> {
    let rest = id.as_bytes().strip_prefix(run.as_bytes())?.strip_prefix(b"-")?;
    let dash = rest.iter().position(|byte| *byte == b'-')?;
    let colour = u8::try_from(number(&rest[..dash], 10)?).ok()?;
    let seq = number(&rest[dash + 1..], 36)?;
    // One number is written in one way only.
    (write(run, colour, seq) == *id).then_some((colour, seq))
}

/// The run that wrote this id, whichever it is; `None` for an id in another form.
#[must_use]
pub fn run_of(id: &ClientId) -> Option<RunId> {
    let bytes = id.as_bytes();
    let run = RunId::new(&bytes[..bytes.iter().position(|byte| *byte == b'-')?]).filter(|run| !run.is_empty())?;
    let written = run.as_bytes().iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    (written && read(run, id).is_some()).then_some(run)
}

fn put(text: &mut [u8; 45], at: &mut usize, bytes: &[u8]) {
    *at -= bytes.len();
    text[*at..*at + bytes.len()].copy_from_slice(bytes);
}

fn put_digits(text: &mut [u8; 45], at: &mut usize, mut value: u64, radix: u64) {
    loop {
        put(text, at, &[b"0123456789abcdefghijklmnopqrstuvwxyz"[(value % radix) as usize]]);
        value /= radix;
        if value == 0 {
            return;
        }
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    let digit = |byte: &u8| char::from(*byte).to_digit(radix).map(u64::from);
    let sum = |value: u64, byte: &u8| value.checked_mul(radix.into())?.checked_add(digit(byte)?);
    (!digits.is_empty()).then(|| digits.iter().try_fold(0, sum)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_stay_short() {
        let run = RunId::new(b"k3x9a0zz").unwrap();
        for seq in [0, 1, 35, 36, 1_000_000, u64::MAX] {
            let id = write(run, 255, seq);
            assert_eq!(read(run, &id), Some((255, seq)));
            assert!(id.as_str().len() <= 36, "{id}");
        }
    }

    #[test]
    fn the_run_of_any_bot_is_read_and_nobody_elses() {
        let other = RunId::new(b"b2").unwrap();
        assert_eq!(run_of(&write(other, 3, 77)), Some(other));
        for id in ["", "manual", "b2-0", "-0-1", "B2-0-1", "b2-0-01", "toolongrun-0-1", "9f1c-1a2b-3c4d-5e6f"] {
            assert_eq!(run_of(&ClientId::new(id.as_bytes()).unwrap()), None, "{id}");
        }
    }

    #[test]
    fn other_peoples_ids_are_not_ours() {
        let run = RunId::new(b"a1").unwrap();
        for id in ["", "a1", "a1-0", "b1-0-1", "a1-0-01", "a1-x-1", "a1-0-1-2", "a1-256-1"] {
            assert_eq!(read(run, &ClientId::new(id.as_bytes()).unwrap()), None, "{id}");
        }
    }
}
