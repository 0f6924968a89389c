//! A strategy's decimals become the core's integers exactly, or by a rounding whose direction is known; an answer survives its bytes.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::ids::MarketIx;

use mm_core::quoting::declared::{Declared, Fault};
use mm_core::units::{Lots, Side};
use mm_wire::bot::answer::{Given, declare, decode, encode};
use proptest::prelude::*;
use support::{BTC, table};

fn declared(side: Side, price: &str, qty: &str) -> Result<(i64, i64), Fault> {
    declare(&table(), BTC, &Given { side, price, qty, colour: 0 }).map(|row| (row.price, row.qty.0))
}

#[test]
fn prices_are_exact_to_a_millionth_of_a_tick_and_rounded_outward_beyond() {
    // Tick 0.1, step 0.001.
    for (price, bid, ask) in [
        ("65000", 650_000_000_000, 650_000_000_000),
        ("65000.05", 650_000_500_000, 650_000_500_000),
        ("65000.0000001", 650_000_000_001, 650_000_000_001),
        ("65000.00000001", 650_000_000_000, 650_000_000_001),
        ("65000.0000000000000000001", 650_000_000_000, 650_000_000_001),
        ("65000.00000000000000000000000000000000000000000", 650_000_000_000, 650_000_000_000),
    ] {
        assert_eq!(declared(Side::Buy, price, "0.01"), Ok((bid, 10)), "{price}");
        assert_eq!(declared(Side::Sell, price, "0.01"), Ok((ask, 10)), "{price}");
    }
}

#[test]
fn sizes_are_rounded_down() {
    for (qty, lots) in [("0.01", 10), ("0.0109999999999999999999", 10), ("0.0009", 0), ("12", 12_000)] {
        assert_eq!(declared(Side::Sell, "65000", qty).map(|row| row.1), Ok(lots), "{qty}");
    }
}

#[test]
fn what_is_no_positive_decimal_is_a_fault_of_its_figure() {
    for bad in ["", "-1", "1e5", "NaN", "1.2.3", "1.000000000000000000000x", "99999999999999999999999", "0x10", " 1"] {
        assert_eq!(declared(Side::Buy, bad, "1"), Err(Fault::Price), "{bad:?}");
        assert_eq!(declared(Side::Buy, "1", bad), Err(Fault::Qty), "{bad:?}");
    }
}

fn rows() -> impl Strategy<Value = Vec<Declared>> {
    let row = (any::<bool>(), any::<u8>(), any::<i64>(), any::<i64>()).prop_map(|(buy, colour, price, qty)| Declared {
        side: if buy { Side::Buy } else { Side::Sell },
        colour,
        price,
        qty: Lots(qty),
    });
    prop::collection::vec(row, 0..24)
}

proptest! {
    #[test]
    fn an_answer_reads_back(market in any::<u16>(), rows in rows()) {
        let bytes = encode(MarketIx(market), Ok(&rows));
        prop_assert_eq!(decode(&bytes), Some((MarketIx(market), Ok(rows))));
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Some((market, answer)) = decode(&bytes) {
            prop_assert_eq!(encode(market, answer.as_deref().map_err(|fault| *fault)), bytes);
        }
    }
}

#[test]
fn every_fault_reads_back() {
    for fault in Fault::ALL {
        assert_eq!(decode(&encode(MarketIx(3), Err(fault))), Some((MarketIx(3), Err(fault))));
    }
}
