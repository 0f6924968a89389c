//! The bot as the host sees it: bytes in, bytes out. Codec and engine as one pure machine.
//!
//! Live, replay and the simulator's byte path all drive this same [`Bot`]; the host only moves bytes, signs and keeps time.

pub mod answer;
mod command_hash;
pub mod config;
pub mod describe;
mod describe_holdings;
mod describe_wire;
mod exchanged;
mod guards;
pub mod record;
mod remedy;
pub mod replay;
pub mod strategy;

use alloc::string::String;
use alloc::vec::Vec;

use mm_core::engine::{Engine, Input, Sink};
use mm_core::fact::Fact;
use mm_core::ids::{Category, ConnId, ReqId};
use mm_core::input::{Message, Outcome, RejectKind, Reply, ReplyBody, StreamRole};
use mm_core::output::{Output, Query, Topics};

use crate::decode::{Decoder, HttpAnswer};
use crate::encode::{Stamp, http_request, order_frame, resync_frames, subscribe_frames, ws_path};
use crate::refusal::{DecodeError, Why};
use command_hash::CommandHash;
pub use exchanged::{BotInput, BotOutput};

/// Frames whose memory is kept.
const MOST_SPARE: usize = 16;

/// Codec + engine.
#[derive(Debug)]
pub struct Bot {
    engine: Engine,
    decoder: Decoder,
    sink: Sink,
    hash: CommandHash,
    unknown_rows: u64,
    /// How many of the decoder's unknown names have been told.
    told_names: usize,
    /// Memory of frames that have been sent.
    spare: Vec<Vec<u8>>,
}

