//! What the exchange lists: an instrument, how its numbers are written, and its instruments-info item.

use alloc::format;
use alloc::string::{String, ToString};

use mm_core::ids::{Category, InstrumentId};
use mm_core::instrument::Instrument;
use mm_core::units::{Amount, Lots, Ticks};
use serde_json::{Map, Value, json};

/// To how many decimals private rows are padded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowDecimals {
    pub price: usize,
    pub qty: usize,
    /// Of values in quote coin.
    pub value: usize,
}

/// One listed instrument.
#[derive(Clone, Debug)]
pub struct Listing {
    pub instrument: Instrument,
    /// Decimals of public prices ("60000.10") and sizes ("0.500"): a contract's are padded, spot's trimmed.
    pub price_decimals: usize,
    pub qty_decimals: usize,
    /// Decimals of private rows: spot's are padded, a contract's trimmed.
    pub row: RowDecimals,
    /// The instruments-info item, complete with every key that the venue sends.
    pub info: Value,
}

impl Listing {
    /// Reads an instruments-info item; one without `category` is a linear contract's. Keys outside the trading rules that the item lacks get defaults.
    ///
    /// # Errors
    /// A sentence naming the field that is missing or wrong.
    pub fn from_info(item: &Value) -> Result<Listing, String> {
        let category = item.get("category").and_then(Value::as_str).unwrap_or("linear");
        let category = Category::parse(category.as_bytes()).ok_or_else(|| format!("category {category:?} is neither linear nor spot"))?;
        Listing::of_category(category, item)
    }

    /// Reads an instruments-info item of `category`, whatever it says itself.
    ///
    /// # Errors
    /// As [`Listing::from_info`].
    pub fn of_category(category: Category, item: &Value) -> Result<Listing, String> {
        let spot = category == Category::Spot;
        let step_field = if spot { "/lotSizeFilter/basePrecision" } else { "/lotSizeFilter/qtyStep" };
        let (tick_text, step_text) = (text(item, "/priceFilter/tickSize")?, text(item, step_field)?);
        let (tick_size, qty_step) = (positive("tickSize", tick_text)?, positive("step", step_text)?);
        let tick_lot = Instrument::cash_per_tick_lot(tick_size, qty_step)
            .ok_or_else(|| format!("tickSize {tick_text:?} × step {step_text:?} is not exact at 1e-18"))?;
        let (symbol, base) = (text(item, "/symbol")?, text(item, "/baseCoin")?);
        let quote = text(item, "/quoteCoin")?;
        let settle = item.pointer("/settleCoin").and_then(Value::as_str).filter(|_| !spot).unwrap_or(quote);
        let value_field = if spot { "/lotSizeFilter/minOrderAmt" } else { "/lotSizeFilter/minNotionalValue" };
        let mut instrument = Instrument {
            id: InstrumentId { category, symbol: name::<24>(symbol)? },
            base: name::<16>(base)?,
            quote: name::<16>(quote)?,
            settle: name::<16>(settle)?,
            tick_size,
            qty_step,
            min_qty: Lots::ZERO,
            max_qty: Lots::ZERO,
            min_notional: amount(item.pointer(value_field).and_then(Value::as_str).unwrap_or("5"))?,
            // Spot states no price range.
            min_price: Ticks(1),
            max_price: Ticks(i64::MAX),
            tick_lot,
        };
        instrument.min_qty = lots(&instrument, text(item, "/lotSizeFilter/minOrderQty")?)?;
        // Newer spot items split the limit order's maximum off.
        let split_max = item.pointer("/lotSizeFilter/maxLimitOrderQty").is_some();
        let max_field = if split_max { "/lotSizeFilter/maxLimitOrderQty" } else { "/lotSizeFilter/maxOrderQty" };
        instrument.max_qty = lots(&instrument, text(item, max_field)?)?;
        if !spot {
            instrument.min_price = ticks(&instrument, text(item, "/priceFilter/minPrice")?)?;
            instrument.max_price = ticks(&instrument, text(item, "/priceFilter/maxPrice")?)?;
        }
        let (price, qty) = (decimals(tick_text), decimals(step_text));
        let value = item.pointer("/lotSizeFilter/quotePrecision").and_then(Value::as_str).map_or(0, decimals);
        let (price_decimals, qty_decimals, row) =
            if spot { (0, 0, RowDecimals { price, qty, value }) } else { (price, qty, RowDecimals::default()) };
        let info = if spot { complete_spot(item) } else { complete(item, &instrument) };
        Ok(Listing { instrument, price_decimals, qty_decimals, row, info })
    }

