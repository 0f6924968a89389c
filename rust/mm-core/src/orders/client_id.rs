//! Client order ids: a pure function of state, `{run}-{colour}-{seq36}`, at most 36 characters.

use alloc::format;
use alloc::string::String;

use crate::ids::{ClientId, Text};

/// The run's prefix: 1–8 of `[a-z0-9]`, different for every start of the bot.
pub type RunId = Text<8>;

/// Writes the id of order number `seq`.
#[must_use]
pub fn write(run: RunId, colour: u8, seq: u64) -> ClientId {
    let text = format!("{run}-{colour}-{}", base36(seq));
    ClientId::new(text.as_bytes()).unwrap_or(ClientId::EMPTY)
}

/// Reads `(colour, seq)` back if the id belongs to this run.
#[must_use]
pub fn read(run: RunId, id: &ClientId) -> Option<(u8, u64)> {
    let mut parts = id.as_str().splitn(3, '-');
    let (prefix, colour, seq) = (parts.next()?, parts.next()?, parts.next()?);
    if prefix != run.as_str() {
        return None;
    }
    let (colour, seq) = (colour.parse().ok()?, u64::from_str_radix(seq, 36).ok()?);
    (write(run, colour, seq) == *id).then_some((colour, seq))
}

fn base36(mut value: u64) -> String {
    let mut digits = [0_u8; 13];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(value % 36) as usize];
        value /= 36;
        if value == 0 {
            return String::from_utf8_lossy(&digits[at..]).into_owned();
        }
    }
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
    fn other_peoples_ids_are_not_ours() {
        let run = RunId::new(b"a1").unwrap();
        for id in ["", "a1", "a1-0", "b1-0-1", "a1-0-01", "a1-x-1", "a1-0-1-2", "a1-256-1"] {
            assert_eq!(read(run, &ClientId::new(id.as_bytes()).unwrap()), None, "{id}");
        }
    }
}
