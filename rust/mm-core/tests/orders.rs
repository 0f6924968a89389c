//! The life of an order: any order of arrival, with duplicates, ends in one state; terminal is final; risk is never under-counted.
#![allow(clippy::unwrap_used)]

use mm_core::execution_ids::ExecutionIds;
use mm_core::ids::{ClientId, ExecId, MarketIx, OrderId};
use mm_core::input::{OrderUpdate, VenueStatus};
use mm_core::orders::{Order, OrderEvent, OrderState, Orders, transition};
use mm_core::units::{Lots, Side, Ticks};
use proptest::prelude::*;

const PRICE: Ticks = Ticks(1000);
const MOVED: Ticks = Ticks(1001);

fn fresh(qty: i64) -> Order {
    let mut orders = Orders::new(mm_core::orders::client_id::RunId::new(b"t").unwrap(), 1);
    let (seq, client_id) = orders.next_client_id(0);
    Order {
        seq,
        client_id,
        side: Side::Buy,
        level: 0,
        colour: 0,
        price: PRICE,
        qty: Lots(qty),
        amending: None,
        executed: Lots::ZERO,
        venue_cum: Lots::ZERO,
        state: OrderState::PendingNew,
        placed_ns: 0,
        priced_ns: 0,
        requested_ns: 0,
        cancel_wanted_ns: None,
        asked_ns: 0,
        updated_ms: 0,
    }
}

fn row(status: VenueStatus, price: Ticks, qty: i64, cum: i64, updated_ms: i64) -> OrderUpdate {
    let ended = !matches!(status, VenueStatus::New | VenueStatus::PartiallyFilled);
    OrderUpdate {
        market: MarketIx(0),
        order_id: OrderId::EMPTY,
        client_id: ClientId::EMPTY,
        side: Side::Buy,
        price,
        qty: Lots(qty),
        cum_qty: Lots(cum),
        leaves_qty: Lots(if ended { 0 } else { qty - cum }),
        status,
        post_only_crossed: false,
        updated_ms,
    }
}

/// One thing that can reach us about an order.
#[derive(Clone, Debug)]
enum News {
    Event(OrderEvent),
    Row(OrderUpdate),
    Fill(u32, i64),
}

/// A life as a venue would tell it: create, maybe an amend, fills, then filled or cancelled.
#[derive(Clone, Debug)]
struct Life {
    qty: i64,
    amended: bool,
    news: Vec<News>,
    end: OrderState,
    filled: i64,
}

fn life() -> impl Strategy<Value = Life> {
    (1_i64..12, prop::collection::vec(1_i64..5, 0..6), any::<bool>(), any::<bool>()).prop_map(|(qty, sizes, amended, asked_to_cancel)| {
        let mut news = vec![News::Event(OrderEvent::CreateAcked), News::Row(row(VenueStatus::New, PRICE, qty, 0, 1))];
        let (mut cum, mut clock, price) = (0, 2, if amended { MOVED } else { PRICE });
        if amended {
            news.push(News::Event(OrderEvent::AmendAcked));
            news.push(News::Row(row(VenueStatus::New, MOVED, qty, 0, clock)));
        }
        for (id, size) in (0_u32..).zip(sizes) {
            let size = size.min(qty - cum);
            if size > 0 {
                cum += size;
                clock += 1;
                let status = if cum == qty { VenueStatus::Filled } else { VenueStatus::PartiallyFilled };
                news.push(News::Fill(id, size));
                news.push(News::Row(row(status, price, qty, cum, clock)));
            }
        }
        if cum < qty {
            if asked_to_cancel {
                news.push(News::Event(OrderEvent::CancelAcked));
            }
            news.push(News::Row(row(VenueStatus::Cancelled, price, qty, cum, clock + 1)));
        }
        let end = if cum == qty { OrderState::Filled } else { OrderState::Cancelled };
        Life { qty, amended, news, end, filled: cum }
    })
}

/// Every piece once in a drawn order, some twice, some doubts in between.
fn arrivals() -> impl Strategy<Value = (Life, Vec<News>)> {
    (life(), prop::collection::vec(any::<prop::sample::Index>(), 0..6), 0_usize..3).prop_flat_map(|(life, twice, doubts)| {
        let mut all = life.news.clone();
        all.extend(twice.iter().map(|at| at.get(&life.news).clone()));
        all.extend(std::iter::repeat_n(News::Event(OrderEvent::FateUnclear), doubts));
        (Just(life), Just(all).prop_shuffle())
    })
}

