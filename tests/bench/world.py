"""Bot and local exchange in one process on a virtual clock: no sockets, so that only the bot is measured."""

import json
import time
from collections import deque

import msgspec

from mmbot._native import Bot, Close, Connect, Exchange, Http, Send

NS_PER_MS = 1_000_000
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


class World:
    """Carries bytes between the two and times the bot's share of each public frame."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.bot = Bot(core_config())
        self.now_ns = START_NS
        self.conns: dict[int, int] = {}
        self.back: dict[int, int] = {}
        self.paths: dict[int, str] = {}
        self.frame_us: list[float] = []
        self.quiet_us: list[float] = []
        self.waiting: dict[int, deque[tuple[int, bytes]]] = {}

    def carry(self, outputs: list[Connect | Close | Send | Http]) -> None:
        """Does what the bot says, at once."""
        for output in outputs:
            if isinstance(output, Send):
                self.exchange.frame(self.now_ns, self.conns[output.conn], output.data)
            elif isinstance(output, Http):
                account = Exchange.ACCOUNT if output.signed else None
                status, _, body = self.exchange.http(
                    self.now_ns, account, output.method, output.path, output.query, output.body
                )
                self.carry(self.bot.http_reply(self.now_ns, output.req_id, status, None, body))
            elif isinstance(output, Connect):
                conn = self.exchange.open(output.path)
                self.conns[output.conn], self.back[conn], self.paths[conn] = conn, output.conn, output.path
                if output.auth:
                    self.exchange.authenticated(self.now_ns, conn, Exchange.ACCOUNT)
                self.carry(self.bot.stream_up(self.now_ns, output.conn))

    def run(self, seconds: float) -> None:
        """Plays so much virtual time in steps of one millisecond."""
        if not self.conns:
            self.carry(self.bot.timer(self.now_ns))
        for _ in range(int(seconds * 1000)):
            self.now_ns += NS_PER_MS
            self.exchange.advance(self.now_ns)
            for conn, due_ns, data in self.exchange.take_outgoing():
                self.waiting.setdefault(conn, deque()).append((due_ns, data))
            for conn, messages in list(self.waiting.items()):
                # A connection keeps its order, so a message that is not due yet holds up those behind it.
                while messages and messages[0][0] <= self.now_ns:
                    self.deliver(conn, messages.popleft()[1])
            deadline = self.bot.deadline_ns
            if deadline is not None and deadline <= self.now_ns:
                self.carry(self.bot.timer(self.now_ns))

    def deliver(self, conn: int, data: bytes) -> None:
        """One frame to the bot; book frames are timed. The answer to a sign-in is the transport's."""
        if b'"op":"auth"' in data:
            return
        begin = time.perf_counter_ns()
        outputs = self.bot.frame(self.now_ns, self.back[conn], data)
        spent_us = (time.perf_counter_ns() - begin) / 1000
        if b'"orderbook.50.' in data:
            if any(isinstance(output, Send) for output in outputs):
                self.frame_us.append(spent_us)
            else:
                self.quiet_us.append(spent_us)
        self.carry(outputs)


def quiet_exchange(lines: list[bytes], item: bytes) -> Exchange:
    """The local exchange on a recording, without takers."""
    settings = {
        "symbols": ["BTCUSDT"],
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
        "to_ns": None,
    }
    return Exchange(msgspec.json.encode(settings), [item], lines)
