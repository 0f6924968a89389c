//! Building an engine, and what the venue's terms make of the configured figures.

use alloc::vec;
use alloc::vec::Vec;

use super::admission::Admission;
use super::asking::Asking;
use super::canary::Canary;
use super::config::Params;
use super::signals::Signals;
use super::watch::Watch;
use super::{Engine, EngineConfig, Sink};
use crate::execution_ids::ExecutionIds;
use crate::fact::{Fact, FatalReason};
use crate::guards::Guards;
use crate::ids::{InstrumentId, MarketIx};
use crate::input::StreamRole;
use crate::instrument::{Instrument, Instruments};
use crate::market::{Market, Terms};
use crate::orders::Orders;
use crate::risk::Limits;
use crate::rng::Rng;
use crate::session::budget::Budget;
use crate::session::inflight::Requests;
use crate::session::streams::Streams;
use crate::signals::EwmaVolatility;
use crate::targets::Plan;
use crate::units::{Amount, Lots, UnitError};

/// More than any day's executions of one account that a recovery re-reads.
const EXECUTION_IDS: usize = 262_144;

/// Why a configuration cannot make an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupError {
    pub field: &'static str,
    pub why: &'static str,
}

impl Engine {
    /// An engine that has not heard or said anything yet; its first step connects.
    ///
    /// # Errors
    /// [`SetupError`] names the field that cannot be used.
    pub fn new(config: EngineConfig) -> Result<Self, SetupError> {
        let params: Vec<Params> = config.markets.iter().map(|market| config.params(market)).collect();
        for market in &params {
            market.validate().map_err(|error| SetupError { field: error.field, why: error.why })?;
        }
        config.guards.validate().map_err(|error| SetupError { field: error.field, why: error.why })?;
        let volatility = EwmaVolatility::new(config.volatility_half_life_s)
            .ok_or(SetupError { field: "volatility_half_life_s", why: "must be a positive number of seconds" })?;
        let ids: Vec<InstrumentId> = config.markets.iter().map(|market| market.id).collect();
        let markets: Vec<Market> = config.markets.iter().map(|market| Market::new(market.depth, volatility)).collect();
        let signals = params.iter().map(Signals::new).collect();
        let all_markets = (0..u16::try_from(ids.len()).unwrap_or(u16::MAX)).map(MarketIx).collect();
        let mut roles: Vec<StreamRole> = ids.iter().map(|id| StreamRole::Public(id.category)).collect();
        roles.sort_unstable();
        roles.dedup();
        roles.extend([StreamRole::Private, StreamRole::Trade]);
        Ok(Self {
            now_ns: i64::MIN,
            clock_offset_ns: 0,
            rng: Rng::new(config.seed),
            instruments: Instruments::new(ids),
            all_markets,
            orders: Orders::new(config.run, markets.len()),
            guards: Guards::default(),
            watch: Watch { order_cap: config.guards.orders_before, ..Watch::default() },
            canary: Canary::default(),
            rules: super::rules::Rules::default(),
            admission: Admission::default(),
            execution_ids: ExecutionIds::new(EXECUTION_IDS),
            early: Vec::new(),
            newest_execution_ms: 0,
            venue_positions: vec![None; markets.len()],
            venue_coins: Vec::new(),
            opening: super::opening::Opening::default(),
            asking: vec![Asking::default(); markets.len()],
            decision_seq: 0,
            markets,
            params,
            signals,
            requests: Requests::default(),
            pending: Vec::new(),
            budget: Budget::new(config.orders_per_s, config.queries_per_s),
            streams: Streams::new(&roles),
            started: false,
            recovery: None,
            epochs: 0,
            open_listed: false,
            recovered: false,
            stopping_since_ns: None,
            stopped: false,
            seen_due_ns: i64::MIN,
            fees_due_ns: i64::MAX,
            next_due_ns: i64::MIN,
            plan: Plan::default(),
            desired: crate::quoting::Quotes::new(),
            spares: super::spare::Spares::default(),
            own: [Vec::new(), Vec::new()],
            config,
        })
    }

    /// The venue told an instrument: the configured figures become ticks and lots, exactly or not at all.
    pub(super) fn learn_instrument(&mut self, spec: Instrument, sink: &mut Sink) {
        let Some(market) = self.instruments.find(spec.id.category, spec.id.symbol.as_bytes()) else {
            return;
        };
        if self.instruments.get(market).is_some() {
            return self.relearn_instrument(market, spec, sink);
        }
        let Some(params) = self.params.get(market.index()) else { return };
        match terms(market, params, &spec) {
            Ok(terms) => {
                if let Some(row) = self.markets.get_mut(market.index()) {
                    row.terms = Some(terms);
                }
                self.instruments.set(spec);
                self.subscribe_late(market, sink);
                sink.facts.push(Fact::InstrumentLoaded { market });
            }
            Err(reason) => sink.facts.push(Fact::Fatal(reason)),
        }
    }

    /// Instruments, specs and fees are all known.
    pub(super) fn is_booted(&self) -> bool {
        self.admission.is_complete() && self.markets.iter().all(|market| market.terms.is_some() && market.maker_rate.is_some())
    }
}

/// The configured sizes on the venue's grid.
pub(super) fn terms(market: MarketIx, params: &Params, spec: &Instrument) -> Result<Terms, FatalReason> {
    let lots = |amount: Amount, field| on_grid(amount, spec).map_err(|_| FatalReason::Config { market, field });
    let order_qty = lots(params.order_qty, "order_qty")?;
    if order_qty < spec.min_qty || order_qty > spec.max_qty {
        return Err(FatalReason::Config { market, field: "order_qty" });
    }
    let max_position = lots(params.max_position, "max_position")?;
    if spec.tick_lot.0 % 2 != 0 {
        return Err(FatalReason::Instrument { market });
    }
    Ok(Terms { order_qty, limits: Limits { max_position, max_order_notional: params.max_order_notional }, tick_lot: spec.tick_lot })
}

fn on_grid(amount: Amount, spec: &Instrument) -> Result<Lots, UnitError> {
    if amount.0 % spec.qty_step.0 != 0 {
        return Err(UnitError::OffGrid);
    }
    i64::try_from(amount.0 / spec.qty_step.0).map(Lots).map_err(|_| UnitError::TooLarge)
}
