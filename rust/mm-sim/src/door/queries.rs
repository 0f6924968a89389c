//! Signed queries: orders, executions, positions, wallet, fees, and the two position settings.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, Coin, MarketIx};
use mm_core::units::Amount;
use serde_json::json;

use super::Door;
use super::answer::{Answer, Reply};
use super::holdings::{self, Holding};
use super::json::object;
use super::parsed::{Fields, Value};
use super::query::{Params, Place, invalid, page};
use super::request;
use crate::api::{ApiError, Uid};
use crate::exchange::BeyondLimit;

impl Door {
    /// The markets of a category that symbol, baseCoin or settleCoin name, in this order of priority; spot's all without any.
    ///
    /// # Errors
    /// 10001 if the symbol is not listed or, for contracts, none of them is given.
    pub(super) fn filtered(&self, category: Category, get: impl Fn(&str) -> Option<String>) -> Result<Vec<MarketIx>, ApiError> {
        if let Some(symbol) = get("symbol") {
            return Ok([request::market(&self.listings, category, Some(&symbol))?.0].into());
        }
        let (base, settle) = (get("baseCoin"), get("settleCoin"));
        let all = base.is_none() && (settle.is_none() || category == Category::Spot);
        if all && category == Category::Linear {
            return Err(invalid("params error: one of symbol, baseCoin, settleCoin is required".to_string()));
        }
        let wanted = |ix: &MarketIx| {
            let instrument = &self.listings[ix.index()].instrument;
            let named = base
                .as_ref()
                .map_or_else(|| settle.as_deref() == Some(instrument.settle.as_str()), |base| base == instrument.base.as_str());
            instrument.id.category == category && (all || named)
        };
        Ok((0_u16..).map(MarketIx).take(self.listings.len()).filter(wanted).collect())
    }

    /// `position/list`: by symbol also flat, by coin only open ones.
    pub(super) fn list_positions(&self, uid: Uid, params: &Params) -> Answer {
        request::linear(params.get("category"))?;
        let (limit, after) = (params.limit(20, 200)?, params.cursor()?);
        let flat_too = params.get("symbol").is_some();
        let markets = self.filtered(Category::Linear, |name| params.get(name).map(String::from))?;
        // One-way mode knows the index 0, hedge mode 1 for the long and 2 for the short position.
        let sides = |market: MarketIx| if self.exchange.is_hedged(uid, market) { &[1_i64, 2][..] } else { &[0][..] };
        let rows = markets.into_iter().flat_map(|market| sides(market).iter().map(move |side| (market, *side)));
        let items = rows.filter_map(|(market, side)| {
            let (row, listing) = (self.exchange.position(uid, market), self.listings.get(market.index())?);
            let item = holdings::position_listed(listing, &row, &self.exchange.position_margin(&row), side);
            (flat_too || row.size.0 != 0).then(|| (Place { number: -3 * i64::from(market.0) - side, id: listing.symbol() }, item))
        });
        let (list, cursor) = page(items, after, limit);
        Ok(Reply::page(Category::Linear, &list, &cursor))
    }

    /// `account/wallet-balance`: the coins asked for, or all.
    pub(super) fn wallet_balance(&self, uid: Uid, params: &Params) -> Answer {
        if params.get("accountType") != Some("UNIFIED") {
            return Err(invalid("params error: accountType only support UNIFIED".to_string()));
        }
        let wanted = params.get("coin");
        let shown = |coin: &Coin| wanted.is_none_or(|names| names.split(',').any(|name| name == coin.as_str()));
        let item = holdings::wallet_item(&self.holdings(uid), shown);
        Ok(Reply::written(object(2100, |result| result.list("list", [&item]))))
    }

    /// Every coin of an account with what it ties up and what it is worth.
    pub(super) fn holdings(&self, uid: Uid) -> Vec<Holding> {
        let coins = self.exchange.wallet(uid).into_iter();
        coins.map(|row| Holding { usd_price: self.exchange.usd_price(row.coin), row }).collect()
    }

