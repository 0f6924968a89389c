//! The strategy's side of a decision: the view as plain values, the answer as bytes.

use mm_core::engine::Engine;
use mm_core::engine::view::View;
use mm_core::ids::MarketIx;
use mm_core::instrument::Instruments;
use mm_core::quoting::declared::Fault;
use mm_core::units::Side;
use mm_wire::bot::answer::{self, Given};
use mm_wire::bot::strategy::find;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::value_error;

/// Side, price, size, colour.
pub type GivenQuote = (String, String, String, u8);

fn market_of(instruments: &Instruments, name: &str) -> PyResult<MarketIx> {
    find(instruments, name).ok_or_else(|| value_error(format_args!("market {name:?} is not configured")))
}

/// A side by the venue's word.
pub fn side_of(name: &str) -> PyResult<Side> {
    Side::BOTH.into_iter().find(|side| side.as_str() == name).ok_or_else(|| value_error(format_args!("side {name:?} is not Buy or Sell")))
}

/// The bytes of an answer; a figure that is no decimal makes it a failed one.
pub fn answer(instruments: &Instruments, market: &str, quotes: &[GivenQuote]) -> PyResult<Vec<u8>> {
    let market = market_of(instruments, market)?;
    let mut rows = Vec::with_capacity(quotes.len());
    for (side, price, qty, colour) in quotes {
        let given = Given { side: side_of(side)?, price, qty, colour: *colour };
        match answer::declare(instruments, market, &given) {
            Ok(row) => rows.push(row),
            Err(fault) => return Ok(answer::encode(market, Err(fault))),
        }
    }
    Ok(answer::encode(market, Ok(&rows)))
}

/// The bytes of a failure.
pub fn failure(instruments: &Instruments, market: &str, why: &str) -> PyResult<Vec<u8>> {
    let fault = [Fault::Raised, Fault::Shape].into_iter().find(|fault| fault.as_str() == why);
    let fault = fault.ok_or_else(|| value_error(format_args!("why {why:?} is not raised or shape")))?;
    Ok(answer::encode(market_of(instruments, market)?, Err(fault)))
}

/// What the strategy is shown; prices and sizes as exact decimal strings.
pub fn view<'py>(py: Python<'py>, engine: &Engine, market: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(view) = engine.view(market_of(engine.instruments(), market)?) else { return Ok(None) };
    let dict = PyDict::new(py);
    dict.set_item("market", market)?;
    dict.set_item("ts_ns", view.ts_ns)?;
    figures(&view, &dict)?;
    let shown = |side: Side| -> Vec<(String, String)> {
        let levels = view.levels[side.index()].iter();
        levels.map(|(price, size)| (view.spec.price(*price).to_string(), view.spec.qty(*size).to_string())).collect()
    };
    dict.set_item("bids", shown(Side::Buy))?;
    dict.set_item("asks", shown(Side::Sell))?;
    let own = view.own.iter().map(|order| {
        let (price, leaves) = (view.spec.price(order.price).to_string(), view.spec.qty(order.leaves()).to_string());
        (order.side.as_str(), price, leaves, order.level, order.colour, order.state.as_str())
    });
    dict.set_item("own", own.collect::<Vec<_>>())?;
    Ok(Some(dict))
}

fn figures(view: &View<'_>, dict: &Bound<'_, PyDict>) -> PyResult<()> {
    let (spec, inputs) = (view.spec, &view.inputs);
    let shift = inputs.fair_shift;
    for (key, value) in [
        ("tick_size", spec.tick_size),
        ("qty_step", spec.qty_step),
        ("min_qty", spec.qty(spec.min_qty)),
        ("min_notional", spec.min_notional),
        ("position", spec.qty(view.position)),
        ("order_qty", spec.qty(view.terms.order_qty)),
        ("max_position", spec.qty(view.terms.limits.max_position)),
        ("max_order_notional", view.terms.limits.max_order_notional),
    ] {
        dict.set_item(key, value.to_string())?;
    }
    for (key, value) in [
        ("microprice", inputs.microprice_ticks * spec.tick_size.to_f64()),
        ("imbalance", view.imbalance),
        ("fair_shift_bps", shift.imbalance_bps + shift.order_flow_bps + shift.funding_bps),
        ("toxicity_bps", inputs.toxicity_bps),
        ("maker_fee_bps", inputs.maker_fee_bps),
        ("inventory_ratio", inputs.inventory_ratio),
    ] {
        dict.set_item(key, value)?;
    }
    dict.set_item("sigma_1m_bps", inputs.sigma_1m_bps)?;
    dict.set_item("intensity_per_s", view.intensity.map(|fitted| fitted.per_second))?;
    dict.set_item("decay_per_bps", view.intensity.map(|fitted| fitted.decay))
}
