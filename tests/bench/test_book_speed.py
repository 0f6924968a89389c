"""Bytes to book to the best five levels, called from Python: ours, a fair CPython book, the official SDK's handler."""

import json
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from pybit._websocket_stream import _V5WebSocketManager

from mmbot._native import L2Book
from tests.bench.conftest import tell
from tests.bench.naive_book import NaiveBook

pytestmark = pytest.mark.bench

Top = tuple[list[tuple[float, float]], list[tuple[float, float]]]


def timed(step: Callable[[bytes], Any], frames: list[bytes]) -> list[float]:
    """Microseconds of each call."""
    spent, clock = [], time.perf_counter_ns
    for frame in frames:
        begin = clock()
        step(frame)
        spent.append((clock() - begin) / 1000)
    return spent


def rounded(level: tuple[float, float]) -> tuple[float, float]:
    """Both sides of the comparison parse decimals their own way."""
    return round(level[0], 6), round(level[1], 9)


def pybit_step() -> Callable[[bytes], Any]:
    """The SDK's own handling of one public message, callback included; its sides are unsorted, so sorting for a top is left out."""
    handler = _V5WebSocketManager.__new__(_V5WebSocketManager)
    handler.data, handler.subscriptions = {}, {}
    handler.callback_directory = {"orderbook.50.BTCUSDT": lambda message: message}
    return lambda frame: handler._process_normal_message(json.loads(frame))


def test_bytes_to_top_five(book_frames: list[bytes]) -> None:
    ours, naive = L2Book("BTCUSDT", "0.1", "0.001"), NaiveBook()
    sdk = pybit_step()

    def own_step(frame: bytes) -> Top:
        ours.apply_frame(frame)
        return ours.top(5)

    def naive_step(frame: bytes) -> Top:
        naive.apply(frame)
        return naive.top(5)

    for frame in book_frames[:2000]:
        # Correct first: the same best five.
        assert [list(map(rounded, side)) for side in own_step(frame)] == [
            list(map(rounded, side)) for side in naive_step(frame)
        ]
    ours, naive = L2Book("BTCUSDT", "0.1", "0.001"), NaiveBook()
    figures = {
        "mmbot L2Book: decode, gap rule, book, top 5": timed(own_step, book_frames),
        "orjson + dict + bisect, top 5": timed(naive_step, book_frames),
        "orjson.loads alone": timed(orjson.loads, book_frames),
        "pybit handler, json.loads, no top": timed(sdk, book_frames[:2000]),
    }
    medians = tell(
        f"(a) orderbook.50 bytes -> book -> top 5, {sum(map(len, book_frames)) // len(book_frames)} bytes a frame",
        "us",
        figures,
    )
    assert medians["mmbot L2Book: decode, gap rule, book, top 5"] > 0
