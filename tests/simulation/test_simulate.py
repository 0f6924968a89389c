"""The fault simulator from the installed program: no invariant may break in any seed, and each must settle after healing."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mmbot._native import simulate


def simulated(*words: str) -> dict[str, Any]:
    command = (sys.executable, "-m", "mmbot", "simulate", "--json", *words)
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    summary: dict[str, Any] = json.loads(finished.stdout)
    assert finished.returncode == 0, summary["failures"] + summary["thin"]
    return summary


def check(summary: dict[str, Any], seeds: int) -> None:
    assert (summary["seeds"], summary["safety_failures"], summary["liveness_failures"]) == (seeds, 0, 0)
    assert summary["repeated"] == seeds // 10
    assert summary["repeated_unequal"] == []
    assert all(count > 0 for count in summary["faults"].values()), "every class of fault must have struck"


@pytest.mark.timeout(1200)
def test_300_seeds_hold_every_invariant_and_settle(record_property: Callable[[str, object], None]) -> None:
    summary = simulated("--seeds", "300")
    for name, value in summary.items():
        record_property(name, value)
    check(summary, 300)


@pytest.mark.prove
@pytest.mark.timeout(4 * 3600)
def test_5000_seeds_hold_every_invariant_and_settle(record_property: Callable[[str, object], None]) -> None:
    summary = simulated("--seeds", "5000", "--start", "100001")
    for name, value in summary.items():
        record_property(name, value)
    check(summary, 5000)


def test_a_seed_is_the_whole_of_its_run() -> None:
    assert simulate(7) == simulate(7)
    assert simulate(7)["command_hash"] != simulate(8)["command_hash"]
