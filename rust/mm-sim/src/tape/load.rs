//! Recording lines → [`Tape`]. No files here: the caller reads, decompresses and feeds lines.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::{Category, InstrumentId, MarketIx};
use mm_core::instrument::Instrument;
use serde_json::Value;

use super::error::TapeError;
use super::json::{array, int, member, parse, text};
use super::market::Market;
use super::message::{self, Topic};
use super::recording::{Body, Frame, cut};
use super::{Tape, spec};

/// Order book depths of the venue that can be derived from a deeper recording.
const DEPTHS: [u16; 4] = [1, 50, 200, 1000];

/// Collects a recording. Two line formats are told apart by their members: a socket capture `{t, conn, ts, data}` (its connect lines tell a
/// connection's category, its instruments-info replies the instruments) and `{recv_ns, msg}` (instruments through
/// [`TapeBuilder::add_instrument`]).
#[derive(Clone, Debug, Default)]
pub struct TapeBuilder {
    only: Vec<InstrumentId>,
    from_ns: i64,
    to_ns: Option<i64>,
    /// Rows of instruments-info, read when a frame first needs them.
    specs: BTreeMap<InstrumentId, Value>,
    /// `None`: a connection whose frames a tape does not play.
    connections: BTreeMap<String, Option<Category>>,
    /// In order of first appearance; frames count these until [`TapeBuilder::build`] sorts them.
    found: Vec<Found>,
    frames: Vec<Frame>,
    origin_ns: Option<i64>,
    lines: u64,
}

#[derive(Clone, Debug)]
struct Found {
    spec: Instrument,
    /// Deepest recorded book topic so far.
    depth: u16,
}

impl TapeBuilder {
    /// Everything in the recording, whole.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps these markets only, in this order ([`MarketIx`] counts it); without, all markets in key order.
    #[must_use]
    pub fn only(mut self, markets: &[InstrumentId]) -> Self {
        self.only = markets.to_vec();
        self
    }

    /// Plays `[from_ns, to_ns)` since the recording's first playable frame, of whichever market.
    #[must_use]
    pub fn window(mut self, from_ns: i64, to_ns: Option<i64>) -> Self {
        self.from_ns = from_ns.max(0);
        self.to_ns = to_ns;
        self
    }

    /// The sidecar of a recording: one instruments-info row with its `category`. To be given before the lines.
    ///
    /// # Errors
    /// [`TapeError`] if it is not JSON or lacks category or symbol.
    pub fn add_instrument(&mut self, sidecar: &[u8]) -> Result<(), TapeError> {
        let row = parse(sidecar, "instrument")?;
        let id = spec::id(spec::category(&row)?, &row)?;
        self.specs.insert(id, row);
        Ok(())
    }

    /// The instruments-info rows given or recorded so far.
    #[must_use]
    pub fn stated(&self) -> &BTreeMap<InstrumentId, Value> {
        &self.specs
    }

    /// Takes the next line of the recording, without its line end; blank lines are skipped.
    ///
    /// # Errors
    /// [`TapeError`] naming line, field, value and problem.
    pub fn line(&mut self, line: &[u8]) -> Result<(), TapeError> {
        self.lines += 1;
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        self.read(line).map_err(|error| error.at_line(self.lines))
    }

    fn read(&mut self, line: &[u8]) -> Result<(), TapeError> {
        let row = parse(line, "line")?;
        if let Some(message) = row.get("msg") {
            return self.message(int(&row, "recv_ns")?, None, message);
        }
        match text(&row, "t")? {
            "connect" => self.connect(&row),
            "http" => self.http(&row),
            "recv" => self.received(&row),
            "header" | "send" => Ok(()),
            other => Err(TapeError::new("t", other, "not a kind of capture line")),
        }
    }

    fn connect(&mut self, row: &Value) -> Result<(), TapeError> {
        let (name, address) = (text(row, "conn")?, text(row, "addr")?);
        let category = match address.split_once("/v5/public/") {
            Some((_, path)) => Category::parse(path.split('?').next().unwrap_or(path).as_bytes()),
            None => None,
        };
        self.connections.insert(name.to_string(), category);
        Ok(())
    }

    fn http(&mut self, row: &Value) -> Result<(), TapeError> {
        if !text(row, "url")?.contains("/v5/market/instruments-info") {
            return Ok(());
        }
        let reply = parse(text(row, "data")?.as_bytes(), "data")?;
        let result = member(&reply, "result")?;
        let Some(category) = Category::parse(text(result, "category")?.as_bytes()) else { return Ok(()) };
        for row in array(result, "list")? {
            self.specs.insert(spec::id(category, row)?, row.clone());
        }
        Ok(())
    }

