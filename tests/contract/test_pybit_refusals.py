"""What the official SDK is refused with: the venue's code and its words, by REST, in batches and on the trade socket."""

import time
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket, WebSocketTrading
from tests.contract.conftest import markets_running, matching_exchange, session
from tests.contract.heard import Heard, Message

Fields = dict[str, Any]
SYMBOL = "BTCUSDT"


# A matching exchange with both markets of one name.
exchange = matching_exchange("--symbols", f"{SYMBOL},spot.{SYMBOL}", "--fee-tier", "mm1")
running = markets_running("linear", "spot")


def resting(rest: HTTP, category: str, **changes: Any) -> Fields:
    """A small bid a tenth below the market, with changes."""
    bid = rest.get_orderbook(category=category, symbol=SYMBOL, limit=1)["result"]["b"][0][0]
    price = str((Decimal(bid) * Decimal("0.9")).quantize(Decimal("0.1")))
    fields = {"category": category, "symbol": SYMBOL, "side": "Buy", "orderType": "Limit", "qty": "0.01"}
    return fields | {"price": price, "timeInForce": "PostOnly"} | changes


class Refusal(NamedTuple):
    """An order that is not taken, and why."""

    category: str
    changes: Fields
    code: int
    words: str


ORDERS = [
    Refusal("linear", {"price": "60000.05"}, 10001, "Price invalid"),
    Refusal("linear", {"qty": "0.0015"}, 10001, "Qty invalid"),
    Refusal("linear", {"qty": "0"}, 10001, "Qty invalid"),
    Refusal("linear", {"qty": "0.001", "price": "4000"}, 110094, "Order does not meet minimum order value 5USDT"),
    Refusal("linear", {"symbol": "NOSUCH"}, 10001, "Not supported symbols"),
    Refusal("linear", {"side": "Hold"}, 10001, "Side invalid"),
    Refusal("linear", {"orderType": "Guess"}, 10001, "OrderType invalid"),
    Refusal("linear", {"reduceOnly": True}, 110017, "current position is zero, cannot fix reduce-only order qty"),
    Refusal("linear", {"orderLinkId": "x" * 46}, 10001, "order link id is longer than 45"),
    Refusal("linear", {"triggerPrice": "1"}, 10001, "triggerPrice"),
    Refusal("inverse", {}, 10001, "Illegal category"),
    Refusal("spot", {"price": "30000.01"}, 170134, "Order price has too many decimals."),
    Refusal("spot", {"qty": "0.0010001"}, 170137, "Order quantity has too many decimals."),
    Refusal("spot", {"qty": "0.00001"}, 170140, "Order value exceeded lower limit."),
    Refusal("spot", {"qty": "80"}, 170131, "Insufficient balance."),
]


@pytest.mark.parametrize("refusal", ORDERS, ids=lambda row: f"{row.category}-{row.code}-{'-'.join(row.changes)}")
def test_an_order_is_refused_in_the_venues_words(rest: HTTP, refusal: Refusal) -> None:
    shown = "linear" if refusal.category == "inverse" else refusal.category
    order = resting(rest, shown) | {"category": refusal.category} | refusal.changes
    with pytest.raises(InvalidRequestError) as refused:
        rest.place_order(**order)
    assert refused.value.status_code == refusal.code
    assert refusal.words in refused.value.message
    if refusal.category != "inverse":
        batch = rest.place_batch_order(category=refusal.category, request=[order])
        assert batch["retCode"] == 0
        item = batch["retExtInfo"]["list"][0]
        assert (item["code"], refusal.words in item["msg"]) == (refusal.code, True), "a batch says it of the item"
        assert batch["result"]["list"][0]["orderId"] == ""


@pytest.mark.parametrize(
    ("category", "duplicate", "gone", "gone_words"),
    [
        ("linear", (110072, "OrderLinkedID is duplicate"), 110001, "order not exists or too late to"),
        ("spot", (170141, "Duplicate clientOrderId"), 170213, "Order does not exist."),
    ],
)
def test_ids_are_used_once_and_gone_orders_are_not_found(
    rest: HTTP, category: str, duplicate: tuple[int, str], gone: int, gone_words: str
) -> None:
    order = resting(rest, category, orderLinkId=f"once-{category}")
    named = {"category": category, "symbol": SYMBOL, "orderLinkId": f"once-{category}"}
    rest.place_order(**order)
    with pytest.raises(InvalidRequestError) as refused:
        rest.place_order(**order)
    assert (refused.value.status_code, duplicate[1] in refused.value.message) == (duplicate[0], True)
    with pytest.raises(InvalidRequestError) as unchanged:
        rest.amend_order(**named, qty=order["qty"])
    same = "The order remains unchanged as the parameters entered match the existing ones."
    assert (unchanged.value.status_code, same in unchanged.value.message) == (10001, True)
    rest.cancel_order(**named)
    deadline = time.monotonic() + 10
    while rest.get_open_orders(**named)["result"]["list"][0]["orderStatus"] != "Cancelled":
        assert time.monotonic() < deadline
    for late, changes in ((rest.cancel_order, {}), (rest.amend_order, {"qty": "0.02"})):
        with pytest.raises(InvalidRequestError) as refused:
            late(**named, **changes)
        assert (refused.value.status_code, gone_words in refused.value.message) == (gone, True)
    items = [{"symbol": SYMBOL, "orderLinkId": f"once-{category}"}, {"symbol": SYMBOL, "orderLinkId": "never"}]
    reply = rest.cancel_batch_order(category=category, request=items)
    assert [row["code"] for row in reply["retExtInfo"]["list"]] == [gone, gone]
    assert [row["orderLinkId"] for row in reply["result"]["list"]] == [f"once-{category}", "never"]
    amended = rest.amend_batch_order(category=category, request=[items[1] | {"qty": "0.02"}])
    assert amended["retExtInfo"]["list"][0]["code"] == gone


