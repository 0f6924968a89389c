"""Interval arithmetic and the verdicts that a demo report draws."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mmbot.app.demo_report import clip, compose, intersect, shares, total

NS = 1_000_000_000


def disjoint(points: list[int]) -> list[tuple[int, int]]:
    """Ascending, disjoint intervals from any points."""
    ordered = sorted(set(points))
    return list(zip(ordered[::2], ordered[1::2], strict=False))


intervals = st.lists(st.integers(0, 1000), max_size=20).map(disjoint)


def inside(spans: list[tuple[int, int]], at: int) -> bool:
    return any(first <= at < last for first, last in spans)


@given(intervals, intervals)
def test_an_intersection_holds_where_both_hold(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    both = intersect(left, right)
    assert all(inside(both, at) == (inside(left, at) and inside(right, at)) for at in range(1001))
    assert total(both) == sum(inside(left, at) and inside(right, at) for at in range(1001))
    assert all(before[1] <= after[0] for before, after in pairwise(both))


@given(intervals, st.integers(0, 1000), st.integers(0, 1000))
def test_a_clip_holds_inside_its_window_only(spans: list[tuple[int, int]], start: int, end: int) -> None:
    cut = clip(spans, start, end)
    assert all(inside(cut, at) == (inside(spans, at) and start <= at < end) for at in range(1001))


def test_shares_count_from_two_seconds_after_the_first_subscription() -> None:
    trusted, two_sided = [(0, 4 * NS), (6 * NS, 10 * NS)], [(0, 3 * NS), (8 * NS, 12 * NS)]
    assert shares(trusted, two_sided, 0, 10 * NS) == {"trusted_pct": 75.0, "two_sided_pct": 50.0}
    assert shares([], two_sided, 0, 10 * NS) == {"trusted_pct": 0.0, "two_sided_pct": None}
    assert shares(trusted, two_sided, 0, 2 * NS) == {"trusted_pct": None, "two_sided_pct": None}


def report(bot_cash: str) -> dict[str, Any]:
    name = "linear.BTCUSDT"
    account = {"position": "0.1", "cash": "-6500", "fees": "-0.065"}
    bot = {
        "stop_ns": 10 * NS,
        "trusted": {name: [(0, 10 * NS)]},
        "bot": {name: account | {"cash": bot_cash}},
        "capture": None,
        "pnl": {"total": "0"},
        "latency_us": {},
    } | dict.fromkeys(("frames", "decisions", "orders_sent", "fills", "commands", "command_hash"), 1)
    row = account | {
        "open_orders": 2,
        "fills": 1,
        "fills_by_reason": {"MATCHED": 1},
        "skew": {},
        "two_sided_ns": [[0, 5 * NS]],
    }
    return compose(bot, {"markets": {name: row}, "first_subscription_ns": 0}, "demo-mm1")


def test_both_books_are_compared_as_strings() -> None:
    assert report("-6500")["reconciled"] is True
    assert report("-6500.0")["reconciled"] is False


def test_open_orders_are_the_exchanges_word() -> None:
    assert report("-6500")["open_orders_left"] == 2
    assert report("-6500")["per_symbol"]["linear.BTCUSDT"] == {"trusted_pct": 100.0, "two_sided_pct": 37.5}
