//! Which fields of an object have been met.

use super::fields::Result;
use crate::refusal::{DecodeError, Why};

/// A bit per wanted field, in the order in which [`Seen::require`] names them.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen(u32);

impl Seen {
    /// Notes a field; refuses it the second time.
    #[inline]
    pub(super) fn mark(&mut self, bit: u32, field: &'static str) -> Result<()> {
        let mask = 1 << bit;
        if self.0 & mask != 0 {
            return Err(DecodeError { field, why: Why::Duplicate });
        }
        self.0 |= mask;
        Ok(())
    }

    /// Refuses an object in which one of the first `fields` is absent.
    #[inline]
    pub(super) fn require(self, fields: &[&'static str]) -> Result<()> {
        let absent = self.0.trailing_ones() as usize;
        match fields.get(absent) {
            Some(field) => Err(DecodeError { field, why: Why::Missing }),
            None => Ok(()),
        }
    }
}
