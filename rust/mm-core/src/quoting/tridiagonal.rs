//! The eigenvector of the smallest eigenvalue of a symmetric tridiagonal matrix whose off-diagonal is one negative number.
//!
//! Bisection by Sturm counts brackets the eigenvalue (Barth, Martin, Wilkinson, Numerische Mathematik 9, 1967, 386–393); inverse
//! iteration from the bracket's lower end gives the vector (Peters and Wilkinson, in Handbook for Automatic Computation II, 1971).
//! At that shift the matrix is a positive definite M-matrix: its factorisation needs no pivoting, its inverse is positive, and a
//! positive start stays positive without any cancellation, so even the smallest entries keep their relative precision.

use alloc::vec::Vec;

/// Halvings of the bracket: more than the bits of a double.
const HALVINGS: usize = 80;
const ITERATIONS: usize = 40;
/// Entries of the result below this share of the largest have no use: the caller gets nothing.
const LEAST_ENTRY: f64 = 1e-250;

/// Room for the factorisation, kept between solutions.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    pivots: Vec<f64>,
    next: Vec<f64>,
}

/// Writes the eigenvector, all positive and with largest entry 1, into `vector`. `off` < 0 stands beside each entry of `diagonal`.
/// False if the matrix is empty, not finite, or too wide in scale for doubles.
#[must_use]
pub fn smallest_eigenvector(diagonal: &[f64], off: f64, vector: &mut Vec<f64>, room: &mut Workspace) -> bool {
    vector.clear();
    let usable = !diagonal.is_empty() && off.is_finite() && off < 0.0 && diagonal.iter().all(|entry| entry.is_finite());
    if !usable {
        return false;
    }
    vector.resize(diagonal.len(), 1.0);
    let shift = below_smallest(diagonal, off, &mut room.pivots);
    if !factor(diagonal, off, shift, &mut room.pivots) {
        return false;
    }
    for _ in 0..ITERATIONS {
        let Some(change) = iterate(off, vector, room) else { return false };
        if change < 1e-14 {
            break;
        }
    }
    vector.iter().all(|&entry| entry >= LEAST_ENTRY)
}

/// The largest number that bisection shows to lie below every eigenvalue.
fn below_smallest(diagonal: &[f64], off: f64, pivots: &mut Vec<f64>) -> f64 {
    let least = diagonal.iter().copied().fold(f64::INFINITY, f64::min);
    // Gershgorin below; the smallest eigenvalue is at most any diagonal entry.
    let (mut low, mut high) = (least + 2.0 * off, least);
    low -= 1e-12 * (libm::fabs(low) + libm::fabs(off));
    for _ in 0..HALVINGS {
        let middle = low + (high - low) / 2.0;
        if factor(diagonal, off, middle, pivots) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Pivots of the matrix minus `shift`; true if all are positive: no eigenvalue lies at or below the shift (Sylvester).
fn factor(diagonal: &[f64], off: f64, shift: f64, pivots: &mut Vec<f64>) -> bool {
    pivots.clear();
    let mut previous = f64::INFINITY;
    for entry in diagonal {
        previous = entry - shift - off * off / previous;
        if !(previous > 0.0 && previous.is_finite()) {
            return false;
        }
        pivots.push(previous);
    }
    true
}

/// One solution against the factored matrix, scaled; returns the largest change of an entry relative to it.
fn iterate(off: f64, vector: &mut [f64], room: &mut Workspace) -> Option<f64> {
    let Workspace { pivots, next } = room;
    next.clear();
    let (mut carried, mut above) = (0.0, 1.0);
    for (entry, pivot) in vector.iter().zip(pivots.iter()) {
        carried = entry - off / above * carried;
        above = *pivot;
        next.push(carried);
    }
    let (mut below, mut largest) = (0.0, 0.0_f64);
    for (entry, pivot) in next.iter_mut().zip(pivots.iter()).rev() {
        below = (*entry - off * below) / pivot;
        *entry = below;
        largest = largest.max(below);
    }
    if !(largest > 0.0 && largest.is_finite()) {
        return None;
    }
    let mut change = 0.0_f64;
    for (old, fresh) in vector.iter_mut().zip(next.iter()) {
        let scaled = fresh / largest;
        change = change.max(libm::fabs(scaled - *old) / scaled);
        *old = scaled;
    }
    Some(change)
}
