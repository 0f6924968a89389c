"""The venue changes a market's tick and step under a real bot: its quotes come back in the new grid, with every order and execution accounted for."""

import json
import signal
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.fleet import PROGRAM, BotProcess, Venue, configuration, until

from mmbot.app.replay import replay_capture

COARSER = {
    "priceFilter": {"tickSize": "0.50", "minPrice": "0.50", "maxPrice": "1999999.50"},
    "lotSizeFilter": {"qtyStep": "0.005", "minOrderQty": "0.005"},
}


def regrid(venue: Venue) -> None:
    command = {"command": "set_instrument", "market": "linear.BTCUSDT", "info": COARSER}
    venue.ask("/sim/control", "POST", json.dumps(command).encode())


def quotes(venue: Venue, symbol: str) -> dict[str, Decimal]:
    return {row["side"]: Decimal(row["price"]) for row in venue.open_orders() if row["symbol"] == symbol}


def quoted(venue: Venue, *symbols: str) -> bool:
    return all(set(quotes(venue, symbol)) == {"Buy", "Sell"} for symbol in symbols or ("BTCUSDT", "ETHUSDT"))


def started(folder: Path, stack: ExitStack, **run: str) -> tuple[Venue, BotProcess]:
    """A bot that quotes two contracts, of one with sizes that fit both grids."""
    venue = Venue(folder, "--symbols", "BTCUSDT,ETHUSDT")
    stack.callback(venue.close)
    config: dict[str, Any] = configuration(venue, folder, venue.port)
    sized = next(row for row in config["markets"] if row["symbol"] == "BTCUSDT")
    sized |= {"order_qty": "0.005", "max_position": "0.05"}
    sized["max_order_notional"] = "2000"
    config["run"] = run
    bot = BotProcess(folder, config, PROGRAM)
    stack.callback(bot.close)
    until(lambda: quoted(venue), 30, "quotes of both")
    return venue, bot


def test_quotes_come_back_in_the_new_grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        venue, bot = started(tmp_path, stack)
        regrid(venue)
        until(lambda: bot.facts("renewal_begun"), 20, "the end of the first run")
        until(lambda: quoted(venue) and bot.facts("stopped"), 40, "quotes of both in the second run")
        assert all(price % Decimal("0.5") == 0 for price in quotes(venue, "BTCUSDT").values())
        bot.send(signal.SIGTERM)
        assert bot.finish(40) == 0, bot.errors()
        assert venue.open_orders() == []
        runs = {row["orderLinkId"].partition("-")[0] for row in venue.ended_orders()}
        assert len(runs) == 2, "an order id of its own for each run"
        booked = [row["exec_id"] for row in bot.facts("fill_booked")]
        assert len(booked) == len(set(booked))
        assert set(booked) == set(venue.execution_ids())
        assert bot.facts("stopped")[-1]["clean"] is True
    captures = sorted((tmp_path / "var" / "capture").glob("*.mmcap"))
    assert len(captures) == 2
    for capture in captures:
        outcome = replay_capture(capture)
        assert (outcome["difference"], outcome["broken_off"]) == (None, None)


def test_with_a_fixed_run_id_the_market_stays_pulled_and_the_other_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        venue, bot = started(tmp_path, stack, run_id="fixed")
        regrid(venue)
        assert bot.until_fact("renewal_refused")["market"] == "linear.BTCUSDT"
        until(lambda: quoted(venue, "ETHUSDT") and not quotes(venue, "BTCUSDT"), 20, "quotes of the other market alone")
        bot.send(signal.SIGTERM)
        assert bot.finish(40) == 0, bot.errors()
        assert not bot.facts("renewal_begun")
