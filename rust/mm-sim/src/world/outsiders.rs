//! What others do: traders who move the price (F29, F32), somebody with our account's password or wallet (F21), the venue with its rules (F22).

use alloc::format;
use alloc::string::ToString;

use mm_core::ids::{Coin, MarketIx};
use mm_core::units::Amount;
use serde_json::json;

use super::World;
use super::faults::Fault;
use super::queue::Arrival;
use crate::door::TRADED;

/// From one move of the price to the next.
const SHIFT_EVERY_NS: i64 = 100_000_000;
/// Twenty moves down by this much are a fall by a fifth.
pub(super) const CRASH_BPS: i64 = 112;
pub(super) const CRASH_SHIFTS: u32 = 20;
const WHIP_SHIFTS: u32 = 40;
const HUNDREDTH: Amount = Amount(Amount::ONE.0 / 100);
/// Ordinary and raised minimum value of an order, in quote coin: ours are worth some five hundred.
const MINIMA: [&str; 2] = ["5", "100000"];

impl World {
    pub(super) fn outsiders(&mut self) {
        if self.strikes(Fault::External) {
            self.use_account();
        }
        if self.strikes(Fault::RulesChanged) {
            self.change_rules(true);
            let back_ns = self.now_ns + self.drawn_ns(3.0, 15.0);
            self.queue.put(back_ns, Arrival::RulesBack);
        }
        let up = if self.rng.chance(0.5) { 1 } else { -1 };
        let market = self.markets[usize::try_from(self.rng.below(self.markets.len() as u64)).unwrap_or(0)];
        if self.strikes(Fault::PriceWhipped) {
            let bps = up * (2 + i64::try_from(self.rng.below(8)).unwrap_or(0));
            self.shift_price(market, bps, WHIP_SHIFTS, true);
        }
        if self.strikes(Fault::FlashCrash) {
            self.shift_price(market, up * CRASH_BPS, CRASH_SHIFTS, false);
        }
    }

    pub(super) fn shift_price(&mut self, market: MarketIx, bps: i64, left: u32, whipping: bool) {
        let Some(id) = self.bot.engine().instruments().id(market) else { return };
        self.venue_does(&json!({"command": "shift_price", "market": id.to_string(), "bps": bps}));
        if left > 1 {
            let bps = if whipping { -bps } else { bps };
            self.queue.put(self.now_ns + SHIFT_EVERY_NS, Arrival::PriceShift { market, bps, left: left - 1, whipping });
        }
    }

    /// Every world trades linear BTCUSDT first.
    pub(super) fn change_rules(&mut self, raised: bool) {
        self.auditor.rules_changed();
        let minimum = MINIMA[usize::from(raised)];
        let info = json!({"lotSizeFilter": {"minNotionalValue": minimum}});
        self.venue_does(&json!({"command": "set_instrument", "market": "linear.BTCUSDT", "info": info}));
    }

    /// Every ledger of the bot is open: what was moved before is part of what it began with, and nobody can tell which side a transfer in
    /// between falls on.
    pub(super) fn has_opened(&self) -> bool {
        let open = |market: &MarketIx| self.bot.engine().market(*market).is_some_and(|row| row.ledger.is_some());
        self.markets.iter().all(open)
    }

    /// A twentieth of the account's dollars at most, or half a bitcoin of its ten, either way.
    pub(super) fn move_coins(&mut self) {
        let (coin, most) = if self.rng.chance(0.7) { ("USDT", 5_000_000) } else { ("BTC", 50) };
        let sign = if self.rng.chance(0.5) { 1 } else { -1 };
        // Hundredths.
        let amount = Amount(sign * i128::from(1 + self.rng.below(most)) * HUNDREDTH.0);
        let command = json!({"command": "transfer", "coin": coin, "amount": amount.to_string()});
        if let Some(coin) = Coin::new(coin.as_bytes()) {
            self.auditor.coins.moved(coin, amount, self.now_ns);
        }
        self.venue_does(&command);
    }

    /// A market order of one of our sizes, or another leverage: past the bot.
    fn use_account(&mut self) {
        let (path, body) = if self.rng.chance(0.7) {
            let side = if self.rng.chance(0.5) { "Buy" } else { "Sell" };
            let order = json!({"category": "linear", "symbol": "BTCUSDT", "side": side, "orderType": "Market", "qty": "0.008"});
            ("/v5/order/create", order)
        } else {
            let leverage = (1 + self.rng.below(20)).to_string();
            let body = json!({"category": "linear", "symbol": "BTCUSDT", "buyLeverage": leverage, "sellLeverage": leverage});
            ("/v5/position/set-leverage", body)
        };
        self.auditor.account_used();
        let venue_ns = self.venue_clock.now_ns(self.now_ns);
        let answer = self.door.http(venue_ns, Some(TRADED), "POST", path, "", body.to_string().as_bytes());
        if answer.status != 200 {
            self.auditor.fail(format!("the simulator's own {path} is refused: {}", answer.status));
        }
        self.pump();
    }
}
