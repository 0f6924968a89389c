//! What is under way between bot and venue, in order of arrival.

use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;

use mm_core::ids::{ConnId, MarketIx, ReqId};
use mm_core::input::{RateHeaders, ReplyBody};

use crate::door::TypedMessage;

/// Something that arrives.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// At the venue: a frame of the bot's connection.
    VenueFrame {
        conn: ConnId,
        bytes: Vec<u8>,
    },
    /// At the venue: an HTTP request.
    VenueHttp {
        req_id: ReqId,
        method: &'static str,
        path: &'static str,
        query: String,
        body: Vec<u8>,
        /// The time stamp of a signed request.
        signed: Option<i64>,
    },
    /// At the bot.
    Frame {
        conn: ConnId,
        bytes: Vec<u8>,
    },
    /// At the bot: a frame past its bytes.
    Message {
        conn: ConnId,
        message: TypedMessage,
    },
    HttpReply {
        req_id: ReqId,
        status: u16,
        rate: Option<RateHeaders>,
        body: Vec<u8>,
        /// In the place of a body.
        typed: Option<Box<ReplyBody>>,
    },
    SendFailed {
        req_id: ReqId,
        definite: bool,
    },
    SocketOpened {
        conn: ConnId,
    },
    SocketClosed {
        conn: ConnId,
    },
    SocketRefused {
        conn: ConnId,
        status: u16,
    },
    /// The host has measured the venue's clock.
    ClockRead,
    /// Sockets are looked at for resets.
    Weather,
    /// At the venue: everybody's idea of a market's price moves, so often again, each time by as much or, `whipping`, back.
    PriceShift {
        market: MarketIx,
        bps: i64,
        left: u32,
        whipping: bool,
    },
    /// At the venue: the raised minimum falls again.
    RulesBack,
    /// The host ends a run of the bot, in order, and begins the next one.
    RunEnds,
    RunBegins,
    /// At the bot: the strategy beside it has made up its mind.
    Answer {
        decision_seq: u64,
        market: MarketIx,
    },
}

/// Arrivals by time; what is put in for the same instant comes out in the order it was put in.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// (time, number, place): small rows, so that little is moved to keep them in order.
    due: BinaryHeap<Reverse<(i64, u64, usize)>>,
    arrivals: Vec<Option<Arrival>>,
    free: Vec<usize>,
    put: u64,
}

impl Queue {
    pub fn put(&mut self, at_ns: i64, arrival: Arrival) {
        let place = self.free.pop().unwrap_or(self.arrivals.len());
        match self.arrivals.get_mut(place) {
            Some(row) => *row = Some(arrival),
            None => self.arrivals.push(Some(arrival)),
        }
        self.number(at_ns, place);
    }

    fn number(&mut self, at_ns: i64, place: usize) {
        self.put += 1;
        self.due.push(Reverse((at_ns, self.put, place)));
    }

    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        self.due.peek().map(|row| row.0.0)
    }

    /// Takes what has arrived by `now_ns`.
    pub fn take(&mut self, now_ns: i64) -> Option<Arrival> {
        if self.next_due()? > now_ns {
            return None;
        }
        let Reverse((.., place)) = self.due.pop()?;
        self.free.push(place);
        self.arrivals.get_mut(place)?.take()
    }

    /// Forgets everything else.
    pub fn keep(&mut self, stays: impl Fn(&Arrival) -> bool) {
        let Self { due, arrivals, free, .. } = self;
        due.retain(|Reverse((.., place))| {
            let kept = arrivals[*place].as_ref().is_some_and(&stays);
            if !kept {
                arrivals[*place] = None;
                free.push(*place);
            }
            kept
        });
    }

    /// Nothing is held up any more: whatever would arrive after `latest_ns` arrives then, in the order in which it would have.
    pub fn hurry(&mut self, latest_ns: i64) {
        let mut late: Vec<(i64, u64, usize)> = self.due.iter().map(|row| row.0).filter(|row| row.0 > latest_ns).collect();
        late.sort_unstable();
        self.due.retain(|row| row.0.0 <= latest_ns);
        for (.., place) in late {
            self.number(latest_ns, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(decision_seq: u64) -> Arrival {
        Arrival::Answer { decision_seq, market: MarketIx(0) }
    }

    fn drained(queue: &mut Queue, now_ns: i64) -> Vec<Arrival> {
        core::iter::from_fn(|| queue.take(now_ns)).collect()
    }

    #[test]
    fn what_comes_at_one_instant_comes_in_the_order_it_was_put_in() {
        let mut queue = Queue::default();
        for (at_ns, seq) in [(5, 1), (3, 2), (5, 3), (3, 4)] {
            queue.put(at_ns, answer(seq));
        }
        assert_eq!((queue.next_due(), drained(&mut queue, 3)), (Some(3), [2, 4].map(answer).to_vec()));
        // The places of what is gone are used again.
        queue.put(5, answer(5));
        queue.put(4, answer(6));
        assert_eq!(drained(&mut queue, 9), [6, 1, 3, 5].map(answer).to_vec());
        assert_eq!((queue.next_due(), queue.arrivals.len()), (None, 4));
    }

    #[test]
    fn what_is_hurried_keeps_its_order_behind_what_is_due_then() {
        let mut queue = Queue::default();
        for (at_ns, seq) in [(9, 1), (8, 2), (4, 3), (2, 4)] {
            queue.put(at_ns, answer(seq));
        }
        queue.hurry(4);
        assert_eq!(drained(&mut queue, 4), [4, 3, 2, 1].map(answer).to_vec());
    }

    #[test]
    fn what_is_not_kept_never_arrives() {
        let mut queue = Queue::default();
        for (at_ns, arrival) in [(1, answer(1)), (2, Arrival::Weather), (3, answer(3))] {
            queue.put(at_ns, arrival);
        }
        queue.keep(|arrival| *arrival == Arrival::Weather);
        queue.put(2, answer(4));
        assert_eq!(drained(&mut queue, 9), [Arrival::Weather, answer(4)].to_vec());
    }
}
