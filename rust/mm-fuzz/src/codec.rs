//! Every entry of the codec: frames of each socket, answers to each query, answers of each documented path.

use mm_core::ids::{Category, ClientId, InstrumentId, MarketIx, Symbol};
use mm_core::input::{Message, StreamRole};
use mm_core::instrument::{Instrument, Instruments};
use mm_core::output::Query;
use mm_core::units::{Amount, Lots, Ticks};
use mm_wire::scope::{ENDPOINTS, Scope};
use mm_wire::{Decoder, HttpAnswer};

use super::seeds::{ANSWERS, FRAMES};
use super::{Signature, Target, signature};

const ROLES: [StreamRole; 4] =
    [StreamRole::Public(Category::Linear), StreamRole::Public(Category::Spot), StreamRole::Private, StreamRole::Trade];
const LINEAR: MarketIx = MarketIx(0);
const SPOT: MarketIx = MarketIx(1);

/// The first byte of an input says which entry reads the rest.
pub struct Codec {
    instruments: Instruments,
    queries: Vec<Query>,
    /// Used from input to input, as the bot uses its own: what one input leaves behind must not change the next.
    used: Decoder,
}

impl Default for Codec {
    fn default() -> Self {
        Self::new()
    }
}

impl Codec {
    #[must_use]
    pub fn new() -> Self {
        Self { instruments: instruments(), queries: queries(), used: Decoder::new() }
    }

    fn frame(&mut self, role: StreamRole, bytes: &[u8]) -> Result<String, String> {
        let mut fresh = Decoder::new();
        let one = fresh.frame(role, &self.instruments, bytes);
        let other = self.used.frame(role, &self.instruments, bytes);
        if one != other {
            return Err("an earlier frame changes how this one is read".to_owned());
        }
        match one {
            Ok(message) => {
                if serde_json::from_slice::<serde_json::Value>(bytes).is_err() && !is_well_formed(bytes) {
                    return Err("read, and no JSON".to_owned());
                }
                check(&message)?;
                Ok(format!("{role:?} {}", shape(&message)))
            }
            Err(error) => Ok(format!("{role:?} {error}")),
        }
    }

    fn reply(&mut self, query: &Query, bytes: &[u8]) -> Result<String, String> {
        let answer = HttpAnswer { status: 200, rate: None, body: bytes };
        let reply = Decoder::new().reply(query, &self.instruments, answer);
        if reply != self.used.reply(query, &self.instruments, answer) {
            return Err("an earlier answer changes how this one is read".to_owned());
        }
        Ok(match reply {
            Ok(reply) => format!("{} {:?} {}", head(&format!("{query:?}")), reply.outcome, head(&format!("{:?}", reply.body))),
            Err(error) => format!("{} {error}", head(&format!("{query:?}"))),
        })
    }

    fn answer(&self, path: &str, bytes: &[u8]) -> String {
        let answer = HttpAnswer { status: 200, rate: None, body: bytes };
        let answered = Decoder::new().answer(path, Some(Category::Linear), &self.instruments, answer);
        match answered {
            Ok(answered) => format!("{path} {:?} {}", answered.outcome, head(&format!("{:?}", answered.answer))),
            Err(error) => format!("{path} {error}"),
        }
    }
}

impl Target for Codec {
    fn name(&self) -> &'static str {
        "codec"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let frames = FRAMES.iter().flat_map(|frame| (0..4_u8).map(move |entry| with_entry(entry, frame.as_bytes())));
        let queries = (0..self.queries.len() + paths().count()).flat_map(|index| {
            let entry = u8::try_from(index + ROLES.len()).unwrap_or(0);
            ANSWERS.iter().map(move |body| with_entry(entry, body.as_bytes()))
        });
        frames.chain(queries).collect()
    }

    fn run(&mut self, input: &[u8]) -> Result<Signature, String> {
        let Some((entry, bytes)) = input.split_first() else { return Ok(0) };
        let entries = ROLES.len() + self.queries.len() + paths().count();
        let entry = usize::from(*entry) % entries;
        let text = if let Some(role) = ROLES.get(entry) {
            self.frame(*role, bytes)?
        } else if let Some(query) = self.queries.get(entry - ROLES.len()).cloned() {
            self.reply(&query, bytes)?
        } else {
            paths().nth(entry - ROLES.len() - self.queries.len()).map_or_else(String::new, |path| self.answer(path, bytes))
        };
        Ok(signature(&text))
    }
}

