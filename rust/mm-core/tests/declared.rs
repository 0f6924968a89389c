//! Whatever a strategy declares: what becomes of it is ordered, on the grid, on its side of the touch, and explained to the micro-tick.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::quoting::MICRO_TICKS;
use mm_core::quoting::Quotes;
use mm_core::quoting::declared::{Declared, append, checked};
use mm_core::quoting::stages::{FairShift, Inputs};
use mm_core::units::{Lots, Side, Ticks};
use proptest::prelude::*;
use support::instrument;

fn inputs(bid: i64, spread: i64) -> Inputs {
    Inputs {
        best_bid: Ticks(bid),
        best_ask: Ticks(bid + spread),
        microprice_ticks: 0.0,
        sigma_1m_bps: None,
        inventory_ratio: 0.0,
        inventory_quotes: 0.0,
        max_inventory_quotes: 1,
        maker_fee_bps: 0.0,
        fair_shift: FairShift::default(),
        toxicity_bps: 0.0,
        order_qty: Lots(1),
        colour: 0,
    }
}

fn rows(side: Side, prices: std::ops::Range<i64>) -> impl Strategy<Value = Vec<Declared>> {
    let row = (any::<u8>(), prices, 1000_i64..2000).prop_map(move |(colour, price, qty)| Declared { side, colour, price, qty: Lots(qty) });
    prop::collection::vec(row, 0..=10)
}

/// Bids below 10,000 ticks, asks above, in any order.
fn usable() -> impl Strategy<Value = Vec<Declared>> {
    let middle = 10_000 * MICRO_TICKS;
    let both = (rows(Side::Buy, 50 * MICRO_TICKS..middle), rows(Side::Sell, middle + 1..2 * middle));
    both.prop_map(|(bids, asks)| [bids, asks].concat()).prop_shuffle()
}

fn any_row() -> impl Strategy<Value = Declared> {
    (any::<bool>(), any::<u8>(), any::<i64>(), any::<i64>()).prop_map(|(buy, colour, price, qty)| Declared {
        side: if buy { Side::Buy } else { Side::Sell },
        colour,
        price,
        qty: Lots(qty),
    })
}

proptest! {
    #[test]
    fn nothing_is_too_strange_to_be_judged(rows in prop::collection::vec(any_row(), 0..24)) {
        let mut kept = Vec::new();
        if checked(&rows, &instrument(), &mut kept).is_ok() {
            prop_assert_eq!(kept.len(), rows.len());
        }
    }

    #[test]
    fn what_is_accepted_keeps_every_promise(rows in usable(), bid in 1_i64..20_000, spread in 1_i64..50) {
        let (spec, market) = (instrument(), inputs(bid, spread));
        let mut kept = Vec::new();
        prop_assert_eq!(checked(&rows, &spec, &mut kept), Ok(()));
        prop_assert_eq!(kept.len(), rows.len());
        let mut shown = Quotes::new();
        append(&kept, &market, &mut shown);
        let side = |side| shown.side(side).copied().collect::<Vec<_>>();
        let (bids, asks) = (side(Side::Buy), side(Side::Sell));
        prop_assert!(bids.is_sorted_by(|a, b| a.price >= b.price && a.level < b.level));
        prop_assert!(asks.is_sorted_by(|a, b| a.price <= b.price && a.level < b.level));
        prop_assert!(bids.iter().all(|quote| Ticks::ZERO < quote.price && quote.price < market.best_ask));
        prop_assert!(asks.iter().all(|quote| quote.price > market.best_bid));
        if let (Some(best_bid), Some(best_ask)) = (bids.first(), asks.first()) {
            prop_assert!(best_bid.price < best_ask.price);
        }
        for quote in shown.as_slice() {
            prop_assert_eq!(quote.explanation.price(), quote.price.0 * MICRO_TICKS);
            let outward = quote.explanation.rounding * -quote.side.sign();
            prop_assert!((0..MICRO_TICKS).contains(&outward), "rounded away from the touch, by less than a tick");
            let source = kept.iter().any(|row| {
                let said = quote.explanation.mid + quote.explanation.strategy;
                (row.side, row.colour, row.price, row.qty) == (quote.side, quote.colour, said, quote.qty)
            });
            prop_assert!(source, "each quote is one that was declared");
        }
    }
}
