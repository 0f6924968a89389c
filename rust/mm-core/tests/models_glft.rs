//! GLFT: exact against closed form and brute force, and the comparative statics of the paper.
#![allow(clippy::unwrap_used)]

use mm_core::quoting::glft::{Glft, MAX_EXACT_INVENTORY, Market};
use mm_core::units::Side;
use proptest::prelude::*;

/// The paper's own example: sigma in tick/√s, A in 1/s, k in 1/tick.
const PAPER: Market = Market { gamma: 0.01, sigma: 0.3, intensity: 0.9, k: 0.3, mu: 0.0, xi: 0.0 };

fn solved(market: Market, limit: u32) -> Glft {
    let mut glft = Glft::default();
    assert!(glft.solve(market, limit), "{market:?}");
    glft
}

type Matrix = Vec<Vec<f64>>;

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let n = a.len();
    (0..n).map(|i| (0..n).map(|j| (0..n).map(|l| a[i][l] * b[l][j]).sum()).collect()).collect()
}

/// exp(−M·horizon)·(exp(−k·xi·q²/2)) by scaling and squaring of the Taylor series, M of the paper's finite-horizon problem.
fn brute_force(market: &Market, limit: i32, horizon: f64) -> Vec<f64> {
    let qs: Vec<f64> = (-limit..=limit).map(f64::from).collect();
    let n = qs.len();
    let norm = qs.iter().map(|q| market.diagonal(*q).abs()).fold(0.0, f64::max) + 2.0 * market.eta();
    let squarings = libm::ceil(libm::log2(norm * horizon * 16.0)).max(0.0);
    let step = horizon / libm::exp2(squarings);
    let entry = |i: usize, j: usize| match i.abs_diff(j) {
        0 => -market.diagonal(qs[i]) * step,
        1 => market.eta() * step,
        _ => 0.0,
    };
    let generator: Matrix = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
    let identity: Matrix = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let (mut sum, mut term) = (identity.clone(), identity);
    for order in 1..=16 {
        term = product(&term, &generator).into_iter().map(|row| row.into_iter().map(|x| x / f64::from(order)).collect()).collect();
        for (row, more) in sum.iter_mut().zip(&term) {
            row.iter_mut().zip(more).for_each(|(x, y)| *x += y);
        }
    }
    let mut left = squarings;
    while left > 0.5 {
        sum = product(&sum, &sum);
        let largest = sum.iter().flatten().copied().fold(0.0, f64::max);
        sum.iter_mut().flatten().for_each(|x| *x /= largest);
        left -= 1.0;
    }
    let last: Vec<f64> = qs.iter().map(|q| libm::exp(-market.k * market.xi * q * q / 2.0)).collect();
    sum.iter().map(|row| row.iter().zip(&last).map(|(x, y)| x * y).sum()).collect()
}

#[test]
fn the_eigenvector_is_the_limit_of_the_matrix_exponential() {
    let variants = [
        PAPER,
        Market { mu: 0.003, ..PAPER },
        Market { xi: 1.0, ..PAPER },
        Market { gamma: 0.1, sigma: 1.0, intensity: 2.0, k: 1.0, mu: -0.02, xi: 0.2 },
        Market { gamma: 1.0, sigma: 2.0, intensity: 140.0, k: 1.5, mu: 0.0, xi: 0.0 },
    ];
    for market in variants {
        let glft = solved(market, 15);
        assert!(glft.is_exact());
        let v = brute_force(&market, 15, 20_000.0);
        let base = libm::log1p(market.gamma / market.k) / market.gamma + market.xi / 2.0;
        for q in -15_i32..15 {
            let at = |q: i32| v[usize::try_from(q + 15).unwrap()];
            let bid = libm::log(at(q) / at(q + 1)) / market.k + base;
            let ask = libm::log(at(q + 1) / at(q)) / market.k + base;
            let ours = [glft.depth(Side::Buy, f64::from(q)).unwrap(), glft.depth(Side::Sell, f64::from(q + 1)).unwrap()];
            assert!((ours[0] - bid).abs() < 1e-8 * base.max(1.0) && (ours[1] - ask).abs() < 1e-8 * base.max(1.0), "{market:?} {q}");
        }
    }
}

#[test]
fn far_from_the_limit_the_closed_form_is_near_and_exact_in_the_limit_of_slow_inventory() {
    let gap = |sigma: f64| {
        let market = Market { sigma, ..PAPER };
        let (glft, mut most) = (solved(market, 150), 0.0_f64);
        assert!(glft.is_exact());
        for q in -5..=5 {
            let closed = market.closed_form(f64::from(q));
            most = most.max((glft.depth(Side::Buy, f64::from(q)).unwrap() - closed[0]).abs());
            most = most.max((glft.depth(Side::Sell, f64::from(q)).unwrap() - closed[1]).abs());
        }
        most
    };
    let half = libm::log1p(PAPER.gamma / PAPER.k) / PAPER.gamma;
    assert!(gap(0.3) < 0.01 * half, "{} of {half}", gap(0.3));
    assert!(gap(0.1) < gap(0.3) && gap(0.3) < gap(1.0), "the continuous approximation improves as inventory risk falls");
}

#[test]
fn closed_form_figures_by_hand() {
    let market = Market { gamma: 1.0, sigma: 2.0, intensity: 8.0, k: 1.0, mu: 0.0, xi: 0.0 };
    // c = ln 2, w = sqrt(4/(2·8)·2²) = 1.
    let c = core::f64::consts::LN_2;
    let close =
        |ours: [f64; 2], by_hand: [f64; 2]| assert!((ours[0] - by_hand[0]).abs() + (ours[1] - by_hand[1]).abs() < 1e-12, "{ours:?}");
    close(market.closed_form(0.0), [c + 0.5, c + 0.5]);
    close(market.closed_form(2.0), [c + 2.5, c - 1.5]);
    close(Market { mu: 2.0, ..market }.closed_form(0.0), [c, c + 1.0]);
    let w = libm::exp(0.5);
    close(Market { xi: 2.0, ..market }.closed_form(0.0), [c + 1.0 + w / 2.0, c + 1.0 + w / 2.0]);
}

