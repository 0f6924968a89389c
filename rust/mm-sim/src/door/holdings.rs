//! The field tables of positions and the wallet.
//!
//! Margins are the exchange's own (see its `margin`). What it does not model (liquidation price, break-even) is the empty string.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::Coin;
use mm_core::units::{Amount, Lots};
use serde_json::{Value, json};

use super::listing::Listing;
use super::rows::{Item, average_price, extend, ms};
use crate::api::{CoinRow, PositionRow};

/// One coin of an account.
#[derive(Clone, Debug)]
pub struct Holding {
    pub row: CoinRow,
    /// Dollars per coin; 0 where nothing tells it.
    pub usd_price: Amount,
}

impl Holding {
    fn usd(&self, amount: Amount) -> Amount {
        amount.mul_round(self.usd_price)
    }
}

/// The grid of shown wallet figures; the books behind them are exact.
fn shown(amount: Amount) -> String {
    amount.round_half_even(8).to_string()
}

/// |size| × mark in settle coin.
#[must_use]
pub fn position_value(listing: &Listing, row: &PositionRow) -> Amount {
    listing.instrument.qty(row.size.abs()).mul_round(row.mark_price)
}

/// Σ signed (mark − entry) × size: what closing at the mark would realise.
#[must_use]
pub fn unrealised(listing: &Listing, row: &PositionRow) -> Amount {
    listing.instrument.qty(row.size).mul_round(row.mark_price) - row.cost
}

fn position_fields(listing: &Listing, row: &PositionRow) -> Item {
    let side = match row.size.cmp(&Lots::ZERO) {
        core::cmp::Ordering::Less => "Sell",
        core::cmp::Ordering::Equal => "",
        core::cmp::Ordering::Greater => "Buy",
    };
    let value = position_value(listing, row);
    let number_or_blank = |value: Amount| if row.size.0 == 0 { String::new() } else { value.to_string() };
    let mut item = Item::new();
    extend(
        &mut item,
        json!({
            "positionIdx": 0, "riskId": 1, "riskLimitValue": "", "symbol": listing.symbol(), "side": side,
            "size": listing.instrument.qty(row.size.abs()).to_string(), "positionValue": number_or_blank(value), "autoAddMargin": 0,
            "positionStatus": "Normal", "leverage": row.leverage.to_string(), "breakEvenPrice": "", "markPrice": row.mark_price.to_string(),
            "liqPrice": "", "positionIM": number_or_blank(row.initial_margin.round_half_even(8)), "positionIMByMp": "",
            "positionMM": number_or_blank(row.maintenance_margin.round_half_even(8)), "positionMMByMp": "", "takeProfit": "", "stopLoss": "", "trailingStop": "0", "sessionAvgPrice": "",
            "delta": "", "gamma": "", "vega": "", "theta": "", "unrealisedPnl": number_or_blank(unrealised(listing, row)),
            "curRealisedPnl": row.realised.to_string(), "cumRealisedPnl": row.realised.to_string(), "adlRankIndicator": 0,
            "createdTime": "", "updatedTime": ms(row.updated_ns), "openTime": 0, "isReduceOnly": false, "mmrSysUpdatedTime": "",
            "leverageSysUpdatedTime": "", "tpslMode": "Full", "bustPrice": "", "positionBalance": "", "tradeMode": 0,
            "seq": i64::try_from(row.seq).unwrap_or(i64::MAX),
        }),
    );
    item
}

fn entry(listing: &Listing, row: &PositionRow) -> String {
    average_price(listing, row.cost, row.size).unwrap_or(Amount::ZERO).to_string()
}

/// An item of the `position` topics: the entry is called `entryPrice`.
#[must_use]
pub fn position_push(listing: &Listing, row: &PositionRow) -> Item {
    let mut item = position_fields(listing, row);
    extend(&mut item, json!({"category": "linear", "entryPrice": entry(listing, row)}));
    item
}

/// An item of `position/list`: the entry is called `avgPrice`.
#[must_use]
pub fn position_listed(listing: &Listing, row: &PositionRow) -> Item {
    let mut item = position_fields(listing, row);
    extend(&mut item, json!({"avgPrice": entry(listing, row)}));
    item
}

fn coin_item(holding: &Holding) -> Value {
    let Holding { row, .. } = holding;
    let equity = row.wallet + row.unrealised;
    json!({
        "coin": row.coin.as_str(), "equity": shown(equity), "usdValue": shown(holding.usd(equity)), "walletBalance": shown(row.wallet),
        "locked": shown(row.locked),
        "spotHedgingQty": "0", "borrowAmount": "0", "accruedInterest": "0",
        "totalOrderIM": shown(row.orders_initial_margin),
        "totalPositionIM": shown(row.positions_initial_margin), "totalPositionMM": shown(row.positions_maintenance_margin),
        "unrealisedPnl": shown(row.unrealised), "cumRealisedPnl": "", "bonus": "0", "marginCollateral": true,
        "collateralSwitch": true, "colRes": "0", "spotBorrow": "0", "free": "", "availableToWithdraw": "", "availableToBorrow": "",
    })
}

/// A share of the margin balance to four decimals; empty while there is none.
fn rate(part: Amount, whole: Amount) -> String {
    if whole <= Amount::ZERO {
        return String::new();
    }
    let unit = Amount::ONE.0 / 10_000;
    Amount(mm_core::units::div_half_even(part.0 * 10_000, whole.0) * unit).to_string()
}

/// The account's totals over all its coins, and the items of those that `wanted` names: an item of the `wallet` topic and of
/// `wallet-balance`.
#[must_use]
pub fn wallet_item(coins: &[Holding], wanted: impl Fn(&Coin) -> bool) -> Item {
    let total = |of: &dyn Fn(&Holding) -> Amount| coins.iter().map(|row| row.usd(of(row))).fold(Amount::ZERO, |sum, amount| sum + amount);
    let (wallet, unrealised) = (total(&|row| row.row.wallet), total(&|row| row.row.unrealised));
    let (margin, locked) = (total(&|row| row.row.positions_initial_margin + row.row.orders_initial_margin), total(&|row| row.row.locked));
    let maintenance = total(&|row| row.row.positions_maintenance_margin);
    let equity = wallet + unrealised;
    let items: Vec<Value> = coins.iter().filter(|row| wanted(&row.row.coin)).map(coin_item).collect();
    let mut item = Item::new();
    extend(
        &mut item,
        json!({
            "accountType": "UNIFIED", "accountIMRate": rate(margin, equity), "accountMMRate": rate(maintenance, equity), "totalEquity": shown(equity),
            "totalWalletBalance": shown(wallet), "totalMarginBalance": shown(equity),
            "totalAvailableBalance": shown(equity - margin - locked), "totalPerpUPL": shown(unrealised),
            "totalInitialMargin": shown(margin), "totalMaintenanceMargin": shown(maintenance), "accountIMRateByMp": "", "accountMMRateByMp": "",
            "totalInitialMarginByMp": "", "totalMaintenanceMarginByMp": "", "accountLTV": "", "coin": items,
        }),
    );
    item
}
