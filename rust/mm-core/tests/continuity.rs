//! The gap rule of one order book topic.

use mm_core::continuity::{Applied, Continuity, Refused};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn only_an_unbroken_stream_is_applied(messages in prop::collection::vec((prop::bool::weighted(0.15), 0_u64..7), 1..60)) {
        let (mut rule, mut held, mut reported) = (Continuity::new(), None, false);
        for (snapshot, update_id) in messages {
            let got = rule.check(snapshot, update_id);
            if snapshot || update_id == 1 {
                let resent = snapshot && held == Some(update_id);
                prop_assert_eq!(got, Ok(if resent { Applied::Resent } else { Applied::Snapshot }));
                (held, reported) = (Some(update_id), false);
            } else if held.is_some_and(|last| last + 1 == update_id) {
                prop_assert_eq!(got, Ok(Applied::Delta));
                held = Some(update_id);
            } else {
                let gap = Refused::Gap { expected: held.map(|last| last + 1), got: update_id };
                prop_assert_eq!(got, Err(if reported { Refused::AwaitingSnapshot } else { gap }));
                (held, reported) = (None, true);
            }
            prop_assert_eq!(rule.last(), held);
        }
    }
}

#[test]
fn a_break_that_the_caller_saw_waits_for_a_snapshot() {
    let mut rule = Continuity::new();
    assert_eq!(rule.check(true, 8), Ok(Applied::Snapshot));
    rule.invalidate();
    assert_eq!(rule.check(false, 9), Err(Refused::AwaitingSnapshot));
    assert_eq!(rule.check(true, u64::MAX), Ok(Applied::Snapshot));
    assert_eq!(rule.check(false, 0), Err(Refused::Gap { expected: None, got: 0 }));
}
