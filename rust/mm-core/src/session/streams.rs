//! The sockets: one slot per role, from idle to live and back with back-off.

use alloc::vec::Vec;

use super::backoff::Backoff;
use crate::ids::ConnId;
use crate::input::StreamRole;
use crate::rng::Rng;

const CONNECT_TIMEOUT_NS: i64 = 10_000_000_000;
/// Bybit V5 docs, "Connect": send a ping every 20 seconds.
const PING_EVERY_NS: i64 = 20_000_000_000;
const PONG_TIMEOUT_NS: i64 = 10_000_000_000;

/// Where a socket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Idle {
        retry_ns: i64,
    },
    Connecting {
        since_ns: i64,
    },
    /// Open (and authenticated); its subscription is not confirmed yet.
    Up {
        since_ns: i64,
    },
    /// Subscribed (or, on the trade socket, simply open).
    Live {
        since_ns: i64,
    },
}

/// One socket's slot.
#[derive(Clone, Debug)]
pub struct Stream {
    pub role: StreamRole,
    pub conn: ConnId,
    pub phase: Phase,
    pub backoff: Backoff,
    next_ping_ns: i64,
    /// A ping left at this time and no frame has come since.
    unanswered_ns: Option<i64>,
    /// When the last frame came.
    heard_ns: i64,
}

/// What a slot wants done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Connect(ConnId, StreamRole),
    Ping(ConnId),
    /// It has been silent too long, or never came up: give it up.
    Abandon(ConnId),
}

/// All sockets of the account.
#[derive(Clone, Debug)]
pub struct Streams {
    slots: Vec<Stream>,
    last_conn: u32,
    /// While closing, nothing is opened again.
    closing: bool,
    /// The venue has shut our address out: a lost socket is sought once, since cancels may need it, and then not before the ban ends.
    shut_out: bool,
}

impl Streams {
    #[must_use]
    pub fn new(roles: &[StreamRole]) -> Self {
        let slot = |&role: &StreamRole| Stream {
            role,
            conn: ConnId(0),
            phase: Phase::Idle { retry_ns: i64::MIN },
            backoff: Backoff::default(),
            next_ping_ns: 0,
            unanswered_ns: None,
            heard_ns: i64::MIN,
        };
        Self { slots: roles.iter().map(slot).collect(), last_conn: 0, closing: false, shut_out: false }
    }

    /// The live connection of a role.
    #[must_use]
    pub fn live(&self, role: StreamRole) -> Option<ConnId> {
        let slot = self.slots.iter().find(|slot| slot.role == role)?;
        matches!(slot.phase, Phase::Live { .. }).then_some(slot.conn)
    }

    /// The connection is open, subscribed or not.
    #[must_use]
    pub fn is_up(&self, conn: ConnId) -> bool {
        self.slots.iter().any(|slot| slot.conn == conn && matches!(slot.phase, Phase::Up { .. } | Phase::Live { .. }))
    }

    /// The role of a connection that is not yet given up.
    #[must_use]
    pub fn role(&self, conn: ConnId) -> Option<StreamRole> {
        let slot = self.slots.iter().find(|slot| slot.conn == conn)?;
        (!matches!(slot.phase, Phase::Idle { .. })).then_some(slot.role)
    }

    /// Connections that are open or opening.
    pub fn open(&self) -> impl Iterator<Item = ConnId> {
        self.slots.iter().filter(|slot| !matches!(slot.phase, Phase::Idle { .. })).map(|slot| slot.conn)
    }

    fn slot(&mut self, conn: ConnId) -> Option<&mut Stream> {
        self.slots.iter_mut().find(|slot| slot.conn == conn && !matches!(slot.phase, Phase::Idle { .. }))
    }

    /// The socket is open. Returns its role, or `None` if it was given up meanwhile.
    pub fn up(&mut self, conn: ConnId, now_ns: i64) -> Option<StreamRole> {
        let slot = self.slot(conn)?;
        slot.next_ping_ns = now_ns + PING_EVERY_NS;
        slot.unanswered_ns = None;
        slot.phase = if slot.role == StreamRole::Trade { Phase::Live { since_ns: now_ns } } else { Phase::Up { since_ns: now_ns } };
        Some(slot.role)
    }

