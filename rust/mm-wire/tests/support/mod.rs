//! The instruments and frames that the tests share. Values are made up.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use mm_core::ids::{Category, Coin, InstrumentId, MarketIx, Symbol};
use mm_core::instrument::{Instrument, Instruments};
use mm_core::units::{Amount, Lots, Ticks};

pub const BTC: MarketIx = MarketIx(0);
pub const ETH: MarketIx = MarketIx(1);
pub const SPOT: MarketIx = MarketIx(2);

pub fn amount(text: &str) -> Amount {
    Amount::parse(text.as_bytes()).unwrap()
}

pub fn id(category: Category, symbol: &str) -> InstrumentId {
    InstrumentId { category, symbol: Symbol::new(symbol.as_bytes()).unwrap() }
}

pub fn spec(category: Category, symbol: &str, tick: &str, step: &str) -> Instrument {
    let (tick_size, qty_step) = (amount(tick), amount(step));
    Instrument {
        id: id(category, symbol),
        base: Coin::new(b"BASE").unwrap(),
        quote: Coin::new(b"USDT").unwrap(),
        settle: Coin::new(b"USDT").unwrap(),
        tick_size,
        qty_step,
        min_qty: Lots(1),
        max_qty: Lots(1_000_000),
        min_notional: amount("5"),
        min_price: Ticks(1),
        max_price: Ticks(1_000_000_000),
        tick_lot: Instrument::cash_per_tick_lot(tick_size, qty_step).unwrap(),
    }
}

/// Linear BTCUSDT (0.1, 0.001) and ETHUSDT (0.01, 0.01), spot BTCUSDT (0.1, 0.000001).
pub fn table() -> Instruments {
    table_of([
        spec(Category::Linear, "BTCUSDT", "0.1", "0.001"),
        spec(Category::Linear, "ETHUSDT", "0.01", "0.01"),
        spec(Category::Spot, "BTCUSDT", "0.1", "0.000001"),
    ])
}

pub fn table_of(specs: impl IntoIterator<Item = Instrument>) -> Instruments {
    let specs: Vec<Instrument> = specs.into_iter().collect();
    let mut table = Instruments::new(specs.iter().map(|spec| spec.id));
    for spec in specs {
        assert!(table.set(spec));
    }
    table
}
