//! What each of the venue's return codes means for the thing that was asked: one table.
//!
//! The venue's words vary between services and years: codes decide, with one exception and one addition (see [`outcome`]).

use mm_core::input::{Outcome, RejectKind};

use RejectKind::{ClockSkew, Fatal, NotModified, OrderGone, Other, RateLimited};

/// A code's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// As good as success.
    Done,
    /// It may have happened: ask.
    Ask,
    /// It did not happen.
    No(RejectKind),
}

/// Sorted by code. A code that is not here is [`Meaning::Ask`]: the one meaning that cannot lose an order.
const TABLE: &[(i64, Meaning)] = &[
    (-2015, Meaning::No(Fatal)),
    (0, Meaning::Done),
    (429, Meaning::Ask),
    (10000, Meaning::Ask),
    (10001, Meaning::No(Other)),
    (10002, Meaning::No(ClockSkew(None))),
    (10003, Meaning::No(Fatal)),
    (10004, Meaning::No(Fatal)),
    (10005, Meaning::No(Fatal)),
    (10006, Meaning::No(RateLimited)),
    (10007, Meaning::No(Fatal)),
    (10008, Meaning::No(Fatal)),
    (10009, Meaning::No(Fatal)),
    (10010, Meaning::No(Fatal)),
    (10014, Meaning::No(Other)),
    (10016, Meaning::Ask),
    (10017, Meaning::No(Other)),
    (10019, Meaning::Ask),
    (10024, Meaning::No(Fatal)),
    (10027, Meaning::No(Fatal)),
    (10028, Meaning::No(Fatal)),
    (10029, Meaning::No(Fatal)),
    (10403, Meaning::Ask),
    (10404, Meaning::No(Other)),
    (10429, Meaning::Ask),
    (20001, Meaning::Done),
    (20003, Meaning::Ask),
    (20006, Meaning::No(Other)),
    (30208, Meaning::No(Other)),
    (30209, Meaning::No(Other)),
    (30228, Meaning::No(Other)),
    (33004, Meaning::No(Fatal)),
    (34040, Meaning::No(NotModified)),
    (40004, Meaning::No(Other)),
    (110001, Meaning::No(OrderGone)),
    (110003, Meaning::No(Other)),
    (110004, Meaning::No(Other)),
    (110006, Meaning::No(Other)),
    (110007, Meaning::No(Other)),
    (110008, Meaning::No(OrderGone)),
    (110009, Meaning::No(Other)),
    (110010, Meaning::No(OrderGone)),
    (110012, Meaning::No(Other)),
    (110017, Meaning::No(Other)),
    (110019, Meaning::No(Other)),
    (110020, Meaning::No(Other)),
    (110021, Meaning::No(Other)),
    (110023, Meaning::No(Other)),
    (110024, Meaning::No(Other)),
    (110025, Meaning::No(NotModified)),
    (110026, Meaning::No(NotModified)),
    (110027, Meaning::No(NotModified)),
    (110028, Meaning::No(Other)),
    (110032, Meaning::No(Other)),
    (110042, Meaning::No(Other)),
    (110043, Meaning::No(NotModified)),
    (110044, Meaning::No(Other)),
    (110045, Meaning::No(Other)),
    (110051, Meaning::No(Other)),
    (110052, Meaning::No(Other)),
    (110053, Meaning::No(Other)),
    (110063, Meaning::No(Other)),
    (110064, Meaning::No(Other)),
    (110066, Meaning::No(Other)),
    // The id is ours alone, so an order under it exists: ask for it.
    (110072, Meaning::Ask),
    (110074, Meaning::No(Other)),
    (110079, Meaning::No(Other)),
    (110085, Meaning::No(Other)),
    (110086, Meaning::No(Other)),
    (110090, Meaning::No(Other)),
    (110094, Meaning::No(Other)),
    (110095, Meaning::No(Other)),
    (110098, Meaning::No(Other)),
    (110103, Meaning::No(Other)),
    (110119, Meaning::No(Other)),
    (110120, Meaning::No(Other)),
    (110121, Meaning::No(Other)),
    (170001, Meaning::Ask),
    (170005, Meaning::Ask),
    (170007, Meaning::Ask),
    (170032, Meaning::Ask),
    (170105, Meaning::No(Other)),
    (170115, Meaning::No(Other)),
    (170116, Meaning::No(Other)),
    (170117, Meaning::No(Other)),
    (170121, Meaning::No(Other)),
    (170124, Meaning::No(Other)),
    (170130, Meaning::No(Other)),
    (170131, Meaning::No(Other)),
    (170132, Meaning::No(Other)),
    (170133, Meaning::No(Other)),
    (170134, Meaning::No(Other)),
    (170135, Meaning::No(Other)),
    (170136, Meaning::No(Other)),
    (170137, Meaning::No(Other)),
    (170139, Meaning::No(OrderGone)),
    (170140, Meaning::No(Other)),
    // As 110072.
    (170141, Meaning::Ask),
    (170142, Meaning::No(OrderGone)),
    (170143, Meaning::No(OrderGone)),
    (170145, Meaning::No(Other)),
    (170146, Meaning::Ask),
    (170147, Meaning::Ask),
    (170190, Meaning::No(OrderGone)),
    (170191, Meaning::No(Other)),
    (170192, Meaning::No(Other)),
    (170193, Meaning::No(Other)),
    (170194, Meaning::No(Other)),
    (170210, Meaning::No(Other)),
    (170212, Meaning::No(Other)),
    (170213, Meaning::No(OrderGone)),
    (170217, Meaning::No(Other)),
    (170218, Meaning::No(Other)),
    (170222, Meaning::No(RateLimited)),
    (170234, Meaning::Ask),
    (170313, Meaning::No(Other)),
    (170355, Meaning::No(Other)),
    (170371, Meaning::No(Other)),
    (170372, Meaning::No(Other)),
    (170381, Meaning::No(Other)),
    (170382, Meaning::No(Other)),
    (170810, Meaning::No(Other)),
    (500000, Meaning::Ask),
];

