"""WebSocket transport: one picows socket per connection number.

picows calls back from the event loop with the received bytes and writes synchronously, so a frame becomes an order without
one hop through the loop's queue.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from picows import WSError, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from mmbot.connectors.http import BANNED
from mmbot.connectors.signing import Signer
from mmbot.ports import Clock, Inbox

MAX_MESSAGE_BYTES = 2 * 1024 * 1024
_CONNECT_TIMEOUT_S = 8.0
# The system's own word for a line that stands: TCP_ESTABLISHED in <netinet/tcp.h>.
_ESTABLISHED = 1
_LOOK_S = 0.5
# Of what the venue says, in a log line.
_MAX_TEXT = 200

_log = structlog.get_logger(__name__)


class _Connection(WSListener):
    """One socket's callbacks. Until it is signed in, its frames go no further than here."""

    def __init__(self, conn: int, sign_in: Callable[[], bytes] | None, inbox: Inbox) -> None:
        super().__init__()
        self._conn = conn
        self._sign_in = sign_in
        self._inbox = inbox
        self._parts = bytearray()
        self._transport: WSTransport | None = None
        self.is_closed = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        if self.is_closed:
            transport.disconnect()
        elif self._sign_in is None:
            self._inbox.stream_up(self._conn)
        else:
            transport.send(WSMsgType.TEXT, self._sign_in())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._data(frame)

    def _data(self, frame: WSFrame) -> None:
        data = frame.get_payload_as_bytes()
        if self._parts or not frame.fin:
            self._parts += data
            if len(self._parts) > MAX_MESSAGE_BYTES:
                self.close()
                return
            if not frame.fin:
                return
            data, self._parts = bytes(self._parts), bytearray()
        if self._sign_in is None:
            self._inbox.frame(self._conn, data)
        else:
            self._signed_in(data)

    def _signed_in(self, data: bytes) -> None:
        """Judges the answer to the sign-in: the private socket says `success`, the trade socket `retCode`."""
        try:
            answer: Any = json.loads(data)
        # A deeply nested answer makes the decoder run out of stack.
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or answer.get("op") != "auth":
            return
        if answer.get("success") is True or answer.get("retCode") == 0:
            self._sign_in = None
            self._inbox.stream_up(self._conn)
        else:
            _log.error(
                "sign_in_refused",
                conn=self._conn,
                code=answer.get("retCode"),
                text=str(answer.get("ret_msg") or answer.get("retMsg"))[:_MAX_TEXT],
            )
            self.close()

    def pause_writing(self) -> None:
        """What we say piles up: whoever does not read, or a line that carries nothing, is not to hold our memory."""
        _log.warning("peer_does_not_read", conn=self._conn)
        self.close()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - the library's signature
        self.gone()

    def send(self, data: bytes) -> None:
        """Writes one text frame; a socket that is going down drops it, and `stream_down` tells the core."""
        if self._transport is not None and not self.is_closed:
            self._transport.send(WSMsgType.TEXT, data)

    def close(self) -> None:
        """Hangs up without waiting for the other side."""
        if self._transport is not None:
            # Not gracefully: over a dead line that would keep the socket until the system gives up on it.
            self._transport.disconnect(graceful=False)

    def gone(self, refused: int | None = None) -> None:
        """Tells the core once. `refused`: the HTTP status that the venue answered the handshake with."""
        if self.is_closed:
            return
        self.is_closed = True
        if refused is None:
            self._inbox.stream_down(self._conn)
        else:
            self._inbox.stream_refused(self._conn, refused)


async def _given_up(transport: WSTransport) -> None:
    """Until the system has given the line up, and for a moment more: almost always the library hears of it and says so first.

    A reset among the first frames of a socket sometimes does not reach it; then nothing would be said before the next write.
    """
    line = transport.underlying_transport.get_extra_info("socket")
    with contextlib.suppress(OSError):
        while line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED:  # noqa: ASYNC110 - the system has no event for it
            await asyncio.sleep(_LOOK_S)
    await asyncio.sleep(_LOOK_S)


def _refused_with(error: Exception) -> int | None:
    """The HTTP status of a refused handshake; None if the venue gave no such answer."""
    response = error.response if isinstance(error, WSHandshakeError) else None
    return None if response is None else int(response.status)


class Sockets:
    """All sockets of one bot, by connection number."""

    def __init__(
        self,
        urls: Mapping[str, str],
        signer: Signer,
        clock: Clock,
        inbox: Inbox,
        on_banned: Callable[[], object] = lambda: None,
    ) -> None:
        """`clock` tells the venue's time as well as it is known: sign-ins are stamped with it.

        `on_banned` is called before the core hears that a handshake was answered 403.
        """
        self._on_banned = on_banned
        self._urls = urls
        self._signer = signer
        self._clock = clock
        self._inbox = inbox
        self._connections: dict[int, _Connection] = {}
        self._opening: set[asyncio.Task[None]] = set()

    def open(self, conn: int, path: str, *, auth: bool) -> None:
        """Begins to open the socket at this path; its fate arrives at the inbox."""
        sign_in = (lambda: self._signer.sign_in(self._clock.now_ns() // 1_000_000)) if auth else None
        connection = _Connection(conn, sign_in, self._inbox)
        self._connections[conn] = connection
        task = asyncio.get_running_loop().create_task(self._open(connection, self._urls[path]))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, connection: _Connection, url: str) -> None:
        """Opens, and stays until the socket is gone: the library keeps for this task what it broke on."""
        options: dict[str, Any] = {"max_frame_size": MAX_MESSAGE_BYTES, "max_redirects": 0}
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                transport, _ = await ws_connect(lambda: connection, url, **options)
        except (OSError, WSError, TimeoutError) as error:
            _log.warning("socket_not_opened", url=url, error=repr(error)[:_MAX_TEXT])
            status = _refused_with(error)
            if status == BANNED:
                self._on_banned()
            connection.gone(status)
            return
        told, given_up = (
            asyncio.ensure_future(transport.wait_disconnected()),
            asyncio.ensure_future(_given_up(transport)),
        )
        try:
            await asyncio.wait((told, given_up), return_when=asyncio.FIRST_COMPLETED)
            if not told.done():
                _log.warning("socket_broken", url=url, error="the line is gone and nobody said so")
                connection.close()
            elif (broken := told.exception()) is not None:
                _log.warning("socket_broken", url=url, error=repr(broken)[:_MAX_TEXT])
        finally:
            told.cancel()
            given_up.cancel()
        # Whose line goes down before the handshake is over hears nothing of it from the library.
        connection.gone()

    def send(self, conn: int, data: bytes) -> None:
        """Writes one text frame now."""
        connection = self._connections.get(conn)
        if connection is not None:
            connection.send(data)

    def close(self, conn: int) -> None:
        """Hangs up; nothing of this connection reaches the core any more."""
        connection = self._connections.pop(conn, None)
        if connection is not None:
            connection.is_closed = True
            connection.close()

    async def aclose(self) -> None:
        """Hangs up everywhere."""
        for conn in list(self._connections):
            self.close(conn)
        for task in list(self._opening):
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
