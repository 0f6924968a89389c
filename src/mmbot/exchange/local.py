"""The local exchange inside your own program: no sockets, no wall clock, time moves when you say so."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from mmbot._native import Exchange

_START_NS = 1_767_225_600_000_000_000
_NS_PER_S = 1_000_000_000


class Refused(Exception):  # noqa: N818 - what the venue says, not what the program did wrong
    """The exchange said no: `code` and `message` as Bybit V5 has them."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class LocalExchange:
    """One account at a matching exchange with seeded background traders, from 2026-01-01 00:00 UTC.

    Markets are named "linear.BTCUSDT", "linear.ETHUSDT", "spot.BTCUSDT"; prices and sizes are exact decimal strings; rows are those of
    the V5 answers. An order reaches the book 2 ms after it was accepted. The same seed and calls give the same results.
    ValueError names a setting, market or figure that is none.
    """

    def __init__(
        self,
        markets: Sequence[str] = ("linear.BTCUSDT",),
        *,
        seed: int = 1,
        takers: int | None = None,
        fee_tier: str = "vip0",
        deposit: str = "100000",
    ) -> None:
        settings = {
            "symbols": list(markets),
            "seed": seed,
            "takers": takers,
            "fee_tier": fee_tier,
            "deposit": deposit,
        }
        self._native = Exchange(msgspec.json.encode(settings))
        self.now_ns = _START_NS
        self._listen(markets)

    def _listen(self, markets: Sequence[str]) -> None:
        """Markets come alive with the first subscription."""
        self._sockets: dict[int, str] = {}
        for category in sorted({market.partition(".")[0] for market in markets}):
            conn = self._native.open(f"/v5/public/{category}")
            self._sockets[conn] = category
            topics = [f"orderbook.50.{market.partition('.')[2]}" for market in markets if market.startswith(category)]
            self._native.frame(self.now_ns, conn, msgspec.json.encode({"op": "subscribe", "args": topics}))

    def advance(self, seconds: float) -> list[tuple[str, bytes]]:
        """Lets time pass; returns the order book frames of that time as (category, frame), for `L2Book.apply_frame`.

        ValueError for a negative time.
        """
        if seconds < 0:
            raise ValueError(f"seconds {seconds} is negative; time never runs back")
        self.now_ns += round(seconds * _NS_PER_S)
        self._native.advance(self.now_ns)
        outgoing = self._native.take_outgoing()
        return [(self._sockets[conn], data) for conn, _, data in outgoing if b'"topic":' in data]

    def place(
        self,
        market: str,
        side: str,
        price: str,
        qty: str,
        *,
        time_in_force: str = "PostOnly",
        client_order_id: str = "",
    ) -> str:
        """Sends a limit order, "Buy" or "Sell"; its order id. `Refused` with the venue's code."""
        order = {"side": side, "orderType": "Limit", "price": price, "qty": qty, "timeInForce": time_in_force}
        if client_order_id:
            order["orderLinkId"] = client_order_id
        return str(self._order("create", market, order)["orderId"])

    def amend(self, market: str, order_id: str, *, price: str | None = None, qty: str | None = None) -> None:
        """Sends a new price, total size, or both. `Refused` with the venue's code."""
        changed = {name: value for name, value in (("price", price), ("qty", qty)) if value is not None}
        self._order("amend", market, {"orderId": order_id, **changed})

    def cancel(self, market: str, order_id: str) -> None:
        """Sends a cancel. `Refused` with the venue's code."""
        self._order("cancel", market, {"orderId": order_id})

    def take(self, market: str, side: str, limit_price: str, qty: str) -> None:
        """Your own flow: a stranger takes up to this size at this price or better, at once; others' size first at each level."""
        self._native.take(self.now_ns, market, side, limit_price, qty)

    def book(self, market: str, levels: int = 5) -> tuple[list[list[str]], list[list[str]]]:
        """Bids and asks as [price, size], best first."""
        result = self.ask("/v5/market/orderbook", **_named(market), limit=str(levels))
        return result["b"], result["a"]

    def open_orders(self, market: str) -> list[dict[str, Any]]:
        """Orders that may still fill."""
        return self._rows("/v5/order/realtime", market)

    def executions(self, market: str) -> list[dict[str, Any]]:
        """Fills, newest first."""
        return self._rows("/v5/execution/list", market)

    def position(self, market: str) -> str:
        """Signed size of a contract position."""
        row = self._rows("/v5/position/list", market)[0]
        return f"-{row['size']}" if row["side"] == "Sell" else str(row["size"])

    def wallet(self) -> dict[str, str]:
        """Wallet balance by coin."""
        account = self.ask("/v5/account/wallet-balance", accountType="UNIFIED")["list"][0]
        return {row["coin"]: row["walletBalance"] for row in account["coin"]}

    def ask(self, path: str, **query: str) -> dict[str, Any]:
        """Any other GET route of the V5 door: its `result`. `Refused` with the venue's code."""
        return self._call("GET", path, urlencode(query), b"")

    def record(self) -> dict[str, Any]:
        """What the exchange itself says of every market: positions, cash, fees, fills by reason."""
        record: dict[str, Any] = msgspec.json.decode(self._native.record(self.now_ns))
        return record

    def _order(self, verb: str, market: str, order: Mapping[str, str]) -> dict[str, Any]:
        return self._call("POST", f"/v5/order/{verb}", "", msgspec.json.encode({**_named(market), **order}))

    def _rows(self, path: str, market: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask(path, **_named(market))["list"]
        return rows

    def _call(self, method: str, path: str, query: str, body: bytes) -> dict[str, Any]:
        account = Exchange.ACCOUNT if Exchange.is_signed(method, path) else None
        _, _, answer = self._native.http(self.now_ns, account, method, path, query, body)
        told = msgspec.json.decode(answer)
        if told["retCode"] != 0:
            raise Refused(told["retCode"], told["retMsg"])
        result: dict[str, Any] = told["result"]
        return result


def _named(market: str) -> dict[str, str]:
    category, _, symbol = market.partition(".")
    return {"category": category, "symbol": symbol}