const PARAMETER_ERROR: i64 = 10001;
const TIME_ERROR: i64 = 10002;

/// The meaning of a return code. `text` is looked at for 10001, which also stands for an amend that changes nothing, and for 10002, which
/// tells the venue's time.
#[must_use]
pub fn outcome(code: i64, text: &[u8]) -> Outcome {
    if code == PARAMETER_ERROR && contains(text, b"remains unchanged") {
        return Outcome::Rejected(NotModified, code);
    }
    if code == TIME_ERROR {
        return Outcome::Rejected(ClockSkew(venue_ms(text)), code);
    }
    let meaning = TABLE.binary_search_by_key(&code, |row| row.0).ok().and_then(|at| TABLE.get(at)).map(|row| row.1);
    match meaning.unwrap_or(Meaning::Ask) {
        Meaning::Done => Outcome::Accepted,
        Meaning::Ask => Outcome::Ambiguous(code),
        Meaning::No(kind) => Outcome::Rejected(kind, code),
    }
}

/// The meaning of an HTTP status other than 200, whose body says nothing.
#[must_use]
pub fn http_outcome(status: u16) -> Outcome {
    let code = i64::from(status);
    match status {
        400 | 404 => Outcome::Rejected(Other, code),
        401 => Outcome::Rejected(Fatal, code),
        // The IP ban (it lifts by itself after ten quiet minutes).
        403 => Outcome::Rejected(RateLimited, code),
        _ => Outcome::Ambiguous(code),
    }
}

