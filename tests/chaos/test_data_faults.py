"""Law 6 with real processes: how long quotes outlive the first evidence that a market's data is not to be trusted.

By the exchange's own record: every order of the market that stood at the evidence, or came before trust did again, and when the last of
them ended. The proxy tells when the evidence went to the bot.
"""

import signal
import statistics
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from tests.chaos import data_faults
from tests.chaos.conftest import Fleet
from tests.chaos.data_faults import SYMBOL, DataFault
from tests.chaos.fleet import BotProcess, until
from tests.chaos.ordeal import Ordeal

Start = Callable[..., Fleet]
Record = Callable[[str, object], None]
MARKET = f"linear.{SYMBOL}"
OTHER = "linear.ETHUSDT"
# Strikes that count, and that are made at most.
TIMES = 5
MOST = 10
# ns in a ms
MS = 1_000_000
# Fault, the verdicts it may lead to, ms within which the quotes must be gone, and whether it is of one market alone.
FAULTS = (
    (data_faults.lost, {"gap"}, 1000, True),
    (data_faults.swapped, {"gap"}, 1000, True),
    (data_faults.cut_short, {"undecodable", "stream_down"}, 1000, False),
    (data_faults.off_grid, {"undecodable", "stream_down"}, 1000, False),
    (data_faults.crossed, {"crossed"}, 1000, True),
    (data_faults.one_sided, {"one_sided"}, 1000, True),
    (data_faults.late, {"late"}, 1000, True),
    (data_faults.traded_through, {"contradiction"}, 1000, True),
    # Counted from the trade: the book has a second to answer it.
    (data_faults.unanswered, {"contradiction"}, 2000, True),
    (data_faults.silence, {"stale"}, 4000, True),
    (data_faults.socket_lost, {"stream_down"}, 1000, False),
)


def moves(bot: BotProcess, event: str, market: str, since_ns: int) -> list[dict[str, Any]]:
    return [row for row in bot.facts(event) if row["market"] == market and row["ts_ns"] >= since_ns]


def beyond_the_ask(run: Fleet) -> str:
    """A price of ten whole units above the best ask, written with the ask's own digits."""
    ask = run.venue.ask(f"/v5/market/tickers?category=linear&symbol={SYMBOL}")["result"]["list"][0]["ask1Price"]
    whole, dot, rest = ask.partition(".")
    return f"{int(whole) + 10}{dot}{rest}"


def until_quoted(run: Fleet, within_s: float) -> None:
    run.until_quoted(within_s)


def strike(run: Fleet, ordeal: Ordeal, fault: DataFault, whys: set[str]) -> tuple[float, float] | None:
    """Once: ms from the evidence until no quote of before stood, and ms until the book was trusted again.

    None if nothing stood when the evidence came, because a fill or the machine had taken the quotes away by then: it shows nothing.
    """
    bot = run.bot
    assert bot is not None
    until_quoted(run, 75)
    armed_ns = time.time_ns()
    fault.arm(beyond_the_ask(run))
    lost = until(lambda: moves(bot, "trust_lost", MARKET, armed_ns), 30, "trust lost")[0]
    fault.over()
    gained = until(lambda: moves(bot, "trust_gained", MARKET, lost["ts_ns"]), 75, "trust again")[0]
    until_quoted(run, 75)
    if not 0 < fault.evidence_ns <= lost["ts_ns"]:
        return None
    assert lost["why"] in whys, lost
    ordeal.look()
    evidence_ms, gained_ms = fault.evidence_ns // MS, gained["ts_ns"] // MS
    stood = [
        row
        for row in [*ordeal.orders.values(), *run.venue.open_orders()]
        if row["symbol"] == SYMBOL and int(row["updatedTime"]) >= evidence_ms and int(row["createdTime"]) < gained_ms
    ]
    if not stood:
        return None
    assert all(row["orderStatus"] in {"Cancelled", "Filled"} for row in stood), stood
    # The record's milliseconds are cut off, not rounded.
    ended_ms = max(int(row["updatedTime"]) for row in stood) + 1
    return ended_ms - fault.evidence_ns / MS, (gained["ts_ns"] - fault.evidence_ns) / MS


@pytest.mark.prove
@pytest.mark.parametrize(
    ("harm", "whys", "within_ms", "alone"), FAULTS, ids=lambda value: getattr(value, "__name__", None)
)
def test_quotes_are_pulled_within_the_bound(
    fleet: Start, record_property: Record, harm: Any, whys: set[str], within_ms: float, alone: bool
) -> None:
    # Takers: a book that must answer trades needs some.
    run = fleet("--takers", "3")
    ordeal = Ordeal(run)
    ordeal.start()
    ordeal.consistent()
    bot, fault = run.bot, DataFault(harm)
    assert bot is not None
    until_quoted(run, 30)
    began_ns = time.time_ns()
    run.proxy.editor = fault.edit
    struck = (strike(run, ordeal, fault, whys) for _ in range(MOST))
    pulled, back = zip(*islice(filter(None, struck), TIMES), strict=True)
    assert len(pulled) == TIMES, "too often there was nothing to pull"
    record_property(
        "pulled_ms", {"p50": round(statistics.median(pulled), 1), "max": round(max(pulled), 1), "times": TIMES}
    )
    record_property("trusted_again_ms", {"p50": round(statistics.median(back), 1), "max": round(max(back), 1)})
    if alone:
        assert moves(bot, "trust_lost", OTHER, began_ns) == []
    bot.send(signal.SIGTERM)
    assert bot.finish(35) == 0, bot.errors()
    for name, value in ordeal.end().items():
        record_property(name, value)
    assert max(pulled) <= within_ms
