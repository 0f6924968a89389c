//! `position/closed-pnl`: what each order that reduced a position realised.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use mm_core::ids::{Category, OrderId};
use mm_core::units::{Amount, Lots, Side};
use serde_json::{Value, json};

use super::Door;
use super::answer::{Answer, Reply};
use super::history::Window;
use super::listing::Listing;
use super::query::{Params, Place, page};
use super::request;
use super::rows::average_price;
use super::terms::ms;
use super::words;
use crate::api::{ExecutionRow, Uid};

/// One order's reductions, summed.
struct Closing<'a> {
    /// Its last.
    row: &'a ExecutionRow,
    listing: &'a Listing,
    leverage: u32,
    first_ns: i64,
    fills: u32,
    size: Lots,
    exit_value: Amount,
    pnl: Amount,
    open_fee: Amount,
    close_fee: Amount,
}

impl<'a> Closing<'a> {
    fn new(row: &'a ExecutionRow, listing: &'a Listing, leverage: u32) -> Self {
        let (exit_value, pnl, open_fee, close_fee) = (Amount::ZERO, Amount::ZERO, Amount::ZERO, Amount::ZERO);
        Self { row, listing, leverage, first_ns: row.exec_ns, fills: 0, size: Lots::ZERO, exit_value, pnl, open_fee, close_fee }
    }

    fn add(&mut self, row: &ExecutionRow) {
        self.first_ns = row.exec_ns;
        self.fills += 1;
        self.size += row.closed_qty;
        self.exit_value += self.listing.instrument.notional(row.price, row.closed_qty);
        self.pnl += row.pnl;
        self.open_fee += row.open_fee;
        self.close_fee += row.close_fee;
    }

    /// A long is closed by selling at its cost and the profit; a short by buying at what it brought less the profit.
    fn entry_value(&self) -> Amount {
        match self.row.side {
            Side::Sell => self.exit_value - self.pnl,
            Side::Buy => self.exit_value + self.pnl,
        }
    }

    fn item(&self) -> Value {
        let (row, listing, entry) = (self.row, self.listing, self.entry_value());
        let average = |value: Amount| average_price(listing, value, self.size).unwrap_or(Amount::ZERO).to_string();
        json!({
            "symbol": listing.symbol(), "orderId": row.order_id.as_str(), "side": row.side.as_str(),
            "qty": listing.instrument.qty(row.order_qty).to_string(), "orderPrice": listing.instrument.price(row.order_price).to_string(),
            "orderType": words::order_type(row.order_type), "execType": words::execution_kind(row).0,
            "closedSize": listing.instrument.qty(self.size).to_string(), "cumEntryValue": entry.to_string(), "avgEntryPrice": average(entry),
            "cumExitValue": self.exit_value.to_string(), "avgExitPrice": average(self.exit_value),
            "closedPnl": (self.pnl - self.open_fee - self.close_fee).to_string(), "openFee": self.open_fee.to_string(),
            "closeFee": self.close_fee.to_string(), "fillCount": self.fills.to_string(), "leverage": self.leverage.to_string(),
            "createdTime": ms(self.first_ns), "updatedTime": ms(row.exec_ns),
        })
    }
}

impl Door {
    /// Newest first, by an order's last reduction; as far as executions are remembered.
    pub(super) fn closed_pnl(&self, uid: Uid, params: &Params) -> Answer {
        request::linear(params.get("category"))?;
        let only = params.get("symbol").map(|symbol| request::market(&self.listings, Category::Linear, Some(symbol))).transpose()?;
        let window = Window::parse(params, self.now_ms())?;
        let (mut closings, mut known) = (Vec::<Closing<'_>>::new(), BTreeMap::<OrderId, usize>::new());
        for row in self.exchange.executions(uid).filter(|row| row.closed_qty > Lots::ZERO) {
            let Some(listing) = self.listing_at(row.market, row.exec_ns) else { continue };
            if only.is_some_and(|(market, _)| market != row.market) {
                continue;
            }
            let at = *known.entry(row.order_id).or_insert(closings.len());
            if at == closings.len() {
                closings.push(Closing::new(row, listing, self.exchange.position(uid, row.market).leverage));
            }
            if let Some(closing) = closings.get_mut(at) {
                closing.add(row);
            }
        }
        let within = closings.iter().filter(|closing| window.holds(closing.row.exec_ns));
        let items = within.map(|closing| (Place { number: closing.row.exec_ns, id: closing.row.order_id.as_str() }, closing.item()));
        let (list, cursor) = page(items, params.cursor()?, params.limit(50, 100)?);
        Ok(Reply::of(&json!({"category": "linear", "list": list, "nextPageCursor": cursor})))
    }
}
