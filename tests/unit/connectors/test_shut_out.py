"""An address that the venue has shut out is left alone by everything but the core's own probe."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from mmbot.config.secrets import Secret
from mmbot.connectors import venue_time
from mmbot.connectors.http import HttpClient
from mmbot.connectors.signing import Signer
from mmbot.ports import Clock, Inbox


def client() -> HttpClient:
    signer = Signer(Secret(b"key"), Secret(b"secret"), 5000)
    return HttpClient("http://127.0.0.1:9", signer, cast("Inbox", SimpleNamespace()))


def test_a_403_is_remembered_until_any_other_answer() -> None:
    http = client()
    assert http.rest_s() == 0
    http.heard(403)
    assert 60 < http.rest_s() <= 65, "longer than the core rests before its probe"
    http.heard(200)
    assert http.rest_s() == 0


def test_the_venues_time_is_not_asked_for_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    http, asked = client(), []

    async def measure(*_: object) -> int:
        asked.append(1)
        return 0

    monkeypatch.setattr(venue_time, "_measure", measure)
    monkeypatch.setattr(venue_time, "_RETRY_S", 0.01)
    clock = cast("Clock", SimpleNamespace(now_ns=lambda: 0))

    async def watch(seconds: float) -> None:
        task = asyncio.create_task(venue_time.watch_venue_time(http, "http://127.0.0.1:9", clock, lambda _: None))
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    http.heard(403)
    asyncio.run(watch(0.1))
    assert asked == []
    http.heard(200)
    asyncio.run(watch(0.1))
    assert asked == [1]
