//! Order and execution ids: a pure function of (seed, number), never repeated within a run; UUID-shaped on contracts, 19 digits on spot.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use mm_core::ids::{Category, Text};
use mm_core::rng::Rng;

use crate::api::OrderKey;

const ORDER: u64 = 0x6f72_6465_7200_0000;
const EXECUTION: u64 = 0x6578_6563_0000_0000;

/// Hands out order keys and the venue's texts.
#[derive(Clone, Debug)]
pub(crate) struct Identities {
    seed: u64,
    orders: u64,
    executions: u64,
}

impl Identities {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, orders: 0, executions: 0 }
    }

    pub(crate) fn next_order(&mut self, category: Category) -> (OrderKey, Text<40>) {
        self.orders += 1;
        (OrderKey(self.orders), text(category, self.seed ^ ORDER, self.orders))
    }

    /// The venue's id of an order that has been handed out.
    pub(crate) fn order_id(&self, category: Category, key: OrderKey) -> Text<40> {
        text(category, self.seed ^ ORDER, key.0)
    }

    pub(crate) fn next_execution(&mut self, category: Category) -> Text<40> {
        self.executions += 1;
        text(category, self.seed ^ EXECUTION, self.executions)
    }
}

/// A public trade's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TradeId {
    /// As a recording tells it.
    Told(Box<str>),
    /// Of the matching book's own trades, which are many: written only when somebody reads it.
    Own { category: Category, seed: u64, number: u64 },
}

impl TradeId {
    /// As the venue writes it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            TradeId::Told(told) => told.to_string(),
            TradeId::Own { category, seed, number } => text(*category, *seed, *number).as_str().to_string(),
        }
    }
}

/// The text of a number in the form of its category.
pub(crate) fn text(category: Category, seed: u64, number: u64) -> Text<40> {
    match category {
        Category::Linear => uuid(seed, number),
        Category::Spot => digits(seed, number),
    }
}

/// What the venue fills in where a spot order carries no id of its client: the number after the order's.
pub(crate) fn filled_in(order_id: &Text<40>) -> Option<Text<45>> {
    let number = order_id.as_str().parse::<u64>().ok()?;
    Text::new(format!("{}", number + 1).as_bytes())
}

/// 19 digits, rising with the number by an even step, so that no filled-in client id is another order's id.
fn digits(seed: u64, number: u64) -> Text<40> {
    let base = 1_000_000_000_000_000_000 + Rng::new(seed).bits() % 1_000_000_000_000_000_000;
    let text = format!("{}", (base - base % 256) + (number % (1 << 52)) * 256);
    Text::new(text.as_bytes()).unwrap_or(Text::EMPTY)
}

/// The UUID-shaped text of a number. The last 48 bits are the number itself, so no two can be equal; the rest only makes it look like any other UUID.
pub(crate) fn uuid(seed: u64, number: u64) -> Text<40> {
    let bits = Rng::new(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).bits();
    let (a, b, c) = (bits >> 32, (bits >> 16) & 0xffff, 0x4000 | bits & 0xfff);
    let groups = [(a, 8), (b, 4), (c, 4), (0x8000 | (bits >> 13) & 0x3fff, 4), (number & 0xffff_ffff_ffff, 12)];
    let (mut text, mut at) = ([b'-'; 36], 0);
    for (value, digits) in groups {
        for digit in 0..digits {
            text[at + digit] = b"0123456789abcdef"[(value >> (4 * (digits - 1 - digit)) & 15) as usize];
        }
        at += digits + 1;
    }
    Text::new(&text).unwrap_or(Text::EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn ids_are_uuid_shaped_unique_and_a_function_of_the_seed() {
        let (mut one, mut same, mut other) = (Identities::new(7), Identities::new(7), Identities::new(8));
        let mut seen = BTreeSet::new();
        for _ in 0..1000 {
            let (key, id) = one.next_order(Category::Linear);
            assert_eq!((key, id), same.next_order(Category::Linear));
            assert_ne!(id, other.next_order(Category::Linear).1);
            let parts: alloc::vec::Vec<usize> = id.as_str().split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12]);
            assert!(seen.insert(id) && seen.insert(one.next_execution(Category::Linear)));
        }
    }

    #[test]
    fn spot_ids_are_19_digits_and_rise() {
        let mut one = Identities::new(7);
        let mut last = 0;
        for _ in 0..1000 {
            let (_, id) = one.next_order(Category::Spot);
            let number: u64 = id.as_str().parse().unwrap();
            assert!(id.as_str().len() == 19 && number > last + 1);
            assert_eq!(filled_in(&id).unwrap().as_str(), format!("{}", number + 1));
            last = number;
            assert_eq!(one.next_execution(Category::Spot).as_str().len(), 19);
        }
    }
}
