//! The judge of bans: once the bot has read a 403 it asks for one thing a minute by HTTP and no more, until something else is the answer.
//!
//! Bybit V5 docs, "Rate Limit Rules": an address that is over the limit gets 403 and should end all HTTP sessions.

use alloc::format;
use alloc::string::String;

use mm_core::ids::ReqId;

use super::SECOND_NS;

const REST_NS: i64 = 60 * SECOND_NS;
/// From a ban's end until the bot has learnt of it: the rest of its minute, and an answer's time.
pub const LEARNT_NS: i64 = REST_NS + 6 * SECOND_NS;

/// What the bot knows of a ban, and its last word by HTTP since.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShutOut {
    /// When the bot read its first 403, or sent its last request after one.
    last_ns: Option<i64>,
    probe: Option<ReqId>,
}

impl ShutOut {
    pub fn is_on(&self) -> bool {
        self.last_ns.is_some()
    }

    /// The bot asks by HTTP.
    ///
    /// # Errors
    /// A sentence if it may not yet.
    pub fn asked(&mut self, req_id: ReqId, what: &str, now_ns: i64) -> Result<(), String> {
        let Some(last_ns) = self.last_ns else { return Ok(()) };
        (self.last_ns, self.probe) = (Some(now_ns), Some(req_id));
        let rested_ns = now_ns - last_ns;
        if rested_ns < REST_NS {
            return Err(format!("{what} is asked {} ms after the last word of a banned address", rested_ns / 1_000_000));
        }
        Ok(())
    }

    /// The bot reads a status, of whatever it asked or sought.
    pub fn told(&mut self, status: u16, now_ns: i64) {
        if status == 403 {
            self.last_ns = self.last_ns.or(Some(now_ns));
        }
    }

    /// The bot reads an answer.
    pub fn answered(&mut self, req_id: ReqId, status: u16, now_ns: i64) {
        self.told(status, now_ns);
        if status != 403 && self.probe == Some(req_id) {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_request_within_the_minute_is_told_and_only_the_probes_answer_ends_it() {
        let mut judge = ShutOut::default();
        assert!(judge.asked(ReqId(1), "a", 0).is_ok());
        judge.answered(ReqId(1), 403, 5);
        judge.answered(ReqId(2), 200, 6);
        assert!(judge.is_on());
        assert!(judge.asked(ReqId(3), "b", 4 + REST_NS).unwrap_err().contains("b is asked 59999 ms after"));
        assert!(judge.asked(ReqId(4), "c", 4 + 2 * REST_NS).is_ok());
        judge.answered(ReqId(4), 200, 9 + 2 * REST_NS);
        assert!(!judge.is_on() && judge.asked(ReqId(5), "d", 9 + 2 * REST_NS).is_ok());
    }
}
