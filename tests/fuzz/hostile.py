"""A server on this machine that says whatever it is told to, and an inbox that accepts only what the core would."""

import asyncio
import base64
import contextlib
import hashlib
import re
from collections.abc import Callable
from typing import Self

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = re.compile(rb"sec-websocket-key: *([^\r]+)\r\n", re.IGNORECASE)
I64 = range(-(2**63), 2**63)
U32 = range(2**32)


def accepted(request: bytes) -> bytes:
    """The answer that opens a socket (RFC 6455, section 4.2.2)."""
    found = KEY.search(request)
    digest = hashlib.sha1((found[1] if found else b"") + GUID, usedforsecurity=False).digest()
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    return head + base64.b64encode(digest) + b"\r\n\r\n"


class HostileServer:
    """`answer` gives the chunks to say for one request; then it hangs up, unless it is to go on `forever` with the last one."""

    def __init__(self, answer: Callable[[bytes], list[bytes]]) -> None:
        self.answer = answer
        self.forever = False
        self.port = 0
        # Between chunks: long enough that they may arrive apart.
        self.pause_s = 0.0
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                chunks = self.answer(await reader.readuntil(b"\r\n\r\n"))
                for chunk in chunks:
                    await self._say(writer, chunk)
                while self.forever:
                    await self._say(writer, chunks[-1])
        finally:
            self._serving.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _say(self, writer: asyncio.StreamWriter, chunk: bytes) -> None:
        writer.write(chunk)
        await writer.drain()
        await asyncio.sleep(self.pause_s)


class StrictInbox:
    """Notes each word, and refuses what the core's types would refuse."""

    def __init__(self) -> None:
        self.ups: list[int] = []
        self.downs: list[int] = []
        self.refused: list[int] = []
        self.replies: list[int] = []
        self.failures: list[tuple[int, bool]] = []
        self.frames = 0
        self.largest = 0
        # A socket or a request has come to its end.
        self.ended = asyncio.Event()
        self._live: set[int] = set()

    def frame(self, conn: int, data: bytes) -> None:
        assert conn in self._live, "a frame of a socket that is not up"
        assert isinstance(data, bytes)
        self.frames += 1
        self.largest = max(self.largest, len(data))

    def stream_up(self, conn: int) -> None:
        assert conn not in self.ups, "up twice"
        self.ups.append(conn)
        self._live.add(conn)

    def stream_down(self, conn: int) -> None:
        assert conn not in self.downs, "down twice"
        self.downs.append(conn)
        self._live.discard(conn)
        self.ended.set()

    def stream_refused(self, conn: int, status: int) -> None:
        assert 0 <= status < 1 << 16
        self.refused.append(status)
        self.stream_down(conn)

    def http_reply(self, req_id: int, status: int, rate: tuple[int, int, int] | None, body: bytes) -> None:
        assert 0 <= status < 1 << 16
        assert rate is None or (rate[0] in U32 and rate[1] in U32 and rate[2] in I64)
        self.largest = max(self.largest, len(body))
        self.replies.append(req_id)
        self.ended.set()

    def send_failed(self, req_id: int, *, definite: bool) -> None:
        self.failures.append((req_id, definite))
        self.ended.set()
