//! Reading a capture back, and saying exactly how it ends.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::format::{self, BLOCK_HEADER_BYTES, Entry, PREAMBLE_BYTES, PreambleError, Record};

/// How reading ended, other than cleanly.
#[derive(Debug)]
pub enum ReadError {
    /// The system could not read the file.
    Io(io::Error),
    /// The file does not begin like a capture.
    NotACapture,
    /// The file was written by another version of the format.
    UnsupportedVersion(u16),
    /// The file ends without footer: its writer died. Everything before is whole.
    Truncated {
        /// Input records read before the end.
        good_records: u64,
    },
    /// The file's bytes were changed.
    Corrupt {
        /// Index of the first input record that cannot be trusted.
        record: u64,
        /// Offset in the file of the block that holds it.
        offset: u64,
    },
    /// The file is a later part of its run, and a run is read from its first.
    NotTheFirstPart {
        /// Which part it is.
        number: u32,
    },
    /// The run goes on in a file that is not there, or is another run's.
    PartMissing {
        /// The file that should hold it.
        path: PathBuf,
    },
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "capture cannot be read: {error}"),
            Self::NotACapture => write!(f, "not a capture file"),
            Self::UnsupportedVersion(version) => write!(f, "capture format version {version} is not supported by this build"),
            Self::Truncated { good_records } => write!(f, "capture ends without footer after {good_records} whole records"),
            Self::NotTheFirstPart { number } => write!(f, "this is part {number} of a run; open its first part"),
            Self::PartMissing { path } => write!(f, "the run goes on in {}, which is gone or another run's", path.display()),
            Self::Corrupt { record, offset } => write!(f, "capture is damaged at record {record} (block at byte {offset})"),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A capture being read, record by record; as an iterator it ends after the footer or after its first error.
pub struct CaptureReader<R = BufReader<File>> {
    source: R,
    header: Vec<u8>,
    /// Uncompressed bytes of the current block, and how many of them are read.
    block: Vec<u8>,
    consumed: usize,
    block_offset: u64,
    next_offset: u64,
    records: u64,
    ended: bool,
    number: u32,
    continued: bool,
}

impl CaptureReader {
    /// Opens a capture and reads its header.
    ///
    /// # Errors
    /// See [`ReadError`]; a file cut before its header is `Truncated` with no good record.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::from_source(BufReader::new(File::open(path)?))
    }
}

impl<R: Read> CaptureReader<R> {
    /// Reads a capture from any source of bytes.
    ///
    /// # Errors
    /// As [`CaptureReader::open`].
    pub fn from_source(mut source: R) -> Result<Self, ReadError> {
        let mut preamble = [0; PREAMBLE_BYTES];
        let read = fill(&mut source, &mut preamble)?;
        if read < PREAMBLE_BYTES {
            let is_prefix = format::preamble().starts_with(preamble.split_at(read).0);
            return Err(if is_prefix { ReadError::Truncated { good_records: 0 } } else { ReadError::NotACapture });
        }
        format::check_preamble(&preamble).map_err(|error| match error {
            PreambleError::NotACapture => ReadError::NotACapture,
            PreambleError::Version(version) => ReadError::UnsupportedVersion(version),
        })?;
        let mut reader = Self {
            source,
            header: Vec::new(),
            block: Vec::new(),
            consumed: 0,
            block_offset: PREAMBLE_BYTES as u64,
            next_offset: PREAMBLE_BYTES as u64,
            records: 0,
            ended: false,
            number: 1,
            continued: false,
        };
        match reader.next_entry()? {
            Entry::Header(header) => reader.header = header,
            _ => return Err(reader.corrupt()),
        }
        // A part's number follows its header in the same block.
        if reader.consumed < reader.block.len() {
            match reader.next_entry()? {
                Entry::Part(number) if number > 1 => reader.number = number,
                _ => return Err(reader.corrupt()),
            }
        }
        Ok(reader)
    }

    /// Which part of its run the file is, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// True once, after the file has ended with the word that its run goes on in the next part.
    pub(crate) fn take_continued(&mut self) -> bool {
        core::mem::take(&mut self.continued)
    }

    /// The header JSON given at creation.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    fn step(&mut self) -> Result<Option<Record>, ReadError> {
        match self.next_entry()? {
            Entry::Input(record) => {
                self.records += 1;
                Ok(Some(record))
            }
            Entry::Footer(count) if count == self.records && self.at_end()? => Ok(None),
            Entry::Continued(count) if count == self.records && self.at_end()? => {
                self.continued = true;
                Ok(None)
            }
            Entry::Footer(_) | Entry::Continued(_) | Entry::Part(_) | Entry::Header(_) => Err(self.corrupt()),
        }
    }

    fn next_entry(&mut self) -> Result<Entry, ReadError> {
        if self.consumed == self.block.len() {
            self.load_block()?;
        }
        let mut rest = self.block.split_at_checked(self.consumed).map_or(&[][..], |(_, rest)| rest);
        let entry = format::take_entry(&mut rest);
        self.consumed = self.block.len() - rest.len();
        entry.ok_or_else(|| self.corrupt())
    }

    fn load_block(&mut self) -> Result<(), ReadError> {
        let mut header = [0; BLOCK_HEADER_BYTES];
        self.block_offset = self.next_offset;
        if fill(&mut self.source, &mut header)? < BLOCK_HEADER_BYTES {
            return Err(ReadError::Truncated { good_records: self.records });
        }
        let Some((compressed_len, raw_len)) = format::parse_block_header(&header) else {
            return Err(self.corrupt());
        };
        let mut compressed = Vec::new();
        self.source.by_ref().take(compressed_len as u64).read_to_end(&mut compressed)?;
        if compressed.len() < compressed_len {
            return Err(ReadError::Truncated { good_records: self.records });
        }
        self.next_offset += (BLOCK_HEADER_BYTES + compressed_len) as u64;
        match zstd::bulk::decompress(&compressed, raw_len) {
            Ok(block) if block.len() == raw_len => self.block = block,
            Ok(_) | Err(_) => return Err(self.corrupt()),
        }
        self.consumed = 0;
        Ok(())
    }

    /// True if nothing follows what was read.
    fn at_end(&mut self) -> Result<bool, ReadError> {
        Ok(self.consumed == self.block.len() && fill(&mut self.source, &mut [0])? == 0)
    }

    fn corrupt(&self) -> ReadError {
        ReadError::Corrupt { record: self.records, offset: self.block_offset }
    }
}

impl<R: Read> Iterator for CaptureReader<R> {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.step().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

/// Reads until `buffer` is full or the source ends; returns how many bytes were read.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
