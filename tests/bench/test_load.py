"""A hundred symbols: what share of a core fifty frames a second of each take, and what ten million frames leave in memory.

Bot and exchange trade on a virtual clock, a hundred markets at once, within ten order requests a second. For the share every input of the
bot is written down, and given again to a fresh bot at its own time.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from mmbot._native import Bot
from mmbot.exchange.recording import lines, sidecar
from tests.bench.conftest import RECORDING
from tests.bench.frames import frames
from tests.bench.world import NS_PER_MS, NS_PER_SECOND, World, core_config, quiet_exchange

pytestmark = pytest.mark.bench

SYMBOLS = [f"S{number:03}USDT" for number in range(100)]
FRAME_MS = 20
PACED_S = 10
UNPACED = 10_000_000
ROUND = 500
"""Deltas of a symbol between two snapshots."""


def of_symbol(data: bytes, symbol: str) -> bytes:
    """What was written of BTC, about another symbol."""
    return data.replace(b"BTCUSDT", symbol.encode())


def config() -> bytes:
    """A market a symbol, within the request limit that an account begins with."""
    document = json.loads(core_config())
    document["markets"] = [document["markets"][0] | {"symbol": symbol} for symbol in SYMBOLS]
    document["account"]["orders_per_s"] = 10
    return json.dumps(document).encode()


def hundred_markets(data_dir: Path) -> World:
    """Bot and exchange, every market open; books come from the caller from here on."""
    item = sidecar(data_dir / RECORDING)
    assert item is not None
    recorded = [of_symbol(line, symbol) for line in islice(lines(data_dir / RECORDING), 60) for symbol in SYMBOLS]
    items = [of_symbol(item, symbol) for symbol in SYMBOLS]
    world = World(quiet_exchange(recorded, items, SYMBOLS), config())
    # The venue lets five fee rates a second be read.
    world.start(40)
    world.public = False
    return world


def feed(world: World, count: int, seed: int) -> int:
    """A snapshot and `count` deltas of every symbol, and what the exchange says in between; returns how many frames that were."""
    public = world.conn("public")
    first_ms = world.now_ns // NS_PER_MS + FRAME_MS
    for data in frames(count, seed=seed, start_ms=first_ms, step_ms=FRAME_MS):
        world.turn(FRAME_MS * NS_PER_MS)
        for symbol in SYMBOLS:
            world.carry(world.tell("frame", public, of_symbol(data, symbol)))
        world.bot.facts()
    return (count + 1) * len(SYMBOLS)


def told(line: str, record: Callable[[str, object], None], **figures: float) -> None:
    """Prints a line and records its figures."""
    sys.stdout.write(f"\n(d) {line}\n")
    record("(d)", figures)


def test_share_of_a_core(data_dir: Path, record_property: Callable[[str, object], None]) -> None:
    world = hundred_markets(data_dir)
    begin, requests = len(world.script), world.bot.commands
    count = feed(world, PACED_S * 1000 // FRAME_MS, seed=1)
    requests = world.bot.commands - requests
    cores = os.sched_getaffinity(0)
    bot = Bot(config())
    for method, arguments in world.script[:begin]:
        getattr(bot, method)(*arguments)
    bot.facts()
    first_ns = world.script[begin][1][0]
    os.sched_setaffinity(0, {min(cores)})
    began_ns, cpu_ns = time.monotonic_ns(), time.process_time_ns()
    for method, arguments in world.script[begin:]:
        ahead_ns = arguments[0] - first_ns - (time.monotonic_ns() - began_ns)
        if ahead_ns > NS_PER_MS:
            bot.facts()
            time.sleep(ahead_ns / NS_PER_SECOND)
        getattr(bot, method)(*arguments)
    wall_ns, cpu_ns = time.monotonic_ns() - began_ns, time.process_time_ns() - cpu_ns
    os.sched_setaffinity(0, cores)
    assert bot.command_hash == world.bot.command_hash, "the paced run must do what the rehearsal did"
    told(
        f"100 symbols x 50 frames/s: {100 * cpu_ns / wall_ns:.1f} % of a core, {count / wall_ns * 1e9:.0f} frames/s, {requests} requests",
        record_property,
        share_pct=100 * cpu_ns / wall_ns,
        frames=count,
        requests=requests,
    )


def resident_mib() -> float:
    """What this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_memory_of_ten_million_frames(data_dir: Path, record_property: Callable[[str, object], None]) -> None:
    world = hundred_markets(data_dir)
    world.recording = False
    world.script.clear()
    done = seed = 0
    warm_mib = 0.0
    began = time.monotonic()
    while done < UNPACED:
        seed += 1
        done += feed(world, ROUND, seed)
        if warm_mib == 0.0 and done >= UNPACED // 10:
            warm_mib = resident_mib()
    end_mib, spent_s = resident_mib(), time.monotonic() - began
    told(
        f"{done} frames in {spent_s:.0f} s, bot and exchange: {warm_mib:.1f} MiB after a tenth, {end_mib:.1f} MiB at the end",
        record_property,
        warm_mib=warm_mib,
        end_mib=end_mib,
        frames=done,
        spent_s=spent_s,
    )
    assert end_mib < warm_mib + 20
