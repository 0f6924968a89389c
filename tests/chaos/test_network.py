"""A network that fails between bot and exchange: quotes come back by themselves, and the books stay equal."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.chaos.conftest import Fleet
from tests.chaos.fleet import until
from tests.chaos.ordeal import Ordeal
from tests.chaos.proxy import FaultProxy, Faults

Start = Callable[..., Fleet]
Record = Callable[[str, object], None]
OPTIONS = ("--takers", "3", "--symbols", "BTCUSDT,spot.BTCUSDT")
SETTLE_S = 60.0
# Bybit V5 docs, "Error Codes": 10016, server error; and what a proxy in front of it says instead of JSON.
SERVER_ERROR = b'{"retCode":10016,"retMsg":"Server error.","result":{},"retExtInfo":{},"time":1}'
MAINTENANCE = b"<html><body>503 Service Temporarily Unavailable</body></html>"
REVOKED = b'{"retCode":10003,"retMsg":"API key is invalid.","result":{},"retExtInfo":{},"time":1}'
BANNED = b"<html><body>403 Forbidden</body></html>"


def answer(status: str, body: bytes, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@dataclass(frozen=True)
class Trouble:
    """What happens, for how long, and whether it begins with every connection cut."""

    name: str
    faults: Faults
    seconds: float
    cut: bool = False
    half_close: bool = False


TROUBLES = (
    Trouble("cut", Faults(), 0, cut=True),
    Trouble("half close", Faults(), 0, half_close=True),
    Trouble("latency of 300 ms", Faults(delay_s=0.3), 15),
    Trouble("slow reads", Faults(bytes_per_s=4_000), 15),
    Trouble("black hole of 12 s", Faults(blackhole=True), 12),
    Trouble("black hole of 30 s", Faults(blackhole=True), 30),
    Trouble("line down for 10 s", Faults(refuse=True), 10, cut=True),
    Trouble("exchange restarts, 25 s", Faults(refuse=True, http_answer=answer("502 Bad Gateway", MAINTENANCE)), 25, cut=True),
    Trouble("maintenance", Faults(http_answer=answer("503 Service Unavailable", MAINTENANCE, "text/html")), 15, cut=True),
    Trouble("server errors", Faults(http_answer=answer("200 OK", SERVER_ERROR)), 15, cut=True),
)  # fmt: skip


def weather(proxy: FaultProxy, trouble: Trouble) -> None:
    """Lets the trouble come and go."""
    proxy.faults = trouble.faults
    if trouble.cut:
        proxy.cut()
    if trouble.half_close:
        proxy.half_close()
    time.sleep(trouble.seconds)
    proxy.faults = Faults()


def until_two_sided(run: Fleet, within_s: float = SETTLE_S) -> float:
    """Seconds until every market shows quotes again that were placed since."""
    began = time.monotonic()
    placed = {name: row["orders_placed"] for name, row in run.venue.markets().items()}

    def back() -> bool:
        rows = run.venue.markets()
        return all(row["open_orders"] >= 2 and row["orders_placed"] > placed[name] for name, row in rows.items())

    until(back, within_s, "quotes")
    return time.monotonic() - began


def begin(run: Fleet) -> Ordeal:
    ordeal = Ordeal(run)
    ordeal.start()
    ordeal.consistent()
    run.until_quoted()
    return ordeal


def test_a_cut_line_is_survived(fleet: Start) -> None:
    run = fleet(*OPTIONS)
    ordeal = begin(run)
    weather(run.proxy, TROUBLES[0])
    until_two_sided(run)
    ordeal.finish(lambda _name, _value: None)


@pytest.mark.prove
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_trouble_passes(fleet: Start, record_property: Record, trouble: Trouble) -> None:
    run = fleet(*OPTIONS)
    ordeal = begin(run)
    weather(run.proxy, trouble)
    record_property("quotes_back_s", round(until_two_sided(run), 3))
    ordeal.finish(record_property)


@pytest.mark.prove
def test_corrupted_bytes_never_end_in_wrong_books(fleet: Start, record_property: Record) -> None:
    run = fleet(*OPTIONS)
    ordeal = begin(run)
    run.proxy.faults = Faults(corrupt_one_in=50)
    time.sleep(20)
    run.proxy.faults = Faults()
    bot = run.bot
    assert bot is not None
    halted = bot.process.poll() is not None
    if not halted:
        # A bit of an account row may look like a foreign one: to halt is right, to go on with wrong books is not.
        until(lambda: bot.process.poll() is not None or all(row["open_orders"] >= 2 for row in run.venue.markets().values()), SETTLE_S, "quotes or halt")  # fmt: skip
        bot.send(signal.SIGTERM)
    code = bot.finish(35)
    record_property("exit_code", code)
    record_property("undecodable", len(bot.facts("frame_undecodable")))
    assert code in {0, 4}, bot.errors()
    for name, value in ordeal.end().items():
        record_property(name, value)


@pytest.mark.prove
@pytest.mark.timeout(300)
def test_a_ban_is_sat_out(fleet: Start, record_property: Record) -> None:
    """HTTP 403 on every request while the sockets go on: what is under way when it begins, then one probe a minute."""
    run = fleet(*OPTIONS)
    ordeal = begin(run)
    asked = run.proxy.http_requests
    run.proxy.faults = Faults(http_answer=answer("403 Forbidden", BANNED, "text/html"))
    run.proxy.cut()
    time.sleep(5)
    at_first = run.proxy.http_requests - asked
    time.sleep(85)
    during = run.proxy.http_requests - asked - at_first
    run.proxy.faults = Faults()
    record_property("requests_until_known", at_first)
    record_property("requests_in_85_s_of_ban", during)
    record_property("quotes_back_s", round(until_two_sided(run, 120), 3))
    ordeal.finish(record_property)
    assert at_first <= 12, "a cancel-all for each market, the clock, and what was asked anew on the cut connections"
    assert during <= 2


@pytest.mark.prove
@pytest.mark.timeout(300)
def test_a_ban_told_by_a_sockets_handshake_is_sat_out(fleet: Start, record_property: Record) -> None:
    """The exchange lets one address open so many sockets in a while: the next handshake is answered 403, and nothing is asked for a minute."""
    sockets, window_s = 4, 40
    limits = (f"new_connections={2 * sockets}", f"new_connections_window_ms={window_s * 1000}")
    run = fleet(*OPTIONS, *(word for limit in limits for word in ("--option", limit)))
    ordeal = begin(run)
    bot = run.bot
    assert bot is not None
    assert run.proxy.upgrades == sockets
    run.proxy.cut()
    until(lambda: run.proxy.upgrades == 2 * sockets, 20, "every socket a second time")
    until_two_sided(run)
    run.proxy.cut()
    bot.until_fact("guard_tripped", guard="address_banned")
    time.sleep(5)
    asked, sought = run.proxy.http_requests, run.proxy.upgrades
    time.sleep(50)
    during = (run.proxy.http_requests - asked, run.proxy.upgrades - sought)
    record_property("handshakes_until_known", sought - 2 * sockets)
    record_property("requests_and_handshakes_in_50_s_of_ban", during)
    record_property("quotes_back_s", round(until_two_sided(run, 90), 3))
    ordeal.finish(record_property)
    assert sought - 2 * sockets <= sockets, "each lost socket is sought once"
    assert during == (0, 0)


@pytest.mark.prove
def test_a_revoked_key_ends_the_bot_and_the_watchdogs_takes_the_orders_down(
    fleet: Start, record_property: Record
) -> None:
    run = fleet(*OPTIONS)
    begin(run)
    bot = run.bot
    assert bot is not None
    run.proxy.faults = Faults(http_answer=answer("200 OK", REVOKED))
    run.proxy.cut()
    began = time.monotonic()
    assert bot.finish(20) == 4, bot.errors()
    record_property("exit_s", round(time.monotonic() - began, 3))
    report = bot.until_taken_over()
    record_property("watchdog", report["sweep"])
    assert report["sweep"]["verified"] is True
    assert run.venue.open_orders() == []
    assert time.monotonic() - began <= 20


@pytest.mark.prove
def test_a_stop_while_the_exchange_hangs_ends_in_time_and_the_watchdog_has_the_last_word(
    fleet: Start, record_property: Record
) -> None:
    run = fleet(*OPTIONS)
    ordeal = begin(run)
    bot = run.bot
    assert bot is not None
    run.venue.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    bot.send(signal.SIGTERM)
    assert bot.finish(30) == 3, bot.errors()
    took_s = time.monotonic() - began
    run.venue.process.send_signal(signal.SIGCONT)
    report = bot.until_taken_over()
    record_property("stop_s", round(took_s, 3))
    record_property("watchdog", report["sweep"])
    assert report["sweep"]["verified"] is True
    assert run.venue.open_orders() == []
    for name, value in ordeal.end().items():
        record_property(name, value)
