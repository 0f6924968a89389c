"""The running bot's side of `mmbot rearm`: takes requests about loss stops to the core and writes back what it said.

The core judges (docs/operations.md, "Re-arming a loss stop"); here a proposal gets its token, and each step its who and why in the log.
"""

import asyncio
import pwd
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from mmbot.app.kill_switch import write_synced
from mmbot.app.rearm_request import REFUSALS, LatchedStop, RearmAnswer, RearmRequest, answer_file, take_request
from mmbot.observe.log import get_logger
from mmbot.ports import Clock, Fact

POLL_S = 0.1
# What was left behind by a command that died is not carried out later; a command waits half as long.
_TOO_OLD_NS = 10_000_000_000
# The core's own time for a proposal.
_CONFIRM_WITHIN_NS = 60_000_000_000
_MINUTE_NS = 60_000_000_000
# What the core's input can carry; the bound itself is the core's.
_MINUTES = range(1 << 16)
_LOSS_STOPS = frozenset({"daily_loss", "drawdown"})

_log = get_logger(__name__)


class Rearming(Protocol):
    """What carries a re-arming into the core."""

    def propose_rearm(self, minutes: int) -> None:
        """Asks to lift the latched loss stops."""

    def confirm_rearm(self, number: int) -> None:
        """Confirms a proposal."""


class RearmDesk:
    """One request at a time; a subscriber of facts, since only the core knows what came of a step."""

    def __init__(self, shell: Rearming, clock: Clock, state: Path) -> None:
        self._shell = shell
        self._clock = clock
        self._state = state
        self._latched: dict[tuple[str | None, str], LatchedStop] = {}
        self._asked: tuple[RearmRequest, str] | None = None
        self._open: tuple[str, int, str] | None = None
        self._writing: set[asyncio.Task[None]] = set()

    def take(self, request: RearmRequest, owner: int) -> None:
        """Carries one request into the core, or refuses it without troubling the core."""
        who = _user(owner)
        _log.info("rearm_asked", who=who, why=request.why, minutes=request.minutes, confirms=request.token is not None)
        if abs(self._clock.now_ns() - request.at_ns) > _TOO_OLD_NS:
            self._answer(request, who, "refused_too_old")
        elif request.token is not None:
            if self._open is None or request.token != self._open[0]:
                self._answer(request, who, "refused_wrong_token")
                return
            self._asked = (request, who)
            self._shell.confirm_rearm(self._open[1])
        elif request.minutes is not None and request.minutes in _MINUTES:
            self._asked = (request, who)
            self._shell.propose_rearm(request.minutes)
        else:
            self._answer(request, who, "refused_minutes_out_of_bounds")

    def on_facts(self, facts: list[Fact]) -> None:
        """Remembers which stops hold, and answers the request that the core has judged."""
        for fact in facts:
            match fact["fact"]:
                case "guard_tripped" if fact["guard"] in _LOSS_STOPS:
                    stop = LatchedStop(guard=fact["guard"], value=str(fact["value"]), limit=str(fact["limit"]))
                    self._latched[fact["market"], fact["guard"]] = stop
                case "guard_cleared":
                    self._latched.pop((fact["market"], fact["guard"]), None)
                case "rearm_moved" if self._asked is not None:
                    (request, who), self._asked = self._asked, None
                    self._judged(request, who, fact)

    def _judged(self, request: RearmRequest, who: str, fact: Fact) -> None:
        step, minutes, lifts = fact["step"], fact["minutes"], tuple(self._latched.values())
        until = _utc(fact["ts_ns"] + minutes * _MINUTE_NS)
        if step == "proposed":
            token = f"{fact['number']}-{secrets.token_hex(4)}"
            self._open = (token, fact["number"], request.why)
            before = _utc(fact["ts_ns"] + _CONFIRM_WITHIN_NS)
            self._answer(request, who, step, minutes=minutes, lifts=lifts, lifted_until=until, token=token, confirm_before=before)  # fmt: skip
        elif step == "confirmed" and self._open is not None:
            (_, _, why), self._open = self._open, None
            request = msgspec.structs.replace(request, why=request.why or why)
            self._answer(request, who, step, minutes=minutes, lifts=lifts, lifted_until=until)
        else:
            self._answer(request, who, step)

    def _answer(self, request: RearmRequest, who: str, step: str, **more: object) -> None:
        answer = msgspec.convert({"request_id": request.request_id, "step": step, "who": who, "why": request.why, **more}, RearmAnswer)  # fmt: skip
        told = {"step": step, "who": who, "why": request.why, "minutes": answer.minutes, "until": answer.lifted_until}
        (_log.warning if step in REFUSALS else _log.info)("rearm_answered", **told)
        # Syncing takes milliseconds that belong to the market.
        task = asyncio.get_running_loop().create_task(self._write(answer))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, answer: RearmAnswer) -> None:
        try:
            await asyncio.to_thread(write_synced, answer_file(self._state), msgspec.json.encode(answer) + b"\n")
        except OSError as error:
            _log.error("rearm_answer_not_written", error=str(error))


def _user(owner: int) -> str:
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"uid {owner}"


def _utc(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, UTC).isoformat(timespec="seconds")


async def watch_requests(state: Path, on_request: Callable[[RearmRequest, int], None]) -> None:
    """Hands each request of the state folder over, once; until cancelled. One that cannot be read is said and left out."""
    while True:
        try:
            waiting = take_request(state)
        except (OSError, ValueError) as error:
            _log.warning("rearm_request_unreadable", error=str(error))
        else:
            if waiting is not None:
                on_request(*waiting)
        await asyncio.sleep(POLL_S)
