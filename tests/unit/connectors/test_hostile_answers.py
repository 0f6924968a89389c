"""Answers that once crashed, hung or fooled a connector; found by `tests/fuzz`."""

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.fuzz.hostile import HostileServer, StrictInbox, accepted

from mmbot._native import Http
from mmbot.app.sweep import Sweep
from mmbot.config.secrets import Secret
from mmbot.connectors.blocking_http import Answer, BlockingHttp
from mmbot.connectors.http import HttpClient
from mmbot.connectors.signing import Signer
from mmbot.connectors.sockets import Sockets
from mmbot.connectors.venue_time import measured
from mmbot.ports.clock import WallClock

SIGNER = Signer(Secret(b"key"), Secret(b"secret"), 5000)
DEEP = b'{"retCode":0,"result":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
REQUEST = cast("Http", SimpleNamespace(req_id=1, method="GET", path="/x", query="", body=b"", ts_ms=1, signed=False))


def whole(body: bytes, *lines: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *lines)) + b"\r\n\r\n" + body


async def test_an_answer_nested_beyond_the_stack_is_no_answer() -> None:
    async with HostileServer(lambda _request: [whole(DEEP, b"Connection: close")]) as server:
        line = BlockingHttp(f"http://127.0.0.1:{server.port}", SIGNER)
        with pytest.raises(OSError, match="not the venue's JSON"):
            await asyncio.to_thread(line.read_venue_time)
        assert (await asyncio.to_thread(line.get, "/x", "")).code is None
        line.close()
        client = HttpClient(f"http://127.0.0.1:{server.port}", SIGNER, StrictInbox())
        assert await measured(client, f"http://127.0.0.1:{server.port}", WallClock()) is None
        await client.aclose()


@pytest.mark.parametrize("nano", ["9" * 30, "-1"])
async def test_a_time_that_no_clock_tells_is_not_read(nano: str) -> None:
    body = json.dumps({"result": {"timeNano": nano}}).encode()
    async with HostileServer(lambda _request: [whole(body)]) as server:
        client = HttpClient(f"http://127.0.0.1:{server.port}", SIGNER, StrictInbox())
        assert await measured(client, f"http://127.0.0.1:{server.port}", WallClock()) is None
        await client.aclose()


@pytest.mark.parametrize("limit", [b"-1", b"4294967296", b"9" * 40, b"x"])
async def test_a_limit_that_no_venue_means_does_not_keep_the_answer(limit: bytes) -> None:
    lines = (b"X-Bapi-Limit: " + limit, b"X-Bapi-Limit-Status: 1", b"X-Bapi-Limit-Reset-Timestamp: 1")
    async with HostileServer(lambda _request: [whole(b"{}", *lines)]) as server:
        inbox = StrictInbox()
        client = HttpClient(f"http://127.0.0.1:{server.port}", SIGNER, inbox)
        client.start(REQUEST)
        async with asyncio.timeout(5):
            await inbox.ended.wait()
        assert inbox.replies == [1]
        await client.aclose()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 101 Switching Protocols\r\n", b"nothing like it"])
async def test_a_line_cut_within_the_handshake_is_down_at_once(said: bytes) -> None:
    async with HostileServer(lambda _request: [said]) as server:
        inbox = StrictInbox()
        sockets = Sockets({"door": f"ws://127.0.0.1:{server.port}/"}, SIGNER, WallClock(), inbox)
        sockets.open(1, "door", auth=False)
        async with asyncio.timeout(5):
            await inbox.ended.wait()
        assert (inbox.ups, inbox.downs) == ([], [1])
        await sockets.aclose()


@pytest.mark.parametrize("status", [200, 403, 503])
async def test_a_refused_handshake_is_told_with_its_status_and_a_ban_before_the_core_hears(status: int) -> None:
    said = b"HTTP/1.1 %d Whatever\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno" % status
    async with HostileServer(lambda _request: [said]) as server:
        inbox, heard_before = StrictInbox(), list[list[int]]()
        urls = {"door": f"ws://127.0.0.1:{server.port}/"}
        sockets = Sockets(urls, SIGNER, WallClock(), inbox, on_banned=lambda: heard_before.append(list(inbox.refused)))
        sockets.open(1, "door", auth=False)
        async with asyncio.timeout(5):
            await inbox.ended.wait()
        assert (inbox.ups, inbox.downs, inbox.refused) == ([], [1], [status])
        assert heard_before == ([[]] if status == 403 else [])
        await sockets.aclose()


async def test_a_sign_in_answered_by_nonsense_is_not_one() -> None:
    frame = b"\x81\x7f" + (200_000).to_bytes(8, "big") + b"[" * 100_000 + b"]" * 100_000
    async with HostileServer(lambda request: [accepted(request) + frame]) as server:
        inbox = StrictInbox()
        sockets = Sockets({"door": f"ws://127.0.0.1:{server.port}/"}, SIGNER, WallClock(), inbox)
        sockets.open(1, "door", auth=True)
        async with asyncio.timeout(5):
            await inbox.ended.wait()
        assert (inbox.ups, inbox.downs) == ([], [1])
        await sockets.aclose()


class OneAnswer:
    """A venue that says the same to everything."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def get(self, path: str, query: str) -> Answer:
        del path, query
        return Answer(200, 0, self._result, "OK")

    def post(self, path: str, body: dict[str, str]) -> Answer:
        del path, body
        return Answer(200, 0, self._result, "OK")

    def read_venue_time(self) -> None:
        """Its time is ours."""


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"list": 7},
        {"list": [None]},
        {"list": [{"orderId": "1"}]},
        {"list": [{"symbol": "ABCUSDT", "orderId": 1}]},
        {"list": [], "nextPageCursor": "\u2603"},
    ],
)
def test_a_list_that_cannot_be_read_does_not_pass_for_an_empty_one(result: dict[str, Any]) -> None:
    sweep = Sweep(OneAnswer(result), time.monotonic(), 0.0, lambda _event, _fields: None)
    assert sweep.clear_account() is False
    assert sweep.report.verified_empty_ms is None
    assert sweep.report.errors[0].startswith("the venue's list of orders: ")


def test_an_empty_list_is_empty() -> None:
    sweep = Sweep(OneAnswer({"list": [], "nextPageCursor": ""}), time.monotonic(), 0.0, lambda _event, _fields: None)
    assert sweep.clear_account() is True
