"""Demos as real processes: started, watched through the exchange's own routes, and always ended."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

START_S = 40.0


class DemoRun:
    """One `mmbot demo` in a folder and a process group of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.started = time.monotonic()
        self.root = folder
        self.errors = folder / "stderr"
        command = [sys.executable, "-m", "mmbot", "demo", "--report", str(folder / "report.json"), *options]
        with (folder / "stdout").open("wb") as output, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=output, stderr=errors, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def until(self, condition: Callable[[], Any], within_s: float = START_S, poll_s: float = 0.05) -> Any:
        """The condition's first true value."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            assert self.process.poll() is None, f"the demo ended early: {self.errors.read_text()[-2000:]}"
            time.sleep(poll_s)
        raise AssertionError(f"not within {within_s} s")

    def folder(self) -> Path:
        path: Path = self.until(lambda: next(self.root.glob("var/demo/*/ready.json"), None))
        return path.parent

    def ask(self, path: str, method: str = "GET") -> dict[str, Any]:
        rest = json.loads((self.folder() / "ready.json").read_bytes())["rest"]
        with urllib.request.urlopen(urllib.request.Request(rest + path, method=method), timeout=10) as answer:  # noqa: S310 - a loopback address
            document: dict[str, Any] = json.load(answer)
        return document

    def markets(self) -> dict[str, dict[str, Any]]:
        markets: dict[str, dict[str, Any]] = self.ask("/sim/record")["markets"]
        return markets

    def until_quoting(self) -> None:
        """Until the exchange has acknowledged an order."""
        self.until(lambda: any(row["orders_placed"] for row in self.markets().values()))

    def child(self, word: str) -> int:
        """Process id of the demo's `exchange` or `run` process."""
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if word in Path(f"/proc/{child}/cmdline").read_text().split("\0"):
                return int(child)
        raise AssertionError(f"the demo has no {word} process")

    def finish(self, within_s: float) -> int:
        return self.process.wait(timeout=within_s)

    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.root / "report.json").read_bytes())
        return document

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder() / "bot.log").read_text().splitlines()]

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


Start = Callable[..., DemoRun]


@pytest.fixture(scope="session")
def start_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts demos; whatever still runs at the end is killed."""
    # Made once: the factory itself is not safe to use from several threads.
    root = tmp_path_factory.mktemp("demos")
    with ExitStack() as runs:

        def start(*options: str) -> DemoRun:
            run = DemoRun(Path(tempfile.mkdtemp(dir=root)), *options)
            runs.callback(run.close)
            return run

        yield start


@pytest.fixture(scope="session")
def short_run(start_demo: Start) -> DemoRun:
    """A finished demo of 10 s in the seeded market."""
    run = start_demo("--run-s", "10", "--takers", "7")
    assert run.finish(60) == 0, run.errors.read_text()
    return run
