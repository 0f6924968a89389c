"""Exchanges, bots and proxies that always end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.chaos.fleet import BotProcess, Venue, configuration
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

    def start(self) -> BotProcess:
        bot = BotProcess(self.folder, self.config)
        self._stack.callback(bot.close)
        return bot


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Fleet]]:
    """Starts a fleet; everything of it is gone afterwards."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        yield lambda *options: Fleet(tmp_path, stack, *options)
