//! What the venue's documents leave open, and figures that a test must be able to shorten: every one is an option with a default.

use alloc::format;
use alloc::string::String;

use serde_json::Value;

/// An option of the exchange. All are whole numbers; a flag is false or true, 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    IpRequests,
    IpWindowMs,
    IpBanMs,
    IpBanExtends,
    TradeIpRequests,
    SessionRequests,
    SystemRequests,
    SharedWindows,
    BatchOverflowCode,
    MaxBatchLinear,
    UnauthenticatedCode,
    BadTopicDropsRequest,
    TradeAckDelayMs,
    IdleMs,
    IdleSweepMs,
    NewConnections,
    NewConnectionsWindowMs,
    MarketConnections,
    HistoryLagMs,
}

/// Name, default, least, most, and what it decides.
#[derive(Clone, Copy, Debug)]
pub struct ChoiceRow {
    pub choice: Choice,
    pub name: &'static str,
    pub default: i64,
    pub range: (i64, i64),
    pub about: &'static str,
}

const fn row(choice: Choice, name: &'static str, default: i64, range: (i64, i64), about: &'static str) -> ChoiceRow {
    ChoiceRow { choice, name, default, range, about }
}

const FLAG: (i64, i64) = (0, 1);
const COUNT: (i64, i64) = (1, 1_000_000);
const COUNT_OR_OFF: (i64, i64) = (0, 1_000_000);
const TIME_MS: (i64, i64) = (1, 86_400_000);

/// Every option, in the order of [`Choice`].
pub const CHOICES: [ChoiceRow; 19] = [
    row(Choice::IpRequests, "ip_requests", 600, COUNT, "HTTP requests per address and window before it is banned"),
    row(Choice::IpWindowMs, "ip_window_ms", 5000, TIME_MS, "the window of ip_requests"),
    row(Choice::IpBanMs, "ip_ban_ms", 600_000, TIME_MS, "how long every HTTP request of a banned address is answered 403"),
    row(Choice::IpBanExtends, "ip_ban_extends", 0, FLAG, "a request during the ban begins it anew"),
    row(Choice::TradeIpRequests, "trade_ip_requests", 3000, COUNT, "trade-socket requests per second and address; more: 10403"),
    row(
        Choice::SessionRequests,
        "session_requests",
        0,
        COUNT_OR_OFF,
        "trade-socket requests per second and connection (0: no limit); more: 20003",
    ),
    row(
        Choice::SystemRequests,
        "system_requests",
        0,
        COUNT_OR_OFF,
        "order requests per second of everybody (0: no limit); more: 10429, by HTTP with status 429",
    ),
    row(
        Choice::SharedWindows,
        "shared_windows",
        1,
        FLAG,
        "single orders by REST and by the trade socket share one limit window; batches always do",
    ),
    row(
        Choice::BatchOverflowCode,
        "batch_overflow_code",
        10006,
        (1, 999_999),
        "code of the orders of a batch that its window has no room for",
    ),
    row(Choice::MaxBatchLinear, "max_batch_linear", 20, (1, 20), "orders in one batch of contracts"),
    row(
        Choice::UnauthenticatedCode,
        "unauthenticated_code",
        10005,
        (10003, 10005),
        "what an order on a trade socket before auth is refused with",
    ),
    row(
        Choice::BadTopicDropsRequest,
        "bad_topic_drops_request",
        0,
        FLAG,
        "one bad topic voids the whole subscribe request, good neighbours included",
    ),
    row(
        Choice::TradeAckDelayMs,
        "trade_ack_delay_ms",
        0,
        (0, 60_000),
        "extra delay of a trade-socket answer: above the order latency the private push comes first",
    ),
    row(Choice::IdleMs, "idle_ms", 600_000, TIME_MS, "a socket without ping and without data for so long is closed"),
    row(Choice::IdleSweepMs, "idle_sweep_ms", 30_000, TIME_MS, "how often idle sockets are looked for"),
    row(Choice::NewConnections, "new_connections", 500, COUNT, "new sockets per address and window; more: HTTP 403"),
    row(Choice::NewConnectionsWindowMs, "new_connections_window_ms", 300_000, TIME_MS, "the window of new_connections"),
    row(Choice::MarketConnections, "market_connections", 1000, COUNT, "public sockets per address and category at a time; more: HTTP 403"),
    row(Choice::HistoryLagMs, "history_lag_ms", 0, (0, 86_400_000), "how long order/history does not know yet what has ended"),
];

/// The value of every option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices([i64; CHOICES.len()]);

impl Default for Choices {
    fn default() -> Self {
        Self(CHOICES.map(|row| row.default))
    }
}

impl Choices {
    /// Reads the door's options out of the settings' `options` object; what it does not name keeps its default, and whatever is not the
    /// door's is passed over.
    ///
    /// # Errors
    /// A sentence naming the option and what it may be.
    pub fn parse(options: Option<&Value>) -> Result<Self, String> {
        let mut choices = Self::default();
        let Some(named) = options.and_then(Value::as_object) else { return Ok(choices) };
        for (name, value) in named {
            let Some(row) = CHOICES.iter().find(|row| row.name == name) else { continue };
            let (least, most) = row.range;
            let whole = value.as_i64().or_else(|| value.as_bool().filter(|_| row.range == FLAG).map(i64::from));
            let whole = whole.filter(|whole| (least..=most).contains(whole));
            choices.0[row.choice as usize] =
                whole.ok_or_else(|| format!("options.{name}: {value} is not a whole number within {least}..{most}"))?;
        }
        Ok(choices)
    }

    #[must_use]
    pub fn get(&self, choice: Choice) -> i64 {
        self.0[choice as usize]
    }

    #[must_use]
    pub fn is_on(&self, choice: Choice) -> bool {
        self.get(choice) != 0
    }

    #[must_use]
    pub fn count(&self, choice: Choice) -> u32 {
        u32::try_from(self.get(choice)).unwrap_or(u32::MAX)
    }

    /// A code of the venue.
    #[must_use]
    pub fn code(&self, choice: Choice) -> i32 {
        i32::try_from(self.get(choice)).unwrap_or(i32::MAX)
    }

    /// An option in milliseconds.
    #[must_use]
    pub fn ns(&self, choice: Choice) -> i64 {
        self.get(choice) * 1_000_000
    }
}
