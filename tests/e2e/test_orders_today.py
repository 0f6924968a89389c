"""The day's order cap over a killed and started again bot, by the exchange's own record."""

import json
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.chaos.fleet import PROGRAM, BotProcess, Venue, configuration, until

# Fewer than the bot begins with.
CAP = 3


def placed(venue: Venue) -> int:
    return sum(row["orders_placed"] for row in venue.markets().values())


def test_a_bot_that_is_killed_at_its_cap_places_no_second_days_worth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        venue = Venue(tmp_path, "--symbols", "BTCUSDT")
        stack.callback(venue.close)
        config = configuration(venue, tmp_path, venue.port, deadline_s=3.0)
        config["guards"] = {"max_orders_per_day": CAP}
        first = BotProcess(tmp_path, config, PROGRAM)
        stack.callback(first.close)
        first.until_fact("guard_tripped", 60, guard="order_cap")
        count = tmp_path / "state" / "orders-today.json"
        until(lambda: count.exists() and json.loads(count.read_bytes())["placed"] == CAP, 5, "the count is written")
        assert placed(venue) == CAP
        first.kill()
        second = BotProcess(tmp_path, config, PROGRAM)
        stack.callback(second.close)
        second.until_fact("guard_tripped", 60, guard="order_cap")
        second.until_consistent()
        second.until_fact("trust_gained")
        second.send(signal.SIGTERM)
        assert second.finish(35) == 0
        assert placed(venue) == CAP
