//! The price-time book against a naive one: a list that is searched from end to end each time.

use mm_core::units::{Lots, Side, Ticks};
use mm_sim::api::OrderKey;
use mm_sim::matching::book::{Book, Fill, Owner};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Order {
    owner: Owner,
    side: Side,
    price: Ticks,
    qty: Lots,
}

/// In order of arrival.
#[derive(Clone, Default)]
struct Naive(Vec<Order>);

impl Naive {
    fn insert(&mut self, order: Order) {
        self.remove(order.owner);
        if order.qty > Lots::ZERO {
            self.0.push(order);
        }
    }

    fn remove(&mut self, owner: Owner) -> bool {
        let before = self.0.len();
        self.0.retain(|order| order.owner != owner);
        self.0.len() < before
    }

    fn shrink(&mut self, owner: Owner, qty: Lots) -> bool {
        let found = self.0.iter_mut().find(|order| order.owner == owner && qty > Lots::ZERO && qty <= order.qty);
        found.map(|order| order.qty = qty).is_some()
    }

    /// Index of the order a taker of `side` meets first.
    fn first(&self, side: Side, limit: Ticks) -> Option<usize> {
        let reach = |order: &Order| side.sign() * (limit - order.price).0 >= 0;
        let meets = self.0.iter().enumerate().filter(|(_, order)| order.side != side && reach(order));
        meets.min_by_key(|(at, order)| (side.sign() * order.price.0, *at)).map(|(at, _)| at)
    }

    fn execute(&mut self, side: Side, limit: Ticks, mut left: Lots) -> (Lots, Vec<Fill>) {
        let mut fills = Vec::new();
        while let Some(at) = self.first(side, limit).filter(|_| left > Lots::ZERO) {
            let order = &mut self.0[at];
            let qty = order.qty.min(left);
            (order.qty, left) = (order.qty - qty, left - qty);
            let done = order.qty == Lots::ZERO;
            fills.push(Fill { maker: order.owner, price: order.price, qty, done });
            if done {
                self.0.remove(at);
            }
        }
        (left, fills)
    }

    fn levels(&self, side: Side) -> Vec<(Ticks, Lots)> {
        let mut prices: Vec<Ticks> = self.0.iter().filter(|order| order.side == side).map(|order| order.price).collect();
        prices.sort_by_key(|price| -side.sign() * price.0);
        prices.dedup();
        let total = |price| self.0.iter().filter(|order| order.side == side && order.price == price).map(|order| order.qty.0).sum();
        prices.into_iter().map(|price| (price, Lots(total(price)))).collect()
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Insert(Order),
    Remove(Owner),
    Shrink(Owner, Lots),
    Execute(Side, Ticks, Lots),
}

fn op() -> impl Strategy<Value = Op> {
    let owner = || (0..12_u64, any::<bool>()).prop_map(|(n, own)| if own { Owner::Account(OrderKey(n)) } else { Owner::Background(n) });
    let side = || any::<bool>().prop_map(|buy| if buy { Side::Buy } else { Side::Sell });
    // Close together, on both sides of where a page of prices ends, and pages away.
    let price = || prop_oneof![4 => 90..110_i64, 2 => 122..134_i64, 1 => -2..2_i64, 1 => 5000..5002_i64].prop_map(Ticks);
    let qty = || (-1..30_i64).prop_map(Lots);
    prop_oneof![
        5 => (owner(), side(), price(), qty()).prop_map(|(owner, side, price, qty)| Op::Insert(Order { owner, side, price, qty })),
        1 => owner().prop_map(Op::Remove),
        2 => (owner(), qty()).prop_map(|(owner, qty)| Op::Shrink(owner, qty)),
        3 => (side(), price(), qty()).prop_map(|(side, price, qty)| Op::Execute(side, price, qty)),
    ]
}

/// The same step on both; a step that they answer differently fails.
fn both(op: Op, book: &mut Book, naive: &mut Naive) {
    match op {
        Op::Insert(order) => {
            book.insert(order.owner, order.side, order.price, order.qty);
            naive.insert(order);
        }
        Op::Remove(owner) => assert_eq!(book.remove(owner), naive.remove(owner)),
        Op::Shrink(owner, qty) => assert_eq!(book.shrink(owner, qty), naive.shrink(owner, qty)),
        Op::Execute(side, limit, qty) => {
            let mut fills = Vec::new();
            let left = book.execute(side, limit, qty, &mut fills);
            assert_eq!((left, fills), naive.execute(side, limit, qty));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_book_is_the_naive_book(ops in prop::collection::vec(op(), 1..150)) {
        let (mut book, mut naive) = (Book::default(), Naive::default());
        for op in ops {
            both(op, &mut book, &mut naive);
            for side in Side::BOTH {
                let mut levels = Vec::new();
                book.levels(side, usize::MAX, &mut levels);
                prop_assert_eq!(&levels, &naive.levels(side));
                prop_assert_eq!(book.best(side), levels.first().map(|level| level.0));
                let mut nearest = Vec::from([(Ticks(7), Lots(7))]);
                book.levels(side, 3, &mut nearest);
                prop_assert_eq!(&nearest[1..], &levels[..levels.len().min(3)]);
                let mut met = Vec::new();
                book.reachable(side, Ticks(125), &mut met);
                let (_, fills) = naive.clone().execute(side, Ticks(125), Lots(i64::MAX));
                prop_assert_eq!(met, fills.iter().map(|fill| (fill.maker, fill.qty)).collect::<Vec<_>>());
                let reachable = naive.first(side, Ticks(100)).is_some();
                prop_assert_eq!(book.crosses(side, Ticks(100)), reachable);
            }
            for order in &naive.0 {
                prop_assert_eq!(book.find(order.owner), Some((order.side, order.price, order.qty)));
            }
        }
    }
}
