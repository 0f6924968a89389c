"""The demo's report: the bot's own account beside the exchange's record, and the verdicts that follow from both."""

from collections.abc import Iterable, Sequence
from typing import Any

from mmbot.app.run import ACCOUNT_KEYS

Intervals = Sequence[Sequence[int]]
"""[start_ns, end_ns] pairs, ascending and disjoint."""

WARM_UP_NS = 2_000_000_000


def clip(intervals: Intervals, start_ns: int, end_ns: int) -> list[tuple[int, int]]:
    """The parts of the intervals inside [start_ns, end_ns]."""
    cut = ((max(first, start_ns), min(last, end_ns)) for first, last in intervals)
    return [(first, last) for first, last in cut if first < last]


def intersect(left: Intervals, right: Intervals) -> list[tuple[int, int]]:
    """Where both hold."""
    return [part for first, last in left for part in clip(right, first, last)]


def total(intervals: Iterable[Sequence[int]]) -> int:
    """Summed length in ns."""
    return sum(last - first for first, last in intervals)


def shares(trusted: Intervals, two_sided: Intervals, start_ns: int, end_ns: int) -> dict[str, float | None]:
    """`trusted_pct` of the time and `two_sided_pct` of the trusted time, from the warm-up's end to the stop signal."""
    begin_ns = start_ns + WARM_UP_NS
    if end_ns <= begin_ns:
        return {"trusted_pct": None, "two_sided_pct": None}
    held = clip(trusted, begin_ns, end_ns)
    both = intersect(held, two_sided)
    trusted_pct = 100 * total(held) / (end_ns - begin_ns)
    two_sided_pct = 100 * total(both) / total(held) if held else None
    return {
        "trusted_pct": round(trusted_pct, 3),
        "two_sided_pct": None if two_sided_pct is None else round(two_sided_pct, 3),
    }


def compose(bot: dict[str, Any], record: dict[str, Any], profile: str) -> dict[str, Any]:
    """The report. `bot` is the bot's own, `record` the exchange's; their position, cash and fees are compared as strings."""
    markets = record["markets"]
    start_ns, stop_ns = record["first_subscription_ns"], bot["stop_ns"]
    per_symbol = {
        name: shares(
            bot["trusted"].get(name, []), row["two_sided_ns"], stop_ns if start_ns is None else start_ns, stop_ns
        )
        for name, row in markets.items()
    }
    exchange = {name: {key: row[key] for key in ACCOUNT_KEYS if key in row} for name, row in markets.items()}
    return {
        "seconds": None if start_ns is None else round((stop_ns - start_ns) / 1e9, 3),
        "symbols": sorted(markets),
        "profile": profile,
        "capture": bot["capture"],
        "frames": bot["frames"],
        "decisions": bot["decisions"],
        "orders_sent": bot["orders_sent"],
        "fills": bot["fills"],
        "per_symbol": per_symbol,
        "open_orders_left": sum(row["open_orders"] for row in markets.values()),
        "bot": bot["bot"],
        "exchange": exchange,
        "reconciled": bot["bot"] == exchange,
        "exchange_fills": {
            name: {"count": row["fills"], "by_reason": row["fills_by_reason"]} for name, row in markets.items()
        },
        "skew": {name: row["skew"] for name, row in markets.items()},
        "pnl": bot["pnl"],
        "latency_us": bot["latency_us"],
        "commands": bot["commands"],
        "command_hash": bot["command_hash"],
    }
