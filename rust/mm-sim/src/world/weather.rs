//! What happens by itself once a second: sockets that break, and the venue's own doings with money and positions.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use mm_core::ids::{ConnId, MarketIx};
use mm_wire::bot::BotInput;
use serde_json::json;

use super::faults::Fault;
use super::grids::MILLI;
use super::queue::Arrival;
use super::{SECOND_NS, World};

const WEATHER_NS: i64 = SECOND_NS;
/// A ping every 20 s, 10 s for its answer: a socket that has said nothing for longer must have been given up.
const LONGEST_SILENCE_NS: i64 = 31 * SECOND_NS;

impl World {
    pub(super) fn weather(&mut self) {
        self.queue.put(self.now_ns + WEATHER_NS, Arrival::Weather);
        self.check_sockets();
        self.auditor.check_day(self.venue_clock.now_ms(self.now_ns));
        self.keep_calendar();
        self.break_sockets();
        if self.strikes(Fault::Funding) {
            self.settle_funding();
        }
        if self.strikes(Fault::Deleverage) {
            self.deleverage();
        }
        self.outsiders();
        if self.may_change_grid() && self.strikes(Fault::GridChanged) {
            self.change_grid();
        }
        self.watch_grid();
        if self.has_opened() && self.strikes(Fault::CoinsMoved) {
            self.move_coins();
        }
        if self.strikes(Fault::ClockMoved) {
            let by_ns = self.venue_clock.stray(&mut self.rng);
            self.auditor.clock_moved(by_ns);
        }
    }

    fn check_sockets(&mut self) {
        let kept = self.links.values().find(|link| link.venue.is_some() && self.now_ns - link.heard_ns > LONGEST_SILENCE_NS);
        if let Some(path) = kept.map(|link| link.path) {
            self.auditor.fail(format!("{path} is kept although it has said nothing for {} s", LONGEST_SILENCE_NS / SECOND_NS));
        }
    }

    /// Resets and half-open sockets.
    fn break_sockets(&mut self) {
        let maintenance = self.during(Fault::Maintenance);
        let open: Vec<ConnId> = self.links.iter().filter(|(_, link)| link.venue.is_some()).map(|(conn, _)| *conn).collect();
        for conn in open {
            if maintenance || (self.rng.chance(0.1) && self.strikes(Fault::SocketReset)) {
                self.forget(conn);
                self.step(&BotInput::StreamDown { conn });
            } else if self.rng.chance(0.1)
                && self.strikes(Fault::HalfOpen)
                && let Some(link) = self.links.get_mut(&conn)
            {
                link.half_open = true;
            }
        }
    }

    /// Over a network that works again the venue answers for sockets that it does not know any more.
    pub(super) fn reset_half_open(&mut self) {
        let dead: Vec<ConnId> = self.links.iter().filter(|(_, link)| link.half_open).map(|(conn, _)| *conn).collect();
        for conn in dead {
            self.forget(conn);
            self.step(&BotInput::StreamDown { conn });
        }
    }

    /// Every world trades linear BTCUSDT first.
    fn settle_funding(&mut self) {
        let rate_e6 = i64::try_from(self.rng.below(2001)).unwrap_or(0) - 1000;
        let sign = if rate_e6 < 0 { "-" } else { "" };
        self.venue_does(&json!({"command": "settle_funding", "market": "linear.BTCUSDT", "rate": format!("{sign}0.{:06}", rate_e6.abs())}));
    }

    /// Closes a part of the position: three orders' worth at most.
    fn deleverage(&mut self) {
        let held = self.auditor.venue(MarketIx(0)).position.unsigned_abs() / MILLI;
        if held > 0 {
            let lots = 1 + self.rng.below(held.min(24));
            self.venue_does(&json!({"command": "deleverage", "market": "linear.BTCUSDT", "qty": format!("0.{lots:03}")}));
        }
    }

    pub(super) fn venue_does(&mut self, command: &serde_json::Value) {
        if let Err(error) = self.door.control(self.venue_clock.now_ns(self.now_ns), command.to_string().as_bytes()) {
            self.auditor.fail(format!("the simulator's own command {command} is refused: {error}"));
        }
        self.pump();
    }
}

/// Makes the last item of a batch one that the venue refuses: a new order without a side, an id that nobody has.
pub(super) fn spoil_one_item(bytes: &mut [u8]) {
    let (mark, letter) = if super::network::holds(bytes, "order.create") { ("\"side\":\"", b'X') } else { ("\"orderLinkId\":\"", b'x') };
    if let Some(at) = memchr::memmem::rfind(bytes, mark.as_bytes())
        && let Some(first) = bytes.get_mut(at + mark.len())
    {
        *first = letter;
    }
}

/// The refusal of an order request for its number, whatever the budget; `None` if it is none.
pub(super) fn too_many_visits(bytes: &[u8]) -> Option<Vec<u8>> {
    let request: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let op = request.get("op")?.as_str().filter(|op| op.starts_with("order."))?;
    let refusal =
        json!({"reqId": request.get("reqId")?, "retCode": 10006, "retMsg": "Too many visits!", "op": op, "data": {}, "retExtInfo": {}});
    Some(refusal.to_string().into_bytes())
}
