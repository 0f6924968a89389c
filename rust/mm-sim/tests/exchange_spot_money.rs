//! Whatever is done to a contract and a spot market at once: every coin adds up to the last digit, and nothing is spent that was not there.
#![allow(clippy::unwrap_used)] // A test may panic.

mod exchange_fixture;

use std::collections::BTreeMap;

use exchange_fixture::spot::*;
use exchange_fixture::*;
use mm_core::ids::MarketIx;
use mm_core::units::{Amount, Lots, Side, Ticks};
use mm_sim::api::{AmendOrder, Event, ExecutionRow, OrderAck, OrderRef, OrderRow, OrderStatus, PlaceOrder, SelfMatch, TimeInForce, Uid};
use proptest::prelude::*;
use proptest::sample::select;

const TIMES_IN_FORCE: &[TimeInForce] =
    &[TimeInForce::Gtc, TimeInForce::PostOnly, TimeInForce::PostOnly, TimeInForce::Ioc, TimeInForce::Fok];
const SELF_MATCHES: &[SelfMatch] = &[SelfMatch::Allow, SelfMatch::CancelMaker, SelfMatch::CancelTaker, SelfMatch::CancelBoth];

/// One thing a client may do; numbers are small so that orders meet.
#[derive(Clone, Debug)]
enum Op {
    Place { uid: u32, spot: bool, buy: bool, price: i64, qty: i64, time_in_force: TimeInForce, self_match: SelfMatch },
    Market { uid: u32, spot: bool, buy: bool, qty: i64 },
    Spend { uid: u32, cents: i128 },
    Fund { rate: i128 },
    Amend { pick: usize, price: i64, qty: i64 },
    Cancel { pick: usize },
    Fees { maker: i128 },
    Pass { us: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    let place =
        (1..3_u32, prop::bool::weighted(0.8), any::<bool>(), -6..6_i64, 80..9_000_i64, select(TIMES_IN_FORCE), select(SELF_MATCHES));
    prop_oneof![
        8 => place.prop_map(|(uid, spot, buy, price, qty, time_in_force, self_match)| {
            Op::Place { uid, spot, buy, price, qty, time_in_force, self_match }
        }),
        2 => (1..3_u32, any::<bool>(), any::<bool>(), 80..9_000_i64).prop_map(|(uid, spot, buy, qty)| Op::Market { uid, spot, buy, qty }),
        2 => (1..3_u32, 400..90_000_i128).prop_map(|(uid, cents)| Op::Spend { uid, cents }),
        1 => (-9..9_i128).prop_map(|rate| Op::Fund { rate }),
        3 => (any::<usize>(), -6..6_i64, 80..9_000_i64).prop_map(|(pick, price, qty)| Op::Amend { pick, price, qty }),
        2 => any::<usize>().prop_map(|pick| Op::Cancel { pick }),
        1 => (-7..7_i128).prop_map(|maker| Op::Fees { maker }),
        4 => (0..5_000_i64).prop_map(|us| Op::Pass { us }),
    ]
}

struct Run {
    venue: Venue,
    acks: Vec<(Uid, MarketIx, OrderAck)>,
    executions: Vec<ExecutionRow>,
}

impl Run {
    fn apply(&mut self, op: &Op) {
        let (now_ns, exchange) = (self.venue.now_ns, &mut self.venue.exchange);
        match *op {
            Op::Place { uid, spot, buy, price, qty, time_in_force, self_match } => {
                let (market, side) = (if spot { SPOT } else { LINEAR }, if buy { Side::Buy } else { Side::Sell });
                let qty = Lots(if spot { qty } else { 1 + qty % 20 });
                let order = PlaceOrder { self_match, ..PlaceOrder::limit(market, side, Ticks(650_000 + price), qty, time_in_force) };
                self.acks.extend(exchange.place(now_ns, Uid(uid), order).map(|ack| (Uid(uid), market, ack)));
            }
            Op::Market { uid, spot, buy, qty } => {
                let (market, side) = (if spot { SPOT } else { LINEAR }, if buy { Side::Buy } else { Side::Sell });
                let order = PlaceOrder::market(market, side, Lots(if spot { qty } else { 1 + qty % 20 }));
                self.acks.extend(exchange.place(now_ns, Uid(uid), order).map(|ack| (Uid(uid), market, ack)));
            }
            Op::Spend { uid, cents } => {
                let budget = Amount(cents * 10_000_000_000_000_000);
                let order = PlaceOrder { quote_qty: Some(budget), ..PlaceOrder::market(SPOT, Side::Buy, Lots::ZERO) };
                self.acks.extend(exchange.place(now_ns, Uid(uid), order).map(|ack| (Uid(uid), SPOT, ack)));
            }
            Op::Fund { rate } => exchange.settle_funding(now_ns, LINEAR, Some(Amount(rate * 1_234_567_890_123))),
            Op::Amend { pick, price, qty } if !self.acks.is_empty() => {
                let (uid, market, ack) = self.acks[pick % self.acks.len()];
                let qty = if market == SPOT { qty } else { 1 + qty % 20 };
                let (price, qty) = (Some(Ticks(650_000 + price)), Some(Lots(qty)));
                let _ = exchange.amend(now_ns, uid, AmendOrder { market, order: OrderRef::Venue(ack.order_id), price, qty });
            }
            Op::Cancel { pick } if !self.acks.is_empty() => {
                let (uid, market, ack) = self.acks[pick % self.acks.len()];
                let _ = exchange.cancel(now_ns, uid, market, OrderRef::Venue(ack.order_id));
            }
            // Odd rates, so that fees have digits down to 1e-13 of a coin.
            Op::Fees { maker } => exchange.set_fee(SPOT, Amount(maker * 12_345_678_900_000), amount("0.00123457")),
            Op::Pass { us } => {
                let events = self.venue.pass(us * 1000);
                self.executions.extend(events.iter().filter_map(|event| match event {
                    Event::Execution(row) => Some(row.clone()),
                    _ => None,
                }));
            }
            Op::Amend { .. } | Op::Cancel { .. } => {}
        }
    }

