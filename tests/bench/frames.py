"""Generated `orderbook.50` frames in the venue's own form: about 22 level changes and 580 bytes, the price moving all the time."""

import random
import re
from collections.abc import Iterator

PRICE = 618_000
"""Mid at the start, in ticks of 0.1."""
WALK = 20
"""How far the mid strays from it."""
ZONE = 62
"""A side's levels lie within so many ticks of the mid."""
CHANGES = 11
"""Levels of each side that are drawn anew in a frame; what the moving mid uncovers and covers comes on top."""

Side = dict[int, int]


def row(ticks: int, lots: int) -> str:
    """One level as the wire has it."""
    size = f"{lots // 1000}.{lots % 1000:03}" if lots else "0"
    return f'["{ticks // 10}.{ticks % 10}","{size}"]'


START_MS = 1_700_000_000_000
"""The venue's time of the first frame."""


def message(kind: str, depth: int, update_id: int, ts: int, bids: Side, asks: Side) -> bytes:
    """A whole frame, keys in the venue's order."""
    sides = ",".join(
        f'"{name}":[{",".join(row(ticks, lots) for ticks, lots in levels)}]'
        for name, levels in (("b", sorted(bids.items(), reverse=True)), ("a", sorted(asks.items())))
    )
    data = f'{{"s":"BTCUSDT",{sides},"u":{update_id},"seq":{7_000_000_000 + 31 * update_id}}}'
    head = f'"topic":"orderbook.{depth}.BTCUSDT","type":"{kind}","ts":{ts}'
    return f'{{{head},"data":{data},"cts":{ts - 3}}}'.encode()


def stamped(data: bytes, ts: int) -> bytes:
    """The same frame as told at another time."""
    return re.sub(rb'"(c?ts)":\d+', rb'"\g<1>":%d' % ts, data)


def changed(rng: random.Random, held: Side, best: int, outward: int) -> Side:
    """One side's changes when its best price becomes `best`; applies them to `held`."""
    change: Side = {ticks: 0 for ticks in held if (ticks - best) * outward < 0 or (ticks - best) * outward > ZONE}
    change[best] = rng.randrange(1, 5000)
    while len(change) < CHANGES:
        ticks = best + outward * min(int(rng.expovariate(1 / 15)), ZONE)
        remove = ticks in held and ticks != best and rng.random() < 0.25 and len(held) > 40
        change[ticks] = 0 if remove else rng.randrange(1, 5000)
    held.update(change)
    for ticks in [ticks for ticks, lots in held.items() if lots == 0]:
        del held[ticks]
    return change


def frames(count: int, depth: int = 50, seed: int = 1, start_ms: int = START_MS, step_ms: int = 20) -> Iterator[bytes]:
    """A snapshot and `count` deltas, `step_ms` apart. They do not depend on `depth`: a deeper book has more levels below them."""
    rng, mid = random.Random(seed), PRICE  # noqa: S311 - repeatable, nothing secret
    bids = {mid - 1 - step: rng.randrange(1, 5000) for step in range(50)}
    asks = {mid + 1 + step: rng.randrange(1, 5000) for step in range(50)}
    below = {mid - 100 - 3 * step: 500 + step for step in range(depth - 50)}
    above = {mid + 100 + 3 * step: 500 + step for step in range(depth - 50)}
    yield message("snapshot", depth, 100, start_ms, bids | below, asks | above)
    for update_id in range(101, 101 + count):
        ts = start_ms + step_ms * (update_id - 100)
        step = rng.choice((-2, -1, 1, 2))
        mid += step if abs(mid + step - PRICE) <= WALK else -step
        yield message("delta", depth, update_id, ts, changed(rng, bids, mid - 1, -1), changed(rng, asks, mid + 1, 1))
