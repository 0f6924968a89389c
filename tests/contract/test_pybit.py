"""The official SDK, unmodified, does against the local exchange what the bot does against Bybit."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket, WebSocketTrading
from tests.contract.conftest import session
from tests.contract.heard import Heard

Message = dict[str, Any]
SYMBOL = "BTCUSDT"
FAR = Decimal("0.9")


def top(rest: HTTP) -> tuple[Decimal, Decimal]:
    """Best bid and best ask."""
    book = rest.get_orderbook(category="linear", symbol=SYMBOL, limit=1)["result"]
    return Decimal(book["b"][0][0]), Decimal(book["a"][0][0])


def far_price(rest: HTTP) -> str:
    """A bid that nobody reaches."""
    return str((top(rest)[0] * FAR).quantize(Decimal("0.1")))


def order(rest: HTTP, price: str, link: str, qty: str = "0.01", side: str = "Buy") -> Message:
    """A post-only limit order's fields."""
    assert rest
    return {
        "symbol": SYMBOL,
        "side": side,
        "orderType": "Limit",
        "qty": qty,
        "price": price,
        "timeInForce": "PostOnly",
        "orderLinkId": link,
    }


def open_links(rest: HTTP) -> set[str]:
    rows = rest.get_open_orders(category="linear", symbol=SYMBOL, limit=50)["result"]["list"]
    return {row["orderLinkId"] for row in rows}


