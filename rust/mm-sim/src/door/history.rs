//! Orders and executions as they are listed: windows of time, filters, pages.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::input::{Execution, ReplyBody};
use mm_core::units::Lots;

use super::Door;
use super::answer::{Answer, Reply};
use super::choices::Choice;
use super::listing::Listing;
use super::query::{Params, Place, invalid, page};
use super::request;
use super::rows;
use super::typed;
use super::words;
use crate::api::{ApiError, ExecutionRow, OrderRow, Uid};

pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The longest window that may be asked for, and the one that counts where none is given.
const WINDOW_MS: i64 = 7 * DAY_MS;

/// The window of a history query in milliseconds, both ends included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

impl Window {
    /// `startTime` and `endTime`: neither is the last 7 days, one alone has 7 days beside it.
    pub(super) fn parse(params: &Params, now_ms: i64) -> Result<Window, ApiError> {
        let (from_ms, to_ms) = match (params.ms("startTime")?, params.ms("endTime")?) {
            (None, None) => (now_ms - WINDOW_MS, now_ms),
            (Some(from_ms), None) => (from_ms, from_ms + WINDOW_MS),
            (None, Some(to_ms)) => (to_ms - WINDOW_MS, to_ms),
            (Some(from_ms), Some(to_ms)) => (from_ms, to_ms),
        };
        if to_ms < from_ms {
            return Err(invalid("params error: startTime should not be later than endTime".to_string()));
        }
        if to_ms - from_ms > WINDOW_MS {
            return Err(invalid("params error: the time range between startTime and endTime cannot exceed 7 days".to_string()));
        }
        Ok(Window { from_ms, to_ms })
    }

    pub(super) fn holds(&self, at_ns: i64) -> bool {
        (self.from_ms..=self.to_ms).contains(&at_ns.div_euclid(1_000_000))
    }
}

/// An id that overrides every other filter; the venue's wins.
#[derive(Clone, Copy)]
struct Named<'a> {
    order_id: Option<&'a str>,
    client_id: Option<&'a str>,
}

impl<'a> Named<'a> {
    fn parse(params: &'a Params) -> Self {
        Self { order_id: params.get("orderId"), client_id: params.get("orderLinkId") }
    }

    fn is_some(self) -> bool {
        self.order_id.is_some() || self.client_id.is_some()
    }

    fn is(self, order_id: &str, client_id: &str) -> bool {
        match (self.order_id, self.client_id) {
            (Some(id), _) => order_id == id,
            (None, Some(id)) => client_id == id,
            (None, None) => false,
        }
    }
}

impl Door {
    /// `order/realtime`: what is open, or with `openOnly=1` what ended lately. By id both are looked through.
    pub(super) fn list_orders(&self, uid: Uid, params: &Params) -> Answer {
        let (category, named) = (request::category(params.get("category"))?, Named::parse(params));
        plain_orders(params)?;
        let markets = if named.is_some() { Vec::new() } else { self.filtered(category, |name| params.get(name).map(String::from))? };
        let only_closed = params.get("openOnly") == Some("1");
        let wanted =
            |row: &&OrderRow| named.is(row.order_id.as_str(), row.client_id.as_str()) || !named.is_some() && markets.contains(&row.market);
        let open_rows = self.exchange.open_orders(uid).filter(|_| named.is_some() || !only_closed);
        let closed_rows = self.exchange.closed_orders(uid).filter(|_| named.is_some() || only_closed);
        let place = |row: &OrderRow| if only_closed { row.updated_ns } else { row.created_ns };
        let rows = open_rows.chain(closed_rows).filter(wanted);
        self.order_page(category, params, rows.map(|row| (place(row), row)))
    }

    /// `order/history`: what ended, as late as the index lags. Orders without a fill are forgotten after a day.
    pub(super) fn order_history(&self, uid: Uid, params: &Params) -> Answer {
        let (category, named) = (request::category(params.get("category"))?, Named::parse(params));
        plain_orders(params)?;
        let window = Window::parse(params, self.now_ms())?;
        let markets = self.named_markets(category, params)?;
        let status = params.get("orderStatus");
        let indexed_ns = self.now_ns - self.config.choices.ns(Choice::HistoryLagMs);
        let forgotten_ns = self.now_ns - DAY_MS * 1_000_000;
        let known = |row: &&OrderRow| row.updated_ns <= indexed_ns && (row.cum_qty > Lots::ZERO || row.updated_ns >= forgotten_ns);
        let wanted = |row: &&OrderRow| {
            let fits = markets.contains(&row.market) && window.holds(row.created_ns);
            named.is(row.order_id.as_str(), row.client_id.as_str()) || !named.is_some() && fits
        };
        let has_status = |row: &&OrderRow| {
            let listing = self.listing_at(row.market, row.created_ns);
            status.is_none_or(|status| listing.is_some_and(|listing| rows::order_status(listing, row) == status))
        };
        let rows = self.exchange.closed_orders(uid).filter(known).filter(wanted).filter(has_status);
        self.order_page(category, params, rows.map(|row| (row.updated_ns, row)))
    }

