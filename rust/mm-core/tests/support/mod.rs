//! A scripted venue around one engine with one market.
#![allow(clippy::unwrap_used, dead_code)]

use mm_core::account::{AccountInfo, ApiKeyInfo, MarginMode};
use mm_core::engine::{Engine, EngineConfig, Input, MarketConfig, Model, SignalParams, Sink};
use mm_core::fact::Fact;
use mm_core::guards::config::GuardConfig;
use mm_core::ids::{Category, ClientId, Coin, ConnId, ExecId, InstrumentId, MarketIx, OrderId, ReqId, Symbol};
use mm_core::input::{
    BookUpdate, CoinBalance, ExecKind, Execution, FeeRate, Message, OrderUpdate, Outcome, PositionUpdate, Reply, ReplyBody, StreamRole,
    VenueStatus,
};
use mm_core::instrument::Instrument;
use mm_core::orders::client_id::RunId;
use mm_core::output::{OrderCommand, Output, Query};
use mm_core::quoting::ladder::LadderParams;
use mm_core::targets::Patience;
use mm_core::units::{Amount, Lots, Side, Ticks};

pub const M: MarketIx = MarketIx(0);
pub const MS: i64 = 1_000_000;

pub fn amount(text: &str) -> Amount {
    Amount::parse(text.as_bytes()).unwrap()
}

pub fn instrument() -> Instrument {
    let (tick_size, qty_step) = (amount("0.1"), amount("0.001"));
    Instrument {
        id: InstrumentId { category: Category::Linear, symbol: Symbol::new(b"TESTUSDT").unwrap() },
        base: Coin::new(b"TEST").unwrap(),
        quote: Coin::new(b"USDT").unwrap(),
        settle: Coin::new(b"USDT").unwrap(),
        tick_size,
        qty_step,
        min_qty: Lots(1),
        max_qty: Lots(100_000),
        min_notional: amount("5"),
        min_price: Ticks(1),
        max_price: Ticks(10_000_000),
        tick_lot: Instrument::cash_per_tick_lot(tick_size, qty_step).unwrap(),
    }
}

pub fn config() -> EngineConfig {
    EngineConfig {
        run: RunId::new(b"t").unwrap(),
        seed: 1,
        recv_window_ms: 5000,
        orders_per_s: 100,
        queries_per_s: 50,
        markets: vec![MarketConfig {
            id: instrument().id,
            depth: 50,
            order_qty: amount("0.01"),
            max_position: amount("0.03"),
            max_order_notional: amount("1000"),
        }],
        model: Model::Ladder,
        signals: SignalParams {
            imbalance_levels: 5,
            imbalance_bps: 0.0,
            order_flow_weight: 0.0,
            order_flow_half_life_s: 1.0,
            toxicity_max_bps: 0.0,
            toxicity_half_life_s: 60.0,
            funding_ramp_s: 0.0,
        },
        ladder: LadderParams {
            k_vola_spread: 1.0,
            min_spread_bps: 2.0,
            max_spread_bps: 2.0,
            levels: 1,
            level_spacing_coeff: 0.0,
            skew_bps: 2.0,
            microprice_weight: 0.0,
            safety_bps: 0.0,
            adverse_bps: 0.0,
        },
        volatility_half_life_s: 60.0,
        patience: Patience { min_time_in_book_ns: 0, replace_threshold_bps: 0.0 },
        explain: false,
        guards: GuardConfig::default(),
        shared_account: false,
    }
}

/// A key and an account as the bot wants them.
pub fn key() -> ApiKeyInfo {
    ApiKeyInfo {
        user_id: 1,
        read_only: false,
        trades_linear: true,
        trades_spot: false,
        withdraws: false,
        ip_bound: true,
        unified: true,
        days_left: 90,
    }
}

pub fn account() -> AccountInfo {
    AccountInfo { margin_mode: MarginMode::Cross, unified_status: 5, smp_group: None, updated_ms: 0 }
}

