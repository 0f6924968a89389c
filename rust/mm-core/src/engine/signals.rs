//! The signals of each market: fed from frames and fills as far as the configured model reads them, and no further.

use super::Engine;
use super::config::{Model, Params, SignalParams};
use crate::calibration::{Calibration, Intensity};
use crate::ids::MarketIx;
use crate::input::{TickerUpdate, Trade};
use crate::market::Market;
use crate::quoting::glft::Glft;
use crate::quoting::ladder::LadderParams;
use crate::quoting::stages::{self, FairShift, Inputs};
use crate::quoting::{Quotes, avellaneda_stoikov, declared, ladder};
use crate::signals::flow::{Best, OrderFlow, depth_imbalance, funding_shift_bps};
use crate::signals::toxicity::Toxicity;
use crate::units::{Lots, Side, Ticks};

/// Trades are compared with the mid before each step of this length.
const CALIBRATION_STEP_NS: i64 = 100_000_000;
/// How far from the mid the trade intensity is fitted.
const CALIBRATION_RANGE_BPS: f64 = 6.4;

/// The last funding terms that the ticker told.
#[derive(Clone, Copy, Debug, Default)]
struct Funding {
    rate: Option<f64>,
    next_ms: Option<i64>,
}

/// One market's signals and its model's memory. What is `None` is switched off.
#[derive(Clone, Debug)]
pub(super) struct Signals {
    order_flow: Option<OrderFlow>,
    toxicity: Option<Toxicity>,
    calibration: Option<Calibration>,
    funding: Option<Funding>,
    glft: Glft,
}

impl Signals {
    /// Cold signals for parameters that have been validated.
    pub(super) fn new(params: &Params) -> Self {
        let SignalParams { order_flow_weight, order_flow_half_life_s, toxicity_max_bps, toxicity_half_life_s, .. } = params.signals;
        Self {
            order_flow: if order_flow_weight > 0.0 { OrderFlow::new(order_flow_half_life_s) } else { None },
            toxicity: Toxicity::new(toxicity_half_life_s, toxicity_max_bps),
            calibration: params
                .model
                .calibration_window_ns()
                .and_then(|ns| Calibration::new(CALIBRATION_STEP_NS, ns, CALIBRATION_RANGE_BPS)),
            funding: (params.signals.funding_ramp_s > 0.0).then(Funding::default),
            glft: Glft::default(),
        }
    }

    /// The trade intensity fitted last, in basis points.
    pub(super) fn intensity(&self) -> Option<Intensity> {
        self.calibration.as_ref().and_then(Calibration::per_bps)
    }

    fn book_seen(&mut self, now_ns: i64, touch: Option<(Best, Best)>) {
        let Some(((bid, _), (ask, _))) = touch else {
            self.book_lost();
            return;
        };
        if let Some(toxicity) = self.toxicity.as_mut() {
            toxicity.mid(now_ns, bid.0 + ask.0);
        }
        if let Some(calibration) = self.calibration.as_mut() {
            calibration.quoted(now_ns, bid, ask);
        }
    }

    fn book_lost(&mut self) {
        self.order_flow.iter_mut().for_each(OrderFlow::clear);
        self.toxicity.iter_mut().for_each(Toxicity::interrupt);
        self.calibration.iter_mut().for_each(Calibration::interrupt);
    }

    /// The fair price's moves, from a book without our own orders.
    #[allow(clippy::cast_precision_loss)]
    fn fair_shift(&mut self, params: &SignalParams, row: &Market, bests: [Best; 2], own: [&[(Ticks, Lots)]; 2], now: Now) -> FairShift {
        let mut shift = FairShift::default();
        if params.imbalance_bps > 0.0 {
            let imbalance = depth_imbalance(&row.book, params.imbalance_levels.into(), own);
            shift.imbalance_bps = params.imbalance_bps * imbalance.unwrap_or(0.0);
        }
        if let Some(flow) = self.order_flow.as_mut() {
            flow.update(now.ns, bests);
            let ticks_to_bps = 2e4 / (bests[0].0.0 + bests[1].0.0) as f64;
            shift.order_flow_bps =
                (params.order_flow_weight * flow.predicted_ticks() * ticks_to_bps).clamp(-FLOW_LIMIT_BPS, FLOW_LIMIT_BPS);
        }
        if let Some(Funding { rate: Some(rate), next_ms: Some(next_ms) }) = self.funding {
            let seconds = (next_ms - now.venue_ms) as f64 / 1e3;
            shift.funding_bps = funding_shift_bps(rate, seconds, params.funding_ramp_s);
        }
        shift
    }
}

/// A flow of many times the resting size predicts nothing about prices so far away.
const FLOW_LIMIT_BPS: f64 = 100.0;

