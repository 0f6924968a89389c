//! Writing a capture without ever making the caller wait.
//!
//! `push` only appends the record to a buffer, which a thread of its own fetches. The budget bounds what may be in flight: if the disk
//! cannot keep up, or refuses, the capture is *failed* for good, every later `push` says so, and the caller halts.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::blocks::Blocks;
use crate::format::{self, INPUT_OVERHEAD_BYTES, MAX_PAYLOAD_BYTES};
use crate::parts::{PartFile, PartRule};

/// Bytes that may wait for the disk before the capture fails.
pub const DEFAULT_BUDGET_BYTES: usize = 64 << 20;

const DAY_NS: i64 = 86_400_000_000_000;
const FLUSH_INTERVAL: Duration = Duration::from_millis(500);
pub(crate) const BLOCK_BYTES: usize = 256 << 10;
/// What a buffer keeps between two flushes.
const KEPT_BYTES: usize = 4 * BLOCK_BYTES;

/// Where a capture goes: a file, or a test's stand-in for one.
pub trait Sink: Write + Send + 'static {
    /// Makes everything written so far survive a power cut.
    ///
    /// # Errors
    /// Whatever the medium reports.
    fn sync(&mut self) -> io::Result<()>;

    /// Goes on in the run's part of this number. Only asked of a sink that is written in parts.
    ///
    /// # Errors
    /// Whatever the medium reports; a sink without parts has none.
    fn turn(&mut self, number: u32) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("no part {number}: this sink has one part")))
    }
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
    /// Input records, without header and footer, of all parts.
    pub records: u64,
    /// Size of the file, or of all parts.
    pub bytes: u64,
}

/// What waits for the writer's thread.
#[derive(Default)]
struct Waiting {
    /// Records as they will stand in the file, without their checksums.
    raw: Vec<u8>,
    /// Bytes that the thread has taken and not yet written.
    taken_bytes: usize,
    /// UTC day of the last record.
    day: i64,
    end: Option<End>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    Drop,
}

struct Shared {
    waiting: Mutex<Waiting>,
    /// Signalled when a full block waits or the end has come; smaller amounts are fetched at each flush, so that a record
    /// costs the caller neither a system call nor an allocation.
    worth_waking: Condvar,
    failed: OnceLock<CaptureError>,
}

impl Shared {
    /// Latches the first cause of failure and returns it.
    fn fail(&self, error: CaptureError) -> CaptureError {
        self.failed.get_or_init(|| error).clone()
    }

    /// Nobody panics while holding it, and bytes stay bytes if somebody does.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, end: End) {
        self.lock().end.get_or_insert(end);
        self.worth_waking.notify_one();
    }

    /// Waits for a full block, the end or the flush interval, and swaps what waits for the empty `buffer`.
    fn take(&self, buffer: &mut Vec<u8>) -> (Option<End>, i64) {
        let idle = |waiting: &mut Waiting| waiting.raw.len() < BLOCK_BYTES && waiting.end.is_none();
        let (mut waiting, _) =
            self.worth_waking.wait_timeout_while(self.lock(), FLUSH_INTERVAL, idle).unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut waiting.raw, buffer);
        waiting.taken_bytes = buffer.len();
        (waiting.end, waiting.day)
    }
}

/// A capture being written. Dropping it without [`close`](Self::close) leaves a file without footer, as a crash does.
pub struct CaptureWriter {
    shared: Arc<Shared>,
    budget_bytes: usize,
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

    /// The same in parts: `path` is the first, and [`part_path`](crate::part_path) names the others. None of them may exist.
    ///
    /// # Errors
    /// The first file cannot be created or its first block cannot be written.
    pub fn create_in_parts(path: &Path, header_json: &[u8], rule: PartRule) -> io::Result<Self> {
        Self::start(PartFile::create(path)?, header_json, DEFAULT_BUDGET_BYTES, Some(rule))
    }

    /// Starts a capture on any sink, with a byte budget of the caller's.
    ///
    /// # Errors
    /// The first block cannot be written, or the header is larger than [`MAX_PAYLOAD_BYTES`].
    pub fn to_sink(sink: impl Sink, header_json: &[u8], budget_bytes: usize) -> io::Result<Self> {
        Self::start(sink, header_json, budget_bytes, None)
    }

    fn start(sink: impl Sink, header_json: &[u8], budget_bytes: usize, rule: Option<PartRule>) -> io::Result<Self> {
        if header_json.len() > MAX_PAYLOAD_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "capture header is too large"));
        }
        let blocks = Blocks::begin(sink, header_json, rule)?;
        let shared = Arc::new(Shared { waiting: Mutex::default(), worth_waking: Condvar::new(), failed: OnceLock::new() });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("capture".to_owned()).spawn(move || run(&theirs, blocks))?;
        Ok(Self { shared, budget_bytes, thread: Some(thread) })
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
        let mut waiting = self.shared.lock();
        let before = waiting.raw.len();
        let after = before + payload.len() + INPUT_OVERHEAD_BYTES;
        if waiting.taken_bytes + after > self.budget_bytes {
            return Err(self.shared.fail(CaptureError::Overflow { budget_bytes: self.budget_bytes }));
        }
        format::put_input(&mut waiting.raw, seq, ts_ns, kind, key, payload);
        waiting.day = ts_ns.div_euclid(DAY_NS);
        drop(waiting);
        if before < BLOCK_BYTES && after >= BLOCK_BYTES {
            self.shared.worth_waking.notify_one();
        }
        Ok(())
    }

    /// Writes what waits, then the footer, and syncs. Waits for the disk.
    ///
    /// # Errors
    /// The capture had failed, or fails now; it then has no footer.
    pub fn close(mut self) -> Result<Summary, CaptureError> {
        self.shared.end(End::Close);
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
        if self.thread.is_some() {
            self.shared.end(End::Drop);
            // The outcome was for `close` to ask; what was pushed is on disk either way.
            drop(self.join());
        }
    }
}

/// The thread's whole life: until the end is asked for, or until the disk refuses.
fn run<S: Sink>(shared: &Shared, mut blocks: Blocks<S>) -> Result<Summary, CaptureError> {
    let refused = |error: io::Error| shared.fail(CaptureError::Write(error.to_string()));
    let mut buffer = Vec::new();
    loop {
        let (end, day) = shared.take(&mut buffer);
        let wrote = !buffer.is_empty();
        blocks.write_records(&mut buffer, day).map_err(refused)?;
        match (end, shared.failed.get()) {
            // A part is never begun for nothing.
            (None, _) if wrote => blocks.turn_if_due().map_err(refused)?,
            (None, _) => {}
            (Some(End::Close), None) => return blocks.finish().map_err(refused),
            (Some(End::Close), Some(cause)) => return Err(cause.clone()),
            (Some(End::Drop), _) => return Err(CaptureError::Stopped),
        }
        // A burst must not hold its memory for days.
        buffer.clear();
        buffer.shrink_to(KEPT_BYTES);
        shared.lock().taken_bytes = 0;
    }
}
