"""The kill switch: a latch in a synced file. It outlives every process; only `mmbot rearm` takes it away.

| level | what it does |
|---|---|
| 1 | the running bot stops quoting the named markets (all if none is named) and cancels their orders |
| 2 | the running bot cancels everything, verifies, and ends |
| 3 | an external process cancels everything over a connection and with a key of its own, and ends the bot |
"""

import os
import time
from pathlib import Path
from typing import Literal

import msgspec

Level = Literal[1, 2, 3]
STOPS_THE_BOT: Level = 2
_MAX_BYTES = 65_536


class Latch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was ordered, why, and when (ns since the epoch). `markets` belongs to level 1; empty means all."""

    level: Level
    markets: tuple[str, ...] = ()
    why: str
    at_ns: int

    def pauses(self, market: str) -> bool:
        """True if this market ("linear.BTCUSDT") must not be quoted."""
        return self.level >= STOPS_THE_BOT or not self.markets or market in self.markets


def latch_file(state: Path) -> Path:
    """Where the latch of this state folder lies."""
    return state / "kill-switch.json"


def latch(state: Path, level: Level, why: str, markets: tuple[str, ...] = ()) -> Latch:
    """Latches the switch and returns what now holds: a latch is never lowered, and named markets add up.

    When this returns, file and folder are on disk. OSError if they cannot be written.
    """
    before = read_latch(state)
    order = Latch(level=level, markets=tuple(sorted(set(markets))), why=why, at_ns=time.time_ns())
    if before is not None:
        order = _joined(before, order)
    state.mkdir(parents=True, exist_ok=True)
    write_synced(latch_file(state), msgspec.json.encode(order) + b"\n")
    return order


def _joined(before: Latch, order: Latch) -> Latch:
    if order.level != before.level:
        return max(before, order, key=lambda latch: latch.level)
    everything = not before.markets or not order.markets
    markets = () if everything else tuple(sorted({*before.markets, *order.markets}))
    return msgspec.structs.replace(order, markets=markets)


def read_latch(state: Path) -> Latch | None:
    """The latch that holds; None if there is none. A file that cannot be read or understood holds at level 3."""
    path = latch_file(state)
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES)
        return msgspec.json.decode(raw, type=Latch)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        return Latch(level=3, why=f"{path} cannot be read: {error}", at_ns=0)


def rearm(state: Path) -> Latch | None:
    """Takes the latch away and returns it; None if there was none. The disk has forgotten it when this returns."""
    held = read_latch(state)
    if held is not None:
        latch_file(state).unlink()
        sync_folder(state)
    return held


def refuse_latched(state: Path) -> None:
    """ValueError if the switch is latched at a level that ends a bot: such a bot must not start."""
    held = read_latch(state)
    if held is not None and held.level >= STOPS_THE_BOT:
        raise ValueError(
            f"the kill switch is latched at level {held.level} ({held.why}); "
            "find out why, then re-arm it with: mmbot rearm --config FILE --why TEXT"
        )


def write_synced(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all; it and its folder are on disk when this returns."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Puts a folder's entries on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
