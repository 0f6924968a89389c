"""What reductions realised, and the account's own settings, by the official SDK."""

import time
from decimal import Decimal
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP
from tests.contract.conftest import markets_running, matching_exchange

SYMBOL = "BTCUSDT"
LINEAR, OTHER = {"category": "linear", "symbol": SYMBOL}, {"category": "linear", "symbol": "ETHUSDT"}
DAY_MS = 24 * 3600 * 1000


# A matching exchange where making costs, too.
exchange = matching_exchange("--symbols", f"{SYMBOL},ETHUSDT,spot.{SYMBOL}", "--fee-tier", "0.0002:0.0005")
running = markets_running("linear", "spot")


def traded(rest: HTTP, side: str, qty: str, symbol: str = SYMBOL) -> list[dict[str, Any]]:
    """A market order and its executions."""
    placed = rest.place_order(category="linear", symbol=symbol, side=side, orderType="Market", qty=qty)["result"]
    deadline = time.monotonic() + 10
    while True:
        rows: list[dict[str, Any]] = rest.get_executions(category="linear", orderId=placed["orderId"])["result"]["list"]
        if sum(Decimal(row["execQty"]) for row in rows) == Decimal(qty):
            return rows
        assert time.monotonic() < deadline


def total(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))


def test_what_a_reduction_realised_is_told_with_the_fees_of_both_ends(rest: HTTP) -> None:
    opened = traded(rest, "Buy", "0.04")
    assert rest.get_closed_pnl(**LINEAR)["result"]["list"] == []
    # A quarter is closed, then the rest with a turn to the other side.
    quarter, turned = traded(rest, "Sell", "0.01"), traded(rest, "Sell", "0.05")
    last, first = rest.get_closed_pnl(**LINEAR)["result"]["list"]
    assert (first["orderId"], last["orderId"]) == (quarter[0]["orderId"], turned[0]["orderId"])
    assert (first["side"], first["closedSize"], first["qty"]) == ("Sell", "0.01", "0.01")
    assert (last["side"], last["closedSize"], last["qty"], last["execType"]) == ("Sell", "0.03", "0.05", "Trade")
    assert int(last["fillCount"]) == len([row for row in turned if Decimal(row["closedSize"])])
    assert (last["leverage"], first["orderType"]) == ("10", "Market")
    assert total([first, last], "cumEntryValue") == total(opened, "execValue")
    assert total([first, last], "openFee") == total(opened, "execFee")
    assert Decimal(first["closeFee"]) == total(quarter, "execFee")
    assert abs(Decimal(last["closeFee"]) - total(turned, "execFee") * 3 / 5) < Decimal("0.01")
    for row in (first, last):
        gross = Decimal(row["cumExitValue"]) - Decimal(row["cumEntryValue"])
        assert Decimal(row["closedPnl"]) == gross - Decimal(row["openFee"]) - Decimal(row["closeFee"])
        size = Decimal(row["closedSize"])
        assert abs(Decimal(row["avgExitPrice"]) * size - Decimal(row["cumExitValue"])) < Decimal("0.00000001")
        assert abs(Decimal(row["avgEntryPrice"]) * size - Decimal(row["cumEntryValue"])) < Decimal("0.00000001")
    # The short that is left is closed at a profit of what it brought less what it costs.
    traded(rest, "Buy", "0.02")
    short = rest.get_closed_pnl(**LINEAR, limit=1)["result"]
    row = short["list"][0]
    assert (row["side"], row["closedSize"]) == ("Buy", "0.02")
    fees = Decimal(row["openFee"]) + Decimal(row["closeFee"])
    assert Decimal(row["closedPnl"]) == Decimal(row["cumEntryValue"]) - Decimal(row["cumExitValue"]) - fees
    assert rest.get_closed_pnl(**LINEAR, cursor=short["nextPageCursor"])["result"]["list"] == [last, first]
    position = rest.get_positions(**LINEAR)["result"]["list"][0]
    assert position["size"] == "0"
    closed = total(rest.get_closed_pnl(**LINEAR)["result"]["list"], "closedPnl")
    assert closed == Decimal(position["cumRealisedPnl"]), "a flat account has realised what its closings say"


def test_closings_have_windows_and_filters_like_the_other_histories(rest: HTTP) -> None:
    traded(rest, "Buy", "0.1", "ETHUSDT")
    traded(rest, "Sell", "0.1", "ETHUSDT")
    now_ms = int(time.time() * 1000)
    assert {row["symbol"] for row in rest.get_closed_pnl(category="linear")["result"]["list"]} >= {"ETHUSDT"}
    assert rest.get_closed_pnl(category="linear", endTime=now_ms - DAY_MS)["result"]["list"] == []
    wrong: tuple[dict[str, Any], ...] = ({"limit": 101}, {"symbol": "NOPE"}, {"category": "spot"}, {"cursor": "x"}, {"startTime": now_ms - 8 * DAY_MS, "endTime": now_ms})  # fmt: skip
    for fields in wrong:
        with pytest.raises(InvalidRequestError, match="10001"):
            rest.get_closed_pnl(**{"category": "linear"} | fields)


def test_the_margin_mode_is_cross_and_stays_so(rest: HTTP) -> None:
    with pytest.raises(InvalidRequestError, match="110026"):
        rest.set_margin_mode(setMarginMode="REGULAR_MARGIN")
    with pytest.raises(InvalidRequestError, match=r"ISOLATED_MARGIN is not offered"):
        rest.set_margin_mode(setMarginMode="ISOLATED_MARGIN")
    with pytest.raises(InvalidRequestError, match="10001"):
        rest.set_margin_mode(setMarginMode="x")
    assert rest.get_account_info()["result"]["marginMode"] == "REGULAR_MARGIN"


def test_what_becomes_of_a_price_beyond_its_limit_may_be_chosen(rest: HTTP) -> None:
    limit = Decimal(rest.get_price_limit(**OTHER)["result"]["buyLmt"])
    order = {"side": "Buy", "orderType": "Limit", "qty": "0.01", "price": str(limit * 2), "timeInForce": "IOC"}
    rest.place_order(**OTHER, **order)
    rest.set_limit_price_action(category="linear", modifyEnable=False)
    settings = rest.get_user_setting_config()["result"]
    assert (settings["lpaPerp"], settings["lpaSpot"]) == (True, False)
    with pytest.raises(InvalidRequestError, match="30208"):
        rest.place_order(**OTHER, **order)
    rest.set_limit_price_action(category="linear", modifyEnable=True)
    rest.set_limit_price_action(category="spot", modifyEnable=True)
    settings = rest.get_user_setting_config()["result"]
    assert (settings["lpaPerp"], settings["lpaSpot"]) == (False, True)
    rest.place_order(**OTHER, **order)
    with pytest.raises(InvalidRequestError, match="modifyEnable"):
        rest.set_limit_price_action(category="linear", modifyEnable="yes")
