"""The running bot's eye on the kill switch: what is latched by another process is done here within a tenth of a second."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mmbot.app.kill_switch import Latch, latch_file, read_latch

POLL_S = 0.1


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
