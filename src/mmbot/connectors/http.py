"""HTTP transport: one keep-alive session, the exact bytes signed are the bytes sent."""

import asyncio
import time
from collections.abc import Mapping

import aiohttp
import structlog
from yarl import URL

from mmbot._native import Http
from mmbot.connectors.signing import Signer
from mmbot.ports import Inbox, RateHeaders

MAX_BODY_BYTES = 16 * 1024 * 1024
# Shorter than the core's own time-out, so that a request ends here before its fate is asked about.
_TIMEOUT = aiohttp.ClientTimeout(total=4.5, connect=3.0)
_COUNTS = range(1 << 32)
_TIMES_MS = range(1 << 53)

BANNED = 403
# A little more than the core rests before its own probe, so that the probe is the only one.
_REST_S = 65.0

_log = structlog.get_logger(__name__)


class HttpClient:
    """Sends the core's requests; each ends in exactly one word to the inbox."""

    def __init__(self, base_url: str, signer: Signer, inbox: Inbox) -> None:
        self._base_url = base_url
        self._signer = signer
        self._inbox = inbox
        self._session: aiohttp.ClientSession | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._shut_out_s: float | None = None

    def start(self, request: Http) -> None:
        """Begins one request."""
        task = asyncio.get_running_loop().create_task(self._run(request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def heard(self, status: int) -> None:
        """Notes an answer's status, of whatever request: 403 means that the venue has shut the address out."""
        self._shut_out_s = time.monotonic() if status == BANNED else None

    def rest_s(self) -> float:
        """Seconds for which nothing but the core's own probe should be asked; 0 if the address is not shut out."""
        return 0.0 if self._shut_out_s is None else max(0.0, self._shut_out_s + _REST_S - time.monotonic())

    def session(self) -> aiohttp.ClientSession:
        """The session, made on first use inside the running loop."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=30, keepalive_timeout=15, ttl_dns_cache=300)
            self._session = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, auto_decompress=True)
        return self._session

    async def _run(self, request: Http) -> None:
        try:
            status, rate, body = await self._exchange(request)
        except aiohttp.ClientConnectorError:
            self._inbox.send_failed(request.req_id, definite=True)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            _log.warning("http_failed", path=request.path, error=type(error).__name__)
            self._inbox.send_failed(request.req_id, definite=False)
        else:
            self._inbox.http_reply(request.req_id, status, rate, body)

    async def _exchange(self, request: Http) -> tuple[int, RateHeaders | None, bytes]:
        query = f"?{request.query}" if request.query else ""
        # `encoded`: the query is signed as it stands, so nothing may re-encode it.
        url = URL(f"{self._base_url}{request.path}{query}", encoded=True)
        headers = {"Content-Type": "application/json"} if request.body else {}
        if request.signed:
            headers |= self._signer.headers(request.ts_ms, request.body or request.query.encode("ascii"))
        options = {"data": request.body or None, "headers": headers, "allow_redirects": False}
        async with self.session().request(request.method, url, **options) as response:  # type: ignore[arg-type]  # a plain mapping
            self.heard(response.status)
            return response.status, _rate(response.headers), await whole_body(response)

    async def aclose(self) -> None:
        """Drops what is under way and closes the session."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


async def whole_body(response: aiohttp.ClientResponse) -> bytes:
    """The answer's body; ValueError for one beyond 16 MiB, of which no more than that is read."""
    body = bytearray()
    while not response.content.at_eof():
        body += await response.content.read(MAX_BODY_BYTES + 1 - len(body))
        if len(body) > MAX_BODY_BYTES:
            raise ValueError("answer too large")
    return bytes(body)


def _rate(headers: Mapping[str, str]) -> RateHeaders | None:
    try:
        limit, remaining = int(headers["X-Bapi-Limit"]), int(headers["X-Bapi-Limit-Status"])
        reset_ms = int(headers["X-Bapi-Limit-Reset-Timestamp"])
    except (KeyError, ValueError):
        return None
    # Figures that no venue means are no word about the budget.
    meant = limit in _COUNTS and remaining in _COUNTS and reset_ms in _TIMES_MS
    return (limit, remaining, reset_ms) if meant else None
