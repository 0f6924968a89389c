"""Demo sizes: the same money in every market, on each market's own grid."""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from typing import Any

import msgspec

from mmbot.app.run_report import plain

ORDER_NOTIONAL = Decimal(500)
MAX_POSITION_ORDERS = 20


def market_section(category: str, item: dict[str, Any], price: str) -> dict[str, Any]:
    """One `markets` entry from an instruments-info item of the category and a price in quote coin."""
    lots = item["lotSizeFilter"]
    # Spot has no qtyStep and states its minimum in quote coin, far below this notional.
    step = Decimal(lots["qtyStep" if category == "linear" else "basePrecision"])
    smallest = Decimal(lots["minOrderQty"]) if category == "linear" else step
    qty = max((ORDER_NOTIONAL / Decimal(price)).quantize(step, rounding=ROUND_DOWN), smallest)
    return {
        "category": category,
        "symbol": item["symbol"],
        "order_qty": plain(qty),
        "max_position": plain(qty * MAX_POSITION_ORDERS),
        "max_order_notional": plain(qty * Decimal(price) * 3),
    }


def opening_bids(lines: Iterable[bytes], markets: set[str]) -> dict[str, str]:
    """The first best bid of each market ("linear.BTCUSDT") in a recording, as wire strings.

    Reads both formats of `mmbot exchange --data`; the one without connections holds one category only.
    """
    bids: dict[str, str] = {}
    categories: dict[str, str] = {}
    for line in lines:
        row = msgspec.json.decode(line)
        if row.get("t") == "connect":
            categories[row["conn"]] = str(row["addr"]).rpartition("/")[2]
        message = msgspec.json.decode(row["data"]) if row.get("t") == "recv" else row.get("msg")
        if isinstance(message, dict) and str(message.get("topic")).startswith("orderbook.") and message["data"]["b"]:
            data = message["data"]
            for category in [categories[row["conn"]]] if "conn" in row else ["linear", "spot"]:
                bids.setdefault(f"{category}.{data['s']}", data["b"][0][0])
        if markets <= bids.keys():
            return bids
    missing = ", ".join(sorted(markets - bids.keys()))
    raise ValueError(f"symbols: the recording has no order book of {missing}; choose among those it has")
