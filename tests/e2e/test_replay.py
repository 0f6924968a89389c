"""A capture replays to the live run's command hash; one altered price does not, and is named."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import DemoRun

from mmbot._native import CaptureReader, CaptureWriter

FRAME = 1
ATTEMPTS = 20


def replay(capture: Path, hash_seed: int = 0) -> tuple[int, dict[str, Any]]:
    command = (sys.executable, "-m", "mmbot", "replay", str(capture))
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def raised_bid(payload: bytes) -> bytes | None:
    """The frame with its first bid ten cents higher; None for what is no book of 50 levels with a resting bid."""
    message = json.loads(payload)
    if not str(message.get("topic")).startswith("orderbook.50."):
        return None
    bids = message["data"]["b"]
    if not bids or Decimal(bids[0][1]) == 0:
        return None
    bids[0][0] = str(Decimal(bids[0][0]) + Decimal("0.1"))
    return json.dumps(message, separators=(",", ":")).encode()


def rewritten(capture: Path, copy: Path, seq: int, altered: bytes) -> None:
    reader = CaptureReader(capture)
    writer = CaptureWriter(copy, reader.header)
    for at, ts_ns, kind, key, payload in reader:
        writer.push(at, ts_ns, kind, key, altered if (at, kind) == (seq, FRAME) else payload)
    writer.close()


@pytest.mark.parametrize("hash_seed", [1, 2])
def test_replay_gives_the_live_hash(short_run: DemoRun, hash_seed: int) -> None:
    report = short_run.report()
    code, outcome = replay(Path(report["capture"]), hash_seed)
    assert code == 0
    assert outcome["difference"] is None
    assert outcome["replayed_hash"] == outcome["recorded_hash"] == report["command_hash"]
    assert outcome["commands"] == report["commands"] > 0


def test_one_altered_price_is_named(short_run: DemoRun, tmp_path: Path) -> None:
    capture = Path(short_run.report()["capture"])
    frames = [(seq, raised_bid(payload)) for seq, _, kind, _, payload in CaptureReader(capture) if kind == FRAME]
    candidates = [(seq, altered) for seq, altered in frames if altered is not None]
    for attempt, (seq, altered) in enumerate(candidates[:ATTEMPTS]):
        copy = tmp_path / f"altered{attempt}.mmcap"
        rewritten(capture, copy, seq, altered)
        code, outcome = replay(copy)
        if outcome["replayed_hash"] != outcome["recorded_hash"]:
            assert code == 1
            difference = outcome["difference"]
            assert difference["seq"] >= seq
            assert difference["recorded"] != difference["replayed"]
            return
    pytest.fail("no altered price changed a command")


def test_a_faithful_copy_replays_clean(short_run: DemoRun, tmp_path: Path) -> None:
    capture = Path(short_run.report()["capture"])
    rewritten(capture, tmp_path / "copy.mmcap", -1, b"")
    code, outcome = replay(tmp_path / "copy.mmcap")
    assert (code, outcome["recorded_hash"]) == (0, short_run.report()["command_hash"])


def test_a_cut_capture_says_so(short_run: DemoRun, tmp_path: Path) -> None:
    whole = Path(short_run.report()["capture"]).read_bytes()
    cut = tmp_path / "cut.mmcap"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    code, outcome = replay(cut)
    assert code == 1
    assert outcome["broken_off"]
