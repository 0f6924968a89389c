//! What a strategy outside the core is shown of a market: plain values, in the core's own units.

use alloc::vec::Vec;

use super::config::Model;
use super::{Engine, Params};
use crate::calibration::Intensity;
use crate::ids::MarketIx;
use crate::instrument::Instrument;
use crate::market::Terms;
use crate::orders::Order;
use crate::quoting::stages::Inputs;
use crate::signals::flow::depth_imbalance;
use crate::units::{Lots, Side, Ticks};

/// One market at the moment of a decision.
#[derive(Clone, Debug)]
pub struct View<'a> {
    pub ts_ns: i64,
    pub spec: &'a Instrument,
    pub terms: &'a Terms,
    pub params: &'a Params,
    /// What the built-in models see: bests without our orders, microprice, volatility, fees, signals.
    pub inputs: Inputs,
    /// Levels of the others, best first; our own orders are taken out.
    pub levels: [Vec<(Ticks, Lots)>; 2],
    /// Depth imbalance of the others, −1 … 1.
    pub imbalance: f64,
    /// The trade intensity fitted last.
    pub intensity: Option<Intensity>,
    pub position: Lots,
    /// Own orders that may still fill.
    pub own: Vec<&'a Order>,
}

impl Engine {
    /// The view of a market whose strategy is asked; `None` before its first decision.
    #[must_use]
    pub fn view(&self, market: MarketIx) -> Option<View<'_>> {
        let params = self.params.get(market.index())?;
        let Model::Asked { params: asked, .. } = &params.model else { return None };
        let row = self.markets.get(market.index())?;
        let own: Vec<&Order> = self.orders.of(market).iter().filter(|order| order.leaves() > Lots::ZERO).collect();
        let resting = Side::BOTH.map(|side| {
            let of_side = own.iter().filter(|order| order.side == side);
            of_side.map(|order| (order.price, order.leaves())).collect::<Vec<_>>()
        });
        let others = |side: Side| {
            let own = &resting[side.index()];
            let left = |(price, size): (Ticks, Lots)| {
                let mine = own.iter().filter(|order| order.0 == price).fold(Lots::ZERO, |sum, order| sum + order.1);
                (size > mine).then_some((price, size - mine))
            };
            row.book.levels(side).filter_map(left).take(asked.view_levels.into()).collect()
        };
        let levels = Side::BOTH.map(others);
        let depth = params.signals.imbalance_levels.into();
        Some(View {
            ts_ns: self.now_ns,
            spec: self.instruments.get(market)?,
            terms: row.terms.as_ref()?,
            params,
            inputs: self.asking.get(market.index())?.inputs?,
            levels,
            imbalance: depth_imbalance(&row.book, depth, [&resting[0], &resting[1]]).unwrap_or(0.0),
            intensity: self.signals.get(market.index())?.intensity(),
            position: row.position(),
            own,
        })
    }
}
