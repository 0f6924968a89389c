"""The bot's rule in plain CPython: the same book, ladder, order table, risk checks and request, decided on the same frames.

What the bot does beyond it is left out, in the peer's favour: recovery, time-outs, budget, ledger, facts, command hash.
"""

import math
from typing import Any

from orjson import dumps, loads

from tests.bench.naive_book import NaiveBook

BUY, SELL = 0, 1
NAMES = ("Buy", "Sell")
SIGNS = (1, -1)
TICK, STEP = 0.1, 0.001
MICRO = 1_000_000

ORDER_QTY, MAX_POSITION = 8, 1000
MAX_NOTIONAL, MIN_NOTIONAL = 5000.0, 5.0
MIN_QTY, MAX_QTY = 1, 1_190_000
HALF_SPREAD_BPS, SKEW_BPS, HALF_LIFE_S = 1.0, 2.0, 60.0

Desired = list[tuple[int, int]]


class Order:
    """One of our orders: prices in ticks, sizes in lots."""

    def __init__(self, link_id: str, side: int, price: int) -> None:
        self.link_id = link_id
        self.side = side
        self.price = price
        self.leaves = ORDER_QTY
        self.asked: int | None = price


class NaiveQuoter:
    """Fed with the frames that the bot is fed with."""

    def __init__(self) -> None:
        self.book = NaiveBook()
        self.last_update = 0
        self.orders: dict[str, Order] = {}
        self.position = 0
        self.number = 0
        self.last_mid: tuple[int, float] | None = None
        self.variance = self.weight = 0.0

    # --- the timed path -------------------------------------------------------------------------------------------------------------

    def frame(self, now_ns: int, data: bytes) -> bytes | None:
        """The request that a book frame leads to, if any."""
        if not self.book.apply(data):
            return None
        bests = [self.best(side) for side in (BUY, SELL)]
        (bid, bid_size), (ask, ask_size) = bests
        if not 0 < bid < ask:
            return None
        self.sample(now_ns, (bid + ask) / 2)
        desired = self.desired(bid, bid_size, ask, ask_size)
        amends, news = [], []
        for side, price in desired:
            order = next((order for order in self.orders.values() if order.side == side), None)
            if order is None:
                if self.allowed(side, price, ORDER_QTY, bid, ask):
                    news.append((side, price))
            elif order.asked is None and order.price != price and self.allowed(side, price, 0, bid, ask):
                order.asked = price
                amends.append(order)
        if amends:
            return self.amend(now_ns, amends)
        return self.place(now_ns, news) if news else None

    def best(self, side: int) -> tuple[int, int]:
        """The best level of everyone else, in ticks and lots; zeros if there is none."""
        book = self.book
        keys, sizes = (reversed(book.bid_keys), book.bids) if side == BUY else (iter(book.ask_keys), book.asks)
        for ticks in keys:
            others = sizes[ticks] - sum(order.leaves for order in self.orders.values() if order.price == ticks)
            if others > 0:
                return ticks, others
        return 0, 0

    def sample(self, now_ns: int, mid: float) -> None:
        """Time-weighted volatility of the mid."""
        if self.last_mid is not None:
            last_ns, last_mid = self.last_mid
            seconds = (now_ns - last_ns) / 1e9
            log_return = 1e4 * math.log(mid / last_mid)
            fresh = -math.expm1(-math.log(2) * seconds / HALF_LIFE_S)
            self.variance += fresh * (log_return * log_return / seconds - self.variance)
            self.weight += fresh * (1 - self.weight)
        self.last_mid = now_ns, mid

    def desired(self, bid: int, bid_size: int, ask: int, ask_size: int) -> Desired:
        """One quote a side: the ladder in micro-ticks, kept from the touch, rounded away from it."""
        share = bid_size / (bid_size + ask_size)
        mid = (bid + ask) * (MICRO // 2)
        micro = min(max(bid * (1 - share) + ask * share, bid), ask) - (bid + ask) / 2
        skew = -SKEW_BPS * max(-1.0, min(1.0, self.position / MAX_POSITION))
        fair = mid + round(micro * MICRO) + round(mid * skew / 1e4)
        half = round(mid * HALF_SPREAD_BPS / 1e4)
        limits = (
            (BUY, min(fair - half, (ask - 1) * MICRO) // MICRO),
            (SELL, -(-max(fair + half, (bid + 1) * MICRO) // MICRO)),
        )
        return [(side, price) for side, price in limits if MAX_POSITION - self.position * SIGNS[side] >= ORDER_QTY]

    def allowed(self, side: int, price: int, extra: int, bid: int, ask: int) -> bool:
        """Every rule before a request may leave."""
        notional = price * TICK * ORDER_QTY * STEP
        if price <= 0 or not MIN_QTY <= ORDER_QTY <= MAX_QTY or not MIN_NOTIONAL <= notional <= MAX_NOTIONAL:
            return False
        at_risk = sum(order.leaves for order in self.orders.values() if order.side == side)
        if extra and self.position * SIGNS[side] + at_risk + extra > MAX_POSITION:
            return False
        others = [p for order in self.orders.values() if order.side != side for p in (order.price, order.asked) if p]
        return price < min([ask, *others]) if side == BUY else price > max([bid, *others])

    def amend(self, now_ns: int, orders: list[Order]) -> bytes:
        """The request that moves working orders."""
        rows = [
            {"symbol": "BTCUSDT", "price": f"{order.asked / 10:.10g}", "orderLinkId": order.link_id}
            for order in orders
            if order.asked is not None
        ]
        if len(rows) == 1:
            return self.request(now_ns, "order.amend", {"category": "linear"} | rows[0])
        return self.request(now_ns, "order.amend-batch", {"category": "linear", "request": rows})

    def place(self, now_ns: int, news: Desired) -> bytes:
        """The request that places orders."""
        rows = []
        for side, price in news:
            link_id = f"bench-0-{len(self.orders) + 1}"
            self.orders[link_id] = Order(link_id, side, price)
            rows.append({"symbol": "BTCUSDT", "side": NAMES[side], "price": f"{price / 10:.10g}", "qty": "0.008"})
        return self.request(now_ns, "order.create-batch", {"category": "linear", "request": rows})

    def request(self, now_ns: int, op: str, arguments: dict[str, Any]) -> bytes:
        """The request's bytes."""
        self.number += 1
        header = {"X-BAPI-TIMESTAMP": str(now_ns // 1_000_000), "X-BAPI-RECV-WINDOW": "5000"}
        return dumps({"reqId": str(self.number), "header": header, "op": op, "args": [arguments]})

    # --- outside the timed path -----------------------------------------------------------------------------------------------------

    def pushed(self, data: bytes) -> None:
        """What the private stream tells of our orders."""
        for row in loads(data).get("data", ()):
            if row.get("orderStatus") == "New":
                order = self.orders[row["orderLinkId"]]
                order.price, order.asked = round(float(row["price"]) / TICK), None
