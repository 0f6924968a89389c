//! What an exchange is set up with; the rules of its markets and its options stand in [`super::rules`].

use alloc::vec::Vec;

use mm_core::ids::Coin;
use mm_core::instrument::Instrument;
use mm_core::units::Amount;

use super::rules::{MarketRules, Options};
use crate::api::Uid;

/// One account and what it starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountConfig {
    pub uid: Uid,
    pub deposits: Vec<(Coin, Amount)>,
    /// Accounts of one group other than 0 count as one owner where orders meet (self-match prevention).
    pub smp_group: u32,
}

/// The exchange's own settings; liquidity and takers are passed beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeConfig {
    /// The row number is the [`mm_core::ids::MarketIx`].
    pub instruments: Vec<Instrument>,
    /// The first account is the traded one: two-sided time and skew in the record are its.
    pub accounts: Vec<AccountConfig>,
    /// (maker, taker) as fractions per market; a maker rebate is negative. A missing row is free of fees.
    pub fees: Vec<(Amount, Amount)>,
    /// Of every contract until an account sets it otherwise.
    pub leverage: u32,
    /// From the accepted request to its arrival in the book: fixed, stated, never drawn.
    pub order_latency_ns: i64,
    /// How far from the mid (basis points) a quote still counts as two-sided, per market. A missing row counts none.
    pub two_sided_bps: Vec<f64>,
    /// Order and execution ids are drawn from it.
    pub seed: u64,
    /// Per market; a missing row is [`MarketRules::of`] its category.
    pub rules: Vec<MarketRules>,
    pub options: Options,
}
