//! What is under way between bot and venue, in order of arrival.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{ConnId, MarketIx, ReqId};
use mm_core::input::RateHeaders;

use crate::door::TypedMessage;

/// Something that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// At the venue: a frame of the bot's connection.
    VenueFrame {
        conn: ConnId,
        bytes: Vec<u8>,
    },
    /// At the venue: an HTTP request.
    VenueHttp {
        req_id: ReqId,
        method: &'static str,
        path: &'static str,
        query: String,
        body: Vec<u8>,
        /// The time stamp of a signed request.
        signed: Option<i64>,
    },
    /// At the bot.
    Frame {
        conn: ConnId,
        bytes: Vec<u8>,
    },
    /// At the bot: a frame past its bytes.
    Message {
        conn: ConnId,
        message: TypedMessage,
    },
    HttpReply {
        req_id: ReqId,
        status: u16,
        rate: Option<RateHeaders>,
        body: Vec<u8>,
    },
    SendFailed {
        req_id: ReqId,
        definite: bool,
    },
    SocketOpened {
        conn: ConnId,
    },
    SocketClosed {
        conn: ConnId,
    },
    SocketRefused {
        conn: ConnId,
        status: u16,
    },
    /// The host has measured the venue's clock.
    ClockRead,
    /// Sockets are looked at for resets.
    Weather,
    /// At the venue: everybody's idea of a market's price moves, so often again, each time by as much or, `whipping`, back.
    PriceShift {
        market: MarketIx,
        bps: i64,
        left: u32,
        whipping: bool,
    },
    /// At the venue: the raised minimum falls again.
    RulesBack,
    /// The host ends a run of the bot, in order, and begins the next one.
    RunEnds,
    RunBegins,
    /// At the bot: the strategy beside it has made up its mind.
    Answer {
        decision_seq: u64,
        market: MarketIx,
    },
}

/// Arrivals by time; what is put in for the same instant comes out in the order it was put in.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    rows: BTreeMap<(i64, u64), Arrival>,
    put: u64,
}

impl Queue {
    pub fn put(&mut self, at_ns: i64, arrival: Arrival) {
        self.put += 1;
        self.rows.insert((at_ns, self.put), arrival);
    }

    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        self.rows.keys().next().map(|key| key.0)
    }

    /// Takes what has arrived by `now_ns`.
    pub fn take(&mut self, now_ns: i64) -> Option<Arrival> {
        let first = self.rows.first_entry().filter(|row| row.key().0 <= now_ns)?;
        Some(first.remove())
    }

    /// Forgets everything else.
    pub fn keep(&mut self, stays: impl Fn(&Arrival) -> bool) {
        self.rows.retain(|_, arrival| stays(arrival));
    }

    /// Nothing is held up any more: whatever would arrive after `latest_ns` arrives then.
    pub fn hurry(&mut self, latest_ns: i64) {
        let late: Vec<(i64, u64)> = self.rows.range((latest_ns, u64::MAX)..).map(|(key, _)| *key).collect();
        for key in late {
            if let Some(arrival) = self.rows.remove(&key) {
                self.put(latest_ns, arrival);
            }
        }
    }
}
