//! The trading core: pure, deterministic, single writer.
//!
//! `no_std` on purpose: a clock, a socket, a file or a thread cannot be named here. Time, randomness and bytes enter as arguments.
//! Start reading at [`engine`], whose `step` names every input.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod account;
pub mod book;
pub mod calibration;
pub mod continuity;
mod distrust;
pub mod engine;
pub mod execution_ids;
pub mod fact;
pub mod guards;
pub mod ids;
pub mod input;
pub mod instrument;
pub mod ledger;
pub mod market;
pub mod mutants;
pub mod orders;
pub mod output;
pub mod quoting;
pub mod risk;
pub mod rng;
pub mod session;
pub mod signals;
pub mod targets;
pub mod units;
