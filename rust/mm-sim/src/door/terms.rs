//! The public terms of contracts: settled funding, risk tiers, fee groups.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::units::Amount;
use serde_json::{Value, json};

use super::Door;
use super::answer::{Answer, Reply};
use super::fees::{GROUP_NAMES, Group, tier_rates};
use super::listing::Listing;
use super::query::{Params, Place, invalid, page};
use super::request;

/// Contracts on a page of risk limits.
const RISK_PAGE: usize = 15;

impl Door {
    /// `funding/history`: what was settled, newest first. A start without an end is an error.
    pub(super) fn funding_history(&self, params: &Params) -> Answer {
        request::linear(params.get("category"))?;
        let (market, listing) = request::market(&self.listings, Category::Linear, params.get("symbol"))?;
        let (start, end, limit) = (params.ms("startTime")?, params.ms("endTime")?, params.limit(200, 200)?);
        if start.is_some() && end.is_none() {
            return Err(invalid("params error: startTime needs an endTime".to_string()));
        }
        let within = |at_ns: i64| (start.unwrap_or(i64::MIN)..=end.unwrap_or(i64::MAX)).contains(&at_ns.div_euclid(1_000_000));
        let rows = self.exchange.settlements(market).filter(|row| within(row.0)).take(limit);
        let item = |(at_ns, rate): (i64, Amount)| json!({"symbol": listing.symbol(), "fundingRate": rate.to_string(), "fundingRateTimestamp": ms(at_ns)});
        Ok(Reply::of(&json!({"category": "linear", "list": rows.map(item).collect::<Vec<Value>>()})))
    }

    /// `risk-limit`: the one tier of each contract, which has no upper end here.
    pub(super) fn risk_limits(&self, params: &Params) -> Answer {
        request::linear(params.get("category"))?;
        let only = params.get("symbol").map(|symbol| request::market(&self.listings, Category::Linear, Some(symbol))).transpose()?;
        let rows = self.listings.iter().zip((0_u16..).map(MarketIx)).filter(|(listing, _)| listing.category() == Category::Linear);
        let wanted = rows.filter(|(_, market)| only.is_none_or(|(wanted, _)| wanted == *market));
        let items = wanted.filter_map(|(listing, market)| {
            let rules = self.exchange.rules(market)?;
            let item = json!({
                "id": 1, "symbol": listing.symbol(), "riskLimitValue": "", "maintenanceMargin": rules.maintenance_rate.to_string(),
                "initialMargin": Amount(Amount::ONE.0 / i128::from(rules.max_leverage.max(1))).round_half_even(8).to_string(),
                "isLowestRisk": 1, "maxLeverage": listing.info["leverageFilter"]["maxLeverage"], "mmDeduction": "",
            });
            Some((Place { number: -i64::from(market.0), id: listing.symbol() }, item))
        });
        let (list, cursor) = page(items, params.cursor()?, RISK_PAGE);
        Ok(Reply::of(&json!({"category": "linear", "list": list, "nextPageCursor": cursor})))
    }

    /// `fee-group-info`: the groups of contracts, as far as the schedule of this exchange has them.
    pub(super) fn fee_groups(&self, params: &Params) -> Answer {
        if params.get("productType") != Some("contract") {
            return Err(invalid("params error: productType should be contract".to_string()));
        }
        let groups = GROUP_NAMES.iter().zip(1_u32..);
        let wanted = groups.filter(|(_, id)| params.get("groupId").is_none_or(|text| text == id.to_string()));
        let list: Vec<Value> = wanted.map(|((group, name, weight), _)| self.fee_group(*group, name, *weight)).collect();
        if list.is_empty() {
            return Err(invalid(alloc::format!("params error: groupId should be 1-{}", GROUP_NAMES.len())));
        }
        Ok(Reply::of(&json!({"list": list})))
    }

    fn fee_group(&self, group: Group, name: &str, weight: u32) -> Value {
        let is_in = |listing: &&Listing| listing.category() == Category::Linear && Group::of(listing.instrument.base.as_str()) == group;
        let symbols: Vec<&str> = self.listings.iter().filter(is_in).map(Listing::symbol).collect();
        let level = |(tier, level, rebates): (&str, &str, bool)| {
            let rates = tier_rates(tier, Category::Linear, group).ok()?;
            let paid = |rate: Amount| if rebates { String::new() } else { rate.to_string() };
            let rebate = if rebates { rates.maker.to_string() } else { String::new() };
            Some(json!({"level": level, "takerFeeRate": paid(rates.taker), "makerFeeRate": paid(rates.maker), "makerRebate": rebate}))
        };
        let pro: Vec<Value> = [("pro1", "Pro 1", false), ("pro6", "Pro 6", false)].into_iter().filter_map(level).collect();
        let makers = [("mm1", "MM 1", true), ("mm2", "MM 2", true), ("mm3", "MM 3", true)];
        let maker: Vec<Value> = makers.into_iter().filter_map(level).collect();
        json!({
            "groupName": name, "weightingFactor": weight, "symbolsNumbers": symbols.len(), "symbols": symbols,
            "feeRates": {"pro": pro, "marketMaker": maker}, "updateTime": ms(self.started_ns.unwrap_or(0)),
        })
    }
}

/// Milliseconds since the epoch, as history writes them.
pub(super) fn ms(at_ns: i64) -> String {
    at_ns.div_euclid(1_000_000).to_string()
}
