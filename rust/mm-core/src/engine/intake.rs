//! Sockets and their frames.

use super::guard::BANNED;
use super::{Engine, Sink};
use crate::fact::Fact;
use crate::ids::{ConnId, MarketIx, ReqId};
use crate::input::{Message, StreamRole, Trade};
use crate::market::BookChange;
use crate::mutants::{Mutant, planted};
use crate::output::{Output, Topics};

/// A reply that names no request; ours are numbered from 1.
const UNNUMBERED: u64 = 0;
/// The codec's name for a frame that is no JSON: no rules make one of it.
const NOT_JSON: &str = "json";
/// A fresh snapshot is asked for at most this often.
const RESYNC_EVERY_NS: i64 = 5_000_000_000;

impl Engine {
    pub(super) fn stream_up(&mut self, conn: ConnId, sink: &mut Sink) {
        let Some(role) = self.streams.up(conn, self.now_ns) else {
            sink.outputs.push(Output::Close { conn });
            return;
        };
        sink.facts.push(Fact::StreamUp { role, conn });
        match role {
            StreamRole::Private => sink.outputs.push(Output::Subscribe { conn, topics: Topics::Account }),
            StreamRole::Public(_) => self.subscribe_markets(conn, role, sink),
            StreamRole::Trade => {}
        }
    }

    fn subscribe_markets(&mut self, conn: ConnId, role: StreamRole, sink: &mut Sink) {
        for (market, id, _) in self.instruments.iter() {
            if StreamRole::Public(id.category) == role
                && let Some(row) = self.markets.get_mut(market.index())
            {
                row.stream(true);
                // A book whose grid is not known yet could not be read; its rules bring the subscription.
                if self.instruments.get(market).is_some() {
                    sink.outputs.push(Output::Subscribe { conn, topics: Topics::Market { market, depth: row.depth() } });
                }
            }
        }
    }

    /// The rules of a market came after its stream.
    pub(super) fn subscribe_late(&mut self, market: MarketIx, sink: &mut Sink) {
        let role = self.instruments.id(market).map(|id| StreamRole::Public(id.category));
        let conn =
            role.and_then(|role| self.streams.open().find(|conn| self.streams.is_up(*conn) && self.streams.role(*conn) == Some(role)));
        if let (Some(conn), Some(row)) = (conn, self.markets.get(market.index())) {
            sink.outputs.push(Output::Subscribe { conn, topics: Topics::Market { market, depth: row.depth() } });
        }
    }

    /// The venue did not let the socket in. Before anything follows from its loss it is known whether the address is shut out.
    pub(super) fn stream_refused(&mut self, conn: ConnId, status: u16, sink: &mut Sink) {
        if i64::from(status) == BANNED {
            self.watch.ban.told(self.now_ns);
        }
        self.stream_down(conn, sink);
    }

    /// The socket is gone, whoever noticed first.
    pub(super) fn stream_down(&mut self, conn: ConnId, sink: &mut Sink) {
        let Some((role, retry_in_ns, failures)) = self.streams.down(conn, self.now_ns, &mut self.rng) else {
            return;
        };
        sink.facts.push(Fact::StreamDown { role, conn, retry_in_ns, failures });
        match role {
            StreamRole::Public(category) => {
                for index in 0..self.markets.len() {
                    let market = self.all_markets[index];
                    if self.instruments.id(market).is_some_and(|id| id.category == category) {
                        self.markets[index].stream(false);
                        self.rejudge(market, sink);
                    }
                }
            }
            // What the stream would have told is lost: pull the quotes and ask for everything once it is back.
            StreamRole::Private => self.recovered = false,
            StreamRole::Trade => {
                for (req_id, request) in self.requests.lost(conn) {
                    self.budget.answered(request.lane, req_id, self.now_ns);
                    self.request_failed(&request);
                    if !planted(Mutant::LostSocketForgotten) {
                        self.fate_unclear(&request, sink);
                    }
                }
            }
        }
    }

    /// Gives a socket up ourselves.
    pub(super) fn abandon(&mut self, conn: ConnId, sink: &mut Sink) {
        sink.outputs.push(Output::Close { conn });
        self.stream_down(conn, sink);
    }

