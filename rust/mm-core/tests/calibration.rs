//! The trade intensity is found again in flow that was made from it.
#![allow(clippy::unwrap_used)]

use mm_core::calibration::{BINS, Bin, Calibration, MIN_HITS, fit};
use mm_core::rng::Rng;
use mm_core::units::{Side, Ticks};

const STEP: i64 = 100_000_000;
const SECOND: i64 = 1_000_000_000;

/// Poisson orders on both sides whose reach beyond the mid is exponential, printed at the last price they reach; the mid walks.
fn watch(calibration: &mut Calibration, seed: u64, (a, k): (f64, f64), seconds: i64) {
    let mut rng = Rng::new(seed);
    let (mut bid, mut spread, mut now) = (100_000_i64, 1_i64, SECOND);
    calibration.quoted(now, Ticks(bid), Ticks(bid + spread));
    let end = now + seconds * SECOND;
    let mut quoted = now;
    loop {
        #[allow(clippy::cast_possible_truncation)]
        let wait = (rng.exponential(0.5 / a) * 1e9) as i64;
        now += wait.max(1);
        // The mid moves only just before a step begins, so that the orders' own mid is the step's.
        while quoted + STEP <= now {
            quoted += STEP;
            bid += i64::try_from(rng.below(3)).unwrap() - 1;
            spread = 1 + i64::try_from(rng.below(4)).unwrap();
            calibration.quoted(quoted - 1, Ticks(bid), Ticks(bid + spread));
        }
        if now >= end {
            return;
        }
        let side = Side::BOTH[usize::try_from(rng.below(2)).unwrap()];
        let reach = rng.exponential(1.0 / k);
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let beyond_touch = libm::floor(reach - spread as f64 / 2.0) as i64;
        if beyond_touch >= 0 {
            let price = if side == Side::Buy { bid + spread + beyond_touch } else { bid - beyond_touch };
            calibration.traded(now, side, Ticks(price));
        }
    }
}

/// 99.7 % of the errors should lie within 3 standard errors, their mean within 3/√40, and their size be what the fit says.
#[test]
fn known_a_and_k_come_back_within_three_standard_errors() {
    for known in [(2.0, 0.3), (0.8, 0.05), (6.0, 0.9), (25.0, 0.4)] {
        let mut errors = [Vec::new(), Vec::new()];
        for seed in 0..40 {
            let mut calibration = Calibration::new(STEP, 599 * SECOND, 6.4).unwrap();
            watch(&mut calibration, seed, known, 601);
            let fit = calibration.fit().unwrap();
            errors[0].push((fit.intensity.per_second - known.0) / fit.per_second_error);
            errors[1].push((fit.intensity.decay - known.1) / fit.decay_error);
            assert!(fit.decay_error < 0.2 * known.1, "the errors say something");
        }
        for (name, errors) in ["A", "k"].iter().zip(errors) {
            let outside = errors.iter().filter(|error| error.abs() > 3.0).count();
            let mean = errors.iter().sum::<f64>() / 40.0;
            let size = libm::sqrt(errors.iter().map(|error| error * error).sum::<f64>() / 40.0);
            println!("{name} of {known:?}: mean error {mean:.2} SE, size {size:.2} SE, {outside} of 40 outside 3 SE");
            assert!(outside <= 1 && mean.abs() < 0.475 && (0.7..1.3).contains(&size), "{name} of {known:?}: {errors:?}");
        }
    }
}

#[test]
fn depths_are_ticks_and_not_half_ticks() {
    let mut calibration = Calibration::new(STEP, 599 * SECOND, 6.4).unwrap();
    watch(&mut calibration, 3, (4.0, 0.5), 601);
    let k = calibration.fit().unwrap().intensity.decay;
    assert!((0.4..0.6).contains(&k), "k per tick is 0.5, per half tick it would be 0.25: {k}");
    // 100000 ticks: 1 bp is 10 ticks.
    let per_bps = calibration.per_bps().unwrap();
    assert!((per_bps.decay / k - 10.0).abs() < 0.1, "{per_bps:?}");
    assert!((per_bps.per_second - calibration.fit().unwrap().intensity.per_second).abs() < 1e-12);
}

