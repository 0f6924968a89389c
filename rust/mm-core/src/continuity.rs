//! When an order book stream is unbroken: the gap rule of one `orderbook.{depth}` topic.
//!
//! Source: Bybit V5 `websocket/public/orderbook`. `u` counts every message of a topic by one; `seq` is not contiguous and is never
//! used here.

use crate::mutants::{Mutant, planted};

/// How an accepted message is to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Replaces the book: `type: snapshot`, or `u == 1` (the venue's service restarted).
    Snapshot,
    /// A snapshot with the `u` that we already hold (depth-1 topics re-send when idle): replaces the book with the same content.
    Resent,
    /// Changes the book.
    Delta,
}

/// Why a message must not be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The first evidence of a break: reported once. `expected` is `None` if nothing was held.
    Gap { expected: Option<u64>, got: u64 },
    /// Still broken: only a snapshot mends it.
    AwaitingSnapshot,
}

/// The gap rule of one topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Continuity {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing received yet.
    #[default]
    Fresh,
    /// Unbroken up to this `u`.
    Held(u64),
    /// Broken, and said so.
    Broken,
}

impl Continuity {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges the next message. `snapshot` is `type: snapshot`; `update_id` is `u`.
    ///
    /// # Errors
    /// [`Refused`]: [`Refused::Gap`] once, then [`Refused::AwaitingSnapshot`] until a snapshot or `u == 1`.
    pub fn check(&mut self, snapshot: bool, update_id: u64) -> Result<Applied, Refused> {
        let held = self.last();
        if snapshot || update_id == 1 {
            self.state = State::Held(update_id);
            let resent = snapshot && held == Some(update_id);
            return Ok(if resent { Applied::Resent } else { Applied::Snapshot });
        }
        if self.state == State::Broken {
            return Err(Refused::AwaitingSnapshot);
        }
        let expected = held.and_then(|last| last.checked_add(1));
        if expected == Some(update_id) || planted(Mutant::GapIgnored) {
            self.state = State::Held(update_id);
            return Ok(Applied::Delta);
        }
        self.state = State::Broken;
        Err(Refused::Gap { expected, got: update_id })
    }

    /// The last accepted `u`; `None` while nothing is held.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        match self.state {
            State::Held(last) => Some(last),
            State::Fresh | State::Broken => None,
        }
    }

    /// The stream broke in a way that the caller saw (socket lost, update refused by the book): wait for a snapshot.
    pub fn invalidate(&mut self) {
        self.state = State::Broken;
    }
}
