"""How far the venue's clock is from ours."""

import asyncio
from collections.abc import Callable

import aiohttp
import msgspec
import structlog

from mmbot.connectors.http import HttpClient, whole_body
from mmbot.ports import Clock

_EVERY_S = 5.0
# Until it is read, requests are stamped with our own clock.
_RETRY_S = 2.0
_SAMPLES = 3
# What an i64 of nanoseconds holds: until the year 2262.
_TIMES_NS = range(1 << 63)

_log = structlog.get_logger(__name__)


class _Result(msgspec.Struct):
    timeNano: str  # noqa: N815 - the venue's name


class _Answer(msgspec.Struct):
    result: _Result


class VenueClock:
    """Our clock, corrected by what was last read of the venue's: a sign-in carries a time of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ns = 0

    def correct(self, offset_ns: int) -> None:
        """Venue time less our time, in ns."""
        self._offset_ns = offset_ns

    def now_ns(self) -> int:
        """The venue's time as well as it is known, in ns since the epoch."""
        return self._clock.now_ns() + self._offset_ns


async def watch_venue_time(http: HttpClient, base_url: str, clock: Clock, on_offset: Callable[[int], None]) -> None:
    """Reports venue time less our time in ns at once and then every 5 s, after a failure in two seconds; until cancelled.

    Of a venue that has shut the address out (HTTP 403) it asks nothing: the core's own probe finds out when that ends.
    """
    while True:
        if http.rest_s():
            await asyncio.sleep(_RETRY_S)
            continue
        offset_ns = await measured(http, base_url, clock)
        if offset_ns is not None:
            on_offset(offset_ns)
        await asyncio.sleep(_RETRY_S if offset_ns is None else _EVERY_S)


async def measured(http: HttpClient, base_url: str, clock: Clock) -> int | None:
    """Venue time less our time in ns; None, with a warning, if the venue did not tell it."""
    try:
        return await _measure(http, base_url, clock)
    # A deeply nested answer makes the decoder run out of stack.
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        _log.warning("venue_time_unread", error=type(error).__name__)
        return None


async def _measure(http: HttpClient, base_url: str, clock: Clock) -> int:
    """The offset of the sample with the shortest round trip; half of that trip bounds its error."""
    best: tuple[int, int] | None = None
    for _ in range(_SAMPLES):
        sent_ns = clock.now_ns()
        async with http.session().get(f"{base_url}/v5/market/time", allow_redirects=False) as response:
            http.heard(response.status)
            body = await whole_body(response)
        received_ns = clock.now_ns()
        venue_ns = int(msgspec.json.decode(body, type=_Answer).result.timeNano)
        if venue_ns not in _TIMES_NS:
            raise ValueError("the venue's time is out of range")
        sample = (received_ns - sent_ns, venue_ns - (sent_ns + received_ns) // 2)
        best = sample if best is None else min(best, sample)
    if best is None:
        raise ValueError("no sample")
    return best[1]
