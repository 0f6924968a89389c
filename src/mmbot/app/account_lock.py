"""One bot per account on this machine: two file locks that the system lets go of when their holder dies.

`bot` is held by the bot that trades; `sweep` by its watchdog, until whatever the bot left at the venue is gone. The files lie in a
folder of the user's own, not in the working folder, so that two copies of one configuration meet. A bot on another machine is not seen
here; the core notices its orders.
"""

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

Role = Literal["bot", "sweep"]
_POLL_S = 0.05
_MAX_BYTES = 4096


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a lock: its process, and the run whose orders it answers for."""

    pid: int
    run_id: str


class AccountBusyError(ValueError):
    """Another process answers for this account."""


def lock_file(rest: str, api_key: bytes, role: Role) -> Path:
    """The lock of one account: the venue's address and the trading key name it."""
    name = hashlib.sha256(rest.encode() + b"\n" + api_key).hexdigest()[:16]
    return _folder() / f"{name}.{role}.lock"


def _folder() -> Path:
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base) / "mmbot" if base else Path(tempfile.gettempdir()) / f"mmbot-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise AccountBusyError(
            f"{folder} must be a folder that only this user may enter; remove it or set its mode to 0700"
        )
    return folder


@contextlib.contextmanager
def held(path: Path, run_id: str, *, wait_s: float = 0.0) -> Iterator[None]:
    """Holds a lock while inside; AccountBusyError names who has it if it is not free within `wait_s`."""
    descriptor = take(path, run_id, wait_s=wait_s)
    try:
        yield
    finally:
        os.close(descriptor)


def take(path: Path, run_id: str, *, wait_s: float = 0.0) -> int:
    """The same as a descriptor, which holds the lock until it is closed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end = time.monotonic() + wait_s
    while not _locked(descriptor):
        if time.monotonic() >= end:
            os.close(descriptor)
            raise AccountBusyError(_busy(path))
        time.sleep(_POLL_S)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, msgspec.json.encode(Holder(pid=os.getpid(), run_id=run_id)), 0)
    return descriptor


def holder(path: Path) -> Holder | None:
    """Who holds the lock now; None if it is free."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # A shared lock is enough to know, and two askers do not take each other for the holder.
        if _locked(descriptor, fcntl.LOCK_SH):
            return None
        return _named(os.read(descriptor, _MAX_BYTES))
    finally:
        os.close(descriptor)


def _locked(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _named(raw: bytes) -> Holder | None:
    try:
        return msgspec.json.decode(raw, type=Holder)
    except msgspec.MsgspecError:
        # Taken an instant ago and not signed yet.
        return None


def _busy(path: Path) -> str:
    who = holder(path)
    name = "process unknown" if who is None else f"process {who.pid}, run {who.run_id}"
    if path.name.endswith(".sweep.lock"):
        return f"a watchdog ({name}) is still taking down what an earlier run left; wait for it to end ({path})"
    return f"another bot ({name}) trades this account; stop it first ({path})"
