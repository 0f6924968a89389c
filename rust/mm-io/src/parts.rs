//! A run in parts: when a file is full or the UTC day turns, the capture goes on in the next.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::format::Record;
use crate::reader::{CaptureReader, ReadError};
use crate::writer::Sink;

/// When a part ends: at the first flush after it has so many bytes, and at the first after midnight UTC by its records' time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartRule {
    /// Size of a part; one may exceed it by what a flush writes.
    pub bytes: u64,
}

/// Where a part of the run lies whose first part is `first`: `a.mmcap`, `a.0002.mmcap`, …
#[must_use]
pub fn part_path(first: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return first.to_path_buf();
    }
    let mut name = first.file_stem().unwrap_or_default().to_os_string();
    name.push(format!(".{number:04}"));
    if let Some(extension) = first.extension() {
        name.push(".");
        name.push(extension);
    }
    first.with_file_name(name)
}

/// The file of the part under way.
pub(crate) struct PartFile {
    first: PathBuf,
    file: File,
}

impl PartFile {
    pub(crate) fn create(first: &Path) -> io::Result<Self> {
        Ok(Self { first: first.to_path_buf(), file: new_file(first)? })
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sink for PartFile {
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn turn(&mut self, number: u32) -> io::Result<()> {
        self.file = new_file(&part_path(&self.first, number))?;
        Ok(())
    }
}

/// Iterates over the records of a whole run, part after part, from its first file.
pub struct RunReader {
    first: PathBuf,
    part: CaptureReader,
}

impl RunReader {
    /// Opens a run by its first part.
    ///
    /// # Errors
    /// As [`CaptureReader::open`]; [`ReadError::NotTheFirstPart`] for another part.
    pub fn open(first: &Path) -> Result<Self, ReadError> {
        let part = CaptureReader::open(first)?;
        if part.number() != 1 {
            return Err(ReadError::NotTheFirstPart { number: part.number() });
        }
        Ok(Self { first: first.to_path_buf(), part })
    }

    /// The header's JSON, which each part repeats.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        self.part.header()
    }

    fn step(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            match self.part.next().transpose()? {
                Some(record) => return Ok(Some(record)),
                None if self.part.take_continued() => self.turn()?,
                None => return Ok(None),
            }
        }
    }

    fn turn(&mut self) -> Result<(), ReadError> {
        let number = self.part.number() + 1;
        let path = part_path(&self.first, number);
        let next = CaptureReader::open(&path).map_err(|error| match error {
            ReadError::Io(error) if error.kind() == io::ErrorKind::NotFound => ReadError::PartMissing { path: path.clone() },
            other => other,
        })?;
        if next.number() != number || next.header() != self.part.header() {
            return Err(ReadError::PartMissing { path });
        }
        self.part = next;
        Ok(())
    }
}

impl Iterator for RunReader {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        // A part that has ended, well or not, stays ended, and leads on once only.
        self.step().transpose()
    }
}
