//! Limits that know an address, not an account: HTTP requests with their ban, new sockets, trade-socket requests.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};

use super::choices::{Choice, Choices};

/// The times of what was let through within a rolling window.
#[derive(Clone, Debug, Default)]
pub struct Window(VecDeque<i64>);

impl Window {
    /// How much of `cost` fits beside what the last `length_ns` let through; that much is taken.
    pub fn take(&mut self, now_ns: i64, length_ns: i64, limit: u32, cost: u32) -> u32 {
        while self.0.front().is_some_and(|first| *first <= now_ns - length_ns) {
            self.0.pop_front();
        }
        let granted = cost.min(self.free(limit));
        self.0.extend((0..granted).map(|_| now_ns));
        granted
    }

    /// What is left of `limit` as of the last [`Window::take`].
    #[must_use]
    pub fn free(&self, limit: u32) -> u32 {
        limit.saturating_sub(u32::try_from(self.0.len()).unwrap_or(u32::MAX))
    }

    /// When the oldest request was let through.
    #[must_use]
    pub fn oldest_ns(&self) -> Option<i64> {
        self.0.front().copied()
    }
}

const SECOND_NS: i64 = 1_000_000_000;
/// Addresses that are remembered; the one that was quiet for longest is forgotten first, a banned one last.
const MAX_ADDRESSES: usize = 1000;

#[derive(Clone, Debug, Default)]
struct Visitor {
    requests: Window,
    sockets: Window,
    orders: Window,
    banned_until_ns: i64,
    seen_ns: i64,
}

/// Everybody who came, by address.
#[derive(Clone, Debug, Default)]
pub struct Visitors {
    known: BTreeMap<String, Visitor>,
}

impl Visitors {
    /// False if an HTTP request of this address is answered 403: it is one too many, or the address is banned.
    pub fn request(&mut self, now_ns: i64, address: &str, choices: &Choices) -> bool {
        let visitor = self.visitor(now_ns, address);
        if now_ns < visitor.banned_until_ns {
            if choices.is_on(Choice::IpBanExtends) {
                visitor.banned_until_ns = now_ns + choices.ns(Choice::IpBanMs);
            }
            return false;
        }
        let (length_ns, limit) = (choices.ns(Choice::IpWindowMs), choices.count(Choice::IpRequests));
        let fits = visitor.requests.take(now_ns, length_ns, limit, 1) == 1;
        if !fits {
            // The ban is longer than the window of any real venue: what was asked before it does not count after it.
            visitor.requests = Window::default();
            visitor.banned_until_ns = now_ns + choices.ns(Choice::IpBanMs);
        }
        fits
    }

    /// False if this address has opened too many sockets lately.
    pub fn socket(&mut self, now_ns: i64, address: &str, choices: &Choices) -> bool {
        let (length_ns, limit) = (choices.ns(Choice::NewConnectionsWindowMs), choices.count(Choice::NewConnections));
        self.visitor(now_ns, address).sockets.take(now_ns, length_ns, limit, 1) == 1
    }

    /// False if this address sends too many requests on its trade sockets.
    pub fn order(&mut self, now_ns: i64, address: &str, choices: &Choices) -> bool {
        self.visitor(now_ns, address).orders.take(now_ns, SECOND_NS, choices.count(Choice::TradeIpRequests), 1) == 1
    }

    fn visitor(&mut self, now_ns: i64, address: &str) -> &mut Visitor {
        if self.known.len() >= MAX_ADDRESSES && !self.known.contains_key(address) {
            let quietest = self.known.iter().min_by_key(|(_, row)| row.seen_ns.max(row.banned_until_ns)).map(|(name, _)| name.clone());
            quietest.map(|name| self.known.remove(&name));
        }
        let visitor = self.known.entry(address.to_string()).or_default();
        visitor.seen_ns = now_ns;
        visitor
    }
}