#[test]
fn a_limit_too_large_or_a_scale_too_wide_falls_back_to_the_closed_form() {
    let far = solved(PAPER, MAX_EXACT_INVENTORY + 1);
    assert!(!far.is_exact());
    assert_eq!(far.depth(Side::Buy, 3.0), Some(PAPER.closed_form(3.0)[0]));
    assert_eq!(far.depth(Side::Buy, f64::from(MAX_EXACT_INVENTORY) + 1.0), None);
    let steep = Market { gamma: 50.0, sigma: 100.0, intensity: 0.001, k: 50.0, ..PAPER };
    assert!(!solved(steep, 100).is_exact());
}

#[test]
fn unusable_figures_solve_nothing() {
    let bad = [
        Market { gamma: 0.0, ..PAPER },
        Market { sigma: 0.0, ..PAPER },
        Market { intensity: f64::NAN, ..PAPER },
        Market { k: -1.0, ..PAPER },
        Market { mu: f64::INFINITY, ..PAPER },
    ];
    let mut glft = solved(PAPER, 5);
    for market in bad {
        assert!(!glft.solve(market, 5));
        assert_eq!(glft.depth(Side::Buy, 0.0), None, "an old solution must not answer for new figures");
    }
    assert!(!glft.solve(PAPER, 0));
}

fn markets() -> impl Strategy<Value = Market> {
    let positive = (0.005..0.5_f64, 0.05..1.0_f64, 0.2..20.0_f64, 0.1..1.5_f64);
    (positive, -0.01..0.01_f64, 0.0..1.0_f64).prop_map(|((gamma, sigma, intensity, k), mu, xi)| Market {
        gamma,
        sigma,
        intensity,
        k,
        mu,
        xi,
    })
}

fn spread(market: Market, limit: u32) -> f64 {
    let glft = solved(market, limit);
    glft.depth(Side::Buy, 0.0).unwrap() + glft.depth(Side::Sell, 0.0).unwrap()
}

proptest! {
    #[test]
    fn spread_widens_with_sigma_and_narrows_with_activity(market in markets(), limit in 1_u32..40, more in 1.01..2.0_f64) {
        let flat = Market { mu: 0.0, ..market };
        let now = spread(flat, limit);
        let (wilder, busier) = (Market { sigma: flat.sigma * more, ..flat }, Market { intensity: flat.intensity * more, ..flat });
        prop_assert!(spread(wilder, limit) >= now - 1e-9);
        prop_assert!(spread(busier, limit) <= now + 1e-9);
        let toxic = Market { xi: flat.xi + more, ..flat };
        prop_assert!(spread(toxic, limit) > now);
        let closed = |market: Market| market.closed_form(0.0).iter().sum::<f64>();
        let riskless = Market { xi: 0.0, ..flat };
        let shallower = Market { k: riskless.k * more, ..riskless };
        prop_assert!(closed(shallower) < closed(riskless));
    }

    #[test]
    fn a_rising_price_lowers_the_bid_depth_and_raises_the_ask_depth(market in markets(), limit in 2_u32..40, more in 0.0001..0.01_f64, q in -1.0..1.0_f64) {
        let (before, after) = (solved(market, limit), solved(Market { mu: market.mu + more, ..market }, limit));
        prop_assert!(after.depth(Side::Buy, q).unwrap() < before.depth(Side::Buy, q).unwrap());
        prop_assert!(after.depth(Side::Sell, q).unwrap() > before.depth(Side::Sell, q).unwrap());
    }

    #[test]
    fn without_drift_it_is_symmetric_and_the_depths_rise_with_inventory(market in markets(), limit in 2_u32..40, q in -40.0..40.0_f64) {
        let glft = solved(Market { mu: 0.0, ..market }, limit);
        let scale = glft.depth(Side::Buy, 0.0).unwrap().abs().max(1.0);
        match (glft.depth(Side::Buy, q), glft.depth(Side::Sell, -q)) {
            (Some(bid), Some(ask)) => prop_assert!((bid - ask).abs() < 1e-9 * scale, "{bid} {ask}"),
            (bid, ask) => prop_assert_eq!(bid, ask),
        }
        if let (Some(here), Some(more)) = (glft.depth(Side::Buy, q), glft.depth(Side::Buy, q + 0.5)) {
            prop_assert!(more > here - 1e-9 * scale);
        }
    }

    #[test]
    fn at_the_limit_the_adding_side_is_gone_and_the_other_stays(market in markets(), limit in 1_u32..40) {
        let (glft, edge) = (solved(market, limit), f64::from(limit));
        prop_assert_eq!((glft.depth(Side::Buy, edge), glft.depth(Side::Sell, -edge)), (None, None));
        prop_assert!(glft.depth(Side::Sell, edge).is_some() && glft.depth(Side::Buy, -edge).is_some());
    }

    #[test]
    fn solving_again_for_the_same_figures_changes_nothing(market in markets(), limit in 1_u32..40) {
        let mut glft = solved(market, limit);
        glft.solve(PAPER, 7);
        glft.solve(market, limit);
        let fresh = solved(market, limit);
        prop_assert_eq!(glft.depth(Side::Buy, 0.5 - f64::from(limit)), fresh.depth(Side::Buy, 0.5 - f64::from(limit)));
    }
}
