//! `system.status`: what the exchange announces about its own maintenance, by query and as a topic.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mm_core::ids::Category;
use serde_json::{Value, json};

use super::Door;
use super::answer::{Answer, Reply};
use super::query::{Params, Place, page};
use super::subscriptions::Topic;
use crate::identity;

/// Announcements that are remembered.
const MAX_ANNOUNCEMENTS: usize = 100;
/// How long maintenance lasts whose end is not named.
const USUAL_MS: i64 = 3_600_000;
const ANNOUNCEMENT: u64 = 0x616e_6e6f_756e_6365;
const STATES: [&str; 4] = ["scheduled", "ongoing", "completed", "canceled"];

impl Door {
    /// Announces maintenance: a JSON object with `state` (scheduled, ongoing, completed, canceled) and, if wanted, `id` (a known one is
    /// replaced), `title`, `begin` and `end` (milliseconds; now, and an hour later). Listeners of `system.status` hear it.
    ///
    /// # Errors
    /// A sentence naming the field at fault.
    pub fn announce(&mut self, now_ns: i64, body: &[u8]) -> Result<(), String> {
        self.advance(now_ns);
        let item = self.announcement(body)?;
        self.announcements.retain(|known| known["id"] != item["id"]);
        self.announcements.insert(0, item.clone());
        self.announcements.truncate(MAX_ANNOUNCEMENTS);
        let message = json!({"topic": "system.status", "ts": self.now_ms(), "data": [item]});
        let listeners = self.connections.iter().filter(|(_, row)| row.topics.contains_key(&Topic::SystemStatus));
        let listeners: Vec<u32> = listeners.map(|(conn, _)| *conn).collect();
        listeners.into_iter().for_each(|conn| self.send_reply(conn, &message));
        Ok(())
    }

    fn announcement(&self, body: &[u8]) -> Result<Value, String> {
        let Ok(Value::Object(given)) = serde_json::from_slice::<Value>(body) else {
            return Err("an announcement is a JSON object".to_string());
        };
        let now = self.now_ms().to_string();
        let id = identity::text(Category::Linear, ANNOUNCEMENT, self.now_ns.unsigned_abs());
        let mut item = json!({
            "id": id.as_str(), "title": "maintenance", "state": "", "begin": now, "end": "",
            "href": "", "serviceTypes": [2, 3, 4, 5], "product": [1, 2], "uidSuffix": [], "maintainType": 1, "env": 1,
        });
        for (name, value) in given {
            let text = value.as_str().ok_or_else(|| format!("{name}: {value} is not a string"))?;
            let wrong_time = ["begin", "end"].contains(&name.as_str()) && text.parse::<i64>().is_err();
            if !["id", "title", "state", "begin", "end"].contains(&name.as_str()) || wrong_time {
                return Err(format!("{name}: {text:?} is not among id, title, state, and begin and end in milliseconds"));
            }
            item[name.as_str()] = json!(text);
        }
        if item["end"] == "" {
            let begin_ms = item["begin"].as_str().and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
            item["end"] = json!(begin_ms.saturating_add(USUAL_MS).to_string());
        }
        let state = item["state"].as_str().unwrap_or("");
        if STATES.contains(&state) { Ok(item) } else { Err(format!("state: {state:?} is none of {}", STATES.join(", "))) }
    }

    /// `system/status`: newest first, by `id` or `state` if given.
    pub(super) fn system_status(&self, params: &Params) -> Answer {
        let fits = |item: &&Value, name: &str| params.get(name).is_none_or(|wanted| item[name] == wanted);
        let items = self.announcements.iter().filter(|item| fits(item, "id") && fits(item, "state"));
        let (list, _) = page(items.map(|item| (Place { number: 0, id: "" }, item.clone())), None, MAX_ANNOUNCEMENTS);
        Ok(Reply::of(&json!({"list": list})))
    }
}
