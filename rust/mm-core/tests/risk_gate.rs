//! Every rule of the gate at its edge: the last order that may leave and the first that may not.
#![allow(clippy::unwrap_used)]

use mm_core::guards::collar::Collar;
use mm_core::guards::duplicate::RecentSends;
use mm_core::guards::exposure::MoneyLimits;
use mm_core::ids::{Category, ClientId, InstrumentId, MarketIx, Text};
use mm_core::instrument::Instrument;
use mm_core::orders::client_id::RunId;
use mm_core::orders::{Order, OrderState, Orders};
use mm_core::output::{AmendOrder, NewOrder, OrderCommand};
use mm_core::risk::{Gate, Guarded, Limits, Refusal};
use mm_core::units::{Amount, Lots, Side, Ticks};

fn instrument() -> Instrument {
    let amount = |text: &str| Amount::parse(text.as_bytes()).unwrap();
    let (tick_size, qty_step) = (amount("0.5"), amount("0.1"));
    Instrument {
        id: InstrumentId { category: Category::Linear, symbol: Text::new(b"ABCUSDT").unwrap() },
        base: Text::new(b"ABC").unwrap(),
        quote: Text::new(b"USDT").unwrap(),
        settle: Text::new(b"USDT").unwrap(),
        tick_size,
        qty_step,
        min_qty: Lots(2),
        max_qty: Lots(1000),
        min_notional: amount("5"),
        min_price: Ticks(10),
        max_price: Ticks(20_000),
        tick_lot: Instrument::cash_per_tick_lot(tick_size, qty_step).unwrap(),
    }
}

/// An own order that stands at this price and size.
fn standing(side: Side, price: i64, qty: i64) -> Order {
    let mut orders = Orders::new(RunId::new(b"r").unwrap(), 1);
    let (seq, client_id) = orders.next_client_id(0);
    Order {
        seq,
        client_id,
        side,
        level: 0,
        colour: 0,
        price: Ticks(price),
        qty: Lots(qty),
        amending: None,
        executed: Lots::ZERO,
        venue_cum: Lots::ZERO,
        state: OrderState::Working,
        placed_ns: 0,
        priced_ns: 0,
        requested_ns: 0,
        cancel_wanted_ns: None,
        asked_ns: 0,
        updated_ms: 0,
    }
}

/// Guards that hold nothing back; theirs are the cases of `guards_gate`.
fn unguarded(sent: &RecentSends) -> Guarded<'_> {
    let money = MoneyLimits { max_market: None, max_total: None, others: None };
    let collar = Collar { band_bps: u32::MAX, mid_x2: 2, mark: None };
    Guarded { collar, money, reduce_only: false, sent, duplicate_window_ns: 0, now_ns: 0 }
}

struct Case {
    position: i64,
    orders: Vec<Order>,
    limits: Limits,
    best: (i64, i64),
}

impl Default for Case {
    fn default() -> Self {
        let limits = Limits { max_position: Lots(100), max_order_notional: Amount::parse(b"50000").unwrap() };
        Self { position: 0, orders: Vec::new(), limits, best: (999, 1001) }
    }
}

impl Case {
    fn place(&self, orders: &[(Side, i64, i64)]) -> Vec<Option<Refusal>> {
        let (instrument, sent) = (instrument(), RecentSends::default());
        let gate = Gate {
            instrument: &instrument,
            limits: self.limits,
            position: Lots(self.position),
            orders: &self.orders,
            best_bid: Ticks(self.best.0),
            best_ask: Ticks(self.best.1),
            guarded: unguarded(&sent),
        };
        let id = |index: usize| ClientId::new(format!("c{index}").as_bytes()).unwrap();
        let news = orders.iter().enumerate().map(|(index, &(side, price, qty))| NewOrder {
            market: MarketIx(0),
            client_id: id(index),
            side,
            price: Ticks(price),
            qty: Lots(qty),
        });
        let verdict = gate.place(news.collect());
        let sent: Vec<ClientId> = match verdict.approved.as_ref().map(mm_core::risk::Approved::command) {
            Some(OrderCommand::Place(rows)) => rows.iter().map(|row| row.client_id).collect(),
            Some(other) => panic!("{other:?} is no order to place"),
            None => Vec::new(),
        };
        let refused = |index: usize| verdict.refused.iter().find(|(other, ..)| *other == id(index)).map(|row| row.2);
        let passed: Vec<ClientId> = (0..orders.len()).filter(|index| refused(*index).is_none()).map(id).collect();
        assert_eq!(sent, passed, "what is not refused leaves, and nothing else");
        (0..orders.len()).map(refused).collect()
    }

