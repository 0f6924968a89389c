//! Seeded takers (`--takers SEED`): strangers who cross the spread now and then, so that resting orders fill on a quiet recording.
//!
//! Each draws a side and a limit beyond the touch, and a size that is a share of what is displayed up to that limit, so that it reaches
//! quotes behind large displayed sizes about as often as it stops before them. They are not on the tape and leave no print.

use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::rng::Rng;
use mm_core::units::{Lots, Side, Ticks};

use crate::liquidity::{Liquidity, NEVER_NS, Outbox};

/// How many levels a taker looks at.
const LEVELS_SEEN: usize = 1000;

/// The ranges that are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TakersConfig {
    /// Mean of the exponential waiting time between two takers of one market, in seconds.
    pub mean_interval_s: f64,
    /// The limit lies this far beyond the touch, in basis points of the touch.
    pub reach_bps: (f64, f64),
    /// Size as a share of the displayed size up to the limit.
    pub size_share: (f64, f64),
}

impl Default for TakersConfig {
    fn default() -> Self {
        Self { mean_interval_s: 1.0, reach_bps: (0.5, 4.0), size_share: (0.3, 1.3) }
    }
}

/// The takers of all markets; each market has a generator of its own, so one market's draws do not depend on another's events.
#[derive(Clone, Debug)]
pub struct Takers {
    config: TakersConfig,
    markets: Vec<(Rng, Option<i64>)>,
    due_ns: i64,
}

impl Takers {
    /// Takers for the markets `0..markets`, silent until [`Takers::start`].
    #[must_use]
    pub fn new(seed: u64, markets: u16, config: TakersConfig) -> Self {
        let mut seeds = Rng::new(seed);
        Self { config, markets: (0..markets).map(|_| (Rng::new(seeds.bits()), None)).collect(), due_ns: NEVER_NS }
    }

    /// Draws the first waiting times.
    pub fn start(&mut self, now_ns: i64) {
        for (rng, due) in &mut self.markets {
            *due = Some(now_ns + waiting_ns(rng, self.config.mean_interval_s));
        }
        self.find_due();
    }

    /// When the next taker comes; `None` before the start and after the end of the recording.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        (self.due_ns < NEVER_NS).then_some(self.due_ns)
    }

    /// The same; [`NEVER_NS`] for none.
    pub(crate) fn due_ns(&self) -> i64 {
        self.due_ns
    }

    /// Lets every taker act that is due, in time order; their fills go to `out`. Ends itself when the recording has ended.
    pub fn step(&mut self, now_ns: i64, liquidity: &mut dyn Liquidity, out: &mut Outbox) {
        if liquidity.ended() {
            self.markets.iter_mut().for_each(|(_, due)| *due = None);
            self.due_ns = NEVER_NS;
            return;
        }
        while let Some((due_ns, index)) = self.first_due(now_ns) {
            let Ok(market) = u16::try_from(index).map(MarketIx) else { return };
            let config = self.config;
            let (rng, due) = &mut self.markets[index];
            let draw = Draw::new(rng, config);
            *due = Some(due_ns + waiting_ns(rng, config.mean_interval_s));
            draw.act(due_ns, market, liquidity, out);
        }
        self.find_due();
    }

    fn find_due(&mut self) {
        self.due_ns = self.markets.iter().fold(NEVER_NS, |due_ns, (_, due)| due_ns.min(due.unwrap_or(NEVER_NS)));
    }

    fn first_due(&self, now_ns: i64) -> Option<(i64, usize)> {
        let due = self.markets.iter().enumerate().filter_map(|(index, (_, due))| Some(((*due)?, index)));
        due.filter(|(due_ns, _)| *due_ns <= now_ns).min()
    }
}

#[allow(clippy::cast_possible_truncation)]
fn waiting_ns(rng: &mut Rng, mean_s: f64) -> i64 {
    // At least 1 ns: two takers of one market never share an instant, so a zero mean cannot loop for ever.
    (rng.exponential(mean_s) * 1e9).clamp(1.0, 1e18) as i64
}

/// What one taker wants, drawn before the book is looked at: the sequence of draws never depends on the book.
struct Draw {
    side: Side,
    reach_bps: f64,
    share: f64,
}

impl Draw {
    fn new(rng: &mut Rng, config: TakersConfig) -> Self {
        let side = if rng.chance(0.5) { Side::Buy } else { Side::Sell };
        let reach_bps = rng.uniform(config.reach_bps.0, config.reach_bps.1);
        Self { side, reach_bps, share: rng.uniform(config.size_share.0, config.size_share.1) }
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    fn act(&self, now_ns: i64, market: MarketIx, liquidity: &mut dyn Liquidity, out: &mut Outbox) {
        let mut levels = Vec::new();
        liquidity.levels(market, self.side.opposite(), LEVELS_SEEN, &mut levels);
        let Some(&(touch, _)) = levels.first() else { return };
        let reach = libm::ceil(touch.0 as f64 * self.reach_bps * 1e-4) as i64;
        let limit = Ticks(touch.0 + self.side.sign() * reach);
        let within = levels.iter().take_while(|(price, _)| (limit - *price).0 * self.side.sign() >= 0);
        let displayed: i64 = within.map(|(_, size)| size.0).sum();
        let qty = Lots(libm::ceil(displayed as f64 * self.share) as i64);
        if qty > Lots::ZERO {
            liquidity.take(now_ns, market, self.side, limit, qty, out);
        }
    }
}
