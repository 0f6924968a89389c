//! The volatility estimate.
#![allow(clippy::unwrap_used)]
// The second opinion is the standard library's on purpose.
#![allow(clippy::disallowed_methods)]

use mm_core::rng::Rng;
use mm_core::signals::EwmaVolatility;
use proptest::prelude::*;

const SECOND: i64 = 1_000_000_000;

/// The docstring's definition as one weighted sum over all intervals.
#[allow(clippy::cast_precision_loss)]
fn by_definition(half_life_s: f64, samples: &[(i64, i64)]) -> Option<f64> {
    let end = samples.last()?.0;
    let fade = |ts: i64| (-(end - ts) as f64 / 1e9 / half_life_s).exp2();
    let (mut sum, mut weights) = (0.0, 0.0);
    for pair in samples.windows(2) {
        let ((from, a), (to, b)) = (pair[0], pair[1]);
        let log_return = 1e4 * (b as f64 / a as f64).ln();
        let weight = fade(to) - fade(from);
        sum += weight * log_return * log_return / ((to - from) as f64 / 1e9);
        weights += weight;
    }
    ((end - samples[0].0) as f64 / 1e9 >= half_life_s).then(|| (60.0 * sum / weights).sqrt())
}

proptest! {
    #[test]
    fn irregular_samples_give_the_defined_figure(half_life_s in 0.5..60.0, steps in prop::collection::vec((1_i64..20 * SECOND, -40_i64..40), 1..80)) {
        let (mut volatility, mut samples) = (EwmaVolatility::new(half_life_s).unwrap(), vec![(5, 200_000)]);
        volatility.update(5, 200_000);
        for (wait, step) in steps {
            let (ts_ns, mid_x2) = samples.last().map(|last| (last.0 + wait, last.1 + step)).unwrap();
            samples.push((ts_ns, mid_x2));
            volatility.update(ts_ns, mid_x2);
            volatility.update(ts_ns, mid_x2 + 900);
            volatility.update(ts_ns - 1, mid_x2 - 900);
            volatility.update(ts_ns + 1, 0);
        }
        match (volatility.sigma_1m_bps(), by_definition(half_life_s, &samples)) {
            (Some(got), Some(expected)) => prop_assert!((got - expected).abs() <= 1e-6 * expected.max(1.0), "{got} {expected}"),
            (got, expected) => prop_assert_eq!(got, expected),
        }
    }

    #[test]
    fn cutting_a_quiet_interval_changes_nothing(cuts in prop::collection::btree_set(1_i64..60 * SECOND, 0..20)) {
        let run = |times: &mut dyn Iterator<Item = i64>| {
            let mut volatility = EwmaVolatility::new(30.0).unwrap();
            volatility.update(-40 * SECOND, 200_000);
            volatility.update(0, 200_100);
            times.for_each(|ts_ns| volatility.update(ts_ns, 200_100));
            volatility.sigma_1m_bps().unwrap()
        };
        let whole = run(&mut [60 * SECOND].into_iter());
        let cut = run(&mut cuts.into_iter().chain([60 * SECOND]));
        prop_assert!((whole - cut).abs() < 1e-9);
    }
}

#[test]
fn a_random_walk_of_known_size_is_found_at_any_sampling() {
    // 2 bps a second in random directions: 2·sqrt(60) bps a minute.
    for wait in [1, 5] {
        let (mut rng, mut volatility, mut log_mid) = (Rng::new(7), EwmaVolatility::new(4000.0).unwrap(), 0.0_f64);
        for second in 0..40_000_i64 {
            log_mid += if rng.chance(0.5) { 2e-4 } else { -2e-4 };
            if second % wait == 0 {
                #[allow(clippy::cast_possible_truncation)]
                volatility.update(second * SECOND, (1e9 * log_mid.exp()) as i64);
            }
        }
        let sigma = volatility.sigma_1m_bps().unwrap();
        assert!((sigma / (2.0 * 60.0_f64.sqrt()) - 1.0).abs() < 0.05, "{sigma}");
    }
}

#[test]
fn it_is_silent_until_one_half_life_has_passed() {
    let mut volatility = EwmaVolatility::new(10.0).unwrap();
    for second in 0..=12 {
        volatility.update(second * SECOND, 1000 + second);
        assert_eq!(volatility.sigma_1m_bps().is_some(), second >= 10, "{second}");
    }
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(EwmaVolatility::new(bad).is_none());
    }
}
