"""Frame to risk-checked request bytes, in process: the bot against the same rule in plain CPython, on the same frames.

A first pass lets bot and exchange trade on a virtual clock, writes down every input of the bot, and checks that the peer asks for the same
orders. The timed passes then give those inputs to fresh ones, with nothing else running in between: what is counted are the frames that
lead to a request; acks and order pushes arrive between them, so that each frame meets working orders.
"""

import time
from itertools import chain
from pathlib import Path

import orjson
import pytest

from mmbot._native import Bot, Send
from mmbot.exchange.recording import lines, sidecar
from tests.bench.conftest import RECORDING, Tell, clock_cost_us
from tests.bench.frames import frames
from tests.bench.naive_quoter import NaiveQuoter
from tests.bench.world import NS_PER_MS, Step, World, core_config, quiet_exchange

pytestmark = pytest.mark.bench

ROUNDS = 3
FRAMES = 5000
STEP_MS = 500


def told(request: bytes) -> tuple[str, list[str]]:
    """What both must agree on: the operation and its prices."""
    document = orjson.loads(request)
    arguments = document["args"][0]
    return document["op"], [row["price"] for row in arguments.get("request", [arguments])]


def rehearse(world: World, count: int) -> tuple[list[Step], int]:
    """Every input of the bot during so many generated frames, and where the script had come to before."""
    world.start(3)
    world.public = False
    # Half a second apart: the request limit that the exchange tells of must not bind.
    deltas = list(frames(count, start_ms=world.now_ns // NS_PER_MS + STEP_MS, step_ms=STEP_MS))
    begin, peer, asked, agreed = len(world.script), NaiveQuoter(), 0, 0
    for data in deltas:
        seen = len(world.script)
        world.turn(STEP_MS * NS_PER_MS)
        for step in world.script[seen:]:
            push_to(peer, step, world.conn("private"))
        outputs = world.tell("frame", world.conn("public"), data)
        request = peer.frame(world.now_ns, data)
        world.carry(outputs)
        sent = [told(output.data) for output in outputs if isinstance(output, Send)]
        asked += len(sent)
        agreed += [told(request)] == sent if request else not sent
    assert asked > 0.9 * count, "too few frames led to a request"
    assert agreed > 0.99 * count, "the two must do the same"
    return world.script, begin


def push_to(peer: NaiveQuoter, step: Step, private: int) -> None:
    """Hands on what the private stream says."""
    method, arguments = step
    if method == "frame" and arguments[1] == private:
        peer.pushed(arguments[2])


def time_bot(script: list[Step], begin: int, public: int, cost: float) -> list[float]:
    """Microseconds of the public frames that lead to a request."""
    bot, clock, spent = Bot(core_config()), time.perf_counter_ns, []
    for method, arguments in script[:begin]:
        getattr(bot, method)(*arguments)
        bot.facts()
    for method, arguments in script[begin:]:
        if method == "frame" and arguments[1] == public:
            before = clock()
            outputs = bot.frame(arguments[0], arguments[1], arguments[2])
            took = clock() - before
            if any(isinstance(output, Send) for output in outputs):
                spent.append(took / 1000 - cost)
            # Freed here, not while the next frame is timed.
            del outputs
        else:
            getattr(bot, method)(*arguments)
        bot.facts()
    return spent


def time_peer(script: list[Step], begin: int, conns: tuple[int, int], cost: float) -> list[float]:
    """The same of the peer."""
    peer, clock, spent = NaiveQuoter(), time.perf_counter_ns, []
    public, private = conns
    for step in script[begin:]:
        method, arguments = step
        push_to(peer, step, private)
        if method == "frame" and arguments[1] == public:
            before = clock()
            request = peer.frame(arguments[0], arguments[2])
            took = clock() - before
            if request is not None:
                spent.append(took / 1000 - cost)
            del request
    return spent


def test_frame_to_request_bytes(data_dir: Path, tell: Tell) -> None:
    item = sidecar(data_dir / RECORDING)
    assert item is not None
    world = World(quiet_exchange(list(lines(data_dir / RECORDING)), [item], ["BTCUSDT"]), core_config())
    script, begin = rehearse(world, FRAMES)
    public, private, cost = world.conn("public"), world.conn("private"), clock_cost_us()
    own_us, peer_us = [], []
    for _ in range(ROUNDS):
        own_us.append(time_bot(script, begin, public, cost))
        peer_us.append(time_peer(script, begin, (public, private), cost))
    figures = {"mmbot Bot.frame": list(chain(*own_us)), "CPython, the same rule and checks": list(chain(*peer_us))}
    tell("(b) orderbook.50 frame -> risk-checked request bytes, in process", figures)
    # The rounds do the same work frame by frame: what all of them take is the frame's own, the rest is the machine's.
    own = {"mmbot Bot.frame": list(map(min, *own_us)), "CPython, the same rule and checks": list(map(min, *peer_us))}
    tell(f"(b) the same, each frame's fastest of {ROUNDS} rounds", own)
