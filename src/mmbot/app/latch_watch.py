"""The running bot's eye on the kill switch: what is latched by another process is done here within a tenth of a second."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from mmbot.app.kill_switch import STOPS_THE_BOT, Latch, latch_file, read_latch

POLL_S = 0.1


class Ordered(Protocol):
    """What carries out the kill switch's word inside the bot."""

    def halt(self, why: str) -> None:
        """The ordered stop."""

    def pause(self, market: str, *, paused: bool) -> None:
        """Stops (or resumes) the quoting of one market."""


class Obedience:
    """Does what the latch says, once for each change: level 1 pauses markets, anything higher stops the bot."""

    def __init__(self, shell: Ordered, markets: Iterable[str]) -> None:
        self._shell = shell
        self._paused = dict.fromkeys(markets, False)

    def obey(self, latch: Latch | None) -> None:
        """Takes the latch as it is now; None: re-armed."""
        if latch is not None and latch.level >= STOPS_THE_BOT:
            self._shell.halt(f"kill switch, level {latch.level}: {latch.why}")
            return
        for market, paused in self._paused.items():
            now = latch is not None and latch.pauses(market)
            if now != paused:
                self._paused[market] = now
                self._shell.pause(market, paused=now)


async def watch_latch(state: Path, on_change: Callable[[Latch | None], None]) -> None:
    """Calls `on_change` with the latch that holds at the start, if one does, and whenever it changes; until cancelled."""
    path, seen = latch_file(state), None
    while True:
        now = _mark(path)
        if now != seen:
            seen = now
            on_change(read_latch(state))
        await asyncio.sleep(POLL_S)


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError:
        # Unreadable counts as latched: `read_latch` says so.
        return (-1, -1)
    return (status.st_ino, status.st_mtime_ns)
