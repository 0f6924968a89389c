//! Wire decimals to grid counts.

/// The grids of the instruments.
#[derive(Debug, Default)]
pub struct Grids {}