    fn received(&mut self, row: &Value) -> Result<(), TapeError> {
        let name = text(row, "conn")?;
        let category = self.connections.get(name).ok_or_else(|| TapeError::new("conn", name, "has no connect line before it"))?;
        let Some(category) = *category else { return Ok(()) };
        let seconds = row.get("ts").and_then(Value::as_f64).ok_or_else(|| TapeError::not("ts", row.get("ts"), "seconds"))?;
        let message = parse(text(row, "data")?.as_bytes(), "data")?;
        self.message(nanoseconds(seconds), Some(category), &message)
    }

    fn message(&mut self, recv_ns: i64, category: Option<Category>, message: &Value) -> Result<(), TapeError> {
        let Some(topic) = message.get("topic").and_then(Value::as_str).and_then(Topic::parse) else { return Ok(()) };
        self.origin_ns = Some(self.origin_ns.map_or(recv_ns, |origin| origin.min(recv_ns)));
        let id = self.identify(category, topic.symbol())?;
        if !self.only.is_empty() && !self.only.contains(&id) {
            return Ok(());
        }
        let market = self.find_or_add(id)?;
        let found = &mut self.found[market.index()];
        let publish_ms = int(message, "ts")?;
        let body = message::body(topic, &found.spec, message, publish_ms)?;
        if let Body::Book(book) = &body {
            if found.depth == 0 && !book.snapshot {
                return Err(TapeError::new("type", "delta", "comes before the first snapshot of its market"));
            }
            found.depth = found.depth.max(book.depth);
        }
        self.frames.push(Frame { at_ns: recv_ns, market, publish_ms, body });
        Ok(())
    }

    /// The key of a symbol: where the line does not tell the category, the one instrument of that name does.
    fn identify(&self, category: Option<Category>, symbol: &str) -> Result<InstrumentId, TapeError> {
        let name = spec::symbol(symbol)?;
        if let Some(category) = category {
            return Ok(InstrumentId { category, symbol: name });
        }
        let mut named = self.specs.keys().filter(|id| id.symbol == name);
        match (named.next(), named.next()) {
            (Some(id), None) => Ok(*id),
            (None, _) => Err(TapeError::new("symbol", symbol, "no instrument was given for it")),
            _ => Err(TapeError::new("symbol", symbol, "instruments of two categories bear this name")),
        }
    }

    fn find_or_add(&mut self, id: InstrumentId) -> Result<MarketIx, TapeError> {
        let row = match self.found.iter().position(|found| found.spec.id == id) {
            Some(row) => row,
            None => {
                let stated = self.specs.get(&id);
                let stated =
                    stated.ok_or_else(|| TapeError::new("symbol", &spec::name(id), "the recording states no instrument for it"))?;
                self.found.push(Found { spec: spec::instrument(id.category, stated)?, depth: 0 });
                self.found.len() - 1
            }
        };
        u16::try_from(row).map(MarketIx).map_err(|_| TapeError::new("symbol", &spec::name(id), "one market too many"))
    }

    /// The tape. Lines may have come in any order of time (a capture of several connections is often written one after the other).
    ///
    /// # Errors
    /// [`TapeError`] if a wanted market is not in the recording, a market has no book, or the window holds no frame.
    pub fn build(self) -> Result<Tape, TapeError> {
        let order = self.market_order()?;
        let mut frames = self.frames;
        frames.retain_mut(|frame| {
            let row = frame.market.index();
            let deepest = !matches!(&frame.body, Body::Book(book) if book.depth != self.found[row].depth);
            let place = order.iter().position(|kept| *kept == row).and_then(|place| u16::try_from(place).ok());
            frame.market = place.map_or(frame.market, MarketIx);
            deepest && place.is_some()
        });
        frames.sort_by_key(|frame| frame.at_ns);
        let origin_ns = self.origin_ns.unwrap_or(0);
        let frames = cut(frames, origin_ns, self.from_ns, self.to_ns);
        if frames.is_empty() {
            return Err(TapeError::new("window", "", "holds no frame of the recording"));
        }
        let depths = |depth| DEPTHS.into_iter().filter(move |served| *served < depth).chain([depth]).collect();
        let markets = order.iter().map(|row| Market::new(depths(self.found[*row].depth))).collect();
        let instruments = order.iter().map(|row| self.found[*row].spec.clone()).collect();
        Ok(Tape { instruments, frames, markets, origin_ns: origin_ns + self.from_ns, start_ns: None, played: 0 })
    }

    /// Rows of `found` in market order.
    fn market_order(&self) -> Result<Vec<usize>, TapeError> {
        let mut wanted = self.only.clone();
        if wanted.is_empty() {
            wanted = self.found.iter().map(|found| found.spec.id).collect();
            wanted.sort_unstable();
        }
        let row = |id: &InstrumentId| {
            let row = self.found.iter().position(|found| found.spec.id == *id && found.depth > 0);
            row.ok_or_else(|| TapeError::new("market", &spec::name(*id), "has no order book in the recording"))
        };
        wanted.iter().map(row).collect()
    }
}

#[allow(clippy::cast_possible_truncation)]
fn nanoseconds(seconds: f64) -> i64 {
    libm::round(seconds * 1e9) as i64
}
