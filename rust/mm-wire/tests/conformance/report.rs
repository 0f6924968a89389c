//! The generated section of `docs/conformance.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use mm_wire::scope;

use super::sources::{Kind, Payload};
use super::verdict::Verdict;

pub const BEGIN: &str = "<!-- begin generated -->";
pub const END: &str = "<!-- end generated -->";

/// Which topic or endpoint is read or refused, and how many payloads of the set say so.
pub fn table(judged: &[(Payload, Verdict)], exceptions: &[(&str, &str, &str)]) -> String {
    let (mut read, mut refused) = (BTreeMap::<String, usize>::new(), BTreeMap::<(String, String), usize>::new());
    let (mut broken, mut altered) = (0, 0);
    for (payload, verdict) in judged {
        match verdict {
            Verdict::Read(seen) => *read.entry(place(payload, seen.what)).or_default() += 1,
            Verdict::Refused { what, reason } => *refused.entry((what.clone(), reason.to_string())).or_default() += 1,
            Verdict::Syntax => broken += 1,
            Verdict::Failed(_) => altered += 1,
        }
    }
    let mut out = String::from("\n### Read\n\n| topic or endpoint | payloads |\n|---|---|\n");
    for (name, count) in &read {
        writeln!(out, "| `{name}` | {count} |").unwrap();
    }
    out.push_str("\n### Refused by name\n\n| topic or endpoint | reason | payloads |\n|---|---|---|\n");
    for ((name, reason), count) in &refused {
        writeln!(out, "| `{name}` | {reason} | {count} |").unwrap();
    }
    out.push_str("\n### Refused by field\n\n| payload | refused as | why |\n|---|---|---|\n");
    for (name, error, why) in exceptions {
        writeln!(out, "| {name} | `{error}` | {why} |").unwrap();
    }
    let (all_read, all_refused): (usize, usize) = (read.values().sum(), refused.values().sum());
    let total = judged.len();
    writeln!(
        out,
        "\n{total} payloads: {all_read} read, {all_refused} refused by name, {altered} refused by field, {broken} published examples that are no JSON.\n"
    )
    .unwrap();
    out
}

fn place(payload: &Payload, what: &str) -> String {
    match &payload.kind {
        Kind::Answer(path) => scope::endpoint_row(path).map_or(path.clone(), |row| row.0.to_owned()),
        _ => what.to_owned(),
    }
}
