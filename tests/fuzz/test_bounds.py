"""What never ends, or is far larger than it looks, is given up in bounded time and memory."""

import asyncio
import gzip
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from tests.fuzz.hostile import HostileServer, StrictInbox, accepted

from mmbot._native import Http
from mmbot.config.secrets import Secret
from mmbot.connectors.blocking_http import BlockingHttp
from mmbot.connectors.http import HttpClient
from mmbot.connectors.signing import Signer
from mmbot.connectors.sockets import Sockets
from mmbot.connectors.venue_time import measured
from mmbot.ports.clock import WallClock

MIB = 1 << 20
# Beyond what one whole answer may hold, twice over, and what the allocator keeps.
GROWTH_BYTES = 64 * MIB
SIGNER = Signer(Secret(b"key"), Secret(b"secret"), 5000)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
REQUEST = cast("Http", SimpleNamespace(req_id=1, method="GET", path="/x", query="", body=b"", ts_ms=1, signed=False))
# A gibibyte in a mebibyte.
BOMB = gzip.compress(bytes(MIB), 9) * 1024
PACKED = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB)
# What is said once, and then for ever (nothing: hang up).
ANSWERS = {
    "a body without end": (CHUNKED, b"10000\r\n" + bytes(65_536) + b"\r\n"),
    "a head without end": (OK, b"X-More: 1\r\n"),
    "a header without end": (OK + b"X-More: ", b"x" * 4096),
    "a packed mebibyte that holds a gibibyte": (PACKED + BOMB, b""),
}
# Only the time ends these.
SLOW = {
    "provisional answers without end": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0),
    "a byte at a time": (OK + b"Content-Length: 1000\r\n\r\n", b"x", 0.1),
    "a line that falls silent": (OK, b"X", 60.0),
}
CASES = [
    *(pytest.param(*case, 0.0, id=name) for name, case in ANSWERS.items()),
    *(pytest.param(*case, id=name, marks=pytest.mark.prove) for name, case in SLOW.items()),
]


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def growth_bytes(work: Awaitable[None]) -> int:
    """How far beyond the beginning the process grew while the work went on."""
    before = most = resident_bytes()
    task = asyncio.ensure_future(work)
    while not task.done():
        most = max(most, resident_bytes())
        await asyncio.wait((task,), timeout=0.005)
    await task
    return most - before


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with HostileServer(lambda _request: []) as one:
        yield one


def play(server: HostileServer, first: bytes, then: bytes, pause_s: float) -> None:
    server.answer = lambda _request: [first, then] if then else [first]
    server.forever, server.pause_s = bool(then), pause_s


@pytest.mark.parametrize(("first", "then", "pause_s"), CASES)
async def test_the_bots_http_gives_up(server: HostileServer, first: bytes, then: bytes, pause_s: float) -> None:
    play(server, first, then, pause_s)
    inbox = StrictInbox()
    client = HttpClient(f"http://127.0.0.1:{server.port}", SIGNER, inbox)

    async def work() -> None:
        client.start(REQUEST)
        async with asyncio.timeout(6):
            await inbox.ended.wait()
        assert await measured(client, f"http://127.0.0.1:{server.port}", WallClock()) is None

    assert await growth_bytes(work()) <= GROWTH_BYTES
    assert (inbox.failures, inbox.replies) == ([(1, False)], [])
    await client.aclose()


@pytest.mark.parametrize(("first", "then", "pause_s"), CASES)
async def test_the_watchdogs_http_gives_up(server: HostileServer, first: bytes, then: bytes, pause_s: float) -> None:
    play(server, first, then, pause_s)
    line = BlockingHttp(f"http://127.0.0.1:{server.port}", SIGNER)
    began = time.monotonic()

    async def work() -> None:
        with pytest.raises(OSError, match=r"/v5/market/time: |not the venue's JSON"):
            await asyncio.to_thread(line.read_venue_time)

    assert await growth_bytes(work()) <= GROWTH_BYTES
    assert time.monotonic() - began <= 5
    line.close()


FRAGMENT = b"\x00\x7e\xff\xff" + bytes(65_535)
TALKS: dict[str, tuple[Callable[[bytes], bytes], bytes]] = {
    "a message without end": (lambda request: accepted(request) + b"\x01\x01x", FRAGMENT),
    # It asks for pongs, and reads none of them.
    "pings without end": (accepted, b"\x89\x00" * 1000),
    "a handshake without end": (lambda _request: b"HTTP/1.1 101 Switching Protocols\r\n", b"X-More: 1\r\n" * 100),
    "a frame larger than allowed": (
        lambda request: accepted(request) + b"\x81\x7f" + (1 << 40).to_bytes(8, "big"),
        bytes(65_536),
    ),
}


@pytest.mark.parametrize(("first", "then"), TALKS.values(), ids=TALKS)
async def test_a_socket_is_given_up(server: HostileServer, first: Callable[[bytes], bytes], then: bytes) -> None:
    server.answer, server.forever = lambda request: [first(request), then], True
    inbox = StrictInbox()
    sockets = Sockets({"door": f"ws://127.0.0.1:{server.port}/"}, SIGNER, WallClock(), inbox)

    async def work() -> None:
        sockets.open(1, "door", auth=False)
        async with asyncio.timeout(10):
            await inbox.ended.wait()

    assert await growth_bytes(work()) <= GROWTH_BYTES
    assert inbox.downs == [1]
    assert inbox.frames == 0
    await sockets.aclose()
