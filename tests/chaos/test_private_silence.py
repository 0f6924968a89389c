"""F11 with real processes: the private socket is open and answers pings, and tells nothing of orders, fills and coins.

The proxy keeps back what the exchange says of the account, so the bot can only find out by itself: by acknowledged requests whose rows do not
come, or, where it has nothing to ask for, by the fills that its queries know and the stream did not tell.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.chaos.conftest import Fleet
from tests.chaos.fleet import BotProcess, until
from tests.chaos.ordeal import Ordeal

Start = Callable[..., Fleet]
Record = Callable[[str, object], None]
TOPICS = frozenset({"order", "execution", "position", "wallet"})
# ns in a ms
MS = 1_000_000
# What left before the bot knew may still be on its way.
UNDER_WAY_MS = 250


class Silence:
    """For `FaultProxy.editor`: while it is on, nothing about the account passes."""

    def __init__(self, evidence: frozenset[str]) -> None:
        # Topics whose first message that is kept back begins the count.
        self._evidence = evidence
        self.on = False
        self.evidence_ns = 0
        self.kept_back = 0

    def begin(self) -> None:
        self.evidence_ns, self.kept_back, self.on = 0, 0, True

    def edit(self, payload: bytes) -> list[bytes]:
        if not self.on or b'"topic"' not in payload:
            return [payload]
        topic = str(json.loads(payload).get("topic", "")).partition(".")[0]
        if topic not in TOPICS:
            return [payload]
        self.kept_back += 1
        if topic in self._evidence:
            self.evidence_ns = self.evidence_ns or time.time_ns()
        return []


def since(bot: BotProcess, event: str, since_ns: int, **fields: Any) -> list[dict[str, Any]]:
    rows = (row for row in bot.facts(event) if row["ts_ns"] >= since_ns)
    return [row for row in rows if all(row[key] == value for key, value in fields.items())]


def strike(run: Fleet, ordeal: Ordeal, silence: Silence, within_s: float) -> float:
    """Once: seconds from the first message kept back to the bot's word that its stream is silent."""
    bot = run.bot
    assert bot is not None
    run.until_quoted(60)
    begun_ns = time.time_ns()
    silence.begin()
    tripped = until(
        lambda: since(bot, "guard_tripped", begun_ns, guard="private_silence"), within_s + 60, "silence found"
    )[0]
    silence.on = False
    done = until(lambda: since(bot, "recovery_moved", tripped["ts_ns"], stage="done"), 60, "recovery")[0]
    run.until_quoted(60)
    ordeal.look()
    rows = [*ordeal.orders.values(), *run.venue.open_orders()]
    after_ms, done_ms = tripped["ts_ns"] // MS + UNDER_WAY_MS, done["ts_ns"] // MS
    assert [row for row in rows if after_ms <= int(row["createdTime"]) < done_ms] == [], (
        "no new orders until all is known"
    )
    assert silence.kept_back
    assert silence.evidence_ns, "nothing showed the silence"
    return float(tripped["ts_ns"] - silence.evidence_ns) / 1e9


CASES: tuple[tuple[str, dict[str, Any], frozenset[str], float, int], ...] = (
    # A restless quoter: its requests are acknowledged, and their rows do not come.
    ("active", {}, TOPICS, 5.0, 5),
    # Quotes that stay where they are: only a fill shows it.
    ("idle", {"replace_threshold_bps": 50.0}, frozenset({"execution"}), 30.0, 3),
)


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "strategy", "evidence", "within_s", "times"), CASES, ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_a_silent_private_stream_is_found_and_nothing_is_lost(
    fleet: Start, record_property: Record, name: str, strategy: dict[str, Any], evidence: frozenset[str], within_s: float, times: int
) -> None:  # fmt: skip
    del name
    run = fleet("--takers", "3")
    run.config["strategy"] |= strategy
    silence = Silence(evidence)
    run.proxy.editor = silence.edit
    ordeal = Ordeal(run)
    ordeal.start()
    ordeal.consistent()
    found_s = sorted(strike(run, ordeal, silence, within_s) for _ in range(times))
    record_property("found_s", {"p50": round(found_s[times // 2], 2), "max": round(found_s[-1], 2), "times": times})
    ordeal.finish(record_property)
    assert found_s[-1] <= within_s
