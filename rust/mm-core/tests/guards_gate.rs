//! The guards' rules at the gate, each at its edge, and the gate as a whole under random markets.
#![allow(clippy::unwrap_used)]

mod support;

use mm_core::guards::collar::Collar;
use mm_core::guards::duplicate::{RecentSends, Shape};
use mm_core::guards::exposure::{MoneyLimits, worst};
use mm_core::ids::{ClientId, MarketIx};
use mm_core::instrument::Instrument;
use mm_core::output::NewOrder;
use mm_core::risk::{Gate, Guarded, Limits, Refusal};
use mm_core::rng::Rng;
use mm_core::units::{Amount, Lots, Side, Ticks};
use support::{amount, instrument};

/// Ticks of 0.1 and lots of 0.001: a mid of 10 000 ticks is 1000, so a lot is worth 1.
struct Case {
    instrument: Instrument,
    sent: RecentSends,
    position: i64,
    collar_bps: u32,
    mark: Option<Amount>,
    money: MoneyLimits,
    reduce_only: bool,
    now_ns: i64,
}

impl Default for Case {
    fn default() -> Self {
        let money = MoneyLimits { max_market: None, max_total: None, others: Some(Amount::ZERO) };
        Self {
            instrument: instrument(),
            sent: RecentSends::default(),
            position: 0,
            collar_bps: 100,
            mark: None,
            money,
            reduce_only: false,
            now_ns: 0,
        }
    }
}

impl Case {
    fn gate(&self) -> Gate<'_> {
        Gate {
            instrument: &self.instrument,
            limits: Limits { max_position: Lots(1_000), max_order_notional: amount("100000") },
            position: Lots(self.position),
            orders: &[],
            best_bid: Ticks(9_999),
            best_ask: Ticks(10_001),
            guarded: Guarded {
                collar: Collar { band_bps: self.collar_bps, mid_x2: 20_000, mark: self.mark },
                money: self.money,
                reduce_only: self.reduce_only,
                sent: &self.sent,
                duplicate_window_ns: 100,
                now_ns: self.now_ns,
            },
        }
    }

    fn place(&self, orders: &[(Side, i64, i64)]) -> Vec<Option<Refusal>> {
        let id = |index: usize| ClientId::new(format!("c{index}").as_bytes()).unwrap();
        let news = orders.iter().enumerate().map(|(index, &(side, price, qty))| NewOrder {
            market: MarketIx(0),
            client_id: id(index),
            side,
            price: Ticks(price),
            qty: Lots(qty),
        });
        let verdict = self.gate().place(news.collect());
        (0..orders.len()).map(|index| verdict.refused.iter().find(|row| row.0 == id(index)).map(|row| row.2)).collect()
    }

    fn one(&self, side: Side, price: i64, qty: i64) -> Option<Refusal> {
        self.place(&[(side, price, qty)])[0]
    }
}

#[test]
fn a_price_leaves_the_collar_one_tick_beyond_its_edge() {
    let case = Case::default();
    assert_eq!(case.one(Side::Buy, 9_900, 20), None);
    assert_eq!(case.one(Side::Buy, 9_899, 20), Some(Refusal::PriceCollar));
    assert_eq!(case.one(Side::Sell, 10_100, 20), None);
    assert_eq!(case.one(Side::Sell, 10_101, 20), Some(Refusal::PriceCollar));
}

#[test]
fn a_mark_price_far_from_the_book_lets_nothing_pass() {
    let marked = |mark: &str| Case { mark: Some(amount(mark)), ..Case::default() };
    assert_eq!(marked("1000").one(Side::Buy, 9_990, 20), None);
    assert_eq!(marked("10000").one(Side::Buy, 9_990, 20), Some(Refusal::PriceCollar), "a book that is ten times off");
    // 1 % of 1009.09 is 10.0909: 999 is 10.09 below.
    assert_eq!(marked("1009.09").one(Side::Buy, 9_990, 20), None);
    assert_eq!(marked("1009.10").one(Side::Buy, 9_990, 20), Some(Refusal::PriceCollar));
}

