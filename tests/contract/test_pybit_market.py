"""Every public query and stream that the official SDK can ask of both categories."""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket
from tests.contract.conftest import listening, matching_exchange
from tests.contract.heard import Heard

SYMBOL = "BTCUSDT"
CATEGORIES = ("linear", "spot")
INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")
MINUTE_MS = 60_000


# A matching exchange with both markets of one name.
exchange = matching_exchange("--symbols", f"{SYMBOL},spot.{SYMBOL}", "--fee-tier", "mm1")


@pytest.fixture(params=CATEGORIES)
def category(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def market(urls: dict[str, str], category: str) -> Iterator[WebSocket]:
    """The SDK's public socket of the category, which has traded."""
    assert urls
    with listening(category) as socket:
        trades = Heard()
        socket.trade_stream(SYMBOL, trades)
        trades.first()
        yield socket


def prices(levels: list[list[str]]) -> list[Decimal]:
    return [Decimal(price) for price, _ in levels]


def test_every_depth_of_the_book_is_a_stream(market: WebSocket, rest: HTTP, category: str) -> None:
    depths: dict[int, Heard] = {depth: Heard() for depth in (1, 50, 200, 1000)}
    for depth, heard in depths.items():
        market.orderbook_stream(depth, SYMBOL, heard)
    for depth, heard in depths.items():
        book = heard.first()["data"]
        assert book["s"] == SYMBOL
        bids, asks = prices(book["b"]), prices(book["a"])
        # The SDK appends what is inserted: sorted here, as its users do.
        assert max(bids) < min(asks)
        assert min(len(bids), len(asks)) == depth or depth == 1000
    assert len(depths[1000].first()["data"]["b"]) > 200
    for limit in (1, 50, 1000):
        listed = rest.get_orderbook(category=category, symbol=SYMBOL, limit=limit)["result"]
        bids, asks = prices(listed["b"]), prices(listed["a"])
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert len(bids) == limit or limit == 1000


def test_trades_of_the_stream_are_those_of_the_query(market: WebSocket, rest: HTTP, category: str) -> None:
    trades = Heard()
    with listening(category) as other:
        other.trade_stream(SYMBOL, trades)
        told = trades.first()["data"][-1]
    assert market
    listed = rest.get_public_trade_history(category=category, symbol=SYMBOL, limit=60)["result"]["list"]
    row = next(row for row in listed if row["execId"] == told["i"])
    assert (row["price"], row["size"], row["side"], row["time"]) == (told["p"], told["v"], told["S"], str(told["T"]))
    assert ("L" in told) == (category == "linear"), "only contracts tell the tick direction"


def test_the_ticker_shows_book_and_day(market: WebSocket, rest: HTTP, category: str) -> None:
    tickers = Heard()
    market.ticker_stream(SYMBOL, tickers)
    ticker = tickers.first(lambda message: message["data"].get("lastPrice"))["data"]
    listed = rest.get_tickers(category=category, symbol=SYMBOL)["result"]["list"][0]
    assert Decimal(listed["bid1Price"]) < Decimal(listed["ask1Price"])
    assert Decimal(listed["lowPrice24h"]) <= Decimal(listed["lastPrice"]) <= Decimal(listed["highPrice24h"])
    assert Decimal(listed["volume24h"]) > 0
    assert ("bid1Price" in ticker) == (category == "linear"), "spot's ticker topic has no book fields"
    assert ("markPrice" in listed) == (category == "linear")
    if category == "linear":
        assert ticker["tickDirection"].endswith("Tick")


def test_every_kline_interval_is_a_stream_and_a_query(market: WebSocket, rest: HTTP, category: str) -> None:
    streams = {interval: Heard() for interval in INTERVALS}
    for interval, heard in streams.items():
        market.kline_stream(interval, SYMBOL, heard)
    for interval, heard in streams.items():
        candle = heard.first()["data"][0]
        assert candle["interval"] == interval
        assert candle["start"] <= candle["timestamp"] <= candle["end"] + 1000
        assert Decimal(candle["low"]) <= Decimal(candle["close"]) <= Decimal(candle["high"])
        rows = rest.get_kline(category=category, symbol=SYMBOL, interval=interval)["result"]["list"]
        starts = [int(row[0]) for row in rows]
        assert candle["start"] in starts
        assert starts == sorted(starts, reverse=True)
    for query in (rest.get_mark_price_kline, rest.get_index_price_kline):
        rows = query(category=category, symbol=SYMBOL, interval="1")["result"]["list"]
        assert [len(row) for row in rows] == [5] * len(rows)
        assert int(rows[0][0]) % MINUTE_MS == 0


def test_price_limits_are_a_stream_and_a_query(market: WebSocket, rest: HTTP, category: str) -> None:
    limits = Heard()
    market.price_limit_stream(SYMBOL, limits)
    told = limits.first()["data"]
    listed = rest.get_price_limit(category=category, symbol=SYMBOL)["result"]
    for row in (told, listed):
        assert row["symbol"] == SYMBOL
        assert Decimal(row["sellLmt"]) < Decimal(row["buyLmt"])


def test_instruments_are_shown_to_all_and_to_the_account(rest: HTTP, category: str) -> None:
    shown = rest.get_instruments_info(category=category)["result"]["list"]
    assert [row["symbol"] for row in shown] == [SYMBOL]
    assert rest.get_account_instruments_info(category=category)["result"]["list"] == shown
    with pytest.raises(InvalidRequestError, match="limit should be within 1-200"):
        rest.get_account_instruments_info(category=category, limit=500)


def test_the_time_is_the_servers(rest: HTTP) -> None:
    told = rest.get_server_time()
    assert int(told["result"]["timeNano"]) // 10**9 == int(told["result"]["timeSecond"])
    assert abs(told["time"] / 1000 - time.time()) < 5


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("get_orderbook", {"category": "linear", "symbol": "NOSUCH"}, "Not supported symbols"),
    ("get_orderbook", {"category": "inverse", "symbol": SYMBOL}, "Illegal category"),
    ("get_orderbook", {"category": "linear", "symbol": SYMBOL, "limit": 1001}, "limit should be within 1-1000"),
    ("get_kline", {"category": "linear", "symbol": SYMBOL, "interval": "7"}, "Invalid period!"),
    ("get_public_trade_history", {"category": "spot", "symbol": SYMBOL, "limit": 61}, "limit should be within 1-60"),
    ("get_tickers", {"category": "linear", "symbol": "NOSUCH"}, "Not supported symbols"),
]


@pytest.mark.parametrize(("method", "fields", "words"), REFUSED)
def test_wrong_queries_are_parameter_errors(rest: HTTP, method: str, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as refused:
        getattr(rest, method)(**fields)
    assert refused.value.status_code == 10001
