//! The order book as a library: what the bot itself uses, for notebooks and tests.

use mm_core::book::{L2Book as Book, MAX_LEVELS};
use mm_core::continuity::{Applied, Continuity, Refused};
use mm_core::ids::{Category, Coin, InstrumentId, MarketIx, Symbol};
use mm_core::input::{Message, StreamRole};
use mm_core::instrument::{Instrument, Instruments};
use mm_core::units::{Amount, Lots, Side, Ticks};
use mm_wire::Decoder;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::errors::value_error;
use shown::Shown;

mod shown;

pyo3::create_exception!(mmbot._native, BookGapError, PyValueError, "Frames are missing: the book is empty until a snapshot.");

const MARKET: MarketIx = MarketIx(0);

type ExactLevel = (String, String);

/// The order book of one instrument, fed by `orderbook.{depth}` frames or by decimal strings.
#[pyclass(module = "mmbot._native")]
pub struct L2Book {
    instruments: Instruments,
    role: StreamRole,
    decoder: Decoder,
    book: Book,
    continuity: Continuity,
    shown: Shown,
}

impl L2Book {
    fn spec(&self) -> PyResult<&Instrument> {
        self.instruments.get(MARKET).ok_or_else(|| value_error("the instrument is not known"))
    }

    fn best<'py>(&mut self, py: Python<'py>, side: Side) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.book.best(side).map(|level| self.shown.level(py, side, level)).transpose()
    }

    fn exact(&self, (price, size): (Ticks, Lots)) -> PyResult<ExactLevel> {
        let spec = self.spec()?;
        Ok((spec.price(price).to_string(), spec.qty(size).to_string()))
    }

    fn rows(&self, side: &'static str, levels: &[ExactLevel]) -> PyResult<Vec<(Ticks, Lots)>> {
        let spec = self.spec()?;
        let row = |(price, size): &ExactLevel| {
            let ticks = spec.ticks(price.as_bytes()).map_err(|why| value_error(format_args!("{side}: price {price:?} is {why}")))?;
            let lots = spec.lots(size.as_bytes()).map_err(|why| value_error(format_args!("{side}: size {size:?} is {why}")))?;
            Ok((ticks, lots))
        };
        levels.iter().map(row).collect()
    }
}

fn side_of(text: &str) -> PyResult<Side> {
    match text {
        "Buy" => Ok(Side::Buy),
        "Sell" => Ok(Side::Sell),
        other => Err(value_error(format_args!("side: {other:?} is neither 'Buy' nor 'Sell'"))),
    }
}

#[pymethods]
impl L2Book {
    #[new]
    #[pyo3(signature = (symbol, tick_size, qty_step, category = "linear"))]
    fn new(py: Python<'_>, symbol: &str, tick_size: &str, qty_step: &str, category: &str) -> PyResult<Self> {
        let amount =
            |field: &str, text: &str| Amount::parse(text.as_bytes()).map_err(|why| value_error(format_args!("{field}: {text:?} is {why}")));
        let (tick_size, qty_step) = (amount("tick_size", tick_size)?, amount("qty_step", qty_step)?);
        let category = Category::parse(category.as_bytes())
            .ok_or_else(|| value_error(format_args!("category: {category:?} is neither 'linear' nor 'spot'")))?;
        let name = Symbol::new(symbol.as_bytes())
            .filter(|name| !name.as_bytes().is_empty())
            .ok_or_else(|| value_error(format_args!("symbol: {symbol:?} is not 1-24 plain characters")))?;
        let id = InstrumentId { category, symbol: name };
        let tick_lot = Instrument::cash_per_tick_lot(tick_size, qty_step)
            .ok_or_else(|| value_error("tick_size and qty_step must be positive, and their product exact at 18 decimals"))?;
        let mut instruments = Instruments::new([id]);
        instruments.set(Instrument {
            id,
            base: Coin::EMPTY,
            quote: Coin::EMPTY,
            settle: Coin::EMPTY,
            tick_size,
            qty_step,
            min_qty: Lots(1),
            max_qty: Lots(i64::MAX),
            min_notional: Amount::ZERO,
            min_price: Ticks(1),
            max_price: Ticks(i64::MAX),
            tick_lot,
        });
        let (role, shown) = (StreamRole::Public(category), Shown::new(py, tick_size, qty_step));
        Ok(Self { instruments, role, decoder: Decoder::new(), book: Book::new(), continuity: Continuity::new(), shown })
    }

