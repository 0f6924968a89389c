//! What can go wrong on the way between bot and venue, and when it does: drawn per seed, gone once the world heals.
//!
//! Swarm testing (Groce et al., "Swarm Testing", ISSTA 2012): each seed leaves about half of the faults out, so that none hides another.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mm_core::rng::Rng;

const HOUR_NS: i64 = 3_600_000_000_000;

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
    /// F15: the venue's clock leaps by up to ten seconds, stands still, or wanders.
    ClockMoved,
}

impl Fault {
    pub const ALL: [Fault; 23] = [
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

    fn index(self) -> usize {
        Fault::ALL.iter().position(|other| *other == self).unwrap_or(0)
    }
}

/// A stretch of time in which a fault happens, each time with the same chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub fault: Fault,
    pub from_ns: i64,
    pub to_ns: i64,
    pub chance: f64,
}

/// One seed's faults.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    windows: Vec<Window>,
    /// Those of `windows` that are open, until `change_ns`.
    open: Vec<Window>,
    change_ns: i64,
    /// One way, without jitter.
    pub latency_ns: i64,
    /// Mean of the exponential on top.
    pub jitter_ns: i64,
    /// Bot's clock − venue's clock.
    pub skew_ns: i64,
    /// How often each fault has struck, in the order of [`Fault::ALL`].
    pub struck: [u64; Fault::ALL.len()],
}

impl Profile {
    /// Draws the faults of the phase `[from_ns, to_ns)`; at least three overlap somewhere.
    pub fn draw(rng: &mut Rng, from_ns: i64, to_ns: i64) -> Profile {
        loop {
            let mut windows = Vec::new();
            for fault in Fault::ALL {
                if rng.chance(0.5) {
                    draw_windows(rng, fault, from_ns, to_ns, &mut windows);
                }
            }
            if most_at_once(&windows) >= 3 {
                return Profile::with(windows, rng);
            }
        }
    }

    /// One fault alone, some minutes apart, and once more right before the healing.
    pub fn only(fault: Fault, rng: &mut Rng, from_ns: i64, to_ns: i64) -> Profile {
        let mut windows = Vec::new();
        for _ in 0..3 {
            draw_windows(rng, fault, from_ns, to_ns, &mut windows);
        }
        if let Some(last) = windows.last_mut() {
            last.from_ns += to_ns - last.to_ns;
            last.to_ns = to_ns;
        }
        Profile::with(windows, rng)
    }

    /// A long quiet run: every hour two faults, each for some seconds.
    pub fn soak(rng: &mut Rng, from_ns: i64, to_ns: i64) -> Profile {
        let (mut windows, mut at_ns) = (Vec::new(), from_ns);
        while at_ns < to_ns {
            let end_ns = (at_ns + HOUR_NS).min(to_ns);
            for _ in 0..2 {
                let fault = Fault::ALL[usize::try_from(rng.below(Fault::ALL.len() as u64)).unwrap_or(0)];
                draw_windows(rng, fault, at_ns, end_ns, &mut windows);
            }
            at_ns = end_ns;
        }
        Profile::with(windows, rng)
    }

    fn with(windows: Vec<Window>, rng: &mut Rng) -> Profile {
        let millis = |low: f64, high: f64, rng: &mut Rng| to_ns_of(rng.uniform(low, high));
        let (latency_ns, jitter_ns) = (millis(0.2, 40.0, rng), millis(0.05, 8.0, rng));
        let skew_ns = millis(-5_000.0, 5_000.0, rng);
        Profile { windows, open: Vec::new(), change_ns: i64::MIN, latency_ns, jitter_ns, skew_ns, struck: [0; Fault::ALL.len()] }
    }

    /// True if `fault` strikes now; counted.
    pub fn strikes(&mut self, fault: Fault, rng: &mut Rng) -> bool {
        let chance = self.chance(fault);
        let strikes = chance > 0.0 && rng.chance(chance);
        self.struck[fault.index()] += u64::from(strikes);
        strikes
    }

    /// It is now `now_ns`: opens and closes windows.
    pub fn advance(&mut self, now_ns: i64) {
        if now_ns < self.change_ns {
            return;
        }
        self.open = self.windows.iter().filter(|row| row.from_ns <= now_ns && now_ns < row.to_ns).copied().collect();
        let edges = self.windows.iter().flat_map(|row| [row.from_ns, row.to_ns]);
        self.change_ns = edges.filter(|at| *at > now_ns).min().unwrap_or(i64::MAX);
    }

    /// No fault strikes any more.
    pub fn heal(&mut self) {
        self.windows.clear();
        self.open.clear();
    }

    /// The chance of `fault` now; 0 outside its windows.
    #[must_use]
    pub fn chance(&self, fault: Fault) -> f64 {
        self.open.iter().find(|row| row.fault == fault).map_or(0.0, |window| window.chance)
    }

    /// The largest number of different faults at one time.
    #[must_use]
    pub fn overlapping(&self) -> usize {
        most_at_once(&self.windows)
    }
}

fn draw_windows(rng: &mut Rng, fault: Fault, from_ns: i64, to_ns: i64, windows: &mut Vec<Window>) {
    for _ in 0..=rng.below(2) {
        // What stops all trading is kept short, so that there is something to be got wrong.
        let longest_s = match fault {
            Fault::Maintenance | Fault::Banned | Fault::ConnectRefused | Fault::PublicFrozen | Fault::PrivateSilent => 25.0,
            _ => 70.0,
        };
        let length = to_ns_of(1000.0 * rng.uniform(3.0, longest_s));
        let begin = from_ns + i64::try_from(rng.below((to_ns - from_ns).unsigned_abs())).unwrap_or(0);
        let chance = match fault {
            Fault::Maintenance | Fault::Banned | Fault::PrivateSilent | Fault::PublicFrozen | Fault::ConnectRefused => 1.0,
            Fault::DeltaLost | Fault::BookCrafted => rng.uniform(0.001, 0.02),
            Fault::FrameCut => rng.uniform(0.0005, 0.005),
            Fault::PrivateRepeated => 0.2,
            Fault::Funding | Fault::Deleverage => 0.05,
            Fault::ClockMoved => rng.uniform(0.05, 0.5),
            _ => rng.uniform(0.05, 0.7),
        };
        windows.push(Window { fault, from_ns: begin, to_ns: (begin + length).min(to_ns), chance });
    }
}

fn most_at_once(windows: &[Window]) -> usize {
    let at = |now_ns: i64| {
        Fault::ALL
            .iter()
            .filter(|fault| windows.iter().any(|row| row.fault == **fault && row.from_ns <= now_ns && now_ns < row.to_ns))
            .count()
    };
    windows.iter().map(|window| at(window.from_ns)).max().unwrap_or(0)
}

#[allow(clippy::cast_possible_truncation)]
fn to_ns_of(millis: f64) -> i64 {
    (millis * 1e6) as i64
}
