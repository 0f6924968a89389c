//! Tables 1 to 3 of Avellaneda and Stoikov (2008) by the model's own functions, against exactly computed expectations.
//!
//! S0 = 100, T = 1, sigma = 2, 200 steps, k = 1.5, A = 140. At each step both quotes are made from the inventory and the time left, each
//! fills with probability min(1, A·exp(−k·depth)·dt), then the mid moves by ±sigma·sqrt(dt). The symmetric maker quotes the inventory
//! maker's time-average spread around the mid. Rule: |ours − exact| ≤ 4·SE·sqrt(1000/N), SE that of one table's 1000 paths.

use mm_core::quoting::avellaneda_stoikov::{reservation, spread};
use mm_core::rng::Rng;

const STEPS: u32 = 200;
const PATHS: u32 = 100_000;
const SIGMA: f64 = 2.0;
const K: f64 = 1.5;
const A: f64 = 140.0;

struct Row {
    gamma: f64,
    symmetric: bool,
    spread: f64,
    /// Profit, its sd, final inventory, its sd: expectation and SE of 1000 paths.
    cells: [(f64, f64); 4],
    fills: f64,
}

const ROWS: [Row; 6] = [
    Row {
        gamma: 0.1,
        symmetric: false,
        spread: 1.4918,
        cells: [(64.8925, 0.198), (6.5432, 0.148), (0.0, 0.085), (2.9268, 0.064)],
        fills: 96.963,
    },
    Row {
        gamma: 0.1,
        symmetric: true,
        spread: 1.4908,
        cells: [(68.2282, 0.409), (13.4573, 0.444), (0.0, 0.250), (8.4017, 0.184)],
        fills: 91.534,
    },
    Row {
        gamma: 0.01,
        symmetric: false,
        spread: 1.3490,
        cells: [(68.3996, 0.266), (8.9606, 0.236), (0.0, 0.146), (5.2125, 0.118)],
        fills: 102.206,
    },
    Row {
        gamma: 0.01,
        symmetric: true,
        spread: 1.3489,
        cells: [(68.6662, 0.417), (13.6776, 0.456), (0.0, 0.261), (8.7119, 0.198)],
        fills: 101.810,
    },
    Row {
        gamma: 1.0,
        symmetric: false,
        spread: 3.0317,
        cells: [(31.4545, 0.148), (4.8379, 0.110), (0.0, 0.053), (1.6414, 0.037)],
        fills: 56.059,
    },
    Row {
        gamma: 1.0,
        symmetric: true,
        spread: 3.0217,
        cells: [(43.8690, 0.341), (10.7515, 0.289), (0.0, 0.152), (5.1893, 0.125)],
        fills: 29.036,
    },
];

struct Outcome {
    cells: [f64; 4],
    spread: f64,
    fills: f64,
}

/// One path: profit, final inventory, mean spread, fills.
fn path(row: &Row, rng: &mut Rng) -> [f64; 4] {
    let dt = 1.0 / f64::from(STEPS);
    let (mut mid, mut cash, mut inventory, mut spreads, mut fills) = (100.0, 0.0, 0.0, 0.0, 0.0);
    for step in 0..STEPS {
        let tau = 1.0 - f64::from(step) * dt;
        let (centre, width) = if row.symmetric {
            (mid, spread(row.gamma, K, SIGMA, 0.5))
        } else {
            (reservation(mid, inventory, row.gamma, SIGMA, tau), spread(row.gamma, K, SIGMA, tau))
        };
        spreads += width;
        let (bid, ask) = (centre - width / 2.0, centre + width / 2.0);
        let fill = |depth: f64| (A * libm::exp(-K * depth) * dt).min(1.0);
        let (bought, sold) = (rng.chance(fill(mid - bid)), rng.chance(fill(ask - mid)));
        if bought {
            (cash, inventory, fills) = (cash - bid, inventory + 1.0, fills + 1.0);
        }
        if sold {
            (cash, inventory, fills) = (cash + ask, inventory - 1.0, fills + 1.0);
        }
        mid += if rng.chance(0.5) { 1.0 } else { -1.0 } * SIGMA * libm::sqrt(dt);
    }
    [cash + inventory * mid, inventory, spreads / f64::from(STEPS), fills]
}

fn run(row: &Row, seed: u64) -> Outcome {
    let (mut rng, n) = (Rng::new(seed), f64::from(PATHS));
    let (mut sum, mut squares) = ([0.0; 4], [0.0; 2]);
    for _ in 0..PATHS {
        let figures = path(row, &mut rng);
        for (total, figure) in sum.iter_mut().zip(figures) {
            *total += figure;
        }
        squares = [squares[0] + figures[0] * figures[0], squares[1] + figures[1] * figures[1]];
    }
    let deviation = |index: usize| libm::sqrt((squares[index] - sum[index] * sum[index] / n) / (n - 1.0));
    Outcome { cells: [sum[0] / n, deviation(0), sum[1] / n, deviation(1)], spread: sum[2] / n, fills: sum[3] / n }
}

#[test]
fn all_24_cells_of_the_published_tables() {
    let mut wrong = Vec::new();
    println!("N = {PATHS} paths a row; cell: ours, exact, tolerance");
    for (seed, row) in (2008..).zip(&ROWS) {
        let ours = run(row, seed);
        let kind = if row.symmetric { "symmetric" } else { "inventory" };
        println!("gamma {} {kind}: spread {:.4} ({}), fills {:.3} ({})", row.gamma, ours.spread, row.spread, ours.fills, row.fills);
        assert!((ours.spread - row.spread).abs() < 6e-5, "{kind} {}: mean spread {}", row.gamma, ours.spread);
        assert!((ours.fills - row.fills).abs() < 0.2, "{kind} {}: fills {}", row.gamma, ours.fills);
        for ((name, ours), (exact, error)) in ["profit", "sd(profit)", "final q", "sd(final q)"].iter().zip(ours.cells).zip(row.cells) {
            let tolerance = 4.0 * error * libm::sqrt(1000.0 / f64::from(PATHS));
            println!("  {name:<12} {ours:>9.4} {exact:>9.4} ±{tolerance:.4}");
            if (ours - exact).abs() > tolerance {
                wrong.push(format!("gamma {} {kind} {name}: {ours} is not {exact} ± {tolerance}", row.gamma));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
