//! How messages come to the bot: as the text that a socket carries, or past it.
//!
//! Through its text a seed takes more than twice as long. A share of the seeds is run both ways and must come to the same.

use alloc::format;
use alloc::string::String;

use mm_core::ids::{ConnId, MarketIx, ReqId};
use mm_core::input::{Outcome, RateHeaders, Reply, ReplyBody};

use super::World;
use super::checks::told;
use super::faults::Fault;
use super::network::holds;
use crate::door::{Outgoing, TypedMessage};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Pushes, the answers to orders and lists of executions are typed as long as no fault is about that works on their text; all else is bytes.
    Typed,
    /// Every frame is bytes.
    Bytes,
}

/// What these strike is the text itself.
const ON_TEXT: [Fault; 2] = [Fault::FrameCut, Fault::BookCrafted];

impl World {
    /// Asks the venue for what may be handed over from now on.
    pub(super) fn choose_way(&mut self) {
        let typed = self.way == Way::Typed
            && !ON_TEXT.iter().any(|fault| self.during(*fault))
            && self.markets.iter().all(|market| self.is_one_grid(*market));
        self.door.speak_typed(typed);
    }

    /// The bot reads prices and sizes on the grid that the venue writes them on; else one integer would mean two things.
    fn is_one_grid(&self, market: MarketIx) -> bool {
        let read = self.bot.engine().instruments().get(market).map(|spec| (spec.tick_size, spec.qty_step));
        read.is_some() && read == self.door.grid(market)
    }

    /// The judge reads an answer of the trade socket.
    pub(super) fn judge_answer(&mut self, path: &str, message: &Outgoing) {
        let (codes, cancels) = match &message.typed {
            Some(said) => (said.codes(), matches!(said, TypedMessage::TradeReply { cancels: true, .. })),
            None => (told(&message.bytes), holds(&message.bytes, "\"order.cancel")),
        };
        let exchange = || format!("{path} -> {:?} {}", message.typed, String::from_utf8_lossy(&message.bytes));
        self.auditor.answered(&codes, exchange);
        self.auditor.count_refusals(&codes);
        if cancels {
            self.auditor.cancel_stamped(&codes);
        }
    }

    /// An answer by HTTP arrives past its text.
    pub(super) fn hear_reply(&mut self, req_id: ReqId, rate: Option<RateHeaders>, body: ReplyBody) {
        let (mut outputs, mut facts) = (core::mem::take(&mut self.outputs), core::mem::take(&mut self.facts));
        let reply = Reply { outcome: Outcome::Accepted, rate, body };
        self.bot.hear_reply(self.now_ns + self.profile.skew_ns, req_id, reply, &mut outputs, &mut facts);
        self.outcome.count(false);
        self.judge(outputs, facts);
    }

    /// A push, or an answer to orders, arrives past its text.
    pub(super) fn hear(&mut self, conn: ConnId, message: &TypedMessage) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.heard_ns = self.now_ns;
        if let Some(market) = message.book_of() {
            self.auditor.shown(market, self.now_ns);
        }
        let (mut outputs, mut facts) = (core::mem::take(&mut self.outputs), core::mem::take(&mut self.facts));
        self.bot.hear(self.now_ns + self.profile.skew_ns, conn, message.message(), &mut outputs, &mut facts);
        self.outcome.count(false);
        self.judge(outputs, facts);
    }
}
