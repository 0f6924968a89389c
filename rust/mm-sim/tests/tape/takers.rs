//! Seeded takers come when they say, reach us, and do the same again from the same seed.

use mm_core::units::Side;
use mm_sim::api::FillReason;
use mm_sim::liquidity::{Happening, Liquidity, Outbox};
use mm_sim::takers::{Takers, TakersConfig};

use crate::support::{Desk, book};

/// 1.0 bp of the touch is 10 ticks here.
fn wide_desk() -> Desk {
    let opening = book("snapshot", 11, &[(100_000, 5), (99_990, 70)], &[(100_001, 4), (100_011, 60)]);
    let mut desk = Desk::open(&[opening]);
    desk.next();
    desk
}

fn run(seed: u64, seconds: i64, quotes: bool) -> (usize, Vec<(i64, Happening)>) {
    let mut desk = wide_desk();
    let mut takers = Takers::new(seed, 1, TakersConfig::default());
    assert_eq!(takers.next_due(), None);
    let start_ns = desk.now_ns;
    takers.start(start_ns);
    let (mut visits, mut all) = (0, Vec::new());
    while let Some(due_ns) = takers.next_due().filter(|due| *due <= start_ns + seconds * 1_000_000_000) {
        if quotes {
            let keys = [desk.rest(Side::Buy, 99_985, 2), desk.rest(Side::Sell, 100_016, 2)];
            let mut out = Outbox::default();
            takers.step(due_ns, &mut desk.tape, &mut out);
            assert!(out.market.is_empty(), "nothing is printed");
            all.extend(out.happenings);
            keys.into_iter().for_each(|key| drop(desk.cancel(key)));
        } else {
            takers.step(due_ns, &mut desk.tape, &mut Outbox::default());
        }
        visits += 1;
    }
    (visits, all)
}

#[test]
fn about_one_a_second_and_some_reach_quotes_behind_the_displayed_size() {
    let (visits, fills) = run(5, 600, true);
    assert!((500..700).contains(&visits), "{visits}");
    let share = fills.len() as f64 / visits as f64;
    assert!((0.1..0.6).contains(&share), "{share}");
    for (_, happening) in fills {
        let Happening::Filled { is_maker, reason, seq, .. } = happening else { panic!("only fills") };
        assert_eq!((is_maker, reason, seq), (true, FillReason::TakerSeed, 1100));
    }
}

#[test]
fn the_same_seed_does_the_same_whatever_it_meets() {
    assert_eq!(run(5, 100, true), run(5, 100, true));
    assert_ne!(run(5, 100, true).1, run(6, 100, true).1);
    assert_eq!(run(5, 100, true).0, run(5, 100, false).0, "the times do not depend on the fills");
}

#[test]
fn a_late_step_catches_up_at_the_times_that_were_due() {
    let mut desk = wide_desk();
    let mut takers = Takers::new(5, 1, TakersConfig { size_share: (2.0, 2.0), ..TakersConfig::default() });
    takers.start(desk.now_ns);
    desk.rest(Side::Buy, 100_000, 1);
    desk.rest(Side::Sell, 100_001, 1);
    let mut out = Outbox::default();
    let now_ns = desk.now_ns + 60_000_000_000;
    takers.step(now_ns, &mut desk.tape, &mut out);
    let times: Vec<_> = out.happenings.iter().map(|row| row.0).collect();
    assert_eq!(times.len(), 2);
    assert!(times[0] < times[1] && times[1] < now_ns);
    assert!(takers.next_due().unwrap() > now_ns);
}

#[test]
fn takers_stop_with_the_tape() {
    let mut desk = wide_desk();
    let mut takers = Takers::new(5, 1, TakersConfig::default());
    takers.start(desk.now_ns);
    desk.next();
    assert!(desk.tape.ended());
    takers.step(i64::MAX, &mut desk.tape, &mut Outbox::default());
    assert_eq!(takers.next_due(), None);
}