    /// Applies one `orderbook` frame as received. True if the book changed; False for other topics and while a snapshot is awaited.
    fn apply_frame(&mut self, data: &[u8]) -> PyResult<bool> {
        let message = self.decoder.frame(self.role, &self.instruments, data).map_err(value_error)?;
        let Message::Book(update) = message else { return Ok(false) };
        let applied = match self.continuity.check(update.snapshot, update.update_id) {
            Ok(Applied::Delta) => self.book.apply_delta(update.bids, update.asks),
            Ok(Applied::Snapshot | Applied::Resent) => self.book.apply_snapshot(update.bids, update.asks),
            Err(Refused::AwaitingSnapshot) => return Ok(false),
            Err(Refused::Gap { expected, got }) => {
                self.book.clear();
                let expected = expected.map_or_else(|| "a snapshot".into(), |expected| expected.to_string());
                return Err(BookGapError::new_err(format!("u: expected {expected}, got {got}; the book waits for a snapshot")));
            }
        };
        applied.map(|()| true).map_err(|why| {
            self.continuity.invalidate();
            self.book.clear();
            value_error(format_args!("data: {why}; the book waits for a snapshot"))
        })
    }

    fn apply_snapshot(&mut self, bids: Vec<ExactLevel>, asks: Vec<ExactLevel>) -> PyResult<()> {
        let (bids, asks) = (self.rows("bids", &bids)?, self.rows("asks", &asks)?);
        self.book.apply_snapshot(&bids, &asks).map_err(value_error)
    }

    fn apply_delta(&mut self, bids: Vec<ExactLevel>, asks: Vec<ExactLevel>) -> PyResult<()> {
        let (bids, asks) = (self.rows("bids", &bids)?, self.rows("asks", &asks)?);
        self.book.apply_delta(&bids, &asks).map_err(value_error)
    }

    /// `apply_frame`, then `row`; None if the frame did not go into the book, or left it crossed.
    #[pyo3(signature = (data, levels = 5))]
    fn apply_frame_row<'py>(&mut self, py: Python<'py>, data: &[u8], levels: usize) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let usable = self.apply_frame(data)? && !self.book.is_crossed();
        usable.then(|| self.row(py, levels)).transpose()
    }

    /// The best levels as one flat row.
    #[pyo3(signature = (levels = 5))]
    fn row<'py>(&mut self, py: Python<'py>, levels: usize) -> PyResult<Bound<'py, PyTuple>> {
        if levels > MAX_LEVELS {
            return Err(value_error(format_args!("levels: {levels} is more than a book can hold ({MAX_LEVELS})")));
        }
        self.shown.row(py, levels, self.book.asks(), self.book.bids())
    }

    /// Up to `levels` best levels of both sides, best first, as floats.
    fn top<'py>(&mut self, py: Python<'py>, levels: usize) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
        let bids = self.shown.levels(py, Side::Buy, self.book.bids().take(levels))?;
        Ok((bids, self.shown.levels(py, Side::Sell, self.book.asks().take(levels))?))
    }

    /// The same as exact decimal strings.
    fn top_exact(&self, levels: usize) -> PyResult<(Vec<ExactLevel>, Vec<ExactLevel>)> {
        let bids = self.book.bids().take(levels).map(|level| self.exact(level)).collect::<PyResult<_>>()?;
        Ok((bids, self.book.asks().take(levels).map(|level| self.exact(level)).collect::<PyResult<_>>()?))
    }

    fn best_bid<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.best(py, Side::Buy)
    }

    fn best_ask<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.best(py, Side::Sell)
    }

    #[allow(clippy::cast_precision_loss)]
    fn mid(&self) -> Option<f64> {
        self.book.mid_x2().map(|mid_x2| self.shown.price.times(mid_x2 as f64) / 2.0)
    }

    fn microprice(&self) -> Option<f64> {
        self.book.microprice().map(|ticks| self.shown.price.times(ticks))
    }

    fn imbalance(&self, depth: usize) -> Option<f64> {
        self.book.imbalance(depth)
    }

    fn spread_bps(&self) -> Option<f64> {
        self.book.spread_bps()
    }

    fn vwap(&self, depth: usize, side: &str) -> PyResult<Option<f64>> {
        Ok(self.book.vwap(side_of(side)?, depth).map(|ticks| self.shown.price.times(ticks)))
    }

    #[allow(clippy::cast_precision_loss)]
    fn depth_at_price(&self, price: &str, side: &str) -> PyResult<f64> {
        let ticks = self.spec()?.ticks(price.as_bytes()).map_err(|why| value_error(format_args!("price: {price:?} is {why}")))?;
        Ok(self.shown.size.times(self.book.depth_at_price(ticks, side_of(side)?).0 as f64))
    }
}
