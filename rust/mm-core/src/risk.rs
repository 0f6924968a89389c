//! The only maker of [`Approved`]: nothing else in the workspace can construct one.

use crate::output::OrderCommand;

/// An order command that passed every pre-trade rule. Its field is private to this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved(OrderCommand);

impl Approved {
    #[must_use]
    pub fn command(&self) -> &OrderCommand {
        &self.0
    }
}
