"""Makes a long session to measure on: the bot and the local exchange in one process on a virtual clock, every input in a capture.

As a program: `python -m tests.leaks.session KIND INPUTS FILE`.
"""

import json
import sys
from collections import deque
from pathlib import Path
from typing import Literal

import msgspec

from mmbot._native import Bot, Close, Connect, DecisionDue, Exchange, Http, Send
from mmbot.config import parse_config

Kind = Literal["paused", "trading", "reconnecting"]
NS_PER_MS = 1_000_000
NS_PER_SECOND = 1_000_000_000
START_NS = 1_700_000_000 * NS_PER_SECOND
TURN_NS = 10 * NS_PER_MS
# Long enough to count as healthy, so that the next attempt comes after a second.
CUT_EVERY_NS = 62 * NS_PER_SECOND
SOCKETS = ("ws_public_linear", "ws_private", "ws_trade")
MARKETS = {"linear.BTCUSDT": "0.008", "linear.ETHUSDT": "0.15"}


def core_config() -> bytes:
    markets = [
        {
            "category": name.partition(".")[0],
            "symbol": name.partition(".")[2],
            "depth": 50,
            "order_qty": qty,
            "max_position": "1" if "BTC" in name else "20",
            "max_order_notional": "5000",
        }
        for name, qty in MARKETS.items()
    ]
    strategy = {
        "levels_per_side": 2, "level_spacing_coeff": 0.4, "skew_bps": 5.0, "min_time_in_book_ms": 500, "replace_threshold_bps": 3.0,
    }  # fmt: skip
    doors = {name: f"ws://127.0.0.1:1/v5/{name.removeprefix('ws_').replace('_', '/')}" for name in SOCKETS}
    document = {
        "venue": {"rest": "http://127.0.0.1:1", **doors},
        "credentials": {"api_key_file": "none", "api_secret_file": "none"},
        "markets": markets,
        "strategy": strategy,
        "run": {"seed": 1, "run_id": "leaks"},
    }
    # Read as a bot's file is, so that a key that the core has learnt since is there.
    return parse_config(json.dumps(document).encode()).core_json()


def exchange() -> Exchange:
    settings = {
        "symbols": [name.partition(".")[2] for name in MARKETS], "seed": 1, "fee_tier": "mm1", "deposit": "100000",
        "leverage": 10, "takers": 3, "two_sided_bps": 10.0, "order_latency_ns": 2 * NS_PER_MS,
        "reply_delay_ns": 2 * NS_PER_MS, "tape": False, "from_ns": 0, "to_ns": None,
    }  # fmt: skip
    return Exchange(msgspec.json.encode(settings))


class Session:
    """Carries bytes between the two; the bot writes them down."""

    def __init__(self, kind: Kind, path: Path) -> None:
        self._kind = kind
        self._exchange = exchange()
        self._bot = Bot(core_config(), path, b"{}")
        self._now_ns = START_NS
        self._cut_ns = START_NS + CUT_EVERY_NS
        self._theirs: dict[int, int] = {}
        self._ours: dict[int, int] = {}
        self._waiting: deque[tuple[int, bytes]] = deque()
        self.inputs = 0

    def run(self, inputs: int) -> None:
        self._carry(self._bot.timer(self._now_ns))
        if self._kind == "paused":
            for market in MARKETS:
                self._carry(self._bot.pause(self._now_ns, market, True))  # noqa: FBT003 - the native signature
        while self.inputs < inputs:
            self._turn()
        self._bot.close_capture()

    def _turn(self) -> None:
        self._now_ns += TURN_NS
        self._exchange.advance(self._now_ns)
        self._waiting.extend((conn, data) for conn, _, data in self._exchange.take_outgoing())
        while self._waiting:
            conn, data = self._waiting.popleft()
            ours = self._ours.get(conn)
            # The answer to a sign-in is the transport's.
            if ours is not None and b'"op":"auth"' not in data:
                self.inputs += 1
                self._carry(self._bot.frame(self._now_ns, ours, data))
        deadline = self._bot.deadline_ns
        if deadline is not None and deadline <= self._now_ns:
            self.inputs += 1
            self._carry(self._bot.timer(self._now_ns))
        if self._kind == "reconnecting" and self._now_ns >= self._cut_ns:
            self._cut_ns = self._now_ns + CUT_EVERY_NS
            for ours in list(self._theirs):
                self._hang_up(ours)
                self._carry(self._bot.stream_down(self._now_ns, ours))

    def _hang_up(self, ours: int) -> None:
        theirs = self._theirs.pop(ours)
        del self._ours[theirs]
        self._exchange.close(self._now_ns, theirs)

    def _carry(self, outputs: list[Connect | Close | Send | Http | DecisionDue]) -> None:
        for output in outputs:
            match output:
                case Send():
                    self._exchange.frame(self._now_ns, self._theirs[output.conn], output.data)
                case Http():
                    account = Exchange.ACCOUNT if output.signed else None
                    status, _, body = self._exchange.http(
                        self._now_ns, account, output.method, output.path, output.query, output.body
                    )
                    self.inputs += 1
                    self._carry(self._bot.http_reply(self._now_ns, output.req_id, status, None, body))
                case Connect():
                    theirs = self._exchange.open(output.path)
                    self._theirs[output.conn], self._ours[theirs] = theirs, output.conn
                    if output.auth:
                        self._exchange.authenticated(self._now_ns, theirs, Exchange.ACCOUNT)
                    self.inputs += 1
                    self._carry(self._bot.stream_up(self._now_ns, output.conn))
                case Close():
                    self._hang_up(output.conn)


if __name__ == "__main__":
    kind, inputs, path = sys.argv[1:]
    kinds: dict[str, Kind] = {"paused": "paused", "trading": "trading", "reconnecting": "reconnecting"}
    Session(kinds[kind], Path(path)).run(int(inputs))
