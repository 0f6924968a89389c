"""Exchanges, bots and proxies that always end."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.chaos.fleet import PROGRAM, BotProcess, Venue, configuration, until
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

    def until_quoted(self, within_s: float = 30.0) -> None:
        """Waits until every market has two orders of ours at least."""
        until(lambda: all(row["open_orders"] >= 2 for row in self.venue.markets().values()), within_s, "quotes")

    def signal_bot(self, number: signal.Signals) -> None:
        """For a trap: to whichever bot runs now."""
        assert self.bot is not None
        self.bot.send(number)


# Wakes every 5 ms until its input ends, and says how late it woke: what a process of this machine waits for a core, whatever it is.
WITNESS = """
import json, select, sys, time
late_ms = []
while True:
    due = time.monotonic() + 0.005
    if select.select([sys.stdin], [], [], 0.005)[0]:
        break
    late_ms.append((time.monotonic() - due) * 1000)
late_ms.sort()
print(json.dumps({"p99": round(late_ms[len(late_ms) * 99 // 100], 1), "max": round(late_ms[-1], 1)} if late_ms else {}))
"""


@pytest.fixture(autouse=True)
def machine(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Notes beside a test's figures how long the machine let a process wait, so that they can be read for what they are."""
    witness = subprocess.Popen((sys.executable, "-c", WITNESS), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield
        output, _ = witness.communicate(timeout=10)
        record_property("machine_late_ms", json.loads(output))
    finally:
        witness.kill()
        witness.wait()


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Fleet]]:
    """Starts a fleet; everything of it is gone afterwards."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        yield lambda *options: Fleet(tmp_path, stack, *options)
