//! Lists of commands and ids that are taken up again instead of being allocated anew for each request.

use alloc::vec::Vec;

use super::release::BATCH;
use crate::ids::ClientId;
use crate::orders::Order;
use crate::output::{AmendOrder, CancelOrder, NewOrder, OrderCommand};

/// How many lists of a kind are kept: more than one step lets out.
const KEPT: usize = 16;

/// Empty lists of one kind.
#[derive(Debug)]
pub(super) struct Spare<T>(Vec<Vec<T>>);

impl<T> Default for Spare<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Spare<T> {
    /// An empty list with room for the largest request.
    pub(super) fn take(&mut self) -> Vec<T> {
        self.0.pop().unwrap_or_else(|| Vec::with_capacity(BATCH))
    }

    /// A list that nobody needs any more.
    pub(super) fn give(&mut self, mut list: Vec<T>) {
        if self.0.len() < KEPT {
            list.clear();
            self.0.push(list);
        }
    }
}

/// What requests are made of.
#[derive(Debug, Default)]
pub(super) struct Spares {
    pub(super) ids: Spare<ClientId>,
    pub(super) drafts: Spare<(Order, NewOrder)>,
    places: Spare<NewOrder>,
    amends: Spare<AmendOrder>,
    cancels: Spare<CancelOrder>,
}

impl Spares {
    pub(super) fn places(&mut self) -> Vec<NewOrder> {
        self.places.take()
    }

    pub(super) fn amends(&mut self) -> Vec<AmendOrder> {
        self.amends.take()
    }

    pub(super) fn cancels(&mut self) -> Vec<CancelOrder> {
        self.cancels.take()
    }

    pub(super) fn give(&mut self, command: OrderCommand) {
        match command {
            OrderCommand::Place(rows) => self.places.give(rows),
            OrderCommand::Amend(rows) => self.amends.give(rows),
            OrderCommand::Cancel(rows) => self.cancels.give(rows),
        }
    }
}
