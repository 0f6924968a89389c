//! A run in parts: full or past midnight it goes on in the next, and reads as one or says which part is missing.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mm_io::{CaptureError, CaptureReader, CaptureWriter, PartRule, ReadError, Record, RunReader, part_path};

fn record(seq: u64) -> Record {
    Record { seq, ts_ns: 5, kind: 1, key: 7, payload: b"made up".to_vec() }
}

fn push(writer: &CaptureWriter, record: &Record) -> Result<(), CaptureError> {
    writer.push(record.seq, record.ts_ns, record.kind, record.key, &record.payload)
}

/// Files of one run, gone with it.
struct TempRun(PathBuf);

impl TempRun {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("mm-io-parts-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn first(&self) -> PathBuf {
        self.0.join("run.mmcap")
    }

    fn until_part(&self, number: u32) {
        for _ in 0..500 {
            if part_path(&self.first(), number).exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("part {number} never came");
    }
}

impl Drop for TempRun {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_full_part_is_followed_by_the_next_and_the_run_reads_as_one() {
    let run = TempRun::new();
    let writer = CaptureWriter::create_in_parts(&run.first(), b"{\"build\":\"x\"}", PartRule { bytes: 1 }).unwrap();
    for number in 0..3 {
        push(&writer, &record(number)).unwrap();
        run.until_part(u32::try_from(number).unwrap() + 2);
    }
    let summary = writer.close().unwrap();
    assert_eq!(summary.records, 3);
    let sizes = fs::read_dir(&run.0).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    assert_eq!(summary.bytes, sizes.sum::<u64>());
    let read: Vec<Record> = RunReader::open(&run.first()).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, (0..3).map(record).collect::<Vec<_>>());

    let second = part_path(&run.first(), 2);
    assert_eq!(second.file_name().unwrap(), "run.0002.mmcap");
    assert!(matches!(RunReader::open(&second), Err(ReadError::NotTheFirstPart { number: 2 })));
    assert_eq!(CaptureReader::open(&second).unwrap().count(), 1, "a part alone reads as what it is");
    fs::rename(part_path(&run.first(), 3), &second).unwrap();
    let broken: Vec<_> = RunReader::open(&run.first()).unwrap().collect();
    assert!(matches!(broken[..], [Ok(_), Err(ReadError::PartMissing { .. })]), "another part in its place is no part");
    fs::remove_file(&second).unwrap();
    let error = RunReader::open(&run.first()).unwrap().last().unwrap().unwrap_err();
    assert!(error.to_string().contains("run.0002.mmcap, which is gone"), "{error}");
}

#[test]
fn a_new_day_begins_a_new_part() {
    const DAY_NS: i64 = 86_400_000_000_000;
    let run = TempRun::new();
    let writer = CaptureWriter::create_in_parts(&run.first(), b"{}", PartRule { bytes: u64::MAX }).unwrap();
    writer.push(1, DAY_NS - 1, 6, 0, b"").unwrap();
    std::thread::sleep(Duration::from_millis(1_200));
    assert!(!part_path(&run.first(), 2).exists(), "the day is not over");
    writer.push(2, DAY_NS, 6, 0, b"").unwrap();
    run.until_part(2);
    writer.push(3, DAY_NS + 1, 6, 0, b"").unwrap();
    writer.close().unwrap();
    assert!(!part_path(&run.first(), 3).exists());
    assert_eq!(RunReader::open(&run.first()).unwrap().map(|record| record.unwrap().seq).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_part_that_cannot_be_begun_ends_the_capture() {
    let run = TempRun::new();
    let writer = CaptureWriter::create_in_parts(&run.first(), b"{}", PartRule { bytes: 1 }).unwrap();
    fs::write(part_path(&run.first(), 2), b"somebody's").unwrap();
    push(&writer, &record(1)).unwrap();
    let refused = (0..500).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        push(&writer, &record(2)).err()
    });
    assert!(matches!(refused, Some(CaptureError::Write(_))), "{refused:?}");
    assert!(writer.close().is_err());
}
