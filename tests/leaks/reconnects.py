"""Opens and closes the bot's real sockets again and again, and reads what the process holds.

As a program, with PYTHONMALLOC=malloc: `python -m tests.leaks.reconnects READY_FILE CYCLES EVERY` prints one JSON row per `EVERY` cycles: cycles,
bytes in use, tasks, threads, descriptors.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import cast

from mmbot._native import Http
from mmbot.config.secrets import Secret
from mmbot.connectors.http import HttpClient
from mmbot.connectors.signing import Signer
from mmbot.connectors.sockets import Sockets
from mmbot.observe.log import configure_logging
from mmbot.ports import RateHeaders
from mmbot.ports.clock import WallClock
from tests.leaks.measure import Nowhere, held

PATHS = {"/v5/public/linear": False, "/v5/private": True, "/v5/trade": True}


class Query:
    """A signed query as the core would ask it."""

    req_id, method, path, query, body, signed = 1, "GET", "/v5/account/wallet-balance", "accountType=UNIFIED", b"", True

    def __init__(self, ts_ms: int) -> None:
        self.ts_ms = ts_ms


class Waiting:
    """An inbox that only knows how many sockets are up, and whether the last query was answered."""

    def __init__(self) -> None:
        self.up: set[int] = set()
        self.changed = asyncio.Event()
        self.statuses: list[int] = []

    def frame(self, conn: int, data: bytes) -> None:
        del conn, data

    def stream_up(self, conn: int) -> None:
        self.up.add(conn)
        self.changed.set()

    def stream_down(self, conn: int) -> None:
        raise RuntimeError(f"socket {conn} went down by itself")

    def stream_refused(self, conn: int, status: int) -> None:
        raise RuntimeError(f"socket {conn} was refused with {status}")

    def http_reply(self, req_id: int, status: int, rate: RateHeaders | None, body: bytes) -> None:
        del req_id, rate, body
        self.statuses.append(status)
        self.changed.set()

    def send_failed(self, req_id: int, *, definite: bool) -> None:
        raise RuntimeError(f"request {req_id} failed, definite: {definite}")

    async def until(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.up) < count or not self.statuses:
                self.changed.clear()
                await self.changed.wait()


async def cycle(ready: dict[str, str], signer: Signer, clock: WallClock) -> None:
    """Three sockets up and signed in, one query answered, everything closed."""
    inbox = Waiting()
    urls = {path: ready["rest"].replace("http", "ws", 1) + path for path in PATHS}
    sockets, http = Sockets(urls, signer, clock, inbox), HttpClient(ready["rest"], signer, inbox)
    for conn, (path, auth) in enumerate(PATHS.items(), 1):
        sockets.open(conn, path, auth=auth)
    http.start(cast("Http", Query(clock.now_ns() // 1_000_000)))
    await inbox.until(len(PATHS))
    assert inbox.statuses == [200], inbox.statuses
    await sockets.aclose()
    await http.aclose()
    # The loop closes what was dropped.
    await asyncio.sleep(0.002)


async def reconnect(ready_file: Path, cycles: int, every: int) -> list[dict[str, int]]:
    configure_logging(Nowhere())
    ready = json.loads(ready_file.read_bytes())  # noqa: ASYNC240 - before anything runs
    signer = Signer(Secret(ready["api_key"].encode()), Secret(ready["api_secret"].encode()), 5000)
    clock, rows = WallClock(), []
    for number in range(1, cycles + 1):
        await cycle(ready, signer, clock)
        if number % every == 0:
            await asyncio.sleep(0.05)
            rows.append({"cycles": number} | held())
    return rows


if __name__ == "__main__":
    file, cycles, every = sys.argv[1:]
    import uvloop

    sys.stdout.write(json.dumps(uvloop.run(reconnect(Path(file), int(cycles), int(every)))) + "\n")
