//! Levels as Python sees them: floats and `(price, size)` tuples of floats, made once and handed out again while they last.

use mm_core::units::{Amount, Lots, Side, Ticks};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyList, PyTuple};

/// Tuples remembered per side, by price: more than anyone looks at on every frame.
const SLOTS: usize = 64;
/// Floats remembered of prices near each other, and of small sizes: each count below has a place of its own.
const PRICES: usize = 512;
const SIZES: usize = 4096;

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

/// Python's floats of one grid: the same prices and sizes come again and again.
struct Floats {
    step: Step,
    /// As many as a power of two.
    slots: Vec<Option<(i64, Py<PyFloat>)>>,
}

impl Floats {
    fn new(step: Step, slots: usize) -> Self {
        Self { step, slots: std::iter::repeat_with(|| None).take(slots).collect() }
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn of(&mut self, py: Python<'_>, count: i64) -> Py<PyFloat> {
        let (step, last) = (self.step, self.slots.len() - 1);
        let slot = &mut self.slots[count as usize & last];
        match slot {
            Some((held, float)) if *held == count => float.clone_ref(py),
            _ => slot.insert((count, PyFloat::new(py, step.times(count as f64)).unbind())).1.clone_ref(py),
        }
    }
}

type Slot = Option<((Ticks, Lots), Py<PyTuple>)>;

/// What was last handed out. Most of the best levels stand still from one frame to the next, and nobody can change a tuple or a float.
pub struct Shown {
    pub price: Step,
    pub size: Step,
    prices: Floats,
    sizes: Floats,
    slots: [[Slot; SLOTS]; 2],
    no_level: Py<PyFloat>,
}

impl Shown {
    pub fn new(py: Python<'_>, tick_size: Amount, qty_step: Amount) -> Self {
        let (price, size) = (Step::new(tick_size), Step::new(qty_step));
        Self {
            price,
            size,
            prices: Floats::new(price, PRICES),
            sizes: Floats::new(size, SIZES),
            slots: [[const { None }; SLOTS], [const { None }; SLOTS]],
            no_level: PyFloat::new(py, f64::NAN).unbind(),
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
    pub fn row<'py>(
        &mut self,
        py: Python<'py>,
        count: usize,
        mut asks: impl Iterator<Item = (Ticks, Lots)>,
        mut bids: impl Iterator<Item = (Ticks, Lots)>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let (prices, sizes, no_level) = (&mut self.prices, &mut self.sizes, &self.no_level);
        let mut level = None;
        let cells = (0..4 * count).map(|cell| {
            level = match cell % 4 {
                0 => asks.next(),
                2 => bids.next(),
                _ => level,
            };
            match level {
                Some((price, _)) if cell % 2 == 0 => prices.of(py, price.0),
                Some((_, size)) => sizes.of(py, size.0),
                None => no_level.clone_ref(py),
            }
        });
        PyTuple::new(py, cells)
    }
}
