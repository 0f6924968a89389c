//! What can go wrong on the way between bot and venue, and at either end of it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// One class of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// F01: the reply on the trade socket is lost, the request was done.
    AckLost,
    /// F02: the request on the trade socket is lost.
    RequestLost,
    /// F03: the reply comes 4–60 s late.
    AckLate,
    /// F01/F02 for HTTP: request or answer is lost.
    HttpLost,
    /// F25: an answer is HTML, cut short, empty or 5xx; the request was done.
    HttpGarbled,
    /// F25: nothing is served and every socket closes.
    Maintenance,
    /// F16: 10006 although the budget was kept.
    RateLimited,
    /// F17: HTTP 403 to everything.
    Banned,
    /// F11: the private socket says nothing but pongs.
    PrivateSilent,
    /// F07: executions come up to 150 s late while everything else is on time.
    FillsDelayed,
    /// F08: private messages come twice.
    PrivateRepeated,
    /// F09: private messages overtake each other within 2 s.
    PrivateShuffled,
    /// F12: no public message but pongs.
    PublicFrozen,
    /// F13: single book deltas are lost.
    DeltaLost,
    /// F24: a frame is cut short.
    FrameCut,
    /// F10: sockets are reset.
    SocketReset,
    /// F10: sockets swallow everything in both directions.
    HalfOpen,
    /// F10: no new socket opens.
    ConnectRefused,
    /// F18: one item of a batch is refused, the others are done.
    PartialBatch,
    /// F20: funding is settled, at a rate of either sign.
    Funding,
    /// F20: the venue closes part of the position and takes the orders off.
    Deleverage,
    /// F14: a book frame says what no honest book looks like.
    BookCrafted,
    /// F21: somebody trades on our account, or changes its leverage.
    External,
    /// F22: the venue raises a market's minimum above our orders, and lowers it again.
    RulesChanged,
    /// F29: the price jumps to and fro under the quotes.
    PriceWhipped,
    /// F32: the price falls or rises by a fifth in two seconds.
    FlashCrash,
    /// F15: the venue's clock leaps by up to ten seconds, stands still, or wanders.
    ClockMoved,
    /// F22: the venue changes a market's tick or step.
    GridChanged,
    /// F21: somebody moves coins into the account, or out of it.
    CoinsMoved,
}

impl Fault {
    /// The first so many are drawn alike; those after them are rare, and drawn apart, so that the others come as they did without them.
    pub(super) const COMMON: usize = 27;

    pub const ALL: [Fault; 29] = [
        Fault::AckLost,
        Fault::RequestLost,
        Fault::AckLate,
        Fault::HttpLost,
        Fault::HttpGarbled,
        Fault::Maintenance,
        Fault::RateLimited,
        Fault::Banned,
        Fault::PrivateSilent,
        Fault::FillsDelayed,
        Fault::PrivateRepeated,
        Fault::PrivateShuffled,
        Fault::PublicFrozen,
        Fault::DeltaLost,
        Fault::FrameCut,
        Fault::SocketReset,
        Fault::HalfOpen,
        Fault::ConnectRefused,
        Fault::PartialBatch,
        Fault::Funding,
        Fault::Deleverage,
        Fault::BookCrafted,
        Fault::ClockMoved,
        Fault::External,
        Fault::RulesChanged,
        Fault::PriceWhipped,
        Fault::FlashCrash,
        Fault::GridChanged,
        Fault::CoinsMoved,
    ];

    /// The row of the fault matrix.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Fault::AckLost => "F01",
            Fault::RequestLost => "F02",
            Fault::AckLate => "F03",
            Fault::HttpLost => "F01/F02 http",
            Fault::HttpGarbled => "F25 garbled",
            Fault::Maintenance => "F25 maintenance",
            Fault::RateLimited => "F16",
            Fault::Banned => "F17",
            Fault::PrivateSilent => "F11",
            Fault::FillsDelayed => "F07",
            Fault::PrivateRepeated => "F08",
            Fault::PrivateShuffled => "F09",
            Fault::PublicFrozen => "F12",
            Fault::DeltaLost => "F13",
            Fault::FrameCut => "F24",
            Fault::SocketReset => "F10 reset",
            Fault::HalfOpen => "F10 half-open",
            Fault::ConnectRefused => "F10 refused",
            Fault::PartialBatch => "F18",
            Fault::Funding => "F20 funding",
            Fault::Deleverage => "F20 ADL",
            Fault::BookCrafted => "F14",
            Fault::ClockMoved => "F15",
            Fault::External => "F21",
            Fault::RulesChanged => "F22",
            Fault::PriceWhipped => "F29",
            Fault::FlashCrash => "F32",
            Fault::GridChanged => "F22 grid",
            Fault::CoinsMoved => "F21 transfer",
        }
    }

    /// The fault of a row of the fault matrix.
    ///
    /// # Errors
    /// A sentence that names the rows there are.
    pub fn named(id: &str) -> Result<Fault, String> {
        // Over a slice: an array by value is unrolled into a function that takes the optimizer minutes.
        let all: &[Fault] = &Fault::ALL;
        all.iter().copied().find(|fault| fault.id() == id).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|fault| fault.id()).collect();
            format!("fault {id:?}: use one of {}", known.join(", "))
        })
    }

    pub(super) fn index(self) -> usize {
        Fault::ALL.iter().position(|other| *other == self).unwrap_or(0)
    }
}
