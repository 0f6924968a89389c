"""SIGSTOP at each named step: three seconds resume without an old command, ten are the watchdog's."""

import re
import signal
import statistics
import time
from collections.abc import Callable

import pytest
from tests.chaos.conftest import Fleet
from tests.chaos.fleet import until
from tests.chaos.ordeal import Ordeal
from tests.chaos.proxy import Trap
from tests.chaos.steps import STEPS, Step, until_sprung

Start = Callable[..., Fleet]
Record = Callable[[str, object], None]
OPTIONS = ("--takers", "3", "--symbols", "BTCUSDT,spot.BTCUSDT")
STAMP = re.compile(rb'"X-BAPI-TIMESTAMP":\s*"?(\d+)')
# From the stamp in the core to the proxy, on a machine that has other work: far below recv_window, far above the usual.
MAX_AGE_MS = 1000


class Ages:
    """How old each order request is when it passes."""

    def __init__(self) -> None:
        self.ms: list[float] = []

    def see(self, plain: bytes) -> None:
        now_ms = time.time_ns() / 1e6
        self.ms += [now_ms - int(stamp) for stamp in STAMP.findall(plain)]


def stall_at(run: Fleet, step: Step, seconds: float) -> None:
    """Stops the bot when the step passes, and lets it go on after `seconds`."""
    trap = Trap(step.direction, step.pattern, lambda: run.signal_bot(signal.SIGSTOP), drop=step.drop)
    run.proxy.trap = trap
    until_sprung(run, step, trap)
    time.sleep(seconds)
    run.signal_bot(signal.SIGCONT)


@pytest.mark.prove
def test_a_stall_of_three_seconds_at_each_step_resumes_without_an_old_command(
    fleet: Start, record_property: Record
) -> None:
    run = fleet(*OPTIONS)
    ages = Ages()
    run.proxy.witness = ages.see
    ordeal = Ordeal(run)
    ordeal.start()
    ordeal.consistent()
    bot, back_s = run.bot, []
    assert bot is not None
    # What arrives late belongs to the line, not to a stall.
    for step in (step for step in STEPS if not step.boot and not step.hold_s):
        stall_at(run, step, 3.0)
        resumed = time.monotonic()
        until(lambda: all(row["open_orders"] >= 2 for row in run.venue.markets().values()), 60, step.name)
        back_s.append(time.monotonic() - resumed)
        assert bot.process.poll() is None, step.name
    stalls = len(back_s)
    assert len(bot.facts("host_stalled")) >= stalls
    bot.send(signal.SIGTERM)
    assert bot.finish(35) == 0, bot.errors()
    record_property("stalls", stalls)
    record_property("order_requests", len(ages.ms))
    record_property("oldest_request_ms", round(max(ages.ms), 1))
    record_property("quotes_back_s_p50", round(statistics.median(back_s), 3))
    record_property("quotes_back_s_max", round(max(back_s), 3))
    assert max(ages.ms) <= MAX_AGE_MS
    for name, value in ordeal.end().items():
        record_property(name, value)


@pytest.mark.prove
@pytest.mark.parametrize("name", ["order leaving, arrives at once", "order acknowledged", "cancel leaving"])
def test_a_stall_of_ten_seconds_is_taken_over(fleet: Start, record_property: Record, name: str) -> None:
    run = fleet(*OPTIONS)
    ordeal = Ordeal(run)
    run_id = ordeal.start()
    ordeal.consistent()
    bot = run.bot
    assert bot is not None
    stall_at(run, next(step for step in STEPS if step.name == name), 10.0)
    assert bot.finish(1) == -signal.SIGKILL
    report = bot.until_taken_over()
    ordeal.deaths_ms[run_id] = report["trigger_ns"] // 1_000_000
    assert (report["cause"], report["exit_code"]) == ("heartbeat_missed", 6), report
    sweep = report["sweep"]
    for key in ("first_cancel_acked_ms", "verified_empty_ms", "second_look_ms"):
        record_property(key, sweep[key])
    record_property("silent_s", report["silent_s"])
    assert sweep["first_cancel_acked_ms"] <= 1000
    figures = ordeal.end(5)
    for key, value in figures.items():
        record_property(key, value)
