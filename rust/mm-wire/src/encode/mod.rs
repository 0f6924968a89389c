//! Commands and queries to request bytes: no intermediate objects, decimal strings exact and trimmed.

mod http;
mod orders;
mod subscribe;
#[cfg(test)]
mod tests;
mod text;

pub use http::{HttpRequest, Method, http_request};
pub use orders::{Stamp, order_frame};
pub use subscribe::{PING, resync_frames, subscribe_frames, ws_path};
