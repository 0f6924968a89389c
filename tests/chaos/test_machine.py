"""The machine under the bot fails: its disk is full, its clock is wrong."""

import resource
import signal
import sys
import time
from collections.abc import Callable

import pytest
from tests.chaos.conftest import Fleet
from tests.chaos.fleet import PROGRAM, until
from tests.chaos.ordeal import Ordeal

Start = Callable[..., Fleet]
Record = Callable[[str, object], None]


def test_a_disk_without_room_for_the_capture_pulls_the_quotes_and_halts(fleet: Start) -> None:
    run = fleet()
    bot = run.start()
    run.until_quoted()
    capture = next((run.folder / "var/capture").glob("*.mmcap"))
    # No file of the bot may grow beyond what its capture has now; its log, far smaller, may.
    full = max(capture.stat().st_size, (run.folder / "bot.log").stat().st_size + 4096)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (full, full))
    began = time.monotonic()
    until(lambda: not run.venue.open_orders(), 20, "pulled")
    assert bot.finish(15) == 4, bot.errors()
    assert time.monotonic() - began <= 20
    assert [row["why"] for row in bot.facts("halted")] == ["capture_lost"]
    assert run.venue.open_orders() == []


SKEWED = """
import sys, time
real, skew_ns = time.time_ns, int(float(sys.argv.pop(1)) * 1e9)
time.time_ns = lambda: real() + skew_ns
from mmbot.app.cli import main
main()
"""


@pytest.mark.prove
@pytest.mark.parametrize("skew_s", [-10.0, -2.0, -0.5, 0.5, 2.0, 10.0])
def test_a_wrong_clock_is_corrected_by_the_venues(fleet: Start, record_property: Record, skew_s: float) -> None:
    run = fleet("--takers", "3", "--symbols", "BTCUSDT,spot.BTCUSDT")
    script = run.folder / "skewed.py"
    script.write_text(SKEWED)
    run.program = (sys.executable, str(script), str(skew_s))
    ordeal = Ordeal(run)
    ordeal.start()
    bot = run.bot
    assert bot is not None
    run.until_quoted()
    time.sleep(5)
    bot.send(signal.SIGTERM)
    assert bot.finish(35) == 0, bot.errors()
    refused = [row for row in bot.facts("request_failed") if row.get("code") == 10002]
    record_property("refused_for_the_clock", len(refused))
    run.program = PROGRAM
    ordeal.consistent_s.clear()
    for name, value in ordeal.end().items():
        record_property(name, value)
