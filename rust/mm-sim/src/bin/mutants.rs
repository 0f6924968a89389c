//! `make mutants`: plants one bug after the other and lets the fault simulator find it. Prints JSON; fails unless every bug is caught and
//! the same seeds hold without one.

use std::process::ExitCode;

use mm_core::mutants::{Mutant, plant};
use mm_sim::world::{self, Outcome};
use serde_json::{Value, json};

/// A bug that so many seeds do not show is missed.
const MAX_SEEDS: u64 = 40;

/// The first seed that fails under `mutant`.
fn hunt(mutant: Mutant) -> Result<Option<Outcome>, String> {
    plant(Some(mutant));
    for seed in 1..=MAX_SEEDS {
        let outcome = world::run(seed)?;
        if outcome.failure.is_some() {
            return Ok(Some(outcome));
        }
    }
    Ok(None)
}

fn row(mutant: Mutant, caught: Option<&Outcome>) -> Value {
    let name = format!("{mutant:?}");
    match caught.and_then(|outcome| Some((outcome.seed, outcome.failure.as_ref()?))) {
        Some((seed, failure)) => {
            json!({"mutant": name, "caught": true, "phase": failure.phase, "invariant": failure.what, "first_seed": seed})
        }
        None => json!({"mutant": name, "caught": false}),
    }
}

fn run() -> Result<(Value, bool), String> {
    let (mut rows, mut caught, mut last_seed) = (Vec::new(), 0, 1);
    for mutant in Mutant::ALL {
        let found = hunt(mutant)?;
        caught += usize::from(found.is_some());
        last_seed = last_seed.max(found.as_ref().map_or(1, |outcome| outcome.seed));
        eprintln!("{mutant:?}: {}", found.as_ref().map_or("MISSED".into(), Outcome::repro));
        rows.push(row(mutant, found.as_ref()));
    }
    plant(None);
    let mut clean = true;
    for seed in 1..=last_seed {
        let outcome = world::run(seed)?;
        clean &= outcome.failure.is_none();
    }
    let report = json!({"mutants": Mutant::ALL.len(), "mutants_caught": caught, "seeds_hold_without": clean, "rows": rows});
    Ok((report, clean && caught == Mutant::ALL.len()))
}

fn main() -> ExitCode {
    match run() {
        Ok((report, passed)) => {
            println!("{report:#}");
            if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
