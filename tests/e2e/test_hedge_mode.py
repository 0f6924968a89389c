"""An account that keeps two positions a symbol stops the bot's start by name; switched back, the same bot quotes."""

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from pybit.unified_trading import HTTP
from tests.chaos.fleet import PROGRAM, BotProcess, Venue, configuration, until

EXIT_HALTED = 4


def switch(venue: Venue, mode: int) -> None:
    """Switches BTCUSDT by the official SDK."""
    session = HTTP(api_key=venue.ready["api_key"], api_secret=venue.ready["api_secret"])
    session.endpoint = venue.ready["rest"]
    with session.client:
        session.switch_position_mode(category="linear", symbol="BTCUSDT", mode=mode)


def test_hedge_mode_ends_the_start_and_says_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        venue = Venue(tmp_path, "--symbols", "BTCUSDT")
        stack.callback(venue.close)
        config = configuration(venue, tmp_path, venue.port)
        switch(venue, 3)
        bot = BotProcess(tmp_path, config, PROGRAM)
        stack.callback(bot.close)
        assert bot.finish(40) == EXIT_HALTED, bot.errors()
        fatal = bot.facts("fatal")[0]
        assert (fatal["why"], fatal["what"]) == ("admission", "position_mode_is_not_one_way")
        assert (fatal["field"], fatal["value"]) == ("positionIdx", "1 or 2")
        assert "switch them to one-way mode (position/switch-mode, mode 0)" in fatal["fix"]
        assert venue.markets()["linear.BTCUSDT"]["orders_placed"] == 0
        switch(venue, 0)
        again = BotProcess(tmp_path, config, PROGRAM)
        stack.callback(again.close)
        again.until_consistent()
        until(lambda: venue.markets()["linear.BTCUSDT"]["orders_placed"], 30, "a quote in one-way mode")
        again.send(signal.SIGTERM)
        assert again.finish(40) == 0, again.errors()
