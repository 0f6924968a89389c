"""A long run that broke off goes on where it was, on the same commit only."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.conftest import Evidence


def report(name: str, outcome: str, when: str = "call", **figures: object) -> pytest.TestReport:
    told = SimpleNamespace(when=when, outcome=outcome, nodeid=name, duration=1.0, user_properties=list(figures.items()))
    return cast("pytest.TestReport", told)


def collected(evidence: Evidence, *names: str) -> list[str]:
    items: list[Any] = [SimpleNamespace(nodeid=name) for name in names]
    config: Any = SimpleNamespace(hook=SimpleNamespace(pytest_deselected=lambda items: items))
    evidence.pytest_collection_modifyitems(config, items)
    return [item.nodeid for item in items]


def test_what_passed_is_kept_and_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "chaos.json"
    first = Evidence(path, resume=False)
    assert collected(first, "a", "b", "c") == ["a", "b", "c"]
    first.pytest_runtest_logreport(report("a", "passed", killed=3))
    first.pytest_runtest_logreport(report("a", "passed", "teardown", killed=3, machine_late_ms=1))
    first.pytest_runtest_logreport(report("b", "failed"))
    assert json.loads(path.read_bytes())["exit_status"] is None, "written before the end"
    again = Evidence(path, resume=True)
    assert collected(again, "a", "b", "c") == ["b", "c"]
    again.pytest_runtest_logreport(report("b", "passed"))
    session: Any = SimpleNamespace()
    again.pytest_sessionfinish(session, 0)
    document = json.loads(path.read_bytes())
    assert [(row["test"], row["outcome"]) for row in document["tests"]] == [("a", "passed"), ("b", "passed")]
    assert document["tests"][0]["figures"] == {"killed": 3, "machine_late_ms": 1}
    assert document["exit_status"] == 0
    complete = Evidence(path, resume=True)
    assert collected(complete, "a", "b") == []
    complete.pytest_sessionfinish(session, 5)
    assert (session.exitstatus, json.loads(path.read_bytes())["exit_status"]) == (0, 0)


def test_evidence_of_another_commit_is_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "chaos.json"
    session: Any = SimpleNamespace()
    Evidence(path, resume=False).pytest_sessionfinish(session, 0)
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"commit": "0" * 40}))
    with pytest.raises(pytest.UsageError, match="begin anew"):
        Evidence(path, resume=True)
