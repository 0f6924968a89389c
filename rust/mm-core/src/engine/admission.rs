//! Whether this key and this account are fit for the bot, and whose orders are on it.

use alloc::vec::Vec;

use super::answers::ARRIVAL_GRACE_NS;
use super::{Engine, Sink};
use crate::account::{AccountInfo, ApiKeyInfo};
use crate::fact::{Fact, FatalReason};
use crate::ids::{Category, MarketIx};
use crate::input::OrderUpdate;
use crate::orders::client_id;
use crate::output::Query;
use crate::session::inflight::Purpose;
use crate::session::recovery::Stage;

/// `deadlineDay` of a key that has expired.
const EXPIRED: i64 = -1;

/// What the venue has said of key and account, and what of ours a shared account's listing has shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Admission {
    key_fits: bool,
    account_fits: bool,
    begun_ns: i64,
    /// Shared account: open orders that some run of this bot wrote.
    ours_listed: Vec<OrderUpdate>,
}

impl Admission {
    pub(super) fn is_complete(&self) -> bool {
        self.key_fits && self.account_fits
    }
}

impl Engine {
    pub(super) fn ask_admission(&mut self) {
        self.admission.begun_ns = self.now_ns;
        self.ask(Query::ApiKey, Purpose::Boot, self.now_ns);
        self.ask(Query::AccountInfo, Purpose::Boot, self.now_ns);
    }

    /// A key that may withdraw is refused before anything is sent with it: what is not needed cannot be stolen through us.
    pub(super) fn judge_key(&mut self, key: &ApiKeyInfo, sink: &mut Sink) {
        let trades = |category: Category| self.instruments.iter().any(|(_, id, _)| id.category == category);
        let faults = [
            ("key_may_withdraw", key.withdraws),
            ("key_is_read_only", key.read_only),
            ("key_has_expired", key.days_left == EXPIRED),
            ("key_is_not_of_a_unified_account", !key.unified),
            ("key_may_not_trade_linear", trades(Category::Linear) && !key.trades_linear),
            ("key_may_not_trade_spot", trades(Category::Spot) && !key.trades_spot),
        ];
        self.admission.key_fits = self.admit(&faults, sink);
    }

    pub(super) fn judge_account(&mut self, account: &AccountInfo, sink: &mut Sink) {
        self.admission.account_fits = self.admit(&[("account_is_not_unified", !account.is_unified())], sink);
    }

    fn admit(&self, faults: &[(&'static str, bool)], sink: &mut Sink) -> bool {
        let found = faults.iter().filter(|(_, wrong)| *wrong);
        let before = sink.facts.len();
        sink.facts.extend(found.map(|&(what, _)| Fact::Fatal(FatalReason::Admission { what })));
        sink.facts.len() == before
    }

    /// An open order that this run did not write. Returns true if it must be gone before we quote.
    pub(super) fn foreign_order(&mut self, row: &OrderUpdate, sink: &mut Sink) -> bool {
        let (market, client_id) = (row.market, row.client_id);
        let of_a_bot = client_id::run_of(&client_id).is_some();
        let shared = self.config.shared_account;
        if shared && !of_a_bot {
            return false;
        }
        // What an earlier run had on its way may still arrive.
        let horizon_ns = i64::from(self.config.recv_window_ms) * 1_000_000 + ARRIVAL_GRACE_NS;
        let leftover = of_a_bot && self.now_ns - self.admission.begun_ns <= horizon_ns;
        if self.recovery.is_some() || leftover || !self.recovered {
            sink.facts.push(Fact::StrayFound { market, client_id });
            if shared {
                self.admission.ours_listed.push(*row);
            }
            if !shared || self.recovery.is_none() {
                self.want_recovery(sink);
            }
        } else {
            let reason =
                if of_a_bot { FatalReason::SecondInstance { market, client_id } } else { FatalReason::ForeignOrder { market, client_id } };
            sink.facts.push(Fact::Fatal(reason));
        }
        true
    }

    /// On a shared account nothing is cancelled but what is ours, by its id: what the listing showed and what our table holds.
    pub(super) fn only_ours(&mut self, stage: Stage, queries: Vec<Query>) -> Vec<Query> {
        if !self.config.shared_account || stage != Stage::Cancelling {
            return queries;
        }
        let listed = core::mem::take(&mut self.admission.ours_listed);
        let mut ours: Vec<_> = listed.iter().map(|row| (row.market, row.client_id)).collect();
        ours.extend(self.orders.iter().filter(|(_, order)| !order.state.is_terminal()).map(|(market, order)| (market, order.client_id)));
        ours.sort_unstable();
        ours.dedup();
        ours.into_iter().map(|(market, client_id)| Query::CancelOrder { market, client_id }).collect()
    }

    /// The cancels by HTTP that take a market's orders down while the trade socket is gone.
    pub(super) fn pulls(&self, market: MarketIx) -> Vec<Query> {
        if !self.config.shared_account {
            return Vec::from([Query::CancelAll(market)]);
        }
        let open = self.orders.of(market).iter().filter(|order| !order.state.is_terminal());
        open.map(|order| Query::CancelOrder { market, client_id: order.client_id }).collect()
    }
}
