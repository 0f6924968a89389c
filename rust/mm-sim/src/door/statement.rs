//! `account/transaction-log`: every change of a coin with the balance after it, told back from what the account holds now.
//!
//! change = cashFlow + funding − fee. A spot trade has one row for each of its two coins.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, Coin, MarketIx};
use mm_core::units::{Amount, Side};
use serde_json::{Value, json};

use super::Door;
use super::answer::{Answer, Reply};
use super::history::{DAY_MS, Window};
use super::listing::Listing;
use super::query::{Params, Place, invalid, page};
use super::request;
use super::rows;
use super::terms::ms;
use crate::api::{ApiError, ExecutionRow, FillReason, Uid};
use crate::exchange::Transfer;

/// What moved a coin.
#[derive(Clone, Copy)]
enum Cause<'a> {
    Execution(&'a ExecutionRow, &'a Listing),
    Transfer(&'a Transfer),
}

/// What one cause did to one coin.
struct Entry<'a> {
    cause: Cause<'a>,
    coin: Coin,
    cash_flow: Amount,
    fee: Amount,
    funding: Amount,
    /// The coin's balance after it.
    balance: Amount,
    /// The signed position after it; contracts only.
    size: Amount,
    id: String,
}

impl Entry<'_> {
    fn change(&self) -> Amount {
        self.cash_flow + self.funding - self.fee
    }

    fn at_ns(&self) -> i64 {
        match self.cause {
            Cause::Execution(row, _) => row.exec_ns,
            Cause::Transfer(transfer) => transfer.at_ns,
        }
    }

    /// Of what was traded; a transfer has none.
    fn listing(&self) -> Option<&Listing> {
        match self.cause {
            Cause::Execution(_, listing) => Some(listing),
            Cause::Transfer(_) => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self.cause {
            Cause::Transfer(transfer) if transfer.amount < Amount::ZERO => "TRANSFER_OUT",
            Cause::Transfer(_) => "TRANSFER_IN",
            Cause::Execution(row, _) => match row.reason {
                FillReason::Funding => "SETTLEMENT",
                FillReason::Liquidated => "LIQUIDATION",
                FillReason::Deleveraged => "ADL",
                _ => "TRADE",
            },
        }
    }

    fn item(&self) -> Value {
        match self.cause {
            Cause::Execution(row, listing) => self.execution_item(row, listing),
            Cause::Transfer(transfer) => json!({
                "id": self.id, "symbol": "", "category": "", "side": "None", "transactionTime": ms(transfer.at_ns), "type": self.kind(),
                "transSubType": "", "qty": "", "size": "", "currency": self.coin.as_str(), "tradePrice": "", "funding": "", "fee": "",
                "cashFlow": self.cash_flow.to_string(), "change": self.change().to_string(), "cashBalance": self.balance.to_string(),
                "feeRate": "", "bonusChange": "", "tradeId": "", "orderId": "", "orderLinkId": "", "extraFees": "",
            }),
        }
    }

    fn execution_item(&self, row: &ExecutionRow, listing: &Listing) -> Value {
        let spot = listing.category() == Category::Spot;
        let funding = if row.reason == FillReason::Funding { self.funding.to_string() } else { String::new() };
        json!({
            "id": self.id, "symbol": listing.symbol(), "category": listing.category().as_str(), "side": row.side.as_str(),
            "transactionTime": ms(row.exec_ns), "type": self.kind(), "transSubType": "", "qty": listing.instrument.qty(row.qty).to_string(),
            "size": if spot { String::new() } else { self.size.to_string() }, "currency": self.coin.as_str(),
            "tradePrice": row.mark.unwrap_or_else(|| listing.instrument.price(row.price)).to_string(), "funding": funding,
            "fee": self.fee.to_string(), "cashFlow": self.cash_flow.to_string(), "change": self.change().to_string(),
            "cashBalance": self.balance.to_string(), "feeRate": row.fee_rate.to_string(), "bonusChange": "", "tradeId": row.exec_id.as_str(),
            "orderId": row.order_id.as_str(), "orderLinkId": row.client_id.as_str(), "extraFees": "",
        })
    }
}

