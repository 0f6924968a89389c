//! Worst-case exposure in money: of a market, of everything, and against the account's equity.

use crate::ids::Coin;
use crate::input::CoinBalance;
use crate::units::{Amount, Lots};

/// The larger of what we would hold if every buy, or every sell, that may still fill did: in lots, never negative.
#[must_use]
pub fn worst(position: Lots, at_risk: [Lots; 2]) -> Lots {
    (position + at_risk[0]).max(-position + at_risk[1]).max(Lots::ZERO)
}

/// The money limits of one market at the moment of release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoneyLimits {
    pub max_market: Option<Amount>,
    pub max_total: Option<Amount>,
    /// Worst case of the other markets in the same quote coin; `None` if one of them has no price, which lets nothing grow.
    pub others: Option<Amount>,
}

/// A coin's equity as a share of `exposure`, in whole percent rounded down; `None` if either is not known or nothing is exposed.
#[must_use]
pub fn margin_pct(coins: &[CoinBalance], coin: Coin, exposure: Amount) -> Option<i64> {
    let equity = coins.iter().find(|row| row.coin == coin)?.equity;
    if exposure <= Amount::ZERO {
        return None;
    }
    let pct = equity.0.checked_mul(100)?.div_euclid(exposure.0);
    Some(i64::try_from(pct).unwrap_or(if pct > 0 { i64::MAX } else { i64::MIN }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_case_is_the_larger_side() {
        for (position, buys, sells, expected) in [(0, 3, 5, 5), (4, 3, 5, 7), (-4, 3, 5, 9), (4, 0, 0, 4), (-4, 0, 0, 4), (10, 0, 30, 20)] {
            assert_eq!(worst(Lots(position), [Lots(buys), Lots(sells)]), Lots(expected), "{position} +{buys} -{sells}");
        }
    }

    #[test]
    fn the_margin_is_equity_over_exposure() {
        let coin = Coin::new(b"USDT").unwrap();
        let rows = [CoinBalance { coin, wallet: Amount::ZERO, equity: Amount(250), told_ms: 0 }];
        assert_eq!(margin_pct(&rows, coin, Amount(1_000)), Some(25));
        assert_eq!(margin_pct(&rows, coin, Amount(1_001)), Some(24));
        assert_eq!(margin_pct(&rows, coin, Amount::ZERO), None);
        assert_eq!(margin_pct(&[], coin, Amount(1)), None);
    }
}
