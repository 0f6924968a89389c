"""Views of facts: report, screen, latency."""

import io
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mmbot.app.latency import LatencyHistogram
from mmbot.app.run_report import RunReport, plain
from mmbot.app.sizing import market_section, opening_bids
from mmbot.app.view import View

NS = 1_000_000_000


def seen(market: str = "linear.BTCUSDT", **changes: Any) -> dict[str, Any]:
    fact = {
        "fact": "market_seen",
        "ts_ns": 0,
        "market": market,
        "trusted": True,
        "best_bid": "100",
        "best_ask": "100.1",
        "own_bid": "99.9",
        "own_ask": None,
        "position": "0.1",
        "pnl_total": "1.5",
        "pnl_spread_capture": "1",
        "pnl_fees": "0.25",
        "pnl_inventory": "0.25",
        "pnl_funding": "0",
    }
    return fact | changes


def moved(old: str, new: str) -> dict[str, Any]:
    return {"fact": "order_moved", "ts_ns": 0, "market": "linear.BTCUSDT", "from": old, "to": new}


def test_an_order_counts_as_sent_once_and_fills_by_their_bookings() -> None:
    report = RunReport()
    report.on_facts(
        [moved("pending_new", "pending_new"), moved("pending_new", "working"), {"fact": "fill_booked", "ts_ns": 1}]
    )
    assert (report.orders_sent, report.fills) == (1, 1)


def test_trust_is_kept_as_intervals_up_to_the_stop() -> None:
    report, market = RunReport(), "linear.BTCUSDT"
    report.on_facts([{"fact": "trust_gained", "ts_ns": 1 * NS, "market": market}])
    report.on_facts([{"fact": "trust_lost", "ts_ns": 3 * NS, "market": market, "why": "gap"}])
    report.on_facts(
        [{"fact": "trust_gained", "ts_ns": 4 * NS, "market": market}, {"fact": "stop_begun", "ts_ns": 8 * NS}]
    )
    report.on_facts([{"fact": "stopped", "ts_ns": 9 * NS, "clean": True, "open_orders": 0}])
    assert report.trusted() == {market: [(1 * NS, 3 * NS), (4 * NS, 9 * NS)]}
    assert (report.stop_ns, report.clean, report.open_orders_left) == (8 * NS, True, 0)


def test_pnl_sums_over_markets_and_its_terms_sum_to_the_total() -> None:
    report = RunReport()
    report.on_facts(
        [seen(), seen("linear.ETHUSDT", pnl_total="-0.5", pnl_spread_capture="-0.5", pnl_fees="0", pnl_inventory="0")]
    )
    pnl = report.pnl()
    assert pnl["total"] == "1"
    assert sum(Decimal(value) for name, value in pnl.items() if name != "total") == Decimal(pnl["total"])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**12), max_value=10**12))
def test_plain_decimals_are_exact_and_have_no_exponent(value: Decimal) -> None:
    text = plain(value)
    assert Decimal(text) == value
    assert "e" not in text.lower()
    assert text != "-0"


def test_the_screen_off_a_terminal_is_one_plain_line_per_market() -> None:
    stream = io.StringIO()
    view = View(LatencyHistogram(), stream)
    view.on_facts(
        [seen(), seen("linear.ETHUSDT", trusted=False), {"fact": "fill_booked", "ts_ns": 0, "market": "linear.BTCUSDT"}]
    )
    view.on_facts([seen()])
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2, "a second picture within the second is not shown"
    assert "market=linear.BTCUSDT  trust=yes" in lines[0]
    assert "own ask=-" in lines[0]
    assert lines[0].endswith("fills=1")
    assert "trust=NO" in lines[1]


def test_quantiles_are_whole_microseconds_that_the_share_does_not_exceed() -> None:
    histogram = LatencyHistogram()
    assert histogram.quantile(0.5) is None
    for microseconds in range(1, 101):
        histogram.add(microseconds * 1000)
    assert (histogram.quantile(0.5), histogram.quantile(0.99), histogram.quantile(1.0)) == (50, 99, 100)
    histogram.add(10**12)
    assert histogram.quantile(1.0) == 50_000


def test_demo_sizes_stay_on_the_grid() -> None:
    item = {"symbol": "BTCUSDT", "lotSizeFilter": {"qtyStep": "0.001", "minOrderQty": "0.001"}}
    section = market_section("linear", item, "65000")
    assert section["order_qty"] == "0.007"
    assert section["max_position"] == "0.14"
    assert market_section("linear", item, "9000000")["order_qty"] == "0.001", "never below the minimum"


def test_the_opening_bid_is_read_from_either_recording_format() -> None:
    plain_line = b'{"recv_ns":1,"msg":{"topic":"orderbook.50.AUSDT","data":{"s":"AUSDT","b":[["10.5","1"]],"a":[]}}}'
    assert opening_bids([plain_line], {"linear.AUSDT"})["linear.AUSDT"] == "10.5"
