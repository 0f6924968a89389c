//! The exchange's own record, from which verdicts are read: exact sums of executions, never a position or wallet figure.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::Category;
use mm_core::units::Amount;
use serde_json::{Map, Value, json};

use super::account::REASONS;
use super::{Account, Exchange, QuoteWatch};
use crate::api::Uid;

/// One account in one market. Position and cash are exact; skew and two-sided time exist for the traded account only.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketRecord {
    /// Base coin, signed, exact. Spot: what the market's fills and its base fees did to the coin balance.
    pub position: Amount,
    /// Σ −side·qty·price before fees, quote coin, exact.
    pub cash: Amount,
    /// Σ fee, settle coin (spot: quote coin), exact; a rebate is negative.
    pub fees: Amount,
    /// Σ fee in the base coin, exact; a contract has none.
    pub base_fees: Option<Amount>,
    /// Σ funding paid, settle coin, exact; received is negative. Spot has none.
    pub funding: Option<Amount>,
    pub fills: u64,
    /// Fills by [`crate::api::FillReason::code`].
    pub fills_by_reason: BTreeMap<String, u64>,
    pub orders_placed: u64,
    pub post_only_rejects: u64,
    /// Accepted and not ended, at the time of the record.
    pub open_orders: usize,
    /// Mid of the published book in quote coin; `None` while it is not two-sided.
    pub mid: Option<Amount>,
    pub skew_samples: u64,
    /// Of (own quote mid − book mid) with position.
    pub skew_correlation: Option<f64>,
    /// Closed-open `[start_ns, end_ns]`, the running one closed at the time of the record.
    pub two_sided: Vec<(i64, i64)>,
    pub two_sided_truncated: bool,
}

/// One account: its coins and its markets (`linear.BTCUSDT`, `spot.BTCUSDT`).
#[derive(Clone, Debug, PartialEq)]
pub struct AccountRecord {
    pub uid: Uid,
    pub balances: BTreeMap<String, Amount>,
    pub markets: BTreeMap<String, MarketRecord>,
}

/// Everything at one moment. The first account is the traded one.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub at_ns: i64,
    pub first_subscription_ns: Option<i64>,
    pub tape_ended: bool,
    /// Messages of the liquidity that no open order explains: refused and counted. Anything but 0 is a bug.
    pub refused_happenings: u64,
    pub accounts: Vec<AccountRecord>,
}

impl Exchange {
    /// The record as of `now_ns`. Does not advance the exchange.
    #[must_use]
    pub fn record(&self, now_ns: i64) -> Record {
        let at_ns = now_ns.max(self.now_ns);
        let accounts = self.account_order.iter().filter_map(|uid| Some((*uid, self.accounts.get(uid)?)));
        Record {
            at_ns,
            first_subscription_ns: self.started_ns,
            tape_ended: self.liquidity.ended(),
            refused_happenings: self.refused_happenings,
            accounts: accounts.map(|(uid, account)| self.account_record(at_ns, uid, account)).collect(),
        }
    }

    fn account_record(&self, at_ns: i64, uid: Uid, account: &Account) -> AccountRecord {
        let markets = self.instruments.iter().enumerate();
        AccountRecord {
            uid,
            balances: account.wallet.iter().map(|(coin, amount)| (coin.to_string(), *amount)).collect(),
            markets: markets.map(|(at, spec)| (spec.id.to_string(), self.market_record(at_ns, uid, account, at))).collect(),
        }
    }

    fn market_record(&self, at_ns: i64, uid: Uid, account: &Account, at: usize) -> MarketRecord {
        let tally = account.tallies.get(at).copied().unwrap_or_default();
        let watch = self.watches.get(at).filter(|_| self.traded() == Some(uid)).map(|watch| watch.seen_at(at_ns));
        let QuoteWatch { samples, correlation, intervals, intervals_truncated, .. } = watch.unwrap_or_default();
        let spec = self.instruments.get(at);
        let base_fees = spec.filter(|spec| spec.id.category == Category::Spot).map(|_| tally.base_fees);
        let bought = spec.map_or(Amount::ZERO, |spec| spec.qty(tally.position)) + tally.carried;
        let reasons = REASONS.iter().zip(tally.fills_by_reason);
        MarketRecord {
            position: bought - base_fees.unwrap_or(Amount::ZERO),
            cash: tally.cash,
            fees: tally.fees,
            base_fees,
            funding: spec.filter(|spec| spec.id.category == Category::Linear).map(|_| tally.funding),
            fills: tally.fills,
            fills_by_reason: reasons.filter(|row| row.1 > 0).map(|(reason, count)| (reason.code().to_string(), count)).collect(),
            orders_placed: tally.orders_placed,
            post_only_rejects: tally.post_only_rejects,
            open_orders: self.orders.open(uid).filter(|row| row.market.index() == at).count(),
            mid: self.mid(at),
            skew_samples: samples,
            skew_correlation: correlation.value(),
            two_sided: intervals,
            two_sided_truncated: intervals_truncated,
        }
    }
}

impl MarketRecord {
    fn to_json(&self) -> Value {
        let mut row = json!({
            "position": self.position.to_string(),
            "cash": self.cash.to_string(),
            "fees": self.fees.to_string(),
            "fills": self.fills,
            "fills_by_reason": self.fills_by_reason,
            "orders_placed": self.orders_placed,
            "post_only_rejects": self.post_only_rejects,
            "open_orders": self.open_orders,
            "mid": self.mid.map(|mid| mid.to_string()),
            "skew": {"samples": self.skew_samples, "correlation": self.skew_correlation},
            "two_sided_ns": self.two_sided.iter().map(|(start, end)| json!([start, end])).collect::<Vec<_>>(),
            "two_sided_truncated": self.two_sided_truncated,
        });
        if let Some(base_fees) = self.base_fees {
            row["base_fees"] = json!(base_fees.to_string());
        }
        if let Some(funding) = self.funding {
            row["funding"] = json!(funding.to_string());
        }
        row
    }
}

impl AccountRecord {
    fn to_json(&self) -> Value {
        let markets: Map<String, Value> = self.markets.iter().map(|(name, market)| (name.clone(), market.to_json())).collect();
        let balances: Map<String, Value> = self.balances.iter().map(|(coin, amount)| (coin.clone(), json!(amount.to_string()))).collect();
        json!({"uid": self.uid.0, "balances": balances, "markets": markets})
    }
}

impl Record {
    /// The record as JSON: exact amounts are decimal strings, counts and times numbers. `markets` and `balances` on top are the
    /// traded (first) account's; `accounts` holds all of them.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let accounts: Vec<Value> = self.accounts.iter().map(AccountRecord::to_json).collect();
        let traded = accounts.first().cloned().unwrap_or_else(|| json!({"balances": {}, "markets": {}}));
        json!({
            "at_ns": self.at_ns,
            "first_subscription_ns": self.first_subscription_ns,
            "tape_ended": self.tape_ended,
            "refused_happenings": self.refused_happenings,
            "balances": traded["balances"],
            "markets": traded["markets"],
            "accounts": accounts,
        })
    }
}
