//! Facts about what the account holds: positions and coins, the ledger's and the venue's.

use alloc::vec::Vec;

use mm_core::fact::Fact;
use mm_core::ids::Coin;
use mm_core::units::Amount;

use super::describe::{Fields, Names};

pub(super) fn holdings(fact: &Fact, names: &Names<'_>) -> Option<(&'static str, Fields)> {
    Some(match *fact {
        Fact::FundingBooked { market, amount } => {
            ("funding_booked", Vec::from([("market", names.market(market)), ("amount", amount.into())]))
        }
        Fact::PositionForced { market, exec_id } => {
            ("position_forced", Vec::from([("market", names.market(market)), ("exec_id", exec_id.as_str().into())]))
        }
        Fact::PositionMismatch { market, venue, ledger } => (
            "position_mismatch",
            Vec::from([("market", names.market(market)), ("venue", names.qty(market, venue)), ("ledger", names.qty(market, ledger))]),
        ),
        Fact::BalanceSeen { coin, wallet } => ("balance_seen", Vec::from([("coin", coin.as_str().into()), ("wallet", wallet.into())])),
        Fact::BalanceMismatch { coin, venue, ledger } => ("balance_mismatch", balances(coin, venue, ledger)),
        Fact::BalanceTakenOver { coin, venue, ledger } => ("balance_taken_over", balances(coin, venue, ledger)),
        _ => return None,
    })
}

fn balances(coin: Coin, venue: Amount, ledger: Amount) -> Fields {
    Vec::from([("coin", coin.as_str().into()), ("venue", venue.into()), ("ledger", ledger.into()), ("difference", (venue - ledger).into())])
}
