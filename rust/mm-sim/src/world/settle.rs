//! Liveness: what must be true again once nothing fails any more, and what an ordered stop must leave behind.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use mm_core::ids::{Category, ClientId, Coin, MarketIx};
use mm_core::orders::OrderState;
use mm_core::units::{Lots, Side};

use super::faults::Fault;
use super::shut_out::LEARNT_NS;
use super::{Broken, Failure, Plan, SECOND_NS, SETTLE_NS, START_NS, World};
use crate::door::TRADED;

/// A request is answered, or given up, within this.
const UNDER_WAY_NS: i64 = 4 * SECOND_NS;

/// One burst of a ladder that learns by it (fault list, F22).
const MOST_REFUSALS: i64 = 5;
/// A refused cancel and the next with a fresh stamp: a few round trips, however the clock leaps.
const STAMPED_NS: i64 = SECOND_NS / 2;
/// A transfer is told by the stream, must last a second, and then two more while everything is read again.
const TRANSFER_NS: i64 = 10 * SECOND_NS;
const UNCLEAR: &str = "an order was of unknown fate for so many ns";

fn quoted(state: OrderState) -> bool {
    matches!(state, OrderState::Working | OrderState::PendingAmend)
}

impl World {
    /// Lets the world come to rest after the last fault; says whether it did in time. Who was shut out learns once a minute whether that
    /// is over, and the time counts from there.
    pub(super) fn settle(&mut self) -> Result<bool, Broken> {
        // Twice: a last 403 may still be under way when the faults end.
        for _ in 0..2 {
            self.run_until(self.now_ns + LEARNT_NS, |world| !world.shut_out.is_on())?;
            let healed_ns = self.now_ns;
            if self.run_until(self.now_ns + SETTLE_NS, Self::is_settled)? {
                self.outcome.settled_ns = self.now_ns - healed_ns;
                self.watch_grid();
                return Ok(true);
            }
            if !self.shut_out.is_on() {
                break;
            }
        }
        Ok(false)
    }

    /// No order of unknown fate, our set of open orders is the venue's, every execution is booked, and quotes stand on each side
    /// that inventory leaves room for.
    pub(super) fn is_settled(&self) -> bool {
        self.auditor.is_even()
            && self.same_orders()
            && self.knows_transfers()
            && self.markets.iter().all(|market| self.auditor.fits_grid(*market) && self.quotes(*market))
    }

    /// Each transfer of a coin that our markets move has been taken over. On a shared account that takes half a minute, and holds nobody up.
    fn knows_transfers(&self) -> bool {
        let specs = self.door.exchange().instruments();
        let watched = |coin: Coin| {
            let traded = self.markets.iter().filter_map(|market| specs.get(market.index()));
            traded
                .into_iter()
                .any(|spec| if spec.id.category == Category::Spot { [spec.base, spec.quote].contains(&coin) } else { spec.settle == coin })
        };
        self.auditor.is_shared || self.auditor.coins.is_even(watched)
    }

    /// Our set is the venue's, but for what is under way: a busy bot always has some request out, none for long.
    fn same_orders(&self) -> bool {
        let venue: BTreeSet<ClientId> = self.door.exchange().open_orders(TRADED).map(|row| row.client_id).collect();
        let orders = self.bot.engine().orders();
        let mut live: BTreeSet<ClientId> = BTreeSet::new();
        for (_, order) in orders.iter().filter(|(_, order)| !order.state.is_terminal()) {
            live.insert(order.client_id);
            let waited_ns = self.now_ns + self.profile.skew_ns - order.requested_ns;
            let settled = match order.state {
                OrderState::Working => venue.contains(&order.client_id),
                OrderState::PendingAmend => venue.contains(&order.client_id) && waited_ns < UNDER_WAY_NS,
                OrderState::PendingNew | OrderState::PendingCancel => waited_ns < UNDER_WAY_NS,
                _ => false,
            };
            if !settled {
                return false;
            }
        }
        venue.is_subset(&live)
    }

    pub(super) fn quotes(&self, market: MarketIx) -> bool {
        let engine = self.bot.engine();
        let Some(row) = engine.market(market) else { return false };
        let Some(terms) = row.terms.as_ref() else { return false };
        let stands = |side: Side| engine.orders().of(market).iter().any(|order| order.side == side && quoted(order.state));
        let reduced = self.auditor.conduct.is_reduced();
        let room = |side: Side| {
            let held = Lots(row.position().0 * side.sign());
            if reduced { held < Lots::ZERO } else { held + terms.order_qty <= terms.limits.max_position }
        };
        row.is_trusted() && Side::BOTH.into_iter().all(|side| stands(side) || !room(side))
    }

