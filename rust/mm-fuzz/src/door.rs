//! The doors of the local exchange: HTTP routes and the four sockets, driven by a script of requests.

use mm_core::rng::Rng;
use mm_sim::door::{Door, DoorBuilder, TRADED};
use serde_json::Value;

use super::seeds::SCRIPTS;
use super::{Signature, Target, signature};

/// Two markets of one name, seeded background traders.
const SETTINGS: &str =
    r#"{"symbols":["linear.BTCUSDT","spot.BTCUSDT"],"seed":7,"fee_tier":"-0.00001:0.00015","deposit":{"USDT":"100000","BTC":"1"}}"#;
const PATHS: [&str; 4] = ["/v5/public/linear", "/v5/public/spot", "/v5/private", "/v5/trade"];
const START_NS: i64 = 1_700_000_000_000_000_000;
/// The code of a path that is not served.
const NO_ROUTE: i64 = 10017;
/// Longer scripts are cut: a crash should be short.
const MAX_LINES: usize = 24;

/// An input is a script: `G path?query`, `P path body`, `0`…`3` and a frame for that socket, `T` and milliseconds to wait.
pub struct Doors;

impl Target for Doors {
    fn name(&self) -> &'static str {
        "doors"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        SCRIPTS.iter().map(|script| script.as_bytes().to_vec()).collect()
    }

    fn run(&mut self, input: &[u8]) -> Result<Signature, String> {
        let mut session = Session::new()?;
        let mut last = String::new();
        for line in input.split(|byte| *byte == b'\n').take(MAX_LINES) {
            last = session.line(line)?;
        }
        Ok(signature(&last))
    }
}

struct Session {
    door: Door,
    conns: Vec<u32>,
    now_ns: i64,
    rng: Rng,
}

impl Session {
    fn new() -> Result<Self, String> {
        let mut door = DoorBuilder::new(SETTINGS.as_bytes())?.build()?;
        let conns = PATHS.iter().map(|path| door.open(path)).collect::<Result<Vec<u32>, String>>()?;
        for conn in conns.iter().skip(2) {
            door.authenticate(START_NS, *conn, Ok(TRADED), None);
        }
        door.take_outgoing();
        Ok(Self { door, conns, now_ns: START_NS, rng: Rng::new(7) })
    }

    fn line(&mut self, line: &[u8]) -> Result<String, String> {
        self.now_ns += 1_000_000 + i64::try_from(self.rng.below(40_000_000)).unwrap_or(0);
        let Some((kind, rest)) = line.split_first() else { return Ok(String::new()) };
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let outcome = match kind {
            b'G' => self.get(&String::from_utf8_lossy(rest))?,
            b'P' => self.post(rest)?,
            b'T' => {
                let wait_ms = String::from_utf8_lossy(rest).trim().parse().unwrap_or(0_i64).clamp(0, 30_000);
                self.now_ns += wait_ms * 1_000_000;
                self.door.advance(self.now_ns);
                String::from("wait")
            }
            kind => self.frame(usize::from(*kind % 4), rest)?,
        };
        self.hear()?;
        Ok(outcome)
    }

    fn get(&mut self, target: &str) -> Result<String, String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        self.request("GET", path, query, b"")
    }

    fn post(&mut self, rest: &[u8]) -> Result<String, String> {
        let at = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        let (path, body) = rest.split_at(at);
        self.request("POST", &String::from_utf8_lossy(path), "", body.strip_prefix(b" ").unwrap_or(body))
    }

    fn request(&mut self, method: &str, path: &str, query: &str, body: &[u8]) -> Result<String, String> {
        let answer = self.door.http(self.now_ns, Some(TRADED), method, path, query, body);
        let said = object(&answer.body)?;
        let code = said["retCode"].as_i64().ok_or("an answer without retCode")?;
        if !(200..600).contains(&answer.status) {
            return Err(format!("status {}", answer.status));
        }
        let known = if code == NO_ROUTE { "" } else { path };
        Ok(format!("{method} {known} {code} {}", words(&said["retMsg"])))
    }

    fn frame(&mut self, which: usize, bytes: &[u8]) -> Result<String, String> {
        let conn = self.conns.get(which).copied().unwrap_or_default();
        let asked = self.door.frame(self.now_ns, conn, bytes)?.is_some();
        Ok(format!("{which} {asked} {}", self.hear()?))
    }

    /// Everything that goes out is a JSON object, and later than its cause; the first reply's outcome.
    fn hear(&mut self) -> Result<String, String> {
        let mut first = String::new();
        for message in self.door.take_outgoing() {
            let said = object(&message.bytes)?;
            if message.due_ns <= START_NS {
                return Err("a message from before its cause".to_owned());
            }
            if first.is_empty() {
                first = format!(
                    "{} {} {} {} {}",
                    said["op"],
                    said["success"],
                    said["retCode"],
                    words(&said["ret_msg"]),
                    words(&said["retMsg"])
                );
            }
        }
        Ok(first)
    }
}

fn object(bytes: &[u8]) -> Result<Value, String> {
    let said = serde_json::from_slice::<Value>(bytes).map_err(|error| format!("what is said is no JSON: {error}"))?;
    if said.is_object() { Ok(said) } else { Err("what is said is no object".to_owned()) }
}

/// The letters at the start of a message: numbers and names in it are no other path.
fn words(text: &Value) -> String {
    text.as_str().unwrap_or("").chars().filter(|c| c.is_ascii_alphabetic()).take(24).collect()
}
