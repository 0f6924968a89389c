//! Which executions have been booked: a fill applies once.

use alloc::collections::{BTreeSet, VecDeque};

use crate::ids::ExecId;

/// The execution ids already booked: a fill applies once. Remembers the `capacity` newest; an id older than that would be taken
/// for new, so the capacity must exceed what one recovery re-reads.
#[derive(Clone, Debug)]
pub struct ExecutionIds {
    capacity: usize,
    oldest_first: VecDeque<ExecId>,
    known: BTreeSet<ExecId>,
}

impl ExecutionIds {
    /// Remembers up to `capacity` (at least 1) ids.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), oldest_first: VecDeque::new(), known: BTreeSet::new() }
    }

    /// True if the id is new; it is then remembered.
    pub fn insert(&mut self, id: ExecId) -> bool {
        if !self.known.insert(id) {
            return false;
        }
        if self.oldest_first.len() == self.capacity
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.oldest_first.push_back(id);
        true
    }

    #[must_use]
    pub fn contains(&self, id: &ExecId) -> bool {
        self.known.contains(id)
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.oldest_first.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.oldest_first.is_empty()
    }
}
