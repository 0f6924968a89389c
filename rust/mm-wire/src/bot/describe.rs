//! Facts as a name and named values, for the host: prices and sizes as exact decimal strings, markets by name.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::describe_holdings::holdings;
use super::describe_wire::wire;
use super::remedy;
use mm_core::fact::{Fact, FatalReason, MarketView};
use mm_core::ids::MarketIx;
use mm_core::input::StreamRole;
use mm_core::instrument::Instruments;
use mm_core::ledger::Pnl;
use mm_core::units::{Amount, Lots, Ticks};

/// A value that every host language has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    Text(String),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_string())
    }
}
impl From<Amount> for Value {
    fn from(value: Amount) -> Self {
        Value::Text(value.to_string())
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Value::Int(value.into())
    }
}

/// Named values of one fact.
pub type Fields = Vec<(&'static str, Value)>;

pub(super) struct Names<'a>(&'a Instruments);

impl Names<'_> {
    pub(super) fn market(&self, market: MarketIx) -> Value {
        self.0.id(market).map_or(Value::None, |id| Value::Text(id.to_string()))
    }

    fn price(&self, market: MarketIx, price: Ticks, rest: Amount) -> Value {
        self.0.get(market).map_or(Value::None, |spec| (spec.price(price) + rest).into())
    }

    pub(super) fn qty(&self, market: MarketIx, qty: Lots) -> Value {
        self.0.get(market).map_or(Value::None, |spec| spec.qty(qty).into())
    }
}

/// The fact's name and values.
#[must_use]
pub fn describe(fact: &Fact, instruments: &Instruments) -> (&'static str, Fields) {
    let names = Names(instruments);
    let asked = wire(fact, &names)
        .or_else(|| holdings(fact, &names))
        .or_else(|| session(fact, &names))
        .or_else(|| orders(fact, &names))
        .or_else(|| decisions(fact, &names));
    asked.unwrap_or_else(|| rest(fact, &names))
}

fn session(fact: &Fact, names: &Names<'_>) -> Option<(&'static str, Fields)> {
    Some(match *fact {
        Fact::StreamUp { role, conn } => ("stream_up", Vec::from([("role", role_name(role).into()), ("conn", conn.0.into())])),
        Fact::StreamDown { role, conn, retry_in_ns, failures } => (
            "stream_down",
            Vec::from([
                ("role", role_name(role).into()),
                ("conn", conn.0.into()),
                ("retry_in_ns", retry_in_ns.into()),
                ("failures", failures.into()),
            ]),
        ),
        Fact::SubscribeRefused { role, conn } => {
            ("subscribe_refused", Vec::from([("role", role_name(role).into()), ("conn", conn.0.into())]))
        }
        Fact::InstrumentLoaded { market } => ("instrument_loaded", Vec::from([("market", names.market(market))])),
        Fact::GridChanged { market } => ("grid_changed", Vec::from([("market", names.market(market))])),
        Fact::FeeRateRead { market, maker, taker } => {
            ("fee_rate_read", Vec::from([("market", names.market(market)), ("maker", maker.into()), ("taker", taker.into())]))
        }
        Fact::RecoveryMoved { epoch, stage } => ("recovery_moved", Vec::from([("epoch", epoch.into()), ("stage", stage.as_str().into())])),
        Fact::RequestFailed { what, code } => ("request_failed", Vec::from([("what", what.into()), ("code", code.into())])),
        Fact::RateLimited { code } => ("rate_limited", Vec::from([("code", code.into())])),
        Fact::GuardTripped { market, guard, value, limit } => (
            "guard_tripped",
            Vec::from([
                ("market", market.map_or(Value::None, |market| names.market(market))),
                ("guard", guard.as_str().into()),
                ("value", value.into()),
                ("limit", limit.into()),
            ]),
        ),
        Fact::GuardCleared { market, guard } => (
            "guard_cleared",
            Vec::from([("market", market.map_or(Value::None, |market| names.market(market))), ("guard", guard.as_str().into())]),
        ),
        Fact::HostStalled { late_ns } => ("host_stalled", Vec::from([("late_ns", late_ns.into())])),
        Fact::MarketPaused { market, paused } => {
            ("market_paused", Vec::from([("market", names.market(market)), ("paused", paused.into())]))
        }
        Fact::StopBegun => ("stop_begun", Vec::new()),
        Fact::Stopped { clean, open_orders } => ("stopped", Vec::from([("clean", clean.into()), ("open_orders", open_orders.into())])),
        _ => return None,
    })
}

fn orders(fact: &Fact, names: &Names<'_>) -> Option<(&'static str, Fields)> {
    Some(match *fact {
        Fact::OrderMoved { market, client_id, side, level, price, qty, from, to } => (
            "order_moved",
            Vec::from([
                ("market", names.market(market)),
                ("client_id", client_id.as_str().into()),
                ("side", side.as_str().into()),
                ("level", i64::from(level).into()),
                ("price", names.price(market, price, Amount::ZERO)),
                ("qty", names.qty(market, qty)),
                ("from", from.as_str().into()),
                ("to", to.as_str().into()),
            ]),
        ),
        Fact::OrderContradicted { market, client_id, state, event } => (
            "order_contradicted",
            Vec::from([
                ("market", names.market(market)),
                ("client_id", client_id.as_str().into()),
                ("state", state.as_str().into()),
                ("event", Value::Text(alloc::format!("{event:?}"))),
            ]),
        ),
        Fact::StrayFound { market, client_id } => {
            ("stray_found", Vec::from([("market", names.market(market)), ("client_id", client_id.as_str().into())]))
        }
        Fact::OrderRefused { market, client_id, side, why } => (
            "order_refused",
            Vec::from([
                ("market", names.market(market)),
                ("client_id", client_id.as_str().into()),
                ("side", side.as_str().into()),
                ("why", why.into()),
            ]),
        ),
        Fact::FillBooked { market, exec_id, client_id, side, price, price_rest, qty, fee, is_maker, position } => (
            "fill_booked",
            Vec::from([
                ("market", names.market(market)),
                ("exec_id", exec_id.as_str().into()),
                ("client_id", client_id.as_str().into()),
                ("side", side.as_str().into()),
                ("price", names.price(market, price, price_rest)),
                ("qty", names.qty(market, qty)),
                ("fee", fee.into()),
                ("is_maker", is_maker.into()),
                ("position", names.qty(market, position)),
            ]),
        ),
        _ => return None,
    })
}

