//! Bugs planted on purpose, each of a kind that has cost somebody orders or money. The fault simulator must catch every one of them:
//! that, and not a count of green seeds, says that its invariants can fail.
//!
//! They exist only with the cargo feature `mutants`, which no wheel is built with: without it [`planted`] is a constant `false` and the
//! code around it is what it would be without it. `make mutants` runs them.

/// One planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// An execution that comes twice is booked twice.
    DroppedDedupe,
    /// An order request without an answer is taken for refused.
    TimeoutAsReject,
    /// A snapshot is merged into the book it should replace.
    MergedSnapshot,
    /// The answer to a cancel is taken for the cancel.
    CancelTakenAsDone,
    /// A rebate is booked as a cost.
    RebateSign,
    /// One request a second more than the venue allows.
    BudgetOffByOne,
    /// A socket that says nothing any more is kept.
    SilentSocketKept,
    /// A book frame is applied although one before it is missing.
    GapIgnored,
    /// A book is believed however long it has been silent.
    StaleBookTrusted,
    /// A fill of an order of unknown fate is dropped.
    FillOfUnknownDropped,
    /// A fee taken in the base coin is booked in the quote coin.
    BaseFeeIgnored,
    /// Nobody asks what became of an order of unknown fate.
    UnknownNotChased,
    /// A client id is used a second time.
    IdReused,
    /// A stop ends before anything is verified.
    StopUnverified,
    /// Orders in flight and of unknown fate do not count against the position limit.
    PendingNotAtRisk,
    /// Orders leave without post-only.
    TakerAllowed,
    /// Requests are stamped with this machine's clock, not the venue's.
    LocalClockSigned,
    /// An order that ended is forgotten, and an old row of it brings it back.
    EndedForgotten,
    /// A socket that fails is opened again at once, for ever.
    BackoffForgotten,
    /// Requests in flight on a lost trade socket are forgotten.
    LostSocketForgotten,
}

impl Mutant {
    pub const ALL: [Mutant; 20] = [
        Mutant::DroppedDedupe,
        Mutant::TimeoutAsReject,
        Mutant::MergedSnapshot,
        Mutant::CancelTakenAsDone,
        Mutant::RebateSign,
        Mutant::BudgetOffByOne,
        Mutant::SilentSocketKept,
        Mutant::GapIgnored,
        Mutant::StaleBookTrusted,
        Mutant::FillOfUnknownDropped,
        Mutant::BaseFeeIgnored,
        Mutant::UnknownNotChased,
        Mutant::IdReused,
        Mutant::StopUnverified,
        Mutant::PendingNotAtRisk,
        Mutant::TakerAllowed,
        Mutant::LocalClockSigned,
        Mutant::EndedForgotten,
        Mutant::BackoffForgotten,
        Mutant::LostSocketForgotten,
    ];
}

/// True if this bug is planted.
#[cfg(not(feature = "mutants"))]
#[inline]
#[must_use]
pub const fn planted(_: Mutant) -> bool {
    false
}

#[cfg(feature = "mutants")]
pub use chosen::{plant, planted};

#[cfg(feature = "mutants")]
mod chosen {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::Mutant;

    /// One past the number of the planted bug; 0 for none. The whole process has one, as a build with one bug would.
    static CHOSEN: AtomicUsize = AtomicUsize::new(0);

    /// Plants one bug, or none.
    pub fn plant(mutant: Option<Mutant>) {
        CHOSEN.store(mutant.map_or(0, |mutant| mutant as usize + 1), Ordering::Relaxed);
    }

    /// True if this bug is planted.
    #[must_use]
    pub fn planted(mutant: Mutant) -> bool {
        CHOSEN.load(Ordering::Relaxed) == mutant as usize + 1
    }
}
