//! Connections: who they are, what they subscribed to, and the replies that each path shapes differently.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use serde_json::{Map, Value, json};

use super::Door;
use super::frames::PublicTopic;
use super::trade_socket::SeenRequests;
use crate::api::{ApiError, Uid};

/// Spot takes this many topics in one request.
const MAX_SPOT_ARGS: usize = 10;
/// Subscribed topics are named in at most this many characters per connection.
const MAX_TOPIC_CHARS: usize = 21_000;

/// Which door a connection came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Public(Category),
    Private,
    Trade,
}

impl Path {
    /// The door of a URL path; a query (`?max_active_time=`) is ignored.
    #[must_use]
    pub fn parse(path: &str) -> Option<Path> {
        match path.split('?').next().unwrap_or(path) {
            "/v5/public/linear" => Some(Path::Public(Category::Linear)),
            "/v5/public/spot" => Some(Path::Public(Category::Spot)),
            "/v5/private" => Some(Path::Private),
            "/v5/trade" => Some(Path::Trade),
            _ => None,
        }
    }
}

/// A private topic's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrivateTopic {
    Order,
    Execution,
    ExecutionFast,
    Position,
    Wallet,
}

/// (wire name, subject, category of a categorised form).
const PRIVATE_TOPICS: [(&str, PrivateTopic, Option<Category>); 12] = [
    ("order", PrivateTopic::Order, None),
    ("order.linear", PrivateTopic::Order, Some(Category::Linear)),
    ("order.spot", PrivateTopic::Order, Some(Category::Spot)),
    ("execution", PrivateTopic::Execution, None),
    ("execution.linear", PrivateTopic::Execution, Some(Category::Linear)),
    ("execution.spot", PrivateTopic::Execution, Some(Category::Spot)),
    ("execution.fast", PrivateTopic::ExecutionFast, None),
    ("execution.fast.linear", PrivateTopic::ExecutionFast, Some(Category::Linear)),
    ("execution.fast.spot", PrivateTopic::ExecutionFast, Some(Category::Spot)),
    ("position", PrivateTopic::Position, None),
    ("position.linear", PrivateTopic::Position, Some(Category::Linear)),
    ("wallet", PrivateTopic::Wallet, None),
];

/// What a connection listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    Public(MarketIx, PublicTopic),
    /// The all-in-one and the categorised forms of one subject are topics of their own.
    Private(PrivateTopic, Option<Category>),
}

#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) path: Path,
    pub(super) id: String,
    pub(super) uid: Option<Uid>,
    /// Wire name by topic.
    pub(super) topics: BTreeMap<Topic, String>,
    pub(super) seen: SeenRequests,
    /// When the last queued message is due: later ones never overtake it.
    pub(super) last_due_ns: i64,
}

impl Connection {
    pub(super) fn new(path: Path, number: u32) -> Self {
        let id = format!("local-{number}");
        Self { path, id, uid: None, topics: BTreeMap::new(), seen: SeenRequests::default(), last_due_ns: i64::MIN }
    }
}

/// An `auth` operation: whoever holds the secret judges it and tells the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthRequest {
    pub api_key: String,
    /// Milliseconds, as sent; the signature covers `GET/realtime` and this text.
    pub expires: String,
    pub signature: String,
    /// `req_id` or `reqId` as JSON, to be echoed.
    pub request_id: Option<String>,
}

impl Door {
    /// Takes a text frame of a connection. An `auth` operation is handed back for judgement.
    ///
    /// # Errors
    /// If the connection is not open.
    pub fn frame(&mut self, now_ns: i64, conn: u32, bytes: &[u8]) -> Result<Option<AuthRequest>, String> {
        self.advance(now_ns);
        let path = self.connections.get(&conn).map(|connection| connection.path).ok_or_else(|| format!("connection {conn} is not open"))?;
        let Ok(Value::Object(message)) = serde_json::from_slice::<Value>(bytes) else {
            let text = format!("Failed to decode incoming data: {} bytes", bytes.len());
            self.reply(conn, path, &Map::new(), false, &text, "");
            return Ok(None);
        };
        match (message.get("op").and_then(Value::as_str).unwrap_or(""), path) {
            ("ping", _) => self.pong(conn, path, &message),
            ("auth", Path::Private | Path::Trade) => return Ok(Some(auth_request(&message))),
            (op, Path::Trade) => self.trade(conn, op, &message),
            ("subscribe", _) => self.subscribe(conn, path, &message),
            ("unsubscribe", _) => self.unsubscribe(conn, path, &message),
            (op, _) => self.reply(conn, path, &message, false, "error:invalid op", op),
        }
        Ok(None)
    }

