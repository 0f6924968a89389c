//! Connections: who they are, and the replies that each path shapes differently.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::Category;
use serde_json::json;

use super::parsed::{Fields, Value};
use super::subscriptions::Topic;
use super::trade_socket::SeenRequests;
use super::typed::TypedMessage;
use super::visitors::Window;
use super::{Door, Outgoing};
use crate::api::{ApiError, Uid};

/// Which door a connection came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Public(Category),
    Private,
    Trade,
    /// `system.status`
    Status,
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
            "/v5/public/misc/status" => Some(Path::Status),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Connection {
    number: u32,
    pub(super) path: Path,
    pub(super) id: String,
    pub(super) uid: Option<Uid>,
    /// Wire name by topic.
    pub(super) topics: BTreeMap<Topic, String>,
    pub(super) seen: SeenRequests,
    /// When the last queued message is due: later ones never overtake it.
    pub(super) last_due_ns: i64,
    pub(super) address: String,
    /// When it last gave or got anything (0: it was opened before the clock began), and after how much silence it is closed.
    pub(super) alive_ns: i64,
    pub(super) max_active_ns: i64,
    /// Its requests of the last second.
    pub(super) requests: Window,
}

impl Connection {
    pub(super) fn new(path: Path, number: u32) -> Self {
        let id = format!("local-{number}");
        Self {
            number,
            path,
            id,
            uid: None,
            topics: BTreeMap::new(),
            seen: SeenRequests::default(),
            last_due_ns: i64::MIN,
            address: String::new(),
            alive_ns: 0,
            max_active_ns: 0,
            requests: Window::default(),
        }
    }

    /// A message to it, due at `due_ns` or with the one before.
    pub(super) fn say(&mut self, now_ns: i64, due_ns: i64, (bytes, typed): (Vec<u8>, Option<TypedMessage>)) -> Outgoing {
        self.last_due_ns = self.last_due_ns.max(due_ns);
        self.alive_ns = self.alive_ns.max(now_ns);
        Outgoing { conn: self.number, due_ns: self.last_due_ns, bytes, typed }
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
        self.alive(now_ns, conn);
        self.advance(now_ns);
        let path = self.connections.get(&conn).map(|connection| connection.path).ok_or_else(|| format!("connection {conn} is not open"))?;
        let Some(Value::Object(message)) = Value::parse(bytes) else {
            let text = format!("Failed to decode incoming data: {} bytes", bytes.len());
            self.reply(conn, path, &Fields::new(), false, &text, "");
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
        self.alive(now_ns, conn);
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
        let echo = request_id.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
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

    fn pong(&mut self, conn: u32, path: Path, message: &Fields<'_>) {
        let id = self.connection_id(conn);
        let ms = self.now_ms().to_string();
        let mut pong = match path {
            Path::Public(_) | Path::Status => return self.reply(conn, path, message, true, "pong", "ping"),
            Path::Private => json!({"op": "pong", "args": [ms], "conn_id": id}),
            Path::Trade => json!({"retCode": 0, "retMsg": "OK", "op": "pong", "data": [ms], "connId": id}),
        };
        if let (Path::Private, Some(echo), Some(fields)) = (path, message.get("req_id"), pong.as_object_mut()) {
            fields.insert("req_id".to_string(), echo.to_tree());
        }
        self.send_reply(conn, &pong);
    }

    /// An operation's answer on the public or private path.
    pub(super) fn reply(&mut self, conn: u32, path: Path, request: &Fields<'_>, success: bool, text: &str, op: &str) {
        let id = self.connection_id(conn);
        let mut message = json!({"success": success, "ret_msg": text, "op": op, "conn_id": id});
        let echo = request
            .get("req_id")
            .map(Value::to_tree)
            .or_else(|| matches!(path, Path::Public(Category::Linear) | Path::Status).then(|| String::new().into()));
        if let (Some(echo), Some(fields)) = (echo, message.as_object_mut()) {
            fields.insert("req_id".to_string(), echo);
        }
        self.send_reply(conn, &message);
    }

    pub(super) fn connection_id(&self, conn: u32) -> String {
        self.connections.get(&conn).map_or(String::new(), |connection| connection.id.clone())
    }
}

fn auth_request(message: &Fields<'_>) -> AuthRequest {
    let arg = |at: usize| match message.get("args").and_then(Value::as_array).and_then(|args| args.get(at)) {
        Some(Value::String(text)) => text.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let request_id = message.get("req_id").or_else(|| message.get("reqId")).map(|echo| echo.to_tree().to_string());
    AuthRequest { api_key: arg(0), expires: arg(1), signature: arg(2), request_id }
}