    fn one(&self, side: Side, price: i64, qty: i64) -> Option<Refusal> {
        self.place(&[(side, price, qty)])[0]
    }
}

#[test]
fn sizes_within_the_instruments_limits_pass() {
    let case = Case { limits: Limits { max_position: Lots(10_000), ..Case::default().limits }, best: (50, 52), ..Case::default() };
    let sizes = [
        (-5, Some(Refusal::Size)),
        (0, Some(Refusal::Size)),
        (1, Some(Refusal::Size)),
        (2, None),
        (1000, None),
        (1001, Some(Refusal::Size)),
    ];
    for (qty, expected) in sizes {
        assert_eq!(case.one(Side::Buy, 50, qty), expected, "size {qty}");
    }
}

#[test]
fn prices_within_the_instruments_limits_pass() {
    let prices = [(-1, Some(Refusal::Price)), (0, Some(Refusal::Price)), (9, Some(Refusal::Price)), (10, None), (999, None)];
    for (price, expected) in prices {
        assert_eq!(Case::default().one(Side::Buy, price, 20), expected, "price {price}");
    }
    let high = Case { best: (19_998, 19_999), ..Case::default() };
    assert_eq!(high.one(Side::Sell, 20_000, 5), None);
    assert_eq!(high.one(Side::Sell, 20_001, 5), Some(Refusal::Price));
}

#[test]
fn the_venues_least_value_and_our_own_largest_bound_an_orders_notional() {
    // 100 ticks are 50, one lot is 0.1: a lot is worth 5.
    let case = Case { best: (50, 200), ..Case::default() };
    assert_eq!(case.one(Side::Buy, 49, 2), Some(Refusal::MinNotional), "worth 4.9");
    assert_eq!(case.one(Side::Buy, 50, 2), None, "worth 5");
    let limits = Limits { max_order_notional: Amount::parse(b"50").unwrap(), ..case.limits };
    let case = Case { limits, ..case };
    assert_eq!(case.one(Side::Buy, 100, 10), None, "worth 50");
    assert_eq!(case.one(Side::Buy, 100, 11), Some(Refusal::MaxOrderNotional), "worth 55");
}

#[test]
fn position_open_orders_and_the_batch_itself_count_together() {
    assert_eq!(Case::default().one(Side::Buy, 999, 100), None);
    assert_eq!(Case::default().one(Side::Buy, 999, 101), Some(Refusal::MaxPosition));
    let long = Case { position: 40, ..Case::default() };
    assert_eq!(long.one(Side::Buy, 999, 60), None);
    assert_eq!(long.one(Side::Buy, 999, 61), Some(Refusal::MaxPosition));
    assert_eq!(long.one(Side::Sell, 1001, 140), None, "what reduces may reach the other limit");
    assert_eq!(long.one(Side::Sell, 1001, 141), Some(Refusal::MaxPosition));
    let quoting = Case { position: 40, orders: vec![standing(Side::Buy, 990, 30)], ..Case::default() };
    assert_eq!(quoting.one(Side::Buy, 999, 30), None);
    assert_eq!(quoting.one(Side::Buy, 999, 31), Some(Refusal::MaxPosition));
    let batch = Case::default().place(&[(Side::Buy, 999, 60), (Side::Buy, 998, 60), (Side::Buy, 997, 40)]);
    assert_eq!(batch, [None, Some(Refusal::MaxPosition), None]);
}

