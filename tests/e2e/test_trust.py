"""A delta lost on purpose ends trust in one market, pulls its quotes, and both come back by themselves."""

import os
import signal
import time
from functools import partial
from typing import Any

from tests.e2e.conftest import DemoRun, Start

# Two levels a side in the default profile.
QUOTES = 4


def facts(run: DemoRun, event: str, market: str, since_ns: int) -> list[dict[str, Any]]:
    return [
        line for line in run.log() if line["event"] == event and line["market"] == market and line["ts_ns"] >= since_ns
    ]


def test_a_lost_delta_pulls_the_quotes_of_its_market_alone(start_demo: Start) -> None:
    run = start_demo()
    run.until(lambda: all(row["open_orders"] >= 2 for row in run.markets().values()))
    placed = run.until(
        lambda: (row := run.markets()["linear.BTCUSDT"])["open_orders"] >= QUOTES and row["orders_placed"]
    )
    since_ns = run.ask("/sim/status")["now_ns"]
    run.ask("/sim/drop-delta?topic=orderbook.50.BTCUSDT", method="POST")
    run.until(lambda: run.ask("/sim/status")["dropped_deltas"] == 1, within_s=10)
    lost = run.until(lambda: facts(run, "trust_lost", "linear.BTCUSDT", since_ns), within_s=5)
    assert [line["why"] for line in lost] == ["gap"]
    run.until(lambda: facts(run, "trust_gained", "linear.BTCUSDT", since_ns), within_s=10)
    back = run.until(lambda: (row := run.markets()["linear.BTCUSDT"])["open_orders"] >= QUOTES and row, within_s=10)
    assert back["orders_placed"] - placed >= QUOTES, "every quote was pulled: each had to be placed anew"
    ends = [end for _, end in run.markets()["linear.BTCUSDT"]["two_sided_ns"][:-1] if end >= since_ns]
    assert ends, "the quotes must have been pulled at the exchange"
    assert 0 <= ends[0] - lost[0]["ts_ns"] <= 1_000_000_000
    assert facts(run, "trust_lost", "linear.ETHUSDT", since_ns) == []
    os.kill(run.process.pid, signal.SIGTERM)
    assert run.finish(35) == 0, run.errors.read_text()
    assert run.report()["reconciled"] is True


def test_total_silence_ends_trust_within_four_seconds(start_demo: Start) -> None:
    run = start_demo()
    run.until(lambda: all(row["open_orders"] >= 2 for row in run.markets().values()))
    exchange, since_ns = run.child("exchange"), run.ask("/sim/status")["now_ns"]
    os.kill(exchange, signal.SIGSTOP)
    try:
        time.sleep(6)
    finally:
        os.kill(exchange, signal.SIGCONT)
    for market in ("linear.BTCUSDT", "linear.ETHUSDT"):
        lost = facts(run, "trust_lost", market, since_ns)
        assert lost, market
        assert lost[0]["ts_ns"] - since_ns <= 4_300_000_000
        run.until(partial(facts, run, "trust_gained", market, lost[0]["ts_ns"]), within_s=15)
    run.until(lambda: all(row["open_orders"] >= 2 for row in run.markets().values()), within_s=15)
    os.kill(run.process.pid, signal.SIGTERM)
    assert run.finish(35) == 0, run.errors.read_text()
    assert run.report()["reconciled"] is True
