//! What the core says happened. Every metric, log line, row and screen is a view of these; nothing else leaves the core.

use alloc::string::String;

use crate::account::Maintenance;
use crate::guards::Guard;
use crate::ids::{ClientId, Coin, ConnId, ExecId, FieldName, MarketIx};
use crate::input::StreamRole;
use crate::orders::{OrderEvent, OrderState};
use crate::quoting::Explanation;
use crate::session::recovery::Stage;
use crate::units::{Amount, Lots, Side, Ticks};

pub use crate::distrust::Distrust;

/// Why the engine cannot go on without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FatalReason {
    /// Key, signature, permission or account refused.
    Account { code: i64 },
    /// The instrument's grid does not hold a configured size or limit.
    Config { market: MarketIx, field: &'static str },
    /// The venue does not list a configured instrument, or lists it with figures that we cannot hold exactly.
    Instrument { market: MarketIx },
    /// Figures left the range that the ledger can hold exactly.
    Ledger { market: MarketIx },
    /// The key or the account is not fit for this bot: what of it.
    Admission { what: &'static str },
    /// What was about to leave is not what the decision wanted: it was not sent.
    Unintended { market: MarketIx, client_id: ClientId },
    /// An order that no run of this bot wrote appeared, and the account is not shared.
    ForeignOrder { market: MarketIx, client_id: ClientId },
    /// Another run of this bot is trading on the account.
    SecondInstance { market: MarketIx, client_id: ClientId },
}

/// One market as a screen wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketView {
    pub market: MarketIx,
    pub trusted: bool,
    pub best_bid: Option<Ticks>,
    pub best_ask: Option<Ticks>,
    pub own_bid: Option<Ticks>,
    pub own_ask: Option<Ticks>,
    pub position: Lots,
    pub pnl: crate::ledger::Pnl,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    StreamUp {
        role: StreamRole,
        conn: ConnId,
    },
    StreamDown {
        role: StreamRole,
        conn: ConnId,
        retry_in_ns: i64,
        failures: u32,
    },
    SubscribeRefused {
        role: StreamRole,
        conn: ConnId,
    },
    InstrumentLoaded {
        market: MarketIx,
    },
    /// Another tick or step, which the configured sizes fit: a new run can quote it.
    GridChanged {
        market: MarketIx,
    },
    FeeRateRead {
        market: MarketIx,
        maker: Amount,
        taker: Amount,
    },
    RecoveryMoved {
        epoch: u32,
        stage: Stage,
    },
    TrustLost {
        market: MarketIx,
        why: Distrust,
    },
    TrustGained {
        market: MarketIx,
    },
    OrderMoved {
        market: MarketIx,
        client_id: ClientId,
        side: Side,
        level: u8,
        price: Ticks,
        qty: Lots,
        from: OrderState,
        to: OrderState,
    },
    OrderContradicted {
        market: MarketIx,
        client_id: ClientId,
        state: OrderState,
        event: OrderEvent,
    },
    /// An open order that we did not expect; it is queried and cancelled.
    StrayFound {
        market: MarketIx,
        client_id: ClientId,
    },
    OrderRefused {
        market: MarketIx,
        client_id: ClientId,
        side: Side,
        why: &'static str,
    },
    FillBooked {
        market: MarketIx,
        exec_id: ExecId,
        client_id: ClientId,
        side: Side,
        price: Ticks,
        /// What the price has beyond whole ticks: 0, unless the trade was made in another grid.
        price_rest: Amount,
        qty: Lots,
        fee: Amount,
        is_maker: bool,
        position: Lots,
    },
    FundingBooked {
        market: MarketIx,
        amount: Amount,
    },
    /// Something other than a trade or funding moved the position.
    PositionForced {
        market: MarketIx,
        exec_id: ExecId,
    },
    BalanceSeen {
        coin: Coin,
        wallet: Amount,
    },
    PositionMismatch {
        market: MarketIx,
        venue: Lots,
        ledger: Lots,
    },
    /// The wallet's coin is not the agreed balance and what the ledgers have booked since.
    BalanceMismatch {
        coin: Coin,
        venue: Amount,
        ledger: Amount,
    },
    /// Nothing that the venue lists of ours explains the difference: somebody moved the coin. The venue's figure is agreed from here on.
    BalanceTakenOver {
        coin: Coin,
        venue: Amount,
        ledger: Amount,
    },
    RequestFailed {
        what: &'static str,
        code: i64,
    },
    RateLimited {
        code: i64,
    },
    /// The budget held a cancel back from its decision until now.
    CancelWaited {
        market: MarketIx,
        client_id: ClientId,
        waited_ns: i64,
    },
    /// An operator's re-arming of a loss stop: what came of which step.
    RearmMoved {
        number: u32,
        minutes: u16,
        step: &'static str,
    },
    /// A guard says that a market (`None`: the account) must quote less; figures in the unit that [`Guard`] states.
    GuardTripped {
        market: Option<MarketIx>,
        guard: Guard,
        value: Amount,
        limit: Amount,
    },
    GuardCleared {
        market: Option<MarketIx>,
        guard: Guard,
    },
    FrameUndecodable {
        conn: ConnId,
        field: &'static str,
    },
    /// An answer that was refused because of this field; what was asked is in doubt and is asked again.
    ReplyUndecodable {
        field: &'static str,
    },
    /// A field that the venue does not document, told once; it was passed over.
    UnknownField {
        name: FieldName,
    },
    /// A frame that was understood and is not for us; the stream goes on.
    FrameOutOfScope {
        conn: ConnId,
        reason: &'static str,
    },
    UnknownInstrument {
        conn: ConnId,
    },
    /// The venue announces, begins or ends a maintenance.
    MaintenanceSeen(Maintenance),
    MarketSeen(MarketView),
    /// An input came this long after the time at which the core had asked for one.
    HostStalled {
        late_ns: i64,
    },
    /// A person stopped (or resumed) the quoting of a market.
    MarketPaused {
        market: MarketIx,
        paused: bool,
    },
    /// A price that left: its parts sum to it exactly.
    QuoteExplained {
        market: MarketIx,
        client_id: ClientId,
        side: Side,
        level: u8,
        colour: u8,
        price: Ticks,
        explanation: Explanation,
    },
    ParamsApplied {
        market: MarketIx,
    },
    /// None of the change that held this was applied.
    ParamsRefused {
        field: String,
        why: String,
    },
    /// An answer that came for a market that has moved on: nothing of it was used.
    AnswerDropped {
        market: MarketIx,
        decision_seq: u64,
        why: &'static str,
    },
    /// The strategy outside the core gave no usable answer: its quotes are pulled until the next one.
    StrategyFailed {
        market: MarketIx,
        decision_seq: u64,
        why: &'static str,
        in_a_row: u32,
    },
    /// It failed too often: the market is not quoted until it gets new parameters.
    StrategyHalted {
        market: MarketIx,
    },
    StopBegun,
    Stopped {
        clean: bool,
        open_orders: u32,
    },
    Fatal(FatalReason),
}
