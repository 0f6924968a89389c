//! The engine: one account, one writer. [`Engine::step`] names every input; everything it does comes out of the [`Sink`].
//!
//! ```text
//! Frame ─ intake ─┬─ book ──────────► quote (signals → ladder → targets → risk) ─► Output::Order
//!                 ├─ orders, fills ─► fold (order table, ledger) ─► quote
//!                 └─ trade replies ─► replies (order table) ─► quote
//! StreamUp/Down, Timer, HttpReply ─► upkeep (time-outs, recovery, queries, back-off) ─► Output::{Connect, Query, …}
//! ```

mod admission;
mod answers;
mod asking;
mod canary;
mod clock;
mod coins;
pub mod config;
mod fold;
mod guard;
mod host;
mod intake;
mod intent;
mod opening;
mod params;
mod pauses;
mod quote;
mod rearm;
mod recover;
mod release;
mod replies;
mod rules;
mod setup;
mod signals;
mod spare;
mod upkeep;
pub mod view;
mod watch;

use alloc::vec::Vec;

use crate::execution_ids::ExecutionIds;
use crate::fact::Fact;
use crate::guards::Guards;
use crate::ids::{ConnId, MarketIx, ReqId};
use crate::input::{CoinBalance, Execution, Message, Reply};
use crate::instrument::Instruments;
use crate::market::Market;
use crate::mutants::{Mutant, planted};
use crate::orders::Orders;
use crate::output::{Output, Query};
use crate::quoting::Quotes;
use crate::quoting::declared::{Declared, Fault};
use crate::risk::Approved;
use crate::rng::Rng;
use crate::session::budget::Budget;
use crate::session::inflight::{Purpose, Requests};
use crate::session::recovery::Recovery;
use crate::session::streams::Streams;
use crate::targets::Plan;
use crate::units::{Lots, Ticks};
pub use config::{AskParams, EngineConfig, MarketConfig, Model, Params, SignalParams};

/// What a person may order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Stop quoting, cancel all, verify by query until empty.
    Stop,
    /// Stop quoting one market and cancel its orders.
    Pause(MarketIx),
    /// Quote it again.
    Resume(MarketIx),
    /// Asks to lift a latched loss stop for so many minutes.
    ProposeRearm(u16),
    /// Lifts it: the number is the proposal's.
    ConfirmRearm(u32),
}

/// The closed list of things that can happen to the core.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<'a> {
    /// A socket is open and, where it must be, authenticated.
    StreamUp {
        conn: ConnId,
    },
    StreamDown {
        conn: ConnId,
    },
    /// The venue answered a socket's opening handshake with this HTTP status: it is down, and 403 means that our address is shut out.
    StreamRefused {
        conn: ConnId,
        status: u16,
    },
    /// One decoded frame.
    Frame {
        conn: ConnId,
        message: Message<'a>,
    },
    /// A frame or an answer that the codec refused, by field.
    Undecodable {
        conn: ConnId,
        field: &'static str,
    },
    /// A decoded HTTP answer.
    HttpReply {
        req_id: ReqId,
        reply: Reply,
    },
    /// The transport could not send, or got no answer that we can read. `definite`: not one byte left.
    SendFailed {
        req_id: ReqId,
        definite: bool,
    },
    /// The deadline that the core asked for is here.
    Timer,
    /// Venue time − our time.
    ClockOffset {
        offset_ns: i64,
    },
    Operator(Operator),
    /// New parameters of some markets, all of them or none.
    Params(&'a [(MarketIx, Params)]),
    /// What a strategy outside the core answered to [`Output::DecisionDue`].
    StrategyAnswer {
        decision_seq: u64,
        market: MarketIx,
        answer: Result<&'a [Declared], Fault>,
    },
}

/// What one step produced, in order.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    pub outputs: Vec<Output>,
    pub facts: Vec<Fact>,
}

/// A query that has not left yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pending {
    query: Query,
    purpose: Purpose,
    not_before_ns: i64,
    failures: u32,
}

