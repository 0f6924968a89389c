"""Ten disconnects in a row: when the bot came back, that it did not flood, and that only a healthy minute counts as healed."""

import signal
import time
from collections.abc import Callable

import pytest
from tests.chaos.conftest import Fleet
from tests.chaos.fleet import BotProcess, until

Start = Callable[..., Fleet]
Record = Callable[[str, object], None]
DISCONNECTS = 10
PUBLIC = "public.linear"


def downs(bot: BotProcess) -> list[dict[str, float]]:
    return [row for row in bot.facts("stream_down") if row["role"] == PUBLIC]


def ups(bot: BotProcess) -> int:
    return sum(row["role"] == PUBLIC for row in bot.facts("stream_up"))


@pytest.mark.prove
def test_ten_disconnects_in_a_row_and_the_minute_that_heals(fleet: Start, record_property: Record) -> None:
    run = fleet()
    bot = run.start()
    bot.until_consistent()
    accepted = run.proxy.accepted
    back_s = []
    for count in range(1, DISCONNECTS + 1):
        began = time.monotonic()
        run.proxy.cut()
        until(lambda count=count: len(downs(bot)) >= count, 10, "noticed")  # type: ignore[misc]
        until(lambda count=count: ups(bot) > count, 75, f"reconnect {count}")  # type: ignore[misc]
        back_s.append(round(time.monotonic() - began, 2))
    retries_s = [row["retry_in_ns"] / 1e9 for row in downs(bot)]
    failures = [row["failures"] for row in downs(bot)]
    record_property("back_s", back_s)
    record_property("retry_s", [round(value, 2) for value in retries_s])
    record_property("connections_accepted", run.proxy.accepted - accepted)
    assert failures == list(range(1, DISCONNECTS + 1))
    for number, retry_s in enumerate(retries_s):
        longest = min(60, 2**number)
        assert 0.7 * longest <= retry_s <= longest
    # Three sockets and the HTTP session's connections, once each per cut, and no storm between.
    assert run.proxy.accepted - accepted <= DISCONNECTS * 8
    # 50 s of health are not enough.
    time.sleep(50)
    run.proxy.cut()
    until(lambda: len(downs(bot)) == DISCONNECTS + 1, 10, "noticed")
    assert downs(bot)[-1]["failures"] == DISCONNECTS + 1
    until(lambda: ups(bot) == DISCONNECTS + 2, 75, "reconnect")
    time.sleep(62)
    run.proxy.cut()
    until(lambda: len(downs(bot)) == DISCONNECTS + 2, 10, "noticed")
    assert downs(bot)[-1]["failures"] == 1
    until(lambda: all(row["open_orders"] >= 2 for row in run.venue.markets().values()), 75, "quotes")
    bot.send(signal.SIGTERM)
    assert bot.finish(35) == 0, bot.errors()