    /// What we cannot read we cannot trust: the socket is taken anew, which ends in a snapshot or a recovery.
    pub(super) fn undecodable(&mut self, conn: ConnId, field: &'static str, sink: &mut Sink) {
        sink.facts.push(Fact::FrameUndecodable { conn, field });
        if self.streams.role(conn).is_some() {
            if field != NOT_JSON {
                self.doubt_rules_of(conn);
            }
            self.abandon(conn, sink);
        }
    }

    pub(super) fn frame(&mut self, conn: ConnId, message: Message<'_>, sink: &mut Sink) {
        let Some(role) = self.streams.role(conn) else {
            return;
        };
        self.streams.received(conn, self.now_ns);
        match message {
            Message::Book(update) => {
                let venue_ms = self.venue_ms();
                let Some(row) = self.markets.get_mut(update.market.index()) else { return };
                match row.fold(&update, self.now_ns, venue_ms) {
                    BookChange::Changed => self.book_changed(update.market, sink),
                    BookChange::Unchanged => self.rejudge(update.market, sink),
                    BookChange::Resync => {
                        self.resync(update.market, conn, sink);
                        self.rejudge(update.market, sink);
                    }
                }
            }
            Message::Orders(rows) => self.see_orders(rows, sink),
            Message::Executions(rows) => self.see_executions(rows, sink),
            Message::Wallet(rows) => self.told_coins(rows, sink),
            Message::Positions(rows) => self.told_positions(rows),
            Message::TradeReply { req_id: UNNUMBERED, reply } => self.unnumbered_reply(conn, &reply, sink),
            Message::TradeReply { req_id, reply } => self.answered(ReqId(req_id), reply, sink),
            Message::Subscribed { ok, .. } => self.subscribed(conn, role, ok, sink),
            Message::Trades(market, trades) => {
                self.feed_trades(market, trades);
                self.watch_trades(market, trades);
            }
            Message::Ticker(update) => {
                self.feed_ticker(&update);
                if let Some(row) = self.markets.get_mut(update.market.index()) {
                    row.mark.told(update.mark_price, self.now_ns);
                }
            }
            Message::SystemStatus(rows) => sink.facts.extend(rows.iter().copied().map(Fact::MaintenanceSeen)),
            // Without fee: booked when `execution` tells the same trade.
            Message::FastExecutions(_)
            | Message::Candles(..)
            | Message::Pong
            | Message::Ignored
            // Counted by the codec and said by the bot.
            | Message::UnknownInstrument => {}
        }
    }

    fn watch_trades(&mut self, market: MarketIx, trades: &[Trade]) {
        let now_ns = self.now_ns;
        if let Some(row) = self.markets.get_mut(market.index()) {
            row.traded(trades, now_ns);
            self.next_due_ns = row.stale_ns().map_or(self.next_due_ns, |due| self.next_due_ns.min(due));
        }
    }

    fn subscribed(&mut self, conn: ConnId, role: StreamRole, ok: bool, sink: &mut Sink) {
        if !ok {
            sink.facts.push(Fact::SubscribeRefused { role, conn });
            self.abandon(conn, sink);
        } else if self.streams.subscribed(conn) && role == StreamRole::Private {
            self.want_recovery(sink);
        }
    }

    /// Asks for a snapshot of a market whose chain is broken.
    pub(super) fn resync(&mut self, market: MarketIx, conn: ConnId, sink: &mut Sink) {
        let now_ns = self.now_ns;
        if let Some(row) = self.markets.get_mut(market.index())
            && now_ns - row.resynced_ns >= RESYNC_EVERY_NS
        {
            row.resynced_ns = now_ns;
            sink.outputs.push(Output::Resync { conn, market, depth: row.depth() });
        }
    }

    /// A request that never left, or whose answer is lost or unreadable.
    pub(super) fn send_failed(&mut self, req_id: ReqId, definite: bool, sink: &mut Sink) {
        let Some(request) = self.requests.answered(req_id) else { return };
        self.budget.answered(request.lane, req_id, self.now_ns);
        self.request_failed(&request);
        if definite {
            self.never_left(&request, sink);
        } else {
            self.fate_unclear(&request, sink);
        }
    }
}
