//! The end of a string's plain part, eight bytes at a time.

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

/// How many bytes stand before the first quote, backslash or control character; all of them if there is none.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + bytes.iter().skip(at).take_while(|byte| **byte >= b' ' && !matches!(byte, b'"' | b'\\')).count()
}

/// The high bit of the lowest byte that is special is set, and none below it; what is set above it means nothing.
const fn special(word: u64) -> u64 {
    let (quote, backslash) = (word ^ (ONES * b'"' as u64), word ^ (ONES * b'\\' as u64));
    let zero_quote = quote.wrapping_sub(ONES) & !quote;
    let zero_backslash = backslash.wrapping_sub(ONES) & !backslash;
    let control = word.wrapping_sub(ONES * b' ' as u64) & !word;
    (zero_quote | zero_backslash | control) & HIGH
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn every_byte_at_every_place_ends_a_string_or_does_not() {
        for byte in 0..=u8::MAX {
            let ends = byte < b' ' || byte == b'"' || byte == b'\\';
            for (length, at) in (1..20_usize).flat_map(|length| (0..length).map(move |at| (length, at))) {
                for around in [b' ', b'!', b'#', 0x7f, 0x80, 0xff] {
                    let mut bytes: Vec<u8> = alloc::vec![around; length];
                    bytes[at] = byte;
                    assert_eq!(plain_length(&bytes), if ends { at } else { length }, "{bytes:?}");
                }
            }
        }
        assert_eq!(plain_length(b""), 0);
    }
}
