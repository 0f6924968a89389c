//! What the venue says of the account, of the key and of itself: read at start and at maintenance, never per event.

/// How positions of the account are margined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarginMode {
    Isolated,
    /// `REGULAR_MARGIN`.
    Cross,
    Portfolio,
}

/// `account/info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountInfo {
    pub margin_mode: MarginMode,
    /// `unifiedMarginStatus`: 1 classic, 3 and 4 unified 1.0, 5 and 6 unified 2.0.
    pub unified_status: u8,
    /// 0 outside any self-match group; `None` where the venue does not say.
    pub smp_group: Option<u32>,
    pub updated_ms: i64,
}

impl AccountInfo {
    /// Whether linear and spot share one wallet, which all of this program assumes.
    #[must_use]
    pub fn is_unified(&self) -> bool {
        self.unified_status >= 3
    }
}

/// `user/query-api`: what the key of this run may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiKeyInfo {
    pub user_id: u64,
    pub read_only: bool,
    /// Orders on linear: `ContractTrade` names `Order`, or `Derivatives` names `DerivativesTrade`.
    pub trades_linear: bool,
    /// Orders on spot: `Spot` names `SpotTrade`.
    pub trades_spot: bool,
    /// `Wallet` names `Withdraw`.
    pub withdraws: bool,
    /// The key answers to stated addresses only.
    pub ip_bound: bool,
    /// `uta`: the key's account is a unified one.
    pub unified: bool,
    /// `deadlineDay`: whole days that the key lives on; −1 expired, −2 without an end.
    pub days_left: i64,
}

/// A product line of disconnect-cancel-all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DcpProduct {
    Derivatives,
    Spot,
    Options,
}

/// One row of `account/query-dcp-info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DcpInfo {
    pub product: DcpProduct,
    pub on: bool,
    /// Seconds without any private connection after which the venue cancels.
    pub window_s: u32,
}

/// How far a maintenance has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaintenanceState {
    Scheduled,
    Ongoing,
    Completed,
    Cancelled,
}

impl MaintenanceState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MaintenanceState::Scheduled => "scheduled",
            MaintenanceState::Ongoing => "ongoing",
            MaintenanceState::Completed => "completed",
            MaintenanceState::Cancelled => "cancelled",
        }
    }
}

/// One row of `system.status` (stream) or `system/status` (query): what is down, and until when. A list that the venue leaves empty
/// counts as naming everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maintenance {
    pub state: MaintenanceState,
    pub begin_ms: i64,
    /// When trading is open again: expected until completed, actual from then on.
    pub end_ms: i64,
    pub linear: bool,
    pub spot: bool,
    /// Order entry, over HTTP or the trade socket.
    pub trading: bool,
    pub private_stream: bool,
    pub market_data: bool,
}
