//! Levels as Python sees them: `(price, size)` tuples of floats, made once for as long as a level keeps its size.

use mm_core::units::{Amount, Lots, Side, Ticks};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// Tuples remembered per side, by price: more than anyone looks at on every frame.
const SLOTS: usize = 64;

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

type Slot = Option<((Ticks, Lots), Py<PyTuple>)>;

/// The tuples last handed out. Most of the best levels stand still from one frame to the next, and a tuple cannot be changed by who has it.
pub struct Shown {
    pub price: Step,
    pub size: Step,
    slots: [[Slot; SLOTS]; 2],
}

impl Shown {
    pub fn new(tick_size: Amount, qty_step: Amount) -> Self {
        let slots = [[const { None }; SLOTS], [const { None }; SLOTS]];
        Self { price: Step::new(tick_size), size: Step::new(qty_step), slots }
    }

    /// `(price, size)` of a level.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn level<'py>(&mut self, py: Python<'py>, side: Side, level: (Ticks, Lots)) -> PyResult<Bound<'py, PyTuple>> {
        let slot = &mut self.slots[side.index()][level.0.0 as usize % SLOTS];
        if let Some((held, tuple)) = slot
            && *held == level
        {
            return Ok(tuple.bind(py).clone());
        }
        let tuple = (self.price.times(level.0.0 as f64), self.size.times(level.1.0 as f64)).into_pyobject(py)?;
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
}
