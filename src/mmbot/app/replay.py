"""`mmbot replay`: a capture's inputs through the core again, command by command."""

from pathlib import Path
from typing import Any

import msgspec

from mmbot._native import CaptureReader, replay


def replay_capture(path: Path) -> dict[str, Any]:
    """Replays with the configuration that the capture itself carries.

    Returns inputs, commands, recorded_hash, replayed_hash, broken_off, difference, and `build` of the capture. Raises ValueError
    for a header that is none of ours and OSError for a file that is no capture.
    """
    header = msgspec.json.decode(CaptureReader(path).header)
    if not isinstance(header, dict) or "core" not in header:
        raise ValueError(f"{path}: the header names no core configuration")
    outcome = replay(path, msgspec.json.encode(header["core"]))
    return {"capture": str(path), "build": header.get("build"), **outcome}
