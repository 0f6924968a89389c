"""A fair order book in plain CPython: orjson, one dict and one sorted key list a side, and no work that can be put off."""

from bisect import bisect_left, insort

from orjson import loads

Level = tuple[float, float]


class NaiveBook:
    """What a careful Python programmer would write.

    Sizes are held by the text of their price and stay text until somebody looks at them: most are replaced before that, and only a price
    that comes or goes needs to be a number.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Empties the book."""
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.bid_keys: list[tuple[float, str]] = []
        self.ask_keys: list[tuple[float, str]] = []

    def apply(self, data: bytes) -> None:
        """Applies one frame."""
        message = loads(data)
        body = message["data"]
        if message["type"] == "snapshot":
            self.clear()
        for sizes, keys, rows in ((self.bids, self.bid_keys, body["b"]), (self.asks, self.ask_keys, body["a"])):
            for text, size in rows:
                if size == "0":
                    if text in sizes:
                        del sizes[text]
                        del keys[bisect_left(keys, (float(text), text))]
                elif text in sizes:
                    sizes[text] = size
                else:
                    sizes[text] = size
                    insort(keys, (float(text), text))

    def top(self, levels: int) -> tuple[list[Level], list[Level]]:
        """Best levels of both sides."""
        bids, asks = self.bids, self.asks
        return (
            [(price, float(bids[text])) for price, text in self.bid_keys[: -levels - 1 : -1]],
            [(price, float(asks[text])) for price, text in self.ask_keys[:levels]],
        )
