//! What arrives, at the venue and at the bot, and what the venue answers.

use alloc::format;
use alloc::string::{String, ToString};

use mm_core::ids::{ConnId, MarketIx, ReqId};
use mm_core::input::RateHeaders;
use mm_wire::bot::BotInput;
use serde_json::json;

use super::checks::told;
use super::faults::Fault;
use super::network::{HTTP_TIMEOUT_NS, holds};
use super::queue::Arrival;
use super::weather::too_many_visits;
use super::{ADDRESS, SECOND_NS, World};
use crate::door::{HttpAnswer, TRADED};

/// How often the host asks the venue for its time, and how soon again if it gets no answer.
const CLOCK_NS: i64 = 5 * SECOND_NS;
const CLOCK_RETRY_NS: i64 = 2 * SECOND_NS;
const BROKEN_BODIES: [(u16, &[u8]); 5] = [
    (502, b"<html><body>Bad Gateway</body></html>"),
    (200, b"{\"retCode\":0,\"retMsg\":\"OK\",\"resu"),
    (200, b""),
    (500, b"{\"retCode\":10016,\"retMsg\":\"Server error.\",\"result\":{},\"retExtInfo\":{},\"time\":1}"),
    (504, b""),
];

impl World {
    pub(super) fn arrive(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::VenueFrame { conn, bytes } => self.at_venue(conn, &bytes),
            Arrival::VenueHttp { req_id, method, path, query, body, signed } => {
                self.http_at_venue(req_id, method, path, &query, &body, signed);
            }
            Arrival::Frame { conn, bytes } => {
                if let Some(link) = self.links.get_mut(&conn) {
                    link.heard_ns = self.now_ns;
                    let path = link.path;
                    if let Some(market) = self.book_of(path, &bytes) {
                        self.auditor.shown(market, self.now_ns);
                    }
                    self.step(&BotInput::Frame { conn, bytes: &bytes });
                }
            }
            Arrival::Message { conn, message } => self.hear(conn, &message),
            Arrival::HttpReply { req_id, status, rate, body, typed } => {
                self.shut_out.answered(req_id, status, self.now_ns);
                if holds(&body, "\"timeNano\"") {
                    self.auditor.time_asked();
                }
                match typed {
                    Some(body) => self.hear_reply(req_id, rate, *body),
                    None => self.step(&BotInput::HttpReply { req_id, status, rate, bytes: &body }),
                }
            }
            Arrival::SendFailed { req_id, definite } => self.step(&BotInput::SendFailed { req_id, definite }),
            Arrival::SocketOpened { conn } => self.opened(conn),
            Arrival::SocketClosed { conn } => {
                self.forget(conn);
                self.step(&BotInput::StreamDown { conn });
            }
            Arrival::SocketRefused { conn, status } => {
                self.shut_out.told(status, self.now_ns);
                self.step(&BotInput::StreamRefused { conn, status });
            }
            Arrival::ClockRead => self.read_clock(),
            Arrival::Weather => self.weather(),
            Arrival::RulesBack => self.change_rules(false),
            Arrival::PriceShift { market, bps, left, whipping } => self.shift_price(market, bps, left, whipping),
            Arrival::RunEnds => self.end_run(),
            Arrival::RunBegins => self.begin_run(),
            Arrival::Answer { decision_seq, market } => self.answer(decision_seq, market),
        }
    }

    /// The market whose book a frame of a socket shows.
    pub(super) fn book_of(&self, path: &str, bytes: &[u8]) -> Option<MarketIx> {
        let topic = bytes.strip_prefix(b"{\"topic\":\"orderbook.")?;
        let topic = topic.split(|byte| *byte == b'"').next()?;
        let is_book = |row: &&(&str, String)| row.0 == path && topic.ends_with(row.1.as_bytes());
        self.book_topics.iter().zip(&self.markets).find(|(row, _)| is_book(row)).map(|(_, market)| *market)
    }

    /// The host asks the venue for its time; half of the round trip's jitter is what it may be wrong by.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn read_clock(&mut self) {
        let away = self.during(Fault::Maintenance) || self.during(Fault::Banned);
        if away || self.strikes(Fault::HttpLost) {
            self.auditor.clock_unread();
            self.queue.put(self.now_ns + CLOCK_RETRY_NS, Arrival::ClockRead);
            return;
        }
        self.queue.put(self.now_ns + CLOCK_NS, Arrival::ClockRead);
        if self.door.admit(self.venue_clock.now_ns(self.now_ns), ADDRESS).is_some() {
            self.auditor.turned_away("/v5/market/time");
        }
        let error_ns = ((self.rng.unit() - 0.5) * self.profile.jitter_ns as f64) as i64;
        let offset_ns = self.venue_clock.now_ns(self.now_ns) - self.now_ns - self.profile.skew_ns + error_ns;
        self.auditor.clock_read(self.venue_clock.stands(self.now_ns));
        self.step(&BotInput::ClockOffset { offset_ns });
    }

    fn opened(&mut self, conn: ConnId) {
        let Some(link) = self.links.get(&conn).copied() else { return };
        let venue_ns = self.venue_clock.now_ns(self.now_ns);
        let Ok(venue) = self.door.connect(venue_ns, ADDRESS, link.path) else {
            return self.auditor.turned_away(link.path);
        };
        if link.auth {
            self.door.authenticate(venue_ns, venue, Ok(TRADED), None);
        }
        if let Some(link) = self.links.get_mut(&conn) {
            link.venue = Some(venue);
        }
        self.back.insert(venue, conn);
        self.step(&BotInput::StreamUp { conn });
    }

    fn at_venue(&mut self, conn: ConnId, bytes: &[u8]) {
        let Some((venue, path)) = self.links.get(&conn).and_then(|link| Some((link.venue?, link.path))) else { return };
        if path == "/v5/trade"
            && self.during(Fault::RateLimited)
            && let Some(refusal) = too_many_visits(bytes)
            && self.strikes(Fault::RateLimited)
        {
            let at_ns = self.now_ns + self.one_way_ns();
            self.queue.put(at_ns, Arrival::Frame { conn, bytes: refusal });
            return;
        }
        // A closed connection is the only error, and then nobody waits for an answer.
        let _ = self.door.frame(self.venue_clock.now_ns(self.now_ns), venue, bytes);
        self.pump();
    }

    fn http_at_venue(&mut self, req_id: ReqId, method: &str, path: &str, query: &str, body: &[u8], signed: Option<i64>) {
        let back_ns = self.now_ns + self.one_way_ns();
        let answer = if self.strikes(Fault::Maintenance) {
            HttpAnswer::of(503, b"")
        } else if self.strikes(Fault::Banned) {
            HttpAnswer::of(403, b"access too frequent")
        } else if signed.is_some() && self.strikes(Fault::RateLimited) {
            HttpAnswer::of(200, b"{\"retCode\":10006,\"retMsg\":\"Too many visits!\",\"result\":{},\"retExtInfo\":{},\"time\":1}")
        } else {
            let venue_ns = self.venue_clock.now_ns(self.now_ns);
            if self.door.admit(venue_ns, ADDRESS).is_some() {
                self.auditor.turned_away(path);
            }
            let answer = match signed.filter(|stamp_ms| !self.venue_clock.takes(*stamp_ms, self.now_ns)) {
                Some(stamp_ms) => HttpAnswer::of(200, self.out_of_time(stamp_ms, venue_ns / 1_000_000).as_bytes()),
                None => self.door.http(venue_ns, signed.map(|_| TRADED), method, path, query, body),
            };
            let exchange = || format!("{method} {path}?{query} -> {}", String::from_utf8_lossy(&answer.body));
            self.auditor.answered(&told(&answer.body), exchange);
            self.pump();
            if self.strikes(Fault::HttpLost) {
                self.queue.put(self.now_ns + HTTP_TIMEOUT_NS, Arrival::SendFailed { req_id, definite: false });
                return;
            }
            self.garbled(answer)
        };
        let rate = rate_headers(&answer);
        let HttpAnswer { status, body, typed, .. } = answer;
        self.queue.put(back_ns, Arrival::HttpReply { req_id, status, rate, body, typed });
    }

    /// The gateway's refusal of a time stamp; now and then it does not say what time it has.
    fn out_of_time(&mut self, stamp_ms: i64, venue_ms: i64) -> String {
        let times = format!(" or recv_window param. req_timestamp[{stamp_ms}],server_timestamp[{venue_ms}],recv_window[5000]");
        let told = if self.rng.chance(0.75) { times.as_str() } else { "" };
        let text = format!("invalid request, please check your server timestamp{told}");
        json!({"retCode": 10002, "retMsg": text, "result": {}, "retExtInfo": {}, "time": venue_ms}).to_string()
    }

    fn garbled(&mut self, answer: HttpAnswer) -> HttpAnswer {
        if !self.strikes(Fault::HttpGarbled) {
            return answer;
        }
        let which = usize::try_from(self.rng.below(BROKEN_BODIES.len() as u64)).unwrap_or(0);
        let (status, body) = BROKEN_BODIES[which];
        HttpAnswer::of(status, body)
    }
}

fn rate_headers(answer: &HttpAnswer) -> Option<RateHeaders> {
    let value = |name: &str| answer.headers.iter().find(|(key, _)| *key == name).map(|(_, value): &(&str, String)| value.as_str());
    Some(RateHeaders {
        limit: value("X-Bapi-Limit")?.parse().ok()?,
        remaining: value("X-Bapi-Limit-Status")?.parse().ok()?,
        reset_ms: value("X-Bapi-Limit-Reset-Timestamp")?.parse().ok()?,
    })
}