    /// Answers an `auth`: with an account, or with why not.
    pub fn authenticate(&mut self, now_ns: i64, conn: u32, outcome: Result<Uid, ApiError>, request_id: Option<&str>) {
        self.advance(now_ns);
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let repeated = connection.path == Path::Trade && connection.uid.is_some() && outcome.is_ok();
        if let Ok(uid) = outcome {
            connection.uid = Some(uid);
        }
        let (mut code, mut msg) = outcome.as_ref().map_or_else(|error| (error.code, error.msg.clone()), |_| (0, String::new()));
        if repeated {
            (code, msg) = (20001, "Repeat auth".to_string());
        }
        let echo = request_id.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let mut message = match connection.path {
            Path::Trade => json!({"retCode": code, "retMsg": if code == 0 { "OK" } else { &msg }, "op": "auth", "connId": connection.id}),
            _ => json!({"success": code == 0, "ret_msg": msg, "op": "auth", "conn_id": connection.id}),
        };
        let key = if connection.path == Path::Trade { "reqId" } else { "req_id" };
        if let (Some(echo), Some(fields)) = (echo, message.as_object_mut()) {
            fields.insert(key.to_string(), echo);
        }
        self.send_reply(conn, &message);
    }

    fn pong(&mut self, conn: u32, path: Path, message: &Map<String, Value>) {
        let id = self.connection_id(conn);
        let ms = self.now_ms().to_string();
        let mut pong = match path {
            Path::Public(_) => return self.reply(conn, path, message, true, "pong", "ping"),
            Path::Private => json!({"op": "pong", "args": [ms], "conn_id": id}),
            Path::Trade => json!({"retCode": 0, "retMsg": "OK", "op": "pong", "data": [ms], "connId": id}),
        };
        if let (Path::Private, Some(echo), Some(fields)) = (path, message.get("req_id"), pong.as_object_mut()) {
            fields.insert("req_id".to_string(), echo.clone());
        }
        self.send_reply(conn, &pong);
    }

    fn subscribe(&mut self, conn: u32, path: Path, message: &Map<String, Value>) {
        let names = topic_names(message);
        if let Some(error) = self.whole_request_error(conn, path, &names) {
            return self.reply(conn, path, message, false, &error, "subscribe");
        }
        let (mut joined, mut refused) = (Vec::new(), Vec::new());
        for name in names {
            match self.topic(path, &name) {
                None => refused.push(format!("error:handler not found,topic:{name}")),
                Some(topic) if self.listens(conn, topic) => refused.push(format!("error:already subscribed,topic:{name}")),
                Some(topic) => {
                    if let Some(connection) = self.connections.get_mut(&conn) {
                        connection.topics.insert(topic, name);
                    }
                    joined.push(topic);
                }
            }
        }
        for error in &refused {
            self.reply(conn, path, message, false, error, "subscribe");
        }
        if !joined.is_empty() || refused.is_empty() {
            let text = if path == Path::Public(Category::Spot) { "subscribe" } else { "" };
            self.reply(conn, path, message, true, text, "subscribe");
        }
        self.show_first(conn, &joined);
    }

