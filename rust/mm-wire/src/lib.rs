//! The client half of the Bybit V5 codec: bytes become typed inputs, commands become request bytes.
//!
//! Start reading at [`decode::Decoder::frame`] and [`encode::order_frame`]. Facts about the protocol are quoted where they are used.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod answer;
pub mod bot;
pub mod decode;
mod digits;
pub mod encode;
pub mod errors;
pub mod grid;
pub mod json;
mod refusal;
pub mod scope;

pub use decode::{Decoder, HttpAnswer, NO_REQUEST, rate_headers};
pub use encode::{HttpRequest, Method, Stamp, http_request, order_frame, subscribe_frames, ws_path};
pub use refusal::{DecodeError, EncodeError, Why};
