//! Instruments that the matching mode knows without being told: made up, in the venue's usual ranges.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use mm_core::ids::{Category, InstrumentId, Text};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Ticks};

/// One market to match: its rules, where it starts, and how large its orders usually are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketSetup {
    pub instrument: Instrument,
    pub start_price: Ticks,
    pub typical_qty: Lots,
    /// Little happens in it: see [`Flow::quiet`](super::Flow::quiet).
    pub quiet: bool,
}

/// A market (`spot.BTCUSDT`) that has no specification here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSymbol(pub String);

impl fmt::Display for UnknownSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no specification for {}; known: linear.BTCUSDT, linear.ETHUSDT, spot.BTCUSDT, spot.BTCUSDC", self.0)
    }
}

/// base, quote, tick, step, min and max size, max price, start price, usual size; all in coin.
type Row = [&'static str; 9];
const ROWS: [(Category, Row); 4] = [
    (Category::Linear, ["BTC", "USDT", "0.1", "0.001", "0.001", "1000", "2000000", "65000", "0.05"]),
    (Category::Linear, ["ETH", "USDT", "0.01", "0.01", "0.01", "10000", "200000", "1900", "1.5"]),
    (Category::Spot, ["BTC", "USDT", "0.1", "0.000001", "0.000001", "230", "2000000", "65000", "0.05"]),
    (Category::Spot, ["BTC", "USDC", "0.1", "0.000001", "0.000001", "230", "2000000", "65000", "0.05"]),
];

fn setup((category, row): &(Category, Row)) -> Option<MarketSetup> {
    let [base, quote, tick, step, min_qty, max_qty, max_price, start, typical] = row;
    let amount = |text: &str| Amount::parse(text.as_bytes()).ok();
    let (tick_size, qty_step) = (amount(tick)?, amount(step)?);
    let symbol = Text::new([base.as_bytes(), quote.as_bytes()].concat().as_slice())?;
    let (base, quote) = (Text::new(base.as_bytes())?, Text::new(quote.as_bytes())?);
    let mut instrument = Instrument {
        id: InstrumentId { category: *category, symbol },
        base,
        quote,
        settle: quote,
        tick_size,
        qty_step,
        min_qty: Lots::ZERO,
        max_qty: Lots::ZERO,
        min_notional: amount("5")?,
        min_price: Ticks(1),
        max_price: Ticks::ZERO,
        tick_lot: Instrument::cash_per_tick_lot(tick_size, qty_step)?,
    };
    instrument.min_qty = instrument.lots(min_qty.as_bytes()).ok()?;
    instrument.max_qty = instrument.lots(max_qty.as_bytes()).ok()?;
    instrument.max_price = instrument.ticks(max_price.as_bytes()).ok()?;
    let (start_price, typical_qty) = (instrument.ticks(start.as_bytes()).ok()?, instrument.lots(typical.as_bytes()).ok()?);
    Some(MarketSetup { instrument, start_price, typical_qty, quiet: false })
}

/// Every linear market that is known here: BTCUSDT, ETHUSDT.
#[must_use]
pub fn default_markets() -> Vec<MarketSetup> {
    known().filter(|market| market.instrument.id.category == Category::Linear).collect()
}

/// The instruments of [`default_markets`].
#[must_use]
pub fn default_instruments() -> Vec<Instrument> {
    default_markets().into_iter().map(|market| market.instrument).collect()
}

fn known() -> impl Iterator<Item = MarketSetup> {
    ROWS.iter().filter_map(setup)
}

/// The market of a symbol: those of [`default_markets`], and BTCUSDT and BTCUSDC on spot.
///
/// # Errors
/// [`UnknownSymbol`] for a symbol that has no specification here.
pub fn market(id: InstrumentId) -> Result<MarketSetup, UnknownSymbol> {
    known().find(|market| market.instrument.id == id).ok_or_else(|| UnknownSymbol(id.to_string()))
}