    fn order_page<'a>(&'a self, category: Category, params: &Params, rows: impl Iterator<Item = (i64, &'a OrderRow)>) -> Answer {
        let items = rows.filter_map(|(number, row)| {
            let listing = self.listing_at(row.market, row.created_ns).filter(|listing| listing.category() == category)?;
            Some((Place { number, id: row.order_id.as_str() }, (listing, row)))
        });
        let (shown, cursor) = page(items, params.cursor()?, params.limit(20, 50)?);
        let list: Vec<rows::Item> = shown.into_iter().map(|(listing, row)| rows::order_listed(listing, row)).collect();
        Ok(Reply::page(category, &list, &cursor))
    }

    /// `execution/list`, newest first.
    pub(super) fn list_executions(&self, uid: Uid, params: &Params) -> Answer {
        let (category, named) = (request::category(params.get("category"))?, Named::parse(params));
        let window = Window::parse(params, self.now_ms())?;
        let markets = self.named_markets(category, params)?;
        let wanted = |row: &&ExecutionRow| {
            if named.is_some() {
                return named.is(row.order_id.as_str(), row.client_id.as_str());
            }
            markets.contains(&row.market) && window.holds(row.exec_ns)
        };
        let kind = params.get("execType");
        // The newest come first: behind the first that is too old there is none, unless an id is asked for whenever it was.
        let young = |row: &&ExecutionRow| named.is_some() || row.exec_ns.div_euclid(1_000_000) >= window.from_ms;
        let items = self.exchange.executions(uid).take_while(young).filter(wanted).filter_map(|row| {
            let listing = self.listing_at(row.market, row.exec_ns).filter(|listing| listing.category() == category)?;
            let fits = kind.is_none_or(|kind| words::execution_kind(row).0 == kind);
            fits.then(|| (Place { number: row.exec_ns, id: row.exec_id.as_str() }, (listing, row)))
        });
        let (shown, cursor) = page(items, params.cursor()?, params.limit(50, 100)?);
        if let Some(rows) = if self.speaks_typed { self.typed_executions(&shown) } else { None } {
            return Ok(Reply::typed(ReplyBody::Executions { rows, next: cursor }));
        }
        let list: Vec<rows::Item> = shown.into_iter().map(|(listing, row)| rows::execution_listed(listing, row)).collect();
        Ok(Reply::page(category, &list, &cursor))
    }

    /// Executions past their text; `None` if one was made in another grid than today's, or has no such form.
    fn typed_executions(&self, shown: &[(&Listing, &ExecutionRow)]) -> Option<Vec<Execution>> {
        let today =
            |listing: &Listing, row: &ExecutionRow| self.listings.get(row.market.index()).is_some_and(|now| core::ptr::eq(now, listing));
        shown.iter().map(|(listing, row)| typed::execution(row).filter(|_| today(listing, row))).collect()
    }

    /// The markets that a history query names by symbol, baseCoin or settleCoin; all of the category without any.
    fn named_markets(&self, category: Category, params: &Params) -> Result<Vec<MarketIx>, ApiError> {
        if ["symbol", "baseCoin", "settleCoin"].iter().any(|name| params.get(name).is_some()) {
            return self.filtered(category, |name| params.get(name).map(String::from));
        }
        let rows = self.listings.iter().zip((0_u16..).map(MarketIx));
        Ok(rows.filter(|(listing, _)| listing.category() == category).map(|(_, market)| market).collect())
    }
}

/// Conditional orders are not offered, so that a query for them is refused rather than answered with plain ones.
fn plain_orders(params: &Params) -> Result<(), ApiError> {
    match params.get("orderFilter") {
        None | Some("Order") => Ok(()),
        Some(other) => Err(invalid(format!("params error: orderFilter {other} is not offered by this local exchange"))),
    }
}
