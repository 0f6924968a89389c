//! Time: what is due next, and running everything due in one order.

use alloc::vec::Vec;
use core::mem;

use mm_core::units::{Amount, Lots, Ticks};

use super::{Action, Exchange, Mark};
use crate::api::{Event, OrderKey, OrderRow};
use crate::liquidity::{Resting, Trader};

/// Who acts next. Declared in the order in which things of one instant happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Liquidity,
    Request,
    Takers,
}

impl Exchange {
    /// First subscription: starts the clocks of liquidity, takers and record. Later calls do nothing.
    pub fn start(&mut self, now_ns: i64) {
        if self.started_ns.is_some() {
            return;
        }
        self.advance(now_ns);
        self.started_ns = Some(self.now_ns);
        self.liquidity.start(self.now_ns);
        if let Some(takers) = &mut self.takers {
            takers.start(self.now_ns);
        }
        let now_ns = self.now_ns;
        self.watches.iter_mut().for_each(|watch| watch.start(now_ns));
    }

    /// When [`Exchange::advance`] next has something to do by itself; `None` if never.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        self.next_step().map(|(due_ns, _)| due_ns)
    }

    /// Does everything due up to and including `now_ns`, in time order. What happened waits in [`Exchange::drain`].
    pub fn advance(&mut self, now_ns: i64) {
        let end_ns = now_ns.max(self.now_ns);
        while let Some((due_ns, step)) = self.next_step().filter(|(due_ns, _)| *due_ns <= end_ns) {
            self.now_ns = due_ns.max(self.now_ns);
            self.run(step);
            self.process_outbox();
        }
        self.now_ns = end_ns;
    }

    /// Moves everything that happened since the last call behind `out`'s end, in the order of the wire.
    pub fn drain(&mut self, out: &mut Vec<Event>) {
        out.append(&mut self.events);
    }

    fn next_step(&self) -> Option<(i64, Step)> {
        let liquidity = self.liquidity.next_due().map(|due| (due, Step::Liquidity));
        let request = self.actions.front().map(|(due, _)| (*due, Step::Request));
        let takers = self.takers.as_ref().and_then(|takers| takers.next_due()).map(|due| (due, Step::Takers));
        [liquidity, request, takers].into_iter().flatten().min()
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Liquidity => self.liquidity.advance(self.now_ns, &mut self.outbox),
            Step::Request => {
                if let Some((_, action)) = self.actions.pop_front() {
                    self.arrive(action);
                }
            }
            Step::Takers => {
                if let Some(takers) = &mut self.takers {
                    takers.step(self.now_ns, self.liquidity.as_mut(), &mut self.outbox);
                }
            }
        }
    }

    /// A request reaches the book. Its order may have ended on the way: then it changes nothing.
    fn arrive(&mut self, action: Action) {
        match action {
            Action::Submit(key) => {
                if let Some(live) = self.orders.get(key) {
                    self.liquidity.submit(self.now_ns, resting(&live.row), &mut self.outbox);
                }
            }
            Action::Cancel(key) => {
                if self.orders.get(key).is_some() {
                    self.liquidity.cancel(self.now_ns, key, &mut self.outbox);
                }
            }
            Action::Amend { key, price, qty } => self.arrive_amend(key, price, qty),
        }
    }

    fn arrive_amend(&mut self, key: OrderKey, price: Ticks, qty: Lots) {
        let Some(live) = self.orders.get_mut(key) else { return };
        live.amends_under_way = live.amends_under_way.saturating_sub(1);
        if qty <= live.row.cum_qty {
            // Fills overtook it: the order stays as it is, and the owner is told so.
            if live.amends_under_way == 0 {
                live.requested = (live.row.price, live.row.qty);
                live.ceiling = live.requested;
            }
            self.events.push(Event::Order(live.row.clone()));
            return;
        }
        let old_price = live.row.price;
        (live.row.price, live.row.qty) = (price, qty);
        if live.amends_under_way == 0 {
            live.ceiling = (price, qty);
        }
        let row = &live.row;
        let (order, rested) = (resting(row), live.rested);
        let watched = rested && self.account_order.first() == Some(&row.uid);
        if let Some(watch) = self.watches.get_mut(order.market.index()).filter(|_| watched) {
            watch.leave(order.side, old_price, key);
            watch.rest(order.side, price, key, order.is_post_only());
        }
        self.touched.push(order.market);
        self.liquidity.amend(self.now_ns, order, &mut self.outbox);
    }

    /// Books what the last step produced: private events first, then the public ones, as one instant of the wire.
    fn process_outbox(&mut self) {
        let mut happenings = mem::take(&mut self.outbox.happenings);
        for (at_ns, happening) in happenings.drain(..) {
            self.apply(at_ns, happening);
        }
        self.outbox.happenings = happenings;
        let mut market = mem::take(&mut self.outbox.market);
        for event in market.drain(..) {
            self.note_public(&event);
            self.events.push(event);
        }
        self.outbox.market = market;
        self.refresh_watches();
    }

    fn note_public(&mut self, event: &Event) {
        match event {
            Event::Book { market, .. } => {
                self.touched.push(*market);
                let mid = self.mid(market.index());
                if let (Some(mark), Some(mid)) = (self.marks.get_mut(market.index()).filter(|mark| !mark.told), mid) {
                    mark.price = mid;
                }
            }
            Event::Ticker { market, fields, .. } => {
                let told = fields.iter().rev().find(|(name, _)| name == "markPrice");
                let price = told.and_then(|(_, value)| Amount::parse(value.as_bytes()).ok());
                if let (Some(mark), Some(price)) = (self.marks.get_mut(market.index()), price) {
                    *mark = Mark { told: true, price };
                }
            }
            _ => {}
        }
    }

    fn refresh_watches(&mut self) {
        let mut touched = mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        for market in touched.drain(..) {
            let at = market.index();
            let best = self.liquidity.best(market);
            let account = self.account_order.first().and_then(|uid| self.accounts.get(uid));
            let position = account.and_then(|account| account.tallies.get(at)).map_or(Lots::ZERO, |tally| tally.position);
            let within_bps = self.two_sided_bps.get(at).copied().unwrap_or(-1.0);
            if let Some(watch) = self.watches.get_mut(at) {
                watch.observe(self.now_ns, best, position, within_bps);
            }
        }
        self.touched = touched;
    }
}

fn resting(row: &OrderRow) -> Resting {
    Resting {
        key: row.key,
        market: row.market,
        side: row.side,
        price: row.price,
        leaves: row.qty - row.cum_qty,
        time_in_force: row.time_in_force,
        self_match: row.self_match,
        trader: Trader { uid: row.uid, group: row.smp_group },
    }
}
