"""The bound on captures: when all parts together are too large, the oldest are deleted.

The writer turns to a new part by size and by UTC day; what is counted here is every capture of the default folder, which is the bot's own, or,
where `files.capture` names a path, the parts of this run alone. The part that is being written is never touched.
"""

import asyncio
from pathlib import Path
from typing import NamedTuple

from mmbot.config.model import BotConfig
from mmbot.observe.log import get_logger

MIB = 1024 * 1024
_EVERY_S = 30.0
_SUFFIX = ".mmcap"

_log = get_logger(__name__)


class KeptCaptures(NamedTuple):
    """Which captures are counted: those of the pattern in the first part's folder, up to so many bytes."""

    first: Path
    patterns: tuple[str, ...]
    keep_bytes: int


def kept_captures(config: BotConfig, first: Path) -> KeptCaptures:
    """What this configuration counts; `first` is the first part of the run under way."""
    own = config.files.capture is None
    patterns = (f"*{_SUFFIX}",) if own else (first.name, f"{first.stem}.[0-9][0-9][0-9][0-9]*{first.suffix}")
    return KeptCaptures(first, patterns, config.files.capture_keep_mib * MIB)


def prune_captures(kept: KeptCaptures) -> list[Path]:
    """Deletes the oldest files until what is left fits, and returns them. OSError if one cannot be deleted."""
    found = {path for pattern in kept.patterns for path in kept.first.parent.glob(pattern)}
    aged = sorted((status.st_mtime_ns, path.name, status.st_size, path) for path in found for status in [path.stat()])
    # Longest name first: part 10000 comes after 9999.
    own = {path for path in found if path == kept.first or path.name.startswith(f"{kept.first.stem}.")}
    written = max(own, key=lambda path: (len(path.name), path.name), default=None)
    too_many = sum(size for _, _, size, _ in aged) - kept.keep_bytes
    deleted: list[Path] = []
    for _, _, size, path in aged:
        if too_many <= 0:
            break
        if path != written:
            path.unlink()
            too_many -= size
            deleted.append(path)
    return deleted


async def watch_captures(kept: KeptCaptures) -> None:
    """Prunes at once and then every 30 s, each time said in the log; until cancelled."""
    while True:
        try:
            deleted = await asyncio.to_thread(prune_captures, kept)
        except OSError as error:
            _log.warning("captures_not_pruned", error=str(error))
        else:
            for path in deleted:
                _log.info("capture_deleted", path=str(path))
        await asyncio.sleep(_EVERY_S)
