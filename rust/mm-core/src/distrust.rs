//! What makes a book one that nobody should quote on.

/// Why a market is not to be quoted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    StreamDown,
    NoSnapshot,
    Gap,
    OneSided,
    Crossed,
    /// The spread is wider than the bid, or the mid has at once more than doubled or halved.
    Absurd,
    Stale,
    /// A frame that we could not read.
    Undecodable,
    /// The book shows what has been traded away, or has not moved within 1 s of a trade.
    Contradiction,
    /// The venue's engine changed the book long before its frame came: the data is late, or our clock is ahead.
    Late,
    /// The host stood still: what the sockets hold is old.
    HostStalled,
}

impl Distrust {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Distrust::StreamDown => "stream_down",
            Distrust::NoSnapshot => "no_snapshot",
            Distrust::Gap => "gap",
            Distrust::OneSided => "one_sided",
            Distrust::Crossed => "crossed",
            Distrust::Absurd => "absurd",
            Distrust::Stale => "stale",
            Distrust::Undecodable => "undecodable",
            Distrust::Contradiction => "contradiction",
            Distrust::Late => "late",
            Distrust::HostStalled => "host_stalled",
        }
    }
}
