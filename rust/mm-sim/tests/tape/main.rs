//! The tape, its loader, the publisher and the takers, against made-up recordings and the shared ones.

// Helpers outside `#[test]` functions are tests all the same: a failed unwrap is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod load;
mod overlay;
mod publisher;
mod queue;
mod recordings;
mod support;
mod takers;
