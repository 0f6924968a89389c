//! A short campaign of every target, the same each time; the long ones are `make prove-fuzz`.

use mm_fuzz::{Campaign, Codec, Doors, LiveBot, ReaderDifferential, Signature, Summary, Target, listen_to_panics};

fn campaign(target: &mut dyn Target, executions: u64) -> Summary {
    listen_to_panics();
    let summary = Campaign::new(target, 1, Vec::new()).run(&mut |done: u64| done >= executions);
    let told: Vec<String> =
        summary.crashes.iter().map(|crash| format!("{}\n  {}", crash.message, String::from_utf8_lossy(&crash.input))).collect();
    println!("pin each of these as a regression, then mend it: {}", told.join("\n"));
    assert!(told.is_empty());
    println!("{} executions, {} paths", summary.executions, summary.paths);
    summary
}

#[test]
fn the_codec_survives() {
    assert!(campaign(&mut Codec::new(), 150_000).paths > 300);
}

#[test]
fn the_reader_agrees_with_another() {
    assert!(campaign(&mut ReaderDifferential, 100_000).paths > 1_000);
}

#[test]
fn the_doors_survive() {
    assert!(campaign(&mut Doors, 1_500).paths > 60);
}

#[test]
fn a_quoting_bot_survives() {
    assert!(campaign(&mut LiveBot, 300).paths > 20);
}

/// A target with a bug, to show that one would be found and made small.
struct Buggy;

impl Target for Buggy {
    fn name(&self) -> &'static str {
        "buggy"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        vec![br#"{"price":"70000.1","side":"Buy"}"#.to_vec()]
    }

    fn run(&mut self, input: &[u8]) -> Result<Signature, String> {
        let text = String::from_utf8_lossy(input);
        assert!(!text.contains("9223372036854775808"), "overflow");
        Ok(Signature::from(text.contains("Sell")))
    }
}

#[test]
fn a_planted_bug_is_found_and_made_small() {
    listen_to_panics();
    let summary = Campaign::new(&mut Buggy, 1, Vec::new()).run(&mut |done: u64| done >= 20_000);
    let crash = summary.crashes.first().expect("the planted bug was not found");
    assert_eq!(crash.input, b"9223372036854775808");
    assert!(crash.message.starts_with("overflow at ") && crash.message.contains("short.rs"), "{}", crash.message);
}

#[test]
fn a_campaign_is_its_seed() {
    let once = |seed| Campaign::new(&mut Codec::new(), seed, Vec::new()).run(&mut |done: u64| done >= 3_000);
    assert_eq!(once(5), once(5));
}
