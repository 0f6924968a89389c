//! A bot that is quoting on two markets when hostile bytes come: codec, engine and everything that a decoded value reaches.

use std::collections::VecDeque;

use mm_core::engine::Engine;
use mm_core::ids::ConnId;
use mm_sim::door::{Door, DoorBuilder, TRADED};
use mm_sim::world::two_market_bot;
use mm_wire::bot::{Bot, BotInput, BotOutput, config};

use super::seeds::TOLD;
use super::{Signature, Target, signature};

const VENUE: &str =
    r#"{"symbols":["linear.BTCUSDT","spot.BTCUSDT"],"seed":7,"fee_tier":"-0.00001:0.00015","deposit":{"USDT":"1000000","BTC":"10"}}"#;
const PATHS: [&str; 4] = ["/v5/public/linear", "/v5/public/spot", "/v5/private", "/v5/trade"];
const START_NS: i64 = 1_700_000_000_000_000_000;
/// Long enough to load, recover and quote; mostly it takes a part of it.
const BOOT_NS: i64 = 3_000_000_000;
const BOOT_STEP_NS: i64 = 50_000_000;
const AFTER_NS: i64 = 300_000_000;
const MAX_LINES: usize = 8;
/// What the bot never says of an honest exchange.
const ODD: [&str; 5] = ["unknown_field", "unknown_instrument", "frame_undecodable", "frame_out_of_scope", "reply_undecodable"];

/// An input is a script: `0`…`3` and a frame that the bot receives on that socket, `H` and the body that its next HTTP request is answered
/// with. With `H` lines the private stream is cut at the end, so that the recovery asks. `@` stands for the id of an order of the bot's own.
pub struct LiveBot;

impl Target for LiveBot {
    fn name(&self) -> &'static str {
        "bot"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        TOLD.iter().map(|script| script.as_bytes().to_vec()).collect()
    }

    fn run(&mut self, input: &[u8]) -> Result<Signature, String> {
        let mut host = Host::new()?;
        while host.own_order.is_empty() && host.now_ns < START_NS + BOOT_NS {
            host.run_for(BOOT_STEP_NS)?;
        }
        if host.own_order.is_empty() {
            return Err("the bot does not quote before anything has been done to it".to_owned());
        }
        if let Some(odd) = host.facts.iter().find(|fact| ODD.contains(fact)) {
            return Err(format!("{odd} before anything has been done to it"));
        }
        let mut said = String::new();
        for line in input.split(|byte| *byte == b'\n').take(MAX_LINES) {
            said.push_str(&host.line(line)?);
        }
        if !host.bodies.is_empty() {
            host.cut(2)?;
        }
        host.run_for(AFTER_NS)?;
        Ok(signature(&said))
    }
}

/// A socket of the bot: its own number, the venue's, and where it leads.
struct Link {
    conn: ConnId,
    venue: u32,
    path: &'static str,
}

struct Host {
    bot: Bot,
    door: Door,
    links: Vec<Link>,
    /// Connections that wait for their `StreamUp`, and HTTP requests that wait for their answer.
    rising: VecDeque<Link>,
    asked: VecDeque<BotOutput>,
    bodies: VecDeque<Vec<u8>>,
    own_order: String,
    facts: Vec<&'static str>,
    now_ns: i64,
}

impl Host {
    fn new() -> Result<Self, String> {
        let engine = Engine::new(config::parse(&two_market_bot(7))?).map_err(|error| format!("{}: {}", error.field, error.why))?;
        let mut host = Self {
            bot: Bot::new(engine),
            door: DoorBuilder::new(VENUE.as_bytes())?.build()?,
            links: Vec::new(),
            rising: VecDeque::new(),
            asked: VecDeque::new(),
            bodies: VecDeque::new(),
            own_order: String::new(),
            facts: Vec::new(),
            now_ns: START_NS,
        };
        host.step(&BotInput::ClockOffset { offset_ns: 0 })?;
        host.step(&BotInput::Timer)?;
        Ok(host)
    }

