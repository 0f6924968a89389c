"""What every test may ask for, and the dated record of a long run."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# CI must not fail on a slow machine, and must fail the same way twice. `make prove` searches further, from a fresh seed.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("prove", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("ci")


class Evidence:
    """Writes each test's outcome, with what it was measured on, as soon as it is known.

    With `resume`, what an earlier run of the same commit wrote to the file is kept, and what passed there is not run again.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path = path
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._commit = subprocess.run(
            ("git", "rev-parse", "HEAD"), cwd=REPOSITORY, capture_output=True, text=True, check=False
        ).stdout.strip()
        self._tests: list[dict[str, object]] = []
        if resume:
            self._resume(json.loads(path.read_bytes()))

    def _resume(self, before: dict[str, Any]) -> None:
        if before["commit"] != self._commit:
            raise pytest.UsageError(f"{self._path} is of commit {before['commit']}, not {self._commit}: begin anew")
        self._started = before["started"]
        self._tests = [row for row in before["tests"] if row["outcome"] == "passed"]

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        done = {row["test"] for row in self._tests}
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in done])
        items[:] = [item for item in items if item.nodeid not in done]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if report.when == "call" or report.outcome != "passed":
            row = {"test": report.nodeid, "outcome": report.outcome, "seconds": round(report.duration, 3)}
            self._tests.append(row | ({"figures": properties} if properties else {}))
            self._write(None)
        elif report.when == "teardown" and properties and self._tests:
            # Fixtures may have more to tell once the test is over.
            self._tests[-1]["figures"] = properties
            self._write(None)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self._tests:
            # The run that this one goes on with had done everything.
            session.exitstatus = exitstatus = pytest.ExitCode.OK
        self._write(int(exitstatus))

    def _write(self, exit_status: int | None) -> None:
        """`exit_status` is null in the file of a run that broke off."""
        document = {
            "started": self._started,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": self._commit,
            "python": platform.python_version(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "exit_status": exit_status,
            "tests": self._tests,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(document, indent=1) + "\n")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--evidence", type=Path, help="write each test's outcome, duration and figures to this JSON file")
    parser.addoption("--resume", action="store_true", help="go on with the run that the --evidence file is of")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--evidence")
    if path is not None:
        config.pluginmanager.register(Evidence(path, resume=config.getoption("--resume")), "evidence")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of recorded market data, read in place; skips the test where there is none."""
    folder = os.environ.get("MMBOT_DATA_DIR")
    if not folder:
        pytest.skip("MMBOT_DATA_DIR is unset: this test needs the recorded market data")
    path = Path(folder)
    assert (path / "SHA256SUMS").is_file(), f"MMBOT_DATA_DIR={folder} holds no SHA256SUMS: wrong folder"
    return path
