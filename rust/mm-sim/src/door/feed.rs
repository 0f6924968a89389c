//! What one market shows the public: book topics, recent trades, the ticker and candles.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::ToString;
use alloc::vec::Vec;

use mm_core::ids::MarketIx;
use mm_core::units::{Amount, Ticks};

use super::candles::{Candles, KlineTopic};
use super::frames::{Frame, Frames, PublicTopic, book_frame, kline_frame, price_limit_frame, ticker_frame, trades_frame};
use super::interval::Interval;
use super::listing::Listing;
use super::ticker::{Seen, Ticker, TickerFields, update, written};
use super::typed::TypedMessage;
use crate::api::{Event, TradeRow};
use crate::liquidity::{Liquidity, NEVER_NS};
use crate::publisher::{BookFrame, Publisher};

/// Trades that `recent-trade` can go back.
const MAX_TRADES: usize = 1000;
/// `u` starts here where the recording does not give it: 1 would announce a service restart.
const FIRST_UPDATE_ID: u64 = 1000;
/// Deeper topics are published from their first subscription on, but for the deepest of a recording, whose `u` must not be missed.
const MAX_EAGER_DEPTH: u16 = 50;
const MAX_RECORDED_DEPTH: u16 = 200;
/// Changed price limits are told at most this often.
const PRICE_LIMIT_NS: i64 = 300_000_000;
/// Highest buy and lowest sell.
type Limits = (Ticks, Ticks);

/// The public state of one market.
#[derive(Clone, Debug)]
pub struct Feed {
    market: MarketIx,
    publishers: Vec<Publisher>,
    /// Depths that cost too much to publish before anyone asks.
    dormant: Vec<u16>,
    /// Newest first.
    trades: VecDeque<TradeRow>,
    /// The last change of the trade price was upwards.
    rising: bool,
    /// Tick direction of the last trade.
    direction: &'static str,
    ticker: Ticker,
    /// Of trades, and of the mark.
    candles: Candles,
    mark_candles: Candles,
    /// Those that somebody listens to.
    klines: BTreeMap<Interval, KlineTopic>,
    /// As told last, and when.
    price_limit: Option<(i64, Limits)>,
    funding: Option<(Amount, i64)>,
    due_ns: i64,
}

impl Feed {
    #[must_use]
    pub fn new(market: MarketIx, depths: &[u16]) -> Self {
        let recorded = depths.iter().copied().max().filter(|depth| *depth <= MAX_RECORDED_DEPTH);
        let eager = |depth: &&u16| **depth <= MAX_EAGER_DEPTH || Some(**depth) == recorded;
        let (published, dormant): (Vec<u16>, Vec<u16>) = depths.iter().partition(eager);
        Self {
            market,
            publishers: published.into_iter().map(|depth| Publisher::new(market, depth, FIRST_UPDATE_ID)).collect(),
            dormant,
            trades: VecDeque::new(),
            rising: true,
            direction: "",
            ticker: Ticker::default(),
            candles: Candles::default(),
            mark_candles: Candles::default(),
            klines: BTreeMap::new(),
            price_limit: None,
            funding: None,
            due_ns: NEVER_NS,
        }
    }