    fn line(&mut self, line: &[u8]) -> Result<String, String> {
        let Some((kind, rest)) = line.split_first() else { return Ok(String::new()) };
        let rest = String::from_utf8_lossy(rest.strip_prefix(b" ").unwrap_or(rest)).replace('@', &self.own_order);
        if *kind == b'H' {
            self.bodies.push_back(rest.into_bytes());
            return Ok(String::new());
        }
        let path = PATHS[usize::from(*kind % 4)];
        let Some(conn) = self.links.iter().find(|link| link.path == path).map(|link| link.conn) else { return Ok("down".to_owned()) };
        self.facts.clear();
        self.now_ns += 1_000_000;
        self.step(&BotInput::Frame { conn, bytes: rest.as_bytes() })?;
        self.facts.dedup();
        Ok(format!("{path} {:?} ", self.facts))
    }

    /// Cuts a socket, as the network would.
    fn cut(&mut self, which: usize) -> Result<(), String> {
        let Some(at) = self.links.iter().position(|link| link.path == PATHS[which]) else { return Ok(()) };
        let link = self.links.remove(at);
        self.door.close(self.now_ns, link.venue);
        self.step(&BotInput::StreamDown { conn: link.conn })
    }

    /// An honest venue and network for a while.
    fn run_for(&mut self, span_ns: i64) -> Result<(), String> {
        let end_ns = self.now_ns + span_ns;
        while self.now_ns < end_ns {
            let next = [self.door.next_due(), self.bot.deadline()].into_iter().flatten().min().unwrap_or(end_ns);
            self.now_ns = next.clamp(self.now_ns + 100_000, end_ns.max(self.now_ns + 100_000));
            self.door.advance(self.now_ns);
            self.deliver()?;
            if self.bot.deadline().is_some_and(|deadline| deadline <= self.now_ns) {
                self.step(&BotInput::Timer)?;
            }
        }
        Ok(())
    }

    fn deliver(&mut self) -> Result<(), String> {
        while let Some(link) = self.rising.pop_front() {
            let conn = link.conn;
            self.links.push(link);
            self.step(&BotInput::StreamUp { conn })?;
        }
        while let Some(BotOutput::Http { req_id, method, path, raw_query, body, signed, .. }) = self.asked.pop_front() {
            let answer = self.door.http(self.now_ns, signed.then_some(TRADED), method, path, &raw_query, &body);
            let bytes = self.bodies.pop_front().unwrap_or(answer.body);
            self.step(&BotInput::HttpReply { req_id, status: answer.status, rate: None, bytes: &bytes })?;
        }
        for message in self.door.take_outgoing() {
            if let Some(conn) = self.links.iter().find(|link| link.venue == message.conn).map(|link| link.conn) {
                self.step(&BotInput::Frame { conn, bytes: &message.bytes })?;
            }
        }
        Ok(())
    }

    fn step(&mut self, input: &BotInput<'_>) -> Result<(), String> {
        let (mut outputs, mut facts) = (Vec::new(), Vec::new());
        self.bot.step(self.now_ns, input.clone(), &mut outputs, &mut facts);
        let instruments = self.bot.engine().instruments();
        self.facts.extend(facts.iter().map(|fact| mm_wire::bot::describe::describe(fact, instruments).0));
        for output in outputs {
            self.carry(output)?;
        }
        Ok(())
    }

    fn carry(&mut self, output: BotOutput) -> Result<(), String> {
        match output {
            BotOutput::Connect { conn, path, auth } => {
                let venue = self.door.open(path)?;
                if auth {
                    self.door.authenticate(self.now_ns, venue, Ok(TRADED), None);
                }
                self.rising.push_back(Link { conn, venue, path });
            }
            BotOutput::Close { conn } => {
                if let Some(at) = self.links.iter().position(|link| link.conn == conn) {
                    let link = self.links.remove(at);
                    self.door.close(self.now_ns, link.venue);
                }
            }
            BotOutput::Send { conn, bytes } => {
                self.remember_order(&bytes)?;
                if let Some(venue) = self.links.iter().find(|link| link.conn == conn).map(|link| link.venue) {
                    self.door.frame(self.now_ns, venue, &bytes)?;
                }
            }
            BotOutput::Http { .. } => self.asked.push_back(output),
            BotOutput::DecisionDue { .. } => {}
        }
        Ok(())
    }

    /// What the bot sends is JSON; the id of an order in it, for the script.
    fn remember_order(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sent: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| format!("the bot sends no JSON: {error}"))?;
        let order = &sent["args"][0];
        let id = order["orderLinkId"].as_str().or_else(|| order["request"][0]["orderLinkId"].as_str());
        if let Some(id) = id {
            id.clone_into(&mut self.own_order);
        }
        Ok(())
    }
}
