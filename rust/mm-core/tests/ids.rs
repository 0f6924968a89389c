//! Small identities are equal when their texts are.
#![allow(clippy::unwrap_used)]

use mm_core::ids::{ClientId, Coin, ExecId, Symbol, Text};
use proptest::prelude::*;

fn agrees<const N: usize>(a: &str, b: &str) -> bool {
    let (Some(x), Some(y)) = (Text::<N>::new(a.as_bytes()), Text::<N>::new(b.as_bytes())) else { return true };
    (x == y) == (a == b)
}

proptest! {
    #[test]
    fn equal_as_their_texts_are(a in "[ab]{0,48}", tail in "[ab]{0,3}", at in any::<prop::sample::Index>()) {
        let mut b = a[..a.len() - at.index(a.len() + 1).min(a.len())].to_owned() + &tail;
        for _ in 0..2 {
            prop_assert!(agrees::<45>(&a, &b) && agrees::<36>(&a, &b) && agrees::<16>(&a, &b) && agrees::<8>(&a, &b), "{a} {b}");
            b.clone_from(&a);
        }
    }

    #[test]
    fn one_byte_anywhere_makes_another(text in "[a-z]{45}", at in 0_usize..45) {
        let mut other = text.clone().into_bytes();
        other[at] ^= 1;
        let (one, another) = (ClientId::new(text.as_bytes()).unwrap(), ClientId::new(&other).unwrap());
        prop_assert!(one != another);
    }
}

#[test]
fn a_longer_text_is_another() {
    assert_ne!(Symbol::new(b"BTC"), Symbol::new(b"BTCUSDT"));
    assert_ne!(Coin::new(b"BTC"), Coin::new(b"BT"));
    assert_eq!(ExecId::new(b"x"), ExecId::new(b"x"));
}
