"""The local exchange as a process, for clients that were not written by us."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

START = "import typer; from mmbot.exchange.cli import exchange_command; typer.run(exchange_command)"


@contextmanager
def running_exchange(folder: Path, *arguments: str) -> Iterator[dict[str, str]]:
    """An exchange that lives until its standard input is closed; gives its ready line."""
    command = [sys.executable, "-c", START, "--until-stdin-closes", "--ready-file", str(folder / "ready"), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready: dict[str, Any] = json.loads(process.stdout.readline())
        assert json.loads((folder / "ready").read_bytes()) == ready
        try:
            yield ready
        finally:
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(timeout=15) == 0, "the exchange must stop cleanly at the end of its standard input"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A matching exchange at market-maker fees with takers."""
    folder = tmp_path_factory.mktemp("exchange")
    with running_exchange(
        folder, "--fee-tier", "mm1", "--takers", "7", "--record-file", str(folder / "record")
    ) as ready:
        yield ready
    record = json.loads((folder / "record").read_bytes())
    assert record["refused_happenings"] == 0, "the exchange's own books must explain every message of its liquidity"
