"""Bytes to book to the best five levels as Python floats: ours, a fair CPython book, the official SDK's handler."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest
from pybit._websocket_stream import _V5WebSocketManager

from mmbot._native import L2Book
from tests.bench.conftest import Tell, timed
from tests.bench.frames import frames
from tests.bench.naive_book import NaiveBook

pytestmark = pytest.mark.bench

ROUNDS = 3
OWN = "mmbot L2Book: decode, gap rule, book, row of 5 levels"
FAIR = "orjson + dict + bisect, the same checks and row"
LOADS = "orjson.loads alone"
SDK = "pybit's handler on json.loads, no top"

Row = Sequence[float]


def own_step() -> Callable[[bytes], Row | None]:
    return L2Book("BTCUSDT", "0.1", "0.001").apply_frame_row


def fair_step() -> Callable[[bytes], Row | None]:
    return NaiveBook().apply_row


def sdk_book() -> tuple[Callable[[bytes], Any], Callable[[], Row]]:
    """The SDK's own handling of one public message, callback included, and the row of its unsorted sides, which nobody times."""
    handler = _V5WebSocketManager.__new__(_V5WebSocketManager)
    handler.data, handler.subscriptions = {}, {}
    handler.callback_directory = {"orderbook.50.BTCUSDT": lambda message: message}

    def row() -> Row:
        held = handler.data["orderbook.50.BTCUSDT"]
        bids, asks = ([(float(price), float(size)) for price, size in held[side]] for side in "ba")
        best = zip(sorted(asks)[:5], sorted(bids, reverse=True)[:5], strict=True)
        return [figure for ask, bid in best for figure in (*ask, *bid)]

    return lambda frame: handler._process_normal_message(json.loads(frame)), row


def check_equal(data: Sequence[bytes], sdk_count: int) -> None:
    """Correct first: the same best five after every frame, from all three."""
    own, fair, (sdk, sdk_row) = own_step(), fair_step(), sdk_book()
    for index, frame in enumerate(data):
        row = list(own(frame) or ())
        assert row == fair(frame)
        if index < sdk_count:
            sdk(frame)
            assert row == sdk_row()


def measure(data: Sequence[bytes], sdk_count: int) -> dict[str, list[float]]:
    """All peers in turn, several times over, so that a noisy second hits each of them."""
    figures: dict[str, list[float]] = {OWN: [], FAIR: [], LOADS: [], SDK: []}
    for _ in range(ROUNDS):
        figures[OWN] += timed(own_step(), data)
        figures[FAIR] += timed(fair_step(), data)
        figures[LOADS] += timed(orjson.loads, data)
        figures[SDK] += timed(sdk_book()[0], data[:sdk_count])
    return figures


@pytest.mark.parametrize("source", ["recorded", "generated"])
def test_bytes_to_top_five(source: str, request: pytest.FixtureRequest, tell: Tell) -> None:
    data: list[bytes] = request.getfixturevalue(f"{source}_frames")
    check_equal(data, 1000)
    size = sum(map(len, data)) // len(data)
    medians = tell(
        f"(a) {source} orderbook.50 bytes -> book -> best 5 levels, {size} bytes a frame", measure(data, 1000)
    )
    assert medians[FAIR] <= 5 * medians[LOADS], "the CPython book must be a fair one"


def test_a_deeper_book_costs_no_more(tell: Tell) -> None:
    shallow, deep = list(frames(5000)), list(frames(5000, depth=200))
    figures: dict[str, list[float]] = {"50 levels a side": [], "200 levels a side": []}
    for _ in range(ROUNDS):
        figures["50 levels a side"] += timed(own_step(), shallow)[1:]
        figures["200 levels a side"] += timed(own_step(), deep)[1:]
    tell("(a) the same deltas on a deeper book, mmbot L2Book, row of 5 levels", figures)
