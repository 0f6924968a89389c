//! Parameters that change while the bot quotes: all of one input, or none of it.

use alloc::string::ToString;

use super::signals::Signals;
use super::{Engine, Params, Sink, setup};
use crate::fact::{Fact, FatalReason};
use crate::ids::MarketIx;

impl Engine {
    /// What a market is quoted with.
    #[must_use]
    pub fn params(&self, market: MarketIx) -> Option<&Params> {
        self.params.get(market.index())
    }

    pub(super) fn change_params(&mut self, changes: &[(MarketIx, Params)], sink: &mut Sink) {
        for (market, params) in changes {
            if let Err((field, why)) = self.check_params(*market, params) {
                sink.facts.push(Fact::ParamsRefused { field: field.to_string(), why: why.to_string() });
                return;
            }
        }
        for (market, params) in changes {
            self.apply_params(*market, params, sink);
        }
    }

    fn check_params(&self, market: MarketIx, params: &Params) -> Result<(), (&'static str, &'static str)> {
        params.validate().map_err(|error| (error.field, error.why))?;
        let Some(now) = self.params.get(market.index()) else { return Err(("market", "is not configured")) };
        if core::mem::discriminant(&now.model) != core::mem::discriminant(&params.model) {
            return Err(("model", "changes with a restart only"));
        }
        let Some(spec) = self.instruments.get(market) else { return Ok(()) };
        match setup::terms(market, params, spec) {
            Err(FatalReason::Config { field, .. }) => Err((field, "is off the instrument's grid or outside its limits")),
            _ => Ok(()),
        }
    }

    /// Signals whose own parameters change begin cold; what was learnt otherwise stays.
    fn apply_params(&mut self, market: MarketIx, params: &Params, sink: &mut Sink) {
        let (Some(now), Some(signals)) = (self.params.get_mut(market.index()), self.signals.get_mut(market.index())) else { return };
        if now.signals != params.signals || now.model.calibration_window_ns() != params.model.calibration_window_ns() {
            *signals = Signals::new(params);
        }
        *now = *params;
        if let (Some(spec), Some(row)) = (self.instruments.get(market), self.markets.get_mut(market.index()))
            && let Ok(terms) = setup::terms(market, params, spec)
        {
            row.terms = Some(terms);
        }
        if let Some(asking) = self.asking.get_mut(market.index()) {
            asking.forgive();
        }
        sink.facts.push(Fact::ParamsApplied { market });
        self.decide(market, sink);
    }
}
