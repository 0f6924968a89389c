//! Time: what is due next, and running everything due in one order.

use alloc::vec::Vec;
use core::mem;

use mm_core::ids::Category;
use mm_core::units::Lots;

use super::Exchange;
use crate::api::Event;
use crate::liquidity::NEVER_NS;
use crate::takers::Takers;

/// Who acts next. Declared in the order in which things of one instant happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Liquidity,
    Funding,
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
        for ((spec, rules), prices) in self.instruments.iter().zip(&self.rules).zip(&mut self.prices) {
            if spec.id.category == Category::Linear && prices.next_funding_ns.is_none() {
                prices.set_funding(now_ns, rules.funding_interval_ns, rules.funding_rate, None);
            }
        }
        self.find_next();
    }

    /// When [`Exchange::advance`] next has something to do by itself; `None` if never.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        debug_assert_eq!(self.next, self.next_step());
        self.next.map(|(due_ns, _)| due_ns)
    }

    /// Does everything due up to and including `now_ns`, in time order. What happened waits in [`Exchange::drain`].
    pub fn advance(&mut self, now_ns: i64) {
        let end_ns = now_ns.max(self.now_ns);
        while let Some((due_ns, step)) = self.next.filter(|(due_ns, _)| *due_ns <= end_ns) {
            self.now_ns = due_ns.max(self.now_ns);
            self.run(step);
            // Most moves of the background are told by nobody until the next tick of the book.
            let silent = matches!(step, Step::Liquidity | Step::Takers) && self.outbox.is_empty();
            if silent {
                self.find_next();
            } else {
                self.process_outbox();
            }
        }
        self.now_ns = end_ns;
    }

    /// Moves everything that happened since the last call behind `out`'s end, in the order of the wire.
    pub fn drain(&mut self, out: &mut Vec<Event>) {
        out.append(&mut self.events);
    }

    /// After whatever may have changed it.
    pub(super) fn find_next(&mut self) {
        self.next = self.next_step();
    }

    fn next_step(&self) -> Option<(i64, Step)> {
        let request_ns = self.actions.front().map_or(NEVER_NS, |(due_ns, _)| *due_ns);
        let takers_ns = self.takers.as_ref().map_or(NEVER_NS, Takers::due_ns);
        let (mut first_ns, mut first) = (self.liquidity.next_due().unwrap_or(NEVER_NS), Step::Liquidity);
        for (due_ns, step) in [(self.funding_ns(), Step::Funding), (request_ns, Step::Request), (takers_ns, Step::Takers)] {
            if due_ns < first_ns {
                (first_ns, first) = (due_ns, step);
            }
        }
        (first_ns < NEVER_NS).then_some((first_ns, first))
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Liquidity => self.liquidity.advance(self.now_ns, &mut self.outbox),
            Step::Funding => self.fund_due(),
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

    /// Books what the last step produced: private events first, then the public ones, as one instant of the wire. What the exchange does
    /// about it itself (cutting reduce-only orders) belongs to the same instant.
    pub(super) fn process_outbox(&mut self) {
        self.book_happenings();
        let mut market = mem::take(&mut self.outbox.market);
        for event in market.drain(..) {
            self.note_public(&event);
            self.events.push(event);
        }
        self.outbox.market = market;
        while self.revalued {
            match self.in_liquidation() {
                Some(uid) => self.liquidate(uid),
                None => self.revalued = false,
            }
        }
        self.refresh_watches();
        self.find_next();
    }

    pub(super) fn book_happenings(&mut self) {
        while !(self.outbox.happenings.is_empty() && self.uneven.is_empty()) {
            for (at_ns, happening) in mem::take(&mut self.outbox.happenings) {
                self.apply(at_ns, happening);
            }
            let mut uneven = mem::take(&mut self.uneven);
            uneven.sort_unstable();
            uneven.dedup();
            uneven.into_iter().for_each(|(uid, market)| self.even_out(uid, market));
        }
    }

    fn note_public(&mut self, event: &Event) {
        let (Event::Book { market, .. } | Event::Ticker { market, .. } | Event::Trades { market, .. }) = event else { return };
        let (now_ns, mid) = (self.now_ns, self.mid(market.index()));
        let interval_ns = self.rules.get(market.index()).map_or(0, |rules| rules.funding_interval_ns);
        let (Some(spec), Some(prices)) = (self.instruments.get(market.index()), self.prices.get_mut(market.index())) else { return };
        let mark = prices.mark;
        match event {
            Event::Book { .. } => {
                self.touched.push(*market);
                if let Some(mid) = mid {
                    prices.on_mid(now_ns, spec.id.category, mid);
                }
            }
            Event::Ticker { fields, .. } => prices.on_ticker(now_ns, interval_ns, fields),
            Event::Trades { trades, .. } => {
                if let Some(trade) = trades.last() {
                    prices.on_trade(spec.price(trade.price));
                }
            }
            _ => {}
        }
        self.revalued |= prices.mark != mark;
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
