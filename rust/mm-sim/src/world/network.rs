//! The way between bot and venue: latency, order, and everything that gets lost, late, doubled or broken on it.

use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{ConnId, ReqId};
use mm_core::input::RateHeaders;
use mm_wire::bot::{BotInput, BotOutput};

use super::faults::Fault;
use super::queue::Arrival;
use super::weather::spoil_one_item;
use super::{DEPTH, SECOND_NS, World};
use crate::door::{HttpAnswer, Outgoing, TRADED};

/// How often the host asks the venue for its time.
const CLOCK_NS: i64 = 30 * SECOND_NS;
/// A host gives an HTTP request up after this.
const HTTP_TIMEOUT_NS: i64 = 4 * SECOND_NS;
const BROKEN_BODIES: [(u16, &[u8]); 5] = [
    (502, b"<html><body>Bad Gateway</body></html>"),
    (200, b"{\"retCode\":0,\"retMsg\":\"OK\",\"resu"),
    (200, b""),
    (500, b"{\"retCode\":10016,\"retMsg\":\"Server error.\",\"result\":{},\"retExtInfo\":{},\"time\":1}"),
    (504, b""),
];

/// One socket of the bot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) path: &'static str,
    auth: bool,
    /// The venue's number once it is open.
    pub(super) venue: Option<u32>,
    /// Swallows everything, both ways.
    pub(super) half_open: bool,
    /// Nothing overtakes on a socket.
    to_venue_ns: i64,
    to_bot_ns: i64,
}

pub(super) fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

impl World {
    pub(super) fn strikes(&mut self, fault: Fault) -> bool {
        self.profile.strikes(fault, &mut self.rng)
    }

