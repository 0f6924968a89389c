//! The short ways of exact arithmetic come to what the long way comes to.

use mm_core::units::{Amount, div_half_even};
use proptest::prelude::*;

const ONE: i128 = Amount::ONE.0;

fn long_division(n: i128, d: i128) -> i128 {
    let (q, r) = (n.div_euclid(d), n.rem_euclid(d));
    match (2 * r).cmp(&d) {
        core::cmp::Ordering::Less => q,
        core::cmp::Ordering::Greater => q + 1,
        core::cmp::Ordering::Equal => q + (q & 1),
    }
}

fn long_product(a: i128, b: i128) -> Option<i128> {
    let (a_high, a_low) = (a / ONE, a % ONE);
    let (b_high, b_low) = (b / ONE, b % ONE);
    let low = a_low * b_low;
    let sum = a_high.checked_mul(b)?.checked_add(a_low.checked_mul(b_high)?)?.checked_add(low.div_euclid(ONE))?;
    // What is left over is held to the nearest, and of two to the even one: of the whole product, not of its last part.
    sum.checked_add(match (2 * low.rem_euclid(ONE)).cmp(&ONE) {
        core::cmp::Ordering::Less => 0,
        core::cmp::Ordering::Equal => sum.rem_euclid(2),
        core::cmp::Ordering::Greater => 1,
    })
}

#[test]
fn a_tie_goes_to_the_even_product() {
    let half = |times: i128| Amount(times * ONE / 2);
    // 1.5, 2.5, 3.5 and -1.5, -2.5 of the last digit.
    let rounded = [3, 5, 7, -3, -5].map(|times| half(times).mul_round(Amount(1)).0);
    assert_eq!(rounded, [2, 2, 4, -2, -2]);
    // The same the long way round: wholes of more than 64 bits.
    let large = Amount(((1 << 65) + 1) * ONE + ONE / 2);
    assert_eq!(large.mul_round(Amount(1)).0, (1 << 65) + 2);
}

/// Numbers of every length, and those beside the wholes, the halves and the bounds of 64 bits.
fn number() -> impl Strategy<Value = i128> {
    let any_length = (any::<i128>(), 1_u32..126).prop_map(|(n, bits)| n >> (127 - bits));
    let bound = prop_oneof![Just(ONE / 2), Just(1 << 64), Just(1 << 63), Just(ONE << 64), Just(ONE << 32), Just(1 << 32)];
    let near_bound = (bound, -3_i128..=3, -2_i128..=2).prop_map(|(bound, times, beside)| bound * times + beside);
    let near_whole = (any::<i64>(), -2_i128..=2).prop_map(|(times, beside)| ONE / 2 * i128::from(times >> 1) + beside);
    prop_oneof![any_length, near_bound, near_whole]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn products_are_those_of_the_long_way(a in number(), b in number()) {
        prop_assert_eq!(Amount(a).checked_mul_round(Amount(b)).map(|product| product.0), long_product(a, b));
    }

    #[test]
    fn quotients_are_those_of_the_long_way(n in number(), d in number()) {
        let d = d.abs().max(1);
        prop_assert_eq!(div_half_even(n, d), long_division(n, d));
    }

    #[test]
    fn what_is_shown_reads_back(n in number()) {
        let amount = Amount(n % 10_i128.pow(37));
        prop_assert_eq!(Amount::parse(amount.to_string().as_bytes()), Ok(amount));
    }
}
