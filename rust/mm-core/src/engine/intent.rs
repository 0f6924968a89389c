//! The last look at what leaves: every order must carry the intent of the decision that is being carried out. What nobody wanted is not
//! sent, and the bot stops: "orders leaving against intents entering" is the control whose lack cost Knight Capital its firm in 2012.

use super::{Engine, Sink};
use crate::fact::{Fact, FatalReason};
use crate::ids::{ClientId, MarketIx};
use crate::orders::Order;
use crate::output::{AmendOrder, NewOrder, OrderCommand, Output};
use crate::quoting::{Quote, Quotes};

impl Engine {
    /// Compares the order commands since `from` with what this decision desired.
    pub(super) fn check_intents(&mut self, market: MarketIx, desired: &Quotes, from: usize, sink: &mut Sink) {
        let orders = self.orders.of(market);
        let stray = sink.outputs.iter().enumerate().skip(from).find_map(|(index, output)| match output {
            Output::Order { command, .. } => Some((index, unintended(command.command(), market, desired.as_slice(), orders)?)),
            _ => None,
        });
        let Some((index, client_id)) = stray else { return };
        // What was decided after it rests on the same mistake.
        sink.outputs.truncate(index);
        sink.facts.push(Fact::Fatal(FatalReason::Unintended { market, client_id }));
        self.begin_stop(sink);
    }
}

/// The first order of a command that no quote stands behind. A cancel needs none.
fn unintended(command: &OrderCommand, market: MarketIx, desired: &[Quote], orders: &[Order]) -> Option<ClientId> {
    match command {
        OrderCommand::Place(rows) => {
            let wanted = |row: &NewOrder| {
                let same = |quote: &Quote| (quote.side, quote.price, quote.qty) == (row.side, row.price, row.qty);
                row.market == market && desired.iter().any(same)
            };
            rows.iter().find(|row| !wanted(row)).map(|row| row.client_id)
        }
        OrderCommand::Amend(rows) => {
            rows.iter().find(|row| row.market != market || !moves_to_a_quote(row, desired, orders)).map(|row| row.client_id)
        }
        OrderCommand::Cancel(_) => None,
    }
}

/// An amend keeps its price or takes its quote's, and leaves the quote's size to be filled.
fn moves_to_a_quote(row: &AmendOrder, desired: &[Quote], orders: &[Order]) -> bool {
    let Some(order) = orders.iter().find(|order| order.client_id == row.client_id) else { return false };
    let filled = order.qty - order.leaves();
    desired.iter().filter(|quote| quote.side == order.side && quote.level == order.level).any(|quote| {
        let priced = row.price.is_none_or(|price| price == quote.price);
        priced && row.qty.unwrap_or(order.qty) - filled == quote.qty
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::orders::client_id::RunId;
    use crate::orders::{OrderState, Orders};
    use crate::output::CancelOrder;
    use crate::units::{Lots, Side, Ticks};

    const M: MarketIx = MarketIx(0);

    fn bid() -> Quote {
        Quote { side: Side::Buy, level: 0, colour: 0, price: Ticks(100), qty: Lots(5), explanation: crate::quoting::Explanation::default() }
    }

    fn working(executed: i64) -> Order {
        let (seq, client_id) = Orders::new(RunId::new(b"t").unwrap(), 1).next_client_id(0);
        Order {
            seq,
            client_id,
            side: Side::Buy,
            level: 0,
            colour: 0,
            price: Ticks(98),
            qty: Lots(5),
            amending: None,
            executed: Lots(executed),
            venue_cum: Lots(executed),
            state: OrderState::Working,
            placed_ns: 0,
            priced_ns: 0,
            requested_ns: 0,
            cancel_wanted_ns: None,
            asked_ns: 0,
            updated_ms: 0,
        }
    }

    fn place(side: Side, price: i64, qty: i64, market: MarketIx) -> Option<ClientId> {
        let row = NewOrder { market, client_id: working(0).client_id, side, price: Ticks(price), qty: Lots(qty) };
        unintended(&OrderCommand::Place(Vec::from([row])), M, &[bid()], &[])
    }

    #[test]
    fn a_new_order_is_its_quote_or_is_not_sent() {
        assert_eq!(place(Side::Buy, 100, 5, M), None);
        for (side, price, qty, market) in
            [(Side::Sell, 100, 5, M), (Side::Buy, 101, 5, M), (Side::Buy, 100, 50, M), (Side::Buy, 100, 5, MarketIx(1))]
        {
            assert!(place(side, price, qty, market).is_some(), "{side:?} {qty} at {price} of {market:?}");
        }
    }

    #[test]
    fn an_amend_ends_at_its_quote_or_is_not_sent() {
        let amended = |price: Option<i64>, qty: Option<i64>, executed: i64| {
            let order = working(executed);
            let row = AmendOrder { market: M, client_id: order.client_id, price: price.map(Ticks), qty: qty.map(Lots) };
            unintended(&OrderCommand::Amend(Vec::from([row])), M, &[bid()], &[order]).is_some()
        };
        assert!(!amended(Some(100), None, 0));
        assert!(!amended(Some(100), Some(7), 2), "two are filled, five are left");
        assert!(amended(Some(101), None, 0) && amended(Some(100), Some(50), 0) && amended(Some(100), None, 2));
        let nobodys = AmendOrder { market: M, client_id: working(0).client_id, price: Some(Ticks(100)), qty: None };
        assert!(unintended(&OrderCommand::Amend(Vec::from([nobodys])), M, &[bid()], &[]).is_some());
    }

    #[test]
    fn a_cancel_needs_no_quote() {
        let row = CancelOrder { market: M, client_id: working(0).client_id };
        assert_eq!(unintended(&OrderCommand::Cancel(Vec::from([row])), M, &[], &[]), None);
    }
}