pub struct Venue {
    pub engine: Engine,
    pub now_ns: i64,
    pub sink: Sink,
    pub update_id: u64,
    pub position: Lots,
    pub position_seq: i64,
    /// Settle coin, to the last digit; the venue shows it rounded.
    pub wallet: Amount,
    /// Of the open position, signed like it: what it cost at its average price.
    cost: Amount,
    pub key: ApiKeyInfo,
    pub account: AccountInfo,
    executed: Vec<String>,
    /// What a listing of executions shows, newest first.
    pub day: Vec<Execution>,
    /// The rules of the market.
    pub spec: Instrument,
    /// Answers a question for the rules in place of `spec`.
    pub rules_reply: Option<Reply>,
    /// What a listing shows.
    pub open: Vec<OrderUpdate>,
    /// Venue's clock − ours.
    pub offset_ns: i64,
    /// Answer queries at once.
    pub answering: bool,
}

impl Venue {
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: EngineConfig) -> Self {
        let engine = Engine::new(config).unwrap();
        Self {
            engine,
            now_ns: 1_700_000_000_000_000_000,
            sink: Sink::default(),
            update_id: 0,
            position: Lots::ZERO,
            position_seq: 0,
            wallet: amount("5000"),
            cost: Amount::ZERO,
            key: key(),
            account: account(),
            executed: Vec::new(),
            day: Vec::new(),
            spec: instrument(),
            rules_reply: None,
            open: Vec::new(),
            offset_ns: 0,
            answering: true,
        }
    }

    /// One input; answers all queries that it brings until there are none.
    pub fn step(&mut self, input: Input<'_>) -> Sink {
        let mut all = Sink::default();
        self.engine.step(self.now_ns, input, &mut self.sink);
        loop {
            let fresh = std::mem::take(&mut self.sink);
            let queries: Vec<(ReqId, Query)> = fresh
                .outputs
                .iter()
                .filter_map(|out| if let Output::Query { req_id, query } = out { Some((*req_id, query.clone())) } else { None })
                .collect();
            all.outputs.extend(fresh.outputs);
            all.facts.extend(fresh.facts);
            if queries.is_empty() || !self.answering {
                return all;
            }
            for (req_id, query) in queries {
                let reply = self.answer(&query);
                self.engine.step(self.now_ns, Input::HttpReply { req_id, reply }, &mut self.sink);
            }
        }
    }

    pub fn answer(&self, query: &Query) -> Reply {
        if let (Query::Instrument(_), Some(reply)) = (query, &self.rules_reply) {
            return reply.clone();
        }
        let body = match query {
            Query::Instrument(_) => ReplyBody::Instruments(vec![self.spec.clone()]),
            Query::FeeRate(market) => {
                ReplyBody::FeeRates(vec![FeeRate { market: *market, maker: amount("-0.00001"), taker: amount("0.00015") }])
            }
            Query::OpenOrders { .. } => ReplyBody::Orders { rows: self.open.clone(), next: String::new() },
            Query::OrderByClientId { client_id, .. } => {
                let rows = self.open.iter().filter(|row| row.client_id == *client_id).copied().collect();
                ReplyBody::Orders { rows, next: String::new() }
            }
            Query::Executions { .. } => ReplyBody::Executions { rows: self.day.clone(), next: String::new() },
            Query::Position(market) => ReplyBody::Positions(vec![PositionUpdate { market: *market, ..self.position_row() }]),
            Query::Wallet => ReplyBody::Wallet(vec![self.coin_row()]),
            Query::ApiKey => ReplyBody::ApiKey(self.key),
            Query::AccountInfo => ReplyBody::Account(self.account),
            Query::ServerTime => ReplyBody::ServerTime(self.now_ns + self.offset_ns),
            Query::CancelAll(_) | Query::CancelOrder { .. } | Query::Dcp | Query::SystemStatus => ReplyBody::Empty,
        };
        Reply { outcome: Outcome::Accepted, rate: None, body }
    }

    /// Advances the clock, stepping a timer at every deadline on the way.
    pub fn wait(&mut self, ms: i64) -> Sink {
        let (until, mut all) = (self.now_ns + ms * MS, Sink::default());
        while let Some(due) = self.engine.deadline().filter(|due| *due <= until) {
            self.now_ns = self.now_ns.max(due);
            let sink = self.step(Input::Timer);
            all.outputs.extend(sink.outputs);
            all.facts.extend(sink.facts);
        }
        self.now_ns = until;
        all
    }

    pub fn conn(&self, role: StreamRole) -> ConnId {
        self.engine.streams().open().find(|conn| self.engine.streams().role(*conn) == Some(role)).unwrap()
    }

    /// Everything up and recovered; the book is missing.
    pub fn started(config: EngineConfig) -> Self {
        let mut venue = Self::with(config);
        venue.step(Input::Timer);
        for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
            venue.up(role);
        }
        venue
    }

    /// Everything up, recovered, first quotes out and acknowledged. Returns their ids: bid, ask.
    pub fn quoting() -> (Self, ClientId, ClientId) {
        let mut venue = Self::started(config());
        let placed = venue.book(10_000, 10_001, true);
        let news = orders(&placed);
        assert_eq!(news.len(), 2, "{placed:?}");
        for (id, ..) in &news {
            venue.ack(&placed, Outcome::Accepted);
            let update = venue.row(*id, VenueStatus::New, 0);
            venue.push(update);
        }
        (venue, news[0].0, news[1].0)
    }

    /// A sign of life on every socket.
    pub fn pong(&mut self) {
        for role in [StreamRole::Public(Category::Linear), StreamRole::Private, StreamRole::Trade] {
            let conn = self.conn(role);
            self.step(Input::Frame { conn, message: Message::Pong });
        }
    }

    pub fn up(&mut self, role: StreamRole) -> Sink {
        let conn = self.conn(role);
        let mut sink = self.step(Input::StreamUp { conn });
        if role != StreamRole::Trade {
            let acked = self.step(Input::Frame { conn, message: Message::Subscribed { ok: true, text: "" } });
            sink.outputs.extend(acked.outputs);
            sink.facts.extend(acked.facts);
        }
        sink
    }

    /// A book of one fat level a side.
    pub fn book(&mut self, bid: i64, ask: i64, snapshot: bool) -> Sink {
        self.update_id += 1;
        let (bids, asks) = ([(Ticks(bid), Lots(5000))], [(Ticks(ask), Lots(5000))]);
        let conn = self.conn(StreamRole::Public(Category::Linear));
        let update = BookUpdate {
            market: M,
            depth: 50,
            snapshot,
            update_id: self.update_id,
            seq: self.update_id,
            engine_ms: self.now_ns / MS,
            bids: &bids,
            asks: &asks,
        };
        self.step(Input::Frame { conn, message: Message::Book(update) })
    }

    /// Answers the order requests of a step.
    pub fn ack(&mut self, sink: &Sink, outcome: Outcome) -> Sink {
        let mut all = Sink::default();
        for out in &sink.outputs {
            if let Output::Order { conn, req_id, command } = out {
                let acks = (0..command.command().len()).map(|_| (outcome, None)).collect();
                let reply = Reply { outcome, rate: None, body: ReplyBody::Acks(acks) };
                let more = self.step(Input::Frame { conn: *conn, message: Message::TradeReply { req_id: req_id.0, reply } });
                all.outputs.extend(more.outputs);
                all.facts.extend(more.facts);
            }
        }
        all
    }

    /// The venue's row of an order as our table has it.
    pub fn row(&self, id: ClientId, status: VenueStatus, cum: i64) -> OrderUpdate {
        let order = self.engine.orders().of(M).iter().find(|order| order.client_id == id).unwrap();
        let (price, qty) = order.amending.unwrap_or((order.price, order.qty));
        OrderUpdate {
            market: M,
            order_id: OrderId::EMPTY,
            client_id: id,
            side: order.side,
            price,
            qty,
            cum_qty: Lots(cum),
            leaves_qty: qty - Lots(cum),
            status,
            post_only_crossed: false,
            updated_ms: self.now_ns / MS,
        }
    }

    pub fn push(&mut self, update: OrderUpdate) -> Sink {
        let conn = self.conn(StreamRole::Private);
        self.step(Input::Frame { conn, message: Message::Orders(&[update]) })
    }

    pub fn fill(&mut self, id: ClientId, exec: &str, qty: i64) -> Sink {
        self.fill_at(id, exec, qty, self.now_ns / MS)
    }

    pub fn fill_at(&mut self, id: ClientId, exec: &str, qty: i64, exec_ms: i64) -> Sink {
        let order = self.engine.orders().of(M).iter().find(|order| order.client_id == id);
        let (side, price) = order.map_or((Side::Buy, Ticks(9999)), |order| (order.side, order.price));
        let row = Execution {
            market: M,
            exec_id: ExecId::new(exec.as_bytes()).unwrap(),
            order_id: OrderId::EMPTY,
            client_id: id,
            side,
            price,
            price_rest: Amount::ZERO,
            qty: Lots(qty),
            leaves_qty: Lots::ZERO,
            fee: amount("-0.001"),
            fee_coin: Coin::EMPTY,
            is_maker: true,
            kind: ExecKind::Trade,
            exec_ms,
        };
        let conn = self.conn(StreamRole::Private);
        let known = self.executed.iter().any(|id| id == exec);
        self.executed.push(exec.to_owned());
        let mut sink = self.step(Input::Frame { conn, message: Message::Executions(&[row]) });
        if !known {
            self.realise(side, price, Lots(qty), row.fee);
        }
        for told in [self.tell_position(), self.tell_wallet()] {
            sink.outputs.extend(told.outputs);
            sink.facts.extend(told.facts);
        }
        sink
    }

    /// Books a fill as a venue does: what closes releases its share of the cost, and only what that realises reaches the wallet.
    pub fn realise(&mut self, side: Side, price: Ticks, qty: Lots, fee: Amount) {
        let (spec, sign) = (&self.spec, side.sign());
        let closed = if self.position.0.signum() == -sign { Lots(qty.0.min(self.position.0.abs())) } else { Lots::ZERO };
        let released = if closed == Lots::ZERO { 0 } else { self.cost.0 / i128::from(self.position.0.abs()) * i128::from(closed.0) };
        let worth = |qty: Lots| i128::from(sign) * spec.notional(price, qty).0;
        self.wallet += Amount(-worth(closed) - released) - fee;
        self.cost += Amount(worth(qty - closed) - released);
        self.position += Lots(sign * qty.0);
    }

    /// The position as the venue shows it. One that a test has set by hand cost the same everywhere.
    fn position_row(&self) -> PositionUpdate {
        let size = self.position;
        let entry = match (size, self.cost) {
            (Lots::ZERO, _) => Amount::ZERO,
            (_, Amount::ZERO) => amount("1000"),
            // One lot is a thousandth of a coin.
            _ => Amount(self.cost.0.abs() * 1000 / i128::from(size.0.abs())),
        };
        PositionUpdate { market: M, size, entry: entry.round_half_even(8), seq: self.position_seq }
    }

    pub fn coin_row(&self) -> CoinBalance {
        let wallet = self.wallet.round_half_even(8);
        CoinBalance { coin: self.spec.settle, wallet, equity: wallet, told_ms: self.now_ns / MS }
    }

    /// Pushes the venue's position.
    pub fn tell_position(&mut self) -> Sink {
        let conn = self.conn(StreamRole::Private);
        self.position_seq += 1;
        let row = self.position_row();
        self.step(Input::Frame { conn, message: Message::Positions(&[row]) })
    }

    /// Pushes the venue's wallet.
    pub fn tell_wallet(&mut self) -> Sink {
        let conn = self.conn(StreamRole::Private);
        let row = self.coin_row();
        self.step(Input::Frame { conn, message: Message::Wallet(&[row]) })
    }
}

