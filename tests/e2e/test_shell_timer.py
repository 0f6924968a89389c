"""The shell's one timer on the loop that the program really runs on, whose handles are not the standard library's."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvloop

from mmbot._native import Bot
from mmbot.app.shell import Shell
from mmbot.ports import Clock, HttpTransport, SocketTransport

NOW_NS = 1_000_000_000_000


class RestlessCore:
    """Wants a timer at given times, one after the other; asks for nothing else."""

    command_hash = ""
    capture_error = None
    stopped = False

    def __init__(self, *deadlines_ns: int) -> None:
        self._deadlines_ns = list(deadlines_ns)
        self.timers = 0

    @property
    def deadline_ns(self) -> int | None:
        return self._deadlines_ns[0] if self._deadlines_ns else None

    def timer(self, _ts_ns: int) -> list[Any]:
        self.timers += 1
        self._deadlines_ns.pop(0)
        return []

    def frame(self, _ts_ns: int, _conn: int, _data: bytes) -> list[Any]:
        return []

    def facts(self) -> list[Any]:
        return []


def restless_shell(core: RestlessCore) -> Shell:
    clock = SimpleNamespace(now_ns=lambda: NOW_NS)
    shell = Shell(cast("Bot", core), cast("Clock", clock))
    nothing = SimpleNamespace()
    shell.attach(cast("SocketTransport", nothing), cast("HttpTransport", nothing))
    return shell


@pytest.mark.parametrize("late_ns", [0, 1, 300_000, 5_000_000_000])
def test_frames_between_a_past_deadline_and_its_timer_cost_nothing(late_ns: int) -> None:
    async def run() -> int:
        core = RestlessCore(NOW_NS - late_ns, NOW_NS - late_ns)
        shell = restless_shell(core)
        shell.frame(1, b"{}")
        shell.frame(1, b"{}")
        await asyncio.sleep(0.01)
        return core.timers

    assert uvloop.run(run()) == 2


def test_an_earlier_deadline_replaces_a_later_one() -> None:
    async def run() -> int:
        core = RestlessCore(NOW_NS + 3_600_000_000_000)
        shell = restless_shell(core)
        shell.frame(1, b"{}")
        core._deadlines_ns = [NOW_NS]
        shell.frame(1, b"{}")
        await asyncio.sleep(0.01)
        return core.timers

    assert uvloop.run(run()) == 1