/// Expected counts of lambda in unit bins, 1 s steps.
fn expected(a: f64, k: f64, bins: usize) -> Vec<Bin> {
    let edges = (0..bins).map(|i| f64::from(u32::try_from(i).unwrap()));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let hits = |lower: f64| (10_000.0 * (1.0 - libm::exp(-a * (libm::exp(-k * lower) - libm::exp(-k * (lower + 1.0))))) + 0.5) as u32;
    edges.map(|lower| Bin { lower, upper: lower + 1.0, hits: hits(lower), exposed: 10_000 }).collect()
}

#[test]
fn bins_without_a_hit_count_through_their_exposure() {
    let rows = expected(0.5, 0.8, 30);
    assert!(rows.last().unwrap().hits == 0);
    let whole = fit(&rows, 1.0).unwrap();
    assert!((whole.intensity.per_second - 0.5).abs() < 0.01 && (whole.intensity.decay - 0.8).abs() < 0.01, "{whole:?}");
    // Leaving the empty bins out must not change what the others say by much more than their information.
    let seen: Vec<Bin> = rows.iter().filter(|bin| bin.hits > 0).copied().collect();
    let cut = fit(&seen, 1.0).unwrap();
    assert!((cut.intensity.decay - whole.intensity.decay).abs() < whole.decay_error);
    // And an empty near bin does: nothing is clamped to a floor.
    let mut hole = rows;
    hole[0].hits = 0;
    assert!(fit(&hole, 1.0).unwrap().intensity.decay < 0.6);
}

#[test]
fn thin_or_rising_counts_fit_nothing() {
    let thin: Vec<Bin> = expected(0.5, 0.8, 10).iter().map(|bin| Bin { hits: bin.hits.min(1), ..*bin }).collect();
    assert!(thin.iter().map(|bin| bin.hits).sum::<u32>() < MIN_HITS);
    assert_eq!(fit(&thin, 1.0), None);
    let mut rising = expected(0.5, 0.8, 10);
    let hits: Vec<u32> = rising.iter().rev().map(|bin| bin.hits + 50).collect();
    rising.iter_mut().zip(hits).for_each(|(bin, hits)| bin.hits = hits);
    assert_eq!(fit(&rising, 1.0), None, "k ≤ 0");
    assert_eq!(fit(&[], 1.0), None);
}

#[test]
fn a_thin_window_keeps_the_last_good_fit() {
    let mut calibration = Calibration::new(STEP, 100 * SECOND, 6.4).unwrap();
    watch(&mut calibration, 1, (5.0, 0.5), 150);
    let good = calibration.fit().unwrap();
    // Silence for five more windows.
    calibration.quoted(700 * SECOND, Ticks(100_000), Ticks(100_001));
    calibration.quoted(1000 * SECOND, Ticks(100_000), Ticks(100_001));
    let kept = calibration.fit().unwrap();
    assert!(kept == good || kept.hits >= MIN_HITS, "{kept:?}");
    calibration.quoted(2000 * SECOND, Ticks(100_000), Ticks(100_001));
    assert_eq!(calibration.fit(), Some(kept));
}

#[test]
fn a_lost_book_is_no_exposure() {
    let mut calibration = Calibration::new(STEP, 100 * SECOND, 6.4).unwrap();
    calibration.quoted(SECOND, Ticks(100_000), Ticks(100_001));
    calibration.interrupt();
    calibration.traded(2 * SECOND, Side::Buy, Ticks(100_003));
    calibration.quoted(3 * SECOND, Ticks(100_001), Ticks(100_001));
    assert_eq!(calibration.fit(), None);
}

#[test]
fn settings_that_measure_nothing_are_refused() {
    for (step, window, range) in [(0, 10, 1.0), (10, 9, 1.0), (1, 10, 0.0), (1, 10, f64::NAN)] {
        assert!(Calibration::new(step, window, range).is_none());
    }
    assert_eq!(BINS, 64);
}
