"""Demo sizes: the same money in every market, on each market's own grid."""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from typing import Any

import msgspec

from mmbot.app.run_report import plain

ORDER_NOTIONAL = Decimal(500)
MAX_POSITION_ORDERS = 20


def market_section(item: dict[str, Any], price: str) -> dict[str, Any]:
    """One `markets` entry from an instruments-info item and a price in quote coin."""
    lots = item["lotSizeFilter"]
    step, smallest = Decimal(lots["qtyStep"]), Decimal(lots["minOrderQty"])
    qty = max((ORDER_NOTIONAL / Decimal(price)).quantize(step, rounding=ROUND_DOWN), smallest)
    return {
        "category": "linear",
        "symbol": item["symbol"],
        "order_qty": plain(qty),
        "max_position": plain(qty * MAX_POSITION_ORDERS),
        "max_order_notional": plain(qty * Decimal(price) * 3),
    }


def opening_bids(lines: Iterable[bytes], symbols: set[str]) -> dict[str, str]:
    """The first best bid of each linear symbol in a recording (both formats of `mmbot exchange --data`), as wire strings."""
    bids: dict[str, str] = {}
    linear_conns: set[str] = set()
    for line in lines:
        row = msgspec.json.decode(line)
        if row.get("t") == "connect" and str(row.get("addr")).endswith("/linear"):
            linear_conns.add(row["conn"])
        foreign = "conn" in row and row["conn"] not in linear_conns
        message = msgspec.json.decode(row["data"]) if row.get("t") == "recv" and not foreign else row.get("msg")
        if (
            not isinstance(message, dict)
            or not str(message.get("topic")).startswith("orderbook.")
            or not message["data"]["b"]
        ):
            continue
        bids.setdefault(message["data"]["s"], message["data"]["b"][0][0])
        if symbols <= bids.keys():
            return bids
    missing = ", ".join(sorted(symbols - bids.keys()))
    raise ValueError(f"symbols: the recording has no linear order book of {missing}; choose among those it has")
