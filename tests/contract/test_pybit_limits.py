"""What the official SDK meets when it asks too often or says nothing, and what it hears of maintenance."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path

import pytest
import requests
import websocket
from pybit.exceptions import FailedRequestError, InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket, WebSocketTrading
from tests.contract.conftest import listening, running_exchange
from tests.contract.heard import Heard

BAN_S = 1.5
LIMIT = 60
BAN = {"ip_requests": LIMIT, "ip_window_ms": 60_000, "ip_ban_ms": round(BAN_S * 1000)}
IDLE = {"idle_ms": 400, "idle_sweep_ms": 100}
ORDER = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "timeInForce": "PostOnly"}


def arguments(options: dict[str, int]) -> list[str]:
    return [part for name, value in options.items() for part in ("--option", f"{name}={value}")]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An exchange of the default tier, whose bans are short."""
    with running_exchange(tmp_path_factory.mktemp("exchange"), *arguments(BAN)) as ready:
        yield ready


@pytest.fixture(autouse=True)
def a_new_second() -> None:
    """What a test before has placed must not count against the next."""
    time.sleep(1)


@pytest.fixture
def price(rest: HTTP) -> str:
    """A bid that nobody reaches."""
    bid = rest.get_orderbook(category="linear", symbol="BTCUSDT", limit=1)["result"]["b"][0][0]
    return str((Decimal(bid) * Decimal("0.9")).quantize(Decimal("0.1")))


def repeat(call: Callable[[], object], times: int) -> None:
    for _ in range(times):
        call()


def test_an_address_that_asks_too_often_is_banned_for_a_while_and_only_by_http(
    rest: HTTP, public: WebSocket, trading: WebSocketTrading, price: str
) -> None:
    books, acks = Heard(), Heard()
    public.orderbook_stream(50, "BTCUSDT", books)
    with pytest.raises(FailedRequestError) as banned:
        repeat(rest.get_server_time, LIMIT + 1)
    assert banned.value.status_code == 403
    begun = time.monotonic()
    with pytest.raises(FailedRequestError):
        rest.get_open_orders(category="linear", symbol="BTCUSDT")
    trading.place_order(acks, **ORDER, qty="0.01", price=price, orderLinkId="banned-1")
    assert acks.first()["retCode"] == 0, "sockets know no ban"
    heard = books.first()["ts"]
    books.first(lambda message: message["ts"] > heard)
    while time.monotonic() - begun < BAN_S + 20:
        with suppress(FailedRequestError):
            rest.get_server_time()
            break
        time.sleep(0.02)
    assert BAN_S - 0.2 < time.monotonic() - begun < BAN_S + 20, "the ban ends by itself, and not before"
    row = rest.get_open_orders(category="linear", symbol="BTCUSDT")["result"]["list"][0]
    assert row["orderLinkId"] == "banned-1"
    rest.cancel_all_orders(category="linear", symbol="BTCUSDT")


def test_the_eleventh_order_of_a_second_is_refused_in_the_venues_words(rest: HTTP, price: str) -> None:
    rest.retry_codes = set()
    with pytest.raises(InvalidRequestError, match=r"Too many visits\. Exceeded the API Rate Limit\.") as refused:
        repeat(lambda: rest.place_order(**ORDER, qty="0.01", price=price), 11)
    assert refused.value.status_code == 10006
    headers = refused.value.resp_headers
    assert (headers["X-Bapi-Limit"], headers["X-Bapi-Limit-Status"]) == ("10", "0")
    ahead_s = int(headers["X-Bapi-Limit-Reset-Timestamp"]) / 1000 - time.time()
    assert 0 < ahead_s <= 1


def test_the_sdk_waits_for_the_reset_that_the_headers_name(rest: HTTP) -> None:
    begun = time.monotonic()
    for _ in range(6):
        assert rest.get_fee_rates(category="linear")["retCode"] == 0
    assert time.monotonic() - begun > 0.9, "the sixth of a second had to wait for a new one"


def test_what_a_window_has_no_room_for_fails_alone(rest: HTTP, price: str) -> None:
    orders = [{**ORDER, "qty": "0.01", "price": price, "orderLinkId": f"over-{n}"} for n in range(12)]
    reply = rest.place_batch_order(category="linear", request=orders)
    assert [row["code"] for row in reply["retExtInfo"]["list"]] == [0] * 10 + [10006] * 2
    assert reply["retCode"] == 0
    assert [row["orderId"] for row in reply["result"]["list"]][10:] == ["", ""]


def test_a_silent_socket_is_closed_and_one_that_pings_is_kept(tmp_path: Path) -> None:
    with ExitStack() as stack:
        ready = stack.enter_context(running_exchange(tmp_path, *arguments(IDLE)))
        paths = (ready["ws_private"], ready["ws_private"], ready["ws_trade"] + "?max_active_time=30s")
        silent, kept, asked = (websocket.create_connection(path, timeout=5) for path in paths)
        for socket in (silent, kept, asked):
            stack.callback(socket.shutdown)
        begun = time.monotonic()
        while time.monotonic() - begun < 1:
            kept.ping()
            time.sleep(0.05)
        opcode, _ = silent.recv_data()
        assert opcode == websocket.ABNF.OPCODE_CLOSE
        for socket in (kept, asked):
            socket.send('{"op":"ping"}')
            assert "pong" in socket.recv(), "a protocol ping is a sign of life, and a longer time may be asked for"


def test_protection_against_a_lost_connection_is_set_and_shown(rest: HTTP) -> None:
    settings = rest.get_user_setting_config()["result"]
    assert (settings["lpaSpot"], settings["lpaPerp"]) == (False, False), "spot rejects what contracts clamp"
    assert rest.get_smp_group()["result"] == {"smpGroup": 0}
    assert rest.query_dcp_info()["result"]["dcpInfos"] == []
    rest.set_dcp(product="DERIVATIVES", timeWindow=20)
    shown = rest.query_dcp_info()["result"]["dcpInfos"]
    assert [(row["product"], row["dcpStatus"], row["timeWindow"]) for row in shown] == [("DERIVATIVES", "ON", "20")]
    with pytest.raises(InvalidRequestError, match="10001"):
        rest.set_dcp(product="DERIVATIVES", timeWindow=2)


def test_maintenance_is_announced_by_topic_and_query(rest: HTTP, urls: dict[str, str]) -> None:
    statuses = Heard()
    with listening("misc/status") as socket:
        socket.system_status_stream(statuses)
        announcement = {"state": "scheduled", "title": "upgrade", "begin": "1900000000000", "end": "1900000600000"}
        assert requests.post(f"{urls['rest']}/sim/system-status", json=announcement, timeout=5).status_code == 200
        heard = statuses.item(title="upgrade")
    assert (heard["state"], heard["begin"], heard["maintainType"]) == ("scheduled", "1900000000000", 1)
    listed = rest.get_system_status()["result"]["list"]
    assert heard in listed
    wrong = requests.post(f"{urls['rest']}/sim/system-status", json={"state": "asleep"}, timeout=5)
    assert (wrong.status_code, "scheduled" in wrong.text) == (400, True), "a wrong state is told the right ones"
