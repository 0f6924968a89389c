//! What of the documented protocol is read, and why the rest is refused: the one table behind `docs/conformance.md`.

use core::fmt;

/// Why a documented topic, endpoint or frame is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Inverse,
    Options,
    Spread,
    Rfq,
    RetailBook,
    FullBook,
    Sbe,
    Unused,
    OwnLedger,
    Settings,
    Borrowing,
    Funds,
    Keys,
    Partners,
    VenueAlgos,
    Consumer,
    Announcements,
    Retired,
    ClientRequest,
    Unlisted,
}

impl Reason {
    /// The reason in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Inverse => "coin-margined contracts are not traded",
            Reason::Options => "options are not traded",
            Reason::Spread => "spread instruments are not traded",
            Reason::Rfq => "block trades by request for quote are not traded",
            Reason::RetailBook => "retail price improvement orders rest outside the book that is quoted against",
            Reason::FullBook => "books are kept from the topics of 1 to 1000 levels",
            Reason::Sbe => "the binary encoding is offered to designated makers only",
            Reason::Unused => "no model or guard reads this figure",
            Reason::OwnLedger => "positions, fees and profit are the ledger's own, from executions",
            Reason::Settings => "account settings are made by a person, before the start",
            Reason::Borrowing => "nothing is borrowed or lent",
            Reason::Funds => "no funds are moved, converted or invested",
            Reason::Keys => "keys and sub-accounts are managed by a person",
            Reason::Partners => "broker, affiliate and institution programmes are no business of a maker",
            Reason::VenueAlgos => "strategies that the venue runs are not used",
            Reason::Consumer => "consumer products",
            Reason::Announcements => "announcements are prose for people",
            Reason::Retired => "withdrawn by the venue",
            Reason::ClientRequest => "what a client sends, not what it receives",
            Reason::Unlisted => "not in the documented list",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The payload of an endpoint that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    ServerTime,
    Instruments,
    Book,
    Tickers,
    Trades,
    Candles,
    FundingRates,
    /// One order placed, amended or cancelled.
    Order,
    /// Several.
    Orders,
    CancelAll,
    OrderRows,
    Executions,
    Positions,
    Wallet,
    FeeRates,
    Account,
    ApiKey,
    Dcp,
    SystemStatus,
    /// Only the return code says something.
    Nothing,
}

/// Whether a payload is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Read(Payload),
    Refused(Reason),
}

use Payload::{
    Account, ApiKey, Book, CancelAll, Candles, Dcp, Executions, FeeRates, FundingRates, Instruments, Nothing, Order, OrderRows, Orders,
    Positions, ServerTime, SystemStatus, Tickers, Trades, Wallet,
};
use Reason::{
    Announcements, Borrowing, Consumer, FullBook, Funds, Inverse, Keys, Options, OwnLedger, Partners, RetailBook, Retired, Rfq, Sbe,
    Settings, Spread, Unlisted, Unused, VenueAlgos,
};
use Scope::{Read, Refused};

