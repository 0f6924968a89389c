//! Prices and sizes as the judge counts them: at 1e-8, because the venue may change tick and step, and each side reads in the grid it knows.

use mm_core::ids::MarketIx;
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Ticks};

use super::auditor::{Auditor, Sums};

/// One of the judge's units, at 1e-18.
const UNIT: i128 = 10_000_000_000;
/// Price × size at 1e-18 for one unit of each.
pub(super) const CASH_UNIT: i128 = UNIT * UNIT / Amount::ONE.0;
/// The smallest size of BTC that the venue closes by itself.
pub(super) const MILLI: u64 = 100_000;

/// What a tick and a lot of a market are, in the judge's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    tick: i64,
    lot: i64,
}

#[allow(clippy::cast_possible_truncation)]
fn units(amount: Amount) -> i64 {
    (amount.0 / UNIT) as i64
}

impl Grid {
    #[must_use]
    pub fn of(spec: &Instrument) -> Self {
        Self { tick: units(spec.tick_size), lot: units(spec.qty_step) }
    }

    pub(super) fn price(self, price: Ticks, rest: Amount) -> i64 {
        price.0 * self.tick + units(rest)
    }

    pub(super) fn qty(self, qty: Lots) -> i64 {
        qty.0 * self.lot
    }
}

impl Auditor {
    /// The venue counts a market in this grid from now on.
    pub fn venue_regridded(&mut self, market: MarketIx, spec: &Instrument) {
        if let Some(grids) = self.grids.get_mut(market.index()) {
            grids.0 = Grid::of(spec);
        }
        if let Some(sample) = self.samples.get_mut(market.index()) {
            *sample = Default::default();
        }
    }

    /// The bot counts a market in this grid from now on.
    pub fn bot_reads(&mut self, market: MarketIx, spec: &Instrument) {
        if let Some(grids) = self.grids.get_mut(market.index()) {
            grids.1 = Grid::of(spec);
        }
    }

    /// Bot and venue count a market alike.
    #[must_use]
    pub fn same_grid(&self, market: MarketIx) -> bool {
        self.grids.get(market.index()).is_some_and(|(venue, bot)| venue == bot)
    }

    /// What the bot writes is right for the venue: every price and size of its grid is one of the venue's. A finer grid that nobody uses yet
    /// is noticed by the hourly reading.
    #[must_use]
    pub fn fits_grid(&self, market: MarketIx) -> bool {
        let fits = |(venue, bot): &(Grid, Grid)| bot.tick % venue.tick == 0 && bot.lot % venue.lot == 0;
        self.grids.get(market.index()).is_some_and(fits)
    }

    /// A new run of the bot begins: it has no book, and books everything of the day once more.
    pub fn renewed(&mut self) {
        for index in 0..self.trusted.len() {
            self.set_trust(MarketIx(u16::try_from(index).unwrap_or(u16::MAX)), false);
        }
        self.booked.clear();
        self.bot.fill(Sums::default());
        self.funding.renewed();
        self.coins.renewed();
        self.samples.fill_with(Default::default);
        self.attempts.clear();
        self.stopping = false;
        self.measures.renewed(self.now_ns);
        self.time.renewed();
        self.conduct.renewed();
    }
}
