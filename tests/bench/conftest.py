"""What the measurements share: recorded and generated frames, the clock's own cost, and one line per figure."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mmbot.exchange.recording import lines
from tests.bench.frames import frames

RECORDING = "derived_bybit_v5/BTCUSDT_linear_20240808_ob50.jsonl.zst"

Tell = Callable[[str, Mapping[str, Sequence[float]]], dict[str, float]]


@pytest.fixture(scope="session")
def recorded_frames(data_dir: Path) -> list[bytes]:
    """The orderbook.50 frames of a busy recorded market, as the wire has them."""
    kept = []
    for line in lines(data_dir / RECORDING):
        message = msgspec.json.decode(line)["msg"]
        if message["topic"].startswith("orderbook."):
            kept.append(msgspec.json.encode(message))
    return kept


@pytest.fixture(scope="session")
def generated_frames() -> list[bytes]:
    """About 22 level changes and 580 bytes each, the price moving all the time."""
    return list(frames(5000))


def clock_cost_us() -> float:
    """What reading the clock twice takes by itself; it is no part of what is measured."""
    clock = time.perf_counter_ns
    return min(-(clock() - clock()) for _ in range(2000)) / 1000


def timed(step: Callable[[bytes], Any], data: Sequence[bytes]) -> list[float]:
    """Microseconds of each call, less the clock's own cost."""
    spent, clock, cost = [], time.perf_counter_ns, clock_cost_us()
    for frame in data:
        begin = clock()
        step(frame)
        spent.append((clock() - begin) / 1000 - cost)
    return spent


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Prints p50, p99 and the ratio of medians to the first figure, one line each, and records them; returns the medians in µs."""

    def write(title: str, figures: Mapping[str, Sequence[float]]) -> dict[str, float]:
        medians = {name: percentile(values, 0.5) for name, values in figures.items()}
        own = next(iter(medians.values()))
        sys.stdout.write(f"\n{title}\n")
        for name, values in figures.items():
            p50, p99 = medians[name], percentile(values, 0.99)
            columns = f"p50 {p50:>8.2f} us  p99 {p99:>8.2f} us  ratio {p50 / own:>7.2f}  n={len(values)}"
            sys.stdout.write(f"  {name:<52} {columns}\n")
            record_property(f"{title}: {name}", {"p50_us": round(p50, 3), "p99_us": round(p99, 3), "n": len(values)})
        return medians

    return write
