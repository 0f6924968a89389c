//! Inputs and outputs as capture records `(kind, key, payload)`, and the digest of outputs.
//!
//! | kind | key | payload |
//! |---|---|---|
//! | 1 frame | conn | the frame |
//! | 2 http reply | req_id | status u16, has_rate u8, limit u32, remaining u32, reset_ms i64, body (little endian) |
//! | 3 send failed | req_id | definite u8 |
//! | 4 stream up, 5 stream down | conn | – |
//! | 6 timer | 0 | – |
//! | 7 clock offset | 0 | i64 |
//! | 8 operator | 1 = stop, 2 = pause, 3 = resume, 4 = propose rearm, 5 = confirm rearm | market u16, minutes u16, number u32 (little endian) |
//! | 9 strategy answer | decision_seq | see [`super::answer`] |
//! | 10 params | 0 | the change as JSON |
//! | 11 stream refused | conn | HTTP status u16 |
//! | 101 connect | conn | auth u8, path |
//! | 102 close | conn | – |
//! | 103 send | conn | the frame |
//! | 104 http | req_id | `METHOD path?query ts_ms`, newline, body |
//! | 105 decision due | decision_seq | market u16 |

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::engine::Operator;
use mm_core::ids::{ConnId, MarketIx, ReqId};
use mm_core::input::RateHeaders;
use sha2::{Digest, Sha256};

use super::{BotInput, BotOutput, answer};

/// Kinds from here on are outputs.
pub const FIRST_OUTPUT: u8 = 101;
const RATE_BYTES: usize = 19;

/// Writes an input's payload and returns `(kind, key)`.
pub fn input(input: &BotInput<'_>, payload: &mut Vec<u8>) -> (u8, u64) {
    payload.clear();
    match input {
        BotInput::Frame { conn, bytes } => {
            payload.extend_from_slice(bytes);
            (1, conn.0.into())
        }
        BotInput::HttpReply { req_id, status, rate, bytes } => {
            let told = rate.unwrap_or(RateHeaders { limit: 0, remaining: 0, reset_ms: 0 });
            payload.extend_from_slice(&status.to_le_bytes());
            payload.push(u8::from(rate.is_some()));
            payload.extend_from_slice(&told.limit.to_le_bytes());
            payload.extend_from_slice(&told.remaining.to_le_bytes());
            payload.extend_from_slice(&told.reset_ms.to_le_bytes());
            payload.extend_from_slice(bytes);
            (2, req_id.0)
        }
        BotInput::SendFailed { req_id, definite } => {
            payload.push(u8::from(*definite));
            (3, req_id.0)
        }
        BotInput::StreamUp { conn } => (4, conn.0.into()),
        BotInput::StreamDown { conn } => (5, conn.0.into()),
        BotInput::StreamRefused { conn, status } => {
            payload.extend_from_slice(&status.to_le_bytes());
            (11, conn.0.into())
        }
        BotInput::Timer => (6, 0),
        BotInput::ClockOffset { offset_ns } => {
            payload.extend_from_slice(&offset_ns.to_le_bytes());
            (7, 0)
        }
        BotInput::Operator(order) => (8, operator(*order, payload)),
        BotInput::StrategyAnswer { decision_seq, bytes } => {
            payload.extend_from_slice(bytes);
            (9, *decision_seq)
        }
        BotInput::Params { json } => {
            payload.extend_from_slice(json);
            (10, 0)
        }
    }
}

/// Reads an input back; `None` if the record is none that this build writes.
#[must_use]
pub fn read_input(kind: u8, key: u64, payload: &[u8]) -> Option<BotInput<'_>> {
    let conn = || u32::try_from(key).ok().map(ConnId);
    Some(match kind {
        1 => BotInput::Frame { conn: conn()?, bytes: payload },
        2 => {
            let (head, bytes) = payload.split_at_checked(RATE_BYTES)?;
            let told = RateHeaders {
                limit: u32::from_le_bytes(head[3..7].try_into().ok()?),
                remaining: u32::from_le_bytes(head[7..11].try_into().ok()?),
                reset_ms: i64::from_le_bytes(head[11..19].try_into().ok()?),
            };
            let status = u16::from_le_bytes(head[0..2].try_into().ok()?);
            BotInput::HttpReply { req_id: ReqId(key), status, rate: (head[2] == 1).then_some(told), bytes }
        }
        3 => BotInput::SendFailed { req_id: ReqId(key), definite: payload.first() == Some(&1) },
        4 => BotInput::StreamUp { conn: conn()? },
        5 => BotInput::StreamDown { conn: conn()? },
        6 => BotInput::Timer,
        7 => BotInput::ClockOffset { offset_ns: i64::from_le_bytes(payload.try_into().ok()?) },
        8 => BotInput::Operator(read_operator(key, payload)?),
        9 => BotInput::StrategyAnswer { decision_seq: key, bytes: answer::decode(payload).map(|_| payload)? },
        10 => BotInput::Params { json: payload },
        11 => BotInput::StreamRefused { conn: conn()?, status: u16::from_le_bytes(payload.try_into().ok()?) },
        _ => return None,
    })
}

