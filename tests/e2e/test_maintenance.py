"""What the exchange announces and changes of a market leaves the bot quoting, or brings it back."""

import json
import os
import signal
import urllib.request
from typing import Any

from tests.e2e.conftest import DemoRun, Start


def tell(run: DemoRun, path: str, command: dict[str, Any]) -> None:
    rest = json.loads((run.folder() / "ready.json").read_bytes())["rest"]
    body = json.dumps(command).encode()
    with urllib.request.urlopen(urllib.request.Request(rest + path, data=body), timeout=10) as answer:  # noqa: S310 - a loopback address
        assert answer.status == 200


def test_announcements_and_status_queries_disturb_no_quote(start_demo: Start) -> None:
    run = start_demo()
    run.until(lambda: all(row["open_orders"] >= 2 for row in run.markets().values()))
    since_ns = run.ask("/sim/status")["now_ns"]
    for state in ("scheduled", "ongoing", "completed"):
        tell(run, "/sim/system-status", {"state": state, "title": "matching engine upgrade"})
    assert len(run.ask("/v5/system/status")["result"]["list"]) == 3
    placed = {name: row["orders_placed"] for name, row in run.markets().items()}
    run.until(lambda: all(row["orders_placed"] > placed[name] for name, row in run.markets().items()))
    wrong = {"trust_lost", "frame_undecodable", "reply_undecodable", "halted", "stream_down"}
    assert [line["event"] for line in run.log() if line["event"] in wrong and line["ts_ns"] >= since_ns] == []
    os.kill(run.process.pid, signal.SIGTERM)
    assert run.finish(35) == 0, run.errors.read_text()
    assert run.report()["reconciled"] is True


def test_a_market_that_is_closed_and_opened_again_is_quoted_again(start_demo: Start) -> None:
    run = start_demo()
    run.until(lambda: all(row["open_orders"] >= 2 for row in run.markets().values()))
    change = {"command": "set_instrument", "market": "linear.ETHUSDT"}
    tell(run, "/sim/control", change | {"info": {"lotSizeFilter": {"maxOrderQty": "500"}}})
    tell(run, "/sim/control", change | {"info": {"status": "Closed"}})
    run.until(lambda: run.markets()["linear.ETHUSDT"]["open_orders"] == 0)
    run.until(lambda: run.markets()["linear.BTCUSDT"]["open_orders"] >= 2)
    tell(run, "/sim/control", change | {"info": {"status": "Trading"}})
    run.until(lambda: run.markets()["linear.ETHUSDT"]["open_orders"] >= 2)
    assert [line["event"] for line in run.log() if line["event"] in {"frame_undecodable", "reply_undecodable"}] == []
    os.kill(run.process.pid, signal.SIGTERM)
    assert run.finish(35) == 0, run.errors.read_text()
    assert run.report()["reconciled"] is True
