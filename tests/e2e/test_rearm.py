"""A loss stop trips in a running bot and a person lifts it in two steps, over real processes."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.fleet import PROGRAM, BotProcess, Venue, configuration, until
from tests.e2e.commands import command

MARKET = "linear.BTCUSDT"
LIMIT = "4"

Record = Callable[[str, object], None]


class Losing:
    """An exchange whose price can be moved under the bot's quotes, and a bot with a daily loss limit."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.venue = Venue(folder, "--symbols", "BTCUSDT")
        stack.callback(self.venue.close)
        config = configuration(self.venue, folder, self.venue.port)
        config["guards"] = {"daily_loss": LIMIT}
        config["files"]["capture"] = str(folder / "run.mmcap")
        self.bot = BotProcess(folder, config, PROGRAM)
        stack.callback(self.bot.close)

    def rearm(self, *words: str) -> tuple[int, dict[str, Any], str]:
        return command(self.bot.config_file, "rearm", *words)

    def quotes(self) -> set[str]:
        return {row["side"] for row in self.venue.open_orders()}

    def lose(self, bps: int) -> None:
        """Traders who know more take what rests: at the old price, with the mark already elsewhere."""
        body = json.dumps({"command": "shift_price", "market": MARKET, "bps": bps}).encode()
        self.venue.ask("/sim/control", "POST", body)

    def until_tripped(self, times: int) -> None:
        """Price shocks until the stop has tripped so often."""

        def shaken() -> bool:
            if len(self.bot.facts("guard_tripped")) >= times:
                return True
            if self.quotes() == {"Buy", "Sell"}:
                self.lose(-150)
            return False

        until(shaken, 60, "the loss stop", poll_s=0.5)
        assert self.bot.facts("guard_tripped")[-1]["guard"] == "daily_loss"

    def tripped_again(self, within_s: float, times: int) -> None:
        until(lambda: len(self.bot.facts("guard_tripped")) >= times, within_s, "the stop is back")

    def steps(self) -> list[str]:
        return [row["step"] for row in self.bot.facts("rearm_moved")]


@pytest.fixture
def losing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Losing]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        yield Losing(tmp_path, stack)


def check_stopped(run: Losing) -> None:
    """What reduces may rest; what adds may not, for as long as one looks."""
    until(lambda: run.quotes() != {"Buy", "Sell"}, 5, "one side at most")
    end = time.monotonic() + 2
    while time.monotonic() < end:
        assert run.quotes() != {"Buy", "Sell"}
        time.sleep(0.05)


def lifted(run: Losing, why: str) -> tuple[dict[str, Any], dict[str, Any]]:
    code, proposal, errors = run.rearm("--minutes", "1", "--why", why)
    assert code == 0, errors
    code, confirmed, errors = run.rearm("--confirm", proposal["token"])
    assert code == 0, errors
    return proposal, confirmed


def check_refused(run: Losing, says: str, *words: str) -> None:
    code, _, errors = run.rearm(*words)
    assert code == 2
    assert says in errors
    assert "nothing was changed" in errors


def test_a_loss_stop_is_lifted_in_two_steps_and_one_more_limit_ends_it(losing: Losing) -> None:
    bot = losing.bot
    until(lambda: losing.quotes() == {"Buy", "Sell"}, 40, "quotes")
    check_refused(losing, "no loss stop is latched", "--minutes", "1", "--why", "curious")
    check_refused(losing, "no open proposal has this token", "--confirm", "1-00000000")
    losing.until_tripped(1)
    check_stopped(losing)
    code, proposal, errors = losing.rearm("--minutes", "1", "--why", "a bad print, seen and understood")
    assert code == 0, errors
    assert [row["guard"] for row in proposal["lifts"]] == ["daily_loss"]
    assert float(proposal["lifts"][0]["value"]) >= float(proposal["lifts"][0]["limit"]) == float(LIMIT)
    check_refused(losing, "no open proposal has this token", "--confirm", proposal["token"] + "0")
    assert losing.quotes() != {"Buy", "Sell"}, "proposed is not confirmed"
    code, confirmed, errors = losing.rearm("--confirm", proposal["token"])
    assert code == 0, errors
    assert (confirmed["step"], confirmed["why"]) == ("confirmed", "a bad print, seen and understood")
    bot.until_fact("guard_cleared", guard="daily_loss")
    until(lambda: losing.quotes() == {"Buy", "Sell"}, 20, "quotes again")
    check_refused(losing, "no open proposal has this token", "--confirm", proposal["token"])
    losing.until_tripped(2)
    check_stopped(losing)
    asked = bot.facts("rearm_asked")
    assert all(row["who"] for row in asked)
    assert "a bad print, seen and understood" in {row["why"] for row in asked}
    assert losing.steps() == ["refused_nothing_is_latched", "proposed", "confirmed"]
    bot.send(signal.SIGTERM)
    assert bot.finish(40) == 0, bot.errors()
    code, _, errors = losing.rearm("--minutes", "1", "--why", "too late")
    assert code == 2
    assert "no bot trades this account" in errors
    code, outcome, errors = command(None, "replay", str(losing.folder / "run.mmcap"))
    assert code == 0, (outcome, errors)


@pytest.mark.prove
def test_its_minutes_end_a_lift_and_a_day_has_two(losing: Losing, record_property: Record) -> None:
    until(lambda: losing.quotes() == {"Buy", "Sell"}, 40, "quotes")
    losing.until_tripped(1)
    lifted(losing, "first")
    began = time.monotonic()
    until(lambda: losing.quotes() == {"Buy", "Sell"}, 20, "quotes again")
    losing.tripped_again(70, 2)
    record_property("lifted_s", round(time.monotonic() - began, 1))
    assert time.monotonic() - began >= 58
    check_stopped(losing)
    lifted(losing, "second")
    losing.until_tripped(3)
    code, proposal, errors = losing.rearm("--minutes", "1", "--why", "third")
    assert code == 0, errors
    check_refused(losing, "as often as one day", "--confirm", proposal["token"])
    losing.bot.send(signal.SIGTERM)
    assert losing.bot.finish(40) == 0, losing.bot.errors()
