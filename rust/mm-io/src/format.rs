//! The bytes of a capture file, both ways, without any file.

/// The largest payload of one record: above any frame or reply the venue sends.
pub const MAX_PAYLOAD_BYTES: usize = 16 << 20;
/// The largest uncompressed block: one full block plus one record of the largest size.
pub(crate) const MAX_BLOCK_BYTES: usize = 2 * MAX_PAYLOAD_BYTES;
/// Bytes of a record before its payload: length, checksum, tag, seq, ts_ns, kind, key.
pub(crate) const INPUT_OVERHEAD_BYTES: usize = CHECKED_HEADER_BYTES + 1 + INPUT_FIELDS_BYTES;
pub(crate) const PREAMBLE_BYTES: usize = FRAME_HEADER_BYTES + MAGIC.len() + 2;
pub(crate) const BLOCK_HEADER_BYTES: usize = FRAME_HEADER_BYTES + 12;

const MAGIC: &[u8; 8] = b"MMCAPTUR";
const VERSION: u16 = 1;
const SKIPPABLE_FRAME: u32 = 0x184D_2A50;
const FRAME_HEADER_BYTES: usize = 8;
/// Length and checksum of a record's body.
const CHECKED_HEADER_BYTES: usize = 4 + 4;
const INPUT_FIELDS_BYTES: usize = 8 + 8 + 1 + 8;

const TAG_HEADER: u8 = 0;
const TAG_INPUT: u8 = 1;
const TAG_FOOTER: u8 = 2;
const TAG_PART: u8 = 3;
const TAG_CONTINUED: u8 = 4;

/// One captured input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Sequence number stamped by the inbox.
    pub seq: u64,
    /// Receive time, nanoseconds since the Unix epoch.
    pub ts_ns: i64,
    /// What kind of input this is; the meaning belongs to the caller.
    pub kind: u8,
    /// Connection, request or symbol the input belongs to; the meaning belongs to the caller.
    pub key: u64,
    /// The input's raw bytes.
    pub payload: Vec<u8>,
}

/// What a record's body says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Header(Vec<u8>),
    Input(Record),
    Footer(u64),
    /// The file is this part of its run.
    Part(u32),
    /// A footer after which the run goes on in the next part.
    Continued(u64),
}

/// Why a preamble was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PreambleError {
    NotACapture,
    Version(u16),
}

pub(crate) fn preamble() -> Vec<u8> {
    let mut bytes = frame_header(MAGIC.len() + 2);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes
}

pub(crate) fn check_preamble(bytes: &[u8; PREAMBLE_BYTES]) -> Result<(), PreambleError> {
    let expected = preamble();
    let (expected_start, _) = expected.split_at(PREAMBLE_BYTES - 2);
    let (start, version) = bytes.split_at(PREAMBLE_BYTES - 2);
    if start != expected_start {
        return Err(PreambleError::NotACapture);
    }
    match u16::from_le_bytes([version[0], version[1]]) {
        VERSION => Ok(()),
        other => Err(PreambleError::Version(other)),
    }
}

