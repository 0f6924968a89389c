"""The latch: it only rises, it outlives its writer, and what cannot be read holds."""

import os
from pathlib import Path

import pytest

from mmbot.app.kill_switch import Latch, latch, latch_file, read_latch, rearm, refuse_latched
from mmbot.app.latch_watch import Obedience


def test_without_a_latch_everything_may_start(tmp_path: Path) -> None:
    assert read_latch(tmp_path / "absent") is None
    refuse_latched(tmp_path / "absent")
    assert rearm(tmp_path) is None


def test_a_latch_is_never_lowered_and_markets_add_up(tmp_path: Path) -> None:
    latch(tmp_path, 1, "a", ("linear.BTCUSDT",))
    held = latch(tmp_path, 1, "b", ("spot.BTCUSDT",))
    assert held.markets == ("linear.BTCUSDT", "spot.BTCUSDT")
    assert held.pauses("spot.BTCUSDT")
    assert not held.pauses("linear.ETHUSDT")
    assert latch(tmp_path, 1, "all").pauses("linear.ETHUSDT")
    assert latch(tmp_path, 1, "one", ("linear.BTCUSDT",)).markets == ()
    refuse_latched(tmp_path)
    assert latch(tmp_path, 3, "c").level == 3
    assert latch(tmp_path, 2, "d").level == 3
    held_now = read_latch(tmp_path)
    assert held_now is not None
    assert (held_now.level, held_now.why) == (3, "c")
    with pytest.raises(ValueError, match=r"latched at level 3 \(c\).*mmbot rearm"):
        refuse_latched(tmp_path)
    assert rearm(tmp_path) == held_now
    refuse_latched(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"level": 9, "why": "", "at_ns": 0}', b"\xff"])
def test_a_damaged_latch_holds(tmp_path: Path, content: bytes) -> None:
    latch_file(tmp_path).write_bytes(content)
    with pytest.raises(ValueError, match="level 3"):
        refuse_latched(tmp_path)


def test_file_and_folder_are_synced_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    true_fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        true_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    latch(tmp_path, 2, "x")
    rearm(tmp_path)
    assert len(synced) == 3
    assert synced[0].startswith(f"{tmp_path}/.kill-switch.json")
    assert synced[1:] == [str(tmp_path), str(tmp_path)]


class Recorded:
    """What a shell was told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bool] | str] = []

    def halt(self, why: str) -> None:
        self.said.append(why)

    def pause(self, market: str, *, paused: bool) -> None:
        self.said.append((market, paused))


def test_a_running_bot_does_what_changed_and_nothing_twice() -> None:
    shell = Recorded()
    arm = Obedience(shell, ("linear.BTCUSDT", "spot.BTCUSDT"))
    arm.obey(None)
    assert shell.said == []
    one = Latch(level=1, markets=("spot.BTCUSDT",), why="drill", at_ns=1)
    arm.obey(one)
    arm.obey(one)
    assert shell.said == [("spot.BTCUSDT", True)]
    arm.obey(Latch(level=1, why="drill", at_ns=2))
    assert shell.said[1:] == [("linear.BTCUSDT", True)]
    arm.obey(None)
    assert shell.said[2:] == [("linear.BTCUSDT", False), ("spot.BTCUSDT", False)]
    arm.obey(Latch(level=2, why="drill", at_ns=3))
    assert shell.said[4:] == ["kill switch, level 2: drill"]
