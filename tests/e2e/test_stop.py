"""Stopping at random moments: no order left by the exchange's record, a report, and an end within 30 s."""

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.conftest import DemoRun, Start

COMBINATIONS = [(number, group) for number in (signal.SIGINT, signal.SIGTERM) for group in (False, True)]


def stop_at_a_random_moment(run: DemoRun, case: int) -> float:
    """Stops a fresh demo and checks what is left; seconds from the first signal to the demo's end."""
    moment = random.Random(case)  # noqa: S311 - a moment, not a secret
    number, group = COMBINATIONS[case % len(COMBINATIONS)]
    run.until_quoting()
    exchange, bot = run.child("exchange"), run.child("run")
    time.sleep(moment.uniform(0, 3))
    began = time.monotonic()
    for repeat in range(1 + (moment.randint(2, 4) if case % 2 == case // 4 % 2 else 0)):
        time.sleep(moment.uniform(0, 0.25) if repeat else 0)
        try:
            if group:
                os.killpg(run.process.pid, number)
            else:
                os.kill(bot, number)
        except ProcessLookupError:
            break
    code = run.finish(35)
    took_s = time.monotonic() - began
    assert code == 0, run.errors.read_text()
    assert took_s <= 30
    report = run.report()
    assert report["open_orders_left"] == 0
    assert report["orders_sent"] > 0
    assert report["bot"] == report["exchange"]
    assert not Path(f"/proc/{exchange}").exists(), "the exchange must end with its demo"
    assert not Path(f"/proc/{bot}").exists()
    return took_s


def stop_all(start_demo: Start, cases: range, at_once: int) -> list[float]:
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda case: stop_at_a_random_moment(start_demo("--takers", str(case)), case), cases))


def test_five_random_moments(start_demo: Start) -> None:
    stop_all(start_demo, range(5), at_once=5)


@pytest.mark.prove
def test_twenty_random_moments(start_demo: Start, record_property: Callable[[str, object], None]) -> None:
    took_s = stop_all(start_demo, range(100, 120), at_once=4)
    record_property("moments", len(took_s))
    record_property("longest_stop_s", round(max(took_s), 3))
