"""What a run amounts to: a view of facts, written at the end."""

from decimal import Decimal
from typing import Any

from mmbot.ports import Fact

_PNL_TERMS = ("total", "spread_capture", "fees", "inventory", "funding")
# A market that flaps all day must not grow the report without bound.
_MAX_INTERVALS = 100_000


class RunReport:
    """Counts and sums of one run, from facts alone."""

    def __init__(self) -> None:
        self.orders_sent = 0
        self.fills = 0
        self.stop_ns: int | None = None
        self.clean: bool | None = None
        self.open_orders_left: int | None = None
        self.markets: dict[str, Fact] = {}
        self._trusted_since: dict[str, int] = {}
        self._trusted: dict[str, list[tuple[int, int]]] = {}

    def on_facts(self, facts: list[Fact]) -> None:
        """Takes what happened."""
        for fact in facts:
            match fact["fact"]:
                case "order_moved" if fact["from"] == fact["to"] == "pending_new":
                    self.orders_sent += 1
                case "fill_booked":
                    self.fills += 1
                case "market_seen":
                    self.markets[fact["market"]] = fact
                case "trust_gained":
                    self._trusted_since[fact["market"]] = fact["ts_ns"]
                case "trust_lost":
                    self._end_trust(fact["market"], fact["ts_ns"])
                case "stop_begun":
                    self.stop_ns = fact["ts_ns"]
                case "stopped":
                    self.clean = fact["clean"]
                    self.open_orders_left = fact["open_orders"]
                    for market in list(self._trusted_since):
                        self._end_trust(market, fact["ts_ns"])

    def _end_trust(self, market: str, end_ns: int) -> None:
        since_ns = self._trusted_since.pop(market, None)
        intervals = self._trusted.setdefault(market, [])
        if since_ns is not None and len(intervals) < _MAX_INTERVALS:
            intervals.append((since_ns, end_ns))

    def trusted(self) -> dict[str, list[tuple[int, int]]]:
        """Per market: the intervals in which its book was trusted, in ns."""
        return self._trusted

    def pnl(self) -> dict[str, str]:
        """Each term summed over the markets, exact."""
        sums = {
            term: sum((Decimal(fact[f"pnl_{term}"]) for fact in self.markets.values()), Decimal(0))
            for term in _PNL_TERMS
        }
        return {term: plain(value) for term, value in sums.items()}

    def summary(self) -> dict[str, Any]:
        """What this report knows by itself."""
        return {
            "orders_sent": self.orders_sent,
            "fills": self.fills,
            "open_orders_left": self.open_orders_left,
            "clean": self.clean,
            "stop_ns": self.stop_ns,
            "pnl": self.pnl(),
        }


def plain(value: Decimal) -> str:
    """The shortest exact decimal without an exponent."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
