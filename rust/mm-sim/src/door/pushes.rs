//! From events to messages: who hears what, and when it is due.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{Category, Coin, MarketIx, OrderId};

use super::Door;
use super::frames::{Frame, Frames};
use super::holdings;
use super::json::object;
use super::rows::{self, Item};
use super::sockets::Path;
use super::subscriptions::{PrivateTopic, Topic, listeners};
use super::typed::{self, TypedMessage};
use crate::api::{Event, ExecutionRow, FillReason, OrderRow, PositionRow, Uid};

impl Door {
    /// Pushes everything that the exchange did since the last call.
    pub(super) fn publish_drained(&mut self) {
        let mut events = core::mem::take(&mut self.events);
        self.exchange.drain(&mut events);
        let mut matched = None;
        for event in events.drain(..) {
            match &event {
                Event::Execution(row) => {
                    matched = Some((row.order_id, row.seq));
                    self.push_execution(row);
                }
                Event::Order(row) => self.push_order(row, matched.take()),
                Event::Position(row) => self.push_position(row),
                Event::Wallet { uid, coins } => self.push_wallet(*uid, coins),
                Event::Book { market, .. } | Event::Trades { market, .. } | Event::Ticker { market, .. } => {
                    self.push_public(*market, Some(&event))
                }
            }
        }
        self.events = events;
    }

    /// Book frames that are due by time alone.
    pub(super) fn publish_due(&mut self) {
        for market in (0_u16..).map(MarketIx).take(self.feeds.len()) {
            if self.feeds.get(market.index()).is_some_and(|feed| feed.due_ns() <= self.now_ns) {
                self.push_public(market, None);
            }
        }
    }

    fn push_public(&mut self, market: MarketIx, event: Option<&Event>) {
        let (Some(feed), Some(listing)) = (self.feeds.get_mut(market.index()), self.listings.get(market.index())) else { return };
        let (audience, now_ns, liquidity) = (self.audience.get(market.index()), self.now_ns, self.exchange.liquidity());
        let heard = |topic| audience.is_some_and(|audience| !listeners(audience, topic).is_empty());
        let mut frames = Frames { heard: &heard, typed: self.speaks_typed, rows: core::mem::take(&mut self.frames) };
        match event {
            Some(event) => {
                feed.on_funding(self.exchange.funding(market));
                let limits = || self.exchange.price_limits(market);
                feed.on_prices(now_ns, listing, self.exchange.mark_price(market), limits, &mut frames);
                feed.on_event(now_ns, event, listing, liquidity, &mut frames);
            }
            None => feed.on_due(now_ns, listing, liquidity, &mut frames),
        }
        let mut rows = frames.rows;
        for frame in rows.drain(..) {
            self.broadcast(market, frame);
        }
        self.frames = rows;
    }

    fn broadcast(&mut self, market: MarketIx, frame: Frame) {
        let topic = Topic::Public(market, frame.topic);
        if !frame.snapshot && self.dropping.remove(&topic) {
            self.dropped_deltas += 1;
            return;
        }
        let listeners = self.audience.get(market.index()).map_or(&[][..], |audience| listeners(audience, frame.topic));
        let Some((last, others)) = listeners.split_last() else {
            self.feeds.get_mut(market.index()).into_iter().for_each(|feed| feed.leave(frame.topic));
            return;
        };
        // A first frame that the book's beginning makes is a reply to the subscription: it waits as long.
        let due_ns = if frame.snapshot { self.now_ns + self.config.reply_delay_ns } else { self.now_ns };
        for conn in others {
            let copy = (frame.bytes.clone(), frame.typed.clone());
            self.outgoing.extend(self.connections.get_mut(conn).map(|connection| connection.say(self.now_ns, due_ns, copy)));
        }
        let said = (frame.bytes, frame.typed);
        self.outgoing.extend(self.connections.get_mut(last).map(|connection| connection.say(self.now_ns, due_ns, said)));
    }

    fn push_order(&mut self, row: &OrderRow, matched: Option<(OrderId, u64)>) {
        let Some(listing) = self.listings.get(row.market.index()) else { return };
        self.push_count += 1;
        let topic = (PrivateTopic::Order, listing.category());
        let seq = matched.filter(|(order, _)| *order == row.order_id).map_or(self.push_count, |(_, seq)| seq);
        let said = |door: &Self| {
            let listing = door.listings.get(row.market.index())?;
            Some((Some(rows::push_id(row.uid.0, listing, seq)), rows::order_push(listing, row)))
        };
        self.push_private(row.uid, topic, |_| TypedMessage::order(row), said);
    }

