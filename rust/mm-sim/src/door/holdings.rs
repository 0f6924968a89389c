//! The field tables of positions and the wallet.
//!
//! Margins are the exchange's own (see its `margin`). What it does not model (liquidation price, break-even) is the empty string.

use alloc::vec::Vec;

use mm_core::ids::Coin;
use mm_core::units::{Amount, Lots};

use super::json::{Object, object};
use super::listing::Listing;
use super::rows::{Item, average_price};
use crate::api::{CoinRow, PositionRow};
use crate::exchange::Margin;

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
#[must_use]
pub fn shown(amount: Amount) -> Amount {
    amount.round_half_even(8)
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

/// An item of the `position` topics: the entry is called `entryPrice`.
#[must_use]
pub fn position_push(listing: &Listing, row: &PositionRow, margin: &Margin) -> Item {
    object(1024, |item| position_fields(item, None, listing, (row, margin)))
}

/// An item of `position/list`, under its `positionIdx`: the entry is called `avgPrice`.
#[must_use]
pub fn position_listed(listing: &Listing, row: &PositionRow, margin: &Margin, index: i64) -> Item {
    object(1024, |item| position_fields(item, Some(index), listing, (row, margin)))
}

fn position_fields(item: &mut Object<'_>, listed: Option<i64>, listing: &Listing, (row, margin): (&PositionRow, &Margin)) {
    let pushed = listed.is_none();
    let side = match row.size.cmp(&Lots::ZERO) {
        core::cmp::Ordering::Less => "Sell",
        core::cmp::Ordering::Equal => "",
        core::cmp::Ordering::Greater => "Buy",
    };
    let number_or_blank = |value: Amount| (row.size.0 != 0).then_some(value);
    let entry = average_price(listing, row.cost, row.size).unwrap_or(Amount::ZERO);
    item.plain(r#""adlRankIndicator":0,"autoAddMargin":0"#);
    if !pushed {
        item.amount("avgPrice", entry);
    }
    item.plain(r#""breakEvenPrice":"","bustPrice":"""#);
    if pushed {
        item.plain(r#""category":"linear""#);
    }
    item.plain(r#""createdTime":"""#);
    item.amount("cumRealisedPnl", row.realised);
    item.amount("curRealisedPnl", row.realised);
    item.plain(r#""delta":"""#);
    if pushed {
        item.amount("entryPrice", entry);
    }
    item.plain(r#""gamma":"","isReduceOnly":false"#);
    item.quoted_integer("leverage", row.leverage.into());
    item.plain(r#""leverageSysUpdatedTime":"","liqPrice":"""#);
    item.amount("markPrice", row.mark_price);
    item.plain(r#""mmrSysUpdatedTime":"","openTime":0,"positionBalance":"""#);
    item.amount("positionIM", number_or_blank(margin.position_initial.round_half_even(8)));
    item.plain(r#""positionIMByMp":"""#);
    item.integer("positionIdx", listed.unwrap_or(0));
    item.amount("positionMM", number_or_blank(margin.position_maintenance.round_half_even(8)));
    item.plain(r#""positionMMByMp":"","positionStatus":"Normal""#);
    item.amount("positionValue", number_or_blank(position_value(listing, row)));
    item.plain(r#""riskId":1,"riskLimitValue":"""#);
    item.integer("seq", i64::try_from(row.seq).unwrap_or(i64::MAX));
    item.plain(r#""sessionAvgPrice":"""#);
    item.text("side", side);
    item.amount("size", listing.instrument.qty(row.size.abs()));
    item.plain(r#""stopLoss":"""#);
    item.text("symbol", listing.symbol());
    item.plain(r#""takeProfit":"","theta":"","tpslMode":"Full","tradeMode":0,"trailingStop":"0""#);
    item.amount("unrealisedPnl", number_or_blank(unrealised(listing, row)));
    item.quoted_integer("updatedTime", row.updated_ns.div_euclid(1_000_000));
    item.plain(r#""vega":"""#);
}

fn coin_item(holding: &Holding) -> Item {
    let Holding { row, .. } = holding;
    let equity = row.wallet + row.unrealised;
    object(768, |item| {
        item.plain(r#""accruedInterest":"0","availableToBorrow":"","availableToWithdraw":"","bonus":"0","borrowAmount":"0""#);
        item.text("coin", row.coin.as_str());
        item.plain(r#""colRes":"0","collateralSwitch":true,"cumRealisedPnl":"""#);
        item.amount("equity", shown(equity));
        item.plain(r#""free":"""#);
        item.amount("locked", shown(row.locked));
        item.plain(r#""marginCollateral":true,"spotBorrow":"0","spotHedgingQty":"0""#);
        item.amount("totalOrderIM", shown(row.orders_initial_margin));
        item.amount("totalPositionIM", shown(row.positions_initial_margin));
        item.amount("totalPositionMM", shown(row.positions_maintenance_margin));
        item.amount("unrealisedPnl", shown(row.unrealised));
        item.amount("usdValue", shown(holding.usd(equity)));
        item.amount("walletBalance", shown(row.wallet));
    })
}

/// A share of the margin balance to four decimals; empty while there is none.
fn rate(part: Amount, whole: Amount) -> Option<Amount> {
    if whole <= Amount::ZERO {
        return None;
    }
    let unit = Amount::ONE.0 / 10_000;
    Some(Amount(mm_core::units::div_half_even(part.0 * 10_000, whole.0) * unit))
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
    let items: Vec<Item> = coins.iter().filter(|row| wanted(&row.row.coin)).map(coin_item).collect();
    object(2048, |item| {
        item.amount("accountIMRate", rate(margin, equity));
        item.plain(r#""accountIMRateByMp":"","accountLTV":"""#);
        item.amount("accountMMRate", rate(maintenance, equity));
        item.plain(r#""accountMMRateByMp":"","accountType":"UNIFIED""#);
        item.list("coin", &items);
        item.amount("totalAvailableBalance", shown(equity - margin - locked));
        item.amount("totalEquity", shown(equity));
        item.amount("totalInitialMargin", shown(margin));
        item.plain(r#""totalInitialMarginByMp":"""#);
        item.amount("totalMaintenanceMargin", shown(maintenance));
        item.plain(r#""totalMaintenanceMarginByMp":"""#);
        item.amount("totalMarginBalance", shown(equity));
        item.amount("totalPerpUPL", shown(unrealised));
        item.amount("totalWalletBalance", shown(wallet));
    })
}
