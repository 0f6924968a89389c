//! Fuzzing of everything that reads foreign bytes: the codec, the JSON reader under it, the doors of the local exchange, and a bot that
//! is quoting when the bytes come.
//!
//! A [`Target`] runs one input and says by a [`Signature`] what became of it. The [`Campaign`] mutates inputs (bytes and whole JSON values),
//! keeps those whose signature is new, and so works its way inwards without instrumentation: from a clean clone, on the stable toolchain.
//! Everything is drawn from one seed; a crash is an input that panicked or broke a property, made small before it is shown.
//!
//! The library is what the short run in the tests and the long run of `make prove-fuzz` share.
#![forbid(unsafe_code)]

mod bot;
mod campaign;
mod codec;
mod door;
mod minimise;
mod mutate;
mod reader;
mod seeds;
mod spans;

pub use bot::LiveBot;
pub use campaign::{Campaign, Crash, Stop, Summary, listen_to_panics};
pub use codec::Codec;
pub use door::Doors;
pub use mutate::Mutator;
pub use reader::ReaderDifferential;
pub use seeds::recordings;

/// What became of an input, coarse enough that a new value means a new path.
pub type Signature = u64;

/// Something that reads foreign bytes.
pub trait Target {
    /// Its name on the command line and in file names.
    fn name(&self) -> &'static str;

    /// Inputs to begin with.
    fn seeds(&self) -> Vec<Vec<u8>>;

    /// Reads one input, from a fresh state.
    ///
    /// # Errors
    /// The property that the input breaks: that, or a panic, is what is looked for.
    fn run(&mut self, input: &[u8]) -> Result<Signature, String>;
}

/// All targets, in the order in which they run.
#[must_use]
pub fn targets() -> Vec<Box<dyn Target>> {
    vec![Box::new(Codec::new()), Box::new(ReaderDifferential), Box::new(Doors), Box::new(LiveBot)]
}

/// A signature of anything that can be written down.
fn signature(text: &str) -> Signature {
    // FNV-1a: enough to tell paths apart.
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
