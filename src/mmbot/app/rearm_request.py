"""`mmbot rearm --minutes` and `--confirm`: what a person asks of a running bot about its loss stops, and what it answers.

Both lie in the state folder. A request is a file that appears whole and only if none is under way; the bot takes it away before it acts, so
it is carried out once or not at all. The answer names the request that it belongs to.
"""

import contextlib
import os
import time
import uuid
from pathlib import Path

import msgspec

from mmbot.app.account_lock import holder, lock_file
from mmbot.config.model import BotConfig

# The bot looks ten times a second; the rest is patience with a busy machine.
_ANSWER_WITHIN_S = 5.0
_POLL_S = 0.02
_MAX_BYTES = 65_536

REFUSALS = {
    "refused_minutes_out_of_bounds": "--minutes must be 1 to 240",
    "refused_nothing_is_latched": "no loss stop is latched, so there is nothing to lift",
    "refused_wrong_token": "no open proposal has this token; propose again with --minutes",
    "refused_not_this_number_or_too_late": "the proposal is void, it was not confirmed in time; propose again with --minutes",
    "refused_nothing_is_proposed": "nothing is proposed; propose first with --minutes",
    "refused_too_often_today": "the loss stops were lifted as often as one day (UTC) allows",
    "refused_too_old": "the request was too old when the bot read it; ask again",
}
"""What each refusal means to the person who asked."""


class RearmRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a re-arming: a proposal (`minutes`) or the confirmation of one (`token`); `at_ns` since the epoch."""

    request_id: str
    at_ns: int
    minutes: int | None = None
    token: str | None = None
    why: str = ""


class LatchedStop(msgspec.Struct, frozen=True, kw_only=True):
    """A loss stop that holds: `value` lost against `limit`, both in settle coin."""

    guard: str
    value: str
    limit: str


class RearmAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request. Times are UTC; `lifted_until` of a proposal counts from now and moves with its confirmation."""

    request_id: str
    step: str
    who: str
    why: str
    minutes: int = 0
    lifts: tuple[LatchedStop, ...] = ()
    lifted_until: str | None = None
    token: str | None = None
    confirm_before: str | None = None


def request_file(state: Path) -> Path:
    """Where a request waits for the bot of this state folder."""
    return state / "rearm-request.json"


def answer_file(state: Path) -> Path:
    """Where the last answer lies."""
    return state / "rearm-answer.json"


def ask_rearm(config: BotConfig, *, minutes: int | None = None, token: str | None = None, why: str = "") -> RearmAnswer:
    """Asks the bot that trades this configuration's account and waits for its word.

    ValueError says why nothing was changed: no bot, no answer, another request under way, or the bot's own refusal.
    """
    api_key, _ = config.credentials.read()
    who = holder(lock_file(config.venue.rest, api_key.reveal(), "bot"))
    if who is None:
        raise ValueError("no bot trades this account on this machine; a loss stop is lifted in a running bot only")
    request = RearmRequest(request_id=uuid.uuid4().hex, at_ns=time.time_ns(), minutes=minutes, token=token, why=why)
    state = config.files.state
    _place(state, request)
    answer = _answered(state, request.request_id)
    if answer is None:
        with contextlib.suppress(FileNotFoundError):
            request_file(state).unlink()
            raise ValueError(
                f"the bot (process {who.pid}) did not take the request in {_ANSWER_WITHIN_S:g} s: withdrawn"
            )
        raise ValueError(
            f"the bot (process {who.pid}) took the request and did not answer; its log says what became of it"
        )
    if answer.step in REFUSALS:
        raise ValueError(f"{REFUSALS[answer.step]}; nothing was changed")
    return answer


def _place(state: Path, request: RearmRequest) -> None:
    state.mkdir(parents=True, exist_ok=True)
    path = request_file(state)
    draft = path.with_name(f".{path.name}.{request.request_id}")
    draft.touch(0o600)
    try:
        draft.write_bytes(msgspec.json.encode(request))
        # Unlike a rename, a link does not take the place of what is there.
        os.link(draft, path)
    except FileExistsError:
        raise ValueError(f"another request is under way ({path}); try again in a moment") from None
    finally:
        draft.unlink()


def _answered(state: Path, request_id: str) -> RearmAnswer | None:
    end = time.monotonic() + _ANSWER_WITHIN_S
    while time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
            answer = msgspec.json.decode(answer_file(state).read_bytes(), type=RearmAnswer)
            if answer.request_id == request_id:
                return answer
        time.sleep(_POLL_S)
    return None


def take_request(state: Path) -> tuple[RearmRequest, int] | None:
    """The waiting request and the user id of whoever wrote it, taken away; None if none waits.

    ValueError, with the file gone, for one that cannot be understood.
    """
    path = request_file(state)
    try:
        with path.open("rb") as file:
            owner, raw = os.fstat(file.fileno()).st_uid, file.read(_MAX_BYTES)
        path.unlink()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(raw, type=RearmRequest), owner
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: {error}") from error
