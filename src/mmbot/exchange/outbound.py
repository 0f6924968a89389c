"""What waits to leave on one connection: in order, each message not before it is due."""

import asyncio
from collections import deque
from collections.abc import Callable

from aiohttp import WSMsgType, web

from mmbot.ports.clock import WallClock

MAX_WAITING = 20_000


class Outbound:
    """The bounded, ordered sender of one socket."""

    def __init__(self, socket: web.WebSocketResponse, clock: WallClock, abort: Callable[[], None]) -> None:
        self._socket = socket
        self._abort = abort
        self._clock = clock
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._filled = asyncio.Event()
        self._ended = False

    def push(self, due_ns: int, message: bytes) -> bool:
        """Queues a message; False if the queue is full and the message was not taken."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        self._waiting.append((due_ns, message))
        self._filled.set()
        return True

    def end(self) -> None:
        """Closes the connection properly once everything that waits is sent."""
        self._ended = True
        self._filled.set()

    def abort(self) -> None:
        """Forgets everything that waits and cuts the connection: a peer that does not read cannot be told goodbye."""
        self._waiting.clear()
        self._abort()

    async def run(self) -> None:
        """Sends until cancelled or the socket is closed."""
        while not self._socket.closed:
            if not self._waiting and self._ended:
                await self._socket.close()
                return
            if not self._waiting:
                self._filled.clear()
                await self._filled.wait()
                continue
            wait_ns = self._waiting[0][0] - self._clock.now_ns()
            if wait_ns > 0:
                await asyncio.sleep(wait_ns / 1e9)
                continue
            message = self._waiting.popleft()[1]
            try:
                await self._socket.send_frame(message, WSMsgType.TEXT)
            except ConnectionError:
                return
