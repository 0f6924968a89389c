//! Queries as HTTP requests: the exact bytes that the transport signs and sends.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{Category, ClientId, InstrumentId, MarketIx};
use mm_core::instrument::Instruments;
use mm_core::output::Query;

use crate::refusal::EncodeError;

/// The verb of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

impl Method {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// One request below the REST host. `raw_query` and `body` go on the wire byte for byte: the signature covers them as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    pub method: Method,
    pub path: &'static str,
    /// Without the leading `?`; empty for a POST.
    pub raw_query: String,
    /// Empty for a GET.
    pub body: Vec<u8>,
    /// False for market data, which needs no key.
    pub signed: bool,
}

/// The request of one query. A cursor is passed on verbatim: it is already percent-encoded and is signed like that.
///
/// # Errors
/// [`EncodeError::UnknownMarket`], or [`EncodeError::NotOffered`] for a position on spot.
pub fn http_request(query: &Query, instruments: &Instruments) -> Result<HttpRequest, EncodeError> {
    let scope = |market: &MarketIx| {
        let id = instruments.id(*market).ok_or(EncodeError::UnknownMarket)?;
        Ok((id, format!("category={}&symbol={}", id.category.as_str(), id.symbol)))
    };
    Ok(match query {
        Query::Instrument(market) => HttpRequest { signed: false, ..get("/v5/market/instruments-info", scope(market)?.1) },
        Query::FeeRate(market) => get("/v5/account/fee-rate", scope(market)?.1),
        Query::OpenOrders { market, cursor } => {
            get("/v5/order/realtime", paged(format!("{}&openOnly=0&limit=50", scope(market)?.1), cursor))
        }
        Query::OrderByClientId { market, client_id } => get("/v5/order/realtime", format!("{}&orderLinkId={client_id}", scope(market)?.1)),
        Query::Executions { market, start_ms, cursor } => {
            get("/v5/execution/list", paged(format!("{}&startTime={start_ms}&limit=100", scope(market)?.1), cursor))
        }
        Query::Position(market) => position(scope(market)?)?,
        Query::Wallet => get("/v5/account/wallet-balance", String::from("accountType=UNIFIED")),
        Query::CancelAll(market) => cancel_all(scope(market)?.0),
        Query::CancelOrder { market, client_id } => cancel_order(scope(market)?.0, client_id),
        Query::AccountInfo => get("/v5/account/info", String::new()),
        Query::ApiKey => get("/v5/user/query-api", String::new()),
        Query::Dcp => get("/v5/account/query-dcp-info", String::new()),
        Query::ServerTime => HttpRequest { signed: false, ..get("/v5/market/time", String::new()) },
        Query::SystemStatus => HttpRequest { signed: false, ..get("/v5/system/status", String::new()) },
    })
}

fn get(path: &'static str, raw_query: String) -> HttpRequest {
    HttpRequest { method: Method::Get, path, raw_query, body: Vec::new(), signed: true }
}

fn paged(mut raw_query: String, cursor: &str) -> String {
    if !cursor.is_empty() {
        raw_query.push_str("&cursor=");
        raw_query.push_str(cursor);
    }
    raw_query
}

fn position((id, raw_query): (InstrumentId, String)) -> Result<HttpRequest, EncodeError> {
    match id.category {
        Category::Linear => Ok(get("/v5/position/list", raw_query)),
        Category::Spot => Err(EncodeError::NotOffered),
    }
}

fn cancel_all(id: InstrumentId) -> HttpRequest {
    let body = format!(r#"{{"category":"{}","symbol":"{}"}}"#, id.category.as_str(), id.symbol);
    HttpRequest { method: Method::Post, path: "/v5/order/cancel-all", raw_query: String::new(), body: body.into_bytes(), signed: true }
}

fn cancel_order(id: InstrumentId, client_id: &ClientId) -> HttpRequest {
    let body = format!(r#"{{"category":"{}","symbol":"{}","orderLinkId":"{client_id}"}}"#, id.category.as_str(), id.symbol);
    HttpRequest { method: Method::Post, path: "/v5/order/cancel", raw_query: String::new(), body: body.into_bytes(), signed: true }
}
