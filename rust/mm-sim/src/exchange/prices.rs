//! The prices of one market that are not orders: mark, index, last trade, and the premium that widens the price limits.
//!
//! Limits on aggressive prices. Contracts: `maxBuy = min(M(1+Y), max(I, M(1+X) + max(0, P)))`, `minSell = max(M(1−Y), min(I, M(1−X) +
//! min(0, P)))` with P the mean of (mid − mark) over 30 s. Spot: `maxBuy = min(max(I, I(1+X) + P), I(1+Y))`, `minSell` mirrored, with P the
//! mean of (mid − index) over 2 minutes. Source: the venue's pages on price limits (formula of May 2026). Passive prices are free.

use alloc::collections::VecDeque;
use alloc::string::String;

use mm_core::ids::Category;
use mm_core::units::Amount;

use super::rules::PriceRatios;

/// Between two samples of the premium.
const SAMPLE_NS: i64 = 1_000_000_000;
const LINEAR_WINDOW_NS: i64 = 30 * SAMPLE_NS;
const SPOT_WINDOW_NS: i64 = 120 * SAMPLE_NS;

/// What is known of a market's prices; 0 and `None` until told.
#[derive(Clone, Debug, Default)]
pub(super) struct Prices {
    /// The recording's own mark once it has told one, else the last mid.
    pub(super) mark: Amount,
    mark_told: bool,
    index: Option<Amount>,
    last: Option<Amount>,
    /// (when, mid − reference), one a second.
    premiums: VecDeque<(i64, Amount)>,
}

impl Prices {
    /// A new book with this mid.
    pub(super) fn on_mid(&mut self, now_ns: i64, category: Category, mid: Amount) {
        if !self.mark_told {
            self.mark = mid;
        }
        if self.premiums.back().is_none_or(|(at_ns, _)| now_ns - at_ns >= SAMPLE_NS) {
            self.premiums.push_back((now_ns, mid - self.reference(category)));
        }
        let window_ns = if category == Category::Linear { LINEAR_WINDOW_NS } else { SPOT_WINDOW_NS };
        while self.premiums.front().is_some_and(|(at_ns, _)| now_ns - at_ns >= window_ns) {
            self.premiums.pop_front();
        }
    }

    pub(super) fn on_trade(&mut self, price: Amount) {
        self.last = Some(price);
    }

    /// Fields of a ticker, as the recording told them.
    pub(super) fn on_ticker(&mut self, fields: &[(String, String)]) {
        let told = |wanted: &str| {
            let field = fields.iter().rev().find(|(name, _)| name == wanted)?;
            Amount::parse(field.1.as_bytes()).ok().filter(|price| *price > Amount::ZERO)
        };
        if let Some(mark) = told("markPrice") {
            (self.mark, self.mark_told) = (mark, true);
        }
        self.index = told("indexPrice").or_else(|| told("usdIndexPrice")).or(self.index);
    }

    /// What a market order's reach counts from: the last trade, else the mark.
    pub(super) fn last(&self) -> Amount {
        self.last.unwrap_or(self.mark)
    }

    /// (highest buy, lowest sell); `None` before any price is known.
    pub(super) fn limits(&self, category: Category, ratios: PriceRatios) -> Option<(Amount, Amount)> {
        let reference = self.reference(category);
        if reference <= Amount::ZERO {
            return None;
        }
        let (index, premium) = (self.index.unwrap_or(reference), self.premium());
        let (up, down) = match category {
            Category::Linear => (premium.max(Amount::ZERO), premium.min(Amount::ZERO)),
            Category::Spot => (premium, premium),
        };
        let beyond = |ratio: Amount| (reference + reference.mul_round(ratio), reference - reference.mul_round(ratio));
        let ((near_buy, near_sell), (far_buy, far_sell)) = (beyond(ratios.x), beyond(ratios.y));
        Some((far_buy.min(index.max(near_buy + up)), far_sell.max(index.min(near_sell + down))))
    }

    /// A contract's limits go by the mark, spot's by the index.
    fn reference(&self, category: Category) -> Amount {
        match category {
            Category::Linear => self.mark,
            Category::Spot => self.index.unwrap_or(self.mark),
        }
    }

    fn premium(&self) -> Amount {
        let sum: i128 = self.premiums.iter().map(|(_, premium)| premium.0).sum();
        i128::try_from(self.premiums.len()).map_or(Amount::ZERO, |count| Amount(sum / count.max(1)))
    }
}
