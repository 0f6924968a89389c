//! What a run of the core is given at its start: plain values, recorded in the capture's header.

use alloc::vec::Vec;

use crate::ids::InstrumentId;
use crate::orders::client_id::RunId;
use crate::quoting::ladder::LadderParams;
use crate::targets::Patience;
use crate::units::Amount;

/// One market to quote.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketConfig {
    pub id: InstrumentId,
    /// The `orderbook.{depth}` topic that makes the book.
    pub depth: u16,
    /// Size of one quote, in base coin.
    pub order_qty: Amount,
    /// Largest absolute position, in base coin.
    pub max_position: Amount,
    /// Largest price × size of one order, in quote coin.
    pub max_order_notional: Amount,
}

/// The whole start configuration of the core.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineConfig {
    pub run: RunId,
    pub seed: u64,
    pub recv_window_ms: u32,
    /// The venue's limits per second before our headroom.
    pub orders_per_s: u32,
    pub queries_per_s: u32,
    pub markets: Vec<MarketConfig>,
    pub ladder: LadderParams,
    pub volatility_half_life_s: f64,
    pub patience: Patience,
}
