"""A fair order book in plain CPython: orjson, one dict and one sorted key list a side, as exact and as careful as ours.

It keeps the gap rule, refuses what is off the grid, and shows nothing of a crossed book. A text becomes an integer once and is looked up
from then on, which is the fastest exact way that CPython has: no other one (`int` of the digits, `float` and rounding, `Decimal`) is near.
"""

from bisect import bisect_left, insort

from orjson import loads

Row = list[float]


class Counts(dict[str, int]):
    """Decimal texts as counts of 10^-`decimals`, read when first met."""

    MOST = 100_000

    def __init__(self, decimals: int) -> None:
        super().__init__()
        self.decimals = decimals

    def __missing__(self, text: str) -> int:
        whole, _, fraction = text.partition(".")
        digits = fraction.rstrip("0")
        if not (whole + fraction).isdigit() or len(digits) > self.decimals:
            raise ValueError(text)
        if len(self) >= self.MOST:
            self.clear()
        count = self[text] = int(whole + digits.ljust(self.decimals, "0"))
        return count


class GapError(Exception):
    """`u` does not follow the last one."""


class NaiveBook:
    """What a careful Python programmer would write: prices in ticks of 0.1, sizes in steps of 0.001."""

    def __init__(self) -> None:
        self.prices, self.sizes = Counts(1), Counts(3)
        self.last_update = 0
        self.clear()

    def clear(self) -> None:
        """Empties the book."""
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.bid_keys: list[int] = []
        self.ask_keys: list[int] = []

    def apply(self, data: bytes) -> bool:
        """Applies one frame; False if it leaves the book crossed."""
        message = loads(data)
        body = message["data"]
        update_id = body["u"]
        if message["type"] == "snapshot":
            self.clear()
        elif update_id != self.last_update + 1:
            raise GapError(update_id)
        self.last_update = update_id
        prices, counts = self.prices, self.sizes
        for sizes, keys, rows in ((self.bids, self.bid_keys, body["b"]), (self.asks, self.ask_keys, body["a"])):
            for price_text, size_text in rows:
                price, size = prices[price_text], counts[size_text]
                if not size:
                    if sizes.pop(price, None) is not None:
                        del keys[bisect_left(keys, price)]
                else:
                    if price not in sizes:
                        insort(keys, price)
                    sizes[price] = size
        return not (self.bid_keys and self.ask_keys) or self.bid_keys[-1] < self.ask_keys[0]

    def apply_row(self, data: bytes) -> Row | None:
        """The row of 5 levels after a frame; None if it leaves the book crossed."""
        return self.row(5) if self.apply(data) else None

    def row(self, levels: int) -> Row:
        """Ask price, ask size, bid price, bid size of each of the best levels."""
        bids, asks = self.bids, self.asks
        row: Row = []
        for ask, bid in zip(self.ask_keys[:levels], self.bid_keys[: -levels - 1 : -1], strict=False):
            row += (ask / 10, asks[ask] / 1000, bid / 10, bids[bid] / 1000)
        return row
