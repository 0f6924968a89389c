//! A strategy outside the core, as unreliable as a host may make it: it answers late, twice, or with what are no quotes.

use alloc::vec::Vec;

use mm_core::engine::view::View;
use mm_core::ids::MarketIx;
use mm_core::quoting::MICRO_TICKS;
use mm_core::quoting::declared::{Declared, Fault};
use mm_core::units::Side;
use mm_wire::bot::{BotInput, answer};

use super::World;
use super::queue::Arrival;

/// Worlds of these seeds ask it; the ladder quotes in the others.
#[must_use]
pub fn is_asked(seed: u64) -> bool {
    seed % 5 == 4
}

impl World {
    /// It is asked: the answer is under way, now and then for longer than the core waits, now and then a second time.
    pub(super) fn ask(&mut self, decision_seq: u64, market: MarketIx) {
        let slow = self.rng.chance(0.05);
        let answer_ns = self.now_ns + if slow { self.drawn_ns(0.1, 0.6) } else { self.drawn_ns(0.0, 0.02) };
        self.queue.put(answer_ns, Arrival::Answer { decision_seq, market });
        if self.rng.chance(0.02) {
            let again_ns = answer_ns + self.drawn_ns(0.0, 1.0);
            self.queue.put(again_ns, Arrival::Answer { decision_seq, market });
        }
    }

    /// It answers to the market as it is when it does.
    pub(super) fn answer(&mut self, decision_seq: u64, market: MarketIx) {
        let nonsense = self.rng.chance(0.01);
        let Some(view) = self.bot.engine().view(market) else { return };
        let bytes = if nonsense { answer::encode(market, Err(Fault::Raised)) } else { answer::encode(market, Ok(&quotes(&view))) };
        self.step(&BotInput::StrategyAnswer { decision_seq, bytes: &bytes });
    }
}

/// Two a side, 1 and 2 basis points from the others' bests, a basis point against the whole inventory.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn quotes(view: &View<'_>) -> Vec<Declared> {
    let bps = view.inputs.microprice_ticks * 1e-4;
    let mut rows = Vec::with_capacity(4);
    for (side, best) in [(Side::Buy, view.inputs.best_bid), (Side::Sell, view.inputs.best_ask)] {
        for level in [1.0, 2.0] {
            let price = best.0 as f64 - side.sign() as f64 * level * bps - view.inputs.inventory_ratio * bps;
            rows.push(Declared { side, colour: 3, price: (price * MICRO_TICKS as f64) as i64, qty: view.terms.order_qty });
        }
    }
    rows
}
