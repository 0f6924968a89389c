"""A TCP proxy between bot and exchange that breaks things on purpose, and can see what passes (WebSocket frames unmasked)."""

import asyncio
import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tests.chaos.frames import Frame, take_frame, text_frame

Direction = Literal["up", "down"]
LOOPBACK = "127.0.0.1"
CHUNK_BYTES = 65_536
# What becomes of one message of the exchange: the messages that go on in its place.
Editor = Callable[[bytes], list[bytes]]


class HangUp(Exception):  # noqa: N818 - a wish, not an error
    """Raised by an editor: this connection is to be reset."""


@dataclass
class Faults:
    """What the proxy does to everything that passes; read anew for each chunk."""

    delay_s: float = 0.0
    # Bytes vanish; the connections stay open.
    blackhole: bool = False
    # New connections are cut at once.
    refuse: bool = False
    # One chunk in so many has one byte altered.
    corrupt_one_in: int = 0
    # Towards the bot, at most so many bytes a second.
    bytes_per_s: int = 0
    # Each HTTP request gets this whole answer and goes no further; sockets are not meant.
    http_answer: bytes | None = None


@dataclass
class Trap:
    """Fires once, when `pattern` passes in `direction`: before it is forwarded, which then takes `hold_s` longer."""

    direction: Direction
    pattern: bytes
    action: Callable[[], None]
    hold_s: float = 0.0
    # The request is not forwarded at all.
    drop: bool = False
    sprung: threading.Event = field(default_factory=threading.Event)


