//! The local exchange: accounts, orders, matching, a recorded tape, and the Bybit V5 door in front of them.
//!
//! Pure like the trading core (`no_std`): time and randomness are arguments, bytes go in and out through [`door`].
//! It shares units and identities with `mm-core`, never decoding, order or ledger code: a mistake there cannot hide here.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod api;
pub mod door;
pub mod exchange;
mod identity;
pub mod liquidity;
pub mod matching;
pub mod publisher;
pub mod takers;
pub mod tape;
pub mod world;
