//! Seeds of the fault simulator: a handful with every `cargo test`; hundreds run from the installed program.
#![allow(clippy::unwrap_used)]

use mm_sim::world;

#[test]
fn seeds_hold_every_invariant_and_settle() {
    // The last one quotes by a strategy outside the core.
    for seed in [2, 1088, 4] {
        let outcome = world::run(seed).unwrap();
        assert_eq!(outcome.failure, None, "{}", outcome.repro());
        assert_eq!(outcome.thin(), "", "seed {seed}: {outcome:?}");
    }
}
