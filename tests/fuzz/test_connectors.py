"""The bot's sockets and HTTP against a hostile server, over real TCP: no crash, no hang, one word each, nothing without bound.

Each case is drawn from seed and number; a failure names both. `FUZZ_S` and `FUZZ_SEED` set how long and from where.
"""

import asyncio
import os
import resource
import time
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog
from tests.fuzz.draw import Draw
from tests.fuzz.hostile import I64, HostileServer, StrictInbox, accepted

from mmbot._native import Http
from mmbot.app.sweep import Sweep
from mmbot.config.secrets import Secret
from mmbot.connectors import http as http_module
from mmbot.connectors import sockets as sockets_module
from mmbot.connectors import venue_time
from mmbot.connectors.blocking_http import BlockingHttp
from mmbot.connectors.http import HttpClient
from mmbot.connectors.signing import Signer
from mmbot.connectors.sockets import Sockets
from mmbot.ports.clock import WallClock

Record = Callable[[str, object], None]
Troubles = Callable[[], list[str]]
SIGNER = Signer(Secret(b"key"), Secret(b"secret"), 5000)
SEED = os.environ.get("FUZZ_SEED", "1")
# A case is over at once: the server hangs up.
CASE_S = 10.0
# What the process may grow by over a whole campaign.
GROWTH_BYTES = 200 * 1024 * 1024


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """What the connectors say of each refusal is not printed; that they said something is asked where it matters."""
    structlog.configure(processors=[lambda _logger, _name, _event: (_ for _ in ()).throw(structlog.DropEvent)])
    yield
    structlog.reset_defaults()


@pytest.fixture
def troubles(caplog: pytest.LogCaptureFixture) -> Troubles:
    """What the loop and the libraries had to catch for us: exceptions in callbacks, and in tasks that nobody awaits."""
    return lambda: [record.getMessage() for record in caplog.records if record.exc_info]


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def campaign(seconds: float, case: Callable[[Draw, int], Awaitable[None]], troubles: Troubles) -> int:
    """Cases one after the other; returns how many."""
    end, number = time.monotonic() + seconds, 0
    before = 0
    while time.monotonic() < end:
        number += 1
        try:
            async with asyncio.timeout(CASE_S):
                await case(Draw(f"{SEED}:{number}"), number)
            assert troubles() == []
        except BaseException as error:
            error.add_note(f"seed {SEED}, case {number}")
            raise
        if number == 200:
            before = peak_bytes()
    assert not before or peak_bytes() - before <= GROWTH_BYTES
    return number


async def sockets_campaign(seconds: float, troubles: Troubles) -> dict[str, int]:
    inbox = StrictInbox()
    async with HostileServer(lambda _request: []) as server:
        address = f"ws://127.0.0.1:{server.port}/"
        sockets = Sockets({"door": address}, SIGNER, WallClock(), inbox)

        async def case(draw: Draw, number: int) -> None:
            signs_in, spoilt = draw.chance() < 0.5, draw.chance() < 0.15
            talk = draw.talk(signs_in=signs_in)
            server.pause_s = draw.one((0.0, 0.0, 0.0, 0.001))

            def answer(request: bytes) -> list[bytes]:
                whole = accepted(request) + talk
                return draw.chunks(draw.altered(whole[:150]) + whole[150:] if spoilt else whole)

            server.answer = answer
            inbox.ended.clear()
            sockets.open(number, "door", auth=signs_in)
            await inbox.ended.wait()
            sockets.close(number)

        cases = await campaign(seconds, case, troubles)
        await sockets.aclose()
    assert inbox.largest <= sockets_module.MAX_MESSAGE_BYTES
    assert inbox.downs == list(range(1, cases + 1))
    # The campaign reaches what it is about.
    assert inbox.frames > cases // 20
    assert len(inbox.ups) > cases // 4
    return {"cases": cases, "came_up": len(inbox.ups), "frames": inbox.frames, "largest_frame_bytes": inbox.largest}


def request(number: int) -> Http:
    named = {"req_id": number, "method": "GET", "path": "/v5/order/realtime", "query": "category=spot", "body": b""}
    return cast("Http", SimpleNamespace(**named, ts_ms=1, signed=True))


async def http_campaign(seconds: float, troubles: Troubles) -> dict[str, int]:
    inbox, offsets = StrictInbox(), []
    async with HostileServer(lambda _request: []) as server:
        base = f"http://127.0.0.1:{server.port}"
        client = HttpClient(base, SIGNER, inbox)

        async def case(draw: Draw, number: int) -> None:
            server.pause_s = draw.one((0.0, 0.0, 0.0, 0.001))
            answer = draw.answer()
            server.answer = lambda _request: draw.chunks(answer)
            inbox.ended.clear()
            client.start(request(number))
            await inbox.ended.wait()
            if number % 5 == 0:
                offset = await venue_time.measured(client, base, WallClock())
                offsets.append(offset)
                assert offset is None or offset in I64

        cases = await campaign(seconds, case, troubles)
        await client.aclose()
    words = inbox.replies + [number for number, _ in inbox.failures]
    assert sorted(words) == list(range(1, cases + 1))
    assert not [number for number, definite in inbox.failures if definite], "each request reached the server"
    assert inbox.largest <= http_module.MAX_BODY_BYTES
    assert len(inbox.replies) > cases // 4
    told = sum(offset is not None for offset in offsets)
    return {"cases": cases, "replies": len(inbox.replies), "clock_readings": len(offsets), "clock_readings_kept": told}


async def sweep_campaign(seconds: float, troubles: Troubles) -> dict[str, int]:
    found = {"answers": 0, "refusals": 0, "sweeps": 0, "sweeps_cleared": 0}
    async with HostileServer(lambda _request: []) as server:
        venue = BlockingHttp(f"http://127.0.0.1:{server.port}", SIGNER)

        def one() -> None:
            try:
                venue.get("/v5/order/realtime", "category=spot")
                found["answers"] += 1
            except OSError:
                found["refusals"] += 1

        def sweep() -> None:
            said: list[str] = []
            attempt = Sweep(venue, time.monotonic(), 0.0, lambda event, _fields: said.append(event))
            found["sweeps"] += 1
            found["sweeps_cleared"] += attempt.clear_account()
            assert said or attempt.report.verified_empty_ms is None

        async def case(draw: Draw, number: int) -> None:
            server.pause_s = 0.0
            server.answer = lambda _request: draw.chunks(draw.answer())
            await asyncio.to_thread(sweep if number % 3 == 0 else one)

        cases = await campaign(seconds, case, troubles)
        venue.close()
    assert min(found["answers"], found["refusals"]) > cases // 10
    return {"cases": cases} | found


CAMPAIGNS = (sockets_campaign, http_campaign, sweep_campaign)


@pytest.mark.parametrize("kind", CAMPAIGNS, ids=lambda kind: kind.__name__)
async def test_a_hostile_server_for_seconds(kind: Any, troubles: Troubles, record_property: Record) -> None:
    record_property("found", await kind(3.0, troubles))


@pytest.mark.prove
@pytest.mark.parametrize("kind", CAMPAIGNS, ids=lambda kind: kind.__name__)
async def test_a_hostile_server_for_minutes(kind: Any, troubles: Troubles, record_property: Record) -> None:
    record_property("found", await kind(float(os.environ.get("FUZZ_S", "600")) / len(CAMPAIGNS), troubles))
