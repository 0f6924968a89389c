"""Frame to risk-checked request bytes, in process: the bot against the same rule in plain CPython."""

import time
from pathlib import Path

import orjson
import pytest

from mmbot.exchange.recording import lines, sidecar
from tests.bench.conftest import RECORDING, tell
from tests.bench.naive_book import NaiveBook
from tests.bench.world import World, quiet_exchange

pytestmark = pytest.mark.bench


class NaiveQuoter:
    """The same rule without orders, ledger and recovery: decode, book, microprice, two quotes, limits, request bytes."""

    def __init__(self) -> None:
        self.book = NaiveBook()
        self.number = 0
        self.quotes = (0.0, 0.0)

    def frame(self, data: bytes) -> bytes | None:
        """The amend request that a frame leads to, if any."""
        self.book.apply(data)
        bids, asks = self.book.top(1)
        if not bids or not asks or bids[0][0] >= asks[0][0]:
            return None
        (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
        fair = (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
        half = fair * 1e-4
        quotes = (min((fair - half) // 0.1 * 0.1, ask - 0.1), max(-(-(fair + half) // 0.1) * 0.1, bid + 0.1))
        if quotes == self.quotes or quotes[0] * 0.008 > 5000:
            return None
        self.quotes = quotes
        self.number += 1
        rows = [
            {"symbol": "BTCUSDT", "orderLinkId": f"bench-0-{level}", "price": f"{price:.1f}"}
            for level, price in enumerate(quotes)
        ]
        header = {"X-BAPI-TIMESTAMP": str(time.time_ns() // 1_000_000), "X-BAPI-RECV-WINDOW": "5000"}
        args = [{"category": "linear", "request": rows}]
        return orjson.dumps({"reqId": str(self.number), "header": header, "op": "order.amend-batch", "args": args})


def test_frame_to_request_bytes(data_dir: Path, book_frames: list[bytes]) -> None:
    path = data_dir / RECORDING
    item = sidecar(path)
    assert item is not None
    world = World(quiet_exchange(list(lines(path)), item))
    world.run(120)
    quoter, naive_us = NaiveQuoter(), []
    for frame in book_frames:
        begin = time.perf_counter_ns()
        request = quoter.frame(frame)
        spent_us = (time.perf_counter_ns() - begin) / 1000
        if request is not None:
            naive_us.append(spent_us)
    assert len(world.frame_us) > 200, "too few frames led to a command"
    figures = {
        "mmbot Bot.frame, frames that emit": world.frame_us,
        "CPython, orjson both ways, frames that emit": naive_us,
        "mmbot Bot.frame, frames that emit nothing": world.quiet_us,
    }
    tell("(b) orderbook.50 frame -> risk-checked request bytes, in process", "us", figures)
