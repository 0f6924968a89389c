"""What a demo must show: both accounts agree to the last digit, quotes stand on both sides, nothing is left."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import DemoRun, Start

from mmbot.app.replay import replay_capture

KEYS = {
    "seconds", "symbols", "profile", "capture", "frames", "decisions", "orders_sent", "fills", "per_symbol", "open_orders_left",
    "bot", "exchange", "pnl", "latency_us", "command_hash",
}  # fmt: skip
REAL = "bybit_v5_capture/20260809_BTC-ETH-linear_BTC-spot.jsonl.zst"
BTC = {
    "2023": "derived_bybit_v5/BTCUSDT_linear_20230404-05_ob50.jsonl.zst",
    "2024": "derived_bybit_v5/BTCUSDT_linear_20240808_ob50.jsonl.zst",
}


def check(report: dict[str, Any]) -> None:
    assert report.keys() >= KEYS
    assert report["bot"] == report["exchange"]
    assert report["reconciled"] is True
    assert report["open_orders_left"] == 0
    terms = {name: Decimal(value) for name, value in report["pnl"].items()}
    assert terms.keys() == {"total", "spread_capture", "fees", "inventory", "funding"}
    assert sum(terms.values()) - terms["total"] == terms["total"]
    assert report["latency_us"].keys() >= {"p50", "p99"}
    for market in report["symbols"]:
        shares = report["per_symbol"][market]
        assert shares["trusted_pct"] >= 95, market
        assert shares["two_sided_pct"] >= 95, market


def check_skew(report: dict[str, Any]) -> None:
    """Claimed on recordings: the seeded market is too short and too eager for it."""
    for market in report["symbols"]:
        if report["exchange_fills"][market]["count"] >= 20:
            assert report["skew"][market]["correlation"] <= -0.8, market


def test_a_short_demo_in_the_seeded_market(short_run: DemoRun) -> None:
    report = short_run.report()
    check(report)
    assert report["symbols"] == ["linear.BTCUSDT", "linear.ETHUSDT"]
    assert 10 <= report["seconds"] < 12
    assert report["orders_sent"] >= 4
    assert [line for line in short_run.log() if line["level"] in {"warning", "error"}] == []


@pytest.mark.timeout(150)
def test_recorded_markets(start_demo: Start, data_dir: Path) -> None:
    real = start_demo("--data", str(data_dir / REAL), "--takers", "7")
    busy = start_demo("--data", str(data_dir / BTC["2024"]), "--from", "0", "--to", "40", "--profile", "fixed-1bp")
    assert real.finish(100) == 0, real.errors.read_text()
    assert busy.finish(100) == 0, busy.errors.read_text()
    for run in (real, busy):
        check(run.report())
        check_skew(run.report())
    replayed = [replay_capture(Path(run.report()["capture"])) for run in (real, busy)]
    assert [row["replayed_hash"] for row in replayed] == [run.report()["command_hash"] for run in (real, busy)]
    assert [row["difference"] for row in replayed] == [None, None]
    assert sum(row["commands"] for row in replayed) >= 200
    assert real.report()["symbols"] == ["linear.BTCUSDT", "linear.ETHUSDT"]
    assert real.report()["fills"] > 0
    assert busy.report()["fills"] > 0


@pytest.mark.prove
@pytest.mark.timeout(700)
@pytest.mark.parametrize("profile", ["fixed-1bp", "fixed-2bp"])
@pytest.mark.parametrize("year", BTC)
def test_a_whole_recording(start_demo: Start, data_dir: Path, year: str, profile: str, record_property: Any) -> None:
    run = start_demo("--data", str(data_dir / BTC[year]), "--profile", profile)
    assert run.finish(650) == 0, run.errors.read_text()
    report = run.report()
    record_property("report", {name: value for name, value in report.items() if name not in {"bot", "capture"}})
    check(report)
    check_skew(report)
    assert replay_capture(Path(report["capture"]))["replayed_hash"] == report["command_hash"]
