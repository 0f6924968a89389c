//! The private topics: `order`, `execution`, `execution.fast`, `position`, `wallet`, plain or with a category behind a dot.

use alloc::vec::Vec;

use mm_core::ids::Category;
use mm_core::input::Message;
use mm_core::instrument::Instruments;

use super::fields::{Fields, Result, for_each};
use super::rows::{self, Context};
use super::{Counts, Decoder, ENVELOPE_FIELDS};
use crate::json::Reader;
use crate::refusal::{DecodeError, Why};
use crate::scope;

impl Decoder {
    pub(super) fn private<'a>(
        &'a mut self,
        instruments: &Instruments,
        topic: &[u8],
        envelope: &Fields<'_, ENVELOPE_FIELDS>,
    ) -> Result<Message<'a>> {
        let refused = DecodeError { field: "topic", why: Why::OutOfScope(scope::topic(topic)) };
        let (name, category) = split_topic(topic).ok_or(refused)?;
        let time_ms = envelope.millis("creationTime")?.unwrap_or(0);
        let context = Context { instruments, category, time_ms };
        let (scratch, counts) = (&mut self.scratch, &mut self.counts);
        match name {
            b"order" => Ok(message(rows_of(&mut scratch.orders, envelope, context, counts, rows::order)?, Message::Orders)),
            b"execution" => Ok(message(rows_of(&mut scratch.executions, envelope, context, counts, rows::execution)?, Message::Executions)),
            // Contracts only, and no linear symbol is an inverse one: an older row without a category is linear or not ours.
            b"position" => {
                let context = Context { category: category.or(Some(Category::Linear)), ..context };
                Ok(message(rows_of(&mut scratch.positions, envelope, context, counts, rows::position)?, Message::Positions))
            }
            b"wallet" => {
                scratch.coins.clear();
                for_each(envelope.required_nested("data")?, "data", |row| {
                    rows::account(row, time_ms, counts, |coin| scratch.coins.push(coin))
                })?;
                Ok(Message::Wallet(&scratch.coins))
            }
            b"execution.fast" => {
                let rows = rows_of(&mut scratch.fast_executions, envelope, context, counts, rows::fast_execution)?;
                Ok(message(rows, Message::FastExecutions))
            }
            _ => Err(refused),
        }
    }
}

/// The topic's name and the category behind its last dot; `None` for other suffixes (`order.inverse`).
fn split_topic(topic: &[u8]) -> Option<(&[u8], Option<Category>)> {
    match topic.iter().rposition(|byte| *byte == b'.') {
        None => Some((topic, None)),
        Some(_) if topic == b"execution.fast" => Some((topic, None)),
        Some(dot) => Some((&topic[..dot], Some(Category::parse(&topic[dot + 1..])?))),
    }
}

/// What a row reader is.
type ReadRow<T> = fn(&mut Reader<'_>, Context<'_>, &mut Counts) -> Result<Option<T>>;

/// Reads `data` into the scratch space; `None` if every row is of an instrument outside the table.
fn rows_of<'s, T>(
    out: &'s mut Vec<T>,
    envelope: &Fields<'_, ENVELOPE_FIELDS>,
    context: Context<'_>,
    counts: &mut Counts,
    read: ReadRow<T>,
) -> Result<Option<&'s [T]>> {
    out.clear();
    let unknown = counts.unknown_rows;
    for_each(envelope.required_nested("data")?, "data", |reader| {
        match read(reader, context, counts)? {
            Some(row) => out.push(row),
            None => counts.unknown_rows += 1,
        }
        Ok(())
    })?;
    Ok((!out.is_empty() || counts.unknown_rows == unknown).then_some(out))
}

fn message<'s, T>(rows: Option<&'s [T]>, kind: fn(&'s [T]) -> Message<'s>) -> Message<'s> {
    rows.map_or(Message::UnknownInstrument, kind)
}