    pub(super) fn during(&self, fault: Fault) -> bool {
        self.profile.chance(fault) > 0.0
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn one_way_ns(&mut self) -> i64 {
        self.profile.latency_ns + self.rng.exponential(self.profile.jitter_ns as f64) as i64
    }

    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn drawn_ns(&mut self, low_s: f64, high_s: f64) -> i64 {
        (self.rng.uniform(low_s, high_s) * 1e9) as i64
    }

    // ---- from the bot ----

    /// Does what the bot asks for, as far as the network lets it.
    pub(super) fn carry(&mut self, output: BotOutput) {
        match output {
            BotOutput::Connect { conn, path, auth } => self.connect(conn, path, auth),
            BotOutput::Close { conn } => self.forget(conn),
            BotOutput::Send { conn, bytes } => self.send(conn, bytes),
            BotOutput::DecisionDue { decision_seq, market } => self.ask(decision_seq, market),
            BotOutput::Http { req_id, method, path, raw_query, body, signed, .. } => {
                if let Err(what) = self.shut_out.asked(req_id, path, self.now_ns) {
                    self.auditor.fail(what);
                }
                let at_ns = self.now_ns + self.one_way_ns();
                if self.strikes(Fault::HttpLost) && self.rng.chance(0.5) {
                    let definite = self.rng.chance(0.3);
                    let failed_ns = if definite { at_ns } else { self.now_ns + HTTP_TIMEOUT_NS };
                    self.queue.put(failed_ns, Arrival::SendFailed { req_id, definite });
                } else {
                    self.queue.put(at_ns, Arrival::VenueHttp { req_id, method, path, query: raw_query, body, signed });
                }
            }
        }
    }

    fn connect(&mut self, conn: ConnId, path: &'static str, auth: bool) {
        self.auditor.connected(path, self.now_ns);
        let at_ns = self.now_ns + 3 * self.one_way_ns();
        let refused = self.strikes(Fault::ConnectRefused) || self.strikes(Fault::Maintenance);
        if refused {
            self.queue.put(at_ns, Arrival::SocketClosed { conn });
            return;
        }
        self.links.insert(conn, Link { path, auth, venue: None, half_open: false, to_venue_ns: 0, to_bot_ns: at_ns });
        self.queue.put(at_ns, Arrival::SocketOpened { conn });
    }

    fn send(&mut self, conn: ConnId, mut bytes: Vec<u8>) {
        let at_ns = self.now_ns + self.one_way_ns();
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.to_venue_ns = link.to_venue_ns.max(at_ns);
        let (at_ns, swallowed, trade) = (link.to_venue_ns, link.half_open, link.path.ends_with("/trade"));
        let lost = swallowed || (trade && holds(&bytes, "\"order.") && self.strikes(Fault::RequestLost));
        if !lost {
            if trade && holds(&bytes, "-batch\"") && self.strikes(Fault::PartialBatch) {
                spoil_one_item(&mut bytes);
            }
            self.queue.put(at_ns, Arrival::VenueFrame { conn, bytes });
        }
    }

    /// The socket is no more; what was under way to the bot never arrives.
    pub(super) fn forget(&mut self, conn: ConnId) {
        if let Some(venue) = self.links.remove(&conn).and_then(|link| link.venue) {
            self.back.remove(&venue);
            self.door.close(self.now_ns, venue);
        }
    }

    // ---- arrivals ----

    pub(super) fn arrive(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::VenueFrame { conn, bytes } => self.at_venue(conn, &bytes),
            Arrival::VenueHttp { req_id, method, path, query, body, signed } => {
                self.http_at_venue(req_id, method, path, &query, &body, signed);
            }
            Arrival::Frame { conn, bytes } => {
                if let Some(link) = self.links.get(&conn) {
                    // The topic comes first, before the levels.
                    let head = &bytes[..bytes.len().min(64)];
                    let is_book =
                        |(path, symbol): &(&str, String)| *path == link.path && holds(head, "\"orderbook.") && holds(head, symbol);
                    if let Some(index) = self.book_topics.iter().position(is_book) {
                        self.auditor.shown(self.markets[index], self.now_ns);
                    }
                    self.step(&BotInput::Frame { conn, bytes: &bytes });
                }
            }
            Arrival::HttpReply { req_id, status, rate, body } => {
                self.shut_out.answered(req_id, status, self.now_ns);
                self.step(&BotInput::HttpReply { req_id, status, rate, bytes: &body });
            }
            Arrival::SendFailed { req_id, definite } => self.step(&BotInput::SendFailed { req_id, definite }),
            Arrival::SocketOpened { conn } => self.opened(conn),
            Arrival::SocketClosed { conn } => {
                self.forget(conn);
                self.step(&BotInput::StreamDown { conn });
            }
            Arrival::ClockRead => {
                self.queue.put(self.now_ns + CLOCK_NS, Arrival::ClockRead);
                self.step(&BotInput::ClockOffset { offset_ns: -self.profile.skew_ns });
            }
            Arrival::Weather => self.weather(),
            Arrival::Answer { decision_seq, market } => self.answer(decision_seq, market),
        }
    }

    fn opened(&mut self, conn: ConnId) {
        let Some(link) = self.links.get(&conn).copied() else { return };
        let Ok(venue) = self.door.open(link.path) else { return };
        if link.auth {
            self.door.authenticate(self.now_ns, venue, Ok(TRADED), None);
        }
        if let Some(link) = self.links.get_mut(&conn) {
            link.venue = Some(venue);
        }
        self.back.insert(venue, conn);
        self.step(&BotInput::StreamUp { conn });
    }

    fn at_venue(&mut self, conn: ConnId, bytes: &[u8]) {
        let Some(venue) = self.links.get(&conn).and_then(|link| link.venue) else { return };
        // A closed connection is the only error, and then nobody waits for an answer.
        let _ = self.door.frame(self.now_ns, venue, bytes);
        self.pump();
    }

    fn http_at_venue(&mut self, req_id: ReqId, method: &str, path: &str, query: &str, body: &[u8], signed: bool) {
        let back_ns = self.now_ns + self.one_way_ns();
        let answer = if self.strikes(Fault::Maintenance) {
            refused(503, b"")
        } else if self.strikes(Fault::Banned) {
            refused(403, b"access too frequent")
        } else if signed && self.strikes(Fault::RateLimited) {
            refused(200, b"{\"retCode\":10006,\"retMsg\":\"Too many visits!\",\"result\":{},\"retExtInfo\":{},\"time\":1}")
        } else {
            let answer = self.door.http(self.now_ns, signed.then_some(TRADED), method, path, query, body);
            self.auditor.answered(&alloc::format!("{method} {path}?{query}"), &answer.body);
            self.pump();
            if self.strikes(Fault::HttpLost) {
                self.queue.put(self.now_ns + HTTP_TIMEOUT_NS, Arrival::SendFailed { req_id, definite: false });
                return;
            }
            self.garbled(answer)
        };
        let rate = rate_headers(&answer);
        self.queue.put(back_ns, Arrival::HttpReply { req_id, status: answer.status, rate, body: answer.body });
    }

