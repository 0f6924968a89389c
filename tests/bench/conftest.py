"""What the measurements share: recorded frames and percentile lines."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from mmbot.exchange.recording import lines

RECORDING = "derived_bybit_v5/BTCUSDT_linear_20240808_ob50.jsonl.zst"


@pytest.fixture(scope="session")
def book_frames(data_dir: Path) -> list[bytes]:
    """The orderbook.50 frames of a busy recorded market, as the wire has them."""
    frames = []
    for line in lines(data_dir / RECORDING):
        message = msgspec.json.decode(line)["msg"]
        if message["topic"].startswith("orderbook."):
            frames.append(msgspec.json.encode(message))
    return frames


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def tell(title: str, unit: str, figures: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Prints p50 and p99 of each and the ratio to the first; returns the medians."""
    medians = {name: percentile(values, 0.5) for name, values in figures.items()}
    own = next(iter(medians.values()))
    sys.stdout.write(f"\n{title}\n")
    for name, values in figures.items():
        tail = percentile(values, 0.99)
        row = (
            f"  {name:<44} p50 {medians[name]:>9.2f} {unit}  p99 {tail:>9.2f} {unit}  ratio {medians[name] / own:>7.1f}"
        )
        sys.stdout.write(row + f"  n={len(values)}\n")
    return medians