/// The order as it stands once create (and amend, or cancel) have left.
fn sent(life: &Life) -> Order {
    let mut order = fresh(life.qty);
    if life.amended {
        order.state = OrderState::PendingAmend;
        order.amending = Some((MOVED, order.qty));
    }
    if life.news.iter().any(|news| matches!(news, News::Event(OrderEvent::CancelAcked))) {
        order.state = OrderState::PendingCancel;
    }
    order
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_arrival_order_with_duplicates_ends_in_one_state((life, arrivals) in arrivals()) {
        let (mut order, mut ids, mut position) = (sent(&life), ExecutionIds::new(64), 0);
        let mut ended = None;
        for news in arrivals {
            match news {
                News::Event(event) => drop(order.apply(event).map_err(|error| TestCaseError::fail(format!("{error:?}")))?),
                News::Row(update) => drop(order.see(&update, 0).map_err(|error| TestCaseError::fail(format!("{error:?}")))?),
                News::Fill(id, qty) => {
                    if ids.insert(ExecId::new(format!("e{id}").as_bytes()).unwrap()) {
                        position += qty;
                        order.execute(Lots(qty)).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
                    }
                }
            }
            // What may still fill plus what has filled never falls below what the venue will end up having filled.
            prop_assert!(position + order.at_risk().0 >= life.filled, "risk under-counted: {order:?}");
            if let Some(end) = ended {
                prop_assert_eq!(order.state, end, "terminal is final");
            }
            if order.state.is_terminal() {
                ended = Some(order.state);
            }
        }
        prop_assert_eq!(order.state, life.end);
        prop_assert_eq!(position, life.filled);
        prop_assert!(order.is_settled(), "{:?}", order);
        prop_assert_eq!(order.at_risk(), Lots::ZERO);
        prop_assert_eq!(order.leaves(), Lots::ZERO);
    }
}

#[test]
fn terminal_states_have_no_way_out() {
    for state in OrderState::ALL.into_iter().filter(|state| state.is_terminal()) {
        for event in OrderEvent::ALL {
            assert!(transition(state, event).is_none_or(|next| next == state), "{state:?} {event:?}");
        }
    }
}

#[test]
fn an_unknown_order_is_resolved_only_by_the_venues_rows_or_its_lasting_silence() {
    let resolving = [
        OrderEvent::SeenOpen,
        OrderEvent::SeenAmended,
        OrderEvent::SeenFilled,
        OrderEvent::SeenCancelled,
        OrderEvent::SeenRejected,
        OrderEvent::CreateRefused,
        OrderEvent::NotFound,
    ];
    for event in OrderEvent::ALL {
        let moved = transition(OrderState::Unknown, event).is_some_and(|next| next != OrderState::Unknown);
        assert_eq!(moved, resolving.contains(&event), "{event:?}");
    }
}

#[test]
fn nothing_is_sent_for_an_order_that_has_a_request_in_flight_or_an_unclear_fate() {
    for state in OrderState::ALL.into_iter().filter(|state| *state != OrderState::Working) {
        assert_eq!(transition(state, OrderEvent::AmendSent), None, "{state:?}");
        let cancelled = (state == OrderState::PendingAmend).then_some(OrderState::PendingCancel);
        assert_eq!(transition(state, OrderEvent::CancelSent), cancelled, "{state:?}: only an amend is overtaken by a cancel");
    }
}

#[test]
fn two_different_ends_are_a_contradiction_that_changes_nothing() {
    let mut order = fresh(5);
    order.apply(OrderEvent::CreateAcked).unwrap();
    order.apply(OrderEvent::SeenCancelled).unwrap();
    let before = order.clone();
    assert!(order.apply(OrderEvent::SeenFilled).is_err());
    assert_eq!(order, before);
}

#[test]
fn a_fill_after_the_cancel_still_counts_until_it_is_booked() {
    let mut order = fresh(5);
    order.see(&row(VenueStatus::Cancelled, PRICE, 5, 3, 9), 0).unwrap();
    assert_eq!((order.at_risk(), order.is_settled()), (Lots(3), false));
    order.execute(Lots(3)).unwrap();
    assert_eq!((order.at_risk(), order.is_settled()), (Lots::ZERO, true));
}

