//! What the writer's thread does to its files: blocks, and one part after the other.

use std::io;

use crate::format;
use crate::parts::PartRule;
use crate::writer::{BLOCK_BYTES, Sink, Summary};

const COMPRESSION_LEVEL: i32 = 3;

/// Writes blocks and counts what it wrote.
pub(crate) struct Blocks<S> {
    sink: S,
    header: Vec<u8>,
    rule: Option<PartRule>,
    part: Part,
    /// Of the parts that are complete.
    done: Summary,
}

/// The part under way.
#[derive(Clone, Copy)]
struct Part {
    number: u32,
    records: u64,
    bytes: u64,
    /// UTC days of its first and its last record.
    days: Option<(i64, i64)>,
}

impl Part {
    fn new(number: u32) -> Self {
        Self { number, records: 0, bytes: 0, days: None }
    }
}

impl<S: Sink> Blocks<S> {
    /// Writes preamble and header.
    pub(crate) fn begin(sink: S, header_json: &[u8], rule: Option<PartRule>) -> io::Result<Self> {
        let mut header = Vec::new();
        format::put_header(&mut header, header_json);
        let mut blocks = Self { sink, header, rule, part: Part::new(1), done: Summary { records: 0, bytes: 0 } };
        blocks.write_head()?;
        Ok(blocks)
    }

    fn write_head(&mut self) -> io::Result<()> {
        let mut head = self.header.clone();
        if self.part.number > 1 {
            format::put_part(&mut head, self.part.number);
        }
        self.write_all(&format::preamble())?;
        self.write_block(&head)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sink.write_all(bytes)?;
        self.part.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Writes records, which lack their checksums, in blocks of about [`BLOCK_BYTES`]. `day` is the UTC day of the last of them.
    pub(crate) fn write_records(&mut self, mut records: &mut [u8], day: i64) -> io::Result<()> {
        if !records.is_empty() {
            let first = self.part.days.map_or(day, |days| days.0);
            self.part.days = Some((first, day));
        }
        while !records.is_empty() {
            let (end, count) = format::seal(records, BLOCK_BYTES);
            let Some((block, rest)) = records.split_at_mut_checked(end).filter(|_| count > 0) else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "capture record has a wrong length"));
            };
            self.write_block(block)?;
            self.part.records += count;
            records = rest;
        }
        Ok(())
    }

    fn write_block(&mut self, raw: &[u8]) -> io::Result<()> {
        let compressed = zstd::bulk::compress(raw, COMPRESSION_LEVEL)?;
        let (Ok(compressed_len), Ok(raw_len)) = (u32::try_from(compressed.len()), u32::try_from(raw.len())) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "capture block is too large"));
        };
        let mut block = format::block_header(compressed_len, raw_len);
        block.extend_from_slice(&compressed);
        self.write_all(&block)?;
        self.sink.flush()
    }

    /// Goes on in a new part if this one is full, or if the day has turned.
    pub(crate) fn turn_if_due(&mut self) -> io::Result<()> {
        let Some(rule) = self.rule else { return Ok(()) };
        let day_is_over = self.part.days.is_some_and(|(first, last)| first != last);
        if self.part.bytes < rule.bytes && !day_is_over {
            return Ok(());
        }
        self.end_part(true)?;
        let number = self.part.number + 1;
        self.sink.turn(number)?;
        self.part = Part::new(number);
        self.write_head()
    }

    fn end_part(&mut self, continued: bool) -> io::Result<()> {
        let mut footer = Vec::new();
        format::put_footer(&mut footer, self.part.records, continued);
        self.write_block(&footer)?;
        self.sink.sync()?;
        self.done.records += self.part.records;
        self.done.bytes += self.part.bytes;
        Ok(())
    }

    pub(crate) fn finish(&mut self) -> io::Result<Summary> {
        self.end_part(false)?;
        Ok(self.done)
    }
}
