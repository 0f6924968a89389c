"""What the exchange announces leaves the bot quoting."""

import json
import os
import signal
import urllib.request

from tests.e2e.conftest import DemoRun, Start


def announce(run: DemoRun, state: str) -> None:
    rest = json.loads((run.folder() / "ready.json").read_bytes())["rest"]
    body = json.dumps({"state": state, "title": "matching engine upgrade"}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{rest}/sim/system-status", data=body), timeout=10) as answer:  # noqa: S310 - a loopback address
        assert answer.status == 200


def test_announcements_and_status_queries_disturb_no_quote(start_demo: Start) -> None:
    run = start_demo()
    run.until(lambda: all(row["open_orders"] >= 2 for row in run.markets().values()))
    since_ns = run.ask("/sim/status")["now_ns"]
    for state in ("scheduled", "ongoing", "completed"):
        announce(run, state)
    assert len(run.ask("/v5/system/status")["result"]["list"]) == 3
    placed = {name: row["orders_placed"] for name, row in run.markets().items()}
    run.until(lambda: all(row["orders_placed"] > placed[name] for name, row in run.markets().items()))
    wrong = {"trust_lost", "frame_undecodable", "reply_undecodable", "halted", "stream_down"}
    assert [line["event"] for line in run.log() if line["event"] in wrong and line["ts_ns"] >= since_ns] == []
    os.kill(run.process.pid, signal.SIGTERM)
    assert run.finish(35) == 0, run.errors.read_text()
    assert run.report()["reconciled"] is True