    /// The topic of a wire name without its symbol (`orderbook.50`, `publicTrade`, `tickers`), if it is served here.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<PublicTopic> {
        match name {
            "publicTrade" => Some(PublicTopic::Trades),
            "tickers" => Some(PublicTopic::Ticker),
            "priceLimit" => Some(PublicTopic::PriceLimit),
            _ if name.starts_with("kline.") => Interval::parse(name.strip_prefix("kline.")?).map(PublicTopic::Kline),
            _ => {
                let depth = name.strip_prefix("orderbook.")?;
                let mut depths = self.publishers.iter().map(Publisher::depth).chain(self.dormant.iter().copied());
                depths.find(|served| served.to_string() == depth).map(PublicTopic::Book)
            }
        }
    }

    /// When [`Feed::on_due`] must be called.
    #[must_use]
    pub fn due_ns(&self) -> i64 {
        self.due_ns
    }

    /// After whatever a publisher or a kline topic was told: what is due next is asked for far more often.
    fn find_due(&mut self) {
        let klines = self.klines.values().map(KlineTopic::due_ns);
        self.due_ns = self.publishers.iter().filter_map(Publisher::next_due).chain(klines).min().unwrap_or(NEVER_NS);
    }

    /// Frames that are due by time alone.
    pub fn on_due(&mut self, now_ns: i64, listing: &Listing, liquidity: &dyn Liquidity, out: &mut Frames<'_>) {
        for publisher in &mut self.publishers {
            if publisher.next_due().is_some_and(|due| due <= now_ns)
                && let Some(frame) = publisher.on_due(now_ns, liquidity)
            {
                out.push_book(listing, frame);
            }
        }
        if liquidity.ended() {
            self.klines.clear();
        }
        for topic in self.klines.values_mut().filter(|topic| topic.due_ns() <= now_ns) {
            for (candle, confirm) in topic.tell(now_ns, &self.candles) {
                let interval = topic.interval;
                out.push(PublicTopic::Kline(interval), false, || kline_frame(listing, now_ns, interval, &candle, confirm));
            }
        }
        self.find_due();
    }

    /// The mark and the price limits as of now; limits that may not be told yet are not asked for.
    pub fn on_prices(&mut self, now_ns: i64, listing: &Listing, mark: Amount, limits: impl Fn() -> Option<Limits>, out: &mut Frames<'_>) {
        let told = self.price_limit;
        let may_tell = told.is_none_or(|(at_ns, _)| now_ns >= at_ns + PRICE_LIMIT_NS);
        let limits = if may_tell { limits() } else { None };
        if let Some(limits) = limits.filter(|limits| told.is_none_or(|(_, last)| last != *limits)) {
            self.price_limit = Some((now_ns, limits));
            out.push(PublicTopic::PriceLimit, false, || price_limit_frame(listing, now_ns, limits));
        }
        if mark != Amount::ZERO {
            self.mark_candles.add(now_ns.div_euclid(1_000_000), mark, Amount::ZERO, Amount::ZERO);
        }
    }

    /// The market goes on in another grid: trades and limits of the old one cannot be told in it.
    pub fn regrid(&mut self) {
        self.trades.clear();
        self.direction = "";
        self.price_limit = None;
    }

    /// Somebody listens to a topic from now on.
    pub fn join(&mut self, topic: PublicTopic, now_ns: i64) {
        match topic {
            PublicTopic::Kline(interval) => {
                self.klines.entry(interval).or_insert_with(|| KlineTopic::new(interval, now_ns));
            }
            PublicTopic::Book(depth) if self.dormant.contains(&depth) => {
                self.dormant.retain(|dormant| *dormant != depth);
                self.publishers.push(Publisher::new(self.market, depth, FIRST_UPDATE_ID));
            }
            _ => {}
        }
        self.find_due();
    }

    /// Nobody listens to a topic any more.
    pub fn leave(&mut self, topic: PublicTopic) {
        if let PublicTopic::Kline(interval) = topic {
            self.klines.remove(&interval);
            self.find_due();
        }
    }

    /// Frames that an event of this market makes; others are ignored.
    pub fn on_event(&mut self, now_ns: i64, event: &Event, listing: &Listing, liquidity: &dyn Liquidity, out: &mut Frames<'_>) {
        match event {
            Event::Book { market, publish_ms, seq, .. } if *market == self.market => {
                for publisher in &mut self.publishers {
                    if let Some(frame) = publisher.on_book(now_ns, event, liquidity) {
                        out.push_book(listing, frame);
                    }
                }
                self.derive_ticker(now_ns, *publish_ms, *seq, listing, liquidity, out);
            }
            Event::Trades { market, publish_ms, trades } if *market == self.market => {
                let mut directions = Vec::with_capacity(trades.len());
                for trade in trades {
                    directions.push(self.turn(trade.price));
                    self.trade(trade, listing);
                }
                self.trades.truncate(MAX_TRADES);
                let typed = || Some(TypedMessage::trades(*market, trades));
                out.push_either(PublicTopic::Trades, false, typed, || trades_frame(listing, *publish_ms, trades, &directions));
            }
            Event::Ticker { market, publish_ms, snapshot, cross_seq, fields } if *market == self.market => {
                self.ticker.give(*snapshot, *cross_seq, fields);
                let fields: TickerFields = fields.iter().cloned().map(|(key, value)| (key.into(), value)).collect();
                let typed = || TypedMessage::ticker(*market, *snapshot, &fields);
                out.push_either(PublicTopic::Ticker, *snapshot, typed, || {
                    ticker_frame(listing, *publish_ms, *snapshot, *cross_seq, &fields)
                });
            }
            _ => {}
        }
        self.find_due();
    }

    fn trade(&mut self, trade: &TradeRow, listing: &Listing) {
        let instrument = &listing.instrument;
        // Block trades are reported, but are no part of the displayed market.
        if !trade.block {
            let value = instrument.notional(trade.price, trade.qty);
            self.candles.add(trade.engine_ms, instrument.price(trade.price), instrument.qty(trade.qty), value);
            self.klines.values_mut().for_each(KlineTopic::change);
        }
        self.trades.push_front(trade.clone());
    }

    fn derive_ticker(&mut self, now_ns: i64, ts: i64, seq: u64, listing: &Listing, liquidity: &dyn Liquidity, out: &mut Frames<'_>) {
        let mut ticker = core::mem::take(&mut self.ticker);
        if let Some((snapshot, figures)) = ticker.derive(now_ns, seq, self.seen(listing, liquidity)) {
            let typed = || Some(TypedMessage::Ticker { update: update(self.market, &figures), snapshot });
            out.push_either(PublicTopic::Ticker, snapshot, typed, || ticker_frame(listing, ts, snapshot, seq, &written(&figures)));
        }
        self.ticker = ticker;
    }

    /// (rate, when it is settled next), as a derived ticker tells them.
    pub fn on_funding(&mut self, funding: Option<(Amount, i64)>) {
        self.funding = funding;
    }

    fn seen<'a>(&'a self, listing: &'a Listing, liquidity: &'a dyn Liquidity) -> Seen<'a> {
        let (candles, last) = (&self.candles, self.trades.front());
        Seen { market: self.market, listing, liquidity, candles, last, direction: self.direction, funding: self.funding }
    }

    /// The tick direction of a trade at `price`, after the ones before it.
    fn turn(&mut self, price: Ticks) -> &'static str {
        let before = self.trades.front().map_or(price, |trade| trade.price);
        self.rising = if price == before { self.rising } else { price > before };
        self.direction = match (self.rising, price == before) {
            (true, false) => "PlusTick",
            (true, true) => "ZeroPlusTick",
            (false, false) => "MinusTick",
            (false, true) => "ZeroMinusTick",
        };
        self.direction
    }

    /// The first message of a new subscriber, if the topic has a state to show.
    #[must_use]
    pub fn first_frame(&self, topic: PublicTopic, now_ns: i64, listing: &Listing) -> Option<Frame> {
        match topic {
            PublicTopic::Book(depth) => {
                let publisher = self.publishers.iter().find(|publisher| publisher.depth() == depth)?;
                publisher.snapshot_now().map(|frame| book_frame(listing, &frame))
            }
            PublicTopic::Trades => None,
            PublicTopic::Ticker => {
                let (seq, fields) = self.ticker.first()?;
                Some(ticker_frame(listing, now_ns.div_euclid(1_000_000), true, seq, &fields))
            }
            PublicTopic::PriceLimit => Some(price_limit_frame(listing, now_ns, self.price_limit?.1)),
            PublicTopic::Kline(interval) => {
                let candle = self.candles.current(interval, now_ns.div_euclid(1_000_000))?;
                Some(kline_frame(listing, now_ns, interval, &candle, false))
            }
        }
    }

    /// The window of one depth as its subscribers hold it.
    #[must_use]
    pub fn book(&self, depth: u16) -> Option<BookFrame> {
        self.publishers.iter().find(|publisher| publisher.depth() == depth)?.snapshot_now()
    }

    /// The deepest published window, as the REST book shows it.
    #[must_use]
    pub fn deepest(&self) -> Option<BookFrame> {
        self.publishers.iter().max_by_key(|publisher| publisher.depth())?.snapshot_now()
    }

    /// Recent trades, newest first.
    pub fn trades(&self) -> impl Iterator<Item = &TradeRow> {
        self.trades.iter()
    }

    /// The ticker as known now, with this (rate, when it is settled next), by wire name.
    #[must_use]
    pub fn ticker(&self, now_ns: i64, listing: &Listing, liquidity: &dyn Liquidity, funding: Option<(Amount, i64)>) -> TickerFields {
        self.ticker.listed(now_ns, Seen { funding, ..self.seen(listing, liquidity) })
    }

    /// Candles of trades, or of the mark.
    #[must_use]
    pub fn candles(&self, traded: bool) -> &Candles {
        if traded { &self.candles } else { &self.mark_candles }
    }
}
