"""The screen: a subscriber of facts. At most four pictures a second on a terminal, plain lines elsewhere."""

import sys
import time
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table

from mmbot.app.latency import LatencyHistogram
from mmbot.ports import Fact

_PICTURE_EVERY_S = 0.25
_LINE_EVERY_S = 1.0
_COLUMNS = (
    "market",
    "trust",
    "best bid",
    "best ask",
    "own bid",
    "own ask",
    "position",
    "pnl",
    "spread",
    "fees",
    "inventory",
    "fills",
)


class View:
    """Shows the newest `market_seen` of each market."""

    def __init__(self, latency: LatencyHistogram, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._latency = latency
        self._seen: dict[str, Fact] = {}
        self._fills: dict[str, int] = {}
        self._shown_at = 0.0
        self._live = Live(console=Console(file=self._stream), auto_refresh=False) if self._stream.isatty() else None

    def on_facts(self, facts: list[Fact]) -> None:
        """Takes what happened, and shows it when it is time."""
        for fact in facts:
            if fact["fact"] == "market_seen":
                self._seen[fact["market"]] = fact
            elif fact["fact"] == "fill_booked":
                self._fills[fact["market"]] = self._fills.get(fact["market"], 0) + 1
        now = time.monotonic()
        if self._seen and now - self._shown_at >= (_PICTURE_EVERY_S if self._live else _LINE_EVERY_S):
            self._shown_at = now
            self._show()

    def _show(self) -> None:
        if self._live is None:
            for market in self._seen:
                self._stream.write(
                    "  ".join(f"{name}={cell}" for name, cell in zip(_COLUMNS, self._row(market), strict=True)) + "\n"
                )
            self._stream.flush()
            return
        self._live.start()
        self._live.update(self._table(), refresh=True)

    def _table(self) -> Table:
        p50, p99 = self._latency.quantile(0.5), self._latency.quantile(0.99)
        table = Table(title=f"frame to order: p50 {p50} us, p99 {p99} us")
        for column in _COLUMNS:
            table.add_column(column, justify="right")
        for market in self._seen:
            table.add_row(*self._row(market))
        return table

    def _row(self, market: str) -> list[str]:
        fact = self._seen[market]
        names = (
            "best_bid",
            "best_ask",
            "own_bid",
            "own_ask",
            "position",
            "pnl_total",
            "pnl_spread_capture",
            "pnl_fees",
            "pnl_inventory",
        )
        cells = ["-" if fact[name] is None else str(fact[name]) for name in names]
        return [market, "yes" if fact["trusted"] else "NO", *cells, str(self._fills.get(market, 0))]

    def close(self) -> None:
        """Leaves the last picture standing."""
        if self._live is not None:
            self._live.stop()
