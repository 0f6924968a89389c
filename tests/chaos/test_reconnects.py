"""Ten disconnects in a row: when the bot came back, that it did not flood, and that only a healthy minute counts as healed."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.conftest import Fleet
from tests.chaos.fleet import BotProcess, until

Start = Callable[..., Fleet]
Record = Callable[[str, object], None]
DISCONNECTS = 10
PUBLIC = "public_linear"


def moves(bot: BotProcess) -> list[dict[str, Any]]:
    """What became of the public socket, in order."""
    rows = bot.facts("stream_down") + bot.facts("stream_up")
    return sorted((row for row in rows if row["role"] == PUBLIC), key=lambda row: int(row["ts_ns"]))


def downs(bot: BotProcess) -> list[dict[str, Any]]:
    return [row for row in moves(bot) if row["event"] == "stream_down"]


def cut(run: Fleet, bot: BotProcess, count: int) -> None:
    """Cuts every connection for the `count`th time, and waits until the public socket is back."""
    run.proxy.cut()
    until(lambda: len(downs(bot)) >= count, 20, f"cut {count} noticed")
    until(lambda: moves(bot)[-1]["event"] == "stream_up", 90, f"back after cut {count}")
    assert len(downs(bot)) == count, "it went down by itself"


def held(pid: int) -> tuple[int, int]:
    """Descriptors and threads of a process."""
    process = Path(f"/proc/{pid}")
    return sum(1 for _ in (process / "fd").iterdir()), sum(1 for _ in (process / "task").iterdir())


@pytest.mark.prove
def test_ten_disconnects_in_a_row_and_the_minute_that_heals(fleet: Start, record_property: Record) -> None:
    run = fleet()
    bot = run.start()
    bot.until_consistent()
    run.until_quoted()
    # Idle connections of the HTTP session are closed after 15 s.
    time.sleep(17)
    before = held(bot.pid)
    upgrades, asked = run.proxy.upgrades, run.proxy.http_requests
    back_s = []
    for count in range(1, DISCONNECTS + 1):
        began = time.monotonic()
        cut(run, bot, count)
        back_s.append(round(time.monotonic() - began, 2))
    retries_s = [row["retry_in_ns"] / 1e9 for row in downs(bot)]
    failures = [row["failures"] for row in downs(bot)]
    record_property("back_s", back_s)
    record_property("retry_s", [round(value, 2) for value in retries_s])
    record_property("sockets_opened", run.proxy.upgrades - upgrades)
    record_property("http_requests", run.proxy.http_requests - asked)
    assert failures == list(range(1, DISCONNECTS + 1))
    for number, retry_s in enumerate(retries_s):
        longest = min(45, 2**number)
        assert 0.7 * longest <= retry_s <= longest
    # Each of the three sockets once per cut, and no storm between.
    assert run.proxy.upgrades - upgrades <= DISCONNECTS * 3
    # 50 s of health are not enough.
    time.sleep(50)
    cut(run, bot, DISCONNECTS + 1)
    assert downs(bot)[-1]["failures"] == DISCONNECTS + 1
    time.sleep(62)
    cut(run, bot, DISCONNECTS + 2)
    assert downs(bot)[-1]["failures"] == 1
    run.until_quoted(75)
    time.sleep(17)
    after = held(bot.pid)
    record_property("descriptors_and_threads", [before, after])
    # Fewer is a connection of the HTTP session that rests.
    assert after[0] <= before[0]
    assert after[1] == before[1]
    bot.send(signal.SIGTERM)
    assert bot.finish(35) == 0, bot.errors()
