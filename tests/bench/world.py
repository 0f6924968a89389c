"""Bot and local exchange in one process on a virtual clock: no sockets, so that only the bot can be measured."""

import json
from collections import deque
from typing import Any

import msgspec

from mmbot._native import Bot, Close, Connect, Exchange, Http, Send

NS_PER_MS = 1_000_000
NS_PER_SECOND = 1_000_000_000
START_NS = 1_700_000_000 * 1_000_000_000


def core_config() -> bytes:
    """One BTC market, hysteresis off, a budget that never binds."""
    signals = {
        "imbalance_levels": 5,
        "imbalance_bps": 0.0,
        "order_flow_weight": 0.0,
        "order_flow_half_life_s": 1.0,
        "toxicity_max_bps": 0.0,
        "toxicity_half_life_s": 300.0,
        "funding_ramp_s": 0.0,
    }
    strategy = {
        "model": "ladder",
        "signals": signals,
        "k_vola_spread": 0.95,
        "min_spread_bps": 2.0,
        "max_spread_bps": 2.0,
        "levels_per_side": 1,
        "explain": False,
        "level_spacing_coeff": 0.4,
        "skew_bps": 2.0,
        "microprice_weight": 1.0,
        "safety_bps": 0.0,
        "adverse_bps": 0.0,
        "volatility_half_life_s": 60.0,
        "min_time_in_book_ms": 0,
        "replace_threshold_bps": 0.0,
    }
    market = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "depth": 50,
        "order_qty": "0.008",
        "max_position": "1",
        "max_order_notional": "5000",
    }
    account = {"recv_window_ms": 5000, "orders_per_s": 1000, "queries_per_s": 1000}
    document = {"account": account, "markets": [market], "strategy": strategy, "run": {"seed": 1, "run_id": "bench"}}
    return json.dumps(document).encode()


Outputs = list[Connect | Close | Send | Http]
Step = tuple[str, tuple[Any, ...]]
"""A method of the bot and its arguments, the time first."""


class World:
    """Carries bytes between bot and exchange, and writes down every input of the bot.

    Once `public` is off, books come from the caller and only account and orders from the exchange. Once `recording` is off, nothing is
    written down.
    """

    def __init__(self, exchange: Exchange, config: bytes) -> None:
        self.exchange = exchange
        self.bot = Bot(config)
        self.now_ns = START_NS
        self.conns: dict[int, int] = {}
        self.back: dict[int, int] = {}
        self.paths: dict[int, str] = {}
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.public = True
        self.recording = True
        self.script: list[Step] = []

    def tell(self, method: str, *arguments: object) -> Outputs:
        """Gives the bot an input."""
        if self.recording:
            self.script.append((method, (self.now_ns, *arguments)))
        outputs: Outputs = getattr(self.bot, method)(self.now_ns, *arguments)
        return outputs

    def start(self, seconds: float) -> None:
        """Signs in, recovers and quotes on the exchange's own market."""
        self.carry(self.tell("timer"))
        for _ in range(int(seconds * 100)):
            self.turn(10 * NS_PER_MS)

    def conn(self, kind: str) -> int:
        """The bot's connection for "public", "private" or "trade"."""
        return next(self.back[conn] for conn, path in self.paths.items() if kind in path)

    def carry(self, outputs: Outputs) -> None:
        """Does what the bot says, at once."""
        for output in outputs:
            assert not isinstance(output, Close), "the bot gave a connection up"
            if isinstance(output, Send):
                self.exchange.frame(self.now_ns, self.conns[output.conn], output.data)
            elif isinstance(output, Http):
                account = Exchange.ACCOUNT if output.signed else None
                status, _, body = self.exchange.http(
                    self.now_ns, account, output.method, output.path, output.query, output.body
                )
                self.carry(self.tell("http_reply", output.req_id, status, None, body))
            elif isinstance(output, Connect):
                conn = self.exchange.open(output.path)
                self.conns[output.conn], self.back[conn], self.paths[conn] = conn, output.conn, output.path
                if output.auth:
                    self.exchange.authenticated(self.now_ns, conn, Exchange.ACCOUNT)
                self.carry(self.tell("stream_up", output.conn))

    def turn(self, step_ns: int) -> None:
        """Lets so much time pass: answers and pushes arrive, a due timer fires."""
        self.now_ns += step_ns
        self.exchange.advance(self.now_ns)
        self.waiting.extend((conn, data) for conn, _, data in self.exchange.take_outgoing())
        while self.waiting:
            conn, data = self.waiting.popleft()
            public = "public" in self.paths[conn]
            # The answer to a sign-in is the transport's.
            if b'"op":"auth"' in data or (public and not self.public):
                continue
            self.carry(self.tell("frame", self.back[conn], data))
        deadline = self.bot.deadline_ns
        if deadline is not None and deadline <= self.now_ns:
            self.carry(self.tell("timer"))


def quiet_exchange(lines: list[bytes], items: list[bytes], symbols: list[str]) -> Exchange:
    """The local exchange on the first second of a recording, without takers; order entry stays open after it."""
    settings = {
        "symbols": symbols,
        "seed": 1,
        "fee_tier": "-0.00001:0.00015",
        "deposit": "1000000",
        "leverage": 10,
        "takers": None,
        "two_sided_bps": 10.0,
        "order_latency_ns": 2 * NS_PER_MS,
        "reply_delay_ns": 2 * NS_PER_MS,
        "tape": True,
        "from_ns": 0,
        "to_ns": NS_PER_SECOND,
    }
    return Exchange(msgspec.json.encode(settings), items, lines)
