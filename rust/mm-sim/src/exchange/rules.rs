//! What a market allows beyond its instrument's grid, and the options: where the venue's documents leave a rule open, one may be chosen.

use mm_core::ids::Category;
use mm_core::units::{Amount, Lots};

use crate::api::SelfMatch;

/// How far beyond the reference price an aggressive order may be priced, as fractions: `X` and `Y` of instruments-info's riskParameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRatios {
    pub x: Amount,
    pub y: Amount,
}

/// What may be done in a market: new and changed orders only while it trades, cancels always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketStatus {
    PreLaunch,
    Trading,
    Settling,
    Closed,
}

impl MarketStatus {
    /// The venue's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MarketStatus::PreLaunch => "PreLaunch",
            MarketStatus::Trading => "Trading",
            MarketStatus::Settling => "Settling",
            MarketStatus::Closed => "Closed",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<MarketStatus> {
        let all = [MarketStatus::PreLaunch, MarketStatus::Trading, MarketStatus::Settling, MarketStatus::Closed];
        all.into_iter().find(|status| status.as_str() == name)
    }
}

/// The rules of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketRules {
    pub status: MarketStatus,
    /// `None`: prices are not limited.
    pub price_ratios: Option<PriceRatios>,
    /// Largest market order; `None`: as large as a limit order.
    pub max_market_qty: Option<Lots>,
    /// `maxOrderAmt`: largest value of a spot order in quote coin.
    pub max_order_value: Option<Amount>,
    /// Maintenance margin as a share of the position's value: one risk tier.
    pub maintenance_rate: Amount,
    pub max_leverage: u32,
    pub funding_interval_ns: i64,
    /// Settled where no recording tells a rate.
    pub funding_rate: Amount,
}

/// 1e-4 of anything.
const BPS: i128 = Amount::ONE.0 / 10_000;

impl MarketRules {
    /// The venue's usual ratios: 1 % and 2 % on contracts, 0.5 % and 1 % on spot.
    #[must_use]
    pub fn of(category: Category) -> Self {
        let (x, y) = match category {
            Category::Linear => (100, 200),
            Category::Spot => (50, 100),
        };
        let price_ratios = Some(PriceRatios { x: Amount(x * BPS), y: Amount(y * BPS) });
        Self {
            status: MarketStatus::Trading,
            price_ratios,
            max_market_qty: None,
            max_order_value: None,
            maintenance_rate: Amount(50 * BPS),
            max_leverage: 100,
            funding_interval_ns: 8 * 3600 * 1_000_000_000,
            funding_rate: Amount::ZERO,
        }
    }
}

/// What is done to a price beyond its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeyondLimit {
    /// The order rests at the limit.
    Clamp,
    Reject,
}

/// Choices where the venue's documents leave the rule open. The default is what they make likeliest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A smaller size at the same price keeps its place in the queue; otherwise every amend goes to the back.
    pub size_down_keeps_place: bool,
    /// A post-only order amended across the spread ends; otherwise the amend is refused and the order stays.
    pub crossing_amend_ends: bool,
    /// A spot post-only order that would take ends `Rejected`; otherwise `Cancelled`, as on contracts.
    pub spot_post_only_rejects: bool,
    /// Longest client id, in characters: 45 is what was seen refused, 36 what is documented.
    pub max_client_id_chars: usize,
    /// A client id may be used again once its order has ended; otherwise never.
    pub client_ids_come_free: bool,
    pub linear_beyond_limit: BeyondLimit,
    pub spot_beyond_limit: BeyondLimit,
    /// How far from the last price a contract's market order reaches, as a fraction.
    pub market_reach: Amount,
    /// What orders of one owner do that name no `smpType`: where it is forced upon clients, not [`SelfMatch::Allow`].
    pub default_self_match: SelfMatch,
    /// An order is refused where the account cannot bear its initial margin.
    pub margin_checks: bool,
    /// Of buys and sells in one contract only the larger side needs margin; otherwise both.
    pub larger_side_counts: bool,
    /// Orders that rest, change or end push the position and the wallet, too; otherwise only fills do.
    pub orders_push_holdings: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            size_down_keeps_place: true,
            crossing_amend_ends: true,
            spot_post_only_rejects: true,
            max_client_id_chars: 45,
            client_ids_come_free: false,
            linear_beyond_limit: BeyondLimit::Clamp,
            spot_beyond_limit: BeyondLimit::Reject,
            market_reach: Amount(500 * BPS),
            default_self_match: SelfMatch::Allow,
            margin_checks: true,
            larger_side_counts: true,
            orders_push_holdings: true,
        }
    }
}
