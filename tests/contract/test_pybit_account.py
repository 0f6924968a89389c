"""What a market maker reads beside its orders, by the official SDK: terms of contracts, and every change of every coin."""

import time
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP
from tests.contract.conftest import markets_running, matching_exchange
from tests.contract.test_sim_control import control

SYMBOL = "BTCUSDT"
LINEAR, SPOT = {"category": "linear", "symbol": SYMBOL}, {"category": "spot", "symbol": SYMBOL}
DAY_MS = 24 * 3600 * 1000


# A matching exchange with a contract of each base coin, and spot.
exchange = matching_exchange("--symbols", f"{SYMBOL},ETHUSDT,spot.{SYMBOL}", "--fee-tier", "0.0002:0.0005")
running = markets_running("linear", "spot")


def filled(rest: HTTP, count: int) -> None:
    """Waits until the account has so many trades of both categories."""
    deadline = time.monotonic() + 10
    while sum(len(rest.get_executions(category=name)["result"]["list"]) for name in ("linear", "spot")) < count:
        assert time.monotonic() < deadline


def amount(row: dict[str, Any], name: str) -> Decimal:
    return Decimal(row[name] or "0")


def test_every_change_of_every_coin_adds_up(rest: HTTP, exchange: dict[str, str]) -> None:
    held = rest.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]["coin"]
    start = {coin["coin"]: Decimal(coin["walletBalance"]) for coin in held}
    market = {"side": "Buy", "orderType": "Market", "qty": "0.01"}
    rest.place_order(**LINEAR, **market)
    rest.place_order(**SPOT, **market | {"marketUnit": "baseCoin"})
    filled(rest, 2)
    control(exchange, command="settle_funding", market=SYMBOL, rate="0.0001")
    control(exchange, command="transfer", coin="USDT", amount="12.5")
    control(exchange, command="transfer", coin="BTC", amount="-0.25")
    rest.place_order(**LINEAR, **market | {"side": "Sell", "qty": "0.004"})
    filled(rest, 4)
    pages: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = rest.get_transaction_log(accountType="UNIFIED", limit=3, **({"cursor": cursor} if cursor else {}))[
            "result"
        ]
        pages += page["list"]
        cursor = page["nextPageCursor"]
        if not cursor:
            break
    assert len({row["id"] for row in pages}) == len(pages) >= 5
    for coin in ("USDT", "BTC"):
        rows = [row for row in pages if row["currency"] == coin]
        for row in rows:
            assert amount(row, "change") == amount(row, "cashFlow") + amount(row, "funding") - amount(row, "fee")
        befores = [amount(row, "cashBalance") - amount(row, "change") for row in rows]
        assert befores == [amount(row, "cashBalance") for row in rows[1:]] + [start[coin]], "one row leads to the next"
    moved = [row for row in pages if row["type"].startswith("TRANSFER")]
    shown = ("type", "currency", "change", "side", "symbol")
    assert [[row[name] for name in shown] for row in moved] == [
        ["TRANSFER_OUT", "BTC", "-0.25", "None", ""],
        ["TRANSFER_IN", "USDT", "12.5", "None", ""],
    ]
    assert rest.get_transaction_log(type="TRANSFER_IN")["result"]["list"] == moved[1:]
    with pytest.raises(HTTPError, match="400"):
        control(exchange, command="transfer", coin="USDT", amount="-100000000")
    settled = rest.get_transaction_log(type="SETTLEMENT")["result"]["list"]
    assert [row["category"] for row in settled] == ["linear"]
    assert amount(settled[0], "funding") < 0, "a long pays where the rate is positive"
    assert next(row["size"] for row in pages if row["category"] == "linear" and row["type"] == "TRADE") == "0.006"
    funding = rest.get_executions(category="linear", execType="Funding")["result"]["list"]
    assert amount(settled[0], "funding") == -Decimal(funding[0]["execFee"])


def test_the_log_has_windows_like_the_other_histories(rest: HTTP) -> None:
    now_ms = int(time.time() * 1000)
    assert rest.get_transaction_log(endTime=now_ms - DAY_MS)["result"]["list"] == []
    with pytest.raises(InvalidRequestError, match="10001"):
        rest.get_transaction_log(startTime=now_ms - 8 * DAY_MS, endTime=now_ms)
    with pytest.raises(InvalidRequestError, match="10001"):
        rest.get_transaction_log(limit=51)
    assert rest.get_transaction_log(category="spot", currency="USDT", baseCoin="ETH")["result"]["list"] == []


