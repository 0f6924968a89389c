//! The compact way and the general way give the same message for every frame, or the compact way gives none.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::ids::{Category, Coin, InstrumentId, MarketIx, Symbol};
use mm_core::input::{Message, StreamRole};
use mm_core::instrument::{Instrument, Instruments};
use mm_core::units::{Amount, Lots, Ticks};
use proptest::prelude::*;

use crate::Decoder;
use crate::decode::book::leading_topic;
use crate::json::Reader;

fn btc(category: Category) -> InstrumentId {
    InstrumentId { category, symbol: Symbol::new(b"BTCUSDT").unwrap() }
}

fn instruments(tick_size: &str, qty_step: &str) -> Instruments {
    table(btc(Category::Linear), &[btc(Category::Linear)], tick_size, qty_step)
}

/// A table of `ids` that knows the rules of `id`.
fn table(id: InstrumentId, ids: &[InstrumentId], tick_size: &str, qty_step: &str) -> Instruments {
    let (tick_size, qty_step) = (Amount::parse(tick_size.as_bytes()).unwrap(), Amount::parse(qty_step.as_bytes()).unwrap());
    let mut table = Instruments::new(ids.iter().copied());
    table.set(Instrument {
        id,
        base: Coin::EMPTY,
        quote: Coin::EMPTY,
        settle: Coin::EMPTY,
        tick_size,
        qty_step,
        min_qty: Lots(1),
        max_qty: Lots(i64::MAX),
        min_notional: Amount::ZERO,
        min_price: Ticks(1),
        max_price: Ticks(i64::MAX),
        tick_lot: Amount(2),
    });
    table
}

/// What the general way says of a frame; `None` if it refuses it or it is no book of ours.
fn general(table: &Instruments, frame: &[u8]) -> Option<String> {
    let mut decoder = Decoder::new();
    let mut reader = Reader::new(frame).ok()?;
    let topic = leading_topic(&mut reader)?;
    let message = decoder.leading_book(Category::Linear, table, topic, reader).ok()?;
    matches!(message, Message::Book(_)).then(|| format!("{message:?}"))
}

/// What the compact way says of it, whether or not its head is like the last one.
fn compact(table: &Instruments, text: &[u8]) -> Option<String> {
    let read = |mut decoder: Decoder| {
        decoder.compact_book(Category::Linear, table, text)?;
        Some(format!("{:?}", decoder.frame(StreamRole::Public(Category::Linear), table, text).unwrap()))
    };
    let mut primed = Decoder::new();
    primed.compact_book(Category::Linear, table, frame("delta", &[], &[]).as_bytes()).unwrap();
    let said = read(Decoder::new());
    assert_eq!(read(primed), said);
    said
}

fn side(rows: &[(String, String)]) -> String {
    let rows: Vec<String> = rows.iter().map(|(price, size)| format!("[\"{price}\",\"{size}\"]")).collect();
    rows.join(",")
}

fn frame(kind: &str, bids: &[(String, String)], asks: &[(String, String)]) -> String {
    format!(
        r#"{{"topic":"orderbook.50.BTCUSDT","type":"{kind}","ts":1700000000009,"data":{{"s":"BTCUSDT","b":[{}],"a":[{}],"u":42,"seq":9000}},"cts":1700000000004}}"#,
        side(bids),
        side(asks)
    )
}

/// Grids of cheap and dear coins, whole-number ticks and steps among them, and some that are no power of ten.
const GRIDS: [(&str, &str); 7] =
    [("0.1", "0.001"), ("0.01", "0.000001"), ("0.0000001", "100"), ("1", "1"), ("0.5", "0.25"), ("5", "10"), ("0.000000001", "0.1")];

