"""How far the venue's clock is from ours."""

import asyncio
from collections.abc import Callable

import aiohttp
import msgspec
import structlog

from mmbot.connectors.http import HttpClient
from mmbot.ports import Clock

_EVERY_S = 5.0
# Until it is read, requests are stamped with our own clock.
_RETRY_S = 2.0
_SAMPLES = 3

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
        try:
            on_offset(await _measure(http, base_url, clock))
            pause_s = _EVERY_S
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, msgspec.MsgspecError) as error:
            _log.warning("venue_time_unread", error=type(error).__name__)
            pause_s = _RETRY_S
        await asyncio.sleep(pause_s)


async def _measure(http: HttpClient, base_url: str, clock: Clock) -> int:
    """The offset of the sample with the shortest round trip; half of that trip bounds its error."""
    best: tuple[int, int] | None = None
    for _ in range(_SAMPLES):
        sent_ns = clock.now_ns()
        async with http.session().get(f"{base_url}/v5/market/time") as response:
            http.heard(response.status)
            body = await response.read()
        received_ns = clock.now_ns()
        venue_ns = int(msgspec.json.decode(body, type=_Answer).result.timeNano)
        sample = (received_ns - sent_ns, venue_ns - (sent_ns + received_ns) // 2)
        best = sample if best is None else min(best, sample)
    if best is None:
        raise ValueError("no sample")
    return best[1]
