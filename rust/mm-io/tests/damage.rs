//! Whatever happens to a capture's bytes, reading says so, returns only true records before that, and never panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use mm_io::{CaptureReader, CaptureWriter, ReadError, Record, Sink};
use proptest::prelude::*;

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Memory {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn capture(records: &[Record]) -> Vec<u8> {
    let memory = Memory::default();
    let writer = CaptureWriter::to_sink(memory.clone(), b"{\"made\":\"up\"}", 64 << 20).unwrap();
    for record in records {
        writer.push(record.seq, record.ts_ns, record.kind, record.key, &record.payload).unwrap();
    }
    let summary = writer.close().unwrap();
    let bytes = memory.0.lock().unwrap().clone();
    assert_eq!((summary.records, summary.bytes), (records.len() as u64, bytes.len() as u64));
    bytes
}

/// The records read before the end, and the error that ended reading, if any.
fn read(bytes: &[u8]) -> (Vec<Record>, Option<ReadError>) {
    let reader = match CaptureReader::from_source(bytes) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut records = Vec::new();
    for item in reader {
        match item {
            Ok(record) => records.push(record),
            Err(error) => return (records, Some(error)),
        }
    }
    (records, None)
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let record = (any::<u64>(), any::<i64>(), any::<u8>(), any::<u64>(), prop::collection::vec(any::<u8>(), 0..300))
        .prop_map(|(seq, ts_ns, kind, key, payload)| Record { seq, ts_ns, kind, key, payload });
    prop::collection::vec(record, 0..40)
}

proptest! {
    #[test]
    fn any_records_survive(records in records()) {
        let (read, error) = read(&capture(&records));
        prop_assert!(error.is_none());
        prop_assert_eq!(read, records);
    }

    #[test]
    fn a_cut_is_truncation_and_loses_only_the_end(records in records(), cut in any::<prop::sample::Index>()) {
        let bytes = capture(&records);
        let (read, error) = read(&bytes[..cut.index(bytes.len())]);
        let good = read.len();
        let is_truncation = matches!(error, Some(ReadError::Truncated { good_records }) if good_records == good as u64);
        prop_assert!(is_truncation);
        prop_assert_eq!(&read[..], &records[..good]);
    }

    #[test]
    fn a_changed_byte_never_yields_a_false_record(
        records in records(),
        at in any::<prop::sample::Index>(),
        flip in 1_u8..=255,
    ) {
        let mut bytes = capture(&records);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let (read, error) = read(&bytes);
        // zstd has a few bits that mean nothing; then nothing was lost either. Anything else must be named.
        match error {
            None => prop_assert_eq!(read, records),
            Some(error) => {
                prop_assert_eq!(&read[..], &records[..read.len()]);
                prop_assert!(!matches!(error, ReadError::Io(_)));
                if let ReadError::Corrupt { record, offset } = error {
                    prop_assert_eq!(record, read.len() as u64);
                    prop_assert!(offset <= at as u64);
                }
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(mut noise in prop::collection::vec(any::<u8>(), 0..400), keep in 0_usize..60) {
        prop_assert!(read(&noise).1.is_some());
        let mut bytes = capture(&[]);
        bytes.truncate(keep);
        bytes.append(&mut noise);
        let _ = read(&bytes);
    }
}

#[test]
fn bytes_after_the_footer_are_corruption() {
    let mut bytes = capture(&[]);
    bytes.push(0);
    assert!(matches!(read(&bytes).1, Some(ReadError::Corrupt { record: 0, .. })));
}

#[test]
fn another_version_is_named() {
    let mut bytes = capture(&[]);
    bytes[16] = 9;
    assert!(matches!(read(&bytes).1, Some(ReadError::UnsupportedVersion(9))));
}

#[test]
fn another_file_is_not_a_capture() {
    assert!(matches!(read(b"{\"t\":\"header\"}").1, Some(ReadError::NotACapture)));
    assert!(matches!(read(&[0; 100]).1, Some(ReadError::NotACapture)));
}
