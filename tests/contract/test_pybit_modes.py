"""The position mode of an account by the official SDK: kept and told, never traded in."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP
from tests.contract.conftest import markets_running, matching_exchange

SYMBOL = "BTCUSDT"
LINEAR = {"category": "linear", "symbol": SYMBOL}


# A matching exchange with two contracts.
exchange = matching_exchange()
running = markets_running("linear")


def refused(call: Callable[..., Any], **fields: Any) -> tuple[int, str]:
    """Code and words of a refusal."""
    with pytest.raises(InvalidRequestError) as error:
        call(**fields)
    return int(error.value.status_code), error.value.message


def order(rest: HTTP, **changes: Any) -> dict[str, Any]:
    bid = rest.get_orderbook(**LINEAR, limit=1)["result"]["b"][0][0]
    price = str(int(float(bid) * 0.9))
    return LINEAR | {"side": "Buy", "orderType": "Limit", "qty": "0.01", "price": price} | changes


def until_held(rest: HTTP, *, held: bool) -> None:
    deadline = time.monotonic() + 10
    while (float(rest.get_positions(**LINEAR)["result"]["list"][0]["size"]) != 0) != held:
        assert time.monotonic() < deadline


def test_hedge_mode_shows_two_positions_and_refuses_orders(rest: HTTP) -> None:
    assert rest.switch_position_mode(**LINEAR, mode=3)["result"] == {}
    assert refused(rest.switch_position_mode, **LINEAR, mode=3)[0] == 110025
    rows = rest.get_positions(**LINEAR)["result"]["list"]
    assert [(row["positionIdx"], row["size"], row["side"]) for row in rows] == [(1, "0", ""), (2, "0", "")]
    assert rest.get_positions(category="linear", settleCoin="USDT")["result"]["list"] == [], "only open ones by coin"
    one_way = refused(rest.place_order, **order(rest, positionIdx=0))
    assert (one_way[0], "position idx not match position mode" in one_way[1]) == (10001, True)
    hedged = refused(rest.place_order, **order(rest, positionIdx=1))
    assert (hedged[0], "hedge mode" in hedged[1]) == (10001, True)
    other = rest.get_positions(category="linear", symbol="ETHUSDT")["result"]["list"]
    assert [row["positionIdx"] for row in other] == [0], "a mode is a symbol's"
    rest.switch_position_mode(**LINEAR, mode=0)
    first = rest.get_positions(**LINEAR, limit=1)["result"]
    assert [row["positionIdx"] for row in first["list"]] == [0]


def test_what_is_open_holds_the_mode(rest: HTTP) -> None:
    order_id = rest.place_order(**order(rest, timeInForce="PostOnly"))["result"]["orderId"]
    by_coin = {"category": "linear", "coin": "USDT", "mode": 3}
    assert refused(rest.switch_position_mode, **LINEAR, mode=3)[0] == 110028
    assert refused(rest.switch_position_mode, **by_coin)[0] == 110028, "all contracts of a coin, or none"
    rest.cancel_order(**LINEAR, orderId=order_id)
    rest.place_order(**order(rest, orderType="Market"))
    until_held(rest, held=True)
    assert refused(rest.switch_position_mode, **LINEAR, mode=3)[0] == 110024
    assert refused(rest.switch_position_mode, **LINEAR, mode=2)[0] == 10001
    # Other tests begin without a position.
    rest.place_order(**order(rest, orderType="Market", side="Sell", reduceOnly=True))
    until_held(rest, held=False)
