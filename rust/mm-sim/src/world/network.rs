//! The way between bot and venue: latency, order, and everything that gets lost, late, doubled or broken on it.

use alloc::vec::Vec;

use mm_core::ids::ConnId;
use mm_wire::bot::BotOutput;

use super::faults::Fault;
use super::queue::Arrival;
use super::weather::spoil_one_item;
use super::{DEPTH, SECOND_NS, World};
use crate::door::{Outgoing, TypedMessage};

/// A host gives an HTTP request up after this.
pub(super) const HTTP_TIMEOUT_NS: i64 = 4 * SECOND_NS;
/// The answer to a sign-in is shorter than this.
const MOST_AUTH: usize = 256;

/// One socket of the bot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) path: &'static str,
    pub(super) auth: bool,
    /// The venue's number once it is open.
    pub(super) venue: Option<u32>,
    /// Swallows everything, both ways.
    pub(super) half_open: bool,
    /// When it last brought the bot a frame, or opened.
    pub(super) heard_ns: i64,
    /// Nothing overtakes on a socket.
    to_venue_ns: i64,
    to_bot_ns: i64,
}

/// The time stamp of an order frame.
fn stamp_ms(bytes: &[u8]) -> Option<i64> {
    let key = b"\"X-BAPI-TIMESTAMP\":\"";
    let begin = memchr::memmem::find(bytes, key)? + key.len();
    let digits = bytes.get(begin..)?.split(|byte| *byte == b'"').next()?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// Where a text begins.
pub(super) fn place(bytes: &[u8], text: &str) -> Option<usize> {
    memchr::memmem::find(bytes, text.as_bytes())
}

pub(super) fn holds(bytes: &[u8], text: &str) -> bool {
    place(bytes, text).is_some()
}

impl World {
    pub(super) fn strikes(&mut self, fault: Fault) -> bool {
        self.profile.strikes(fault, &mut self.rng)
    }

    /// Some fault may strike now.
    fn faulty(&self) -> bool {
        self.profile.is_open()
    }

    pub(super) fn during(&self, fault: Fault) -> bool {
        self.profile.chance(fault) > 0.0
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    pub(super) fn one_way_ns(&mut self) -> i64 {
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
            BotOutput::Http { req_id, method, path, raw_query, body, ts_ms, signed } => {
                if let Err(what) = self.shut_out.asked(req_id, path, self.now_ns) {
                    self.auditor.fail(what);
                }
                if signed {
                    self.auditor.signed(ts_ms, self.venue_clock.now_ms(self.now_ns));
                }
                let at_ns = self.now_ns + self.one_way_ns();
                if self.strikes(Fault::HttpLost) && self.rng.chance(0.5) {
                    let definite = self.rng.chance(0.3);
                    let failed_ns = if definite { at_ns } else { self.now_ns + HTTP_TIMEOUT_NS };
                    self.queue.put(failed_ns, Arrival::SendFailed { req_id, definite });
                } else {
                    self.queue
                        .put(at_ns, Arrival::VenueHttp { req_id, method, path, query: raw_query, body, signed: signed.then_some(ts_ms) });
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
        if self.strikes(Fault::Banned) {
            self.queue.put(at_ns, Arrival::SocketRefused { conn, status: 403 });
            return;
        }
        self.links.insert(conn, Link { path, auth, venue: None, half_open: false, heard_ns: at_ns, to_venue_ns: 0, to_bot_ns: at_ns });
        self.queue.put(at_ns, Arrival::SocketOpened { conn });
    }

    fn send(&mut self, conn: ConnId, mut bytes: Vec<u8>) {
        let at_ns = self.now_ns + self.one_way_ns();
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.to_venue_ns = link.to_venue_ns.max(at_ns);
        let (at_ns, swallowed, trade) = (link.to_venue_ns, link.half_open, link.path.ends_with("/trade"));
        if let Some(stamp_ms) = stamp_ms(&bytes).filter(|_| trade) {
            self.auditor.signed(stamp_ms, self.venue_clock.now_ms(self.now_ns));
        }
        // A text is searched only while its fault is about: most frames meet none.
        let lost = swallowed || (trade && self.during(Fault::RequestLost) && holds(&bytes, "\"order.") && self.strikes(Fault::RequestLost));
        if !lost {
            if trade && self.during(Fault::PartialBatch) && holds(&bytes, "-batch\"") && self.strikes(Fault::PartialBatch) {
                spoil_one_item(&mut bytes);
            }
            self.queue.put(at_ns, Arrival::VenueFrame { conn, bytes });
        }
    }

    /// The socket is no more; what was under way to the bot never arrives.
    pub(super) fn forget(&mut self, conn: ConnId) {
        if let Some(venue) = self.links.remove(&conn).and_then(|link| link.venue) {
            self.back.remove(&venue);
            self.door.close(self.venue_clock.now_ns(self.now_ns), venue);
        }
    }

    // ---- from the venue ----

    /// Sends on what the venue has to say.
    pub(super) fn pump(&mut self) {
        let mut said = core::mem::take(&mut self.said);
        self.door.swap_outgoing(&mut said);
        for message in said.drain(..) {
            // The transport keeps the answer to its own sign-in.
            if let Some(&conn) = self.back.get(&message.conn)
                && !(message.typed.is_none() && message.bytes.len() < MOST_AUTH && holds(&message.bytes, "\"op\":\"auth\""))
            {
                self.publish(conn, message);
            }
        }
        self.said = said;
        self.hang_up();
        self.auditor.look(self.door.exchange());
        for &market in &self.markets {
            let door = &self.door;
            self.auditor.sample_book(market, self.now_ns, || door.published(market, DEPTH));
        }
    }

    /// Sockets that the venue has closed by itself.
    fn hang_up(&mut self) {
        for venue in self.door.take_closed() {
            if let Some(conn) = self.back.remove(&venue) {
                let at_ns = self.now_ns + self.one_way_ns();
                self.queue.put(at_ns, Arrival::SocketClosed { conn });
            }
        }
    }

    fn publish(&mut self, conn: ConnId, message: Outgoing) {
        let one_way_ns = self.one_way_ns();
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.to_bot_ns = link.to_bot_ns.max(self.now_ns + self.venue_clock.ahead_ns(message.due_ns) + one_way_ns);
        let (mut at_ns, swallowed, path) = (link.to_bot_ns, link.half_open, link.path);
        if path == "/v5/trade" {
            self.judge_answer(path, &message);
        }
        let Outgoing { mut bytes, typed, .. } = message;
        // The door writes its topic first or near the end.
        let pushed = typed.as_ref().is_some_and(TypedMessage::is_push)
            || bytes.starts_with(b"{\"topic\":")
            || (self.faulty() && holds(&bytes[bytes.len().saturating_sub(128)..], "\"topic\":"));
        // A text is searched only while its fault is about: most frames meet none.
        let lost = swallowed
            || match path {
                "/v5/trade" => {
                    self.during(Fault::AckLost) && (typed.is_some() || holds(&bytes, "\"reqId\"")) && self.strikes(Fault::AckLost)
                }
                "/v5/private" => pushed && self.strikes(Fault::PrivateSilent),
                _ => {
                    let is_delta = || typed.as_ref().map_or_else(|| holds(&bytes, "\"type\":\"delta\""), TypedMessage::is_delta);
                    let delta = pushed && self.during(Fault::DeltaLost) && is_delta();
                    (pushed && self.strikes(Fault::PublicFrozen)) || (delta && self.strikes(Fault::DeltaLost))
                }
            };
        if lost {
            return;
        }
        if pushed
            && self.during(Fault::BookCrafted)
            && let Some(market) = self.book_of(path, &bytes)
            && holds(&bytes[..bytes.len().min(64)], ".50.")
            && self.strikes(Fault::BookCrafted)
        {
            bytes = self.crafted(market, bytes);
        }
        if pushed && self.strikes(Fault::FrameCut) {
            bytes.truncate(bytes.len() / 2);
        }
        let is_fill = self.during(Fault::FillsDelayed)
            && typed.as_ref().map_or_else(|| holds(&bytes, "\"topic\":\"execution"), TypedMessage::is_fill);
        let arrival = match typed {
            Some(message) => Arrival::Message { conn, message },
            None => Arrival::Frame { conn, bytes },
        };
        match path {
            "/v5/trade" if self.strikes(Fault::AckLate) => at_ns += self.drawn_ns(4.0, 60.0),
            "/v5/private" if pushed => {
                if self.strikes(Fault::PrivateRepeated) {
                    let again_ns = at_ns + self.drawn_ns(0.0, 1.0);
                    self.queue.put(again_ns, arrival.clone());
                }
                if is_fill && self.strikes(Fault::FillsDelayed) {
                    at_ns += self.drawn_ns(1.0, 150.0);
                } else if self.strikes(Fault::PrivateShuffled) {
                    at_ns += self.drawn_ns(0.0, 2.0);
                }
            }
            _ => {}
        }
        self.queue.put(at_ns, arrival);
    }
}