/// New orders in a step: id, side, price, size.
pub fn orders(sink: &Sink) -> Vec<(ClientId, Side, Ticks, Lots)> {
    let mut all = Vec::new();
    for out in &sink.outputs {
        if let Output::Order { command, .. } = out
            && let OrderCommand::Place(rows) = command.command()
        {
            all.extend(rows.iter().map(|row| (row.client_id, row.side, row.price, row.qty)));
        }
    }
    all
}

/// Ids cancelled in a step.
pub fn cancels(sink: &Sink) -> Vec<ClientId> {
    let mut all = Vec::new();
    for out in &sink.outputs {
        if let Output::Order { command, .. } = out
            && let OrderCommand::Cancel(rows) = command.command()
        {
            all.extend(rows.iter().map(|row| row.client_id));
        }
    }
    all
}

/// Ids amended in a step with their new prices.
pub fn amends(sink: &Sink) -> Vec<(ClientId, Option<Ticks>)> {
    let mut all = Vec::new();
    for out in &sink.outputs {
        if let Output::Order { command, .. } = out
            && let OrderCommand::Amend(rows) = command.command()
        {
            all.extend(rows.iter().map(|row| (row.client_id, row.price)));
        }
    }
    all
}

pub fn has(sink: &Sink, wanted: impl Fn(&Fact) -> bool) -> bool {
    sink.facts.iter().any(wanted)
}