pub(crate) fn block_header(compressed_len: u32, raw_len: u32) -> Vec<u8> {
    let mut bytes = frame_header(BLOCK_HEADER_BYTES - FRAME_HEADER_BYTES);
    bytes.extend_from_slice(&compressed_len.to_le_bytes());
    bytes.extend_from_slice(&raw_len.to_le_bytes());
    let checksum = crc32fast::hash(&bytes[FRAME_HEADER_BYTES..]);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Compressed and uncompressed length of the block that follows; `None` if the header is damaged.
pub(crate) fn parse_block_header(bytes: &[u8; BLOCK_HEADER_BYTES]) -> Option<(usize, usize)> {
    let mut rest = &bytes[FRAME_HEADER_BYTES..];
    let compressed_len = take_u32(&mut rest)?;
    let raw_len = take_u32(&mut rest)?;
    if block_header(compressed_len, raw_len) != bytes {
        return None;
    }
    let (compressed_len, raw_len) = (usize::try_from(compressed_len).ok()?, usize::try_from(raw_len).ok()?);
    (raw_len <= MAX_BLOCK_BYTES && compressed_len <= 2 * MAX_BLOCK_BYTES).then_some((compressed_len, raw_len))
}

pub(crate) fn put_header(out: &mut Vec<u8>, header: &[u8]) {
    put_body(out, |body| {
        body.push(TAG_HEADER);
        body.extend_from_slice(header);
    });
}

/// Appends a record without its checksum, which [`seal`] fills in: the caller must not wait for it.
pub(crate) fn put_input(out: &mut Vec<u8>, seq: u64, ts_ns: i64, kind: u8, key: u64, payload: &[u8]) {
    // The payload is bounded by MAX_PAYLOAD_BYTES, which the writer checks before it gets here.
    let length = u32::try_from(INPUT_OVERHEAD_BYTES - CHECKED_HEADER_BYTES + payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.push(TAG_INPUT);
    out.extend_from_slice(&seq.to_le_bytes());
    out.extend_from_slice(&ts_ns.to_le_bytes());
    out.push(kind);
    out.extend_from_slice(&key.to_le_bytes());
    out.extend_from_slice(payload);
}

/// Fills in the checksums of whole records from the front of `records`, up to `block_bytes` of them but at least one, and returns
/// how many bytes and how many records those are; zeros if there is none.
pub(crate) fn seal(records: &mut [u8], block_bytes: usize) -> (usize, u64) {
    let (mut end, mut count) = (0, 0);
    while end < block_bytes
        && let Some(rest) = records.get_mut(end..)
        && let Some((length, body)) = rest.split_first_chunk_mut::<4>()
        && let Some((checksum, body)) = body.split_first_chunk_mut::<4>()
        && let Some(body) = usize::try_from(u32::from_le_bytes(*length)).ok().and_then(|length| body.get(..length))
    {
        *checksum = crc32fast::hash(body).to_le_bytes();
        end += CHECKED_HEADER_BYTES + body.len();
        count += 1;
    }
    (end, count)
}

pub(crate) fn put_part(out: &mut Vec<u8>, number: u32) {
    put_body(out, |body| {
        body.push(TAG_PART);
        body.extend_from_slice(&number.to_le_bytes());
    });
}

/// Ends a file of so many records, or, if the run is `continued`, this part of it.
pub(crate) fn put_footer(out: &mut Vec<u8>, records: u64, continued: bool) {
    put_body(out, |body| {
        body.push(if continued { TAG_CONTINUED } else { TAG_FOOTER });
        body.extend_from_slice(&records.to_le_bytes());
    });
}

/// Takes the next record off the front of an uncompressed block; `None` if it is damaged.
pub(crate) fn take_entry(block: &mut &[u8]) -> Option<Entry> {
    let length = usize::try_from(take_u32(block)?).ok()?;
    let checksum = take_u32(block)?;
    let (body, rest) = block.split_at_checked(length)?;
    if crc32fast::hash(body) != checksum {
        return None;
    }
    *block = rest;
    let (tag, fields) = body.split_first()?;
    match *tag {
        TAG_HEADER => Some(Entry::Header(fields.to_vec())),
        TAG_INPUT => parse_input(fields).map(Entry::Input),
        TAG_FOOTER => fields.try_into().ok().map(|count| Entry::Footer(u64::from_le_bytes(count))),
        TAG_PART => fields.try_into().ok().map(|number| Entry::Part(u32::from_le_bytes(number))),
        TAG_CONTINUED => fields.try_into().ok().map(|count| Entry::Continued(u64::from_le_bytes(count))),
        _ => None,
    }
}

fn parse_input(mut fields: &[u8]) -> Option<Record> {
    let seq = u64::from_le_bytes(take(&mut fields)?);
    let ts_ns = i64::from_le_bytes(take(&mut fields)?);
    let [kind] = take(&mut fields)?;
    let key = u64::from_le_bytes(take(&mut fields)?);
    Some(Record { seq, ts_ns, kind, key, payload: fields.to_vec() })
}

fn frame_header(length: usize) -> Vec<u8> {
    let mut bytes = SKIPPABLE_FRAME.to_le_bytes().to_vec();
    // Only ever called with the two small constant sizes above.
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    bytes
}

/// Appends length, checksum and body; the two first fields are filled in once the body is known.
fn put_body(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    write(out);
    let body = &out[start + 8..];
    // Bodies are bounded by MAX_PAYLOAD_BYTES plus a few bytes, which the writer checks before it gets here.
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let checksum = crc32fast::hash(body);
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    out[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes).map(u32::from_le_bytes)
}
