"""The bot dies, stalls, or is killed from outside: nothing of it stays at the exchange, by the exchange's own record."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.chaos.conftest import Fleet
from tests.chaos.fleet import BotProcess, until

Start = Callable[..., Fleet]


def until_quoting(fleet: Fleet, least: int = 2) -> None:
    until(lambda: all(row["open_orders"] >= least for row in fleet.venue.markets().values()), 30, "quotes")


def check_swept(fleet: Fleet, bot: BotProcess, cause: str) -> dict[str, Any]:
    report = bot.until_taken_over()
    assert report["cause"] == cause
    assert report["exit_code"] == 6, report
    assert report["sweep"]["verified"] is True
    assert report["sweep"]["first_cancel_acked_ms"] <= 1000
    left = [row for row in fleet.venue.open_orders() if row["orderLinkId"].startswith(report["run_id"] + "-")]
    assert left == []
    return report


def command(fleet: Fleet, *words: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "mmbot", *words, "--config", str(fleet.folder / "bot.yaml")],
        cwd=fleet.folder, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout or b"{}") | {"stderr": done.stderr.decode()}


@pytest.mark.prove
def test_a_killed_bot_leaves_nothing_and_its_successor_is_soon_consistent(fleet: Start) -> None:
    run = fleet("--takers", "3", "--symbols", "BTCUSDT,spot.BTCUSDT")
    bot = run.start()
    until_quoting(run)
    bot.kill()
    # The bound is on the first cancel (below); the last may wait for the machine.
    until(lambda: not run.venue.open_orders(), 5, "orders gone")
    heir = run.start()
    assert heir.until_consistent() <= 10
    check_swept(run, bot, "bot_died")
    until_quoting(run)
    heir.send(signal.SIGTERM)
    assert heir.finish(30) == 0, heir.errors()
    assert run.venue.open_orders() == []


def test_a_stall_of_three_seconds_resumes_and_one_past_the_deadline_is_killed(fleet: Start) -> None:
    run = fleet()
    bot = run.start()
    until_quoting(run)
    bot.send(signal.SIGSTOP)
    time.sleep(3)
    bot.send(signal.SIGCONT)
    # Long enough for a heartbeat.
    time.sleep(1.5)
    until_quoting(run)
    assert bot.facts("host_stalled"), "what waited in the sockets must not be quoted on"
    assert bot.process.poll() is None
    bot.send(signal.SIGSTOP)
    stopped = time.monotonic()
    until(lambda: bot.process.poll() is not None, 9, "killed")
    assert 5 <= time.monotonic() - stopped <= 8
    assert bot.process.returncode == -signal.SIGKILL
    check_swept(run, bot, "heartbeat_missed")


def test_the_kill_switch_works_on_a_stopped_bot_and_stays_latched(fleet: Start) -> None:
    run = fleet("--symbols", "BTCUSDT,spot.BTCUSDT")
    bot = run.start()
    until_quoting(run)
    bot.send(signal.SIGSTOP)
    code, report = command(run, "kill", "--why", "drill")
    assert code == 0, report
    assert report["bot"] == "killed"
    assert report["sweep"]["first_cancel_acked_ms"] <= 1000
    assert report["sweep"]["cancelled"] >= 4
    assert run.venue.open_orders() == []
    refused = run.start()
    assert refused.finish(10) == 2
    assert "kill switch is latched at level 3 (drill)" in refused.errors()
    code, report = command(run, "rearm", "--why", "the drill is over")
    assert (code, report["taken_away"]["why"]) == (0, "drill")
    again = run.start()
    until_quoting(run)
    again.send(signal.SIGTERM)
    assert again.finish(30) == 0, again.errors()


@pytest.mark.prove
def test_level_one_pauses_one_market_until_it_is_rearmed_also_over_a_restart(fleet: Start) -> None:
    run = fleet()
    bot = run.start()
    until_quoting(run)
    code, _ = command(run, "kill", "--why", "drill", "--level", "1", "--market", "linear.BTCUSDT")
    assert code == 0
    until(lambda: run.venue.markets()["linear.BTCUSDT"]["open_orders"] == 0, 1, "paused")
    placed = run.venue.markets()["linear.BTCUSDT"]["orders_placed"]
    bot.send(signal.SIGTERM)
    assert bot.finish(30) == 0, bot.errors()
    again = run.start()
    until(lambda: run.venue.markets()["linear.ETHUSDT"]["open_orders"] >= 2, 20, "the other market")
    time.sleep(1)
    assert run.venue.markets()["linear.BTCUSDT"]["orders_placed"] == placed
    command(run, "rearm", "--why", "the drill is over")
    until_quoting(run)
    again.send(signal.SIGTERM)
    assert again.finish(30) == 0, again.errors()


@pytest.mark.prove
def test_a_dead_watchdog_is_replaced_and_one_that_will_not_stay_ends_the_bot(fleet: Start) -> None:
    run = fleet()
    bot = run.start()
    until_quoting(run)
    for count in range(1, 5):
        until(lambda count=count: len(bot.facts("watchdog_started")) == count, 20, "watchdog")  # type: ignore[misc]
        os.kill(bot.facts("watchdog_started")[-1]["pid"], signal.SIGKILL)
    assert bot.finish(30) == 4, bot.errors()
    assert run.venue.open_orders() == []


def test_a_second_bot_is_refused_and_levels_one_and_two_reach_the_running_one(fleet: Start) -> None:
    run = fleet()
    bot = run.start()
    until_quoting(run)
    second = run.start()
    assert second.finish(10) == 2
    assert f"another bot (process {bot.pid}, run " in second.errors()
    command(run, "kill", "--why", "drill", "--level", "1", "--market", "linear.BTCUSDT")
    until(lambda: run.venue.markets()["linear.BTCUSDT"]["open_orders"] == 0, 1, "paused")
    assert bot.process.poll() is None
    began = time.monotonic()
    code, _ = command(run, "kill", "--why", "drill", "--level", "2")
    assert code == 0
    assert bot.finish(10) == 4
    assert time.monotonic() - began <= 5
    assert run.venue.open_orders() == []
