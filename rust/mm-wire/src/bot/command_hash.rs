//! The hash over every command, kept off the way from a frame to its request.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::{BotOutput, record};

/// More may not wait: a host that never settles pays then.
const MOST_WAITING: usize = 64 << 10;

/// SHA-256 over commands; what has been added may wait, in full, for a quiet moment.
#[derive(Debug, Default)]
pub(super) struct CommandHash {
    hash: Sha256,
    waiting: Vec<u8>,
    commands: u64,
}

impl CommandHash {
    /// Adds a command.
    pub(super) fn add(&mut self, output: &BotOutput) {
        record::append_digest(output, &mut self.waiting);
        self.commands += 1;
        if self.waiting.len() > MOST_WAITING {
            self.settle();
        }
    }

    /// Takes in what waits.
    pub(super) fn settle(&mut self) {
        self.hash.update(&self.waiting);
        self.waiting.clear();
    }

    pub(super) fn commands(&self) -> u64 {
        self.commands
    }

    /// The hash of everything added so far, as lower-case hex.
    pub(super) fn hex(&self) -> String {
        record::hex(self.hash.clone().chain_update(&self.waiting))
    }
}