#[test]
fn post_only_stays_off_the_other_side_and_off_our_own() {
    assert_eq!(Case::default().one(Side::Buy, 1000, 20), None);
    assert_eq!(Case::default().one(Side::Buy, 1001, 20), Some(Refusal::WouldTake));
    assert_eq!(Case::default().one(Side::Sell, 1000, 20), None);
    assert_eq!(Case::default().one(Side::Sell, 999, 20), Some(Refusal::WouldTake));
    // Our own ask may stand inside what others show.
    let own = Case { orders: vec![standing(Side::Sell, 1000, 20)], ..Case::default() };
    assert_eq!(own.one(Side::Buy, 999, 20), None);
    assert_eq!(own.one(Side::Buy, 1000, 20), Some(Refusal::SelfCross));
    let mut moving = standing(Side::Sell, 1005, 20);
    moving.amending = Some((Ticks(1000), Lots(20)));
    let case = Case { orders: vec![moving], ..Case::default() };
    assert_eq!(case.one(Side::Buy, 1000, 20), Some(Refusal::SelfCross), "where it may already stand");
    assert_eq!(Case::default().place(&[(Side::Sell, 1000, 20), (Side::Buy, 1000, 20)]), [None, Some(Refusal::SelfCross)]);
}

#[test]
fn a_larger_size_is_judged_and_a_smaller_one_never_refused_for_it() {
    let (instrument, sent) = (instrument(), RecentSends::default());
    let order = standing(Side::Buy, 990, 60);
    let gate = Gate {
        instrument: &instrument,
        limits: Case::default().limits,
        position: Lots(40),
        orders: core::slice::from_ref(&order),
        best_bid: Ticks(999),
        best_ask: Ticks(1001),
        guarded: unguarded(&sent),
    };
    let resize = |qty: i64| {
        let amend = AmendOrder { market: MarketIx(0), client_id: order.client_id, price: None, qty: Some(Lots(qty)) };
        gate.amend(vec![amend])
    };
    assert!(
        matches!(resize(60).approved.as_ref().map(mm_core::risk::Approved::command), Some(OrderCommand::Amend(rows)) if rows.len() == 1)
    );
    assert_eq!(resize(61).refused[0].2, Refusal::MaxPosition);
    assert_eq!(resize(61).approved, None, "an empty command is none");
    assert!(resize(50).approved.is_some());
}

#[test]
fn only_the_moves_that_pass_are_sent() {
    let (instrument, sent) = (instrument(), RecentSends::default());
    let id = |index: usize| ClientId::new(format!("c{index}").as_bytes()).unwrap();
    let mut orders = vec![standing(Side::Buy, 990, 60), standing(Side::Sell, 1010, 20), standing(Side::Sell, 1020, 20)];
    orders.iter_mut().enumerate().for_each(|(index, order)| order.client_id = id(index));
    let gate = Gate {
        instrument: &instrument,
        limits: Case::default().limits,
        position: Lots(40),
        orders: &orders,
        best_bid: Ticks(999),
        best_ask: Ticks(1001),
        guarded: unguarded(&sent),
    };
    let amend = |index: usize, price: i64, qty: i64| AmendOrder {
        market: MarketIx(0),
        client_id: id(index),
        price: Some(Ticks(price)),
        qty: Some(Lots(qty)),
    };
    let (refused, moves) = (amend(0, 990, 61), [amend(1, 1011, 20), amend(2, 1021, 20)]);
    for wanted in [[refused, moves[0], moves[1]], [moves[0], refused, moves[1]], [moves[0], moves[1], refused]] {
        let verdict = gate.amend(wanted.to_vec());
        assert_eq!(verdict.refused, [(id(0), Side::Buy, Refusal::MaxPosition)]);
        let sent = verdict.approved.as_ref().map(mm_core::risk::Approved::command);
        assert_eq!(sent, Some(&OrderCommand::Amend(moves.to_vec())), "of {wanted:?}");
    }
}

#[test]
fn every_refusal_has_a_name_of_its_own() {
    use Refusal as R;
    let before = [R::Size, R::Price, R::MinNotional, R::MaxOrderNotional, R::MaxPosition, R::WouldTake, R::SelfCross];
    let guards = [R::PriceCollar, R::MaxMarketNotional, R::MaxTotalNotional, R::ReduceOnly, R::Duplicate];
    let names: Vec<&str> = before.iter().chain(&guards).map(|refusal| refusal.as_str()).collect();
    assert_eq!(names[..7], ["size", "price", "min_notional", "max_order_notional", "max_position", "would_take", "self_cross"]);
    assert_eq!(names[7..], ["price_collar", "max_market_notional", "max_total_notional", "reduce_only", "duplicate"]);
}
