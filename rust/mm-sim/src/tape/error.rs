//! Why a recording cannot be played.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde_json::Value;

/// A refusal that names the place: line (from 1; 0 when it is not one line's fault), field, value and problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeError {
    pub line: u64,
    pub field: String,
    /// The offending value as it stands in the recording, cut to 80 characters; empty if the field is missing.
    pub value: String,
    pub problem: String,
}

impl TapeError {
    pub(super) fn new(field: &str, value: &str, problem: impl fmt::Display) -> Self {
        Self { line: 0, field: field.to_string(), value: value.chars().take(80).collect(), problem: problem.to_string() }
    }

    /// A field that is missing or of another kind than expected.
    pub(super) fn not(field: &str, value: Option<&Value>, expected: &str) -> Self {
        let shown = value.map_or_else(String::new, Value::to_string);
        let problem = if value.is_some() { format!("not {expected}") } else { format!("missing; {expected} expected") };
        Self::new(field, &shown, problem)
    }

    pub(super) fn at_line(self, line: u64) -> Self {
        Self { line, ..self }
    }
}

impl fmt::Display for TapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "{}", self.field)?;
        if !self.value.is_empty() {
            write!(f, " = {}", self.value)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl core::error::Error for TapeError {}
