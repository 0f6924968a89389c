//! Fee tiers: what each tier pays by category and symbol group, and how many orders per second it may send.
//!
//! Source: the venue's published VIP schedule and its fee-group list for professional accounts (2026-06). A negative maker rate is a
//! rebate. Market-maker tiers publish only the rebate; their taker rate here is Pro 6's of the same group.
//! Spot has the venue's spot schedule and its market-maker programme page (2025-07); what they leave open, the professional tiers on spot
//! and the market makers' taker rate, is the Supreme tier's rate.

use alloc::format;
use alloc::string::String;

use mm_core::ids::Category;
use mm_core::units::Amount;

/// What a fill costs: fee = value × rate, negative for a rebate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    pub maker: Amount,
    pub taker: Amount,
}

/// A symbol's fee group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Major,
    HighGrowth,
    MidLiquidity,
    MidActivation,
    LongTail,
}

impl Group {
    /// BTC, ETH, XRP and SOL are majors; whatever else is listed counts as long tail.
    #[must_use]
    pub fn of(base_coin: &str) -> Group {
        match base_coin {
            "BTC" | "ETH" | "XRP" | "SOL" => Group::Major,
            _ => Group::LongTail,
        }
    }
}

/// 1e-7 of value: one tenth of a hundredth of a basis point, enough to write every published rate as an integer.
const UNIT: i128 = Amount::ONE.0 / 10_000_000;

fn rates(maker: i128, taker: i128) -> Rates {
    Rates { maker: Amount(maker * UNIT), taker: Amount(taker * UNIT) }
}

/// (tier, maker, taker) in 1e-7, the same for every group.
const VIP: [(&str, i128, i128); 7] = [
    ("vip0", 2000, 5500),
    ("vip1", 1800, 4000),
    ("vip2", 1600, 3750),
    ("vip3", 1400, 3500),
    ("vip4", 1200, 3200),
    ("vip5", 1000, 3200),
    ("supreme", 0, 3000),
];

/// The same on spot.
const SPOT: [(&str, i128, i128); 12] = [
    ("vip0", 10000, 10000),
    ("vip1", 6750, 8000),
    ("vip2", 6500, 7750),
    ("vip3", 6250, 7500),
    ("vip4", 5000, 6000),
    ("vip5", 4000, 5000),
    ("supreme", 3000, 4500),
    ("pro1", 3000, 4500),
    ("pro6", 3000, 4500),
    ("mm1", -100, 4500),
    ("mm2", -500, 4500),
    ("mm3", -750, 4500),
];

/// (group, Pro 1 maker, Pro 1 taker, Pro 6 taker, [MM1, MM2, MM3] maker) in 1e-7; Pro 6 makers pay nothing.
const GROUPS: [(Group, i128, i128, i128, [i128; 3]); 5] = [
    (Group::Major, 1000, 2800, 1500, [-100, -250, -400]),
    (Group::HighGrowth, 1250, 3200, 1800, [-100, -250, -400]),
    (Group::MidLiquidity, 750, 2800, 1800, [-250, -500, -750]),
    (Group::MidActivation, 0, 3000, 2500, [-500, -750, -1000]),
    (Group::LongTail, 0, 3200, 2800, [-750, -1000, -1250]),
];

/// The groups as `fee-group-info` numbers them from 1: (group, name, weight of its maker volume).
pub const GROUP_NAMES: [(Group, &str, u32); 5] = [
    (Group::Major, "G1(Major Coins)", 1),
    (Group::HighGrowth, "G2(High Growth)", 5),
    (Group::MidLiquidity, "G3(Mid-Tier Liquidity)", 8),
    (Group::MidActivation, "G4(Mid-Tier Activation)", 15),
    (Group::LongTail, "G5(Long Tail)", 20),
];

/// (tier, contracts, spot): orders per second and endpoint.
const ORDER_LIMITS: [(&str, u32, u32); 12] = [
    ("vip0", 10, 20),
    ("vip1", 20, 25),
    ("vip2", 40, 30),
    ("vip3", 60, 40),
    ("vip4", 60, 40),
    ("vip5", 60, 40),
    ("supreme", 60, 40),
    ("pro1", 200, 200),
    ("pro6", 1200, 1200),
    ("mm1", 600, 600),
    ("mm2", 800, 800),
    ("mm3", 1000, 1000),
];

/// The rates of `tier` in `group` of `category` (spot has no groups). Besides the tier names, `maker:taker` as plain decimal fractions (`-0.00001:0.00015`).
///
/// # Errors
/// A sentence naming the tier if it is neither.
pub fn tier_rates(tier: &str, category: Category, group: Group) -> Result<Rates, String> {
    if let Some((maker, taker)) = tier.split_once(':') {
        let parse = |text: &str| Amount::parse(text.as_bytes()).map_err(|error| format!("fee tier {tier:?}: {text:?} is {error}"));
        return Ok(Rates { maker: parse(maker)?, taker: parse(taker)? });
    }
    if let Some((_, maker, taker)) = SPOT.iter().find(|row| category == Category::Spot && row.0 == tier) {
        return Ok(rates(*maker, *taker));
    }
    if let Some((_, maker, taker)) = VIP.iter().find(|row| row.0 == tier) {
        return Ok(rates(*maker, *taker));
    }
    let row = GROUPS.iter().find(|row| row.0 == group).unwrap_or(&GROUPS[4]);
    match tier {
        "pro1" => Ok(rates(row.1, row.2)),
        "pro6" => Ok(rates(0, row.3)),
        "mm1" => Ok(rates(row.4[0], row.3)),
        "mm2" => Ok(rates(row.4[1], row.3)),
        "mm3" => Ok(rates(row.4[2], row.3)),
        _ => Err(format!("fee tier {tier:?} is none of vip0-vip5, supreme, pro1, pro6, mm1-mm3 or maker:taker")),
    }
}

/// Orders per second and endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderLimits {
    pub linear: u32,
    pub spot: u32,
    /// Amends on spot: the default tier has fewer of them.
    pub spot_amend: u32,
}

/// What `tier` may send; custom rates count as the default tier.
#[must_use]
pub fn order_limits(tier: &str) -> OrderLimits {
    let (name, linear, spot) = ORDER_LIMITS.iter().find(|row| row.0 == tier).copied().unwrap_or(ORDER_LIMITS[0]);
    OrderLimits { linear, spot, spot_amend: if name == "vip0" { 10 } else { spot } }
}
