//! When which fault happens: drawn per seed, gone once the world heals.
//!
//! Swarm testing (Groce et al., "Swarm Testing", ISSTA 2012): each seed leaves about half of the faults out, so that none hides another.

use alloc::vec::Vec;

use mm_core::rng::Rng;

use super::faults::Fault;

const HOUR_NS: i64 = 3_600_000_000_000;

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
            for fault in Fault::ALL[..Fault::COMMON].iter().copied() {
                if rng.chance(0.4) {
                    draw_windows(rng, fault, from_ns, to_ns, &mut windows);
                }
            }
            if most_at_once(&windows) >= 3 {
                return Profile::with(windows, rng);
            }
        }
    }

    /// Adds the rare faults, by numbers of their own.
    pub fn with_rare(mut self, rng: &mut Rng, from_ns: i64, to_ns: i64) -> Profile {
        for fault in Fault::ALL[Fault::COMMON..].iter().copied() {
            if rng.chance(0.12) {
                draw_windows(rng, fault, from_ns, to_ns, &mut self.windows);
            }
        }
        self
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
                let fault = Fault::ALL[usize::try_from(rng.below(Fault::COMMON as u64)).unwrap_or(0)];
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

    /// The fault may strike at some time.
    #[must_use]
    pub fn includes(&self, fault: Fault) -> bool {
        self.windows.iter().any(|row| row.fault == fault)
    }

    /// No fault strikes any more.
    pub fn heal(&mut self) {
        self.windows.clear();
        self.open.clear();
    }

    /// Some fault may strike now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
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
            Fault::ClockMoved | Fault::RulesChanged | Fault::GridChanged | Fault::FlashCrash => 25.0,
            _ => 70.0,
        };
        let length = to_ns_of(1000.0 * rng.uniform(3.0, longest_s));
        let begin = from_ns + i64::try_from(rng.below((to_ns - from_ns).unsigned_abs())).unwrap_or(0);
        let chance = match fault {
            Fault::Maintenance | Fault::Banned | Fault::PrivateSilent | Fault::PublicFrozen | Fault::ConnectRefused => 1.0,
            Fault::DeltaLost | Fault::BookCrafted => rng.uniform(0.001, 0.02),
            Fault::FrameCut => rng.uniform(0.0005, 0.005),
            Fault::PrivateRepeated => 0.2,
            Fault::Funding | Fault::Deleverage | Fault::GridChanged | Fault::CoinsMoved => 0.05,
            Fault::RulesChanged | Fault::FlashCrash => 0.02,
            Fault::ClockMoved | Fault::External | Fault::PriceWhipped => rng.uniform(0.05, 0.5),
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