def until(claim: Callable[[], bool], what: str, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not claim():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_the_instrument_states_every_rule_that_orders_are_checked_by(rest: HTTP) -> None:
    row = rest.get_instruments_info(category="linear", symbol=SYMBOL)["result"]["list"][0]
    assert Decimal(row["priceFilter"]["tickSize"]) == Decimal("0.1")
    assert {"qtyStep", "minOrderQty", "maxOrderQty", "minNotionalValue"} <= set(row["lotSizeFilter"])
    with pytest.raises(InvalidRequestError, match="10001"):
        rest.place_order(category="linear", **order(rest, "60000.05", "off-grid"))


def test_fees_are_those_of_the_tier(rest: HTTP) -> None:
    row = rest.get_fee_rates(category="linear", symbol=SYMBOL)["result"]["list"][0]
    assert (row["makerFeeRate"], row["takerFeeRate"]) == ("-0.00001", "0.00015")


def test_the_sdk_keeps_a_book_from_the_stream(public: WebSocket) -> None:
    heard = Heard()
    public.orderbook_stream(50, SYMBOL, heard)
    first = heard.first()["ts"]
    later = heard.first(lambda message: message["ts"] > first + 1000)
    # Callbacks share one book that the reader goes on changing.
    public.exit()
    book = later["data"]
    assert book["s"] == SYMBOL
    assert len(book["b"]) == len(book["a"]) == 50, (
        "levels that leave the window must be deleted, or the SDK's book grows"
    )
    assert max(Decimal(price) for price, _ in book["b"]) < min(Decimal(price) for price, _ in book["a"])


def test_an_order_lives_over_rest(rest: HTTP, public: WebSocket) -> None:
    public.trade_stream(SYMBOL, Heard())
    price = far_price(rest)
    placed = rest.place_order(category="linear", **order(rest, price, "rest-1"))["result"]
    assert placed["orderLinkId"] == "rest-1"
    row = rest.get_open_orders(category="linear", symbol=SYMBOL, orderLinkId="rest-1")["result"]["list"][0]
    assert (row["orderId"], row["orderStatus"], row["leavesQty"]) == (placed["orderId"], "New", "0.01")
    with pytest.raises(InvalidRequestError, match="110072"):
        rest.place_order(category="linear", **order(rest, price, "rest-1"))
    rest.amend_order(category="linear", symbol=SYMBOL, orderLinkId="rest-1", qty="0.02")
    until(
        lambda: (
            rest.get_open_orders(category="linear", symbol=SYMBOL, orderLinkId="rest-1")["result"]["list"][0]["qty"]
            == "0.02"
        ),
        "amend",
    )
    rest.cancel_order(category="linear", symbol=SYMBOL, orderId=placed["orderId"])
    until(lambda: "rest-1" not in open_links(rest), "a cancelled order must leave the open list")
    gone = rest.get_order_history(category="linear", orderId=placed["orderId"])["result"]["list"][0]
    assert (gone["orderStatus"], gone["cancelType"], gone["leavesQty"]) == ("Cancelled", "CancelByUser", "0")
    with pytest.raises(InvalidRequestError, match="110001"):
        rest.cancel_order(category="linear", symbol=SYMBOL, orderId=placed["orderId"])


def test_batches_and_cancel_all(rest: HTTP) -> None:
    price = far_price(rest)
    good, bad = order(rest, price, "batch-1"), order(rest, "60000.05", "batch-bad")
    reply = rest.place_batch_order(category="linear", request=[good, bad, order(rest, price, "batch-2")])
    assert [row["code"] for row in reply["retExtInfo"]["list"]] == [0, 10001, 0], "each item fails for itself"
    assert reply["result"]["list"][1]["orderId"] == ""
    until(lambda: {"batch-1", "batch-2"} <= open_links(rest), "batch place")
    amends = [{"symbol": SYMBOL, "orderLinkId": f"batch-{n}", "qty": "0.03"} for n in (1, 2)]
    assert rest.amend_batch_order(category="linear", request=amends)["retCode"] == 0
    rest.cancel_batch_order(category="linear", request=[{"symbol": SYMBOL, "orderLinkId": "batch-1"}])
    until(lambda: "batch-1" not in open_links(rest), "batch cancel")
    assert "batch-2" in open_links(rest)
    swept = rest.cancel_all_orders(category="linear", settleCoin="USDT")["result"]
    assert "batch-2" in {row["orderLinkId"] for row in swept["list"]}
    until(lambda: not open_links(rest), "cancel-all must leave nothing open")


def test_open_orders_come_in_pages(rest: HTTP) -> None:
    price = far_price(rest)
    rest.place_batch_order(category="linear", request=[order(rest, price, f"page-{n}") for n in range(5)])
    seen, cursor = [], ""
    for _ in range(3):
        page = rest.get_open_orders(category="linear", symbol=SYMBOL, limit=2, cursor=cursor)["result"]
        seen += [row["orderLinkId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
    assert (seen, cursor) == ([f"page-{n}" for n in (4, 3, 2, 1, 0)], "")
    rest.cancel_all_orders(category="linear", symbol=SYMBOL)


def test_a_fill_reaches_every_private_stream(rest: HTTP, private: WebSocket, public: WebSocket) -> None:
    public.ticker_stream(SYMBOL, Heard())
    orders, executions, positions, wallets = Heard(), Heard(), Heard(), Heard()
    private.order_stream(orders)
    private.execution_stream(executions)
    private.position_stream(positions)
    private.wallet_stream(wallets)
    before = Decimal(rest.get_positions(category="linear", symbol=SYMBOL)["result"]["list"][0]["size"] or "0")
    ask = str(top(rest)[1] + 50)
    taking = order(rest, ask, "fill-1", qty="0.002") | {"timeInForce": "GTC"}
    order_id = rest.place_order(category="linear", **taking)["result"]["orderId"]
    fill = executions.item(orderLinkId="fill-1")
    assert (fill["orderId"], fill["execType"], fill["isMaker"]) == (order_id, "Trade", False)
    assert Decimal(fill["execFee"]) == Decimal(fill["execValue"]) * Decimal(fill["feeRate"]), (
        "a fee is value times rate, exactly"
    )
    done = orders.item(orderLinkId="fill-1", orderStatus="Filled")
    assert (done["leavesQty"], done["cumExecQty"]) == ("0", "0.002")
    assert positions.item(symbol=SYMBOL)["entryPrice"] not in {"", "0"}
    assert wallets.first()["data"][0]["coin"][0]["coin"] == "USDT"
    listed = rest.get_executions(category="linear", orderId=order_id)["result"]["list"]
    assert sum(Decimal(row["execQty"]) for row in listed) == Decimal("0.002")
    position = rest.get_positions(category="linear", symbol=SYMBOL)["result"]["list"][0]
    assert (position["side"], Decimal(position["size"]) - before) == ("Buy", Decimal("0.002"))
    wallet = rest.get_wallet_balance(accountType="UNIFIED", coin="USDT")["result"]["list"][0]["coin"][0]
    assert Decimal(wallet["walletBalance"]) < 100_000, "a taker's fee leaves the wallet"


def test_post_only_that_would_take_is_acknowledged_and_then_cancelled(rest: HTTP, private: WebSocket) -> None:
    orders = Heard()
    private.order_stream(orders)
    crossing = str(top(rest)[1] + 50)
    assert rest.place_order(category="linear", **order(rest, crossing, "cross-1"))["retCode"] == 0
    ended = orders.item(orderLinkId="cross-1", orderStatus="Cancelled")
    assert (ended["rejectReason"], ended["cumExecQty"]) == ("EC_PostOnlyWillTakeLiquidity", "0")


def test_the_trade_socket_places_amends_and_cancels(rest: HTTP, private: WebSocket, trading: WebSocketTrading) -> None:
    orders, acks, errors = Heard(), Heard(), Heard()
    private.order_stream(orders)
    price = far_price(rest)
    trading.place_order(acks, category="linear", error_callback=errors, **order(rest, price, "trade-1"))
    ack = acks.first(lambda message: message["op"] == "order.create")
    assert ack["data"]["orderLinkId"] == "trade-1"
    assert {"X-Bapi-Limit", "X-Bapi-Limit-Status", "X-Bapi-Limit-Reset-Timestamp", "Timenow"} <= set(ack["header"])
    orders.item(orderLinkId="trade-1", orderStatus="New")
    trading.amend_order(acks, category="linear", symbol=SYMBOL, orderLinkId="trade-1", qty="0.05")
    orders.item(orderLinkId="trade-1", qty="0.05")
    trading.cancel_order(acks, category="linear", symbol=SYMBOL, orderLinkId="trade-1")
    assert orders.item(orderLinkId="trade-1", orderStatus="Cancelled")["cancelType"] == "CancelByUser"
    batch = [order(rest, price, f"trade-batch-{n}") for n in range(3)]
    trading.place_batch_order(acks, category="linear", request=batch)
    reply = acks.first(lambda message: message["op"] == "order.create-batch")
    assert [row["code"] for row in reply["retExtInfo"]["list"]] == [0, 0, 0]
    trading.cancel_order(acks, errors, category="linear", symbol=SYMBOL, orderLinkId="never-placed")
    assert errors.first(lambda message: message["retCode"] != 0)["retCode"] == 110001
    rest.cancel_all_orders(category="linear", symbol=SYMBOL)


def test_a_wrong_secret_is_told_what_was_signed(exchange: dict[str, str]) -> None:
    wrong = exchange | {"api_secret": "wrong"}
    with session(wrong) as rest, pytest.raises(InvalidRequestError, match=r"error sign! origin_string.*10004"):
        rest.get_account_info()


def test_a_stale_timestamp_is_refused(rest: HTTP, monkeypatch: pytest.MonkeyPatch) -> None:
    rest.retry_codes = set()
    late = int(time.time() * 1000) - 60_000
    monkeypatch.setattr("pybit._helpers.generate_timestamp", lambda: late)
    with pytest.raises(InvalidRequestError, match=r"recv_window\[5000\].*10002"):
        rest.get_account_info()