/// Our time and the venue's.
#[derive(Clone, Copy)]
struct Now {
    ns: i64,
    venue_ms: i64,
}

impl Engine {
    /// The book of a market changed, or its trust did.
    pub(super) fn feed_book(&mut self, market: MarketIx) {
        let (Some(signals), Some(row)) = (self.signals.get_mut(market.index()), self.markets.get(market.index())) else { return };
        signals.book_seen(self.now_ns, row.book.touch().filter(|_| row.is_trusted()));
    }

    pub(super) fn feed_trades(&mut self, market: MarketIx, trades: &[Trade]) {
        let Some(calibration) = self.signals.get_mut(market.index()).and_then(|signals| signals.calibration.as_mut()) else { return };
        for trade in trades.iter().filter(|trade| !trade.off_book) {
            calibration.traded(self.now_ns, trade.side, trade.price);
        }
    }

    pub(super) fn feed_ticker(&mut self, update: &TickerUpdate) {
        if let Some(funding) = self.signals.get_mut(update.market.index()).and_then(|signals| signals.funding.as_mut()) {
            funding.rate = update.funding_rate.map(crate::units::Amount::to_f64).or(funding.rate);
            funding.next_ms = update.next_funding_ms.or(funding.next_ms);
        }
    }

    /// An own maker fill, seen as it happened.
    pub(super) fn feed_fill(&mut self, market: MarketIx, side: Side, price: Ticks, qty: Lots, mid_x2: i64) {
        if let Some(toxicity) = self.signals.get_mut(market.index()).and_then(|signals| signals.toxicity.as_mut()) {
            toxicity.filled(self.now_ns, side, price, qty, mid_x2);
        }
    }

    /// Signals end here: appends the model's quotes, none if the book holds nobody but us on a side.
    pub(super) fn model_quotes(&mut self, market: MarketIx, own: [&[(Ticks, Lots)]; 2], out: &mut Quotes) {
        let Some(inputs) = self.model_inputs(market, own) else { return };
        let (Some(signals), Some(params)) = (self.signals.get_mut(market.index()), self.params.get(market.index())) else { return };
        let (limits, intensity): (&LadderParams, _) = (&params.ladder, signals.intensity());
        let wish = match &params.model {
            Model::Ladder => Some(ladder::wish(limits, &inputs)),
            Model::AvellanedaStoikov { params, .. } => avellaneda_stoikov::wish(params, intensity.map(|fitted| fitted.decay), &inputs),
            Model::Glft { params, .. } => signals.glft.wish(params, intensity, limits, &inputs),
            Model::Asked { .. } => {
                let Some(asking) = self.asking.get_mut(market.index()) else { return };
                asking.inputs = Some(inputs);
                declared::append(&asking.answer, &inputs, out);
                None
            }
        };
        if let Some(wish) = wish {
            stages::fill(limits, &inputs, &wish, out);
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn model_inputs(&mut self, market: MarketIx, own: [&[(Ticks, Lots)]; 2]) -> Option<Inputs> {
        let now = Now { ns: self.now_ns, venue_ms: self.venue_ms() };
        let row = self.markets.get_mut(market.index())?;
        let signals = self.signals.get_mut(market.index())?;
        let best_bid = row.book.best_excluding(Side::Buy, own[0])?;
        let best_ask = row.book.best_excluding(Side::Sell, own[1])?;
        let imbalance = best_bid.1.0 as f64 / (best_bid.1.0 + best_ask.1.0) as f64;
        row.decisions += 1;
        let fair_shift = signals.fair_shift(&self.params.get(market.index())?.signals, row, [best_bid, best_ask], own, now);
        let terms = row.terms.as_ref()?;
        let (position, most) = (row.position().0 as f64, terms.limits.max_position);
        Some(Inputs {
            best_bid: best_bid.0,
            best_ask: best_ask.0,
            microprice_ticks: best_bid.0.0 as f64 * (1.0 - imbalance) + best_ask.0.0 as f64 * imbalance,
            sigma_1m_bps: row.volatility.sigma_1m_bps(),
            inventory_ratio: (position / most.0 as f64).clamp(-1.0, 1.0),
            inventory_quotes: position / terms.order_qty.0 as f64,
            max_inventory_quotes: u32::try_from(most.0 / terms.order_qty.0).unwrap_or(u32::MAX),
            maker_fee_bps: row.maker_rate?.to_f64() * 1e4,
            fair_shift,
            toxicity_bps: signals.toxicity.as_ref().map_or(0.0, |toxicity| toxicity.widening_bps(now.ns)),
            order_qty: terms.order_qty,
            colour: super::quote::COLOUR,
        })
    }
}