/// HTTP paths and the sockets that are never opened, whole or (with a slash at the end) as a prefix; the longest that fits decides.
pub const ENDPOINTS: &[(&str, Scope)] = &[
    ("/v5/account/", Refused(Settings)),
    ("/v5/account/borrow", Refused(Borrowing)),
    ("/v5/account/borrow-history", Refused(Borrowing)),
    ("/v5/account/collateral-info", Refused(Borrowing)),
    ("/v5/account/fee-rate", Read(FeeRates)),
    ("/v5/account/info", Read(Account)),
    ("/v5/account/instruments-info", Read(Instruments)),
    ("/v5/account/mmp-modify", Refused(Options)),
    ("/v5/account/mmp-reset", Refused(Options)),
    ("/v5/account/mmp-state", Refused(Options)),
    ("/v5/account/no-convert-repay", Refused(Borrowing)),
    ("/v5/account/option-asset-info", Refused(Options)),
    ("/v5/account/pay-info", Refused(Borrowing)),
    ("/v5/account/query-dcp-info", Read(Dcp)),
    ("/v5/account/quick-repayment", Refused(Borrowing)),
    ("/v5/account/repay", Refused(Borrowing)),
    ("/v5/account/trade-info-for-analysis", Refused(OwnLedger)),
    ("/v5/account/transaction-log", Refused(OwnLedger)),
    ("/v5/account/wallet-balance", Read(Wallet)),
    ("/v5/account/withdrawal", Refused(Funds)),
    ("/v5/affiliate/", Refused(Partners)),
    ("/v5/alpha/", Refused(Consumer)),
    ("/v5/announcements/", Refused(Announcements)),
    ("/v5/apilimit/", Refused(Partners)),
    ("/v5/asset/", Refused(Funds)),
    ("/v5/asset/coin-greeks", Refused(Options)),
    ("/v5/asset/delivery-record", Refused(OwnLedger)),
    ("/v5/asset/settlement-record", Refused(OwnLedger)),
    ("/v5/bot/", Refused(VenueAlgos)),
    ("/v5/broker/", Refused(Partners)),
    ("/v5/card/", Refused(Consumer)),
    ("/v5/copytrade/", Refused(Consumer)),
    ("/v5/crypto-loan/", Refused(Borrowing)),
    ("/v5/crypto-loan-common/", Refused(Borrowing)),
    ("/v5/earn/", Refused(Funds)),
    ("/v5/execution/list", Read(Executions)),
    ("/v5/ins-loan/", Refused(Borrowing)),
    ("/v5/institution/", Refused(Partners)),
    ("/v5/market/", Refused(Unused)),
    ("/v5/market/delivery-price", Refused(Options)),
    ("/v5/market/full_orderbook", Refused(FullBook)),
    ("/v5/market/funding/history", Read(FundingRates)),
    ("/v5/market/historical-volatility", Refused(Options)),
    ("/v5/market/index-price-kline", Read(Candles)),
    ("/v5/market/instruments-info", Read(Instruments)),
    ("/v5/market/kline", Read(Candles)),
    ("/v5/market/mark-price-kline", Read(Candles)),
    ("/v5/market/new-delivery-price", Refused(Options)),
    ("/v5/market/orderbook", Read(Book)),
    ("/v5/market/premium-index-price-kline", Read(Candles)),
    ("/v5/market/recent-trade", Read(Trades)),
    ("/v5/market/rpi_orderbook", Refused(RetailBook)),
    ("/v5/market/tickers", Read(Tickers)),
    ("/v5/market/time", Read(ServerTime)),
    ("/v5/order/amend", Read(Order)),
    ("/v5/order/amend-batch", Read(Orders)),
    ("/v5/order/cancel", Read(Order)),
    ("/v5/order/cancel-all", Read(CancelAll)),
    ("/v5/order/cancel-batch", Read(Orders)),
    ("/v5/order/create", Read(Order)),
    ("/v5/order/create-batch", Read(Orders)),
    ("/v5/order/disconnected-cancel-all", Read(Nothing)),
    ("/v5/order/history", Read(OrderRows)),
    ("/v5/order/pre-check", Refused(Unused)),
    ("/v5/order/realtime", Read(OrderRows)),
    ("/v5/order/spot-borrow-check", Refused(Borrowing)),
    ("/v5/position/", Refused(Settings)),
    ("/v5/position/closed-pnl", Refused(OwnLedger)),
    ("/v5/position/get-closed-positions", Refused(Options)),
    ("/v5/position/list", Read(Positions)),
    ("/v5/position/set-leverage", Read(Nothing)),
    ("/v5/position/switch-mode", Read(Nothing)),
    ("/v5/private-sbe", Refused(Sbe)),
    ("/v5/public-sbe/", Refused(Sbe)),
    ("/v5/public/inverse", Refused(Inverse)),
    ("/v5/public/option", Refused(Options)),
    ("/v5/public/spread", Refused(Spread)),
    ("/v5/trade-sbe", Refused(Sbe)),
    ("/v5/pre-upgrade/", Refused(Retired)),
    ("/v5/pwm/", Refused(Funds)),
    ("/v5/rfq/", Refused(Rfq)),
    ("/v5/rwa/", Refused(Funds)),
    ("/v5/spot-lever-token/", Refused(Consumer)),
    ("/v5/spot-margin-trade/", Refused(Borrowing)),
    ("/v5/spread/", Refused(Spread)),
    ("/v5/strategy/", Refused(VenueAlgos)),
    ("/v5/system/status", Read(SystemStatus)),
    ("/v5/user/", Refused(Keys)),
    ("/v5/user/query-api", Read(ApiKey)),
];

/// Topics that are documented and not read, whole or as a prefix.
pub const REFUSED_TOPICS: &[(&str, Reason)] = &[
    ("orderbook.rpi.", RetailBook),
    ("orderbook.full.", FullBook),
    ("allLiquidation.", Unused),
    ("liquidation.", Retired),
    ("priceLimit.", Unused),
    ("insurance.", Unused),
    ("adlAlert", Unused),
    ("kline_lt.", Consumer),
    ("tickers_lt.", Consumer),
    ("lt.", Consumer),
    ("greeks", Options),
    ("strategy", VenueAlgos),
    ("spread.", Spread),
    ("rfq.", Rfq),
    ("earn.", Funds),
];

/// What becomes of an answer to this path.
#[must_use]
pub fn endpoint(path: &str) -> Scope {
    endpoint_row(path).map_or(Refused(Unlisted), |row| row.1)
}

/// The row of [`ENDPOINTS`] that decides about a path.
#[must_use]
pub fn endpoint_row(path: &str) -> Option<&'static (&'static str, Scope)> {
    let fits = |row: &&(&str, Scope)| row.0 == path || (row.0.ends_with('/') && path.starts_with(row.0));
    ENDPOINTS.iter().filter(fits).max_by_key(|row| row.0.len())
}

/// Why a topic that no decoder took is refused.
#[must_use]
pub fn topic(topic: &[u8]) -> Reason {
    let found = REFUSED_TOPICS.iter().find(|row| topic.starts_with(row.0.as_bytes()));
    found.map_or_else(|| suffix(topic), |row| row.1)
}

/// The categorised forms of the private topics: `order.option`.
fn suffix(topic: &[u8]) -> Reason {
    let dot = topic.iter().rposition(|byte| *byte == b'.');
    dot.and_then(|dot| category(&topic[dot + 1..])).unwrap_or(Unlisted)
}

/// Why rows of a category are refused; `None` for a category that is traded, or none at all.
#[must_use]
pub fn category(name: &[u8]) -> Option<Reason> {
    match name {
        b"inverse" => Some(Inverse),
        b"option" => Some(Options),
        b"spread" => Some(Spread),
        _ => None,
    }
}
