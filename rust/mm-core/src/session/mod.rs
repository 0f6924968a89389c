//! The venue session: sockets and their back-off, requests in flight, the request budget, the one recovery path.

pub mod backoff;
pub mod budget;
pub mod inflight;
pub mod recovery;
pub mod streams;
