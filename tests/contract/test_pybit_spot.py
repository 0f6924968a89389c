"""The official SDK, unmodified, trades spot against the local exchange beside a contract of the same name."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket
from tests.contract.conftest import listening, running_exchange
from tests.contract.heard import Heard

SPOT = {"category": "spot", "symbol": "BTCUSDT"}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A matching exchange with both markets; at its end the spot coins must be what the record says."""
    folder = tmp_path_factory.mktemp("exchange")
    deposit = json.dumps({"USDT": "100000", "BTC": "1.5"})
    arguments = ("--symbols", "BTCUSDT,spot.BTCUSDT", "--fee-tier", "0.001:0.002", "--deposit", deposit)
    with running_exchange(folder, *arguments, "--record-file", str(folder / "record")) as ready:
        yield ready
    record = json.loads((folder / "record").read_bytes())
    spot, linear = record["markets"]["spot.BTCUSDT"], record["markets"]["linear.BTCUSDT"]
    assert record["refused_happenings"] == 0
    assert Decimal(record["balances"]["BTC"]) == Decimal("1.5") + Decimal(spot["position"])
    assert Decimal(record["balances"]["USDT"]) == 100_000 + Decimal(spot["cash"]) - Decimal(spot["fees"])
    assert Decimal(spot["base_fees"]) > 0, "the buy paid in the coin that it received"
    assert (linear["position"], linear["fills"]) == ("0", 0)
    assert "base_fees" not in linear


@pytest.fixture(autouse=True)
def running(urls: dict[str, str]) -> Iterator[Heard]:
    """The spot book, listened to, so that the market runs."""
    assert urls
    with listening("spot") as socket:
        books = Heard()
        socket.orderbook_stream(50, "BTCUSDT", books)
        books.first()
        yield books


def touch(rest: HTTP) -> tuple[Decimal, Decimal]:
    """The best bid and ask."""
    book = rest.get_orderbook(**SPOT, limit=1)["result"]
    return Decimal(book["b"][0][0]), Decimal(book["a"][0][0])


def code(rest: HTTP, **changes: str) -> int:
    """Why an order at half the market is refused with these changes."""
    price = str((touch(rest)[0] / 2).quantize(Decimal("0.1")))
    fields = {"side": "Buy", "orderType": "Limit", "qty": "0.001", "price": price, "timeInForce": "PostOnly"}
    with pytest.raises(InvalidRequestError) as refused:
        rest.place_order(**SPOT, **(fields | changes))
    return int(refused.value.status_code)


def balance(rest: HTTP, coin: str, field: str) -> Decimal:
    wallet = rest.get_wallet_balance(accountType="UNIFIED", coin=coin)["result"]["list"][0]["coin"][0]
    return Decimal(wallet[field])


def test_the_public_market_is_spot(rest: HTTP, exchange: dict[str, str], running: Heard) -> None:
    info = rest.get_instruments_info(**SPOT)["result"]["list"][0]
    assert info["lotSizeFilter"]["basePrecision"] == "0.000001"
    assert "qtyStep" not in info["lotSizeFilter"]
    assert exchange["ws_public_spot"] == exchange["ws_public_linear"].replace("linear", "spot")
    assert running.first()["data"]["s"] == "BTCUSDT"
    ticker = rest.get_tickers(**SPOT)["result"]["list"][0]
    assert Decimal(ticker["bid1Price"]) < Decimal(ticker["ask1Price"])
    assert "fundingRate" not in ticker
    assert rest.get_fee_rates(**SPOT)["result"]["list"][0]["makerFeeRate"] == "0.001"


def test_a_buy_receives_the_coin_less_its_fee(rest: HTTP, private: WebSocket) -> None:
    orders, executions, wallets = Heard(), Heard(), Heard()
    private.order_stream(orders)
    private.execution_stream(executions)
    private.wallet_stream(wallets)
    before = balance(rest, "BTC", "walletBalance")
    taking = {"side": "Buy", "orderType": "Limit", "qty": "0.002", "price": str(touch(rest)[1] + 50)}
    ack = rest.place_order(**SPOT, **taking, orderLinkId="take-1")["result"]
    assert len(ack["orderId"]) == 19
    fill = executions.item(orderLinkId="take-1")
    assert (fill["category"], fill["feeCurrency"]) == ("spot", "BTC")
    assert Decimal(fill["execFee"]) == Decimal(fill["execQty"]) * Decimal(fill["feeRate"])
    assert orders.item(orderLinkId="take-1", orderStatus="Filled")["feeCurrency"] == "BTC"
    assert {coin["coin"] for coin in wallets.first()["data"][0]["coin"]} == {"BTC", "USDT"}
    assert balance(rest, "BTC", "walletBalance") - before == Decimal("0.002") * Decimal("0.998")
    listed = rest.get_executions(category="spot", orderId=ack["orderId"])["result"]["list"]
    assert sum(Decimal(row["execQty"]) for row in listed) == Decimal("0.002")
    assert rest.get_executions(category="linear", orderId=ack["orderId"])["result"]["list"] == []


def test_an_open_sell_locks_its_coin_until_it_is_cancelled(rest: HTTP) -> None:
    price = str(touch(rest)[1] * 2)
    sell = {"side": "Sell", "orderType": "Limit", "qty": "0.25", "price": price, "timeInForce": "PostOnly"}
    rest.place_order(**SPOT, **sell, orderLinkId="lock-1")
    assert balance(rest, "BTC", "locked") == Decimal("0.25")
    assert [row["orderLinkId"] for row in rest.get_open_orders(category="spot")["result"]["list"]] == ["lock-1"]
    assert rest.get_open_orders(category="linear", symbol="BTCUSDT")["result"]["list"] == []
    assert code(rest, side="Sell", qty="1.4", price=price) == 170131
    rest.amend_order(**SPOT, orderLinkId="lock-1", qty="0.1")
    rest.cancel_all_orders(category="spot")


def test_refusals_carry_the_codes_of_spot(rest: HTTP) -> None:
    assert code(rest, price="30000.01") == 170134
    assert code(rest, qty="0.0010001") == 170137
    assert code(rest, qty="0.00001") == 170140
    assert code(rest, qty="200") == 170131
    with pytest.raises(InvalidRequestError, match="170213"):
        rest.cancel_order(**SPOT, orderLinkId="never-placed")


def test_post_only_that_would_take_is_rejected(rest: HTTP, private: WebSocket) -> None:
    orders = Heard()
    private.order_stream(orders)
    crossing = {"side": "Buy", "orderType": "Limit", "qty": "0.001", "price": str(touch(rest)[1] + 50)}
    assert rest.place_order(**SPOT, **crossing, timeInForce="PostOnly", orderLinkId="cross-1")["retCode"] == 0
    row = orders.item(orderLinkId="cross-1", orderStatus="Rejected")
    assert (row["rejectReason"], Decimal(row["cumExecQty"])) == ("EC_PostOnlyWillTakeLiquidity", Decimal(0))
