"""A second, independent way to the venue: blocking HTTP over one connection, for processes that must not depend on an event loop."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from mmbot.connectors.signing import Signer

MAX_BODY_BYTES = 4 * 1024 * 1024
# For each read and write, and for the whole exchange: a venue that says one byte a second does not hold us up.
_TIMEOUT_S = 2.0
_EXCHANGE_S = 4.0


class Answer(NamedTuple):
    """HTTP status, the venue's `retCode` (None: not its JSON), and `result`; `text` is `retMsg`."""

    status: int
    code: int | None
    result: dict[str, Any]
    text: str


class _Envelope(msgspec.Struct):
    retCode: int  # noqa: N815 - the venue's name
    retMsg: str = ""  # noqa: N815
    result: dict[str, Any] = {}
    time: int = 0


class BlockingHttp:
    """Signed requests, one at a time, stamped with the venue's time. Any failure to get an answer is an OSError."""

    def __init__(self, base_url: str, signer: Signer) -> None:
        parts = urlsplit(base_url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port
        self._signer = signer
        self._connection: http.client.HTTPConnection | None = None
        self._offset_ms = 0

    def get(self, path: str, query: str) -> Answer:
        """A signed GET; `query` goes out, and is signed, as it stands."""
        return self._signed("GET", path, query, b"")

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """A signed POST."""
        return self._signed("POST", path, "", msgspec.json.encode(body))

    def read_venue_time(self) -> None:
        """Reads the venue's clock, which every later request is stamped with."""
        sent_ns = time.time_ns()
        status, raw = self._exchange("GET", "/v5/market/time", b"", {})
        venue_ms = _decoded(raw).time if status == http.client.OK else 0
        if not venue_ms:
            raise OSError(f"the venue did not tell its time (HTTP {status})")
        self._offset_ms = venue_ms - (sent_ns + time.time_ns()) // 2_000_000

    def _signed(self, method: str, path: str, query: str, body: bytes) -> Answer:
        stamp_ms = time.time_ns() // 1_000_000 + self._offset_ms
        headers = self._signer.headers(stamp_ms, body or query.encode("ascii"))
        if body:
            headers["Content-Type"] = "application/json"
        status, raw = self._exchange(method, f"{path}?{query}" if query else path, body, headers)
        try:
            envelope = _decoded(raw)
        except OSError:
            return Answer(status, None, {}, "")
        return Answer(status, envelope.retCode, envelope.result, envelope.retMsg)

    def _exchange(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = self._connection or self._open()
        # Kept only after a whole answer: what failed half-way is not used again.
        self._connection = None
        try:
            if connection.sock is None:
                connection.connect()
            with _until(connection.sock, _EXCHANGE_S):
                connection.request(method, target, body or None, headers)
                response = connection.getresponse()
                raw = response.read(MAX_BODY_BYTES + 1)
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            raise OSError(f"{method} {target.partition('?')[0]}: {type(error).__name__}") from None
        if len(raw) > MAX_BODY_BYTES:
            connection.close()
            raise OSError(f"{method} {target.partition('?')[0]}: answer too large")
        self._connection = connection
        return response.status, raw

    def _open(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Hangs up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextlib.contextmanager
def _until(line: socket.socket, seconds: float) -> Iterator[None]:
    """Hangs the line up, which ends whatever waits for it, unless the block is left in time."""

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            # Of the socket itself: beneath TLS, which is not to be touched from another thread.
            socket.socket.shutdown(line, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _decoded(raw: bytes) -> _Envelope:
    try:
        return msgspec.json.decode(raw, type=_Envelope)
    # It recurses into what is nested; and a text may hold what is not UTF-8.
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise OSError("the answer is not the venue's JSON") from None
