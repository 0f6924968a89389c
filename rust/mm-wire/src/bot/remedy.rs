//! What a person does about a key or an account that the bot refuses: the venue's field, the value that it must not have, and the way out.

/// (reason, field of the venue's answer, its value, fix).
const REMEDIES: [(&str, &str, &str, &str); 8] = [
    ("key_may_withdraw", "permissions.Wallet", "Withdraw", "use a key without the right to withdraw"),
    ("key_is_read_only", "readOnly", "1", "use a key that may trade"),
    ("key_has_expired", "deadlineDay", "-1", "make a new key"),
    ("key_is_not_of_a_unified_account", "uta", "0", "use a key of a unified trading account"),
    ("key_may_not_trade_linear", "permissions.ContractTrade", "without Order", "give the key the right to trade contracts"),
    ("key_may_not_trade_spot", "permissions.Spot", "without SpotTrade", "give the key the right to trade spot"),
    ("account_is_not_unified", "unifiedMarginStatus", "1", "upgrade the account to a unified trading account"),
    (
        "position_mode_is_not_one_way",
        "positionIdx",
        "1 or 2",
        "close the positions and orders of the configured symbols and switch them to one-way mode (position/switch-mode, mode 0)",
    ),
];

/// Field, value and fix of a reason for which the admission refuses.
pub(super) fn of(what: &str) -> (&'static str, &'static str, &'static str) {
    REMEDIES.iter().find(|row| row.0 == what).map_or(("", "", ""), |row| (row.1, row.2, row.3))
}
