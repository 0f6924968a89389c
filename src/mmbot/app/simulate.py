"""Many seeds of the fault simulator: run on every core, some of them twice, and added up."""

import os
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from mmbot._native import simulate

_TWICE_EVERY = 10
"""One seed in so many is run twice and must give the same commands."""
_BOTH_WAYS_EVERY = 20
"""One seed in so many is also run with every frame as bytes and must come to the same."""
_THIN_AT_MOST = 20
"""One seed in so many may be too thin to count: another is run in its place."""
_REPLACEMENTS = 1_000_000
"""Replacements are numbered so far behind the last seed asked for, where nobody asks for any."""
_NS_PER_HOUR = 3_600_000_000_000


class SimulationSummary(msgspec.Struct, frozen=True):
    """All seeds together. `thin` names those in which too little happened to count; `failures` has one line to replay each, also of those."""

    seeds: int
    """Those that count."""
    asked: int
    steps: int
    safety_failures: int
    liveness_failures: int
    thin: list[str]
    repeated: int
    repeated_unequal: list[int]
    both_ways: int
    both_ways_unequal: list[int]
    steps_per_second: int
    simulated_hours: float
    orders: int
    fills: int
    cancels: int
    late_cancels: int
    """Cancels that the budget held back for more than 200 ms: at most one of a hundred."""
    cancel_wait_ms: int
    """The longest that the budget held one back."""
    faults: dict[str, int]
    failures: list[str]

    @property
    def passed(self) -> bool:
        """As many seeds count as were asked for, nothing failed, nothing was unequal, 99 of 100 cancels waited at most 200 ms."""
        late = 100 * self.late_cancels > self.cancels
        return self.seeds == self.asked and not (
            self.failures or self.repeated_unequal or self.both_ways_unequal or late
        )


class _Row(NamedTuple):
    """A seed's first run, in seconds of a core, and whether others came to the same; None where there was none."""

    seconds: float
    outcome: dict[str, Any]
    repeated: bool | None = None
    both_ways: bool | None = None


def _timed(seed: int, soak_hours: int | None = None) -> _Row:
    # Of this thread alone: what else the machine does must not show as the simulator's slowness.
    begin = time.thread_time()
    outcome = simulate(seed, soak_hours=soak_hours)
    seconds = time.thread_time() - begin
    if soak_hours is not None:
        return _Row(seconds, outcome)
    repeated = simulate(seed) == outcome if seed % _TWICE_EVERY == 0 else None
    both_ways = simulate(seed, through_bytes=True) == outcome if seed % _BOTH_WAYS_EVERY == 1 else None
    return _Row(seconds, outcome, repeated, both_ways)


def run_seeds(seeds: Iterable[int], jobs: int) -> SimulationSummary:
    """Runs the seeds on `jobs` threads (0: one a core), and others for those that are too thin to count, up to one in twenty.

    `steps_per_second` is that of one core, by its own time.
    """
    chosen = list(seeds)
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        rows = list(pool.map(_timed, chosen))
        spare = iter(range(chosen[-1] + _REPLACEMENTS, chosen[-1] + _REPLACEMENTS + len(chosen) // _THIN_AT_MOST))
        while more := list(islice(spare, len(chosen) - sum(map(_counts, rows)))):
            rows += pool.map(_timed, more)
    return _summed(rows, len(chosen))


def run_soak(seed: int, hours: int) -> SimulationSummary:
    """Runs two markets for so many virtual hours, with few faults."""
    return _summed([_timed(seed, hours)], 1)


def _counts(row: _Row) -> bool:
    """A seed counts if enough happened in it, or if it failed."""
    return bool(row.outcome["failure"]) or not row.outcome["thin"]


def _summed(rows: list[_Row], asked: int) -> SimulationSummary:
    faults: Counter[str] = Counter()
    outcomes = [row.outcome for row in rows]
    for outcome in outcomes:
        faults.update(outcome["faults"])
    steps = sum(outcome["steps"] for outcome in outcomes)
    phases = Counter(outcome["phase"] for outcome in outcomes if outcome["phase"])
    return SimulationSummary(
        seeds=sum(map(_counts, rows)),
        asked=asked,
        steps=steps,
        safety_failures=phases["safety"],
        liveness_failures=phases["liveness"] + phases["stop"],
        thin=[f"seed {row['seed']}: {row['thin']}" for row in outcomes if row["thin"] and not row["failure"]],
        repeated=sum(row.repeated is not None for row in rows),
        repeated_unequal=[row.outcome["seed"] for row in rows if row.repeated is False],
        both_ways=sum(row.both_ways is not None for row in rows),
        both_ways_unequal=[row.outcome["seed"] for row in rows if row.both_ways is False],
        steps_per_second=round(steps / sum(row.seconds for row in rows)),
        simulated_hours=round(sum(outcome["virtual_ns"] for outcome in outcomes) / _NS_PER_HOUR, 2),
        orders=sum(outcome["orders"] for outcome in outcomes),
        fills=sum(outcome["fills"] for outcome in outcomes),
        cancels=sum(outcome["cancels"] for outcome in outcomes),
        late_cancels=sum(outcome["late_cancels"] for outcome in outcomes),
        cancel_wait_ms=max(outcome["cancel_wait_ns"] for outcome in outcomes) // 1_000_000,
        faults=dict(faults),
        failures=[outcome["repro"] for outcome in outcomes if outcome["failure"]],
    )


def shown(summary: SimulationSummary) -> str:
    """A few lines for a person."""
    lines = [
        (
            f"{summary.seeds} of {summary.asked} seeds, {summary.steps} steps, {summary.simulated_hours} virtual hours, "
            f"{summary.steps_per_second} steps/s on a core"
        ),
        (
            f"safety failures {summary.safety_failures}, liveness failures {summary.liveness_failures}, "
            f"{summary.repeated} run twice, {len(summary.repeated_unequal)} of them unequal"
        ),
        f"{summary.both_ways} also run through bytes alone, unequal {summary.both_ways_unequal}",
        (
            f"{summary.cancels} cancels, {summary.late_cancels} of them held back for more than 200 ms, "
            f"the longest for {summary.cancel_wait_ms} ms"
        ),
        f"{len(summary.thin)} more were too thin to count",
        *summary.thin,
        *summary.failures,
    ]
    return "\n".join(lines)
