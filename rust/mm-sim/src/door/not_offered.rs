//! The documented REST paths that this exchange does not have, each with the reason: a client that asks is told more than "not found".

const OPTIONS: &str = "options are not traded here";
const ALGOS: &str = "conditional orders and the venue's own strategies are not offered here";
const CROSS: &str = "cross margin with one risk tier is the only margin here";
const PUBLIC_FIGURES: &str = "this public figure is not simulated";
const FUNDS: &str = "funds are not moved, borrowed or invested here";
const KEYS: &str = "there is one account with one key for each of its programs";
const PARTNERS: &str = "partner programmes are not simulated";
const OTHER_MARKETS: &str = "linear contracts and spot pairs are the only markets here";
const RETIRED: &str = "withdrawn by the venue";

/// Whole paths, or (with a slash at the end) what begins so; the longest that fits decides. In the order of the alphabet.
const NOT_OFFERED: &[(&str, &str)] = &[
    ("/v5/account/", "this setting of an account is not simulated"),
    ("/v5/account/borrow-history", FUNDS),
    ("/v5/account/collateral-info", FUNDS),
    ("/v5/account/contract-transaction-log", RETIRED),
    ("/v5/account/mmp-modify", OPTIONS),
    ("/v5/account/mmp-reset", OPTIONS),
    ("/v5/account/mmp-state", OPTIONS),
    ("/v5/account/quick-repayment", FUNDS),
    ("/v5/account/set-collateral-switch", FUNDS),
    ("/v5/account/set-collateral-switch-batch", FUNDS),
    ("/v5/account/withdrawal", FUNDS),
    ("/v5/affiliate/", PARTNERS),
    ("/v5/announcements/", "announcements are prose for people"),
    ("/v5/apilimit/", PARTNERS),
    ("/v5/asset/", FUNDS),
    ("/v5/asset/coin-greeks", OPTIONS),
    ("/v5/broker/", PARTNERS),
    ("/v5/crypto-loan-common/", FUNDS),
    ("/v5/crypto-loan/", FUNDS),
    ("/v5/earn/", FUNDS),
    ("/v5/ins-loan/", FUNDS),
    ("/v5/market/", PUBLIC_FIGURES),
    ("/v5/market/delivery-price", OTHER_MARKETS),
    ("/v5/market/historical-volatility", OPTIONS),
    ("/v5/market/rpi_orderbook", "retail price improvement orders are not traded here"),
    ("/v5/order/", ALGOS),
    ("/v5/order/spot-borrow-check", FUNDS),
    ("/v5/position/", CROSS),
    ("/v5/position/get-closed-positions", OPTIONS),
    ("/v5/position/move-history", KEYS),
    ("/v5/position/move-positions", KEYS),
    ("/v5/position/trading-stop", ALGOS),
    ("/v5/pre-upgrade/", RETIRED),
    ("/v5/rfq/", OTHER_MARKETS),
    ("/v5/spot-lever-token/", OTHER_MARKETS),
    ("/v5/spot-margin-trade/", FUNDS),
    ("/v5/spread/", OTHER_MARKETS),
    ("/v5/strategy/", ALGOS),
    ("/v5/user/", KEYS),
];

/// Why a documented path is not served; `None` for one that nobody documents.
#[must_use]
pub fn reason(path: &str) -> Option<&'static str> {
    let fits = |row: &&(&str, &str)| row.0 == path || (row.0.ends_with('/') && path.starts_with(row.0));
    NOT_OFFERED.iter().filter(fits).max_by_key(|row| row.0.len()).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_row_decides_and_no_row_stands_twice() {
        assert_eq!(reason("/v5/position/trading-stop"), Some(ALGOS));
        assert_eq!(reason("/v5/position/set-auto-add-margin"), Some(CROSS));
        assert_eq!(reason("/v5/account/mmp-state"), Some(OPTIONS));
        assert_eq!(reason("/v5/nonsense"), None);
        assert!(NOT_OFFERED.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
