"""Taking an account's orders down from outside the bot: cancel all, verify by query, and again once no request can be in flight.

On a shared account it takes down order by order, and only what some run of this bot wrote.

It owes nothing to the core: it knows no order but those that the venue lists. Nothing but the venue itself limits its cancels.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import NamedTuple, Protocol

import msgspec

from mmbot.connectors.blocking_http import Answer

# After recv_window and this grace no request that left before can still reach the venue's book.
ARRIVAL_GRACE_S = 1.0
_PAUSE_S = 0.2
_PAUSE_LONGEST_S = 2.0
# Asking during a ban prolongs it.
_BANNED_PAUSE_S = 60.0
_MAX_ERRORS = 100
_MAX_PAGES = 100
_TIMESTAMP = 10002
# Key, signature, permission or address refused: asking again cannot help.
_REFUSED_KEY = frozenset({10003, 10004, 10005, 10007, 10009, 10010, 33004})
# Gone already: what a cancel wants.
_GONE = frozenset({110001, 170213})


# `rust/mm-core/src/orders/client_id.rs`: run, colour, number.
OF_A_RUN = re.compile(r"[0-9a-z]{1,8}-[0-9]{1,3}-[0-9a-z]{1,13}")


class Scope(NamedTuple):
    """What one cancel-all covers: a category, and of contracts those that settle in one coin."""

    category: str
    settle_coin: str | None

    def body(self) -> dict[str, str]:
        """As the body of a cancel-all."""
        coin = {"settleCoin": self.settle_coin} if self.settle_coin else {}
        return {"category": self.category} | coin

    def query(self) -> str:
        """As the query of a listing."""
        return "&".join(f"{key}={value}" for key, value in self.body().items()) + "&openOnly=0&limit=50"


SCOPES = (Scope("linear", "USDT"), Scope("linear", "USDC"), Scope("spot", None))


class OpenOrder(NamedTuple):
    """One order that the venue lists as open."""

    category: str
    symbol: str
    order_id: str
    client_order_id: str


class _Row(msgspec.Struct):
    symbol: str
    orderId: str  # noqa: N815 - the venue's name
    orderLinkId: str = ""  # noqa: N815


class _Page(msgspec.Struct):
    rows: list[_Row] | None = msgspec.field(name="list")
    nextPageCursor: str | None = None  # noqa: N815


class SweepReport(msgspec.Struct, kw_only=True):
    """What was done. Times are in ms from the trigger; None: it did not come to that.

    `verified_empty_ms` is when the venue first listed nothing, `second_look_ms` when it did so once no request could be in flight any more.
    """

    first_cancel_acked_ms: float | None = None
    verified_empty_ms: float | None = None
    cancelled: int = 0
    second_look_ms: float | None = None
    second_look_cancelled: int = 0
    verified: bool = False
    errors: list[str] = msgspec.field(default_factory=list)


class Venue(Protocol):
    """What a sweep needs of a connection; failing to get an answer is an OSError."""

    def get(self, path: str, query: str) -> Answer:
        """A signed GET."""

    def post(self, path: str, body: dict[str, str]) -> Answer:
        """A signed POST."""

    def read_venue_time(self) -> None:
        """Reads the venue's clock anew."""


class KeyRefusedError(Exception):
    """The venue does not accept the sweep's key."""