def test_settled_funding_is_listed(rest: HTTP, exchange: dict[str, str]) -> None:
    control(exchange, command="settle_funding", market="ETHUSDT", rate="-0.0003")
    row = rest.get_funding_rate_history(category="linear", symbol="ETHUSDT")["result"]["list"][0]
    assert (row["symbol"], row["fundingRate"]) == ("ETHUSDT", "-0.0003")
    at_ms = int(row["fundingRateTimestamp"])
    assert abs(at_ms - time.time() * 1000) < 60_000
    query = {"category": "linear", "symbol": "ETHUSDT"}
    assert rest.get_funding_rate_history(**query, endTime=at_ms - 1)["result"]["list"] == []
    assert rest.get_funding_rate_history(**query, startTime=at_ms, endTime=at_ms)["result"]["list"] == [row]
    for wrong in ({"startTime": at_ms}, {"limit": 201}, {"category": "spot"}):
        with pytest.raises(InvalidRequestError, match="10001"):
            rest.get_funding_rate_history(**query | wrong)


def test_risk_tiers_and_fee_groups_are_told(rest: HTTP) -> None:
    tiers = rest.get_risk_limit(category="linear")["result"]["list"]
    assert [row["symbol"] for row in tiers] == [SYMBOL, "ETHUSDT"]
    tier = rest.get_risk_limit(**LINEAR)["result"]["list"][0]
    assert (tier["id"], tier["isLowestRisk"], tier["maintenanceMargin"], tier["initialMargin"]) == (
        1,
        1,
        "0.005",
        "0.01",
    )
    groups = rest.get_fee_group_info(productType="contract")["result"]["list"]
    assert [row["weightingFactor"] for row in groups] == [1, 5, 8, 15, 20]
    major = rest.get_fee_group_info(productType="contract", groupId="1")["result"]["list"][0]
    assert (major["symbols"], major["symbolsNumbers"]) == ([SYMBOL, "ETHUSDT"], 2)
    rebates = {row["level"]: row["makerRebate"] for row in major["feeRates"]["marketMaker"]}
    assert rebates == {"MM 1": "-0.00001", "MM 2": "-0.000025", "MM 3": "-0.00004"}
    with pytest.raises(InvalidRequestError, match="10001"):
        rest.get_fee_group_info(productType="spot")
    assert rest.get_coin_info()["result"]["rows"] == []


def test_an_order_is_weighed_before_it_is_placed(rest: HTTP) -> None:
    bid = Decimal(rest.get_orderbook(**LINEAR, limit=1)["result"]["b"][0][0])
    order = {"side": "Buy", "orderType": "Limit", "price": str((bid * Decimal("0.9")).quantize(Decimal("0.1")))}
    small = rest.pre_check_order(**LINEAR, **order, qty="0.1", orderLinkId="weighed")["result"]
    large = rest.pre_check_order(**LINEAR, **order, qty="1")["result"]
    assert small["orderLinkId"] == "weighed"
    # The mark of what is held may have moved between the two.
    assert abs(small["preImrE4"] - large["preImrE4"]) <= 1
    assert small["preImrE4"] < small["postImrE4"] < large["postImrE4"]
    assert large["preMmrE4"] == large["postMmrE4"], "an order needs no maintenance margin"
    assert rest.get_open_orders(**LINEAR)["result"]["list"] == [], "nothing was placed"
    placed = rest.place_order(**LINEAR, **order, qty="1")["result"]["orderId"]
    deadline = time.monotonic() + 10
    while True:
        now = rest.pre_check_order(**LINEAR, **order, qty="0.001")["result"]["preImrE4"]
        if abs(now - large["postImrE4"]) <= 1:
            break
        assert time.monotonic() < deadline, (now, large)
    rest.cancel_order(**LINEAR, orderId=placed)
    with pytest.raises(InvalidRequestError, match="110007"):
        rest.pre_check_order(**LINEAR, **order, qty="900")
    with pytest.raises(InvalidRequestError, match="170134"):
        rest.pre_check_order(**SPOT | order | {"price": "30000.01"}, qty="0.01")
