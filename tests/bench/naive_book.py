"""A fair order book in plain CPython: orjson, one dict and one sorted key list a side."""

from bisect import bisect_left, insort

import orjson


class NaiveBook:
    """What a careful Python programmer would write."""

    def __init__(self) -> None:
        self.sizes: tuple[dict[float, float], dict[float, float]] = ({}, {})
        self.keys: tuple[list[float], list[float]] = ([], [])

    def apply(self, data: bytes) -> None:
        """Applies one frame."""
        message = orjson.loads(data)
        body = message["data"]
        if message["type"] == "snapshot":
            self.sizes, self.keys = ({}, {}), ([], [])
        for sizes, keys, rows in zip(self.sizes, self.keys, (body["b"], body["a"]), strict=True):
            for price_text, size_text in rows:
                price, size = float(price_text), float(size_text)
                if size == 0.0:
                    if sizes.pop(price, None) is not None:
                        del keys[bisect_left(keys, price)]
                else:
                    if price not in sizes:
                        insort(keys, price)
                    sizes[price] = size

    def top(self, levels: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Best levels of both sides."""
        bids, asks = self.sizes
        bid_keys, ask_keys = self.keys
        return [(p, bids[p]) for p in bid_keys[: -levels - 1 : -1]], [(p, asks[p]) for p in ask_keys[:levels]]
