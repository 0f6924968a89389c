//! `order.create|amend|cancel` and their batch forms on the trade socket.

use alloc::vec::Vec;

use mm_core::ids::{Category, ClientId, MarketIx, ReqId};
use mm_core::instrument::{Instrument, Instruments};
use mm_core::mutants::{Mutant, planted};
use mm_core::output::{AmendOrder, CancelOrder, NewOrder, OrderCommand};
use mm_core::risk::Approved;
use mm_core::units::{Lots, Ticks};

use super::text::{put_i64, put_multiple, put_text, put_u64};
use crate::refusal::EncodeError;

/// When a request is released, and how long the venue may still accept it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The venue's clock in ms, as well as we know it.
    pub ts_ms: i64,
    pub recv_window_ms: u32,
}

/// Appends the trade-socket request of an approved command: the plain op for one order, the batch op for several.
///
/// Orders are limit, post-only, one-way mode, named by our own id; one that would meet another of the account is cancelled, not that other. On an error `out` is left as it was.
///
/// # Errors
/// [`EncodeError`]: no order or too many, two categories, an unknown market, an amend of nothing.
pub fn order_frame(
    out: &mut Vec<u8>,
    instruments: &Instruments,
    req_id: ReqId,
    command: &Approved,
    stamp: Stamp,
) -> Result<(), EncodeError> {
    command_frame(out, instruments, req_id, command.command(), stamp)
}

pub(super) fn command_frame(
    out: &mut Vec<u8>,
    instruments: &Instruments,
    req_id: ReqId,
    command: &OrderCommand,
    stamp: Stamp,
) -> Result<(), EncodeError> {
    let start = out.len();
    let written = match command {
        OrderCommand::Place(rows) => frame(out, instruments, (req_id, stamp), "create", rows),
        OrderCommand::Amend(rows) => frame(out, instruments, (req_id, stamp), "amend", rows),
        OrderCommand::Cancel(rows) => frame(out, instruments, (req_id, stamp), "cancel", rows),
    };
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// How many orders one batch carries: 10 is safe on linear (20 is documented in one place only), 10 on spot.
pub const MAX_BATCH: usize = 10;

/// One order as the fields that follow its category.
trait Row {
    fn market(&self) -> MarketIx;
    fn put(&self, out: &mut Vec<u8>, spec: &Instrument) -> Result<(), EncodeError>;
}

impl Row for NewOrder {
    fn market(&self) -> MarketIx {
        self.market
    }

    fn put(&self, out: &mut Vec<u8>, spec: &Instrument) -> Result<(), EncodeError> {
        out.extend_from_slice(b"\"side\":\"");
        out.extend_from_slice(self.side.as_str().as_bytes());
        out.extend_from_slice(b"\",\"orderType\":\"Limit\",\"timeInForce\":");
        out.extend_from_slice(if planted(Mutant::TakerAllowed) { b"\"GTC\"," } else { b"\"PostOnly\"," });
        out.extend_from_slice(b"\"smpType\":\"CancelTaker\",");
        put_price(out, spec, self.price);
        put_qty(out, spec, self.qty);
        if spec.id.category == Category::Linear {
            out.extend_from_slice(b"\"positionIdx\":0,");
        }
        put_client_id(out, self.client_id);
        Ok(())
    }
}

impl Row for AmendOrder {
    fn market(&self) -> MarketIx {
        self.market
    }

    fn put(&self, out: &mut Vec<u8>, spec: &Instrument) -> Result<(), EncodeError> {
        if self.price.is_none() && self.qty.is_none() {
            return Err(EncodeError::NothingToAmend);
        }
        if let Some(price) = self.price {
            put_price(out, spec, price);
        }
        if let Some(qty) = self.qty {
            put_qty(out, spec, qty);
        }
        put_client_id(out, self.client_id);
        Ok(())
    }
}

impl Row for CancelOrder {
    fn market(&self) -> MarketIx {
        self.market
    }

    fn put(&self, out: &mut Vec<u8>, _spec: &Instrument) -> Result<(), EncodeError> {
        put_client_id(out, self.client_id);
        Ok(())
    }
}

fn put_price(out: &mut Vec<u8>, spec: &Instrument, price: Ticks) {
    out.extend_from_slice(b"\"price\":\"");
    put_multiple(out, price.0, spec.tick_size);
    out.extend_from_slice(b"\",");
}

fn put_qty(out: &mut Vec<u8>, spec: &Instrument, qty: Lots) {
    out.extend_from_slice(b"\"qty\":\"");
    put_multiple(out, qty.0, spec.qty_step);
    out.extend_from_slice(b"\",");
}

#[inline(always)]
fn put_client_id(out: &mut Vec<u8>, id: ClientId) {
    out.extend_from_slice(b"\"orderLinkId\":\"");
    put_text(out, &id);
    out.extend_from_slice(b"\"}");
}

fn frame<R: Row>(out: &mut Vec<u8>, instruments: &Instruments, head: (ReqId, Stamp), op: &str, rows: &[R]) -> Result<(), EncodeError> {
    let first = rows.first().ok_or(EncodeError::Empty)?;
    if rows.len() > MAX_BATCH {
        return Err(EncodeError::TooMany);
    }
    let category = instruments.id(first.market()).ok_or(EncodeError::UnknownMarket)?.category;
    let batch = rows.len() > 1;
    put_head(out, head.0, head.1, op, batch);
    out.extend_from_slice(b"\"args\":[{\"category\":\"");
    out.extend_from_slice(category.as_str().as_bytes());
    out.extend_from_slice(if batch { b"\",\"request\":[{" } else { b"\"," });
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b",{");
        }
        put_row(out, instruments, category, row)?;
    }
    out.extend_from_slice(if batch { b"]}]}" } else { b"]}" });
    Ok(())
}

fn put_row<R: Row>(out: &mut Vec<u8>, instruments: &Instruments, category: Category, row: &R) -> Result<(), EncodeError> {
    let id = instruments.id(row.market()).ok_or(EncodeError::UnknownMarket)?;
    if id.category != category {
        return Err(EncodeError::MixedCategories);
    }
    let spec = instruments.get(row.market()).ok_or(EncodeError::NoSpec)?;
    out.extend_from_slice(b"\"symbol\":\"");
    put_text(out, &id.symbol);
    out.extend_from_slice(b"\",");
    row.put(out, spec)
}

fn put_head(out: &mut Vec<u8>, req_id: ReqId, stamp: Stamp, op: &str, batch: bool) {
    out.extend_from_slice(b"{\"reqId\":\"");
    put_u64(out, req_id.0);
    out.extend_from_slice(b"\",\"header\":{\"X-BAPI-TIMESTAMP\":\"");
    put_i64(out, stamp.ts_ms);
    out.extend_from_slice(b"\",\"X-BAPI-RECV-WINDOW\":\"");
    put_u64(out, u64::from(stamp.recv_window_ms));
    out.extend_from_slice(b"\"},\"op\":\"order.");
    out.extend_from_slice(op.as_bytes());
    out.extend_from_slice(if batch { b"-batch\"," } else { b"\"," });
}
