"""The compiled half of mmbot."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, final

# --- Exchange -----------------------------------------------------------------------------------------------------------------------

@final
class Exchange:
    """The local exchange behind its Bybit V5 door.

    Times are nanoseconds since the epoch and never run back: an earlier one counts as the latest seen. ValueError names the setting,
    field, line or topic at fault.
    """

    ACCOUNT: ClassVar[int]
    """The account that a verified key stands for."""

    def __new__(
        cls, settings: bytes, instruments: Sequence[bytes] = ..., lines: Iterable[bytes] | None = None
    ) -> Exchange:
        """Reads settings (JSON object), instruments-info items (JSON objects) and, if `tape` is set, the lines of a recording."""

    @staticmethod
    def is_signed(method: str, path: str) -> bool:
        """True for a route that needs a valid signature."""

    @staticmethod
    def refusal(now_ns: int, code: int, msg: str) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of a request that is not let in."""

    def http(
        self, now_ns: int, account: int | None, method: str, path: str, raw_query: str, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of a request; `account` only if its signature was verified."""

    def open(self, path: str) -> int:
        """A new connection through `/v5/public/linear`, `/v5/private` or `/v5/trade`."""

    def close(self, conn: int) -> None:
        """Forgets a connection and what waits for it."""

    def drop_subscriptions(self, conn: int) -> None:
        """Ends everything that a connection listens to."""

    def frame(self, now_ns: int, conn: int, data: bytes) -> tuple[str, str, str, str | None] | None:
        """Takes a text frame; an `auth` comes back as (key, expires, signature, request id as JSON)."""

    def authenticated(self, now_ns: int, conn: int, account: int, request_id: str | None = None) -> None:
        """Lets a connection in and tells it."""

    def refused(self, now_ns: int, conn: int, code: int, msg: str, request_id: str | None = None) -> None:
        """Tells a connection why it is not let in."""

    def next_due(self) -> int | None:
        """When `advance` next has something to do; None if never."""

    def advance(self, now_ns: int) -> None:
        """Does everything due up to `now_ns`."""

    def take_outgoing(self) -> list[tuple[int, int, bytes]]:
        """(connection, due_ns, message) of everything that waits, in order for each connection."""

    def drop_next_delta(self, topic: str) -> None:
        """A fault on purpose: the next delta of a book topic reaches nobody."""

    def record(self, now_ns: int) -> bytes:
        """The exchange's own record as JSON."""

    def status(self, now_ns: int) -> bytes:
        """`{first_subscription_ns, tape_ended, now_ns, connections, dropped_deltas}` as JSON."""
