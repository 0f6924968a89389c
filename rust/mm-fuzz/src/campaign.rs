//! One target under mutation until it has run long enough.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::minimise::minimise;
use super::{Mutator, Signature, Target};

/// More inputs than this are not kept: what is drawn from them stays varied and memory bounded.
const MAX_CORPUS: usize = 20_000;
/// More crashes than this are not collected: they are one bug or a broken build.
const MAX_CRASHES: usize = 8;

/// When a campaign ends.
pub trait Stop {
    fn is_over(&mut self, executions: u64) -> bool;
}

impl<F: FnMut(u64) -> bool> Stop for F {
    fn is_over(&mut self, executions: u64) -> bool {
        self(executions)
    }
}

/// An input that panicked or broke a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    pub input: Vec<u8>,
    pub message: String,
}

/// What a campaign did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub executions: u64,
    /// Signatures seen: how many ways the target answered.
    pub paths: usize,
    pub crashes: Vec<Crash>,
}

/// A target, its corpus and its source of changes.
pub struct Campaign<'t> {
    target: &'t mut dyn Target,
    mutator: Mutator,
    corpus: Vec<Vec<u8>>,
    paths: BTreeSet<Signature>,
    summary: Summary,
}

impl<'t> Campaign<'t> {
    /// Runs the target's own inputs and `more` once, so that what they do is known.
    #[must_use]
    pub fn new(target: &'t mut dyn Target, seed: u64, more: Vec<Vec<u8>>) -> Self {
        let mut seeds = target.seeds();
        seeds.extend(more);
        let mut campaign =
            Self { target, mutator: Mutator::new(seed), corpus: Vec::new(), paths: BTreeSet::new(), summary: Summary::default() };
        for input in seeds {
            campaign.execute(input, true);
        }
        campaign
    }

    /// Runs changed inputs until `stop` says so.
    pub fn run(mut self, stop: &mut dyn Stop) -> Summary {
        while !stop.is_over(self.summary.executions) && self.summary.crashes.len() < MAX_CRASHES && !self.corpus.is_empty() {
            let mut input = self.corpus[self.mutator.below(self.corpus.len())].clone();
            let other = self.mutator.below(self.corpus.len());
            self.mutator.change(&mut input, &self.corpus[other]);
            self.execute(input, false);
        }
        self.summary.paths = self.paths.len();
        self.summary
    }

    fn execute(&mut self, input: Vec<u8>, keep: bool) {
        self.summary.executions += 1;
        match attempt(self.target, &input) {
            Ok(signature) => {
                if (self.paths.insert(signature) || keep) && self.corpus.len() < MAX_CORPUS {
                    self.corpus.push(input);
                }
            }
            Err(message) => self.crashed(&input, message),
        }
    }

    fn crashed(&mut self, input: &[u8], message: String) {
        if self.summary.crashes.iter().any(|crash| crash.message == message) {
            return;
        }
        let input = minimise(input, |shorter| attempt(self.target, shorter) == Err(message.clone()));
        self.summary.crashes.push(Crash { input, message });
    }
}

thread_local! {
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Lets a panic say where it happened to the campaign, instead of printing: each attempt to make a crash small is one.
pub fn listen_to_panics() {
    std::panic::set_hook(Box::new(|info| {
        PLACE.set(info.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line())));
    }));
}

fn attempt(target: &mut dyn Target, input: &[u8]) -> Result<Signature, String> {
    catch_unwind(AssertUnwindSafe(|| target.run(input))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(text.unwrap_or_else(|| "panic without words".to_owned()) + &PLACE.take())
    })
}
