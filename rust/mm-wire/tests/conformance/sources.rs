//! The payloads of the conformance set, each with what it is an example of.

use std::path::{Path, PathBuf};

use mm_core::ids::Category;
use mm_core::input::StreamRole;
use serde_json::Value;

use super::places;

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The answer to a request of this path.
    Answer(String),
    /// A frame of this socket.
    Frame(StreamRole),
    /// A frame of a socket, by its path, that is never opened.
    Foreign(&'static str),
    /// Published with comments or mistakes: no JSON.
    NotJson,
}

pub struct Payload {
    pub source: &'static str,
    pub name: String,
    pub kind: Kind,
    pub text: String,
}

impl Payload {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Whether there is nothing in it that could come out as a row.
    pub fn is_empty(&self) -> bool {
        let json = self.json();
        let rows = json.pointer("/result/list").or_else(|| json.get("data"));
        rows.is_none_or(|rows| rows.as_array().is_some_and(Vec::is_empty))
    }
}

pub fn all(dir: &Path) -> Vec<Payload> {
    let mut out = docs(&dir.join("bybit_docs/examples.jsonl"));
    out.extend(files(&dir.join("hirokisan_bybit")).iter().map(|path| hirokisan(path)));
    out.extend(files(&dir.join("jkorf_bybit_net/Endpoints")).iter().map(|path| jkorf_answer(path)));
    out.extend(files(&dir.join("jkorf_bybit_net/Subscriptions")).iter().flat_map(|path| jkorf_script(path)));
    out.extend(tickers(&dir.join("rs_bybit/ws_linear_ticker.json")));
    out
}

fn docs(path: &Path) -> Vec<Payload> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| {
        let page = row["doc"].as_str().unwrap().trim_start_matches("docs/v5/").trim_end_matches(".mdx").to_owned();
        let text = row["body"].as_str().unwrap().to_owned();
        let kind = if row["ok"] == false { Kind::NotJson } else { docs_kind(&page, &serde_json::from_str(&text).unwrap()) };
        Payload { source: "bybit_docs", name: format!("bybit_docs/{page} {}", row["idx"]), kind, text }
    })
    .collect()
}

fn docs_kind(page: &str, json: &Value) -> Kind {
    let framed = json.get("topic").is_some() || json.get("op").is_some() || json.get("success").is_some();
    if !framed || page.starts_with("sbe/") {
        return Kind::Answer(places::of_page(page).to_owned());
    }
    if page.starts_with("spread/websocket/public/") {
        return Kind::Foreign("/v5/public/spread");
    }
    Kind::Frame(match page {
        _ if page.contains("/trade/guideline") => StreamRole::Trade,
        _ if page.contains("/private/") => StreamRole::Private,
        _ => StreamRole::Public(Category::Linear),
    })
}

fn hirokisan(path: &Path) -> Payload {
    let file = file_name(path);
    let text = std::fs::read_to_string(path).unwrap();
    let kind = match () {
        () if file.starts_with("private-") => Kind::Frame(StreamRole::Private),
        () if file.contains("-spot") && file.starts_with("public-") => Kind::Frame(StreamRole::Public(Category::Spot)),
        () if file.starts_with("public-") => Kind::Frame(StreamRole::Public(Category::Linear)),
        () => Kind::Answer(places::of_recorded(&file).to_owned()),
    };
    // Only the result object is recorded.
    let text = match kind {
        Kind::Answer(_) => format!(r#"{{"retCode":0,"retMsg":"OK","result":{text},"retExtInfo":{{}},"time":1}}"#),
        _ => text,
    };
    Payload { source: "hirokisan_bybit", name: format!("hirokisan_bybit/{file}"), kind, text }
}

/// Verb, path, whether signed, then the answer.
fn jkorf_answer(path: &Path) -> Payload {
    // One file, of an endpoint that is refused whatever it says, was saved in another encoding.
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).replace('\u{feff}', "");
    let mut lines = text.splitn(4, '\n');
    let endpoint = lines.nth(1).unwrap().trim().to_owned();
    let text = lines.nth(1).unwrap().to_owned();
    Payload { source: "jkorf_bybit_net", name: format!("jkorf_bybit_net/{}", tail(path)), kind: Kind::Answer(endpoint), text }
}

/// `>` is what the client sends, `<` and `=` what it receives; a payload may begin on the next line and spans lines.
fn jkorf_script(path: &Path) -> Vec<Payload> {
    let kind = match tail(path).split('/').next().unwrap() {
        "Private" => Kind::Frame(StreamRole::Private),
        "Spot" => Kind::Frame(StreamRole::Public(Category::Spot)),
        "Option" => Kind::Foreign("/v5/public/option"),
        _ => Kind::Frame(StreamRole::Public(Category::Linear)),
    };
    let text = std::fs::read_to_string(path).unwrap().replace('\u{feff}', "");
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with(['>', '<', '=']) {
            blocks.push(line.trim_start_matches(['>', '<', '=']).trim_start_matches(|c: char| c.is_ascii_digit()).to_owned());
        } else if let Some(block) = blocks.last_mut() {
            block.push_str(line);
        }
    }
    let name = format!("jkorf_bybit_net/{}", tail(path));
    blocks.into_iter().map(|text| Payload { source: "jkorf_bybit_net", name: name.clone(), kind: kind.clone(), text }).collect()
}

fn tickers(path: &Path) -> Vec<Payload> {
    let rows: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let role = StreamRole::Public(Category::Linear);
    let payload = |row: Value| Payload { source: "rs_bybit", name: "rs_bybit".into(), kind: Kind::Frame(role), text: row.to_string() };
    rows.into_iter().map(payload).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { out.extend(files(&path)) } else { out.push(path) }
    }
    out.sort();
    out
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// The last folder and the file.
fn tail(path: &Path) -> String {
    format!("{}/{}", file_name(path.parent().unwrap()), file_name(path))
}