    /// Every coin is its deposit and what the executions did to it; nothing is sold or spent that was not there.
    fn check_coins(&self) {
        let spec = &self.venue.exchange.instruments()[SPOT.index()];
        for uid in [MAKER, OTHER] {
            let mut coins: BTreeMap<&str, Amount> = DEPOSITS.iter().map(|(name, much)| (*name, amount(much))).collect();
            *coins.get_mut("USDT").unwrap() += self.venue.exchange.position(uid, LINEAR).realised;
            for row in self.executions.iter().filter(|row| row.uid == uid && row.market == SPOT) {
                let sign = i128::from(row.side.sign());
                *coins.get_mut("BTC").unwrap() += Amount(sign * spec.qty(row.qty).0);
                *coins.get_mut("USDT").unwrap() -= Amount(sign * row.value.0);
                *coins.get_mut(row.fee_coin.as_str()).unwrap() -= row.fee;
            }
            for row in self.venue.exchange.wallet(uid) {
                assert_eq!(row.wallet, coins[row.coin.as_str()], "{uid:?} {}", row.coin);
                assert!(row.coin.as_str() != "BTC" || row.wallet >= row.locked && row.locked >= Amount::ZERO, "{row:?}");
            }
            let book = record(&self.venue, uid);
            let quote = self.venue.exchange.position(uid, LINEAR).realised + book.cash - book.fees;
            assert_eq!(coins["BTC"], amount("0.02") + book.position);
            assert_eq!(coins["USDT"], amount("1000") + quote);
        }
    }

    fn check_fee_coins(&self) {
        for row in self.executions.iter().filter(|row| row.market == SPOT) {
            let flips = row.is_maker && row.fee_rate < Amount::ZERO;
            let expected = if (row.side == Side::Buy) == flips { "USDT" } else { "BTC" };
            assert_eq!(row.fee_coin.as_str(), expected, "{row:?}");
        }
    }

    /// What one account received the other paid, but for the fees.
    fn check_zero_sum(&self) {
        let books = [MAKER, OTHER].map(|uid| record(&self.venue, uid));
        assert_eq!(books[0].cash + books[1].cash, Amount::ZERO);
        let base_fees = books.iter().filter_map(|book| book.base_fees).fold(Amount::ZERO, |sum, fee| sum + fee);
        assert_eq!(books[0].position + books[1].position, -base_fees);
    }

    fn check_lives(&self) {
        let rows = |uid| self.venue.exchange.closed_orders(uid).cloned().collect::<Vec<OrderRow>>();
        for row in [MAKER, OTHER].into_iter().flat_map(rows) {
            assert!(row.quote_qty.is_none_or(|budget| row.cum_value <= budget), "{row:?}");
            assert!(row.market != LINEAR || (row.status != OrderStatus::Rejected && row.cum_base_fee == Amount::ZERO), "{row:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_requests_conserves_every_coin_exactly(ops in prop::collection::vec(op(), 1..120)) {
        let mut run = Run { venue: venue("-0.00001", "0.001"), acks: Vec::new(), executions: Vec::new() };
        ops.iter().for_each(|op| run.apply(op));
        run.apply(&Op::Pass { us: 5_000 });
        run.check_coins();
        run.check_fee_coins();
        run.check_zero_sum();
        run.check_lives();
    }
}
