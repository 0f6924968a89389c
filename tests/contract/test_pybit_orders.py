"""Orders that do not simply rest, by the official SDK: at once or not at all, at any price, only to reduce."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket
from tests.contract.conftest import books_heard, matching_exchange
from tests.contract.heard import Heard

SYMBOL = "BTCUSDT"


# A matching exchange with both markets of one name.
exchange = matching_exchange("--symbols", f"{SYMBOL},spot.{SYMBOL}", "--fee-tier", "mm1")


@pytest.fixture(params=["linear", "spot"])
def category(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def running(urls: dict[str, str], category: str) -> Iterator[None]:
    """The category's book, listened to, so that the market runs."""
    assert urls
    with books_heard(category):
        yield


@pytest.fixture
def orders(private: WebSocket) -> Heard:
    heard = Heard()
    private.order_stream(heard)
    return heard


def touch(rest: HTTP, category: str) -> tuple[Decimal, Decimal]:
    """The best bid and ask."""
    book = rest.get_orderbook(category=category, symbol=SYMBOL, limit=1)["result"]
    return Decimal(book["b"][0][0]), Decimal(book["a"][0][0])


def buy(rest: HTTP, category: str, link: str, **fields: Any) -> str:
    """Places a small buy and gives the venue's id of it."""
    order = {"category": category, "symbol": SYMBOL, "side": "Buy", "orderType": "Limit", "qty": "0.002"}
    order_id: str = rest.place_order(**order | {"orderLinkId": f"{link}-{category}"} | fields)["result"]["orderId"]
    return order_id


def test_what_cannot_fill_at_once_ends(rest: HTTP, orders: Heard, category: str) -> None:
    far = str((touch(rest, category)[0] * Decimal("0.95")).quantize(Decimal("0.1")))
    for force, reason in (("IOC", "EC_NoImmediateQtyToFill"), ("FOK", "EC_NoEnoughQtyToFill")):
        order_id = buy(rest, category, force, price=far, timeInForce=force)
        ended = orders.item(orderId=order_id, orderStatus="Cancelled")
        assert (ended["timeInForce"], ended["rejectReason"], Decimal(ended["cumExecQty"])) == (
            force,
            reason,
            Decimal(0),
        )
        assert (ended["cancelType"], Decimal(ended["leavesQty"])) == ("UNKNOWN", Decimal(0))


def test_what_can_fill_at_once_does(rest: HTTP, orders: Heard, category: str) -> None:
    for force in ("IOC", "FOK"):
        price = str((touch(rest, category)[1] * Decimal("1.001")).quantize(Decimal("0.1")))
        order_id = buy(rest, category, f"{force}-fills", price=price, timeInForce=force)
        filled = orders.item(orderId=order_id, orderStatus="Filled")
        assert Decimal(filled["cumExecQty"]) == Decimal("0.002")
        assert Decimal(filled["avgPrice"]) <= Decimal(price)


def test_a_market_order_takes_what_is_there(rest: HTTP, orders: Heard, category: str) -> None:
    units = {"marketUnit": "baseCoin"} if category == "spot" else {}
    order_id = buy(rest, category, "market", orderType="Market", **units)
    done = orders.item(orderId=order_id, orderStatus="Filled")
    assert (done["orderType"], done["timeInForce"], Decimal(done["cumExecQty"])) == ("Market", "IOC", Decimal("0.002"))
    listed = rest.get_order_history(category=category, orderId=order_id)["result"]["list"][0]
    assert (listed["orderType"], listed["orderStatus"]) == ("Market", "Filled")


def test_an_order_that_only_reduces_closes_and_no_more(rest: HTTP, orders: Heard, category: str) -> None:
    sell = {"side": "Sell", "orderType": "Market", "reduceOnly": True, "qty": "0.5"}
    if category == "spot":
        with pytest.raises(InvalidRequestError, match="10001"):
            buy(rest, category, "reduce", **sell)
        return
    buy(rest, category, "opens", orderType="Market")
    orders.item(orderLinkId="opens-linear", orderStatus="Filled")
    held = Decimal(rest.get_positions(category=category, symbol=SYMBOL)["result"]["list"][0]["size"])
    assert held > 0
    with pytest.raises(InvalidRequestError, match="110017"):
        buy(rest, category, "wrong-side", **sell | {"side": "Buy"})
    buy(rest, category, "closes", **sell)
    closed = orders.item(orderLinkId="closes-linear", orderStatus="Filled")
    assert (Decimal(closed["cumExecQty"]), closed["reduceOnly"]) == (held, True)
    assert Decimal(rest.get_positions(category=category, symbol=SYMBOL)["result"]["list"][0]["size"]) == 0
    with pytest.raises(InvalidRequestError, match="current position is zero, cannot fix reduce-only order qty"):
        buy(rest, category, "nothing-left", **sell)
