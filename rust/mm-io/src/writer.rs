//! Writing a capture without ever making the caller wait.
//!
//! `push` only counts bytes and hands the record to a thread of its own. The budget bounds what may be in flight: if the disk
//! cannot keep up, or refuses, the capture is *failed* for good, every later `push` says so, and the caller halts.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;
#[expect(clippy::disallowed_types, reason = "the writer's own thread paces its flushes; no time reaches the core from here")]
use std::time::Instant;

use crate::format::{self, INPUT_OVERHEAD_BYTES, MAX_PAYLOAD_BYTES, Record};

/// Bytes that may wait for the disk before the capture fails.
pub const DEFAULT_BUDGET_BYTES: usize = 64 << 20;

const FLUSH_INTERVAL: Duration = Duration::from_millis(500);
const BLOCK_BYTES: usize = 256 << 10;
const COMPRESSION_LEVEL: i32 = 3;

/// Where a capture goes: a file, or a test's stand-in for one.
pub trait Sink: Write + Send + 'static {
    /// Makes everything written so far survive a power cut.
    ///
    /// # Errors
    /// Whatever the medium reports.
    fn sync(&mut self) -> io::Result<()>;
}

impl Sink for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

/// Why a capture is no longer complete. The first cause stays: every later call returns it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureError {
    /// More than `budget_bytes` were waiting for the disk.
    Overflow {
        /// The budget that was exceeded.
        budget_bytes: usize,
    },
    /// One payload exceeded [`MAX_PAYLOAD_BYTES`].
    PayloadTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The disk refused; the text is the system's.
    Write(String),
    /// The writer's thread is gone.
    Stopped,
}

impl std::fmt::Display for CaptureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Overflow { budget_bytes } => write!(f, "capture fell behind: more than {budget_bytes} bytes wait for the disk"),
            Self::PayloadTooLarge { bytes } => write!(f, "capture refuses a payload of {bytes} bytes (limit {MAX_PAYLOAD_BYTES})"),
            Self::Write(cause) => write!(f, "capture cannot be written: {cause}"),
            Self::Stopped => write!(f, "capture writer has stopped"),
        }
    }
}

impl std::error::Error for CaptureError {}

/// What a cleanly closed capture holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Input records, without header and footer.
    pub records: u64,
    /// Size of the file.
    pub bytes: u64,
}

enum Message {
    Input(Record),
    Close,
}

struct Shared {
    in_flight_bytes: AtomicUsize,
    failed: OnceLock<CaptureError>,
}

impl Shared {
    /// Latches the first cause of failure and returns it.
    fn fail(&self, error: CaptureError) -> CaptureError {
        self.failed.get_or_init(|| error).clone()
    }
}

/// A capture being written. Dropping it without [`close`](Self::close) leaves a file without footer, as a crash does.
pub struct CaptureWriter {
    shared: Arc<Shared>,
    budget_bytes: usize,
    sender: Option<Sender<Message>>,
    thread: Option<JoinHandle<Result<Summary, CaptureError>>>,
}

