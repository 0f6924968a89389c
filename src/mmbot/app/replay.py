"""`mmbot replay`: a capture's inputs through the core again, command by command."""

from pathlib import Path
from typing import Any

import msgspec

from mmbot._native import CaptureReader, Replayer, replay
from mmbot.strategy import ask, load_strategy, read_view

_ANSWER = 9
_SHOWN = 20


def replay_capture(path: Path) -> dict[str, Any]:
    """Replays with the configuration and the strategy answers that the capture itself carries.

    Returns inputs, commands, recorded_hash, replayed_hash, broken_off, difference, and `build` of the capture. Raises ValueError
    for a header that is none of ours and OSError for a file that is no capture.
    """
    header = _header(path)
    outcome = replay(path, msgspec.json.encode(header["core"]))
    return {"capture": str(path), "build": header.get("build"), **outcome}


def ask_again(path: Path) -> dict[str, Any]:
    """Asks the capture's strategy again at each of its decisions; the recorded answers stay in force.

    Returns `answers` (how many were recorded), `different` (how many are not the same now) and `differences`: seq, market,
    view time and both answers as hexadecimal records of the first ones. ConfigError for a strategy that cannot be loaded,
    otherwise errors as `replay_capture`.
    """
    header = _header(path)
    chosen = header.get("strategy")
    if chosen is None:
        raise ValueError(f"{path}: its quotes came from a model of the core; there is no strategy to ask")
    strategy = load_strategy(chosen["path"], chosen["options"])
    replayer = Replayer(msgspec.json.encode(header["core"]))
    answers, differences = 0, []
    for seq, ts_ns, kind, key, payload in CaptureReader(path):
        if kind == _ANSWER:
            answers += 1
            market = replayer.answered_market(payload)
            shown = replayer.view(market)
            given = None if shown is None else ask(strategy, read_view(shown))
            if given is None:
                again = b""
            elif given.failed is None:
                again = replayer.answer(market, given.quotes)
            else:
                again = replayer.failure(market, given.failed)
            if again != payload:
                row = {"seq": seq, "market": market, "ts_ns": ts_ns, "recorded": payload.hex(), "again": again.hex()}
                differences.append(row)
        replayer.record(seq, ts_ns, kind, key, payload)
    return {"answers": answers, "different": len(differences), "differences": differences[:_SHOWN]}


def _header(path: Path) -> dict[str, Any]:
    header = msgspec.json.decode(CaptureReader(path).header)
    if not isinstance(header, dict) or "core" not in header:
        raise ValueError(f"{path}: the header names no core configuration")
    return header
