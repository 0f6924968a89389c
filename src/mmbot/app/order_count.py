"""The day's new orders over restarts: what the core counts against `guards.max_orders_per_day`, kept in a small file of the state folder.

A process that dies takes what it placed since the last write with it, at most a second's orders.
"""

import asyncio
import os
from pathlib import Path

import msgspec

from mmbot.observe.log import get_logger
from mmbot.ports import Fact

EVERY_S = 1.0
_DAY_NS = 86_400_000_000_000
_MAX_BYTES = 4096

_log = get_logger(__name__)


class OrdersToday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`placed` new orders in the UTC day `day` (whole days since the epoch)."""

    day: int
    placed: int


class OrderCount:
    """Counts each order once, as it is placed.

    ValueError for a file that is there and cannot be read: a cap that forgets what was placed is none.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / "orders-today.json"
        self._now = _read(self._path)
        self._written = self._now

    def known(self) -> dict[str, int] | None:
        """What the core starts from; None if nothing was ever counted here."""
        return None if self._now is None else msgspec.structs.asdict(self._now)

    def on_facts(self, facts: list[Fact]) -> None:
        """Takes what happened."""
        for fact in facts:
            if fact["fact"] == "order_moved" and fact["from"] == fact["to"] == "pending_new":
                day = fact["ts_ns"] // _DAY_NS
                # A clock that falls back behind midnight stays in the day that has begun, as in the core.
                if self._now is None or day > self._now.day:
                    self._now = OrdersToday(day=day, placed=0)
                self._now = msgspec.structs.replace(self._now, placed=self._now.placed + 1)

    def write(self) -> None:
        """Puts the count into its file if it has changed, whole or not at all. OSError if the folder does not take it."""
        counted = self._now
        if counted is None or counted == self._written:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        draft.write_bytes(msgspec.json.encode(counted) + b"\n")
        draft.replace(self._path)
        self._written = counted


async def keep_orders(orders: OrderCount) -> None:
    """Writes the count down again and again, beside the loop that trades."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await asyncio.to_thread(orders.write)
        except OSError as error:
            _log.error("orders_not_written", error=str(error))


def _read(path: Path) -> OrdersToday | None:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MAX_BYTES), type=OrdersToday)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(f"{path} cannot be read: {error}; delete it to count the day's orders from zero") from None