def test_settings_that_change_nothing_say_so(rest: HTTP) -> None:
    leverage = rest.get_positions(category="linear", symbol=SYMBOL)["result"]["list"][0]["leverage"]
    with pytest.raises(InvalidRequestError, match=r"leverage not modified.*110043"):
        rest.set_leverage(category="linear", symbol=SYMBOL, buyLeverage=leverage, sellLeverage=leverage)
    with pytest.raises(InvalidRequestError, match="110025"):
        rest.switch_position_mode(category="linear", symbol=SYMBOL, mode=0)


def test_a_key_that_is_wrong_late_or_missing(
    rest: HTTP, exchange: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rest.get_api_key_information()["result"]["readOnly"] == 0
    for wrong, code, words in (
        ({"api_secret": "wrong"}, 10004, "error sign! origin_string["),
        ({"api_key": "wrong"}, 10003, "API key is invalid."),
    ):
        with session(exchange | wrong) as stranger, pytest.raises(InvalidRequestError) as refused:
            stranger.get_account_info()
        assert (refused.value.status_code, words in refused.value.message) == (code, True)
    rest.retry_codes = set()
    for shift_ms in (-6000, 2000):
        with monkeypatch.context() as patch:
            patch.setattr("pybit._helpers.generate_timestamp", partial(int, time.time() * 1000 + shift_ms))
            with pytest.raises(
                InvalidRequestError, match="invalid request, please check your server timestamp"
            ) as late:
                rest.get_wallet_balance(accountType="UNIFIED")
        assert late.value.status_code == 10002
        assert "recv_window[5000]" in late.value.message


def says(words: str, message: Message) -> bool:
    return words in message["retMsg"]


def test_the_trade_socket_says_the_same(rest: HTTP, trading: WebSocketTrading) -> None:
    errors = Heard()
    cases = [row for row in ORDERS if row.category == "linear"]
    for row in cases:
        trading.place_order(Heard(), errors, **(resting(rest, "linear") | row.changes))
        said = errors.first(partial(says, row.words))
        assert (said["retCode"], said["op"], said["data"]) == (row.code, "order.create", {})
    trading.place_order(Heard(), errors, **(resting(rest, "linear") | {"category": "inverse"}))
    assert errors.first(lambda message: message["retCode"] == 10404)["op"] == "order.create"
    acks = Heard()
    good = resting(rest, "linear", orderLinkId="socket-1")
    trading.place_batch_order(acks, errors, category="linear", request=[good, good | {"qty": "0"}])
    ack = acks.first(lambda message: message["op"] == "order.create-batch")
    assert [row["code"] for row in ack["retExtInfo"]["list"]] == [0, 10001]
    named = {"symbol": SYMBOL, "orderLinkId": "socket-1"}
    trading.amend_batch_order(acks, errors, category="linear", request=[named | {"qty": "0.02"}])
    trading.cancel_batch_order(acks, errors, category="linear", request=[named, named | {"orderLinkId": "never"}])
    ack = acks.first(lambda message: message["op"] == "order.cancel-batch")
    assert [row["code"] for row in ack["retExtInfo"]["list"]] == [0, 110001]


def test_every_private_stream_tells_of_one_fill(rest: HTTP, private: WebSocket) -> None:
    names = ("order", "execution", "execution.fast", "execution.fast.linear", "position", "wallet")
    heard = {name: Heard() for name in names}
    private.order_stream(heard["order"])
    private.execution_stream(heard["execution"])
    private.fast_execution_stream(heard["execution.fast"])
    private.fast_execution_stream(heard["execution.fast.linear"], categorised_topic="linear")
    private.position_stream(heard["position"])
    private.wallet_stream(heard["wallet"])
    taking = resting(rest, "linear", orderLinkId="told-everywhere", qty="0.002")
    market = {name: value for name, value in taking.items() if name not in {"price", "timeInForce"}}
    order_id = rest.place_order(**market | {"orderType": "Market"})["result"]["orderId"]
    fill = heard["execution"].item(orderId=order_id)
    for name in ("execution.fast", "execution.fast.linear"):
        fast = heard[name].item(orderId=order_id)
        assert (fast["execId"], fast["execPrice"], fast["isMaker"]) == (fill["execId"], fill["execPrice"], False)
        assert "execFee" not in fast, "the fast stream knows no fee"
        assert heard[name].first()["topic"] == name
    assert heard["order"].item(orderId=order_id, orderStatus="Filled")["orderLinkId"] == "told-everywhere"
    assert heard["position"].item(symbol=SYMBOL)["side"] == "Buy"
    assert heard["wallet"].first()["data"][0]["accountType"] == "UNIFIED"
    # Other tests begin without a position.
    rest.place_order(**market | {"orderType": "Market", "side": "Sell", "reduceOnly": True, "orderLinkId": "closes"})
    heard["order"].item(orderLinkId="closes", orderStatus="Filled")
    assert Decimal(rest.get_positions(category="linear", symbol=SYMBOL)["result"]["list"][0]["size"]) == 0
