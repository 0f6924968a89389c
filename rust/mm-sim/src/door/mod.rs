//! The Bybit V5 door: bytes in, bytes out, over one [`Exchange`].
//!
//! Pure: the host owns sockets, clock and secret. It hands in requests and text frames with the time, takes what is outgoing and delivers
//! each message when it is due. Every reply, and the first push of a topic, is due at least `reply_delay_ns` after its cause, and nothing
//! overtakes anything on its connection: a client that registers its callback after sending must not miss the answer.
//! Business errors are what the venue says, at HTTP 200. What this exchange does not have is refused by name, never ignored.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::units::Amount;
use serde_json::{Value, json};

mod account_settings;
mod admission;
mod answer;
mod candles;
mod choices;
mod clock;
mod closed_pnl;
mod commands;
mod control;
mod dcp;
mod deposits;
mod feed;
mod fees;
mod frames;
mod history;
mod holdings;
mod interval;
mod json;
mod limits;
mod listing;
mod market;
mod not_offered;
mod numbers;
mod options;
mod parsed;
mod pushes;
mod queries;
mod query;
mod request;
mod routes;
mod rows;
mod setup;
mod sockets;
mod statement;
mod strangers;
mod subscriptions;
mod system;
mod terms;
mod ticker;
mod trade_socket;
mod typed;
mod visitors;
mod words;

pub use answer::HttpAnswer;
pub use choices::{CHOICES, Choice, ChoiceRow, Choices};
pub use fees::{Group, OrderLimits, Rates, order_limits, tier_rates};
pub use listing::Listing;
pub use setup::{DoorBuilder, TRADED};
pub use sockets::{AuthRequest, Path};
pub use typed::TypedMessage;

use crate::api::Event;
use crate::exchange::Exchange;
use crate::publisher::BookFrame;
use dcp::Dcp;
use feed::Feed;
use frames::Frame;
use limits::Limits;
use sockets::Connection;
use subscriptions::{Audience, Topic};
use visitors::{Visitors, Window};

/// Settings of the door itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorConfig {
    /// Least time from a cause to its reply or first push.
    pub reply_delay_ns: i64,
    /// Orders per second, account and endpoint.
    pub order_limits: OrderLimits,
    /// What the venue's documents leave open.
    pub choices: Choices,
}

/// One message on its way out.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    pub conn: u32,
    pub due_ns: i64,
    /// Empty where `typed` stands for it.
    pub bytes: Vec<u8>,
    /// Never, unless [`Door::speak_typed`] was asked for.
    pub typed: Option<TypedMessage>,
}

/// The exchange behind its REST routes and sockets.
pub struct Door {
    config: DoorConfig,
    exchange: Exchange,
    listings: Vec<Listing>,
    /// Oldest first.
    former: Vec<control::Former>,
    /// What the traded account started with, by coin.
    deposits: BTreeMap<String, String>,
    feeds: Vec<Feed>,
    limits: Limits,
    visitors: Visitors,
    /// Order requests of everybody.
    everybody: Window,
    dcp: Dcp,
    connections: BTreeMap<u32, Connection>,
    /// By market: who listens to what of it.
    audience: Vec<Audience>,
    last_conn: u32,
    /// No connection is idle for too long before this.
    idle_from_ns: i64,
    /// Closed by the exchange, still to be closed by the host.
    closed: Vec<u32>,
    outgoing: Vec<Outgoing>,
    /// Memory of frames that have been sent.
    frames: Vec<Frame>,
    events: Vec<Event>,
    /// Topics whose next delta is thrown away.
    dropping: BTreeSet<Topic>,
    dropped_deltas: u64,
    /// What was announced, newest first.
    announcements: Vec<Value>,
    push_count: u64,
    speaks_typed: bool,
    started_ns: Option<i64>,
    now_ns: i64,
}

impl Door {
    /// A door before `exchange`; `listings` are its instruments in market order.
    #[must_use]
    pub fn new(config: DoorConfig, exchange: Exchange, listings: Vec<Listing>) -> Self {
        let markets = (0_u16..).map(MarketIx).take(listings.len());
        let feeds = markets.map(|market| Feed::new(market, exchange.liquidity().depths(market))).collect();
        let start = exchange.wallet(TRADED).into_iter().map(|row| (row.coin.to_string(), row.wallet.to_string()));
        Self {
            deposits: start.collect(),
            limits: Limits::new(config.order_limits),
            dcp: Dcp::default(),
            config,
            visitors: Visitors::default(),
            everybody: Window::default(),
            exchange,
            listings,
            former: Vec::new(),
            feeds,
            connections: BTreeMap::new(),
            audience: Vec::new(),
            last_conn: 0,
            idle_from_ns: i64::MIN,
            closed: Vec::new(),
            outgoing: Vec::new(),
            frames: Vec::new(),
            events: Vec::new(),
            dropping: BTreeSet::new(),
            dropped_deltas: 0,
            announcements: Vec::new(),
            push_count: 0,
            speaks_typed: false,
            started_ns: None,
            now_ns: 0,
        }
    }