#[test]
fn the_larger_size_of_an_amend_in_flight_is_at_risk() {
    let mut order = fresh(5);
    order.apply(OrderEvent::CreateAcked).unwrap();
    order.amending = Some((MOVED, Lots(8)));
    order.apply(OrderEvent::AmendSent).unwrap();
    assert_eq!(order.at_risk(), Lots(8));
    order.apply(OrderEvent::AmendRefused).unwrap();
    assert_eq!(order.at_risk(), Lots(5));
}

#[test]
fn a_cancel_that_is_refused_while_an_amend_is_under_way_leaves_the_amend_at_its_larger_size() {
    let mut order = fresh(5);
    order.apply(OrderEvent::CreateAcked).unwrap();
    order.amending = Some((MOVED, Lots(8)));
    for event in [OrderEvent::AmendSent, OrderEvent::CancelSent] {
        order.apply(event).unwrap();
    }
    assert_eq!((order.apply(OrderEvent::CancelRefused), order.at_risk()), (Ok(OrderState::PendingAmend), Lots(8)));
    order.see(&row(VenueStatus::New, MOVED, 8, 0, 7), 0).unwrap();
    assert_eq!((order.state, order.amending), (OrderState::Working, None));
}

/// Both refused, in whichever order the answers come: the order stands as it was, and may be pulled again at once.
#[test]
fn an_amend_and_the_cancel_that_overtook_it_may_both_be_refused() {
    for answers in [[OrderEvent::AmendRefused, OrderEvent::CancelRefused], [OrderEvent::CancelRefused, OrderEvent::AmendRefused]] {
        let mut order = fresh(5);
        order.apply(OrderEvent::CreateAcked).unwrap();
        order.amending = Some((MOVED, Lots(8)));
        for event in [OrderEvent::AmendSent, OrderEvent::CancelSent].into_iter().chain(answers) {
            order.apply(event).unwrap();
        }
        assert_eq!((order.state, order.at_risk(), order.amending), (OrderState::Working, Lots(5), None), "{answers:?}");
    }
}

#[test]
fn only_a_row_that_changes_price_or_size_starts_the_time_in_book_anew() {
    let mut order = fresh(5);
    let placed_ns = order.priced_ns;
    order.see(&row(VenueStatus::New, PRICE, 5, 0, 7), placed_ns + 9).unwrap();
    assert_eq!(order.priced_ns, placed_ns);
    order.see(&row(VenueStatus::New, MOVED, 5, 0, 8), placed_ns + 9).unwrap();
    assert_eq!(order.priced_ns, placed_ns + 9);
}

#[test]
fn an_older_open_row_does_not_undo_a_newer_one() {
    let mut order = fresh(5);
    order.see(&row(VenueStatus::New, MOVED, 5, 0, 7), 0).unwrap();
    order.see(&row(VenueStatus::New, PRICE, 5, 0, 6), 0).unwrap();
    assert_eq!(order.price, MOVED);
}

#[test]
fn a_refused_order_stays_refused_however_often_it_is_told() {
    for event in [OrderEvent::SeenRejected, OrderEvent::CreateRefused, OrderEvent::NotFound] {
        assert_eq!(transition(OrderState::Rejected, event), Some(OrderState::Rejected), "{event:?}");
    }
}

#[test]
fn no_id_is_given_twice() {
    let mut orders = Orders::new(mm_core::orders::client_id::RunId::new(b"t").unwrap(), 1);
    for expected in 1..=300 {
        let (seq, id) = orders.next_client_id(7);
        assert_eq!((seq, orders.read_id(&id)), (expected, Some((7, expected))));
    }
}

#[test]
fn an_ended_order_is_remembered_after_it_has_left_the_table() {
    let market = MarketIx(0);
    let mut orders = Orders::new(mm_core::orders::client_id::RunId::new(b"t").unwrap(), 1);
    for end in [OrderState::Filled, OrderState::Cancelled, OrderState::Rejected] {
        let (seq, client_id) = orders.next_client_id(0);
        orders.insert(market, Order { seq, client_id, state: end, ..fresh(5) });
        assert!(!orders.has_ended(&client_id), "it still stands in the table");
        orders.retire(market);
        assert_eq!(orders.of(market).len(), 0);
        assert_eq!(orders.has_ended(&client_id), end != OrderState::Rejected, "a refusal may rest on silence: {end:?}");
    }
}

#[test]
fn states_have_the_names_that_logs_show() {
    let names: Vec<&str> = OrderState::ALL.iter().map(|state| state.as_str()).collect();
    let expected = ["pending_new", "working", "pending_amend", "pending_cancel", "unknown", "filled", "cancelled", "rejected"];
    assert_eq!(names, expected);
}
