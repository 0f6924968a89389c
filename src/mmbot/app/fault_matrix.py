"""One fault at a time: how often it struck, what broke, and the longest that anything took."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from mmbot._native import FAULTS, simulate

_NS_PER_S = 1_000_000_000


class FaultRow(msgspec.Struct, frozen=True):
    """One fault alone in some seeds. Times are the longest of all of them, in seconds of virtual time."""

    fault: str
    seeds: int
    struck: int
    failures: list[str]
    settled_s: float
    """From the last fault to two-sided quotes, everything booked, no order of unknown fate."""
    unknown_s: float
    """An order was of unknown fate."""
    unbooked_s: float
    """An execution had happened and was not booked."""
    pulled_s: float
    """Orders stood at the venue after their book had lost its trust."""
    figures: dict[str, int]
    """What single faults are measured by, the largest of all seeds, in the unit that the name ends with."""


def _row(fault: str, outcomes: list[dict[str, Any]]) -> FaultRow:
    def longest(name: str) -> float:
        return float(round(max(outcome[name] for outcome in outcomes) / _NS_PER_S, 3))

    return FaultRow(
        fault=fault,
        seeds=len(outcomes),
        struck=sum(outcome["faults"][fault] for outcome in outcomes),
        failures=[outcome["repro"] for outcome in outcomes if outcome["failure"]],
        settled_s=longest("settled_ns"),
        unknown_s=longest("unknown_ns"),
        unbooked_s=longest("unbooked_ns"),
        pulled_s=longest("pulled_ns"),
        figures={name: max(outcome["figures"][name] for outcome in outcomes) for name in outcomes[0]["figures"]},
    )


def _shown_figures(figures: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in figures.items())


def run_matrix(seeds: Iterable[int], jobs: int) -> list[FaultRow]:
    """Runs every fault alone in each of `seeds`, on `jobs` threads (0: one a core)."""
    chosen = list(seeds)
    pairs = [(seed, fault) for fault in FAULTS for seed in chosen]
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        outcomes = list(pool.map(lambda pair: simulate(*pair), pairs))
    return [
        _row(fault, outcomes[index * len(chosen) : (index + 1) * len(chosen)]) for index, fault in enumerate(FAULTS)
    ]


def shown_matrix(rows: list[FaultRow]) -> str:
    """The rows as a Markdown table."""
    head = "| fault | seeds | struck | failures | settled s | unknown s | unbooked s | pulled s | figures |\n|---|---|---|---|---|---|---|---|---|"
    lines = [
        f"| {row.fault} | {row.seeds} | {row.struck} | {len(row.failures)} | {row.settled_s} | {row.unknown_s} | {row.unbooked_s} | "
        f"{row.pulled_s} | {_shown_figures(row.figures)} |"
        for row in rows
    ]
    return "\n".join([head, *lines, *(failure for row in rows for failure in row.failures)])
