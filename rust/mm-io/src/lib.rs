//! Capture files: every input of the core, in order, on disk, so that a run can be stepped again bit by bit. What a record means is
//! the codec's business (`mm-wire`, `bot::record`): inputs, and the outputs they led to.
//!
//! # File format, version 1
//!
//! ```text
//! file   = preamble block*
//! preamble = skippable frame { "MMCAPTUR", version u16 }
//! block  = skippable frame { compressed_len u32, raw_len u32, crc32 of those 8 bytes } zstd frame(raw)
//! raw    = record*
//! record = body_len u32, crc32 of body, body
//! body   = tag 0 (header)  header JSON                                  — exactly one, first
//!        | tag 1 (record)  seq u64, ts_ns i64, kind u8, key u64, payload
//!        | tag 2 (footer)  count of records u64                         — last, only after a clean close
//!        | tag 3 (part)    number u32, from 2                           — second, in every part of a run but the first
//!        | tag 4 (continued) count of records u64                       — last, in every part of a run but the last
//! ```
//!
//! A run may be written in parts: `NAME.mmcap`, `NAME.0002.mmcap`, … [`RunReader`] reads them as one.
//!
//! Integers are little-endian. A skippable frame is zstd's own (magic `0x184D2A50`, length u32), so `zstd -d` opens a capture too.
//! A block never holds half a record and is written at least every half second, so a process that dies loses at most its
//! last half second; a file without a footer is read as [`ReadError::Truncated`], never as complete.
#![forbid(unsafe_code)]

mod blocks;
mod format;
mod parts;
mod reader;
mod writer;

pub use format::{MAX_PAYLOAD_BYTES, Record};
pub use parts::{PartRule, RunReader, part_path};
pub use reader::{CaptureReader, ReadError};
pub use writer::{CaptureError, CaptureWriter, DEFAULT_BUDGET_BYTES, Sink, Summary};