/// The venue's time in a refused time stamp's text, which ends `req_timestamp[..],server_timestamp[..],recv_window[..]`; `None` if it is not
/// all there, or if by these figures the stamp lay inside the window.
fn venue_ms(text: &[u8]) -> Option<i64> {
    let named = |name: &[u8]| {
        let at = text.windows(name.len()).position(|window| window == name)? + name.len();
        let number = text.get(at..)?.split(|byte| *byte == b']').next()?;
        core::str::from_utf8(number).ok()?.parse::<i64>().ok().filter(|number| *number >= 0)
    };
    let [stamp, server, window] = [named(b"req_timestamp[")?, named(b"server_timestamp[")?, named(b"recv_window[")?];
    let inside = server.saturating_sub(window) <= stamp && stamp < server.saturating_add(1000);
    (!inside).then_some(server)
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn what_leaves_an_order_in_doubt_is_ambiguous() {
        let doubtful =
            [429, 10000, 10016, 10019, 10403, 10429, 20003, 110072, 170001, 170005, 170007, 170032, 170141, 170146, 170147, 170234, 500000];
        for code in doubtful {
            assert_eq!(outcome(code, b""), Outcome::Ambiguous(code));
        }
        assert_eq!(outcome(999_999, b""), Outcome::Ambiguous(999_999), "an unknown code must not lose an order");
    }

    #[test]
    fn what_did_not_happen_says_how_the_engine_reacts() {
        let cases = [
            (10006, RateLimited),
            (170222, RateLimited),
            (10002, ClockSkew(None)),
            (10003, Fatal),
            (10010, Fatal),
            (33004, Fatal),
            (10029, Fatal),
            (110001, OrderGone),
            (110010, OrderGone),
            (170213, OrderGone),
            (110043, NotModified),
            (10001, Other),
            (110007, Other),
            (110017, Other),
            (110094, Other),
            (170131, Other),
        ];
        for (code, kind) in cases {
            assert_eq!(outcome(code, b"any words"), Outcome::Rejected(kind, code), "{code}");
        }
        assert_eq!(outcome(0, b""), Outcome::Accepted);
        assert_eq!(outcome(20001, b"repeat auth"), Outcome::Accepted);
    }

    #[test]
    fn an_amend_of_nothing_hides_behind_the_parameter_error() {
        let words = b"The order remains unchanged as the parameters entered match the existing ones.";
        assert_eq!(outcome(10001, words), Outcome::Rejected(NotModified, 10001));
        assert_eq!(outcome(110_001, words), Outcome::Rejected(OrderGone, 110_001));
    }

    #[test]
    fn a_ban_waits_and_a_broken_gateway_is_asked_again() {
        assert_eq!(http_outcome(403), Outcome::Rejected(RateLimited, 403));
        assert_eq!(http_outcome(401), Outcome::Rejected(Fatal, 401));
        for status in [429, 500, 502, 503, 504, 302] {
            assert_eq!(http_outcome(status), Outcome::Ambiguous(i64::from(status)));
        }
    }

    #[test]
    fn a_refused_time_stamp_tells_the_venues_time_if_its_figures_explain_it() {
        let told = |stamp: &str, server: &str, window: &str| {
            let head = "invalid request, please check your server timestamp or recv_window param. ";
            let text = format!("{head}req_timestamp[{stamp}],server_timestamp[{server}],recv_window[{window}]");
            outcome(10002, text.as_bytes())
        };
        let refused = |told| Outcome::Rejected(ClockSkew(told), 10002);
        assert_eq!(told("1700000001000", "1700000000000", "5000"), refused(Some(1_700_000_000_000)));
        assert_eq!(told("1699999994999", "1700000000000", "5000"), refused(Some(1_700_000_000_000)));
        assert_eq!(told("1700000000999", "1700000000000", "5000"), refused(None), "inside the window");
        assert_eq!(told("1699999995000", "1700000000000", "5000"), refused(None));
        for odd in ["", "soon", "-1", "99999999999999999999999", "1 "] {
            assert_eq!(told("1700000009000", odd, "5000"), refused(None), "{odd:?}");
        }
        assert_eq!(outcome(10002, b"server_timestamp[1700000000000]"), refused(None));
    }
}
