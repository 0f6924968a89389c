//! One unified account: coins, positions, executions and the running sums that the record states.
//!
//! A spot fill moves two coins and opens no position; its fee leaves the coin that the account receives, or the other one (see [`FeeCoin`]).

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use mm_core::ids::{Category, Coin, MarketIx};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Side, Ticks};

use super::position::{Netted, Position};
use super::rates::MarginRates;
use super::transfers::Transfer;
use crate::api::{ExecutionRow, FillReason};

/// Executions that stay queryable per account; older ones are forgotten, their sums are not.
pub const MAX_EXECUTIONS: usize = 10_000;
/// Orders of the fill counts in [`Tally::fills_by_reason`].
pub(super) const REASONS: [FillReason; 7] = [
    FillReason::Matched,
    FillReason::TapeQueue,
    FillReason::TapeThrough,
    FillReason::TapeTaken,
    FillReason::TakerSeed,
    FillReason::Liquidated,
    FillReason::Deleveraged,
];

/// Exact sums over everything that ever happened in one market; they never read a position or a balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) position: Lots,
    /// Bought before the step changed, and no whole lots of today's.
    pub(super) carried: Amount,
    /// Σ −side·qty·price before fees.
    pub(super) cash: Amount,
    /// Σ fee in the settle coin; a rebate is negative.
    pub(super) fees: Amount,
    /// Σ fee in the base coin, spot only; a rebate is negative.
    pub(super) base_fees: Amount,
    /// Σ funding paid, in the settle coin; received is negative.
    pub(super) funding: Amount,
    pub(super) fills: u64,
    pub(super) fills_by_reason: [u64; REASONS.len()],
    pub(super) orders_placed: u64,
    pub(super) post_only_rejects: u64,
}

/// The coin that a fee leaves or a rebate enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeeCoin {
    Settle,
    Base,
}

impl FeeCoin {
    /// Contracts: the settle coin. Spot: the coin received, except that under a negative maker rate a maker's rebate comes in the other
    /// one. A taker never flips.
    pub(super) fn of(category: Category, side: Side, is_maker: bool, maker_rate: Amount) -> Self {
        let flips = is_maker && maker_rate < Amount::ZERO;
        match (category, side, flips) {
            (Category::Spot, Side::Buy, false) | (Category::Spot, Side::Sell, true) => FeeCoin::Base,
            _ => FeeCoin::Settle,
        }
    }

    pub(super) fn coin(self, instrument: &Instrument) -> Coin {
        match self {
            FeeCoin::Settle => instrument.settle,
            FeeCoin::Base => instrument.base,
        }
    }
}

/// A fill as the account books it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Booking {
    pub(super) market: MarketIx,
    pub(super) side: Side,
    pub(super) price: Ticks,
    pub(super) qty: Lots,
    pub(super) value: Amount,
    pub(super) fee: Amount,
    pub(super) fee_coin: FeeCoin,
    pub(super) reason: FillReason,
    pub(super) at_ns: i64,
    pub(super) seq: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) wallet: BTreeMap<Coin, Amount>,
    pub(super) positions: Vec<Position>,
    pub(super) tallies: Vec<Tally>,
    /// Accounts of one group other than 0 count as one owner where orders meet.
    pub(super) smp_group: u32,
    /// By market.
    pub(super) rates: Vec<MarginRates>,
    /// Contracts in which it keeps two positions: none is held there.
    pub(super) hedged: BTreeSet<MarketIx>,
    /// It has placed reduce-only orders.
    pub(super) reduces: bool,
    /// Newest first.
    pub(super) transfers: VecDeque<Transfer>,
    /// Newest first.
    pub(super) executions: VecDeque<ExecutionRow>,
    /// Executions so far, forgotten ones included.
    pub(super) executed: u64,
}

impl Account {
    pub(super) fn new(deposits: &[(Coin, Amount)], smp_group: u32, rates: Vec<MarginRates>) -> Self {
        let markets = rates.len();
        let mut wallet = BTreeMap::new();
        for &(coin, amount) in deposits {
            *wallet.entry(coin).or_insert(Amount::ZERO) += amount;
        }
        let (positions, tallies) = (alloc::vec![Position::default(); markets], alloc::vec![Tally::default(); markets]);
        Self {
            wallet,
            positions,
            tallies,
            smp_group,
            rates,
            hedged: BTreeSet::new(),
            reduces: false,
            transfers: VecDeque::new(),
            executions: VecDeque::new(),
            executed: 0,
        }
    }

    /// Books a fill into position, wallet and tally; `None` for a market that does not exist.
    pub(super) fn book(&mut self, instrument: &Instrument, fill: &Booking) -> Option<Netted> {
        let at = fill.market.index();
        let netted = match instrument.id.category {
            Category::Linear => self.net(instrument, fill)?,
            Category::Spot => self.exchange_coins(instrument, fill),
        };
        let tally = self.tallies.get_mut(at)?;
        tally.position += Lots(fill.side.sign() * fill.qty.0);
        tally.cash += Amount(-i128::from(fill.side.sign()) * fill.value.0);
        match fill.fee_coin {
            FeeCoin::Settle => tally.fees += fill.fee,
            FeeCoin::Base => tally.base_fees += fill.fee,
        }
        tally.fills += 1;
        for (count, reason) in tally.fills_by_reason.iter_mut().zip(REASONS) {
            *count += u64::from(reason == fill.reason);
        }
        Some(netted)
    }

    fn net(&mut self, instrument: &Instrument, fill: &Booking) -> Option<Netted> {
        let position = self.positions.get_mut(fill.market.index())?;
        let netted = position.fill(instrument, fill.side, fill.price, fill.qty, fill.fee);
        let change = netted.pnl - fill.fee;
        position.realised += change;
        position.updated_ns = fill.at_ns;
        position.seq = fill.seq;
        self.credit(instrument.settle, change);
        Some(netted)
    }

    /// Pays (negative: receives) funding of a market.
    pub(super) fn fund(&mut self, instrument: &Instrument, market: MarketIx, paid: Amount, at_ns: i64) {
        if let (Some(position), Some(tally)) = (self.positions.get_mut(market.index()), self.tallies.get_mut(market.index())) {
            position.realised += -paid;
            position.updated_ns = at_ns;
            tally.funding += paid;
            self.credit(instrument.settle, -paid);
        }
    }

    fn exchange_coins(&mut self, instrument: &Instrument, fill: &Booking) -> Netted {
        let sign = i128::from(fill.side.sign());
        self.credit(instrument.base, Amount(sign * instrument.qty(fill.qty).0));
        self.credit(instrument.quote, Amount(-sign * fill.value.0));
        self.credit(fill.fee_coin.coin(instrument), -fill.fee);
        Netted::default()
    }

    pub(super) fn credit(&mut self, coin: Coin, change: Amount) {
        *self.wallet.entry(coin).or_insert(Amount::ZERO) += change;
    }

    pub(super) fn remember(&mut self, row: ExecutionRow) {
        if self.executions.len() >= MAX_EXECUTIONS {
            self.executions.pop_back();
        }
        self.executions.push_front(row);
        self.executed += 1;
    }
}