#[test]
fn worst_case_notional_is_bounded_for_the_market_and_for_all() {
    let money = |max_market: Option<&str>, max_total: Option<&str>, others: Option<&str>| MoneyLimits {
        max_market: max_market.map(amount),
        max_total: max_total.map(amount),
        others: others.map(amount),
    };
    let market = Case { position: 30, money: money(Some("50"), None, None), ..Case::default() };
    assert_eq!(market.one(Side::Buy, 9_990, 20), None, "30 held and 20 more are worth 50");
    assert_eq!(market.one(Side::Buy, 9_990, 21), Some(Refusal::MaxMarketNotional));
    assert_eq!(market.one(Side::Sell, 10_010, 60), None, "selling 60 is a step through zero to the same 30");
    assert_eq!(market.one(Side::Sell, 10_010, 81), Some(Refusal::MaxMarketNotional));
    let total = Case { position: 30, money: money(None, Some("90"), Some("40")), ..Case::default() };
    assert_eq!(total.one(Side::Buy, 9_990, 20), None);
    assert_eq!(total.one(Side::Buy, 9_990, 21), Some(Refusal::MaxTotalNotional));
    let unknown = Case { position: 30, money: money(None, Some("90"), None), ..Case::default() };
    assert_eq!(unknown.one(Side::Buy, 9_990, 6), Some(Refusal::MaxTotalNotional), "another market has no price");
    assert_eq!(unknown.one(Side::Sell, 10_010, 30), None, "what reduces passes");
}

#[test]
fn reduce_only_ends_at_zero() {
    let case = Case { position: 30, reduce_only: true, ..Case::default() };
    assert_eq!(case.one(Side::Sell, 10_010, 30), None);
    assert_eq!(case.one(Side::Sell, 10_010, 31), Some(Refusal::ReduceOnly));
    assert_eq!(case.one(Side::Buy, 9_990, 6), Some(Refusal::ReduceOnly));
    assert_eq!(case.place(&[(Side::Sell, 10_010, 20), (Side::Sell, 10_011, 20)]), [None, Some(Refusal::ReduceOnly)]);
}

#[test]
fn the_same_order_does_not_leave_twice_within_the_window_or_in_one_request() {
    let mut case = Case::default();
    case.sent.sent(Shape { side: Side::Buy, price: Ticks(9_990), qty: Lots(20) }, 1, 0);
    case.now_ns = 99;
    assert_eq!(case.one(Side::Buy, 9_990, 20), Some(Refusal::Duplicate));
    assert_eq!(case.one(Side::Buy, 9_989, 20), None);
    case.now_ns = 100;
    assert_eq!(case.one(Side::Buy, 9_990, 20), None);
    assert_eq!(case.place(&[(Side::Buy, 9_990, 20), (Side::Buy, 9_990, 20)]), [None, Some(Refusal::Duplicate)]);
}

#[test]
fn no_random_batch_passes_a_limit() {
    let mut rng = Rng::new(17);
    let pick = |rng: &mut Rng, low: i64, high: i64| low + i64::try_from(rng.below((high - low).unsigned_abs())).unwrap();
    let mut passed = 0;
    for _ in 0..20_000 {
        let limit = pick(&mut rng, 20, 900);
        let case = Case {
            position: pick(&mut rng, -500, 500),
            money: MoneyLimits { max_market: Some(amount(&limit.to_string())), max_total: None, others: None },
            reduce_only: rng.below(3) == 0,
            ..Case::default()
        };
        let orders: Vec<(Side, i64, i64)> = (0..6)
            .map(|_| (Side::BOTH[usize::try_from(rng.below(2)).unwrap()], pick(&mut rng, 9_700, 10_300), pick(&mut rng, -5, 300)))
            .collect();
        let mut at_risk = [Lots::ZERO; 2];
        for (order, verdict) in orders.iter().zip(case.place(&orders)) {
            if verdict.is_none() {
                at_risk[order.0.index()] += Lots(order.2);
                passed += 1;
                assert!((9_900..=10_100).contains(&order.1), "{order:?}");
            }
        }
        let reached = worst(Lots(case.position), at_risk);
        assert!(reached.0 <= limit.max(case.position.abs()), "{} with {at_risk:?} over {limit}", case.position);
        if case.reduce_only {
            assert!(reached <= Lots(case.position.abs()) && case.position + at_risk[0].0 <= case.position.max(0), "{at_risk:?}");
        }
    }
    assert!(passed > 5_000, "{passed}");
}
