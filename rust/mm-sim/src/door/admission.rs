//! Who is let in and who is sent away: limits by address, the ban, too many sockets, idle sockets.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Door;
use super::answer::HttpAnswer;
use super::choices::Choice;
use super::sockets::{Connection, Path};
use super::visitors::Window;
use crate::api::ApiError;
use crate::liquidity::NEVER_NS;

const SECOND_NS: i64 = 1_000_000_000;
/// What `max_active_time` may ask for.
const ACTIVE_TIME_S: core::ops::RangeInclusive<i64> = 30..=600;

/// The answer to a request that its address may not make.
fn forbidden() -> HttpAnswer {
    HttpAnswer::of(403, b"access too frequent")
}

impl Door {
    /// The 403 of an HTTP request that comes from a banned address or is one too many; asked before the request is read.
    pub fn admit(&mut self, now_ns: i64, address: &str) -> Option<HttpAnswer> {
        let choices = self.config.choices;
        (!self.visitors.request(now_ns, address, &choices)).then(forbidden)
    }

    /// Opens a connection for a URL path (`?max_active_time=` counts) from an address.
    ///
    /// # Errors
    /// 404 if no socket is served there, 403 if the address has too many or opened too many lately.
    pub fn connect(&mut self, now_ns: i64, address: &str, path: &str) -> Result<u32, HttpAnswer> {
        self.advance(now_ns);
        let choices = self.config.choices;
        let Some(door) = Path::parse(path) else { return Err(HttpAnswer::of(404, b"")) };
        let same = self.connections.values().filter(|row| row.path == door && row.address == address).count();
        let crowded = matches!(door, Path::Public(_)) && same >= choices.count(Choice::MarketConnections) as usize;
        if crowded || !self.visitors.socket(now_ns, address, &choices) {
            return Err(forbidden());
        }
        let conn = self.add(door, address.to_string());
        if let (Some(asked_ns), Some(connection)) = (max_active_ns(door, path), self.connections.get_mut(&conn)) {
            connection.max_active_ns = asked_ns;
            self.idle_from_ns = i64::MIN;
        }
        Ok(conn)
    }

    /// Gives a connection its number; its time begins now.
    pub(super) fn add(&mut self, path: Path, address: String) -> u32 {
        self.last_conn += 1;
        let mut connection = Connection::new(path, self.last_conn);
        (connection.address, connection.alive_ns) = (address, self.now_ns);
        connection.max_active_ns = self.config.choices.ns(Choice::IdleMs);
        self.connections.insert(self.last_conn, connection);
        self.idle_from_ns = i64::MIN;
        self.last_conn
    }

    /// A connection's peer lives: a ping, a pong or a frame came from it.
    pub fn alive(&mut self, now_ns: i64, conn: u32) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.alive_ns = connection.alive_ns.max(now_ns);
        }
    }

    /// Takes the connections that the exchange has closed; the host is to close their sockets.
    pub fn take_closed(&mut self) -> Vec<u32> {
        core::mem::take(&mut self.closed)
    }

    /// When the next sweep finds an idle connection.
    pub(super) fn idle_due_ns(&self) -> Option<i64> {
        let sweep_ns = self.config.choices.ns(Choice::IdleSweepMs);
        let known = self.connections.values().filter(|row| row.alive_ns > 0);
        let ends_ns = known.map(|row| row.alive_ns + row.max_active_ns).min()?;
        Some(ends_ns + (-ends_ns).rem_euclid(sweep_ns))
    }

    /// Who lives is idle later, so what was found holds until somebody comes.
    pub(super) fn close_idle(&mut self) {
        if self.now_ns < self.idle_from_ns {
            return;
        }
        while self.idle_due_ns().is_some_and(|due_ns| due_ns <= self.now_ns) {
            let known = self.connections.iter().filter(|(_, row)| row.alive_ns > 0);
            let Some((&conn, _)) = known.min_by_key(|(_, row)| row.alive_ns + row.max_active_ns) else { return };
            self.forget(conn);
            self.closed.push(conn);
        }
        // Those that are not known yet are idle from the beginning of time, so that their turn is not missed.
        self.idle_from_ns = self.connections.values().map(|row| row.alive_ns + row.max_active_ns).min().unwrap_or(NEVER_NS);
    }

    /// 10429 if everybody together sends more orders than the exchange bears.
    pub(super) fn overloaded(&mut self) -> Result<(), ApiError> {
        let limit = self.config.choices.count(Choice::SystemRequests);
        within(&mut self.everybody, self.now_ns, limit, 10429, "System level frequency protection")
    }

    /// Limits of a trade socket that know no account: 10403, 20003, 10429.
    pub(super) fn frequent(&mut self, conn: u32) -> Result<(), ApiError> {
        let (choices, now_ns) = (self.config.choices, self.now_ns);
        if let Some(connection) = self.connections.get_mut(&conn) {
            let limit = choices.count(Choice::SessionRequests);
            within(&mut connection.requests, now_ns, limit, 20003, "Too frequent requests under the same session")?;
            if !self.visitors.order(now_ns, &connection.address, &choices) {
                return Err(ApiError { code: 10403, msg: "Exceeded the IP rate limit, 3000 requests per second".to_string() });
            }
        }
        self.overloaded()
    }
}

fn within(window: &mut Window, now_ns: i64, limit: u32, code: i32, msg: &str) -> Result<(), ApiError> {
    if limit == 0 || window.take(now_ns, SECOND_NS, limit, 1) == 1 {
        return Ok(());
    }
    Err(ApiError { code, msg: msg.to_string() })
}

/// `?max_active_time=30s` to `600s`, or in minutes; anything else, and a public path, keeps the default.
fn max_active_ns(door: Path, path: &str) -> Option<i64> {
    let (_, query) = path.split_once('?').filter(|_| !matches!(door, Path::Public(_)))?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix("max_active_time="))?;
    let seconds = match value.strip_suffix('m') {
        Some(minutes) => minutes.parse::<i64>().ok()?.checked_mul(60)?,
        None => value.strip_suffix('s')?.parse::<i64>().ok()?,
    };
    ACTIVE_TIME_S.contains(&seconds).then_some(seconds * SECOND_NS)
}
