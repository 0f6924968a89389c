//! Subscribe frames, the ping, and the socket paths.

use alloc::vec::Vec;

use mm_core::ids::{Category, MarketIx};
use mm_core::input::StreamRole;
use mm_core::instrument::Instruments;

use super::text::put_u64;

/// The heartbeat of every socket; the venue wants one each 20 s.
pub const PING: &[u8] = br#"{"op":"ping"}"#;

const PRIVATE: &[u8] = br#"{"op":"subscribe","args":["order","execution","position","wallet"]}"#;

/// The path of a socket below its host.
#[must_use]
pub const fn ws_path(role: StreamRole) -> &'static str {
    match role {
        StreamRole::Public(Category::Linear) => "/v5/public/linear",
        StreamRole::Public(Category::Spot) => "/v5/public/spot",
        StreamRole::Private => "/v5/private",
        StreamRole::Trade => "/v5/trade",
    }
}

/// The frames that subscribe a fresh connection to all that its role carries, in the order to send them.
///
/// Public: one frame per market (`orderbook.{depth}` for each of `depths`, `publicTrade`, `tickers`), so that a refused topic voids
/// only its own market; markets of another category or outside the table are left out. With at most 8 depths a frame stays within the
/// 10 arguments that spot allows. Private: one frame. Trade: none.
#[must_use]
pub fn subscribe_frames(role: StreamRole, instruments: &Instruments, markets: &[MarketIx], depths: &[u16]) -> Vec<Vec<u8>> {
    match role {
        StreamRole::Public(category) => {
            let ids = markets.iter().filter_map(|market| instruments.id(*market));
            ids.filter(|id| id.category == category).map(|id| public_frame(id.symbol.as_bytes(), depths)).collect()
        }
        StreamRole::Private => Vec::from([PRIVATE.to_vec()]),
        StreamRole::Trade => Vec::new(),
    }
}

/// Drops a market's book topic and takes it anew: the fresh subscription begins with a snapshot.
#[must_use]
pub fn resync_frames(symbol: &[u8], depth: u16) -> [Vec<u8>; 2] {
    [&b"unsubscribe"[..], &b"subscribe"[..]].map(|op| {
        let mut out = br#"{"op":""#.to_vec();
        out.extend_from_slice(op);
        out.extend_from_slice(br#"","args":["orderbook."#);
        put_u64(&mut out, u64::from(depth));
        put_topic_end(&mut out, symbol);
        out.pop();
        out.extend_from_slice(b"]}");
        out
    })
}

fn public_frame(symbol: &[u8], depths: &[u16]) -> Vec<u8> {
    let mut out = br#"{"op":"subscribe","args":["#.to_vec();
    for depth in depths {
        out.extend_from_slice(b"\"orderbook.");
        put_u64(&mut out, u64::from(*depth));
        put_topic_end(&mut out, symbol);
    }
    out.extend_from_slice(b"\"publicTrade");
    put_topic_end(&mut out, symbol);
    out.extend_from_slice(b"\"tickers");
    put_topic_end(&mut out, symbol);
    out.pop();
    out.extend_from_slice(b"]}");
    out
}

fn put_topic_end(out: &mut Vec<u8>, symbol: &[u8]) {
    out.push(b'.');
    out.extend_from_slice(symbol);
    out.extend_from_slice(b"\",");
}
