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
