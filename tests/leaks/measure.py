"""Steps a captured session through shell, core and subscribers, and reads how much memory is in use on the way.

As a program, with PYTHONMALLOC=malloc so that Python's objects are counted too: `python -m tests.leaks.measure FILE SAMPLES INPUTS` prints one
JSON row per sample: inputs, orders, reconnects, bytes in use, tasks, threads, descriptors.
"""

import asyncio
import ctypes
import gc
import json
import sys
import threading
from pathlib import Path
from typing import Any, cast

from mmbot._native import Bot, CaptureReader
from mmbot.app.fact_log import FactLog
from mmbot.app.run_report import RunReport
from mmbot.app.shell import Shell
from mmbot.app.view import View
from mmbot.observe.log import configure_logging
from mmbot.ports import Fact
from tests.leaks.session import START_NS, core_config

# Of the records in `rust/mm-wire/src/bot/record.rs`.
FRAME, HTTP_REPLY, SEND_FAILED, STREAM_UP, STREAM_DOWN, TIMER, CLOCK_OFFSET, OPERATOR, FIRST_OUTPUT = *range(1, 9), 101
HTTP_HEAD_BYTES = 19
PAUSE = 2


class MallInfo(ctypes.Structure):
    """`struct mallinfo2` of glibc."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    )  # fmt: skip


_mallinfo2 = ctypes.CDLL("libc.so.6").mallinfo2
_mallinfo2.restype = MallInfo


def bytes_in_use() -> int:
    gc.collect()
    told = _mallinfo2()
    return int(told.uordblks + told.hblkhd)


def held() -> dict[str, int]:
    """What this process holds now."""
    return {
        "bytes": bytes_in_use(),
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }


class Nowhere:
    """Transports, log, screen and clock that keep nothing."""

    now = START_NS

    def now_ns(self) -> int:
        return self.now

    def send(self, _conn: int, _data: bytes) -> None:
        return

    def start(self, _request: object) -> None:
        return

    def open(self, _conn: int, _path: str, *, auth: bool) -> None:
        del auth

    def close(self, _conn: int) -> None:
        return

    def write_line(self, _line: str) -> None:
        return

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        return

    def isatty(self) -> bool:
        return False


class FrozenLoop(asyncio.SelectorEventLoop):
    """Time comes from the capture, so no timer of the shell's ever fires here."""

    def time(self) -> float:
        return 0.0


class Counts:
    """Order cycles and reconnects, from facts."""

    def __init__(self) -> None:
        self.orders = 0
        self.reconnects = 0

    def on_facts(self, facts: list[Fact]) -> None:
        for fact in facts:
            self.orders += fact["fact"] == "order_moved" and fact["from"] == fact["to"] == "pending_new"
            self.reconnects += fact["fact"] == "stream_up"


def feed(shell: Shell, kind: int, key: int, payload: bytes) -> None:
    """One recorded input, by the way that it came in."""
    if kind == FRAME:
        shell.frame(key, payload)
    elif kind == HTTP_REPLY:
        shell.http_reply(key, int.from_bytes(payload[:2], "little"), None, payload[HTTP_HEAD_BYTES:])
    elif kind == STREAM_UP:
        shell.stream_up(key)
    elif kind == STREAM_DOWN:
        shell.stream_down(key)
    elif kind == TIMER:
        shell.begin()
    elif kind == OPERATOR and key == PAUSE:
        shell.pause(("linear.BTCUSDT", "linear.ETHUSDT")[int.from_bytes(payload, "little")], paused=True)
    else:
        raise ValueError(f"record {kind} is not expected here")


async def measure(path: Path, samples: int, inputs: int) -> list[dict[str, int]]:
    nowhere, counts = Nowhere(), Counts()
    configure_logging(nowhere, level="debug")
    core = Bot(core_config())
    shell = Shell(core, nowhere)
    shell.subscribe(FactLog(), RunReport(), View(shell.latency, cast("Any", nowhere)), counts)
    shell.attach(nowhere, nowhere)
    rows, seen, every = [], 0, max(1, inputs // samples)
    for _, ts_ns, kind, key, payload in CaptureReader(path):
        if kind >= FIRST_OUTPUT:
            continue
        nowhere.now = ts_ns
        feed(shell, kind, key, payload)
        seen += 1
        if seen % 20 == 0:
            await asyncio.sleep(0)
        if seen % every == 0:
            await asyncio.sleep(0)
            rows.append({"inputs": seen, "orders": counts.orders, "reconnects": counts.reconnects} | held())
    return rows


if __name__ == "__main__":
    file, samples, inputs = sys.argv[1:]
    with asyncio.Runner(loop_factory=FrozenLoop) as runner:
        sys.stdout.write(json.dumps(runner.run(measure(Path(file), int(samples), int(inputs)))) + "\n")
