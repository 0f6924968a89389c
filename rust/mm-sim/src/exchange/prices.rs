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
    pub(super) funding_rate: Amount,
    /// When it is settled next; `None` while the rate is 0.
    pub(super) next_funding_ns: Option<i64>,
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
    pub(super) fn on_ticker(&mut self, now_ns: i64, interval_ns: i64, fields: &[(String, String)]) {
        let field = |wanted: &str| fields.iter().rev().find(|(name, _)| name == wanted).map(|field| field.1.as_str());
        let told = |wanted: &str| Amount::parse(field(wanted)?.as_bytes()).ok().filter(|price| *price > Amount::ZERO);
        if let Some(mark) = told("markPrice") {
            (self.mark, self.mark_told) = (mark, true);
        }
        self.index = told("indexPrice").or_else(|| told("usdIndexPrice")).or(self.index);
        let rate = field("fundingRate").and_then(|text| Amount::parse(text.as_bytes()).ok());
        let next_ms = field("nextFundingTime").and_then(|text| text.parse::<i64>().ok());
        if rate.is_some() || next_ms.is_some() {
            let next_ns = next_ms.map(|ms| ms.saturating_mul(1_000_000));
            self.set_funding(now_ns, interval_ns, rate.unwrap_or(self.funding_rate), next_ns);
        }
    }

    /// The rate, and when it is settled next: at `next_ns` if that is told, else as it stands, else at the next multiple of the interval.
    pub(super) fn set_funding(&mut self, now_ns: i64, interval_ns: i64, rate: Amount, next_ns: Option<i64>) {
        let standing = self.next_funding_ns.filter(|due_ns| *due_ns > now_ns);
        let regular = (interval_ns > 0).then(|| (now_ns.div_euclid(interval_ns.max(1)) + 1).saturating_mul(interval_ns));
        self.funding_rate = rate;
        let next_ns = next_ns.filter(|due_ns| *due_ns > now_ns).or(standing).or(regular);
        self.next_funding_ns = next_ns.filter(|_| rate != Amount::ZERO);
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
