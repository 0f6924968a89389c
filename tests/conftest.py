"""What every test may ask for, and the dated record of a long run."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# CI must not fail on a slow machine, and must fail the same way twice. `make prove` searches further, from a fresh seed.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("prove", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("ci")


class Evidence:
    """Collects outcomes and writes them, with what they were measured on, when the run ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started = datetime.now(UTC)
        self._tests: list[dict[str, object]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            properties = dict(report.user_properties)
            row = {"test": report.nodeid, "outcome": report.outcome, "seconds": round(report.duration, 3)}
            self._tests.append(row | ({"figures": properties} if properties else {}))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        commit = subprocess.run(
            ("git", "rev-parse", "HEAD"), cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
        document = {
            "started": self._started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": commit.stdout.strip(),
            "python": platform.python_version(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "exit_status": int(exitstatus),
            "tests": self._tests,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(document, indent=1) + "\n")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--evidence", type=Path, help="write each test's outcome, duration and figures to this JSON file")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--evidence")
    if path is not None:
        config.pluginmanager.register(Evidence(path), "evidence")


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