    /// Opens a connection for a URL path, whoever asks; [`Door::connect`] knows limits.
    ///
    /// # Errors
    /// If no socket is served there.
    pub fn open(&mut self, path: &str) -> Result<u32, String> {
        let door = Path::parse(path).ok_or_else(|| format!("no socket is served at {path}"))?;
        Ok(self.add(door, String::new()))
    }

    /// Forgets a connection and what was queued for it.
    pub fn close(&mut self, now_ns: i64, conn: u32) {
        self.advance(now_ns);
        self.forget(conn);
    }

    fn forget(&mut self, conn: u32) {
        if let Some(gone) = self.connections.remove(&conn) {
            self.dcp_left(&gone);
            self.find_audience();
        }
        self.outgoing.retain(|message| message.conn != conn);
    }

    /// Drops every subscription of a connection that cannot keep up.
    pub fn drop_subscriptions(&mut self, conn: u32) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.topics.clear();
            self.find_audience();
        }
        self.outgoing.retain(|message| message.conn != conn);
    }

    /// A fault on purpose: the next delta of a public topic reaches nobody. A topic of a spot market is named `spot.orderbook.50.BTCUSDT`.
    ///
    /// # Errors
    /// If there is no such book topic.
    pub fn drop_next_delta(&mut self, topic: &str) -> Result<(), String> {
        let (category, topic) = topic.strip_prefix("spot.").map_or((Category::Linear, topic), |topic| (Category::Spot, topic));
        let (kind, symbol) = topic.rsplit_once('.').unwrap_or((topic, ""));
        let (market, _) = request::market(&self.listings, category, Some(symbol)).map_err(|error| error.msg)?;
        let book = self.feeds.get(market.index()).and_then(|feed| feed.topic(kind)).filter(|_| kind.starts_with("orderbook."));
        let book = book.ok_or_else(|| format!("{topic:?} is not a book topic that is served here"))?;
        self.dropping.insert(Topic::Public(market, book));
        Ok(())
    }

    /// From now on pushes, the answers to orders on the trade socket and lists of executions are typed, or text again. What answers any other
    /// request, the first message of a subscription too, is always text.
    pub fn speak_typed(&mut self, typed: bool) {
        self.speaks_typed = typed;
    }

    /// Takes every message that waits, in order for each connection.
    pub fn take_outgoing(&mut self) -> Vec<Outgoing> {
        core::mem::take(&mut self.outgoing)
    }

    /// The same in exchange for a list whose messages are done with and whose memory is used again.
    pub fn swap_outgoing(&mut self, list: &mut Vec<Outgoing>) {
        list.clear();
        core::mem::swap(&mut self.outgoing, list);
    }

    /// What is behind the door, for a judge who must not ask through it.
    #[must_use]
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// (tick, step) that a market's prices and sizes are whole multiples of.
    #[must_use]
    pub fn grid(&self, market: MarketIx) -> Option<(Amount, Amount)> {
        self.listings.get(market.index()).map(|listing| (listing.instrument.tick_size, listing.instrument.qty_step))
    }

    /// The book of one topic as its subscribers hold it; `None` before its first frame.
    #[must_use]
    pub fn published(&self, market: MarketIx, depth: u16) -> Option<BookFrame> {
        self.feeds.get(market.index())?.book(depth)
    }

    /// The exchange's own record as JSON bytes.
    #[must_use]
    pub fn record(&self, now_ns: i64) -> Vec<u8> {
        self.exchange.record(now_ns).to_json().to_string().into_bytes()
    }

    /// `{first_subscription_ns, tape_ended, now_ns, connections, dropped_deltas, deposits}` as JSON bytes; deposits are the traded account's
    /// start by coin.
    #[must_use]
    pub fn status(&self, now_ns: i64) -> Vec<u8> {
        let status = json!({
            "first_subscription_ns": self.started_ns, "tape_ended": self.exchange.liquidity().ended(), "now_ns": now_ns,
            "connections": self.connections.len(), "dropped_deltas": self.dropped_deltas, "deposits": self.deposits,
        });
        status.to_string().into_bytes()
    }

    fn now_ms(&self) -> i64 {
        self.now_ns.div_euclid(1_000_000)
    }

    fn send_reply(&mut self, conn: u32, message: &Value) {
        self.send(conn, self.now_ns + self.config.reply_delay_ns, message.to_string().into_bytes());
    }

    fn send(&mut self, conn: u32, due_ns: i64, bytes: Vec<u8>) {
        self.send_said(conn, due_ns, (bytes, None));
    }

    fn send_said(&mut self, conn: u32, due_ns: i64, said: (Vec<u8>, Option<TypedMessage>)) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            self.outgoing.push(connection.say(self.now_ns, due_ns, said));
        }
    }
}
