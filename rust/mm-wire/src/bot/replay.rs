//! Stepping recorded inputs again and comparing command by command.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::{Bot, record};

/// A command as a capture records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub kind: u8,
    pub key: u64,
    pub payload: Vec<u8>,
}

/// The first place where the replayed bot did something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Number of the input that led to it, and of the command from the start of the run (from 0).
    pub seq: u64,
    pub command: u64,
    /// `None`: there was no further command of that input.
    pub recorded: Option<Command>,
    pub replayed: Option<Command>,
}

/// A replay under way.
#[derive(Debug)]
pub struct Replay {
    bot: Bot,
    waiting: VecDeque<Command>,
    input_seq: u64,
    compared: u64,
    recorded: Sha256,
    inputs: u64,
    difference: Option<Difference>,
}

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub inputs: u64,
    pub commands: u64,
    /// Hash over the recorded commands and over the replayed ones.
    pub recorded_hash: String,
    pub replayed_hash: String,
    pub difference: Option<Difference>,
}

impl Replay {
    #[must_use]
    pub fn new(bot: Bot) -> Self {
        Self { bot, waiting: VecDeque::new(), input_seq: 0, compared: 0, recorded: Sha256::new(), inputs: 0, difference: None }
    }

    /// Takes the next record of a capture. False if this build does not know its kind.
    pub fn record(&mut self, seq: u64, ts_ns: i64, kind: u8, key: u64, payload: &[u8]) -> bool {
        if kind >= record::FIRST_OUTPUT {
            record::digest(kind, key, payload, &mut self.recorded);
            let recorded = Some(Command { kind, key, payload: payload.to_vec() });
            let replayed = self.waiting.pop_front();
            self.compare(recorded, replayed);
            return true;
        }
        let Some(input) = record::read_input(kind, key, payload) else { return false };
        self.no_more_of_this_input();
        let mut outputs = Vec::new();
        self.bot.step(ts_ns, input, &mut outputs, &mut Vec::new());
        self.inputs += 1;
        self.input_seq = seq;
        for output in &outputs {
            let mut payload = Vec::new();
            let (kind, key) = record::output(output, &mut payload);
            self.waiting.push_back(Command { kind, key, payload });
        }
        true
    }

    /// The bot between two inputs.
    #[must_use]
    pub fn bot(&self) -> &Bot {
        &self.bot
    }

    /// The capture is over.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        self.no_more_of_this_input();
        Outcome {
            inputs: self.inputs,
            commands: self.bot.commands(),
            recorded_hash: record::hex(self.recorded),
            replayed_hash: self.bot.command_hash(),
            difference: self.difference,
        }
    }

    fn no_more_of_this_input(&mut self) {
        while let Some(replayed) = self.waiting.pop_front() {
            self.compare(None, Some(replayed));
        }
    }

    fn compare(&mut self, recorded: Option<Command>, replayed: Option<Command>) {
        if recorded != replayed && self.difference.is_none() {
            self.difference = Some(Difference { seq: self.input_seq, command: self.compared, recorded, replayed });
        }
        self.compared += 1;
    }
}
