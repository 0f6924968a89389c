//! Subscriptions: which topics there are, who listens to them, and what a request for them is refused with.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};

use super::Door;
use super::choices::Choice;
use super::frames::PublicTopic;
use super::parsed::{Fields, Value};
use super::sockets::Path;

/// Spot takes this many topics in one request.
const MAX_SPOT_ARGS: usize = 10;
/// Subscribed topics are named in at most this many characters per connection.
const MAX_TOPIC_CHARS: usize = 21_000;

/// A private topic's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrivateTopic {
    Order,
    Execution,
    ExecutionFast,
    Position,
    Wallet,
    /// `dcp.*`: nothing is ever pushed; who listens is not gone.
    Disconnect,
}

/// (wire name, subject, category of a categorised form).
const PRIVATE_TOPICS: [(&str, PrivateTopic, Option<Category>); 14] = [
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
    ("dcp.future", PrivateTopic::Disconnect, Some(Category::Linear)),
    ("dcp.spot", PrivateTopic::Disconnect, Some(Category::Spot)),
];

/// What a connection listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    Public(MarketIx, PublicTopic),
    /// The all-in-one and the categorised forms of one subject are topics of their own.
    Private(PrivateTopic, Option<Category>),
    SystemStatus,
}

/// Who listens to each public topic of one market.
pub(super) type Audience = Vec<(PublicTopic, Vec<u32>)>;

/// Those who listen to a topic, the oldest first.
pub(super) fn listeners(audience: &Audience, topic: PublicTopic) -> &[u32] {
    audience.iter().find(|row| row.0 == topic).map_or(&[], |row| &row.1)
}

impl Door {
    /// After whatever comes or goes: who listens is asked for with every message.
    pub(super) fn find_audience(&mut self) {
        self.audience.clear();
        self.audience.resize(self.feeds.len(), Audience::new());
        for (conn, connection) in &self.connections {
            for topic in connection.topics.keys() {
                let Topic::Public(market, topic) = topic else { continue };
                let Some(audience) = self.audience.get_mut(market.index()) else { continue };
                match audience.iter_mut().find(|row| row.0 == *topic) {
                    Some(row) => row.1.push(*conn),
                    None => audience.push((*topic, Vec::from([*conn]))),
                }
            }
        }
    }

    pub(super) fn subscribe(&mut self, conn: u32, path: Path, message: &Fields<'_>) {
        let names = topic_names(message);
        if let Some(error) = self.whole_request_error(conn, path, &names) {
            return self.reply(conn, path, message, false, &error, "subscribe");
        }
        let (mut joined, mut refused) = (Vec::new(), Vec::new());
        let void = self.config.choices.is_on(Choice::BadTopicDropsRequest) && names.iter().any(|name| self.topic(path, name).is_none());
        for name in names {
            match self.topic(path, &name) {
                Some(_) if void => {}
                None => refused.push(format!("error:handler not found,topic:{name}")),
                Some(topic) if self.listens(conn, topic) => refused.push(format!("error:already subscribed,topic:{name}")),
                Some(topic) => {
                    let joined_by = self.connections.get_mut(&conn).and_then(|connection| {
                        connection.topics.insert(topic, name);
                        connection.uid
                    });
                    joined_by.into_iter().for_each(|uid| self.dcp_joined(uid, topic));
                    joined.push(topic);
                }
            }
        }
        self.find_audience();
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
            Topic::Private(PrivateTopic::Wallet | PrivateTopic::Disconnect, _) | Topic::Public(..) | Topic::SystemStatus => None,
            Topic::Private(_, category) => Some(category.is_some()),
        });
        let forms: Vec<bool> = forms.collect();
        (forms.contains(&true) && forms.contains(&false))
            .then(|| "error:all-in-one and categorised topics cannot share one request".to_string())
    }

    pub(super) fn unsubscribe(&mut self, conn: u32, path: Path, message: &Fields<'_>) {
        for name in topic_names(message) {
            let topic = self.topic(path, &name);
            if let (Some(topic), Some(connection)) = (topic, self.connections.get_mut(&conn)) {
                connection.topics.remove(&topic);
            }
        }
        self.find_audience();
        self.reply(conn, path, message, true, "", "unsubscribe");
    }

    fn topic(&self, path: Path, name: &str) -> Option<Topic> {
        if path == Path::Status {
            return (name == "system.status").then_some(Topic::SystemStatus);
        }
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
}

fn topic_names(message: &Fields<'_>) -> Vec<String> {
    let args = message.get("args").and_then(Value::as_array);
    args.into_iter().flatten().filter_map(Value::as_str).map(String::from).collect()
}
