"""Tick to order over loopback: the whole bot process against a blocking client that decodes nothing."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.bench.conftest import RECORDING, Tell
from tests.bench.frames import stamped
from tests.bench.naive_quoter import NaiveQuoter
from tests.bench.tap import Tap, round_trips
from tests.bench.world import core_config

pytestmark = pytest.mark.bench

PYTHON = (sys.executable, "-m", "mmbot")
GAP_S = 0.0005


def bot_config(folder: Path, ready: dict[str, str], tap: Tap) -> Path:
    """A bot with hysteresis off whose sockets lead through the tap; HTTP goes directly."""
    core = json.loads(core_config())
    through = {
        name: ready[name].replace(ready["rest"].rpartition(":")[2], str(tap.port))
        for name in ready
        if name.startswith("ws_")
    }
    for name in ("api_key", "api_secret"):
        (folder / name).write_text(ready[name])
        (folder / name).chmod(0o600)
    document = {
        "venue": {"rest": ready["rest"], **through},
        "credentials": {"api_key_file": str(folder / "api_key"), "api_secret_file": str(folder / "api_secret")},
        **core,
        "files": {
            "capture": str(folder / "bench.mmcap"),
            "log": str(folder / "bot.log"),
            "report": str(folder / "report.json"),
        },
    }
    path = folder / "bot.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@contextlib.contextmanager
def arranged(*, apart: bool) -> Iterator[set[int]]:
    """Cores for who answers the venue, bot and floor alike; if `apart`, this process, the venue, keeps to another.

    Left alone, the scheduler puts both on one core: waking costs less, but the bot often finishes what it does after an order before
    the venue may read the clock.
    """
    cores = os.sched_getaffinity(0)
    venue = {min(cores)} if apart else cores
    os.sched_setaffinity(0, venue)
    try:
        yield cores - venue or venue
    finally:
        os.sched_setaffinity(0, cores)


@contextlib.contextmanager
def running(*words: str, cores: set[int] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, which is gone afterwards whatever happens."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        if cores:
            os.sched_setaffinity(process.pid, cores)
        try:
            yield process
        finally:
            process.kill()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"timed out waiting for {what}"
        time.sleep(0.02)


def expected(books: list[bytes]) -> list[bool]:
    """Which books must lead to a request: asked of the CPython peer, whose orders are confirmed at once."""
    peer, answers = NaiveQuoter(), []
    for index, book in enumerate(books):
        answers.append(peer.frame((index + 1) * 1_000_000, book) is not None)
        for order in peer.orders.values():
            order.price, order.asked = order.asked or order.price, None
    return answers


def ticks(tap: Tap, books: list[bytes]) -> tuple[list[float], int]:
    """Reaction times, and how many of the expected orders did not come."""
    spent, missing = [], 0
    for index, (book, expect) in enumerate(zip(books, expected(books), strict=True)):
        time.sleep(GAP_S)
        # A book that is late is not quoted on.
        took = tap.tick(stamped(book, time.time_ns() // 1_000_000), expect=expect)
        # The first moves the market to where the generated books are.
        if took is not None and index:
            spent.append(took)
        missing += expect and took is None
    return spent, missing


def blocking_round_trips(folder: Path, books: list[bytes], cores: set[int]) -> list[float]:
    client = folder / "blocking_client"
    source = Path(__file__).with_name("blocking_client.rs")
    subprocess.run(("rustc", "-O", "--edition", "2024", "-o", client, source), check=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        with running(str(client), port, cores=cores):
            return round_trips(listener, books, GAP_S)


def reactions(folder: Path, exchange: Path, books: list[bytes], cores: set[int]) -> tuple[list[float], int]:
    """What `ticks` says of a bot process which at first trades on the local exchange with this recording."""
    ready_file = folder / "ready.json"
    words = ("exchange", "--data", str(exchange), "--from", "0", "--to", "2", "--fee-tier", "mm1")
    with running(*PYTHON, *words, "--ready-file", str(ready_file)) as venue:
        wait_for(ready_file.exists, "the exchange")
        ready = json.loads(ready_file.read_text())
        tap = Tap(int(ready["rest"].rpartition(":")[2]))
        with running(*PYTHON, "run", "--config", str(bot_config(folder, ready, tap)), cores=cores) as bot:
            wait_for(lambda: len(tap.orders) == 2, "both quotes")
            time.sleep(0.5)
            tap.play()
            reaction_us, missing = ticks(tap, books)
            tap.resume()
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(35) == 0
        tap.close()
        venue.send_signal(signal.SIGTERM)
        venue.wait(35)
    return reaction_us, missing


@pytest.mark.parametrize("apart", [True, False], ids=["apart", "as_scheduled"])
def test_tick_to_order(data_dir: Path, tmp_path: Path, generated_frames: list[bytes], tell: Tell, apart: bool) -> None:
    with arranged(apart=apart) as cores:
        reaction_us, missing = reactions(tmp_path, data_dir / RECORDING, generated_frames, cores)
        floor = blocking_round_trips(tmp_path, generated_frames, cores)
    figures = {"mmbot, book out to order in": reaction_us, "blocking Rust client, decodes nothing": floor}
    where = "each on a core of its own" if apart else "as the scheduler likes"
    tell(f"(c) tick -> order on the wire over loopback, {where}, {missing} missing", figures)
    assert missing == 0