impl Door {
    /// Newest first; without times the last day, at most 7 days.
    pub(super) fn transaction_log(&self, uid: Uid, params: &Params) -> Answer {
        if params.get("accountType").is_some_and(|kind| kind != "UNIFIED") {
            return Err(invalid("params error: accountType only support UNIFIED".to_string()));
        }
        let category = params.get("category").map(|name| request::category(Some(name))).transpose()?;
        let window = Window::of_a_day(params, self.now_ms())?;
        let entries = self.entries(uid);
        let wanted = |entry: &&Entry| {
            let named = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
            category.is_none_or(|wanted| entry.listing().is_some_and(|listing| wanted == listing.category()))
                && named("currency", entry.coin.as_str())
                && named("baseCoin", entry.listing().map_or("", |listing| listing.instrument.base.as_str()))
                && named("type", entry.kind())
                && window.holds(entry.at_ns())
        };
        let items = entries.iter().filter(wanted).map(|entry| (Place { number: entry.at_ns(), id: &entry.id }, entry.item()));
        let (list, cursor) = page(items, params.cursor()?, params.limit(20, 50)?);
        Ok(Reply::of(&json!({"list": list, "nextPageCursor": cursor})))
    }

    /// Every entry that is still remembered, newest first.
    fn entries(&self, uid: Uid) -> Vec<Entry<'_>> {
        let mut balances: BTreeMap<Coin, Amount> = self.exchange.wallet(uid).into_iter().map(|row| (row.coin, row.wallet)).collect();
        let mut sizes: BTreeMap<MarketIx, Amount> = BTreeMap::new();
        let mut entries = Vec::new();
        let mut transfers = self.exchange.transfers(uid).peekable();
        for row in self.exchange.executions(uid) {
            while let Some(transfer) = transfers.next_if(|transfer| transfer.at_ns > row.exec_ns) {
                entries.push(moved(uid, transfer, &mut balances));
            }
            let (Some(listing), Some(now)) = (self.listing_at(row.market, row.exec_ns), self.listings.get(row.market.index())) else {
                continue;
            };
            let held = || now.instrument.qty(self.exchange.position(uid, row.market).size);
            let size = *sizes.entry(row.market).or_insert_with(held);
            for entry in coins(uid, row, listing) {
                let balance = balances.entry(entry.coin).or_insert(Amount::ZERO);
                let entry = Entry { balance: *balance, size, ..entry };
                *balance -= entry.change();
                entries.push(entry);
            }
            if row.reason != FillReason::Funding {
                sizes.insert(row.market, size - signed(row.side, listing.instrument.qty(row.qty)));
            }
        }
        entries.extend(transfers.map(|transfer| moved(uid, transfer, &mut balances)));
        entries
    }
}

fn signed(side: Side, amount: Amount) -> Amount {
    Amount(i128::from(side.sign()) * amount.0)
}

/// What a transfer did; takes it back from the balances.
fn moved<'a>(uid: Uid, transfer: &'a Transfer, balances: &mut BTreeMap<Coin, Amount>) -> Entry<'a> {
    let (coin, zero) = (transfer.coin, Amount::ZERO);
    let balance = balances.entry(coin).or_insert(zero);
    let id = format!("{}_transfer_{}_{coin}", uid.0, transfer.number);
    let entry = Entry {
        cause: Cause::Transfer(transfer),
        coin,
        cash_flow: transfer.amount,
        fee: zero,
        funding: zero,
        balance: *balance,
        size: zero,
        id,
    };
    *balance -= transfer.amount;
    entry
}

/// What an execution did to each coin, before balances are known.
fn coins<'a>(uid: Uid, row: &'a ExecutionRow, listing: &'a Listing) -> Vec<Entry<'a>> {
    let (instrument, zero) = (&listing.instrument, Amount::ZERO);
    let entry = |coin: Coin, cash_flow: Amount| {
        let fee = if coin == row.fee_coin { row.fee } else { zero };
        let (fee, funding) = if row.reason == FillReason::Funding { (zero, -fee) } else { (fee, zero) };
        let id = format!("{}_{}", rows::push_id(uid.0, listing, row.seq), row.exec_id.as_str());
        Entry {
            cause: Cause::Execution(row, listing),
            coin,
            cash_flow,
            fee,
            funding,
            balance: zero,
            size: zero,
            id: format!("{id}_{coin}"),
        }
    };
    match instrument.id.category {
        Category::Linear => Vec::from([entry(instrument.settle, row.pnl)]),
        Category::Spot => Vec::from([
            entry(instrument.quote, -signed(row.side, row.value)),
            entry(instrument.base, signed(row.side, instrument.qty(row.qty))),
        ]),
    }
}

impl Window {
    /// As [`Window::parse`], but a day where the other one has a week.
    fn of_a_day(params: &Params, now_ms: i64) -> Result<Window, ApiError> {
        match (params.ms("startTime")?, params.ms("endTime")?) {
            (None, None) => Ok(Window { from_ms: now_ms - DAY_MS, to_ms: now_ms }),
            (Some(from_ms), None) => Ok(Window { from_ms, to_ms: from_ms + DAY_MS }),
            (None, Some(to_ms)) => Ok(Window { from_ms: to_ms - DAY_MS, to_ms }),
            _ => Window::parse(params, now_ms),
        }
    }
}