/// Rows as a venue writes them: a fixed number of decimals in prices, sizes with and without a fraction.
fn rows() -> impl Strategy<Value = Vec<(String, String)>> {
    (0_usize..10, 0_u64..3).prop_flat_map(|(decimals, wide)| {
        let price =
            (0_u64..10_u64.pow(4 + 3 * u32::try_from(wide).unwrap()), 0_u64..1000).prop_map(move |(whole, fraction)| match decimals {
                0 => format!("{whole}"),
                _ => format!("{whole}.{:0>1$.1$}", format!("{fraction:03}"), decimals),
            });
        let size = prop_oneof![
            3 => (0_u64..20_000, 0_u64..1000).prop_map(|(whole, fraction)| format!("{whole}.{fraction:03}")),
            3 => (0_u64..2_000_000).prop_map(|whole| format!("{whole}")),
            1 => Just(String::from("0")),
            1 => "[0-9]{1,16}(\\.[0-9]{0,9})?",
        ];
        prop::collection::vec((price, size), 0..6)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn what_is_read_compactly_is_read_the_same_in_general(
        grid in prop::sample::select(GRIDS.as_slice()), bids in rows(), asks in rows(), snapshot: bool,
    ) {
        let table = instruments(grid.0, grid.1);
        let text = frame(if snapshot { "snapshot" } else { "delta" }, &bids, &asks);
        if let Some(read) = compact(&table, text.as_bytes()) {
            prop_assert_eq!(Some(read), general(&table, text.as_bytes()));
        }
    }

    #[test]
    fn no_damage_is_read_compactly_unless_it_reads_the_same_in_general(
        grid in prop::sample::select(GRIDS.as_slice()), bids in rows(), asks in rows(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), "[0-9.\"\\[\\],:{} a-]|\\PC"), 1..4), cut in 0_usize..40,
    ) {
        let table = instruments(grid.0, grid.1);
        let mut text: Vec<char> = frame("delta", &bids, &asks).chars().collect();
        for (at, with) in damage {
            let at = at.index(text.len());
            text.splice(at..=at, with.chars());
        }
        text.truncate(text.len() - cut.saturating_sub(35));
        let text: String = text.into_iter().collect();
        if let Some(read) = compact(&table, text.as_bytes()) {
            prop_assert_eq!(Some(read), general(&table, text.as_bytes()));
        }
    }
}

#[test]
fn frames_in_the_venues_form_are_read_compactly() {
    let cases = [
        ("0.1", "0.001", "61800.20", "2.862"),
        ("0.1", "0.001", "103000.1", "0"),
        ("0.01", "0.000001", "103000.10", "1.234567"),
        ("0.0000001", "100", "0.0123400", "123456700"),
        ("0.5", "1", "1234.5", "12"),
    ];
    for (tick_size, qty_step, price, size) in cases {
        let table = instruments(tick_size, qty_step);
        let rows = [(price.into(), size.into()), (price.into(), "0".into()), (price.into(), size.into())];
        let text = frame("delta", &rows, &rows);
        let read = compact(&table, text.as_bytes());
        assert!(read.is_some(), "{text}");
        assert_eq!(read, general(&table, text.as_bytes()));
    }
}

#[test]
fn a_head_like_the_last_one_is_looked_up_in_the_table_at_hand() {
    let (linear, spot) = (btc(Category::Linear), btc(Category::Spot));
    let other = InstrumentId { category: Category::Linear, symbol: Symbol::new(b"ETHUSDT").unwrap() };
    let text = frame("delta", &[(String::from("10.5"), String::from("2.25"))], &[]);
    let mut decoder = Decoder::new();
    for (id, ids, market) in [(linear, &[linear, spot][..], 0), (spot, &[linear, spot], 1), (linear, &[other, linear], 1)] {
        let table = table(id, ids, "0.5", "0.25");
        for _ in 0..2 {
            let (found, depth, ..) = decoder.compact_book(id.category, &table, text.as_bytes()).unwrap();
            assert_eq!((found, depth), (MarketIx(market), 50));
        }
    }
    assert!(decoder.compact_book(Category::Linear, &table(other, &[other], "0.5", "0.25"), text.as_bytes()).is_none());
}

#[test]
fn frames_of_other_kinds_and_depths_are_not_taken_for_the_last_one() {
    let (table, mut decoder) = (instruments("0.1", "0.001"), Decoder::new());
    let delta = frame("delta", &[], &[]);
    for text in [delta.clone(), frame("snapshot", &[], &[]), delta.replace(".50.", ".200."), delta.clone(), delta.replace("009", "010")] {
        let said = format!("{:?}", decoder.frame(StreamRole::Public(Category::Linear), &table, text.as_bytes()).unwrap());
        assert_eq!(Some(said), general(&table, text.as_bytes()));
    }
}
