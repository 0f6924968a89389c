"""Exchanges, bots and proxies that always end."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.chaos.fleet import PROGRAM, BotProcess, Venue, configuration
from tests.chaos.proxy import FaultProxy


class Fleet:
    """One exchange, a proxy before it, and the folder in which bots run one after the other."""

    def __init__(self, folder: Path, stack: ExitStack, *options: str) -> None:
        self.folder = folder
        self._stack = stack
        self.venue = Venue(folder, *options)
        stack.callback(self.venue.close)
        self.proxy = FaultProxy(self.venue.port)
        stack.callback(self.proxy.close)
        self.config = configuration(self.venue, folder, self.proxy.port)
        self.bot: BotProcess | None = None
        self.program = PROGRAM

    def start(self, run_id: str | None = None) -> BotProcess:
        run = {} if run_id is None else {"run": {"run_id": run_id}}
        self.bot = BotProcess(self.folder, self.config | run, self.program)
        self._stack.callback(self.bot.close)
        return self.bot

    def signal_bot(self, number: signal.Signals) -> None:
        """For a trap: to whichever bot runs now."""
        assert self.bot is not None
        self.bot.send(number)


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Fleet]]:
    """Starts a fleet; everything of it is gone afterwards."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        yield lambda *options: Fleet(tmp_path, stack, *options)