fn decisions(fact: &Fact, names: &Names<'_>) -> Option<(&'static str, Fields)> {
    Some(match *fact {
        Fact::AnswerDropped { market, decision_seq, why } => {
            ("answer_dropped", Vec::from([("market", names.market(market)), ("decision_seq", number(decision_seq)), ("why", why.into())]))
        }
        Fact::StrategyFailed { market, decision_seq, why, in_a_row } => (
            "strategy_failed",
            Vec::from([
                ("market", names.market(market)),
                ("decision_seq", number(decision_seq)),
                ("why", why.into()),
                ("in_a_row", in_a_row.into()),
            ]),
        ),
        Fact::StrategyHalted { market } => ("strategy_halted", Vec::from([("market", names.market(market))])),
        Fact::QuoteExplained { market, client_id, side, level, colour, price, explanation } => {
            let mut fields = Vec::from([
                ("market", names.market(market)),
                ("client_id", client_id.as_str().into()),
                ("side", side.as_str().into()),
                ("quote_level", i64::from(level).into()),
                ("colour", i64::from(colour).into()),
                ("price", names.price(market, price, Amount::ZERO)),
                ("price_micro_ticks", explanation.price().into()),
            ]);
            fields.extend(explanation.parts().into_iter().map(|(name, part)| (name, part.into())));
            ("quote_explained", fields)
        }
        _ => return None,
    })
}

fn number(value: u64) -> Value {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

fn rest(fact: &Fact, names: &Names<'_>) -> (&'static str, Fields) {
    match *fact {
        Fact::TrustLost { market, why } => ("trust_lost", Vec::from([("market", names.market(market)), ("why", why.as_str().into())])),
        Fact::TrustGained { market } => ("trust_gained", Vec::from([("market", names.market(market))])),
        Fact::ParamsApplied { market } => ("params_applied", Vec::from([("market", names.market(market))])),
        Fact::ParamsRefused { ref field, ref why } => {
            ("params_refused", Vec::from([("field", field.as_str().into()), ("why", why.as_str().into())]))
        }
        Fact::MarketSeen(view) => ("market_seen", market_view(&view, names)),
        Fact::Fatal(reason) => ("fatal", fatal(reason, names)),
        // `describe` asks the other tables first; nothing else can arrive here.
        _ => ("unnamed", Vec::new()),
    }
}

fn market_view(view: &MarketView, names: &Names<'_>) -> Fields {
    let market = view.market;
    let price = |price: Option<Ticks>| price.map_or(Value::None, |price| names.price(market, price, Amount::ZERO));
    let Pnl { total, spread_capture, fees, inventory, funding } = view.pnl;
    Vec::from([
        ("market", names.market(market)),
        ("trusted", view.trusted.into()),
        ("best_bid", price(view.best_bid)),
        ("best_ask", price(view.best_ask)),
        ("own_bid", price(view.own_bid)),
        ("own_ask", price(view.own_ask)),
        ("position", names.qty(market, view.position)),
        ("pnl_total", total.into()),
        ("pnl_spread_capture", spread_capture.into()),
        ("pnl_fees", fees.into()),
        ("pnl_inventory", inventory.into()),
        ("pnl_funding", funding.into()),
    ])
}

fn fatal(reason: FatalReason, names: &Names<'_>) -> Fields {
    match reason {
        FatalReason::Account { code } => Vec::from([("why", "account".into()), ("code", code.into())]),
        FatalReason::Config { market, field } => {
            Vec::from([("why", "config".into()), ("market", names.market(market)), ("field", field.into())])
        }
        FatalReason::Instrument { market } => Vec::from([("why", "instrument".into()), ("market", names.market(market))]),
        FatalReason::Admission { what } => {
            let (field, value, fix) = remedy::of(what);
            Vec::from([
                ("why", "admission".into()),
                ("what", what.into()),
                ("field", field.into()),
                ("value", value.into()),
                ("fix", fix.into()),
            ])
        }
        FatalReason::ForeignOrder { market, client_id } => {
            Vec::from([("why", "foreign_order".into()), ("market", names.market(market)), ("client_id", client_id.as_str().into())])
        }
        FatalReason::SecondInstance { market, client_id } => {
            Vec::from([("why", "second_instance".into()), ("market", names.market(market)), ("client_id", client_id.as_str().into())])
        }
        FatalReason::Unintended { market, client_id } => {
            Vec::from([("why", "unintended".into()), ("market", names.market(market)), ("client_id", client_id.as_str().into())])
        }
        FatalReason::Ledger { market } => Vec::from([("why", "ledger".into()), ("market", names.market(market))]),
    }
}

fn role_name(role: StreamRole) -> &'static str {
    match role {
        StreamRole::Public(mm_core::ids::Category::Linear) => "public_linear",
        StreamRole::Public(mm_core::ids::Category::Spot) => "public_spot",
        StreamRole::Private => "private",
        StreamRole::Trade => "trade",
    }
}