fn operator(order: Operator, payload: &mut Vec<u8>) -> u64 {
    let (key, market) = match order {
        Operator::Stop => return 1,
        Operator::Pause(market) => (2, market),
        Operator::Resume(market) => (3, market),
        Operator::ProposeRearm(minutes) => {
            payload.extend_from_slice(&minutes.to_le_bytes());
            return 4;
        }
        Operator::ConfirmRearm(number) => {
            payload.extend_from_slice(&number.to_le_bytes());
            return 5;
        }
    };
    payload.extend_from_slice(&market.0.to_le_bytes());
    key
}

fn read_operator(key: u64, payload: &[u8]) -> Option<Operator> {
    let market = || payload.try_into().ok().map(|bytes| MarketIx(u16::from_le_bytes(bytes)));
    match key {
        1 => Some(Operator::Stop),
        2 => market().map(Operator::Pause),
        3 => market().map(Operator::Resume),
        4 => payload.try_into().ok().map(|bytes| Operator::ProposeRearm(u16::from_le_bytes(bytes))),
        5 => payload.try_into().ok().map(|bytes| Operator::ConfirmRearm(u32::from_le_bytes(bytes))),
        _ => None,
    }
}

/// Writes an output's payload and returns `(kind, key)`.
pub fn output(output: &BotOutput, payload: &mut Vec<u8>) -> (u8, u64) {
    payload.clear();
    append(output, payload)
}

fn append(output: &BotOutput, payload: &mut Vec<u8>) -> (u8, u64) {
    match output {
        BotOutput::Connect { conn, path, auth } => {
            payload.push(u8::from(*auth));
            payload.extend_from_slice(path.as_bytes());
            (101, conn.0.into())
        }
        BotOutput::Close { conn } => (102, conn.0.into()),
        BotOutput::Send { conn, bytes } => {
            payload.extend_from_slice(bytes);
            (103, conn.0.into())
        }
        BotOutput::Http { req_id, method, path, raw_query, body, ts_ms, .. } => {
            payload.extend_from_slice(format!("{method} {path}?{raw_query} {ts_ms}\n").as_bytes());
            payload.extend_from_slice(body);
            (104, req_id.0)
        }
        BotOutput::DecisionDue { decision_seq, market } => {
            payload.extend_from_slice(&market.0.to_le_bytes());
            (105, *decision_seq)
        }
    }
}

/// Adds an output to a running hash: kind, key (u64 little endian), payload length (u64 little endian), payload.
pub fn digest(kind: u8, key: u64, payload: &[u8], hash: &mut Sha256) {
    hash.update([kind]);
    hash.update(key.to_le_bytes());
    hash.update((payload.len() as u64).to_le_bytes());
    hash.update(payload);
}

/// Appends what [`digest`] takes in of an output.
pub(super) fn append_digest(output: &BotOutput, out: &mut Vec<u8>) {
    const HEAD: usize = 17;
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    let (kind, key) = append(output, out);
    let length = (out.len() - start - HEAD) as u64;
    let head = &mut out[start..start + HEAD];
    head[0] = kind;
    head[1..9].copy_from_slice(&key.to_le_bytes());
    head[9..].copy_from_slice(&length.to_le_bytes());
}

/// A finished hash as lower-case hex.
#[must_use]
pub fn hex(hash: Sha256) -> String {
    let nibbles = hash.finalize();
    let digits = nibbles.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|nibble| char::from_digit(u32::from(nibble), 16).unwrap_or('?')).collect()
}

#[cfg(test)]
mod tests {
    use mm_core::quoting::declared::Fault;

    use super::*;

    #[test]
    fn every_input_reads_back() {
        let rate = Some(RateHeaders { limit: 10, remaining: 9, reset_ms: 1_700_000_000_000 });
        let answer = answer::encode(MarketIx(2), Err(Fault::Qty));
        let inputs = [
            BotInput::Frame { conn: ConnId(7), bytes: b"{}" },
            BotInput::HttpReply { req_id: ReqId(3), status: 200, rate, bytes: b"body" },
            BotInput::HttpReply { req_id: ReqId(3), status: 403, rate: None, bytes: b"" },
            BotInput::SendFailed { req_id: ReqId(9), definite: true },
            BotInput::StreamUp { conn: ConnId(1) },
            BotInput::StreamDown { conn: ConnId(1) },
            BotInput::StreamRefused { conn: ConnId(4), status: 403 },
            BotInput::Timer,
            BotInput::ClockOffset { offset_ns: -5 },
            BotInput::Operator(Operator::Stop),
            BotInput::Operator(Operator::Pause(MarketIx(1))),
            BotInput::Operator(Operator::Resume(MarketIx(300))),
            BotInput::Operator(Operator::ProposeRearm(240)),
            BotInput::Operator(Operator::ConfirmRearm(70_000)),
            BotInput::StrategyAnswer { decision_seq: 4, bytes: &answer },
            BotInput::Params { json: b"{}" },
        ];
        let mut payload = Vec::new();
        for written in inputs {
            let (kind, key) = input(&written, &mut payload);
            assert!(kind < FIRST_OUTPUT);
            assert_eq!(read_input(kind, key, &payload), Some(written));
        }
        assert_eq!(read_input(2, 1, b"short"), None);
        assert_eq!(read_input(9, 1, b"abcd"), None);
        assert_eq!(read_input(99, 1, b""), None);
        assert_eq!(read_input(8, 2, b"1"), None);
        assert_eq!(read_input(11, 2, b"1"), None);
    }
}
