//! The judge's watch over conduct: what others do to account and rules must be borne, churn is capped, and a loss stop only lets go.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;

use mm_core::fact::{Fact, MarketView};
use mm_core::guards::Guard;
use mm_core::ids::{ClientId, ExecId, MarketIx};
use mm_core::units::Amount;

use super::SECOND_NS;
use super::auditor::Auditor;
use crate::api::ExecutionRow;

/// The venue's words for an order that its rules forbid: below its least value, above its greatest size, and in a market that is not traded.
const FORBIDDEN: [i64; 5] = [110_094, 10_001, 110_074, 110_063, 110_066];
/// How long orders may still fill that were under way when a stop tripped, or when a trade of somebody else was told.
const UNDER_WAY_NS: i64 = 5 * SECOND_NS;
/// How long cancels that get lost one after the other excuse what is left of such a trade.
const LOST_NS: i64 = 30 * SECOND_NS;

/// The bot's run is called so.
pub fn is_ours(id: ClientId) -> bool {
    id.as_bytes().starts_with(b"world")
}

/// What the judge remembers of conduct.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    /// Trades of somebody else that the bot does not know of yet, and until when what they upset is excused.
    external: BTreeSet<ExecId>,
    upset_until_ns: i64,
    external_ns: i64,
    /// A loss stop is latched since.
    reduced_since_ns: Option<i64>,
    /// The venue's rules forbid every quote of a market, and the bot must have learnt it by then.
    pub(super) paused: Option<(MarketIx, i64)>,
    /// New and moved orders of each market within the last second, and the most there may be.
    changes: BTreeMap<MarketIx, VecDeque<i64>>,
    pub max_changes_per_s: Option<usize>,
    changed: u64,
    refusals: u64,
    most_refusals: u64,
    pnl: BTreeMap<MarketIx, Amount>,
    peak: Amount,
    drawdown: Amount,
}

impl Conduct {
    /// A loss stop lets only pass what brings positions nearer to zero.
    pub fn is_reduced(&self) -> bool {
        self.reduced_since_ns.is_some()
    }

    pub fn is_external(&self, id: ExecId) -> bool {
        self.external.contains(&id)
    }

    /// A new run of the bot counts its PnL anew and latches its stops by itself.
    pub fn renewed(&mut self) {
        (self.reduced_since_ns, self.peak) = (None, Amount::ZERO);
        self.pnl.clear();
    }

    /// Exposure is not the bot's doing alone.
    pub fn is_upset(&self, now_ns: i64) -> bool {
        !self.external.is_empty() || now_ns < self.upset_until_ns
    }

    /// New and moved orders a hundred fills, refusals after one change of rules, the deepest fall of the PnL in whole quote coins.
    pub fn figures(&self, fills: usize) -> [(&'static str, i64); 3] {
        let per_fill = self.changed * 100 / (fills.max(1) as u64);
        let coins = i64::try_from(self.drawdown.0 / Amount::ONE.0).unwrap_or(i64::MAX);
        [
            ("changes_per_100_fills", i64::try_from(per_fill).unwrap_or(i64::MAX)),
            ("refusals_per_change", i64::try_from(self.most_refusals).unwrap_or(i64::MAX)),
            ("drawdown_usdt", coins),
        ]
    }

    /// The PnL of all markets as last seen.
    pub fn total(&self) -> Amount {
        self.pnl.values().fold(Amount::ZERO, |sum, pnl| sum + *pnl)
    }

    fn seen(&mut self, view: &MarketView) {
        self.pnl.insert(view.market, view.pnl.total);
        let total = self.total();
        self.peak = self.peak.max(total);
        self.drawdown = self.drawdown.max(self.peak - total);
    }
}

impl Auditor {
    /// Somebody uses our account: it counts in the venue's windows.
    pub fn account_used(&mut self) {
        self.time.still_until_ns = self.time.still_until_ns.max(self.now_ns);
    }

    pub fn rules_changed(&mut self) {
        self.conduct.refusals = 0;
    }

    /// The codes of an answer on the trade socket.
    pub fn count_refusals(&mut self, codes: &[i64]) {
        self.conduct.refusals += codes.iter().filter(|code| FORBIDDEN.contains(code)).count() as u64;
        self.conduct.most_refusals = self.conduct.most_refusals.max(self.conduct.refusals);
    }

    /// An execution at the venue: whose it is, and whether a latched stop allows it. `before` is the position that it met.
    pub(super) fn judge_execution(&mut self, row: &ExecutionRow, before: i64) {
        if !is_ours(row.client_id) {
            self.conduct.external.insert(row.exec_id);
            return;
        }
        let since_ns = self.conduct.reduced_since_ns.unwrap_or(i64::MAX - UNDER_WAY_NS);
        let grown = before * row.side.sign() >= 0;
        if grown && self.now_ns > since_ns + UNDER_WAY_NS && !self.conduct.is_upset(self.now_ns) {
            self.fail(format!("market {}: a position of {before} grows under a loss stop", row.market.0));
        }
    }

    /// The bot has booked an execution.
    pub(super) fn settle_external(&mut self, id: ExecId) {
        if self.conduct.external.remove(&id) {
            (self.conduct.external_ns, self.conduct.upset_until_ns) = (self.now_ns, self.now_ns + UNDER_WAY_NS);
        }
    }

    /// A cancel leaves. What is too much since somebody's trade stands as long as the network loses its cancels.
    pub(super) fn excuse_cancel(&mut self) {
        let conduct = &mut self.conduct;
        if self.now_ns < conduct.upset_until_ns {
            conduct.upset_until_ns = (self.now_ns + UNDER_WAY_NS).min(conduct.external_ns + LOST_NS);
        }
    }

    /// A new or moved order of a market leaves.
    pub(super) fn count_change(&mut self, market: MarketIx) {
        self.conduct.changed += 1;
        if self.conduct.paused.is_some_and(|(paused, by_ns)| paused == market && self.now_ns > by_ns) {
            self.fail(format!("market {}: an order is sent although the venue's rules have long forbidden it", market.0));
        }
        let Some(most) = self.conduct.max_changes_per_s else { return };
        let now_ns = self.now_ns;
        let changes = self.conduct.changes.entry(market).or_default();
        changes.retain(|at_ns| now_ns - at_ns < SECOND_NS);
        changes.push_back(now_ns);
        let count = changes.len();
        if count > most {
            self.fail(format!("market {}: {count} new or moved orders within a second, {most} allowed", market.0));
        }
    }

    pub(super) fn hear_conduct(&mut self, fact: &Fact) {
        match fact {
            Fact::GuardTripped { guard: Guard::Drawdown | Guard::DailyLoss, .. } => {
                self.conduct.reduced_since_ns.get_or_insert(self.now_ns);
            }
            Fact::GuardCleared { guard: Guard::Drawdown | Guard::DailyLoss, .. } => self.conduct.reduced_since_ns = None,
            Fact::RequestFailed { code: 10002, .. } => self.clock_refused(),
            Fact::MarketSeen(view) => self.conduct.seen(view),
            _ => {}
        }
        self.hear_day(fact);
    }
}
