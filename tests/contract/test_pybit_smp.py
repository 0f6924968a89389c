"""Self-match prevention by the official SDK: what the incoming order's `smpType` does to it and to the own order that it meets."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket, WebSocketTrading
from tests.contract.conftest import listening, running_exchange
from tests.contract.heard import Heard

Fields = dict[str, Any]
SYMBOL = "BTCUSDT"
STEP = Decimal("0.001")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A matching exchange with both markets of one name, and means enough to sweep either."""
    deposit = json.dumps({"USDT": "5000000", "BTC": "50"})
    arguments = ("--symbols", f"{SYMBOL},spot.{SYMBOL}", "--fee-tier", "mm1", "--deposit", deposit)
    with running_exchange(tmp_path_factory.mktemp("exchange"), *arguments) as ready:
        yield ready


@pytest.fixture(params=["linear", "spot"])
def category(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def orders(urls: dict[str, str], private: WebSocket, category: str) -> Iterator[Heard]:
    """The order stream, while the category's market runs."""
    assert urls
    heard, books = Heard(), Heard()
    private.order_stream(heard)
    with listening(category) as socket:
        socket.orderbook_stream(1, SYMBOL, books)
        books.first()
        yield heard


class Meeting(NamedTuple):
    """Two orders of one account at one price, the sell incoming."""

    maker: Fields
    taker: Fields


def meeting(rest: HTTP, category: str, smp_type: str) -> Meeting:
    """A bid some ticks behind the best, and a sell that takes everything before it and the bid itself."""
    bids = rest.get_orderbook(category=category, symbol=SYMBOL, limit=50)["result"]["b"]
    price = Decimal(bids[0][0]) - Decimal("0.5")
    before = sum((Decimal(size) for level, size in bids if Decimal(level) >= price), Decimal(0))
    both = {"symbol": SYMBOL, "orderType": "Limit", "price": str(price), "timeInForce": "GTC"}
    link = f"{smp_type}-{category}"
    maker = both | {"side": "Buy", "qty": "0.01", "orderLinkId": f"maker-{link}"}
    qty = str((2 * before).quantize(STEP) + 1)
    return Meeting(maker, both | {"side": "Sell", "qty": qty, "orderLinkId": f"taker-{link}", "smpType": smp_type})


def placed(rest: HTTP, category: str, orders: Meeting) -> tuple[str, str]:
    """Both orders in one batch, so that nobody comes between them; their ids."""
    reply = rest.place_batch_order(category=category, request=list(orders))
    assert [row["code"] for row in reply["retExtInfo"]["list"]] == [0, 0]
    maker, taker = (row["orderId"] for row in reply["result"]["list"])
    return maker, taker


def self_matched(row: Fields, counter: str) -> None:
    """The end of an order that met `counter`."""
    assert (row["cancelType"], row["rejectReason"], row["smpOrderId"]) == ("CancelBySmp", "EC_BySelfMatch", counter)
    spot_part = row["category"] == "spot" and Decimal(row["cumExecQty"]) > 0
    assert row["orderStatus"] == ("PartiallyFilledCanceled" if spot_part else "Cancelled")
    assert (Decimal(row["leavesQty"]), row["smpGroup"]) == (Decimal(0), 0)


@pytest.mark.parametrize("smp_type", ["CancelMaker", "CancelTaker", "CancelBoth"])
def test_own_orders_that_meet_do_not_trade(rest: HTTP, orders: Heard, category: str, smp_type: str) -> None:
    maker, taker = placed(rest, category, meeting(rest, category, smp_type))
    if smp_type != "CancelTaker":
        row = orders.item(orderId=maker, cancelType="CancelBySmp")
        self_matched(row, taker)
        assert row["smpType"] == "None", "the resting order's own word is not asked"
    if smp_type != "CancelMaker":
        row = orders.item(orderId=taker, cancelType="CancelBySmp")
        self_matched(row, maker)
        assert row["smpType"] == smp_type
    survivor = {"CancelMaker": taker, "CancelTaker": maker}.get(smp_type)
    if survivor is not None:
        row = rest.get_open_orders(category=category, symbol=SYMBOL, orderId=survivor)["result"]["list"][0]
        assert row["cancelType"] == "UNKNOWN", "it was not the one to end"
        rest.cancel_all_orders(category=category, symbol=SYMBOL)
    fills = rest.get_executions(category=category, orderId=maker)["result"]["list"]
    assert [fill for fill in fills if Decimal(fill["execPrice"]) == 0 or not fill["isMaker"]] == []
    told = {row["orderId"]: row for row in rest.get_order_history(category=category)["result"]["list"]}
    ended = maker if smp_type == "CancelMaker" else taker
    assert told[ended]["cancelType"] == "CancelBySmp"


def test_without_a_word_own_orders_trade_with_each_other(rest: HTTP, orders: Heard, category: str) -> None:
    maker, taker = placed(rest, category, meeting(rest, category, "None"))
    bought = orders.item(orderId=maker, orderStatus="Filled")
    assert (bought["smpType"], bought["smpOrderId"], bought["cancelType"]) == ("None", "", "UNKNOWN")
    rest.cancel_all_orders(category=category, symbol=SYMBOL)
    fills = rest.get_executions(category=category, orderId=maker)["result"]["list"]
    assert (sum(Decimal(fill["execQty"]) for fill in fills), {fill["isMaker"] for fill in fills}) == (
        Decimal("0.01"),
        {True},
    )
    prices = {
        fill["execPrice"] for fill in rest.get_executions(category=category, orderId=taker, limit=100)["result"]["list"]
    }
    assert fills[0]["execPrice"] in prices, "the other half of the trade"


@pytest.mark.usefixtures("orders")
def test_a_word_that_is_none_of_them_is_refused(rest: HTTP, trading: WebSocketTrading, category: str) -> None:
    order = {"category": category} | meeting(rest, category, "CancelAll").taker
    words = "smpType CancelAll is none of None, CancelMaker, CancelTaker, CancelBoth"
    with pytest.raises(InvalidRequestError, match=words) as refused:
        rest.place_order(**order)
    assert refused.value.status_code == 10001
    errors = Heard()
    trading.place_order(Heard(), errors, **order)
    assert (errors.first()["retCode"], words in errors.first()["retMsg"]) == (10001, True)
