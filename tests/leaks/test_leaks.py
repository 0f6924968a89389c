"""Memory per event, per order cycle and per reconnect, and everything else that a process can hold on to."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.fleet import Venue
from tests.leaks.slope import slope

Record = Callable[[str, object], None]
SAMPLES = 80
# Caches fill and tables reach their size first.
WARM = 18
HANDLES = ("tasks", "threads", "descriptors")


def program(*words: str) -> list[dict[str, int]]:
    """Rows that a measuring program prints."""
    done = subprocess.run(
        [sys.executable, "-m", *words], env=os.environ | {"PYTHONMALLOC": "malloc"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    rows: list[dict[str, int]] = json.loads(done.stdout or b"[]")
    return rows


def session(folder: Path, kind: str, inputs: int) -> list[dict[str, int]]:
    capture = folder / f"{kind}.mmcap"
    program("tests.leaks.session", kind, str(inputs), str(capture))
    rows = program("tests.leaks.measure", str(capture), str(SAMPLES), str(inputs))
    capture.unlink()
    return rows[WARM:]


def note(record_property: Record, rows: list[dict[str, int]], per: str) -> float:
    """Records the slope of memory over a count; returns its upper bound."""
    line = slope([row[per] for row in rows], [row["bytes"] for row in rows])
    record_property(f"bytes_per_{per.rstrip('s')}", {name: round(value, 3) for name, value in line._asdict().items()})
    record_property(per, rows[-1][per])
    return line.upper


def check_handles(record_property: Record, rows: list[dict[str, Any]]) -> None:
    for name in HANDLES:
        record_property(name, [rows[0][name], rows[-1][name]])
        assert rows[0][name] == rows[-1][name], name


def test_a_leak_is_seen_and_its_absence_too() -> None:
    xs = [float(x) for x in range(100)]
    noise = [(x * 7919) % 13 for x in range(100)]
    flat = slope(xs, [1000.0 + n for n in noise])
    assert flat.lower <= 0 <= flat.upper
    leaking = slope(xs, [1000.0 + 5 * x + n for x, n in zip(xs, noise, strict=True)])
    assert 4 < leaking.lower < 5 < leaking.upper < 6


@pytest.mark.prove
def test_memory_per_event(tmp_path: Path, record_property: Record) -> None:
    rows = session(tmp_path, "paused", 1_300_000)
    assert note(record_property, rows, "inputs") < 10
    check_handles(record_property, rows)


@pytest.mark.prove
def test_memory_per_event_and_order_cycle_while_trading(tmp_path: Path, record_property: Record) -> None:
    rows = session(tmp_path, "trading", 1_300_000)
    assert note(record_property, rows, "inputs") < 10
    note(record_property, rows, "orders")
    check_handles(record_property, rows)


@pytest.mark.prove
def test_memory_per_reconnect_of_the_core(tmp_path: Path, record_property: Record) -> None:
    rows = session(tmp_path, "reconnecting", 1_300_000)
    assert note(record_property, rows, "inputs") < 10
    note(record_property, rows, "reconnects")
    check_handles(record_property, rows)


@pytest.mark.prove
def test_real_sockets_leave_nothing(tmp_path: Path, record_property: Record) -> None:
    # 6,000 sockets from one address: its limits are not what is measured.
    unlimited = ("new_connections=1000000", "ip_requests=1000000")
    venue = Venue(tmp_path, *(word for option in unlimited for word in ("--option", option)))
    try:
        rows = program("tests.leaks.reconnects", str(tmp_path / "ready.json"), "2000", "20")[WARM:]
    finally:
        venue.close()
    assert note(record_property, rows, "cycles") < 1024
    check_handles(record_property, rows)
