//! The host's own flow, by market name and decimal strings.

use alloc::format;
use alloc::string::String;

use mm_core::ids::Category;
use mm_core::units::Side;

use super::{Door, request};

impl Door {
    /// A stranger takes up to `qty` of a market (`linear.BTCUSDT`) at `limit_price` or better.
    ///
    /// # Errors
    /// A sentence naming the market, price or size that is none.
    pub fn take(&mut self, now_ns: i64, market: &str, side: Side, limit_price: &str, qty: &str) -> Result<(), String> {
        let (category, symbol) = market.split_once('.').unwrap_or(("", market));
        let category = Category::parse(category.as_bytes()).ok_or_else(|| format!("market {market:?} begins with no category"))?;
        let (index, listing) = request::market(&self.listings, category, Some(symbol)).map_err(|error| error.msg)?;
        let limit = listing.instrument.ticks(limit_price.as_bytes()).map_err(|why| format!("limit_price {limit_price:?} is {why}"))?;
        let size = listing.instrument.lots(qty.as_bytes()).map_err(|why| format!("qty {qty:?} is {why}"))?;
        if limit.0 <= 0 || size.0 <= 0 {
            return Err(format!("limit_price {limit_price:?} and qty {qty:?} must be positive"));
        }
        self.advance(now_ns);
        self.exchange.take(self.now_ns, index, side, limit, size);
        self.publish_drained();
        Ok(())
    }
}
