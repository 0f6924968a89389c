"""The fault simulator from the installed program: no invariant may break in any seed, and each must settle after healing."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from mmbot._native import simulate
from mmbot.app.fault_matrix import run_matrix
from mmbot.app.simulate import run_seeds, shown


def simulated(*words: str) -> dict[str, Any]:
    command = (sys.executable, "-m", "mmbot", "simulate", "--json", *words)
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    summary: dict[str, Any] = json.loads(finished.stdout)
    assert finished.returncode == 0, summary["failures"] + summary["thin"]
    return summary


def check(summary: dict[str, Any], seeds: int) -> None:
    assert (summary["seeds"], summary["safety_failures"], summary["liveness_failures"]) == (seeds, 0, 0)
    assert summary["repeated"] >= seeds // 10
    assert 0 <= 100 * summary["late_cancels"] <= summary["cancels"], "99 of 100 cancels leave within 200 ms"
    assert summary["cancels"] > 100 * seeds
    assert summary["repeated_unequal"] == []
    assert summary["both_ways"] >= seeds // 20
    assert summary["both_ways_unequal"] == [], "what goes through bytes must come to the same as what goes past them"
    assert all(count > 0 for count in summary["faults"].values()), "every class of fault must have struck"


@pytest.mark.timeout(1200)
def test_300_seeds_hold_every_invariant_and_settle(record_property: Callable[[str, object], None]) -> None:
    summary = simulated("--seeds", "300")
    for name, value in summary.items():
        record_property(name, value)
    check(summary, 300)


@pytest.mark.prove
@pytest.mark.timeout(2700)
@pytest.mark.parametrize("part", range(10))
def test_5000_seeds_hold_every_invariant_and_settle(part: int, record_property: Callable[[str, object], None]) -> None:
    summary = simulated("--seeds", "500", "--start", str(100_001 + 500 * part))
    for name, value in summary.items():
        record_property(name, value)
    check(summary, 500)


@pytest.mark.prove
@pytest.mark.timeout(2700)
def test_every_fault_alone_is_outlived(repository: Path, record_property: Callable[[str, object], None]) -> None:
    rows = run_matrix(range(1, 6), jobs=0)
    for row in rows:
        record_property(row.fault, to_builtins(row))
    assert [failure for row in rows for failure in row.failures] == []
    idle = [row.fault for row in rows if row.struck == 0]
    assert idle == ["F10 refused"], "alone it finds nothing to refuse: no socket is opened anew unless one breaks"
    told = (repository / "docs" / "faults.md").read_text()
    assert all(f"| {row.fault} |" in told for row in rows), "docs/faults.md must show every fault of the simulator"


def test_a_fault_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match=r'fault "F99": use one of F01'):
        simulate(1, "F99")


def test_a_seed_is_the_whole_of_its_run() -> None:
    assert simulate(7) == simulate(7)
    assert simulate(7)["command_hash"] != simulate(8)["command_hash"]


def test_an_unequal_way_fails_the_run_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def differs(seed: int, *, soak_hours: int | None = None, through_bytes: bool = False) -> dict[str, Any]:
        return simulate(seed, soak_hours=soak_hours) | {"commands": 1 if through_bytes else 2}

    monkeypatch.setattr("mmbot.app.simulate.simulate", differs)
    summary = run_seeds([21, 22], jobs=1)
    assert (summary.both_ways, summary.both_ways_unequal, summary.passed) == (1, [21], False)
    assert "1 also run through bytes alone, unequal [21]" in shown(summary)