    fn push_execution(&mut self, row: &ExecutionRow) {
        let Some(listing) = self.listings.get(row.market.index()) else { return };
        let category = listing.category();
        let is_trade = !matches!(row.reason, FillReason::Liquidated | FillReason::Deleveraged | FillReason::Funding);
        if is_trade {
            let fast = |door: &Self| Some((None, rows::execution_fast(door.listings.get(row.market.index())?, row)));
            self.push_private(row.uid, (PrivateTopic::ExecutionFast, category), |_| None, fast);
        }
        let said = |door: &Self| {
            let listing = door.listings.get(row.market.index())?;
            let mark = Some(door.exchange.mark_price(row.market)).filter(|_| category == Category::Linear);
            Some((Some(rows::push_id(row.uid.0, listing, row.seq)), rows::execution_push(listing, row, mark)))
        };
        self.push_private(
            row.uid,
            (PrivateTopic::Execution, category),
            |_| typed::execution(row).map(|row| TypedMessage::Execution(Box::new(row))),
            said,
        );
    }

    fn push_position(&mut self, row: &PositionRow) {
        let typed = |door: &Self| Some(TypedMessage::position(door.listings.get(row.market.index())?, row));
        let said = |door: &Self| {
            let id = alloc::format!("{}_position_{}", row.uid.0, door.now_ms());
            Some((Some(id), holdings::position_push(door.listings.get(row.market.index())?, row, &door.exchange.position_margin(row))))
        };
        self.push_private(row.uid, (PrivateTopic::Position, Category::Linear), typed, said);
    }

    fn push_wallet(&mut self, uid: Uid, changed: &[Coin]) {
        if changed.is_empty() {
            return;
        }
        let typed = |door: &Self| {
            let coins = changed.iter().filter_map(|coin| door.exchange.balance(uid, *coin).map(|held| (*coin, held)));
            Some(TypedMessage::wallet(coins, door.now_ms()))
        };
        let said = |door: &Self| {
            let item = holdings::wallet_item(&door.holdings(uid), |coin| changed.contains(coin));
            Some((Some(alloc::format!("{}_wallet_{}", uid.0, door.now_ms())), item))
        };
        self.push_private(uid, (PrivateTopic::Wallet, Category::Linear), typed, said);
    }

    /// To whoever of the account listens to the subject, or to the subject in this category: past its text where that is spoken and the
    /// message has such a form, else as its id and its item. Nothing is put together that nobody hears.
    fn push_private(
        &mut self,
        uid: Uid,
        (topic, category): (PrivateTopic, Category),
        typed: impl FnOnce(&Self) -> Option<TypedMessage>,
        said: impl FnOnce(&Self) -> Option<(Option<String>, Item)>,
    ) {
        let listeners = self.private_listeners(uid, topic, category);
        if listeners.is_empty() {
            return;
        }
        let (now_ms, due_ns) = (self.now_ms(), self.now_ns + self.config.reply_delay_ns);
        if let Some(message) = if self.speaks_typed { typed(self) } else { None } {
            listeners.iter().for_each(|(conn, _)| self.send_said(*conn, due_ns, (Vec::new(), Some(message.clone()))));
            return;
        }
        let Some((id, item)) = said(self) else { return };
        for (conn, form) in listeners {
            let name = self.connections.get(&conn).and_then(|row| row.topics.get(&form)).map_or("", String::as_str);
            let bytes = object(128 + item.len(), |message| {
                message.integer("creationTime", now_ms);
                message.list("data", [&item]);
                if let Some(id) = &id {
                    message.text("id", id);
                }
                message.text("topic", name);
            });
            self.send(conn, due_ns, bytes);
        }
    }

    /// (connection, form under which it listens), one for each.
    fn private_listeners(&self, uid: Uid, topic: PrivateTopic, category: Category) -> Vec<(u32, Topic)> {
        let forms = [Topic::Private(topic, None), Topic::Private(topic, Some(category))];
        let mine = self.connections.iter().filter(|(_, row)| row.path == Path::Private && row.uid == Some(uid));
        mine.flat_map(|(conn, row)| forms.into_iter().filter(|form| row.topics.contains_key(form)).map(|form| (*conn, form))).collect()
    }
}
