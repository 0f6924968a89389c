//! What is pushed is what is read, and a writer that cannot keep its promise says so for good.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mm_io::{CaptureError, CaptureReader, CaptureWriter, DEFAULT_BUDGET_BYTES, MAX_PAYLOAD_BYTES, ReadError, Record, Sink};

struct TempFile(PathBuf);

impl TempFile {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("mm-io-{}-{}.mmcap", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn record(seq: u64) -> Record {
    let payload = format!("{{\"topic\":\"orderbook.50.BTCUSDT\",\"made_up\":{seq}}}").into_bytes();
    Record { seq, ts_ns: 1_000_000 * i64::try_from(seq).unwrap() - 5, kind: u8::try_from(seq % 7).unwrap(), key: seq * 31, payload }
}

fn push(writer: &CaptureWriter, record: &Record) -> Result<(), CaptureError> {
    writer.push(record.seq, record.ts_ns, record.kind, record.key, &record.payload)
}

#[test]
fn everything_pushed_is_read_back_in_order() {
    let file = TempFile::new();
    let writer = CaptureWriter::create(&file.0, b"{\"build\":\"x\"}").unwrap();
    let expected: Vec<Record> = (0..20_000).map(record).collect();
    for record in &expected {
        push(&writer, record).unwrap();
    }
    let summary = writer.close().unwrap();
    assert_eq!(summary.records, 20_000);
    assert_eq!(summary.bytes, fs::metadata(&file.0).unwrap().len());

    let reader = CaptureReader::open(&file.0).unwrap();
    assert_eq!(reader.header(), b"{\"build\":\"x\"}");
    let read: Vec<Record> = reader.map(Result::unwrap).collect();
    assert_eq!(read, expected);
}

#[test]
fn any_zstd_tool_opens_a_capture() {
    let file = TempFile::new();
    let writer = CaptureWriter::create(&file.0, b"{\"build\":\"x\"}").unwrap();
    push(&writer, &record(5)).unwrap();
    writer.close().unwrap();
    let raw = zstd::stream::decode_all(fs::File::open(&file.0).unwrap()).unwrap();
    let holds = |text: &[u8]| raw.windows(text.len()).any(|window| window == text);
    assert!(holds(b"{\"build\":\"x\"}") && holds(&record(5).payload));
}

#[test]
fn an_empty_capture_and_empty_payloads_are_legal() {
    let file = TempFile::new();
    CaptureWriter::create(&file.0, b"").unwrap().close().unwrap();
    assert_eq!(CaptureReader::open(&file.0).unwrap().count(), 0);

    let file = TempFile::new();
    let writer = CaptureWriter::create(&file.0, b"{}").unwrap();
    writer.push(u64::MAX, i64::MIN, u8::MAX, u64::MAX, b"").unwrap();
    writer.close().unwrap();
    let only = CaptureReader::open(&file.0).unwrap().next().unwrap().unwrap();
    assert_eq!(only, Record { seq: u64::MAX, ts_ns: i64::MIN, kind: u8::MAX, key: u64::MAX, payload: Vec::new() });
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let file = TempFile::new();
    fs::write(&file.0, b"precious").unwrap();
    assert_eq!(CaptureWriter::create(&file.0, b"{}").err().unwrap().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&file.0).unwrap(), b"precious");
}

#[test]
fn a_writer_dropped_without_close_leaves_all_records_but_no_footer() {
    let file = TempFile::new();
    let writer = CaptureWriter::create(&file.0, b"{}").unwrap();
    for seq in 0..10 {
        push(&writer, &record(seq)).unwrap();
    }
    drop(writer);
    let mut items: Vec<_> = CaptureReader::open(&file.0).unwrap().collect();
    assert!(matches!(items.pop(), Some(Err(ReadError::Truncated { good_records: 10 }))));
    assert_eq!(items.into_iter().map(Result::unwrap).collect::<Vec<_>>(), (0..10).map(record).collect::<Vec<_>>());
}

#[test]
fn a_live_capture_is_on_disk_within_the_flush_interval() {
    let file = TempFile::new();
    let writer = CaptureWriter::create(&file.0, b"{}").unwrap();
    push(&writer, &record(0)).unwrap();
    let mut good = 0;
    for _ in 0..50 {
        std::thread::sleep(Duration::from_millis(100));
        good = CaptureReader::open(&file.0).unwrap().filter(Result::is_ok).count();
        if good == 1 {
            break;
        }
    }
    assert_eq!(good, 1, "one record pushed, none on disk after 5 s");
    writer.close().unwrap();
}

/// Blocks every write after the first two (preamble, header) until its gate is dropped.
struct Stuck {
    writes: u32,
    gate: Receiver<()>,
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        if self.writes > 2 {
            let _ = self.gate.recv();
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Stuck {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stuck_disk_overflows_the_budget_and_never_blocks_the_caller() {
    let (release, gate): (Sender<()>, _) = channel();
    let budget_bytes = 1 << 20;
    let writer = CaptureWriter::to_sink(Stuck { writes: 0, gate }, b"{}", budget_bytes).unwrap();
    let payload = vec![7; 1000];
    let failure = (0..10_000).find_map(|seq| writer.push(seq, 0, 0, 0, &payload).err()).expect("10 MB fit into a budget of 1 MiB");
    assert_eq!(failure, CaptureError::Overflow { budget_bytes });
    drop(release);
    // The disk is back, but the capture has a hole: it stays failed.
    assert_eq!(writer.push(1, 0, 0, 0, b""), Err(failure.clone()));
    assert_eq!(writer.close(), Err(failure));
}

/// Refuses everything after `remaining` bytes, as a full disk does, and keeps what it took.
struct Full {
    remaining: usize,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.remaining);
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "disk full"));
        }
        self.remaining -= count;
        self.taken.lock().unwrap().extend_from_slice(&bytes[..count]);
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Full {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_fails_every_later_push_with_its_cause() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let sink = Full { remaining: 4000, taken: Arc::clone(&taken) };
    let writer = CaptureWriter::to_sink(sink, b"{}", DEFAULT_BUDGET_BYTES).unwrap();
    let mut random = 1_u64;
    let mut failure = None;
    for seq in 0..50_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        if let Err(error) = writer.push(seq, 0, 0, 0, &random.to_le_bytes().repeat(40)) {
            failure = Some(error);
            break;
        }
        std::thread::yield_now();
    }
    let expected = CaptureError::Write("disk full".to_owned());
    assert_eq!(failure.unwrap_or_else(|| writer.close().unwrap_err()), expected);
    let bytes = taken.lock().unwrap().clone();
    let last = CaptureReader::from_source(bytes.as_slice()).unwrap().last().unwrap();
    assert!(matches!(last, Err(ReadError::Truncated { .. })), "a capture cut by a full disk must not read as complete");
}

#[test]
fn a_payload_above_the_limit_is_refused() {
    let file = TempFile::new();
    let writer = CaptureWriter::create(&file.0, b"{}").unwrap();
    let bytes = MAX_PAYLOAD_BYTES + 1;
    assert_eq!(writer.push(0, 0, 0, 0, &vec![0; bytes]), Err(CaptureError::PayloadTooLarge { bytes }));
    assert_eq!(writer.push(1, 0, 0, 0, b"small"), Err(CaptureError::PayloadTooLarge { bytes }));
}

#[test]
fn the_largest_payload_fits() {
    let file = TempFile::new();
    let writer = CaptureWriter::create(&file.0, b"{}").unwrap();
    push(&writer, &record(0)).unwrap();
    writer.push(1, 0, 0, 0, &vec![9; MAX_PAYLOAD_BYTES]).unwrap();
    writer.close().unwrap();
    let read: Vec<Record> = CaptureReader::open(&file.0).unwrap().map(Result::unwrap).collect();
    assert_eq!(read[1].payload.len(), MAX_PAYLOAD_BYTES);
}