impl CaptureWriter {
    /// Starts a capture at `path`, which must not exist yet, with `header_json` as its first record.
    ///
    /// # Errors
    /// The file cannot be created or its first block cannot be written.
    pub fn create(path: &Path, header_json: &[u8]) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Self::to_sink(file, header_json, DEFAULT_BUDGET_BYTES)
    }

    /// Starts a capture on any sink, with a byte budget of the caller's.
    ///
    /// # Errors
    /// The first block cannot be written, or the header is larger than [`MAX_PAYLOAD_BYTES`].
    pub fn to_sink(sink: impl Sink, header_json: &[u8], budget_bytes: usize) -> io::Result<Self> {
        if header_json.len() > MAX_PAYLOAD_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "capture header is too large"));
        }
        let mut blocks = Blocks { sink, raw: Vec::new(), records: 0, bytes: 0 };
        blocks.write_all(&format::preamble())?;
        format::put_header(&mut blocks.raw, header_json);
        blocks.flush()?;
        let shared = Arc::new(Shared { in_flight_bytes: AtomicUsize::new(0), failed: OnceLock::new() });
        let (sender, receiver) = mpsc::channel();
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("capture".to_owned()).spawn(move || run(&theirs, &receiver, blocks))?;
        Ok(Self { shared, budget_bytes, sender: Some(sender), thread: Some(thread) })
    }

    /// Hands one input to the writer's thread. Never waits for the disk.
    ///
    /// # Errors
    /// The capture is no longer complete; from then on every call fails with the same cause.
    pub fn push(&self, seq: u64, ts_ns: i64, kind: u8, key: u64, payload: &[u8]) -> Result<(), CaptureError> {
        if let Some(cause) = self.shared.failed.get() {
            return Err(cause.clone());
        }
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(self.shared.fail(CaptureError::PayloadTooLarge { bytes: payload.len() }));
        }
        let cost = payload.len() + INPUT_OVERHEAD_BYTES;
        let waiting = self.shared.in_flight_bytes.fetch_add(cost, Ordering::Relaxed) + cost;
        if waiting > self.budget_bytes {
            return Err(self.shared.fail(CaptureError::Overflow { budget_bytes: self.budget_bytes }));
        }
        let record = Record { seq, ts_ns, kind, key, payload: payload.to_vec() };
        let sent = self.sender.as_ref().is_some_and(|sender| sender.send(Message::Input(record)).is_ok());
        if sent { Ok(()) } else { Err(self.shared.fail(CaptureError::Stopped)) }
    }

    /// Writes what waits, then the footer, and syncs. Waits for the disk.
    ///
    /// # Errors
    /// The capture had failed, or fails now; it then has no footer.
    pub fn close(mut self) -> Result<Summary, CaptureError> {
        if let Some(sender) = self.sender.take() {
            // A thread that is already gone left its cause behind, which `join` returns.
            drop(sender.send(Message::Close));
        }
        self.join()
    }

    fn join(&mut self) -> Result<Summary, CaptureError> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) | None => Err(self.shared.fail(CaptureError::Stopped)),
        }
    }
}

impl Drop for CaptureWriter {
    fn drop(&mut self) {
        self.sender = None;
        if self.thread.is_some() {
            // The outcome was for `close` to ask; what was pushed is on disk either way.
            drop(self.join());
        }
    }
}

/// Collects records into blocks and writes them.
struct Blocks<S> {
    sink: S,
    raw: Vec<u8>,
    records: u64,
    bytes: u64,
}

impl<S: Sink> Blocks<S> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sink.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.raw.is_empty() {
            return Ok(());
        }
        let compressed = zstd::bulk::compress(&self.raw, COMPRESSION_LEVEL)?;
        let (Ok(compressed_len), Ok(raw_len)) = (u32::try_from(compressed.len()), u32::try_from(self.raw.len())) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "capture block is too large"));
        };
        let mut block = format::block_header(compressed_len, raw_len);
        block.extend_from_slice(&compressed);
        self.write_all(&block)?;
        self.raw.clear();
        self.sink.flush()
    }

    fn finish(&mut self) -> io::Result<Summary> {
        format::put_footer(&mut self.raw, self.records);
        self.flush()?;
        self.sink.sync()?;
        Ok(Summary { records: self.records, bytes: self.bytes })
    }
}

/// The thread's whole life: until `Close`, until the sender is dropped, or until the disk refuses.
fn run<S: Sink>(shared: &Shared, receiver: &Receiver<Message>, mut blocks: Blocks<S>) -> Result<Summary, CaptureError> {
    let refused = |error: io::Error| shared.fail(CaptureError::Write(error.to_string()));
    #[expect(clippy::disallowed_types, reason = "paces the flushes of this thread")]
    let mut flushed = Instant::now();
    loop {
        match receiver.recv_timeout(FLUSH_INTERVAL.saturating_sub(flushed.elapsed())) {
            Ok(Message::Input(record)) => {
                format::put_input(&mut blocks.raw, &record);
                blocks.records += 1;
                shared.in_flight_bytes.fetch_sub(record.payload.len() + INPUT_OVERHEAD_BYTES, Ordering::Relaxed);
                if blocks.raw.len() < BLOCK_BYTES && flushed.elapsed() < FLUSH_INTERVAL {
                    continue;
                }
            }
            Ok(Message::Close) => {
                return match shared.failed.get() {
                    Some(cause) => blocks.flush().map_err(refused).and(Err(cause.clone())),
                    None => blocks.finish().map_err(refused),
                };
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return blocks.flush().map_err(refused).and(Err(CaptureError::Stopped));
            }
        }
        blocks.flush().map_err(refused)?;
        flushed = now();
    }
}

#[expect(clippy::disallowed_types, reason = "paces the flushes of this thread")]
fn now() -> Instant {
    Instant::now()
}
