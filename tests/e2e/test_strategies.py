"""Every model and every example strategy trades against the local exchange, agrees with it, and replays."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import DemoRun, Start

from mmbot._native import CaptureReader, CaptureWriter
from mmbot.app.replay import ask_again, replay_capture

RECORDED = "derived_bybit_v5/BTCUSDT_linear_20240808_ob50.jsonl.zst"
PARTS = {
    "mid", "microprice", "imbalance", "order_flow", "funding", "half_spread", "floor_top_up", "toxicity", "level_distance",
    "strategy", "skew", "post_only", "rounding",
}  # fmt: skip


def check(run: DemoRun) -> dict[str, Any]:
    """What every run must show; its report."""
    report = run.report()
    assert report["reconciled"] is True
    assert report["bot"] == report["exchange"]
    assert report["open_orders_left"] == 0
    assert report["fills"] > 0
    bad = ("strategy_failed", "strategy_halted", "strategy_gave_no_quotes", "answer_dropped")
    assert [line for line in run.log() if line["level"] == "error" or line["event"] in bad] == []
    replayed = replay_capture(Path(report["capture"]))
    assert (replayed["difference"], replayed["replayed_hash"]) == (None, report["command_hash"])
    explained = [line for line in run.log() if line["event"] == "quote_explained"]
    assert explained
    for line in explained:
        assert sum(line[part] for part in PARTS) == line["price_micro_ticks"]
    return report


def test_python_strategies_in_the_seeded_market(start_demo: Start) -> None:
    profiles = ("python-symmetric", "python-skewed")
    runs = {name: start_demo("--run-s", "12", "--takers", "7", "--profile", name) for name in profiles}
    for name, run in runs.items():
        assert run.finish(60) == 0, run.errors.read_text()
        report = check(run)
        assert report["profile"] == name
        again = ask_again(Path(report["capture"]))
        assert again["answers"] > 0
        assert again["different"] == 0

    check_other_answers(Path(runs["python-symmetric"].report()["capture"]))


def check_other_answers(capture: Path) -> None:
    """The same capture, said to come from other options: each of its answers is found to differ, and the replay stays the same."""
    reader = CaptureReader(capture)
    header = json.loads(reader.header)
    header["strategy"]["options"] = {"half_spread_bps": 3.0}
    other = capture.with_name("other.mmcap")
    writer = CaptureWriter(other, json.dumps(header).encode())
    for record in reader:
        writer.push(*record)
    writer.close()
    again = ask_again(other)
    assert again["different"] == again["answers"] > 0
    first = again["differences"][0]
    assert first["recorded"] != first["again"]
    assert replay_capture(other)["difference"] is None


@pytest.mark.timeout(150)
def test_built_in_models_on_a_recorded_market(start_demo: Start, data_dir: Path) -> None:
    window = ("--data", str(data_dir / RECORDED), "--from", "0", "--to", "60")
    runs = {name: start_demo(*window, "--profile", name) for name in ("glft", "avellaneda-stoikov")}
    for run in runs.values():
        assert run.finish(120) == 0, run.errors.read_text()
        check(run)