/// The trading core of one account.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    now_ns: i64,
    clock_offset_ns: i64,
    rng: Rng,
    instruments: Instruments,
    markets: Vec<Market>,
    params: Vec<Params>,
    signals: Vec<signals::Signals>,
    asking: Vec<asking::Asking>,
    decision_seq: u64,
    all_markets: Vec<MarketIx>,
    orders: Orders,
    guards: Guards,
    watch: watch::Watch,
    canary: canary::Canary,
    rules: rules::Rules,
    admission: admission::Admission,
    execution_ids: ExecutionIds,
    /// Executions read before the ledgers have their starting positions.
    early: Vec<Execution>,
    opening: opening::Opening,
    newest_execution_ms: i64,
    /// Positions that the venue told in the current recovery.
    venue_positions: Vec<Option<(Lots, i64)>>,
    /// Coins that the venue told in the current recovery.
    venue_coins: Vec<CoinBalance>,
    requests: Requests,
    pending: Vec<Pending>,
    budget: Budget,
    streams: Streams,
    started: bool,
    recovery: Option<Recovery>,
    epochs: u32,
    /// A listing of the current recovery showed an open order.
    open_listed: bool,
    /// The last recovery is done and nothing has happened since that calls for another.
    recovered: bool,
    stopping_since_ns: Option<i64>,
    stopped: bool,
    seen_due_ns: i64,
    fees_due_ns: i64,
    next_due_ns: i64,
    plan: Plan,
    desired: Quotes,
    spares: spare::Spares,
    own: [Vec<(Ticks, Lots)>; 2],
}

impl Engine {
    /// Takes one input at `ts_ns` (never running back) and appends what follows to `sink`.
    pub fn step(&mut self, ts_ns: i64, input: Input<'_>, sink: &mut Sink) {
        self.now_ns = self.now_ns.max(ts_ns);
        self.notice_stall(ts_ns, sink);
        let routine = matches!(input, Input::Frame { message: Message::Book(_) | Message::Trades(..) | Message::Ignored, .. });
        match input {
            Input::StreamUp { conn } => self.stream_up(conn, sink),
            Input::StreamDown { conn } => self.stream_down(conn, sink),
            Input::StreamRefused { conn, status } => self.stream_refused(conn, status, sink),
            Input::Frame { conn, message } => self.frame(conn, message, sink),
            Input::Undecodable { conn, field } => self.undecodable(conn, field, sink),
            Input::HttpReply { req_id, reply } => self.answered(req_id, reply, sink),
            Input::SendFailed { req_id, definite } => self.send_failed(req_id, definite, sink),
            Input::Timer => {}
            Input::ClockOffset { offset_ns } => self.read_clock(offset_ns),
            Input::Operator(Operator::Stop) => self.begin_stop(sink),
            Input::Operator(Operator::Pause(market)) => self.pause(market, true, sink),
            Input::Operator(Operator::Resume(market)) => self.pause(market, false, sink),
            Input::Operator(Operator::ProposeRearm(minutes)) => self.propose_rearm(minutes, sink),
            Input::Operator(Operator::ConfirmRearm(number)) => self.confirm_rearm(number, sink),
            Input::Params(changes) => self.change_params(changes, sink),
            Input::StrategyAnswer { decision_seq, market, answer } => self.strategy_answered(decision_seq, market, answer, sink),
        }
        if !routine || self.now_ns >= self.next_due_ns {
            self.upkeep(sink);
        }
    }

    /// Takes back a command that has been written down, so that the next needs no new memory.
    pub fn recycle(&mut self, command: Approved) {
        self.spares.give(command.into_command());
    }

    /// When the core wants a [`Input::Timer`] if nothing else happens before; `None` once it has stopped.
    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        (!self.stopped).then_some(self.next_due_ns)
    }

    /// Venue time as well as we know it, in ms: what requests are stamped with.
    #[must_use]
    pub fn venue_ms(&self) -> i64 {
        let offset_ns = if planted(Mutant::LocalClockSigned) { 0 } else { self.clock_offset_ns };
        (self.now_ns + offset_ns) / 1_000_000
    }

    #[must_use]
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    #[must_use]
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    #[must_use]
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    #[must_use]
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    #[must_use]
    pub fn market(&self, market: MarketIx) -> Option<&Market> {
        self.markets.get(market.index())
    }

    /// True after the ordered stop: nothing will be asked or sent any more.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }
}
