//! The REST route table and its dispatch.

use alloc::format;
use alloc::string::{String, ToString};

use mm_core::ids::Category;
use serde_json::json;

use super::Door;
use super::answer::{Answer, HttpAnswer, Reply, envelope, too_many_visits};
use super::commands::Command;
use super::limits::{Grant, Lane};
use super::not_offered;
use super::query::{Params, invalid};
use super::request;
use crate::api::{ApiError, Uid};

impl Door {
    /// True for what needs a valid signature; unknown paths do not, they are answered 404.
    #[must_use]
    pub fn is_signed(method: &str, path: &str) -> bool {
        route(method, path).is_some_and(|route| route.signed)
    }

    /// Answers a REST request. `uid` is the account whose signature was verified.
    pub fn http(&mut self, now_ns: i64, uid: Option<Uid>, method: &str, path: &str, raw_query: &str, body: &[u8]) -> HttpAnswer {
        self.advance(now_ns);
        let (answer, grant) = match route(method, path) {
            None => {
                let why = not_offered::reason(path).map_or_else(String::new, |why| format!(" ({why})"));
                (Err(ApiError { code: 10017, msg: format!("Route not found: {method} {path}{why}") }), None)
            }
            Some(route) if route.signed => match uid {
                Some(uid) => self.signed(uid, route, raw_query, body),
                None => (Err(missing_signature()), None),
            },
            Some(route) => (self.public(route.path, &Params::parse(raw_query)), None),
        };
        self.publish_drained();
        envelope(self.now_ns, answer, grant)
    }

    /// The answer to a request whose signature or time is refused, in the usual envelope.
    #[must_use]
    pub fn refusal(now_ns: i64, code: i32, msg: &str) -> HttpAnswer {
        envelope(now_ns, Err(ApiError { code, msg: msg.to_string() }), None)
    }

    fn public(&self, path: &str, params: &Params) -> Answer {
        match path {
            "/v5/market/time" => Self::server_time(self.now_ns),
            "/v5/market/instruments-info" => self.instruments_info(params, 1000),
            "/v5/market/orderbook" => self.orderbook(params),
            "/v5/market/tickers" => self.tickers(params),
            "/v5/system/status" => self.system_status(params),
            "/v5/market/price-limit" => self.price_limit(params),
            "/v5/market/kline" => self.kline(params, true),
            "/v5/market/mark-price-kline" | "/v5/market/index-price-kline" => self.kline(params, false),
            "/v5/market/funding/history" => self.funding_history(params),
            "/v5/market/risk-limit" => self.risk_limits(params),
            "/v5/market/fee-group-info" => self.fee_groups(params),
            _ => self.recent_trades(params),
        }
    }

    fn signed(&mut self, uid: Uid, route: &'static Route, raw_query: &str, body: &[u8]) -> (Answer, Option<Grant>) {
        if let Some((path, command)) = Command::of_path(route.path) {
            return match self.overloaded().and_then(|()| request::object(body)) {
                Ok(fields) => {
                    let (answer, grant) = self.command((uid, Lane::Rest), path, command, &fields);
                    (answer.map(|done| done.reply()), Some(grant))
                }
                Err(error) => (Err(error), None),
            };
        }
        let params = Params::parse(raw_query);
        let line = request::category(params.get("category")).unwrap_or(Category::Linear);
        let grant = self.limits.take(self.now_ns, (uid, line), (route.path, Lane::Rest), 1);
        if grant.granted == 0 {
            return (Err(too_many_visits()), Some(grant));
        }
        let answer = if route.method == "POST" {
            request::object(body).and_then(|fields| match route.path {
                "/v5/position/set-leverage" => self.set_leverage(uid, &fields),
                "/v5/order/pre-check" => self.pre_check(uid, &fields),
                "/v5/order/disconnected-cancel-all" => self.set_dcp(uid, &fields),
                "/v5/account/set-margin-mode" => Self::set_margin_mode(&fields),
                "/v5/account/set-limit-px-action" => self.set_limit_action(&fields),
                _ => self.switch_mode(uid, &fields),
            })
        } else {
            self.query(uid, route.path, &params)
        };
        (answer, Some(grant))
    }

    fn query(&self, uid: Uid, path: &str, params: &Params) -> Answer {
        match path {
            "/v5/order/realtime" => self.list_orders(uid, params),
            "/v5/order/history" => self.order_history(uid, params),
            "/v5/execution/list" => self.list_executions(uid, params),
            "/v5/position/list" => self.list_positions(uid, params),
            "/v5/position/closed-pnl" => self.closed_pnl(uid, params),
            "/v5/account/wallet-balance" => self.wallet_balance(uid, params),
            "/v5/account/instruments-info" => self.instruments_info(params, 200),
            "/v5/account/user-setting-config" => self.user_settings(),
            "/v5/account/info" => self.account_info(uid),
            "/v5/account/fee-rate" => self.fee_rate(params),
            "/v5/account/query-dcp-info" => self.dcp_info(uid),
            "/v5/account/smp-group" => self.smp_group(uid),
            "/v5/account/transaction-log" => self.transaction_log(uid, params),
            "/v5/asset/coin/query-info" => Ok(Reply::of(&json!({"rows": []}))),
            _ => Self::query_api(uid),
        }
    }
}

fn missing_signature() -> ApiError {
    invalid("empty value: apiTimestamp[] apiKey[] apiSignature[]: openapi sign params error!".to_string())
}

struct Route {
    method: &'static str,
    path: &'static str,
    signed: bool,
}

const fn get(path: &'static str, signed: bool) -> Route {
    Route { method: "GET", path, signed }
}

const fn post(path: &'static str) -> Route {
    Route { method: "POST", path, signed: true }
}

const ROUTES: [Route; 41] = [
    get("/v5/market/time", false),
    get("/v5/market/instruments-info", false),
    get("/v5/market/orderbook", false),
    get("/v5/market/tickers", false),
    get("/v5/market/recent-trade", false),
    get("/v5/system/status", false),
    get("/v5/market/kline", false),
    get("/v5/market/mark-price-kline", false),
    get("/v5/market/index-price-kline", false),
    get("/v5/market/price-limit", false),
    get("/v5/market/funding/history", false),
    get("/v5/market/risk-limit", false),
    get("/v5/market/fee-group-info", false),
    post("/v5/order/create"),
    post("/v5/order/amend"),
    post("/v5/order/cancel"),
    post("/v5/order/cancel-all"),
    post("/v5/order/create-batch"),
    post("/v5/order/amend-batch"),
    post("/v5/order/cancel-batch"),
    get("/v5/order/realtime", true),
    get("/v5/order/history", true),
    get("/v5/execution/list", true),
    get("/v5/position/list", true),
    get("/v5/position/closed-pnl", true),
    post("/v5/account/set-margin-mode"),
    post("/v5/account/set-limit-px-action"),
    post("/v5/position/set-leverage"),
    post("/v5/position/switch-mode"),
    get("/v5/account/wallet-balance", true),
    get("/v5/account/info", true),
    get("/v5/account/user-setting-config", true),
    get("/v5/account/instruments-info", true),
    get("/v5/account/fee-rate", true),
    post("/v5/order/disconnected-cancel-all"),
    post("/v5/order/pre-check"),
    get("/v5/account/query-dcp-info", true),
    get("/v5/account/smp-group", true),
    get("/v5/account/transaction-log", true),
    get("/v5/asset/coin/query-info", true),
    get("/v5/user/query-api", true),
];

fn route(method: &str, path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.path == path && route.method == method)
}