    fn garbled(&mut self, answer: HttpAnswer) -> HttpAnswer {
        if !self.strikes(Fault::HttpGarbled) {
            return answer;
        }
        let which = usize::try_from(self.rng.below(BROKEN_BODIES.len() as u64)).unwrap_or(0);
        let (status, body) = BROKEN_BODIES[which];
        refused(status, body)
    }

    // ---- from the venue ----

    /// Sends on what the venue has to say.
    pub(super) fn pump(&mut self) {
        for message in self.door.take_outgoing() {
            // The transport keeps the answer to its own sign-in.
            if let Some(&conn) = self.back.get(&message.conn)
                && !holds(&message.bytes, "\"op\":\"auth\"")
            {
                self.publish(conn, message);
            }
        }
        self.auditor.look(self.door.exchange());
        for &market in &self.markets {
            let door = &self.door;
            self.auditor.sample_book(market, self.now_ns, || door.published(market, DEPTH));
        }
    }

    fn publish(&mut self, conn: ConnId, message: Outgoing) {
        let one_way_ns = self.one_way_ns();
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.to_bot_ns = link.to_bot_ns.max(message.due_ns + one_way_ns);
        let (mut at_ns, swallowed, path) = (link.to_bot_ns, link.half_open, link.path);
        let mut bytes = message.bytes;
        if path == "/v5/trade" {
            self.auditor.answered(path, &bytes);
        }
        let pushed = holds(&bytes, "\"topic\":");
        let lost = swallowed
            || match path {
                "/v5/trade" => holds(&bytes, "\"reqId\"") && self.strikes(Fault::AckLost),
                "/v5/private" => pushed && self.strikes(Fault::PrivateSilent),
                _ => {
                    let delta = pushed && holds(&bytes, "\"type\":\"delta\"");
                    (pushed && self.strikes(Fault::PublicFrozen)) || (delta && self.strikes(Fault::DeltaLost))
                }
            };
        if lost {
            return;
        }
        if pushed && self.strikes(Fault::FrameCut) {
            bytes.truncate(bytes.len() / 2);
        }
        match path {
            "/v5/trade" if self.strikes(Fault::AckLate) => at_ns += self.drawn_ns(4.0, 60.0),
            "/v5/private" if pushed => {
                if self.strikes(Fault::PrivateRepeated) {
                    let again_ns = at_ns + self.drawn_ns(0.0, 1.0);
                    self.queue.put(again_ns, Arrival::Frame { conn, bytes: bytes.clone() });
                }
                if holds(&bytes, "\"topic\":\"execution") && self.strikes(Fault::FillsDelayed) {
                    at_ns += self.drawn_ns(1.0, 150.0);
                } else if self.strikes(Fault::PrivateShuffled) {
                    at_ns += self.drawn_ns(0.0, 2.0);
                }
            }
            _ => {}
        }
        self.queue.put(at_ns, Arrival::Frame { conn, bytes });
    }
}

fn refused(status: u16, body: &[u8]) -> HttpAnswer {
    HttpAnswer { status, headers: Vec::new(), body: body.to_vec() }
}

fn rate_headers(answer: &HttpAnswer) -> Option<RateHeaders> {
    let value = |name: &str| answer.headers.iter().find(|(key, _)| *key == name).map(|(_, value): &(&str, String)| value.as_str());
    Some(RateHeaders {
        limit: value("X-Bapi-Limit")?.parse().ok()?,
        remaining: value("X-Bapi-Limit-Status")?.parse().ok()?,
        reset_ms: value("X-Bapi-Limit-Reset-Timestamp")?.parse().ok()?,
    })
}