    /// What is wrong with a subscribe request as a whole.
    fn whole_request_error(&self, conn: u32, path: Path, names: &[String]) -> Option<String> {
        let connection = self.connections.get(&conn)?;
        if path == Path::Private && connection.uid.is_none() {
            return Some("Request not authorized".to_string());
        }
        if path == Path::Public(Category::Spot) && names.len() > MAX_SPOT_ARGS {
            return Some("error:args size >10".to_string());
        }
        let chars: usize = connection.topics.values().chain(names).map(String::len).sum();
        if chars > MAX_TOPIC_CHARS {
            return Some("error:args too long".to_string());
        }
        let forms = names.iter().filter_map(|name| match self.topic(path, name)? {
            Topic::Private(PrivateTopic::Wallet, _) | Topic::Public(..) => None,
            Topic::Private(_, category) => Some(category.is_some()),
        });
        let forms: Vec<bool> = forms.collect();
        (forms.contains(&true) && forms.contains(&false))
            .then(|| "error:all-in-one and categorised topics cannot share one request".to_string())
    }

    fn unsubscribe(&mut self, conn: u32, path: Path, message: &Map<String, Value>) {
        for name in topic_names(message) {
            let topic = self.topic(path, &name);
            if let (Some(topic), Some(connection)) = (topic, self.connections.get_mut(&conn)) {
                connection.topics.remove(&topic);
            }
        }
        self.reply(conn, path, message, true, "", "unsubscribe");
    }

    fn topic(&self, path: Path, name: &str) -> Option<Topic> {
        let Path::Public(category) = path else {
            return PRIVATE_TOPICS.iter().find(|row| row.0 == name).map(|row| Topic::Private(row.1, row.2));
        };
        let (kind, symbol) = name.rsplit_once('.')?;
        let rows = self.listings.iter().zip(&self.feeds).zip((0_u16..).map(MarketIx));
        let ((_, feed), market) =
            rows.into_iter().find(|((listing, _), _)| listing.category() == category && listing.symbol() == symbol)?;
        feed.topic(kind).map(|topic| Topic::Public(market, topic))
    }

    fn listens(&self, conn: u32, topic: Topic) -> bool {
        self.connections.get(&conn).is_some_and(|connection| connection.topics.contains_key(&topic))
    }

    /// The first public subscription of all starts the recording; each new one shows the topic's state.
    fn show_first(&mut self, conn: u32, joined: &[Topic]) {
        if !joined.iter().any(|topic| matches!(topic, Topic::Public(..))) {
            return;
        }
        self.exchange.start(self.now_ns);
        self.started_ns.get_or_insert(self.now_ns);
        for topic in joined {
            let Topic::Public(market, topic) = topic else { continue };
            let (Some(feed), Some(listing)) = (self.feeds.get_mut(market.index()), self.listings.get(market.index())) else { continue };
            feed.join(*topic, self.now_ns);
            if let Some(frame) = feed.first_frame(*topic, self.now_ns, listing) {
                self.send(conn, self.now_ns + self.config.reply_delay_ns, frame.bytes);
            }
        }
        self.publish_drained();
    }

    /// An operation's answer on the public or private path.
    fn reply(&mut self, conn: u32, path: Path, request: &Map<String, Value>, success: bool, text: &str, op: &str) {
        let id = self.connection_id(conn);
        let mut message = json!({"success": success, "ret_msg": text, "op": op, "conn_id": id});
        let echo =
            request.get("req_id").cloned().or_else(|| (path == Path::Public(Category::Linear)).then(|| Value::String(String::new())));
        if let (Some(echo), Some(fields)) = (echo, message.as_object_mut()) {
            fields.insert("req_id".to_string(), echo);
        }
        self.send_reply(conn, &message);
    }

    pub(super) fn connection_id(&self, conn: u32) -> String {
        self.connections.get(&conn).map_or(String::new(), |connection| connection.id.clone())
    }
}

fn topic_names(message: &Map<String, Value>) -> Vec<String> {
    let args = message.get("args").and_then(Value::as_array);
    args.into_iter().flatten().filter_map(Value::as_str).map(String::from).collect()
}

fn auth_request(message: &Map<String, Value>) -> AuthRequest {
    let arg = |at: usize| match message.get("args").and_then(|args| args.get(at)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let request_id = message.get("req_id").or_else(|| message.get("reqId")).map(Value::to_string);
    AuthRequest { api_key: arg(0), expires: arg(1), signature: arg(2), request_id }
}
