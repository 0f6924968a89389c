//! The venue's rules of a market while it runs: read again every hour, after what other rules would explain (a refused order, a field that
//! cannot be read), and every half minute while they leave no room for our quotes.
//!
//! Limits change in place. A market that is not traded is not quoted. A new tick or step gives every integer of the market another worth: its
//! quotes are pulled, and the host begins a new run, which reads everything in the new grid by the one path of recovery.

use alloc::collections::BTreeMap;

use super::{Engine, Sink, setup};
use crate::fact::Fact;
use crate::guards::{Guard, Trip};
use crate::ids::{ConnId, MarketIx};
use crate::input::StreamRole;
use crate::instrument::Instrument;
use crate::output::Query;
use crate::session::inflight::Purpose;
use crate::units::{Lots, Ticks};

const SECOND_NS: i64 = 1_000_000_000;
const EVERY_NS: i64 = 3_600 * SECOND_NS;
const HELD_EVERY_NS: i64 = 30 * SECOND_NS;
/// An answer takes less, if there is one.
const DOUBT_NS: i64 = SECOND_NS;
const DOUBTED_EVERY_NS: i64 = SECOND_NS;

/// When each market's rules were last asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    asked_ns: BTreeMap<MarketIx, i64>,
    /// Nothing new is tried until the answer, or until then.
    doubted_until_ns: BTreeMap<MarketIx, i64>,
}

impl Engine {
    /// Asks for the rules that are due.
    pub(super) fn refresh_rules(&mut self) {
        for index in 0..self.all_markets.len() {
            let market = self.all_markets[index];
            let held = self.guards.is_tripped(Some(market), Guard::Rules);
            self.read_rules(market, if held { HELD_EVERY_NS } else { EVERY_NS });
        }
    }

    /// Something happened that other rules would explain.
    pub(super) fn doubt_rules(&mut self, market: MarketIx) {
        self.read_rules(market, DOUBTED_EVERY_NS);
        self.rules.doubted_until_ns.insert(market, self.now_ns + DOUBT_NS);
    }

    /// Our own gate held an order back because of them.
    pub(super) fn hindered_by_rules(&mut self, market: MarketIx) {
        self.read_rules(market, HELD_EVERY_NS);
    }

    /// Until when new and moved orders of a market wait for its rules.
    pub(super) fn rules_doubted_until(&self, market: MarketIx) -> Option<i64> {
        self.rules.doubted_until_ns.get(&market).copied().filter(|until_ns| *until_ns > self.now_ns)
    }

    /// A field of a frame could not be read: perhaps in another grid.
    pub(super) fn doubt_rules_of(&mut self, conn: ConnId) {
        let role = self.streams.role(conn);
        for index in 0..self.all_markets.len() {
            let market = self.all_markets[index];
            let public = self.instruments.id(market).map(|id| StreamRole::Public(id.category));
            if role == public || role == Some(StreamRole::Private) {
                self.doubt_rules(market);
            }
        }
    }

    fn read_rules(&mut self, market: MarketIx, every_ns: i64) {
        let now_ns = self.now_ns;
        // The start has just asked for them.
        let asked_ns = self.rules.asked_ns.entry(market).or_insert(now_ns);
        if now_ns >= *asked_ns + every_ns {
            *asked_ns = now_ns;
            self.ask_once(Query::Instrument(market), Purpose::Refresh);
        }
    }

    /// The venue told the rules of a market that is running.
    pub(super) fn relearn_instrument(&mut self, market: MarketIx, spec: Instrument, sink: &mut Sink) {
        self.rules.doubted_until_ns.remove(&market);
        let Some(known) = self.instruments.get(market) else { return };
        let trip = self.misfit(market, known, &spec);
        let terms = self.params.get(market.index()).and_then(|params| setup::terms(market, params, &spec).ok());
        if (known.tick_size, known.qty_step) != (spec.tick_size, spec.qty_step) {
            // A run that our sizes do not fit would end at its start, and the other markets with it.
            if terms.is_some() {
                sink.facts.push(Fact::GridChanged { market });
            }
        } else if *known != spec {
            if let (Some(terms), Some(row)) = (terms, self.markets.get_mut(market.index())) {
                row.terms = Some(terms);
            }
            self.instruments.set(spec);
            sink.facts.push(Fact::InstrumentLoaded { market });
        }
        self.set_guard(Some(market), Guard::Rules, trip, sink);
    }

    /// The venue does not trade a market now: no quote until its rules say that it does; they are asked for again until then.
    pub(super) fn trading_ended(&mut self, market: MarketIx, sink: &mut Sink) {
        self.rules.doubted_until_ns.remove(&market);
        if self.instruments.get(market).is_some() {
            self.set_guard(Some(market), Guard::Rules, Some(Trip::count(0, 1)), sink);
        }
    }

    /// A market has a price again, without which its least order value could not be held against our quotes.
    pub(super) fn rejudge_rules(&mut self, market: MarketIx, sink: &mut Sink) {
        let misfit = self.instruments.get(market).and_then(|known| self.misfit(market, known, known));
        if misfit.is_some() {
            self.set_guard(Some(market), Guard::Rules, misfit, sink);
        }
    }

    /// What our quotes of a market are and would have to be.
    fn misfit(&self, market: MarketIx, known: &Instrument, spec: &Instrument) -> Option<Trip> {
        for (new, old) in [(spec.tick_size, known.tick_size), (spec.qty_step, known.qty_step)] {
            if new != old {
                return Some(Trip { value: old, limit: new });
            }
        }
        let row = self.markets.get(market.index())?;
        let order_qty = row.terms.as_ref().map_or(Lots::ZERO, |terms| terms.order_qty);
        if order_qty < spec.min_qty || order_qty > spec.max_qty {
            let limit = if order_qty < spec.min_qty { spec.min_qty } else { spec.max_qty };
            return Some(Trip { value: spec.qty(order_qty), limit: spec.qty(limit) });
        }
        let mid_x2 = row.book.mid_x2()?;
        let value = spec.notional(Ticks(mid_x2 / 2), order_qty);
        (value < spec.min_notional).then_some(Trip { value, limit: spec.min_notional })
    }
}
