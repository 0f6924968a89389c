"""A reset among the first frames of a socket, while we write to it: the core must hear of it all the same, and soon."""

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import uvloop
from aiohttp import web
from tests.chaos.proxy import FaultProxy

from mmbot.config.secrets import Secret
from mmbot.connectors.signing import Signer
from mmbot.connectors.sockets import Sockets
from mmbot.ports import RateHeaders
from mmbot.ports.clock import WallClock

TIMES, SOCKETS = 60, 3
# Two looks at a line take a second; a first ping, which would find it too, comes after twenty.
WITHIN_S = 15.0


class Inbox:
    """Subscribes as soon as a socket is up, as the core does."""

    def __init__(self) -> None:
        self.sockets: Sockets | None = None
        self.up: set[int] = set()
        self.down: set[int] = set()

    def frame(self, conn: int, data: bytes) -> None:
        """Not looked at."""

    def stream_up(self, conn: int) -> None:
        assert self.sockets is not None
        self.up.add(conn)
        self.sockets.send(conn, b'{"op":"subscribe","args":["orderbook.50.BTCUSDT"]}')
        self.sockets.send(conn, b'{"op":"subscribe","args":["orderbook.1.BTCUSDT"]}')

    def stream_down(self, conn: int) -> None:
        self.down.add(conn)

    def http_reply(self, req_id: int, status: int, rate: RateHeaders | None, body: bytes) -> None:
        """Nothing is asked."""

    def send_failed(self, req_id: int, *, definite: bool) -> None:
        """Nothing is asked."""

    def stream_refused(self, conn: int, status: int) -> None:
        raise AssertionError(f"socket {conn} was answered {status}")


async def talk(request: web.Request) -> web.WebSocketResponse:
    """Frames without end."""
    answer = web.WebSocketResponse()
    await answer.prepare(request)
    while not answer.closed:
        await answer.send_str("x" * 256)
        await asyncio.sleep(random.choice((0.0005, 0.003)))  # noqa: S311 - pauses, not secrets
    return answer


async def until(inbox: Inbox, heard: str, conns: set[int]) -> None:
    end = time.monotonic() + WITHIN_S
    while not conns <= getattr(inbox, heard):
        assert time.monotonic() < end, f"not {heard}: {conns - getattr(inbox, heard)}"
        await asyncio.sleep(0.0005)


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    """Every core at work beside the test: the library misses such a reset seldom on a quiet machine, often on a busy one."""
    spinners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


async def cut_again_and_again() -> None:
    app = web.Application()
    app.router.add_get("/p", talk)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    proxy = FaultProxy(runner.addresses[0][1])
    inbox, draw = Inbox(), random.Random(1)  # noqa: S311
    signer = Signer(Secret(b"key"), Secret(b"secret"), 5000)
    inbox.sockets = Sockets({"/p": f"ws://127.0.0.1:{proxy.port}/p"}, signer, WallClock(), inbox)
    try:
        for count in range(TIMES):
            conns = set(range(count * SOCKETS, (count + 1) * SOCKETS))
            for conn in conns:
                inbox.sockets.open(conn, "/p", auth=False)
            await until(inbox, "up", conns)
            await asyncio.sleep(draw.choice((0.0, 0.001, 0.003, 0.01)))
            await asyncio.to_thread(proxy.cut)
            await until(inbox, "down", conns)
    finally:
        # Also after a failure: a socket that is left over keeps the loop from ending.
        await inbox.sockets.aclose()
        await asyncio.to_thread(proxy.close)
        await runner.cleanup()


@pytest.mark.timeout(120)
def test_a_reset_is_heard_of_whenever_it_comes() -> None:
    with busy_machine():
        uvloop.run(cut_again_and_again())
