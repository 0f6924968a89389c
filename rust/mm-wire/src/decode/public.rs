//! `publicTrade` and `tickers`, and the choice among the public topics.

use mm_core::ids::{Category, MarketIx};
use mm_core::input::{Message, TickerUpdate, Trade};
use mm_core::instrument::Instruments;
use mm_core::units::{Lots, Side, Ticks};

use super::book::{quoted_price, quoted_size, topic_parts};
use super::fields::{Fields, Result, for_each, refuse};
use super::market::candle;
use super::{Counts, Decoder, ENVELOPE_FIELDS, Seen, market_scale, same_symbol};
use crate::grid::Scale;
use crate::json::{Reader, Value};
use crate::refusal::{DecodeError, Why};
use crate::scope;

const TICKER: [&str; 5] = ["symbol", "markPrice", "indexPrice", "fundingRate", "nextFundingTime"];

/// A public topic that we use.
enum Topic<'b> {
    Book(u16, &'b [u8]),
    Trades(&'b [u8]),
    Ticker(&'b [u8]),
    Candles(&'b [u8]),
}

impl<'b> Topic<'b> {
    fn parse(topic: &'b [u8]) -> Option<Self> {
        if let Some((depth, symbol)) = topic_parts(topic) {
            return Some(Topic::Book(depth, symbol));
        }
        if let Some(symbol) = topic.strip_prefix(b"publicTrade.") {
            return Some(Topic::Trades(symbol));
        }
        if let Some(symbol) = topic.strip_prefix(b"tickers.") {
            return Some(Topic::Ticker(symbol));
        }
        let rest = topic.strip_prefix(b"kline.")?;
        let dot = rest.iter().position(|byte| *byte == b'.')?;
        Some(Topic::Candles(&rest[dot + 1..]))
    }

    fn symbol(&self) -> &'b [u8] {
        match self {
            Topic::Book(_, symbol) | Topic::Trades(symbol) | Topic::Ticker(symbol) | Topic::Candles(symbol) => symbol,
        }
    }
}

impl Decoder {
    pub(super) fn public<'a>(
        &'a mut self,
        category: Category,
        instruments: &Instruments,
        topic: &[u8],
        envelope: &Fields<'_, ENVELOPE_FIELDS>,
    ) -> Result<Message<'a>> {
        let refused = DecodeError { field: "topic", why: Why::OutOfScope(scope::topic(topic)) };
        let topic = Topic::parse(topic).ok_or(refused)?;
        let Some(market) = instruments.find(category, topic.symbol()) else {
            self.counts.unknown_rows += 1;
            return Ok(Message::UnknownInstrument);
        };
        match topic {
            Topic::Book(depth, symbol) => self.enveloped_book(market, instruments, (depth, symbol), envelope),
            Topic::Trades(symbol) => self.trades(market, instruments, symbol, envelope.required_nested("data")?),
            Topic::Ticker(symbol) => {
                let mut data = envelope.required_nested("data")?;
                ticker(market, symbol, &mut data, &mut self.counts).map(Message::Ticker)
            }
            Topic::Candles(_) => self.candles(market, envelope.required_nested("data")?),
        }
    }

    fn candles<'a>(&'a mut self, market: MarketIx, data: Reader<'_>) -> Result<Message<'a>> {
        let (candles, counts) = (&mut self.scratch.candles, &mut self.counts);
        candles.clear();
        for_each(data, "data", |reader| {
            candles.push(candle(reader, counts)?);
            Ok(())
        })?;
        Ok(Message::Candles(market, candles))
    }

    fn trades<'a>(&'a mut self, market: MarketIx, instruments: &Instruments, symbol: &[u8], data: Reader<'_>) -> Result<Message<'a>> {
        let scale = market_scale(&mut self.scratch.grids, market, instruments)?;
        let (trades, counts) = (&mut self.scratch.trades, &mut self.counts);
        trades.clear();
        for_each(data, "data", |reader| {
            trades.push(trade(reader, symbol, &scale, counts)?);
            Ok(())
        })?;
        Ok(Message::Trades(market, trades))
    }
}

fn trade(reader: &mut Reader<'_>, symbol: &[u8], scale: &Scale<'_>, counts: &mut Counts) -> Result<Trade> {
    let mut trade = Trade { engine_ms: 0, side: Side::Buy, price: Ticks::ZERO, qty: Lots::ZERO, seq: None, off_book: false };
    let (mut seen, mut first) = (Seen::default(), true);
    reader.open(b'{').map_err(refuse("data"))?;
    while let Some(key) = reader.key(&mut first)? {
        match key {
            b"T" => {
                seen.mark(0, "T")?;
                trade.engine_ms = reader.unsigned().map_err(refuse("T"))?.cast_signed();
            }
            b"s" => {
                seen.mark(1, "s")?;
                same_symbol(reader.string()?, symbol, "s")?;
            }
            b"S" => {
                seen.mark(2, "S")?;
                trade.side = taker_side(reader.string()?.raw())?;
            }
            b"v" => {
                seen.mark(3, "v")?;
                trade.qty = quoted_size(reader, scale).map_err(refuse("v"))?;
            }
            b"p" => {
                seen.mark(4, "p")?;
                trade.price = quoted_price(reader, scale).map_err(refuse("p"))?;
            }
            b"seq" => {
                seen.mark(5, "seq")?;
                trade.seq = Some(reader.unsigned().map_err(refuse("seq"))?);
            }
            b"BT" => {
                seen.mark(6, "BT")?;
                trade.off_book |= flag(reader, "BT")?;
            }
            b"RPI" => {
                seen.mark(7, "RPI")?;
                trade.off_book |= flag(reader, "RPI")?;
            }
            _ => {
                counts.pass(key);
                reader.skip()?;
            }
        }
    }
    seen.require(&["T", "s", "S", "v", "p"])?;
    Ok(trade)
}

fn flag(reader: &mut Reader<'_>, field: &'static str) -> Result<bool> {
    match reader.value()? {
        Value::Bool(value) => Ok(value),
        _ => Err(DecodeError { field, why: Why::WrongType }),
    }
}

fn taker_side(text: &[u8]) -> Result<Side> {
    match text {
        b"Buy" => Ok(Side::Buy),
        b"Sell" => Ok(Side::Sell),
        _ => Err(DecodeError { field: "S", why: Why::UnknownValue }),
    }
}

/// The object of a ticker frame, snapshot or delta alike: what is absent or empty is unchanged or does not exist (spot has no mark).
fn ticker(market: MarketIx, symbol: &[u8], data: &mut Reader<'_>, counts: &mut Counts) -> Result<TickerUpdate> {
    let fields = Fields::read(data, &TICKER, counts)?;
    if fields.text("symbol")? != symbol {
        return Err(DecodeError { field: "symbol", why: Why::Contradiction });
    }
    Ok(TickerUpdate {
        market,
        mark_price: fields.amount("markPrice")?,
        index_price: fields.amount("indexPrice")?,
        funding_rate: fields.amount("fundingRate")?,
        next_funding_ms: fields.millis("nextFundingTime")?,
    })
}