impl Bot {
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            decoder: Decoder::new(),
            sink: Sink::default(),
            hash: CommandHash::default(),
            unknown_rows: 0,
            told_names: 0,
            spare: Vec::new(),
        }
    }

    /// Takes one input at `ts_ns` and appends what must be done to `outputs`, what happened to `facts`.
    pub fn step(&mut self, ts_ns: i64, input: BotInput<'_>, outputs: &mut Vec<BotOutput>, facts: &mut Vec<Fact>) {
        let mut sink = core::mem::take(&mut self.sink);
        match input {
            BotInput::Frame { conn, bytes } => self.frame(ts_ns, conn, bytes, &mut sink),
            BotInput::HttpReply { req_id, status, rate, bytes } => {
                let answer = HttpAnswer { status, rate, body: bytes };
                let input = self.http_reply(req_id, answer, &mut sink);
                self.engine.step(ts_ns, input, &mut sink);
            }
            BotInput::SendFailed { req_id, definite } => self.engine.step(ts_ns, Input::SendFailed { req_id, definite }, &mut sink),
            BotInput::StreamUp { conn } => self.engine.step(ts_ns, Input::StreamUp { conn }, &mut sink),
            BotInput::StreamDown { conn } => self.engine.step(ts_ns, Input::StreamDown { conn }, &mut sink),
            BotInput::StreamRefused { conn, status } => self.engine.step(ts_ns, Input::StreamRefused { conn, status }, &mut sink),
            BotInput::Timer => self.engine.step(ts_ns, Input::Timer, &mut sink),
            BotInput::ClockOffset { offset_ns } => self.engine.step(ts_ns, Input::ClockOffset { offset_ns }, &mut sink),
            BotInput::Operator(operator) => self.engine.step(ts_ns, Input::Operator(operator), &mut sink),
            BotInput::StrategyAnswer { decision_seq, bytes } => {
                // The one reader of captures has refused bytes that are no answer.
                if let Some((market, answer)) = answer::decode(bytes) {
                    let answer = answer.as_deref().map_err(|fault| *fault);
                    self.engine.step(ts_ns, Input::StrategyAnswer { decision_seq, market, answer }, &mut sink);
                }
            }
            BotInput::Params { json } => match strategy::change(json, &self.engine) {
                Ok(changes) => self.engine.step(ts_ns, Input::Params(&changes), &mut sink),
                Err((field, why)) => sink.facts.push(Fact::ParamsRefused { field, why }),
            },
        }
        self.end(sink, outputs, facts);
    }

    /// Takes what a frame's bytes would be read as: for a host in whose process the venue runs, and which proves with other runs that
    /// the way through the bytes gives the same.
    pub fn hear(&mut self, ts_ns: i64, conn: ConnId, message: Message<'_>, outputs: &mut Vec<BotOutput>, facts: &mut Vec<Fact>) {
        let mut sink = core::mem::take(&mut self.sink);
        if self.engine.streams().role(conn).is_some() {
            self.engine.step(ts_ns, Input::Frame { conn, message }, &mut sink);
        }
        self.end(sink, outputs, facts);
    }

    /// Takes what the body of an HTTP answer would be read as: like [`Bot::hear`].
    pub fn hear_reply(&mut self, ts_ns: i64, req_id: ReqId, reply: Reply, outputs: &mut Vec<BotOutput>, facts: &mut Vec<Fact>) {
        let mut sink = core::mem::take(&mut self.sink);
        let asked = self.engine.requests().query(req_id).is_some();
        let input = if asked { Input::HttpReply { req_id, reply } } else { Input::SendFailed { req_id, definite: false } };
        self.engine.step(ts_ns, input, &mut sink);
        self.end(sink, outputs, facts);
    }

    /// Hands out what one input came to.
    fn end(&mut self, mut sink: Sink, outputs: &mut Vec<BotOutput>, facts: &mut Vec<Fact>) {
        self.tell_names(&mut sink);
        let first = outputs.len();
        for output in sink.outputs.drain(..) {
            self.encode(output, outputs, &mut sink.facts);
        }
        for output in &outputs[first..] {
            self.hash.add(output);
        }
        facts.append(&mut sink.facts);
        self.sink = sink;
    }

    fn frame(&mut self, ts_ns: i64, conn: ConnId, bytes: &[u8], sink: &mut Sink) {
        let Some(role) = self.engine.streams().role(conn) else { return };
        // The message borrows the decoder, not the engine, so that both can work without a copy.
        match self.decoder.frame(role, self.engine.instruments(), bytes) {
            Ok(message) => {
                self.engine.step(ts_ns, Input::Frame { conn, message }, sink);
                // Rows of other instruments beside rows of ours are not applied; that must not go unsaid.
                let unknown = self.decoder.unknown_rows();
                if unknown > core::mem::replace(&mut self.unknown_rows, unknown) {
                    sink.facts.push(Fact::UnknownInstrument { conn });
                }
            }
            Err(DecodeError { why: Why::OutOfScope(reason), .. }) => {
                sink.facts.push(Fact::FrameOutOfScope { conn, reason: reason.as_str() });
                self.engine.step(ts_ns, Input::Frame { conn, message: Message::Ignored }, sink);
            }
            Err(error) => self.engine.step(ts_ns, Input::Undecodable { conn, field: error.field }, sink),
        }
    }

    /// Tells each name that the venue does not document, once.
    fn tell_names(&mut self, sink: &mut Sink) {
        let names = self.decoder.unknown_names();
        sink.facts.extend(names.iter().skip(self.told_names).map(|name| Fact::UnknownField { name: *name }));
        self.told_names = names.len();
    }

    fn http_reply(&mut self, req_id: ReqId, answer: HttpAnswer<'_>, sink: &mut Sink) -> Input<'static> {
        let Some(query) = self.engine.requests().query(req_id) else {
            return Input::SendFailed { req_id, definite: false };
        };
        let reply = self.decoder.reply(query, self.engine.instruments(), answer).unwrap_or_else(|error| {
            sink.facts.push(Fact::ReplyUndecodable { field: error.field });
            let outcome = match (error.field, query) {
                // Hedge mode keeps two positions a symbol, under an index; no retry makes one of them.
                ("positionIdx", Query::Position(_)) => Outcome::Rejected(RejectKind::PositionMode, 0),
                ("status", Query::Instrument(_)) => Outcome::Rejected(RejectKind::NotTrading, 0),
                _ => Outcome::Ambiguous(0),
            };
            Reply { outcome, rate: None, body: ReplyBody::Empty }
        });
        Input::HttpReply { req_id, reply }
    }

    fn encode(&mut self, output: Output, outputs: &mut Vec<BotOutput>, facts: &mut Vec<Fact>) {
        let instruments = self.engine.instruments();
        match output {
            Output::Connect { conn, role } => {
                let auth = !matches!(role, StreamRole::Public(_));
                outputs.push(BotOutput::Connect { conn, path: ws_path(role), auth });
            }
            Output::Close { conn } => outputs.push(BotOutput::Close { conn }),
            Output::Subscribe { conn, topics } => {
                let frames = match topics {
                    Topics::Market { market, depth } => {
                        let category = instruments.id(market).map_or(Category::Linear, |id| id.category);
                        let depths: &[u16] = if depth == 1 { &[1] } else { &[1, depth] };
                        subscribe_frames(StreamRole::Public(category), instruments, &[market], depths)
                    }
                    Topics::Account => subscribe_frames(StreamRole::Private, instruments, &[], &[]),
                };
                outputs.extend(frames.into_iter().map(|bytes| BotOutput::Send { conn, bytes }));
            }
            Output::Resync { conn, market, depth } => {
                let frames = instruments.id(market).map(|id| resync_frames(id.symbol.as_bytes(), depth));
                outputs.extend(frames.into_iter().flatten().map(|bytes| BotOutput::Send { conn, bytes }));
            }
            Output::Ping { conn } => outputs.push(BotOutput::Send { conn, bytes: crate::encode::PING.to_vec() }),
            Output::Order { conn, req_id, command } => {
                let stamp = Stamp { ts_ms: self.engine.venue_ms(), recv_window_ms: self.engine.config().recv_window_ms };
                let mut bytes = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(512));
                let written = order_frame(&mut bytes, instruments, req_id, &command, stamp);
                self.engine.recycle(command);
                match written {
                    Ok(()) => outputs.push(BotOutput::Send { conn, bytes }),
                    // Nothing left: the request times out into Unknown and is asked about.
                    Err(_) => facts.push(Fact::RequestFailed { what: "encode_order", code: 0 }),
                }
            }
            Output::Query { req_id, query } => match http_request(&query, instruments) {
                Ok(request) => outputs.push(BotOutput::Http {
                    req_id,
                    method: request.method.as_str(),
                    path: request.path,
                    raw_query: request.raw_query,
                    body: request.body,
                    ts_ms: self.engine.venue_ms(),
                    signed: request.signed,
                }),
                Err(_) => facts.push(Fact::RequestFailed { what: "encode_query", code: 0 }),
            },
            Output::DecisionDue { decision_seq, market } => outputs.push(BotOutput::DecisionDue { decision_seq, market }),
        }
    }

    /// Work that can wait until the outputs are on their way. To leave it out costs time later, nothing else.
    pub fn settle(&mut self) {
        self.hash.settle();
    }

    /// Takes back outputs that have been carried out, so that the next need no new memory.
    #[inline]
    pub fn recycle(&mut self, outputs: &mut Vec<BotOutput>) {
        for output in outputs.drain(..) {
            if let BotOutput::Send { mut bytes, .. } = output
                && self.spare.len() < MOST_SPARE
            {
                bytes.clear();
                self.spare.push(bytes);
            }
        }
    }

    /// When a `Timer` is wanted; `None` once stopped.
    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        self.engine.deadline()
    }

    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Outputs so far.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.hash.commands()
    }

    /// Fields that the venue does not document, met so far; each name is told once as [`Fact::UnknownField`].
    #[must_use]
    pub fn unknown_fields(&self) -> u64 {
        self.decoder.unknown_fields()
    }

    /// SHA-256 over every output so far, as lower-case hex.
    #[must_use]
    pub fn command_hash(&self) -> String {
        self.hash.hex()
    }
}
