//! How pushes come to the bot: as the text that a socket carries, or past it.
//!
//! A quarter of a seed's time would go into writing and reading the text of books, trades, tickers, orders and positions. A share of the
//! seeds is run both ways and must come to the same.

use mm_core::ids::{ConnId, MarketIx};

use super::World;
use super::faults::Fault;
use crate::door::TypedMessage;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Books, trades, tickers, orders and positions are typed as long as no fault is about that works on their text; all else is bytes.
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

    /// A push arrives past its text.
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