class Pipe:
    """One direction of one connection."""

    def __init__(
        self, proxy: "FaultProxy", direction: Direction, writer: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        self.proxy, self.direction, self.writer, self._back = proxy, direction, writer, back
        self._frames = bytearray()
        self._upgraded = False

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Until the sender is done. A receiver that is gone does not end the other direction: what is under way still arrives."""
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                with contextlib.suppress(OSError):
                    await self._pass(chunk)
        with contextlib.suppress(OSError):
            self.writer.write_eof()

    async def _pass(self, chunk: bytes) -> None:
        chunk = self._edited(chunk)
        if not chunk:
            return
        faults, seen = self.proxy.faults, self._plain(chunk)
        if faults.blackhole:
            return
        if self.direction == "up" and not self._upgraded:
            asked = chunk.startswith((b"GET ", b"POST "))
            self.proxy.http_requests += asked
            if faults.http_answer is not None:
                # A body that comes by itself belongs to a request that is answered already.
                self._back.write(faults.http_answer if asked else b"")
                return
        if faults.delay_s:
            await asyncio.sleep(faults.delay_s)
        if faults.bytes_per_s and self.direction == "down":
            await asyncio.sleep(len(chunk) / faults.bytes_per_s)
        if await self._sprung(seen):
            return
        if self.direction == "up" and self.proxy.witness is not None:
            self.proxy.witness(seen)
        self.writer.write(self.proxy.maybe_corrupt(chunk))
        await self.writer.drain()

    async def _sprung(self, seen: bytes) -> bool:
        """Looks for the trap's pattern; True if the chunk is not to be forwarded."""
        trap = self.proxy.trap
        if trap is None or trap.sprung.is_set() or trap.direction != self.direction or trap.pattern not in seen:
            return False
        trap.sprung.set()
        trap.action()
        await asyncio.sleep(trap.hold_s)
        return trap.drop

    def _plain(self, chunk: bytes) -> bytes:
        """The chunk as text: HTTP and what the exchange says is plain, frames of the bot are masked."""
        if self.direction == "down":
            return chunk
        if not self._upgraded:
            self._upgraded = b"upgrade: websocket" in chunk.lower()
            self.proxy.upgrades += self._upgraded
            return chunk
        return b"".join(frame.payload for frame in self._take(chunk))

    def _take(self, chunk: bytes) -> Iterator[Frame]:
        """The frames that are whole by now."""
        self._frames += chunk
        while (frame := take_frame(self._frames)) is not None:
            yield frame

    def _edited(self, chunk: bytes) -> bytes:
        """What goes on: towards the bot, of a socket whole frames only, each text as the proxy's editor leaves it."""
        if self.direction == "up":
            return chunk
        passed = b""
        if not self._upgraded:
            if not chunk.startswith(b"HTTP/1.1 101 "):
                return chunk
            self._upgraded = True
            head, end, chunk = chunk.partition(b"\r\n\r\n")
            assert end, "the exchange writes the head of its answer at once"
            passed = head + end
        editor = self.proxy.editor
        for frame in self._take(chunk):
            if editor is None or not frame.is_text:
                passed += frame.raw
            else:
                try:
                    passed += b"".join(map(text_frame, editor(frame.payload)))
                except HangUp:
                    _abort(self.writer)
                    _abort(self._back)
                    return b""
        return passed


class FaultProxy:
    """Listens on a port of its own and forwards to `target_port`. Thread-safe from outside."""

    def __init__(self, target_port: int, seed: int = 1) -> None:
        self.faults = Faults()
        self.trap: Trap | None = None
        self.accepted = 0
        self.refused = 0
        self.http_requests = 0
        self.upgrades = 0
        # When each connection was accepted (s, monotonic).
        self.accepted_s: list[float] = []
        # Shown everything that goes to the exchange, as plain text, when it goes.
        self.witness: Callable[[bytes], None] | None = None
        # Alters what the exchange says on its sockets.
        self.editor: Editor | None = None
        self._target_port = target_port
        self._random = random.Random(seed)  # noqa: S311 - faults, not secrets
        self._to_bot: set[asyncio.StreamWriter] = set()
        self._to_exchange: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        listening = threading.Event()
        self.port = 0

        async def listen() -> None:
            server = await asyncio.start_server(self._accept, LOOPBACK, 0)
            self.port = server.sockets[0].getsockname()[1]
            self._server = server
            listening.set()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.create_task(listen())
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, name="fault proxy", daemon=True)
        self._thread.start()
        assert listening.wait(10)

    def maybe_corrupt(self, chunk: bytes) -> bytes:
        one_in = self.faults.corrupt_one_in
        if not one_in or self._random.randrange(one_in):
            return chunk
        altered = bytearray(chunk)
        altered[self._random.randrange(len(altered))] ^= 1 << self._random.randrange(8)
        return bytes(altered)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.accepted_s.append(time.monotonic())
        if self.faults.refuse:
            self.refused += 1
            _abort(writer)
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            up_reader, up_writer = await asyncio.open_connection(LOOPBACK, self._target_port)
        except OSError:
            _abort(writer)
            return
        self._to_bot.add(writer)
        self._to_exchange.add(up_writer)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(Pipe(self, "up", up_writer, writer).run(reader))
                group.create_task(Pipe(self, "down", writer, up_writer).run(up_reader))
        finally:
            self._to_bot.discard(writer)
            self._to_exchange.discard(up_writer)
            self._tasks.discard(task)
            for one in (writer, up_writer):
                _abort(one)

    def cut(self) -> None:
        """Resets every open connection."""

        def cut() -> None:
            for writer in [*self._to_bot, *self._to_exchange]:
                _abort(writer)

        self._call(cut)

    def half_close(self) -> None:
        """Ends the exchange's sending side on every connection; the bot may still send."""

        def end() -> None:
            for writer in list(self._to_bot):
                with contextlib.suppress(OSError, RuntimeError):
                    writer.write_eof()

        self._call(end)

    def _call(self, action: Callable[[], object]) -> None:
        done = threading.Event()

        def run() -> None:
            action()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(10)

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._loop.stop()

        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(end()))
        self._thread.join(10)
        self._loop.close()


def _abort(writer: asyncio.StreamWriter) -> None:
    """Cuts with a reset, as a peer that crashed does."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()
