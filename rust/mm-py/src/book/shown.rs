//! Levels as Python sees them: floats and `(price, size)` tuples of floats, made once and handed out again while they last.

use mm_core::units::{Amount, Lots, Side, Ticks};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyList, PyTuple};

/// Tuples remembered per side, by price: more than anyone looks at on every frame.
const SLOTS: usize = 64;
/// Floats remembered of prices near each other, and of small sizes: each count below has a place of its own. Powers of two.
const PRICES: usize = 512;
const SIZES: usize = 8192;

/// A grid step as `unit / divisor`, both exact floats.
#[derive(Clone, Copy)]
pub struct Step {
    unit: f64,
    divisor: f64,
}

impl Step {
    /// `step` is positive.
    #[allow(clippy::cast_precision_loss)]
    pub fn new(step: Amount) -> Self {
        let (mut unit, mut divisor) = (step.0, Amount::ONE.0);
        while unit % 10 == 0 && divisor > 1 {
            unit /= 10;
            divisor /= 10;
        }
        Self { unit: unit as f64, divisor: divisor as f64 }
    }

    /// So many steps. One division of exact numbers (below 2^53) is the float nearest to the decimal: what Python's `float()` reads.
    pub fn times(self, count: f64) -> f64 {
        count * self.unit / self.divisor
    }
}

/// The count of no level, which is not a number.
const NO_LEVEL: i64 = i64::MIN;

/// Python's floats of one grid: the same prices and sizes come again and again.
struct Floats<const N: usize> {
    step: Step,
    slots: Box<[(i64, Py<PyFloat>); N]>,
}

impl<const N: usize> Floats<N> {
    fn new(py: Python<'_>, step: Step) -> Self {
        let empty = PyFloat::new(py, f64::NAN).unbind();
        Self { step, slots: Box::new(std::array::from_fn(|_| (NO_LEVEL, empty.clone_ref(py)))) }
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn of(&mut self, py: Python<'_>, count: i64) -> Py<PyFloat> {
        let slot = &mut self.slots[count as usize % N];
        if slot.0 != count {
            *slot = (count, made(py, self.step, count));
        }
        slot.1.clone_ref(py)
    }
}

#[cold]
#[allow(clippy::cast_precision_loss)]
fn made(py: Python<'_>, step: Step, count: i64) -> Py<PyFloat> {
    PyFloat::new(py, if count == NO_LEVEL { f64::NAN } else { step.times(count as f64) }).unbind()
}

type Slot = Option<((Ticks, Lots), Py<PyTuple>)>;

/// What was last handed out. Most of the best levels stand still from one frame to the next, and nobody can change a tuple or a float.
pub struct Shown {
    pub price: Step,
    pub size: Step,
    prices: Floats<PRICES>,
    sizes: Floats<SIZES>,
    slots: [[Slot; SLOTS]; 2],
    /// Price and size counts of a row, in turn.
    counts: Vec<i64>,
    /// Empty between two rows.
    cells: Vec<Py<PyFloat>>,
}

impl Shown {
    pub fn new(py: Python<'_>, tick_size: Amount, qty_step: Amount) -> Self {
        let (price, size) = (Step::new(tick_size), Step::new(qty_step));
        Self {
            price,
            size,
            prices: Floats::new(py, price),
            sizes: Floats::new(py, size),
            slots: [[const { None }; SLOTS], [const { None }; SLOTS]],
            counts: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// `(price, size)` of a level.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn level<'py>(&mut self, py: Python<'py>, side: Side, level: (Ticks, Lots)) -> PyResult<Bound<'py, PyTuple>> {
        let slot = &mut self.slots[side.index()][level.0.0 as usize % SLOTS];
        if let Some((held, tuple)) = slot
            && *held == level
        {
            return Ok(tuple.bind(py).clone());
        }
        let tuple = (self.prices.of(py, level.0.0), self.sizes.of(py, level.1.0)).into_pyobject(py)?;
        *slot = Some((level, tuple.clone().unbind()));
        Ok(tuple)
    }

    /// A list of levels.
    pub fn levels<'py>(
        &mut self,
        py: Python<'py>,
        side: Side,
        levels: impl ExactSizeIterator<Item = (Ticks, Lots)>,
    ) -> PyResult<Bound<'py, PyList>> {
        let mut tuples = Vec::with_capacity(levels.len());
        for level in levels {
            tuples.push(self.level(py, side, level)?);
        }
        PyList::new(py, tuples)
    }

    /// Ask price, ask size, bid price, bid size of each of `count` levels; NaN where a side has none.
    #[inline]
    pub fn row<'py>(
        &mut self,
        py: Python<'py>,
        count: usize,
        asks: impl Iterator<Item = (Ticks, Lots)>,
        bids: impl Iterator<Item = (Ticks, Lots)>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        self.counts.clear();
        self.counts.resize(4 * count, NO_LEVEL);
        // One side after the other: each walks through its own part of memory.
        for (cells, (price, size)) in self.counts.chunks_exact_mut(4).zip(asks) {
            (cells[0], cells[1]) = (price.0, size.0);
        }
        for (cells, (price, size)) in self.counts.chunks_exact_mut(4).zip(bids) {
            (cells[2], cells[3]) = (price.0, size.0);
        }
        let (prices, sizes) = (&mut self.prices, &mut self.sizes);
        let float = |(cell, &count)| if cell % 2 == 0 { prices.of(py, count) } else { sizes.of(py, count) };
        // Gathered first: making a tuple takes several steps more for each item of an iterator that does some work.
        self.cells.extend(self.counts.iter().enumerate().map(float));
        PyTuple::new(py, self.cells.drain(..))
    }
}