fn with_entry(entry: u8, bytes: &[u8]) -> Vec<u8> {
    [&[entry], bytes].concat()
}

fn paths() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().filter(|row| matches!(row.1, Scope::Read(_))).map(|row| row.0)
}

/// The text up to where its values begin: which variant it is.
fn head(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '(').unwrap_or(text.len());
    &text[..end.min(40)]
}

/// Grammar alone: the other reader also refuses what is well-formed and means nothing to it, a float out of range or half a surrogate.
fn is_well_formed(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(bytes).is_err_and(|error| {
        let text = error.to_string();
        text.starts_with("number out of range") || text.contains("surrogate") || text.contains("hex escape")
    })
}

/// What no message may hold, however it was written.
fn check(message: &Message<'_>) -> Result<(), String> {
    let fine = match message {
        Message::Book(book) => book.bids.iter().chain(book.asks).all(|level| level.0 >= Ticks::ZERO && level.1 >= Lots::ZERO),
        Message::Trades(_, rows) => rows.iter().all(|row| row.price >= Ticks::ZERO && row.qty >= Lots::ZERO),
        Message::Orders(rows) => rows.iter().flat_map(|row| [row.qty, row.cum_qty, row.leaves_qty]).all(|qty| qty >= Lots::ZERO),
        Message::Executions(rows) => rows.iter().all(|row| row.qty >= Lots::ZERO && !row.exec_id.is_empty()),
        _ => true,
    };
    if fine { Ok(()) } else { Err("a message holds what none may".to_owned()) }
}

/// The kind of a message, and coarsely how much is in it.
fn shape(message: &Message<'_>) -> String {
    let size = match message {
        Message::Book(book) => 100 * book.bids.len().min(3) + 10 * book.asks.len().min(3) + usize::from(book.snapshot),
        Message::Trades(_, rows) => rows.len().min(3),
        Message::Orders(rows) => rows.len().min(3),
        Message::Executions(rows) => rows.len().min(3),
        _ => 0,
    };
    format!("{} {size}", head(&format!("{message:?}")))
}

fn queries() -> Vec<Query> {
    let client_id = ClientId::new(b"r-0-1").unwrap_or(ClientId::EMPTY);
    let mut out = vec![Query::Wallet, Query::AccountInfo, Query::ApiKey, Query::Dcp, Query::SystemStatus, Query::ServerTime];
    for market in [LINEAR, SPOT] {
        out.extend([
            Query::Instrument(market),
            Query::FeeRate(market),
            Query::OpenOrders { market, cursor: String::new() },
            Query::OrderByClientId { market, client_id },
            Query::Executions { market, start_ms: 0, cursor: String::new() },
            Query::Position(market),
            Query::CancelAll(market),
        ]);
    }
    out
}

/// Linear BTCUSDT on an ordinary grid, spot BTCUSDT on the finest that fits.
fn instruments() -> Instruments {
    let rows = [(Category::Linear, "0.1", "0.001"), (Category::Spot, "0.05", "0.000000001")];
    let ids = rows.map(|row| InstrumentId { category: row.0, symbol: Symbol::new(b"BTCUSDT").unwrap_or(Symbol::EMPTY) });
    let mut table = Instruments::new(ids);
    for (id, (_, tick, step)) in ids.into_iter().zip(rows) {
        let unit = |text: &str| Amount::parse(text.as_bytes()).unwrap_or(Amount::ONE);
        let coin = |text: &str| mm_core::ids::Text::new(text.as_bytes()).unwrap_or(mm_core::ids::Text::EMPTY);
        table.set(Instrument {
            id,
            base: coin("BTC"),
            quote: coin("USDT"),
            settle: coin("USDT"),
            tick_size: unit(tick),
            qty_step: unit(step),
            min_qty: Lots(1),
            max_qty: Lots(1_000_000),
            min_notional: unit("5"),
            min_price: Ticks(1),
            max_price: Ticks(1_000_000_000),
            tick_lot: Instrument::cash_per_tick_lot(unit(tick), unit(step)).unwrap_or(Amount::ONE),
        });
    }
    table
}
