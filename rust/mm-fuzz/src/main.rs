//! `mm-fuzz [--seconds S] [--seed N] [--target NAME] [--crashes FOLDER]`: each target under mutation for S seconds; one JSON line each.
//! Exit code 1 if anything crashed; each crash is written, made small, to the folder and can be run again with `--input FILE`.
#![forbid(unsafe_code)]
#![allow(clippy::disallowed_types, reason = "how long a campaign runs is wall time; its inputs are drawn from the seed alone")]

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use mm_fuzz::{Campaign, Summary, Target, listen_to_panics, recordings, targets};
use serde_json::json;

/// Of the codec's entries, those that recorded texts are tried on: the four sockets and the account queries.
const RECORDED_ENTRIES: u8 = 12;

struct Options {
    seconds: u64,
    seed: u64,
    target: Option<String>,
    crashes: PathBuf,
    input: Option<PathBuf>,
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "mm-fuzz: {error}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options { seconds: 600, seed: 1, target: None, crashes: PathBuf::from("var/fuzz"), input: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{word}: {value:?} is not a whole number"));
        match word.as_str() {
            "--seconds" => options.seconds = number()?,
            "--seed" => options.seed = number()?,
            "--target" => options.target = Some(value),
            "--crashes" => options.crashes = PathBuf::from(value),
            "--input" => options.input = Some(PathBuf::from(value)),
            _ => return Err(format!("{word} is not an option: --seconds, --seed, --target, --crashes, --input are")),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<bool, String> {
    let wanted = |target: &dyn Target| options.target.as_ref().is_none_or(|name| name == target.name());
    let mut chosen: Vec<Box<dyn Target>> = targets().into_iter().filter(|target| wanted(target.as_ref())).collect();
    if chosen.is_empty() {
        return Err(format!("no target {:?}: codec, reader, doors and bot are", options.target));
    }
    if let Some(path) = &options.input {
        let input = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        return chosen.iter_mut().try_for_each(|target| target.run(&input).map(|_| ())).map(|()| true);
    }
    listen_to_panics();
    let mut clean = true;
    for target in &mut chosen {
        clean &= campaign(target.as_mut(), options)?;
    }
    Ok(clean)
}

fn campaign(target: &mut dyn Target, options: &Options) -> Result<bool, String> {
    let dir = std::env::var_os("MMBOT_DATA_DIR").map(PathBuf::from);
    let more = match (target.name(), dir) {
        ("codec", Some(dir)) => recordings(&dir, RECORDED_ENTRIES),
        ("reader", Some(dir)) => recordings(&dir, 1).into_iter().map(|text| text[1..].to_vec()).collect(),
        _ => Vec::new(),
    };
    let (name, begun) = (target.name(), Instant::now());
    let mut stop = |executions: u64| executions.is_multiple_of(256) && begun.elapsed().as_secs() >= options.seconds;
    let summary = Campaign::new(target, options.seed, more).run(&mut stop);
    report(name, options, begun.elapsed().as_secs(), &summary).map_err(|error| format!("{}: {error}", options.crashes.display()))?;
    Ok(summary.crashes.is_empty())
}

fn report(name: &str, options: &Options, seconds: u64, summary: &Summary) -> std::io::Result<()> {
    let crashes: Vec<&str> = summary.crashes.iter().map(|crash| crash.message.as_str()).collect();
    let line = json!({
        "target": name, "seed": options.seed, "executions": summary.executions, "seconds": seconds, "paths": summary.paths,
        "crashes": crashes.len(), "messages": crashes,
    });
    writeln!(std::io::stdout(), "{line}")?;
    for (index, crash) in summary.crashes.iter().enumerate() {
        std::fs::create_dir_all(&options.crashes)?;
        std::fs::write(options.crashes.join(format!("{name}-{}-{index}.bin", options.seed)), &crash.input)?;
    }
    Ok(())
}
