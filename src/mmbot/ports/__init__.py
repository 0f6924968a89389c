"""The protocols through which the parts meet: nothing here does anything."""

from collections.abc import Mapping
from typing import Any, Protocol

from mmbot._native import Http

RateHeaders = tuple[int, int, int]
"""Limit, remaining, reset in ms: what the venue tells with an answer."""

Fact = Mapping[str, Any]
"""What the core says happened: `fact` is its name, `ts_ns` its time, the rest its values."""


class Clock(Protocol):
    """Wall time that never steps back."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""


class Inbox(Protocol):
    """Where transports put what arrives; the one place that stamps time and order."""

    def frame(self, conn: int, data: bytes) -> None:
        """One complete text frame."""

    def stream_up(self, conn: int) -> None:
        """The socket is open and, where it must be, signed in."""

    def stream_down(self, conn: int) -> None:
        """The socket is gone, or never came up; told once."""

    def stream_refused(self, conn: int, status: int) -> None:
        """The venue answered the opening handshake with this HTTP status; in place of `stream_down`."""

    def http_reply(self, req_id: int, status: int, rate: RateHeaders | None, body: bytes) -> None:
        """An HTTP answer, whatever its status."""

    def send_failed(self, req_id: int, *, definite: bool) -> None:
        """No answer. `definite`: not one byte of the request left."""


class SocketTransport(Protocol):
    """Sockets by connection number."""

    def open(self, conn: int, path: str, *, auth: bool) -> None:
        """Begins to open the socket at this path; with `auth`, signs in before reporting it up."""

    def send(self, conn: int, data: bytes) -> None:
        """Writes one text frame now."""

    def close(self, conn: int) -> None:
        """Hangs up; nothing of this connection arrives any more."""


class HttpTransport(Protocol):
    """HTTP requests by number."""

    def start(self, request: Http) -> None:
        """Begins one request; it ends in exactly one word to the inbox."""


class FactSubscriber(Protocol):
    """A view of facts: metrics, log, screen, report. It cannot answer and must not block."""

    def on_facts(self, facts: list[Fact]) -> None:
        """Facts in the order in which they happened."""
