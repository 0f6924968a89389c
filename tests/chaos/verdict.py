"""What the exchange's own record says about the bots that ran on it, dead ones included."""

from collections import Counter
from typing import Any

from tests.chaos.fleet import BotProcess, Venue

from mmbot.app.run import ACCOUNT_KEYS

LEVELS = 2
# recv_window and a second until nothing of a dead bot can arrive any more, and what the watchdog needs to look and cancel.
ORPHAN_MS = 5000 + 1000 + 2500


def check_record(
    venue: Venue, orders: list[dict[str, Any]], deaths_ms: dict[str, int], last: BotProcess
) -> dict[str, int]:
    """Nothing open, no orphan, no duplicate, and the last bot's books are the exchange's; returns what was counted.

    `orders`: every order that has ended. `deaths_ms`: when each killed run died. `last` is the bot that stopped in order at the end.
    """
    assert venue.open_orders() == []
    orphans = [
        row for row in orders if (died := deaths_ms.get(run_of(row))) and int(row["updatedTime"]) > died + ORPHAN_MS
    ]
    assert orphans == []
    ids = Counter(row["orderLinkId"] for row in orders)
    assert [name for name, count in ids.items() if count > 1] == []
    assert crowded(orders) == []
    traded = venue.execution_ids()
    booked = Counter(row["exec_id"] for row in last.facts("fill_booked"))
    assert set(traded.values()) <= {1}
    assert booked == traded
    report = last.report()
    record = {name: {key: row[key] for key in ACCOUNT_KEYS if key in row} for name, row in venue.markets().items()}
    assert report["bot"] == record
    return {"runs": len({run_of(row) for row in orders}), "orders": len(orders), "executions": len(traded)}


def run_of(row: dict[str, Any]) -> str:
    return str(row["orderLinkId"]).partition("-")[0]


def crowded(orders: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Where one run had more orders open at once than it quotes levels: each is a duplicate. (run, market and side, when)"""
    events: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in orders:
        place = (run_of(row), f"{row['category']}.{row['symbol']} {row['side']}")
        events.setdefault(place, []).extend([(int(row["createdTime"]), 1), (int(row["updatedTime"]), -1)])
    found = []
    for (run, side), changes in events.items():
        standing = 0
        # What ends in a millisecond ends before what begins in it.
        for at_ms, change in sorted(changes):
            standing += change
            if standing > LEVELS:
                found.append((run, side, at_ms))
    return found