    /// The listing of an instrument whose instruments-info item nobody gave.
    ///
    /// # Errors
    /// As [`Listing::from_info`].
    pub fn of(instrument: &Instrument) -> Result<Listing, String> {
        let (price, qty) = (|ticks| instrument.price(ticks).to_string(), |lots| instrument.qty(lots).to_string());
        if instrument.id.category == Category::Spot {
            return Listing::of_category(
                Category::Spot,
                &json!({
                    "symbol": instrument.id.symbol.as_str(), "baseCoin": instrument.base.as_str(), "quoteCoin": instrument.quote.as_str(),
                    "priceFilter": {"tickSize": instrument.tick_size.to_string()},
                    "lotSizeFilter": {
                        "basePrecision": instrument.qty_step.to_string(), "quotePrecision": instrument.tick_lot.to_string(),
                        "minOrderQty": qty(instrument.min_qty), "maxOrderQty": qty(instrument.max_qty),
                        "minOrderAmt": instrument.min_notional.to_string(), "maxLimitOrderQty": qty(instrument.max_qty),
                    },
                }),
            );
        }
        Listing::from_info(&json!({
            "symbol": instrument.id.symbol.as_str(), "baseCoin": instrument.base.as_str(), "quoteCoin": instrument.quote.as_str(),
            "settleCoin": instrument.settle.as_str(),
            "priceFilter": {
                "minPrice": price(instrument.min_price), "maxPrice": price(instrument.max_price), "tickSize": instrument.tick_size.to_string(),
            },
            "lotSizeFilter": {
                "minOrderQty": qty(instrument.min_qty), "maxOrderQty": qty(instrument.max_qty), "qtyStep": instrument.qty_step.to_string(),
                "minNotionalValue": instrument.min_notional.to_string(),
            },
        }))
    }

    #[must_use]
    pub fn category(&self) -> Category {
        self.instrument.id.category
    }

    /// Prices and sizes are counted in the same steps.
    #[must_use]
    pub fn same_grid(&self, other: &Listing) -> bool {
        let grid = |listing: &Listing| (listing.instrument.tick_size, listing.instrument.qty_step);
        grid(self) == grid(other)
    }

    #[must_use]
    pub fn symbol(&self) -> &str {
        self.instrument.id.symbol.as_str()
    }
}

/// Fills in every instruments-info key that `item` lacks.
fn complete(item: &Value, instrument: &Instrument) -> Value {
    let symbol = instrument.id.symbol.as_str();
    let mut info = json!({
        "symbolId": 1, "contractType": "LinearPerpetual", "status": "Trading", "settleCoin": instrument.settle.as_str(), "symbolType": "",
        "launchTime": "1584230400000", "deliveryTime": "0", "deliveryFeeRate": "", "priceScale": "2", "unifiedMarginTrade": true,
        "fundingInterval": 480, "copyTrading": "both", "upperFundingRate": "0.00375", "lowerFundingRate": "-0.00375",
        "displayName": symbol, "forbidUplWithdrawal": false, "isPreListing": false, "preListingInfo": null,
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    });
    let max_qty = item.pointer("/lotSizeFilter/maxOrderQty").cloned().unwrap_or(Value::Null);
    let lot_size = json!({"minNotionalValue": "5", "maxMktOrderQty": max_qty, "postOnlyMaxOrderQty": max_qty});
    if let (Some(to), Some(from)) = (info.as_object_mut(), item.as_object()) {
        to.insert("lotSizeFilter".into(), lot_size);
        overlay(to, from);
        to.remove("category");
    }
    info
}

/// The same for spot, which has keys of its own.
fn complete_spot(item: &Value) -> Value {
    let max_qty = item.pointer("/lotSizeFilter/maxOrderQty").or_else(|| item.pointer("/lotSizeFilter/maxLimitOrderQty")).cloned();
    let mut info = json!({
        "symbolId": 1, "innovation": "0", "symbolType": "", "status": "Trading", "marginTrading": "none", "stTag": "0", "xstockMultiplier": "1",
        "lotSizeFilter": {
            "maxOrderQty": max_qty, "maxLimitOrderQty": max_qty, "maxMarketOrderQty": max_qty, "postOnlyMaxLimitOrderSize": max_qty,
            "maxOrderAmt": "8000000",
        },
        "riskParameters": {"priceLimitRatioX": "0.005", "priceLimitRatioY": "0.01"},
    });
    if let (Some(to), Some(from)) = (info.as_object_mut(), item.as_object()) {
        overlay(to, from);
        to.remove("category");
    }
    info
}

/// Writes every entry of `from` over `to`, one level of nesting deep.
fn overlay(to: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match (to.get_mut(key).and_then(Value::as_object_mut), value.as_object()) {
            (Some(inner), Some(fields)) => inner.extend(fields.iter().map(|(k, v)| (k.clone(), v.clone()))),
            _ => {
                to.insert(key.clone(), value.clone());
            }
        }
    }
}

fn text<'a>(item: &'a Value, pointer: &str) -> Result<&'a str, String> {
    let value = item.pointer(pointer).and_then(Value::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("instrument field {pointer} is missing or not a string"))
}

fn amount(text: &str) -> Result<Amount, String> {
    Amount::parse(text.as_bytes()).map_err(|error| format!("{text:?}: {error}"))
}

fn positive(name: &str, text: &str) -> Result<Amount, String> {
    amount(text).and_then(|value| if value > Amount::ZERO { Ok(value) } else { Err(format!("{name} {text:?} is not positive")) })
}

fn ticks(instrument: &Instrument, text: &str) -> Result<Ticks, String> {
    instrument.ticks(text.as_bytes()).map_err(|error| format!("price {text:?}: {error}"))
}

fn lots(instrument: &Instrument, text: &str) -> Result<Lots, String> {
    instrument.lots(text.as_bytes()).map_err(|error| format!("quantity {text:?}: {error}"))
}

fn name<const N: usize>(text: &str) -> Result<mm_core::ids::Text<N>, String> {
    mm_core::ids::Text::new(text.as_bytes()).ok_or_else(|| format!("{text:?} is not a name of at most {N} ASCII characters"))
}

fn decimals(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, fraction)| fraction.len())
}