    /// Why the world has not settled, for the report.
    pub(super) fn unsettled(&self) -> String {
        let engine = self.bot.engine();
        let states: alloc::vec::Vec<_> = engine.orders().iter().map(|(market, order)| (market.0, order.client_id, order.state)).collect();
        let venue: alloc::vec::Vec<_> = self.door.exchange().open_orders(TRADED).map(|row| (row.market.0, row.client_id)).collect();
        let trusted: alloc::vec::Vec<bool> =
            self.markets.iter().filter_map(|market| engine.market(*market)).map(mm_core::market::Market::is_trusted).collect();
        format!(
            "not settled: executions not booked {:?}, trusted {trusted:?}, bot's orders {states:?}, venue's {venue:?}, requests in flight {}",
            self.auditor.missing(),
            engine.requests().len(),
        )
    }

    /// What one fault alone may take at most.
    pub(super) fn check_bounds(&self) -> Result<(), Failure> {
        let fault = match self.plan {
            Plan::Only(fault) => fault,
            Plan::Soak { hours } => return self.check_days(i64::from(hours)),
            Plan::Swarm => return Ok(()),
        };
        let stamps_ns = self.auditor.time.cancels_refused_ns;
        let refusals = self.auditor.conduct.figures(1)[1].1;
        let (what, measured, most) = match fault {
            Fault::BookCrafted | Fault::PublicFrozen | Fault::DeltaLost | Fault::FrameCut => {
                ("orders stood for so many ns on a book without trust", self.auditor.measures.pulled_ns, SECOND_NS)
            }
            Fault::External => ("a trade of somebody else was unknown for so many ns", self.auditor.measures.unbooked_ns, 5 * SECOND_NS),
            Fault::RulesChanged => ("so many orders were refused after one change of rules", refusals, MOST_REFUSALS),
            Fault::CoinsMoved => ("a transfer was unknown for so many ns", self.auditor.coins.known_ns, TRANSFER_NS),
            Fault::GridChanged => ("quotes were back in a new grid after so many ns", self.runs.quoted_ns, SETTLE_NS),
            Fault::ClockMoved => ("cancels were refused for their time stamp for so many ns", stamps_ns, STAMPED_NS),
            Fault::AckLost | Fault::AckLate => (UNCLEAR, self.auditor.measures.unknown_ns, 3 * SECOND_NS),
            // A request that never came is given up only once it can no longer be carried out.
            Fault::RequestLost => (UNCLEAR, self.auditor.measures.unknown_ns, 8 * SECOND_NS),
            Fault::FillsDelayed => ("an execution was not booked for so many ns", self.auditor.measures.unbooked_ns, 5 * SECOND_NS),
            Fault::Maintenance => ("so many ns went by until quotes were back", self.outcome.settled_ns, 30 * SECOND_NS),
            _ => return Ok(()),
        };
        let failure = || Failure { phase: "safety", what: format!("{what}: {measured}, {most} allowed"), at_ns: self.now_ns - START_NS };
        if measured <= most { Ok(()) } else { Err(failure()) }
    }

    /// Every turn of the day was seen, and some loss stop was lifted by one.
    fn check_days(&self, hours: i64) -> Result<(), Failure> {
        let begun_hours = START_NS / SECOND_NS / 3600;
        let days = (begun_hours + hours).div_euclid(24) - begun_hours.div_euclid(24);
        let (turns, lifts) = (self.auditor.days.turns, self.auditor.days.lifts);
        if turns >= days && (days == 0 || lifts > 0) {
            return Ok(());
        }
        let what = format!("{turns} of {days} turns of the day were seen and {lifts} loss stops lifted: nothing is shown of them");
        Err(Failure { phase: "safety", what, at_ns: self.now_ns - START_NS })
    }

    /// After the ordered stop: verified clean, nothing open at the venue, everything booked.
    pub(super) fn check_stop(&mut self, ended: bool) -> Result<(), String> {
        if !ended {
            return Err(format!("the stop did not end: {}", self.unsettled()));
        }
        if self.stopped_clean != Some(true) {
            return Err(format!("the stop ended unclean: {}", self.unsettled()));
        }
        self.auditor.look(self.door.exchange());
        let left = self.door.exchange().open_orders(TRADED).count();
        if left > 0 {
            return Err(format!("{left} orders are open after a clean stop"));
        }
        if !self.auditor.is_even() {
            return Err("executions are missing after a clean stop".into());
        }
        self.auditor.violation().map_or(Ok(()), |what| Err(what.into()))
    }
}
