//! Changes to an input: bytes, and whole JSON values where they stand.

use mm_core::rng::Rng;

use super::spans::{Span, spans};

/// What hostile or careless senders write where a value should stand.
const VALUES: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "\"0\"",
    "\"\"",
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "[[]]",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "1e-999",
    "\"1e9\"",
    "\"NaN\"",
    "01",
    "1.",
    ".5",
    "+1",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "\"9223372036854775807\"",
    "\"-9223372036854775808\"",
    "\"170141183460469231731687303715884105727\"",
    "\"99999999999999999999999999999999999999999\"",
    "\"0.000000000000000001\"",
    "\"0.0000000000000000001\"",
    "\"00000000000000000000000000001\"",
    "\"1.00000000000000000000000000000000\"",
    "\"-0.1\"",
    "\" 1\"",
    "\"\\u0031\"",
    "\"\\ud83d\"",
    "\"\\ud83d\\ude00\"",
    "\"\\\"\"",
    "\"Buy\"",
    "\"Sell\"",
    "\"linear\"",
    "\"spot\"",
    "\"inverse\"",
    "\"BTCUSDT\"",
    "\"ETHUSDT\"",
    "\"snapshot\"",
    "\"delta\"",
    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
];

const BYTES: &[u8] = b"\"\\{}[]:,0123456789.-+eE \n\t\0\xff\xc3\xedunft&=?%";

/// Draws changes from a seed.
#[derive(Clone, Debug)]
pub struct Mutator {
    rng: Rng,
}

impl Mutator {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed) }
    }

    /// A place in `0..bound`; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.rng.below(bound as u64)).unwrap_or(0)
    }

    fn pick<'t, T>(&mut self, table: &'t [T]) -> Option<&'t T> {
        table.get(self.below(table.len()))
    }

    /// Changes `input` one to six times; `other` is another input to take parts from.
    pub fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.below(6) {
            if self.below(3) == 0 { self.change_bytes(input, other) } else { self.change_values(input, other) }
        }
        input.truncate(1 << 16);
    }

    fn change_bytes(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(input.len() + 1);
        match self.below(7) {
            0 => self.flip(input),
            1 => input.truncate(at),
            2 => {
                let byte = self.pick(BYTES).copied().unwrap_or(0);
                input.insert(at, byte);
            }
            3 => drop(input.drain(at..(at + self.below(8)).min(input.len()))),
            4 => {
                let byte = self.pick(BYTES).copied().unwrap_or(0);
                if let Some(place) = input.get_mut(at) {
                    *place = byte;
                }
            }
            5 => {
                let end = (at + self.below(32)).min(input.len());
                let part = input[at..end].to_vec();
                input.splice(at..at, part);
            }
            _ => {
                let tail = other.get(self.below(other.len() + 1)..).unwrap_or(&[]).to_vec();
                input.truncate(at);
                input.extend(tail);
            }
        }
    }

    fn flip(&mut self, input: &mut [u8]) {
        let (at, bit) = (self.below(input.len()), self.below(8));
        if let Some(byte) = input.get_mut(at) {
            *byte ^= 1 << bit;
        }
    }

    fn change_values(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let found = spans(input);
        let Some(span) = self.pick(&found).copied() else { return self.change_bytes(input, other) };
        let range = span.start..span.end;
        match self.below(7) {
            0 | 1 => {
                let value = self.pick(VALUES).map_or("", |value| value);
                input.splice(range, value.bytes());
            }
            2 => self.nudge_digits(&mut input[range]),
            3 => {
                let from = spans(other);
                let part = self.pick(&from).map_or(&[][..], |from| &other[from.start..from.end]).to_vec();
                input.splice(range, part);
            }
            4 => self.swap(input, span, &found),
            5 => {
                // The value a second time, as another element or field.
                let mut part = vec![b','];
                part.extend_from_slice(&input[range]);
                input.splice(span.end..span.end, part);
            }
            _ => drop(input.drain(range)),
        }
    }

    fn nudge_digits(&mut self, value: &mut [u8]) {
        for byte in value.iter_mut().filter(|byte| byte.is_ascii_digit()) {
            if self.below(3) == 0 {
                *byte = b'0' + u8::try_from(self.below(10)).unwrap_or(0);
            }
        }
    }

    fn swap(&mut self, input: &mut Vec<u8>, one: Span, found: &[Span]) {
        let Some(two) = self.pick(found).copied() else { return };
        let (first, second) = if one.start <= two.start { (one, two) } else { (two, one) };
        if first.end > second.start {
            return;
        }
        let late = input[second.start..second.end].to_vec();
        let early = input.splice(second.start..second.end, input[first.start..first.end].to_vec()).collect::<Vec<u8>>();
        debug_assert_eq!(late, early);
        input.splice(first.start..first.end, late);
    }
}
