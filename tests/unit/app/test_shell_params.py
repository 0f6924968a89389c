"""Parameters through the shell: into the core, into the capture, and out again as facts; a replay sees them too."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mmbot._native import Bot
from mmbot.app.replay import replay_capture
from mmbot.app.run import capture_header
from mmbot.app.shell import Shell
from mmbot.config import BotConfig, parse_config
from mmbot.ports import Clock, Fact, HttpTransport, SocketTransport

NOW_NS = 1_700_000_000_000_000_000
CONFIG = """
venue:
  rest: http://127.0.0.1:1
  ws_public_linear: ws://127.0.0.1:1/v5/public/linear
  ws_private: ws://127.0.0.1:1/v5/private
  ws_trade: ws://127.0.0.1:1/v5/trade
credentials: {api_key_file: key, api_secret_file: secret}
markets:
  - {category: linear, symbol: BTCUSDT, order_qty: "0.008", max_position: "0.08", max_order_notional: "2000"}
  - {category: linear, symbol: ETHUSDT, order_qty: "0.27", max_position: "2.7", max_order_notional: "2000"}
strategy: {model: glft}
run: {run_id: params}
"""


class Facts:
    def __init__(self) -> None:
        self.seen: list[Fact] = []

    def on_facts(self, facts: list[Fact]) -> None:
        self.seen += [fact for fact in facts if fact["fact"].startswith("params_")]


def told(changes: list[dict[str, Any]], capture: Path | None = None, text: str = CONFIG) -> list[Fact]:
    """What the facts say of these changes, one after the other."""
    config: BotConfig = parse_config(text.encode())
    core = Bot(config.core_json(), capture, capture_header(config))
    facts = Facts()

    async def run() -> None:
        nothing = SimpleNamespace(open=lambda *_, **__: None, send=lambda *_: None, start=lambda *_: None)
        shell = Shell(core, cast("Clock", SimpleNamespace(now_ns=lambda: NOW_NS)))
        shell.subscribe(facts)
        shell.attach(cast("SocketTransport", nothing), cast("HttpTransport", nothing))
        shell.begin()
        for change in changes:
            shell.params(change)
        await asyncio.sleep(0)

    asyncio.run(run())
    core.close_capture()
    return facts.seen


def test_a_change_is_for_all_markets_or_for_the_named_one() -> None:
    seen = told([{"strategy": {"skew_bps": 3.0}}, {"market": "linear.ETHUSDT", "order_qty": "0.5"}])
    markets = [fact["market"] for fact in seen if fact["fact"] == "params_applied"]
    assert markets == ["linear.BTCUSDT", "linear.ETHUSDT", "linear.ETHUSDT"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"strategy": {"skew_bps": -1.0}}, "skew_bps"),
        ({"strategy": {"skew_bps": "3"}}, "strategy.skew_bps"),
        ({"strategy": {"skew": 3.0}}, "strategy.skew"),
        ({"strategy": {"glft": {"gamma": 0.0}}}, "gamma"),
        ({"strategy": {"avellaneda_stoikov": {"gamma": 0.1}}}, "strategy.avellaneda_stoikov"),
        ({"strategy": {"k_vola_spread": 0.9}}, "strategy.k_vola_spread"),
        ({"strategy": {"model": "ladder"}}, "strategy.model"),
        ({"strategy": {"volatility_half_life_s": 5.0}}, "strategy.volatility_half_life_s"),
        ({"market": "linear.SOLUSDT", "order_qty": "1"}, "market"),
        ({"order_qty": "-1"}, "order_qty"),
        ({"order_qty": 1.0}, "order_qty"),
        ({"orderqty": "1"}, "orderqty"),
    ],
)
def test_a_refused_change_names_its_field_and_changes_nothing(change: dict[str, Any], field: str) -> None:
    seen = told([change])
    assert [(fact["fact"], fact["field"]) for fact in seen] == [("params_refused", field)]
    assert seen[0]["why"]


def test_a_strategy_of_python_has_no_use_for_the_built_in_figures() -> None:
    python = CONFIG.replace("{model: glft}", "{model: python, path: 'a:B'}")
    good, bad = {"strategy": {"python": {"decide_every_ms": 50}}}, {"strategy": {"skew_bps": 1.0}}
    seen = told([good, bad], text=python)
    assert [fact["fact"] for fact in seen] == ["params_applied", "params_applied", "params_refused"]
    assert seen[-1]["field"] == "strategy.skew_bps"


def test_a_capture_holds_the_changes(tmp_path: Path) -> None:
    capture = tmp_path / "params.mmcap"
    told([{"strategy": {"glft": {"drift_bps_per_s": 0.5}}}, {"strategy": {"skew": 1}}], capture)
    outcome = replay_capture(capture)
    assert outcome["difference"] is None
    assert outcome["recorded_hash"] == outcome["replayed_hash"]


def test_the_core_takes_no_json_that_is_none() -> None:
    core = Bot(parse_config(CONFIG.encode()).core_json())
    core.params(NOW_NS, b"[1")
    assert [fact["fact"] for fact in core.facts()] == ["params_refused"]
    core.params(NOW_NS, json.dumps([]).encode())
    assert [fact["fact"] for fact in core.facts()] == ["params_refused"]
