"""Captures in parts: what is written is read back as one run, and old parts make room for new ones."""

import os
from pathlib import Path

import pytest
from tests.chaos.fleet import until
from tests.unit.app.test_shell_params import CONFIG

from mmbot._native import Bot, CaptureReader
from mmbot.app.capture_files import KeptCaptures, prune_captures
from mmbot.app.replay import replay_capture
from mmbot.app.run import capture_header
from mmbot.config import parse_config


def made(folder: Path, name: str, size: int, age_s: int) -> Path:
    path = folder / name
    path.write_bytes(b"x" * size)
    os.utime(path, (1_000_000 - age_s, 1_000_000 - age_s))
    return path


def part_path(folder: Path, number: int) -> Path:
    return folder / f"run.{number:04}.mmcap"


def test_the_oldest_go_first_and_never_what_is_being_written(tmp_path: Path) -> None:
    old = made(tmp_path, "old.mmcap", 40, 9)
    older = made(tmp_path, "older.0002.mmcap", 40, 10)
    first = made(tmp_path, "run.mmcap", 40, 8)
    second = made(tmp_path, "run.0002.mmcap", 500, 20)
    made(tmp_path, "notes.txt", 1000, 99)
    kept = KeptCaptures(first, ("*.mmcap",), 590)
    assert prune_captures(kept) == [older]
    assert prune_captures(kept) == []
    assert prune_captures(kept._replace(keep_bytes=1)) == [old, first]
    assert second.exists(), "the part under way"
    assert (tmp_path / "notes.txt").exists()


def test_of_a_named_path_only_the_runs_own_parts_count(tmp_path: Path) -> None:
    first = made(tmp_path, "a.mmcap", 10, 5)
    made(tmp_path, "a.0002.mmcap", 10, 4)
    last = made(tmp_path, "a.10000.mmcap", 10, 3)
    other = made(tmp_path, "b.mmcap", 10, 9)
    ab = made(tmp_path, "a.b.mmcap", 10, 9)
    kept = KeptCaptures(first, ("a.mmcap", "a.[0-9][0-9][0-9][0-9]*.mmcap"), 0)
    assert prune_captures(kept) == [first, tmp_path / "a.0002.mmcap"]
    assert sorted(tmp_path.iterdir()) == sorted([last, other, ab])


def test_a_run_in_parts_replays_from_its_first_and_says_what_is_missing(
    tmp_path: Path,
) -> None:
    first = tmp_path / "run.mmcap"
    # A part of one byte is full with its first flush; so is one whose day is over.
    config = parse_config(CONFIG.encode())
    bot = Bot(config.core_json(), first, capture_header(config), 1)
    for at_ns in range(1, 4):
        bot.timer(at_ns * 1_000_000_000)
        # The part that this input filled is followed by an empty one.
        until(part_path(tmp_path, at_ns + 1).exists, 10, "the next part")
    bot.close_capture()
    assert len(list(CaptureReader(first))) >= 3
    outcome = replay_capture(first)
    assert (outcome["difference"], outcome["broken_off"], outcome["inputs"]) == (None, None, 3)
    with pytest.raises(OSError, match="part 2 of a run; open its first part"):
        CaptureReader(tmp_path / "run.0002.mmcap")
    (tmp_path / "run.0003.mmcap").unlink()
    assert "run.0003.mmcap, which is gone" in replay_capture(first)["broken_off"]