class Sweep:
    """One sweep. `trigger_s` is what `time.monotonic` said when it became necessary; it gives up `give_up_s` after it began."""

    def __init__(
        self,
        venue: Venue,
        trigger_s: float,
        give_up_s: float,
        say: Callable[[str, dict[str, object]], None],
        *,
        shared_account: bool = False,
    ) -> None:
        self._venue = venue
        self._shared = shared_account
        self._trigger_s = trigger_s
        self._end_s = time.monotonic() + give_up_s
        self._say = say
        self.report = SweepReport()

    def clear_once(self) -> None:
        """One attempt, at once, whatever comes of it."""
        with contextlib.suppress(KeyRefusedError, _BannedError, OSError):
            self._clear_once()

    def clear_account(self) -> bool:
        """Cancels everything that is ours until the venue lists nothing of it; False if it had to give up."""
        return self._until(self._clear_once)

    def look_again(self) -> bool:
        """The same after the horizon of requests in flight: the last word."""
        before = self.report.cancelled
        self.report.verified = self._until(self._clear_once)
        self.report.second_look_cancelled = self.report.cancelled - before
        if self.report.verified:
            self.report.second_look_ms = self._since_trigger_ms()
        return self.report.verified

    def clear_run(self, run_id: str) -> bool:
        """After the horizon of requests in flight: takes down what one run still has, order by order, and nothing else."""
        return self._until(lambda: self._clear_run_once(run_id))

    def wait_for_horizon(self, recv_window_ms: int) -> None:
        """Sleeps until no request sent before the trigger can still rest an order."""
        time.sleep(max(0.0, self._trigger_s + recv_window_ms / 1000 + ARRIVAL_GRACE_S - time.monotonic()))

    def _until(self, attempt: Callable[[], bool]) -> bool:
        pause_s = _PAUSE_S
        while True:
            try:
                if attempt():
                    return True
                wait_s, pause_s = _PAUSE_S, _PAUSE_S
            except KeyRefusedError as error:
                self._note(str(error))
                return False
            except OSError as error:
                self._note(str(error))
                wait_s, pause_s = pause_s, min(2 * pause_s, _PAUSE_LONGEST_S)
            except _BannedError as error:
                self._note(str(error))
                wait_s = _BANNED_PAUSE_S
            if time.monotonic() + wait_s > self._end_s:
                return False
            time.sleep(wait_s)

    def _cancel_all(self) -> None:
        if self._shared:
            for order in self._ours():
                self._cancel(order)
                self._acked()
                self.report.cancelled += 1
            return
        for scope in SCOPES:
            answer = self._post("/v5/order/cancel-all", scope.body())
            self._acked()
            rows = answer.result.get("list")
            self.report.cancelled += len(rows) if isinstance(rows, list) else 0

    def _clear_once(self) -> bool:
        self._cancel_all()
        if self._ours():
            return False
        empty_ms = self._since_trigger_ms()
        if self.report.verified_empty_ms is None:
            self.report.verified_empty_ms = empty_ms
        self._say("verified_empty", {"cancelled": self.report.cancelled, "ms": empty_ms})
        return True

    def _clear_run_once(self, run_id: str) -> bool:
        ours = [order for order in self._open_orders() if order.client_order_id.startswith(f"{run_id}-")]
        for order in ours:
            self._cancel(order)
            self.report.second_look_cancelled += 1
        if not ours:
            self.report.second_look_ms = self._since_trigger_ms()
            self.report.verified = True
        return not ours

    def _cancel(self, order: OpenOrder) -> None:
        named = {"category": order.category, "symbol": order.symbol, "orderId": order.order_id}
        self._post("/v5/order/cancel", named)

    def _ours(self) -> list[OpenOrder]:
        """What is to be taken down and still open."""
        written = OF_A_RUN.fullmatch if self._shared else lambda _client_order_id: True
        return [order for order in self._open_orders() if written(order.client_order_id)]

    def _open_orders(self) -> Iterator[OpenOrder]:
        for scope in SCOPES:
            cursor = ""
            for _ in range(_MAX_PAGES):
                query = scope.query() + (f"&cursor={cursor}" if cursor else "")
                page = _page(self._ask(partial(self._venue.get, "/v5/order/realtime", query)))
                for row in page.rows or ():
                    yield OpenOrder(scope.category, row.symbol, row.orderId, row.orderLinkId)
                cursor = page.nextPageCursor or ""
                if not cursor:
                    break

    def _post(self, path: str, body: dict[str, str]) -> Answer:
        return self._ask(partial(self._venue.post, path, body))

    def _ask(self, request: Callable[[], Answer]) -> Answer:
        """One answer that says yes; OSError for one that may differ next time."""
        answer = request()
        if answer.code == _TIMESTAMP:
            self._venue.read_venue_time()
            answer = request()
        if answer.code == 0 or answer.code in _GONE:
            return answer
        said = f"HTTP {answer.status}, code {answer.code}: {answer.text}"
        if answer.code in _REFUSED_KEY or answer.status == HTTPStatus.UNAUTHORIZED:
            raise KeyRefusedError(said)
        if answer.status == HTTPStatus.FORBIDDEN:
            raise _BannedError(said)
        raise OSError(said)

    def _acked(self) -> None:
        if self.report.first_cancel_acked_ms is None:
            self.report.first_cancel_acked_ms = self._since_trigger_ms()
            self._say("first_cancel_acked", {"ms": self.report.first_cancel_acked_ms})

    def _note(self, error: str) -> None:
        self._say("sweep_failed", {"error": error})
        if len(self.report.errors) < _MAX_ERRORS:
            self.report.errors.append(error)

    def _since_trigger_ms(self) -> float:
        return round((time.monotonic() - self._trigger_s) * 1000, 3)


def _page(answer: Answer) -> _Page:
    """A listing; OSError for one that cannot be read, since it must not pass for an empty one."""
    try:
        page = msgspec.convert(answer.result, _Page)
    except msgspec.ValidationError as error:
        raise OSError(f"the venue's list of orders: {error}") from None
    if not (page.nextPageCursor or "").isascii():
        raise OSError("the venue's list of orders: its cursor is not ASCII")
    return page


class _BannedError(Exception):
    """The venue refuses this address for a while."""
