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

/// The rules of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketRules {
    /// `None`: prices are not limited.
    pub price_ratios: Option<PriceRatios>,
    /// Largest market order; `None`: as large as a limit order.
    pub max_market_qty: Option<Lots>,
    /// `maxOrderAmt`: largest value of a spot order in quote coin.
    pub max_order_value: Option<Amount>,
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
        Self { price_ratios, max_market_qty: None, max_order_value: None }
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
        }
    }
}