    /// The subscription is confirmed. Returns true the first time.
    pub fn subscribed(&mut self, conn: ConnId) -> bool {
        match self.slot(conn) {
            Some(slot) => match slot.phase {
                Phase::Up { since_ns } => {
                    slot.phase = Phase::Live { since_ns };
                    true
                }
                _ => false,
            },
            None => false,
        }
    }

    /// Any frame arrived.
    pub fn received(&mut self, conn: ConnId, now_ns: i64) {
        if let Some(slot) = self.slot(conn) {
            slot.heard_ns = now_ns;
            slot.unanswered_ns = None;
        }
    }

    /// An open connection has brought nothing at all since `since_ns`, when a request left on it that must be answered.
    #[must_use]
    pub fn is_mute(&self, conn: ConnId, since_ns: i64) -> bool {
        self.slots.iter().any(|slot| slot.conn == conn && matches!(slot.phase, Phase::Live { .. }) && slot.heard_ns < since_ns)
    }

    /// The socket is gone. Returns (role, delay before the next attempt in ns, failures so far), or `None` if already given up.
    pub fn down(&mut self, conn: ConnId, now_ns: i64, rng: &mut Rng) -> Option<(StreamRole, i64, u32)> {
        let slot = self.slot(conn)?;
        let up_ns = match slot.phase {
            Phase::Up { since_ns } | Phase::Live { since_ns } => now_ns - since_ns,
            Phase::Idle { .. } | Phase::Connecting { .. } => 0,
        };
        let delay = slot.backoff.failed(up_ns, rng);
        slot.phase = Phase::Idle { retry_ns: now_ns + delay };
        Some((slot.role, delay, slot.backoff.failures()))
    }

    /// No socket is opened any more.
    pub fn close(&mut self) {
        self.closing = true;
    }

    /// Whether the venue has shut our address out.
    pub fn shut_out(&mut self, shut_out: bool) {
        self.shut_out = shut_out;
    }

    fn may_open(&self, slot: &Stream) -> bool {
        !self.closing && (!self.shut_out || slot.backoff.failures() <= 1)
    }

    /// What is due now.
    pub fn due(&mut self, now_ns: i64, wishes: &mut Vec<Wish>) {
        for index in 0..self.slots.len() {
            let may_open = self.may_open(&self.slots[index]);
            let slot = &mut self.slots[index];
            match slot.phase {
                Phase::Idle { retry_ns } if retry_ns <= now_ns && may_open => {
                    self.last_conn += 1;
                    slot.conn = ConnId(self.last_conn);
                    slot.phase = Phase::Connecting { since_ns: now_ns };
                    wishes.push(Wish::Connect(slot.conn, slot.role));
                }
                _ if slot.give_up_ns().is_some_and(|at| at <= now_ns) => wishes.push(Wish::Abandon(slot.conn)),
                _ if slot.ping_ns().is_some_and(|at| at <= now_ns) => {
                    slot.next_ping_ns = now_ns + PING_EVERY_NS;
                    slot.unanswered_ns = slot.unanswered_ns.or(Some(now_ns));
                    wishes.push(Wish::Ping(slot.conn));
                }
                _ => {}
            }
        }
    }

    /// When something is next due.
    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        let of = |slot: &Stream| match slot.phase {
            Phase::Idle { retry_ns } => self.may_open(slot).then_some(retry_ns),
            _ => [slot.give_up_ns(), slot.ping_ns()].into_iter().flatten().min(),
        };
        self.slots.iter().filter_map(of).min()
    }
}

impl Stream {
    fn ping_ns(&self) -> Option<i64> {
        let open = matches!(self.phase, Phase::Up { .. } | Phase::Live { .. });
        open.then_some(self.next_ping_ns)
    }

    fn give_up_ns(&self) -> Option<i64> {
        match self.phase {
            Phase::Idle { .. } => None,
            Phase::Connecting { since_ns } => Some(since_ns + CONNECT_TIMEOUT_NS),
            Phase::Up { .. } | Phase::Live { .. } => self.unanswered_ns.map(|at| at + PONG_TIMEOUT_NS),
        }
    }
}
