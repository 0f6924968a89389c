"""Requests to a running bot: each is carried out once or not at all, and every one gets an answer."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.chaos.fleet import until

from mmbot.app import rearm_request
from mmbot.app.rearm_desk import RearmDesk, watch_requests
from mmbot.app.rearm_request import RearmAnswer, RearmRequest, answer_file, request_file, take_request
from mmbot.ports.clock import WallClock


class Core:
    """What the core was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def propose_rearm(self, minutes: int) -> None:
        self.told.append(("propose", minutes))

    def confirm_rearm(self, number: int) -> None:
        self.told.append(("confirm", number))


def request(**fields: Any) -> RearmRequest:
    plain = RearmRequest(request_id="r", at_ns=time.time_ns(), why="w")
    return msgspec.structs.replace(plain, **fields)


def moved(step: str, number: int = 1, minutes: int = 5) -> dict[str, Any]:
    return {"fact": "rearm_moved", "ts_ns": 0, "number": number, "minutes": minutes, "step": step}


async def answer(state: Path) -> RearmAnswer:
    path = answer_file(state)
    await asyncio.to_thread(until, path.exists, 5, "an answer")
    told = msgspec.json.decode(path.read_bytes(), type=RearmAnswer)
    path.unlink()
    return told


def test_a_request_is_taken_once_and_a_second_waits_its_turn(tmp_path: Path) -> None:
    first = request(minutes=5)
    rearm_request._place(tmp_path, first)
    with pytest.raises(ValueError, match="under way"):
        rearm_request._place(tmp_path, request(minutes=6))
    assert take_request(tmp_path) == (first, os.getuid())
    assert take_request(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b'{"request_id":"a","at_ns":1,"minuets":3}', b"\xff" * 70_000])
def test_a_damaged_request_is_said_and_gone(tmp_path: Path, raw: bytes) -> None:
    request_file(tmp_path).write_bytes(raw)
    with pytest.raises(ValueError, match=r"rearm-request\.json"):
        take_request(tmp_path)
    assert take_request(tmp_path) is None


async def the_two_steps(state: Path) -> None:
    core = Core()
    desk = RearmDesk(core, WallClock(), state)
    tripped = {"fact": "guard_tripped", "market": None, "guard": "daily_loss", "value": "7", "limit": "5", "ts_ns": 0}
    # Another guard of the account is none of this.
    desk.on_facts([tripped, tripped | {"guard": "address_banned"}])
    desk.take(request(minutes=5), os.getuid())
    desk.on_facts([moved("proposed", 3)])
    proposal = await answer(state)
    assert (proposal.step, [row.guard for row in proposal.lifts]) == ("proposed", ["daily_loss"])
    assert (proposal.confirm_before, proposal.lifted_until) == (
        "1970-01-01T00:01:00+00:00",
        "1970-01-01T00:05:00+00:00",
    )
    desk.take(request(token="3-wrong"), os.getuid())
    assert (await answer(state)).step == "refused_wrong_token"
    assert core.told == [("propose", 5)], "a wrong token does not use the proposal up"
    desk.take(request(token=proposal.token, why=""), os.getuid())
    desk.on_facts([moved("confirmed", 3), {"fact": "guard_cleared", "market": None, "guard": "daily_loss"}])
    confirmed = await answer(state)
    assert (confirmed.step, confirmed.why) == ("confirmed", "w")
    assert core.told[1:] == [("confirm", 3)]
    desk.take(request(token=proposal.token), os.getuid())
    assert (await answer(state)).step == "refused_wrong_token", "a token is used once"


def test_a_proposal_gets_a_token_and_only_that_token_confirms_it(tmp_path: Path) -> None:
    asyncio.run(the_two_steps(tmp_path))


async def refusals(state: Path) -> None:
    core = Core()
    desk = RearmDesk(core, WallClock(), state)
    for made, step in (
        (request(minutes=5, at_ns=time.time_ns() - 11_000_000_000), "refused_too_old"),
        (request(minutes=70_000), "refused_minutes_out_of_bounds"),
        (request(minutes=-1), "refused_minutes_out_of_bounds"),
        (request(), "refused_minutes_out_of_bounds"),
        (request(token=""), "refused_wrong_token"),
    ):
        desk.take(made, os.getuid())
        assert (await answer(state)).step == step
    assert core.told == []


def test_what_cannot_be_meant_never_reaches_the_core(tmp_path: Path) -> None:
    asyncio.run(refusals(tmp_path))


async def one_after_a_bad_one(state: Path) -> list[RearmRequest]:
    taken: list[RearmRequest] = []
    request_file(state).write_bytes(b"nonsense")
    watch = asyncio.create_task(watch_requests(state, lambda request, _owner: taken.append(request)))
    await asyncio.to_thread(until, lambda: not request_file(state).exists(), 5, "the bad one is gone")
    rearm_request._place(state, request(minutes=9))
    await asyncio.to_thread(until, lambda: taken, 5, "the good one is taken")
    watch.cancel()
    return taken


def test_a_request_that_cannot_be_read_does_not_end_the_watch(tmp_path: Path) -> None:
    assert [row.minutes for row in asyncio.run(one_after_a_bad_one(tmp_path))] == [9]