    pub(super) fn fee_rate(&self, params: &Params) -> Answer {
        let category = request::category(params.get("category"))?;
        let symbol = params.get("symbol").map(|symbol| request::market(&self.listings, category, Some(symbol))).transpose()?;
        let rows = self.listings.iter().zip((0_u16..).map(MarketIx));
        let rows = rows
            .filter(|(listing, _)| listing.category() == category)
            .filter(|(_, market)| symbol.is_none_or(|(wanted, _)| wanted == *market));
        let list: Vec<serde_json::Value> = rows
            .map(|(listing, market)| {
                let (maker, taker) = self.exchange.fee_rates(market);
                json!({"symbol": listing.symbol(), "makerFeeRate": maker.to_string(), "takerFeeRate": taker.to_string(), "baseCoin": ""})
            })
            .collect();
        Ok(Reply::of(&json!({"category": category.as_str(), "list": list})))
    }

    pub(super) fn account_info(&self, uid: Uid) -> Answer {
        Ok(Reply::of(&json!({
            "marginMode": "REGULAR_MARGIN", "unifiedMarginStatus": 5, "updatedTime": self.now_ms().to_string(), "isMasterTrader": false,
            "spotHedgingStatus": "OFF", "dcpStatus": "OFF", "timeWindow": 0, "smpGroup": self.exchange.smp_group(uid),
        })))
    }

    /// `account/user-setting-config`: what is done to a price beyond its limit. The venue's words are contrary: `lpaSpot` clamps, `lpaPerp`
    /// rejects.
    pub(super) fn user_settings(&self) -> Answer {
        let options = self.exchange.options();
        Ok(Reply::of(&json!({
            "lpaSpot": options.spot_beyond_limit == BeyondLimit::Clamp, "lpaPerp": options.linear_beyond_limit == BeyondLimit::Reject,
            "deltaEnable": false, "smsef": false, "fmsef": false,
        })))
    }

    /// `user/query-api`: what the key of this run may do.
    pub(super) fn query_api(uid: Uid) -> Answer {
        let permissions = json!({"ContractTrade": ["Order", "Position"], "Spot": ["SpotTrade"], "Wallet": [], "Options": [], "Derivatives": ["DerivativesTrade"], "Exchange": []});
        Ok(Reply::of(&json!({
            "id": uid.0.to_string(), "note": "local exchange", "apiKey": "", "readOnly": 0, "secret": "", "permissions": permissions, "ips": ["*"],
            "type": 1, "deadlineDay": -2, "expiredAt": "1970-01-01T00:00:00Z", "createdAt": "1970-01-01T00:00:00Z", "unified": 0, "uta": 1,
            "userID": uid.0, "inviterID": 0, "vipLevel": "No VIP", "mktMakerLevel": "0", "affiliateID": 0, "isMaster": true, "parentUid": "0",
        })))
    }

    /// `position/set-leverage`: equal on both sides, and 110043 if nothing changes.
    pub(super) fn set_leverage(&mut self, uid: Uid, fields: &Fields<'_>) -> Answer {
        request::linear(fields.get("category").and_then(Value::as_str))?;
        let (market, _) = request::market(&self.listings, Category::Linear, fields.get("symbol").and_then(Value::as_str))?;
        let (buy, sell) = (request::text(fields, "buyLeverage"), request::text(fields, "sellLeverage"));
        let leverage = buy.filter(|buy| Some(buy) == sell.as_ref()).and_then(|text| Amount::parse(text.as_bytes()).ok());
        let whole = leverage.filter(|value| value.0 % Amount::ONE.0 == 0).and_then(|value| u32::try_from(value.0 / Amount::ONE.0).ok());
        let unequal = || invalid("params error: buyLeverage and sellLeverage should be equal whole numbers within 1-100".to_string());
        self.exchange.set_leverage(uid, market, whole.ok_or_else(unequal)?)?;
        Ok(Reply::empty())
    }

    /// `position/switch-mode`: of a symbol, or of every contract that settles in a coin. Hedge mode is kept and told, not traded.
    pub(super) fn switch_mode(&mut self, uid: Uid, fields: &Fields<'_>) -> Answer {
        request::linear(fields.get("category").and_then(Value::as_str))?;
        let hedged = match request::text(fields, "mode").as_deref() {
            Some("0") => false,
            Some("3") => true,
            _ => return Err(invalid("params error: mode should be 0 (one-way) or 3 (hedge)".to_string())),
        };
        let named = |name: &str| {
            request::text(fields, if name == "settleCoin" { "coin" } else { name }).filter(|_| name != "baseCoin").map(Cow::into_owned)
        };
        let markets = self.filtered(Category::Linear, named)?;
        self.exchange.switch_mode(self.now_ns, uid, &markets, hedged)?;
        Ok(Reply::empty())
    }
}
