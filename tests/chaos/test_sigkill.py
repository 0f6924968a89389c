"""SIGKILL at random points and at each named step: no orphan, no duplicate, and books that are the exchange's own."""

import random
from collections.abc import Callable

import pytest
from tests.chaos.conftest import Fleet
from tests.chaos.ordeal import Ordeal
from tests.chaos.steps import SAMPLE, STEPS

Start = Callable[..., Fleet]
Record = Callable[[str, object], None]
OPTIONS = ("--takers", "3", "--symbols", "BTCUSDT,spot.BTCUSDT")


def note(record_property: Record, figures: dict[str, object]) -> None:
    for name, value in figures.items():
        record_property(name, value)


def test_killed_at_three_steps(fleet: Start, record_property: Record) -> None:
    ordeal = Ordeal(fleet(*OPTIONS))
    for step in SAMPLE:
        ordeal.kill_at_step(step)
    figures = ordeal.end()
    note(record_property, figures)
    assert figures["killed"] == len(SAMPLE)


@pytest.mark.prove
def test_killed_at_every_named_step(fleet: Start, record_property: Record) -> None:
    ordeal = Ordeal(fleet(*OPTIONS))
    for step in STEPS:
        ordeal.kill_at_step(step)
    figures = ordeal.end(10)
    note(record_property, figures)
    assert figures["killed"] == len(STEPS)
    assert max(ordeal.consistent_s) <= 10


@pytest.mark.prove
def test_killed_at_a_hundred_random_points(fleet: Start, record_property: Record) -> None:
    ordeal, moment = Ordeal(fleet(*OPTIONS)), random.Random(4)  # noqa: S311 - moments, not secrets
    for _ in range(100):
        ordeal.kill_at_random(moment)
    figures = ordeal.end(10)
    note(record_property, figures)
    assert figures["killed"] == 100
    assert sorted(ordeal.consistent_s)[int(len(ordeal.consistent_s) * 0.99)] <= 10
